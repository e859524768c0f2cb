"""Alarms reach their owner's channels; one that is down costs no other."""

import importlib.util
import json
import threading
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from seatrial.core.errors import MissingExtraError
from seatrial.monitoring.alarms import demand_channels, send
from seatrial.records.look import Alarm

ALARM = Alarm("recall", "2026-01-01T00:00:00.000000Z", "ann", "recall fails in canary: 0.31.")


@pytest.fixture
def webhook():
    """An address, what was posted there, and the status that it answers."""

    class Handler(BaseHTTPRequestHandler):
        got: list = []  # noqa: RUF012 — one class a test
        status = 204

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *_) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_alarm_is_a_line_for_its_owner() -> None:
    said: list[str] = []
    assert send(ALARM, ["stdout"], say=said.append) == ("stdout",)
    assert said == ["alarm: recall fails in canary: 0.31. For ann."]


def test_an_alarm_that_is_over_says_so() -> None:
    said: list[str] = []
    send(replace(ALARM, closed="2026-01-02T00:00:00.000000Z"), ["stdout"], say=said.append)
    assert said == [
        f"alarm over: {ALARM.id}, open since {ALARM.at[:16].replace('T', ' ')}. For ann."
    ]


def test_a_webhook_gets_the_whole_alarm_as_json(webhook) -> None:
    address, handler = webhook
    assert send(ALARM, [f"{address}/hooks/T0KEN"], say=print) == (address,)
    assert handler.got == [("/hooks/T0KEN", "application/json", {**asdict(ALARM), "sent": []})]


@pytest.mark.parametrize("address", ["https://ann:s3cret@127.0.0.1", "http://127.0.0.1:1/s3cret"])
def test_the_secret_of_an_address_is_kept_nowhere(address) -> None:
    (sent,) = send(ALARM, [address], say=print)
    assert "not reached" in sent
    assert "s3cret" not in sent


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_webhook_that_refuses_is_not_reached(webhook, status) -> None:
    address, handler = webhook
    handler.status = status
    (sent,) = send(ALARM, [address], say=print)
    assert sent.startswith(f"{address} (not reached: HTTP Error {status}")


def test_a_channel_that_is_down_costs_no_other_its_alarm(webhook) -> None:
    address, handler = webhook
    said: list[str] = []
    sent = send(ALARM, ["http://127.0.0.1:1/x", address, "stdout"], say=said.append)
    assert sent[0].startswith("http://127.0.0.1:1 (not reached: ")
    assert sent[1:] == (address, "stdout")
    assert len(handler.got) == len(said) == 1


@pytest.mark.parametrize("address", ["http://", "http://[", "https://no such host/x"])
def test_an_address_that_is_none_is_not_reached_and_breaks_nothing(address) -> None:
    said: list[str] = []
    sent = send(ALARM, [address, "stdout"], say=said.append)
    assert "not reached" in sent[0]
    assert said


def test_standard_output_and_webhooks_need_nothing_that_is_not_there() -> None:
    demand_channels(["stdout", "http://example.com", "https://example.com/x"])


@pytest.mark.skipif(
    importlib.util.find_spec("apprise") is not None, reason="the extra is installed"
)
def test_an_address_of_apprise_without_it_names_what_to_install() -> None:
    with pytest.raises(MissingExtraError, match="slack") as caught:
        demand_channels(["stdout", "slack://TOKEN/of/ours"])
    assert "pip install" in str(caught.value) + caught.value.hint
    assert "alarms" in str(caught.value) + caught.value.hint
    assert "TOKEN" not in str(caught.value)
