"""Over HTTP: what is asked is answered, and what is wrong with a request is named."""

import http.client
import json
import signal
import socket
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from releases import AMOUNT, ROW, arm_of, release
from served import PROGRAM, Served, run_log

from seatrial.records.manifest import Gate
from seatrial.records.rule import Rule
from seatrial.runtime.folder import ServingFolder


@pytest.fixture(scope="module")
def server(shop, tmp_path_factory):
    """One server for tests that leave nothing behind but decisions."""
    folder = tmp_path_factory.mktemp("serving")
    release(folder, shop.fast)
    served = Served(folder)
    yield served
    served.end()


def body(**changes: object) -> dict:
    return {"key": "k", "features": ROW, **changes}


def test_a_decision_is_answered_and_logged(server) -> None:
    status, told, _ = server.ask("/predict", body(context={"visits": 3}))
    assert status == 200
    assert (told["decision"], told["decided_by"]) == ("yes", "model")
    assert [each["decision"] for each in told["alternatives"]] == ["no"]
    (logged,) = [each for each in server.log() if each["decision_id"] == told["decision_id"]]
    assert (logged["features"], logged["context"]) == (ROW, {"visits": 3.0})
    assert logged["release"] == told["release"] == ServingFolder(server.folder).current()


def test_rows_are_answered_in_their_order(server) -> None:
    rows = [body(features={**ROW, "x": x}) for x in (-3.0, 3.0, -3.0)]
    status, told, _ = server.ask("/predict", {"rows": rows})
    assert status == 200
    assert [each["decision"] for each in told["rows"]] == ["no", "yes", "no"]


def test_outcomes_people_and_events_are_taken(server) -> None:
    name = server.ask("/predict", body(key="joined")).body["decision_id"]
    assert server.ask("/outcome", {"decision_id": name, "outcome": True}).status == 202
    last = {"key": "joined", "outcome": "no", "at": "2199-01-01"}
    assert server.ask("/outcome", {"rows": [last]}).body == {"accepted": 1}
    assert server.ask("/decide", {"decision_id": name, "decision": "no", "by": "a"}).status == 202
    assert server.ask("/event", {"key": "joined", "event": "complaint"}).status == 202
    (found,) = [each for each in server.log("--outcomes") if each["decision_id"] == name]
    assert (found["outcome"], found["outcome_at"][:4], found["person"]) == ("no", "2199", "no")


def features(**changes: object) -> dict:
    return body(features={**ROW, **changes})


FAULTY = {
    "a missing field": ({"key": 1, "features": {"x": 1}}, 422, "features.store"),
    "a wrong type": (features(x="1"), 422, "features.x"),
    "NaN": (json.dumps(features(x=float("nan"))).encode(), 400, "body"),
    "an unknown field": (features(colour="red"), 422, "features.colour"),
    "a list": ([], 422, "body"),
    "no body": (b"", 400, "body"),
    "not JSON": (b"x=1", 400, "body"),
    "a 10 MB body": (b" " * 10_000_000, 413, "body"),
    "a key of 1 MB": (body(key="k" * 1_000_000), 422, "key"),
    "a time that a live request has not": (body(at="2026-01-01T00:00:00Z"), 422, "at"),
    "1,001 rows": ({"rows": [{}] * 1_001}, 422, "rows"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_bad_request_is_refused_with_its_fault(server, case) -> None:
    value, expected, field = FAULTY[case]
    status, told, _ = server.ask("/predict", value)
    assert (status, told["faults"][0]["field"]) == (expected, field)
    assert told["faults"][0]["fact"]
    assert field in told["error"]


def test_a_body_of_unsaid_length_is_measured_as_it_comes(server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    parts = (b" " * 100_000 for _ in range(30))
    connection.request("POST", "/predict", parts, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_that_is_far_too_large_is_not_read(server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n{")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/predict", 405), ("POST", "/health", 405), ("GET", "/admin", 404)],
)
def test_another_path_or_method_is_refused_with_what_there_is(server, method, path, status) -> None:
    answer = server.ask(path, method=method)
    assert answer.status == status
    assert answer.body["faults"][0]["fact"]


@pytest.mark.parametrize("path", ["/outcome", "/decide", "/event"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"rows": [7]}', b'{"decision_id": 1}'])
def test_bad_news_of_a_decision_is_refused(server, path, data) -> None:
    answer = server.ask(path, data)
    assert answer.status in {400, 422}
    assert answer.body["faults"][0]["field"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
almost = st.fixed_dictionaries(
    {},
    optional={
        "key": json_values,
        "features": st.fixed_dictionaries(
            {name: st.just(value) | json_values for name, value in ROW.items()}
        ),
        "outcome": json_values,
        "decision_id": json_values,
        "rows": st.lists(json_values),
    },
)


@given(st.sampled_from(["/predict", "/outcome", "/decide", "/event"]), json_values | almost)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_json_is_answered_or_refused_and_never_a_500(server, path, value) -> None:
    answer = server.ask(path, json.dumps(value).encode())
    assert answer.status in {200, 202, 400, 422}


def test_the_server_is_alive_ready_and_counts(server) -> None:
    assert server.get("/health").body == {"alive": True}
    assert server.get("/ready").body["release"] == ServingFolder(server.folder).current()
    before = server.metric(
        'seatrial_decisions_total{arm="candidate",decided_by="model",failure=""}'
    )
    server.ask("/predict", features(store="never seen"))
    after = server.metric('seatrial_decisions_total{arm="candidate",decided_by="model",failure=""}')
    assert after == before + 1
    assert server.metric('seatrial_unseen_levels_total{feature="store"}') >= 1
    assert server.metric('seatrial_refused_requests_total{status="422"}') >= 1
    assert server.metric("seatrial_decision_seconds_count") >= after
    assert server.metric("seatrial_log_bytes_total") > 0


def test_the_openapi_document_holds_each_feature_with_what_training_saw(server) -> None:
    told = server.get("/openapi.json").body
    post = told["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    columns = post["schema"]["oneOf"][0]["properties"]["features"]
    assert columns["required"] == ["x", "store", "rush", "due"]
    assert columns["properties"]["x"]["examples"] == [-3, 3]
    assert columns["properties"]["store"]["examples"] == ["A", "B", "C"]
    assert "maximum" not in columns["properties"]["x"]
    assert set(server.get("/").body["links"].values()) == {"/openapi.json", "/metrics"} | {
        path for path in told["paths"] if path != "/"
    }


def test_a_client_that_leaves_stops_nothing(server) -> None:
    request = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(request)
    assert server.ask("/predict", body()).status == 200
    assert server.metric("seatrial_requests_in_flight") == 1


def test_only_a_replay_may_say_when_it_happened(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.fast)
    server = serve("--replay")
    assert server.ask("/predict", body(at="2020-01-01T00:00:00Z")).status == 200
    assert server.log()[0]["at"] == "2020-01-01T00:00:00.000000Z"


def test_a_number_is_answered_where_there_are_no_classes(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.nan, contract=AMOUNT, fallback=Rule((), 7), level="shadow")
    told = serve().ask("/predict", body()).body
    assert (told["decision"], told["alternatives"]) == (7.0, [])


@pytest.mark.parametrize("log", ["/dev/full", "/proc/none"])
def test_a_log_that_can_not_be_made_is_said_at_the_start(shop, tmp_path, log) -> None:
    release(tmp_path, shop.fast)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM.format(before=""),
            "serve",
            "--from",
            str(tmp_path),
            "--log",
            log,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the decision log can't be written" in done.stderr


SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))"


def test_a_full_disk_is_a_503_and_tears_nothing(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.fast)
    server = serve(before=SMALL_FILES)
    answers = [server.ask("/predict", body()) for _ in range(20)]
    kept = [each.body["decision_id"] for each in answers if each.status == 200]
    refused = [each for each in answers if each.status == 503]
    assert kept
    assert len(kept) + len(refused) == 20
    assert refused[0].headers["retry-after"] == "1"
    assert "can't be written" in refused[0].body["error"]
    assert server.metric("seatrial_unlogged_total") == len(refused)
    assert server.stop() == 0
    assert [each["decision_id"] for each in server.log()] == kept


def test_a_server_without_room_is_not_ready(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.fast)
    server = serve(before=SMALL_FILES.replace("6_000", "3_000"))
    assert server.get("/ready").status == 503
    assert server.get("/health").status == 200


def test_what_may_not_be_served_is_refused_with_exit_code_2(shop, tmp_path) -> None:
    release(tmp_path, shop.fast, gate=Gate("full", "p", "v", passed=False))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=""), "serve", "--from", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "did not pass, and nobody overrode it" in done.stderr


def test_a_port_that_is_taken_is_said(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.fast)
    first = serve()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM.format(before=""),
            "serve",
            "--from",
            str(tmp_path / "serving"),
            "--port",
            str(first.port),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert f"port {first.port} can't be used" in done.stderr


def test_a_release_that_is_put_in_force_answers_without_a_restart(shop, serve, tmp_path) -> None:
    folder = tmp_path / "serving"
    release(folder, shop.fast)
    server = serve()
    old = server.ask("/predict", body()).body["release"]
    new = release(folder, shop.other, number=2, reference=arm_of(ServingFolder(folder), shop.fast))
    seen = {old}
    while new.digest not in seen:
        answer = server.ask("/predict", body())
        assert answer.status == 200
        seen.add(answer.body["release"])
    assert seen == {old, new.digest}


def test_the_newest_decisions_are_shown_to_people(shop, serve, tmp_path) -> None:
    release(tmp_path / "serving", shop.fast)
    server = serve()
    server.ask("/predict", body())
    shown = run_log(server.folder)
    assert "The newest 1 decision" in shown
    assert "model" in shown
    assert server.stop(signal.SIGINT) == 0
