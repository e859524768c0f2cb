"""Killed, or told to stop, under load: what was acknowledged is logged, what was accepted is answered."""

import http.client
import json
import signal
import threading
import time
from collections.abc import Callable

import pytest
from releases import ROW, release
from served import Served, read

CONNECTIONS = 8
BODY = json.dumps({"key": "k", "features": ROW})


class Client(threading.Thread):
    """Asks one request after the other until the server is gone.

    A new connection that meets the closing listener is closed unread, which is as good as refused; what
    was answered once and is then cut stands in `cut`.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.acknowledged: list[str] = []
        self.cut: list[str] = []
        self.start()

    def run(self) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.connect()
            except (ConnectionRefusedError, ConnectionResetError):
                return  # nobody listens any more, or the listener went with this one in its queue
            self._ask_until_closed(connection)

    def _ask_until_closed(self, connection: http.client.HTTPConnection) -> None:
        answered = 0
        try:
            while True:
                connection.request("POST", "/predict", BODY)
                answer = read(connection)
                self.acknowledged.append(answer.body["decision_id"])
                answered += 1
                if answer.headers.get("connection") == "close":
                    return
        except (OSError, http.client.HTTPException) as error:
            self.cut += [type(error).__name__] * (answered > 0)
        finally:
            connection.close()


def under_load(server: Served, end: Callable[[], object]) -> list[Client]:
    clients = [Client(server.port) for _ in range(CONNECTIONS)]
    while min(len(each.acknowledged) for each in clients) < 20:
        time.sleep(0.01)
    end()
    for each in clients:
        each.join(30)
    return clients


@pytest.fixture
def server(shop, serve, tmp_path) -> Served:
    release(tmp_path / "serving", shop.fast)
    return serve()


def test_a_server_that_is_killed_loses_no_decision_that_it_acknowledged(server) -> None:
    clients = under_load(server, lambda: server.stop(signal.SIGKILL))
    acknowledged = {name for each in clients for name in each.acknowledged}
    logged = [each["decision_id"] for each in server.log()]
    assert acknowledged <= set(logged)
    assert len(logged) == len(set(logged)) <= len(acknowledged) + CONNECTIONS


def test_a_server_that_is_told_to_stop_answers_all_that_it_accepted(server) -> None:
    clients = under_load(server, lambda: server.process.send_signal(signal.SIGTERM))
    assert server.process.wait(30) == 0
    assert [name for each in clients for name in each.cut] == []
    acknowledged = sorted(name for each in clients for name in each.acknowledged)
    assert acknowledged == sorted(each["decision_id"] for each in server.log())


def test_after_a_stop_the_log_is_closed(server) -> None:
    server.ask("/predict", BODY.encode())
    assert server.stop() == 0
    (path,) = (server.folder / "log").iterdir()
    assert b'{"kind":"end","records":1}' in path.read_bytes()
