"""A model that hangs, raises or dies harms its own request, and no other."""

import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from releases import AMOUNT, HANGS, RAISES, ROW, TRAPPED, release

from seatrial.records.rule import Rule


@pytest.fixture
def trapped(shop, tmp_path) -> Path:
    """A release whose feature function hangs or raises on a flagged row."""
    data, code = shop.trapped(tmp_path / "project")
    release(tmp_path / "serving", data, code=code, contract=TRAPPED)
    return tmp_path / "serving"


def body(x: float) -> dict:
    return {"key": "k", "features": {**ROW, "x": x}}


def failed(server, failure: str) -> float:
    label = f'seatrial_decisions_total{{arm="candidate",decided_by="fallback",failure="{failure}"}}'
    return server.metric(label)


def test_user_code_answers_in_a_worker(trapped, serve) -> None:
    server = serve("--deadline", "5000")
    told = server.ask("/predict", body(0.5)).body
    assert (told["decision"], told["decided_by"]) == ("yes", "model")
    assert server.log()[0]["form"] == "estimator"


def test_a_model_that_raises_is_replaced_by_the_fallback_and_counted(trapped, serve) -> None:
    server = serve("--deadline", "5000")
    told = server.ask("/predict", body(RAISES)).body
    assert (told["decision"], told["decided_by"], told["failure"]) == ("yes", "fallback", "raised")
    assert failed(server, "raised") == 1
    assert server.ask("/predict", body(0.5)).body["decided_by"] == "model"


def test_a_model_that_answers_nan_is_replaced_by_the_fallback_and_counted(
    shop, serve, tmp_path
) -> None:
    release(tmp_path / "serving", shop.nan, contract=AMOUNT, fallback=Rule((), 7))
    server = serve("--deadline", "5000")
    told = server.ask("/predict", body(0.5)).body
    assert (told["decision"], told["failure"]) == (7.0, "not a number")
    assert failed(server, "not a number") == 1


def test_a_model_that_never_returns_delays_nobody_beyond_its_deadline(trapped, serve) -> None:
    server = serve("--deadline", "5000")
    until(lambda: server.metric("seatrial_spare_workers") == 1)
    with ThreadPoolExecutor(9) as threads:
        hung = threads.submit(server.ask, "/predict", body(HANGS))
        others = [threads.submit(server.ask, "/predict", body(0.5)) for _ in range(8)]
        told = hung.result().body
    assert (told["decision"], told["decided_by"], told["failure"]) == ("yes", "fallback", "stalled")
    assert failed(server, "stalled") == 1
    assert {each.result().body["decided_by"] for each in others} == {"model"}


def test_requests_that_need_no_model_go_on_while_one_hangs(shop, serve, tmp_path) -> None:
    data, code = shop.trapped(tmp_path / "project")
    release(tmp_path / "serving", data, code=code, contract=TRAPPED, level="partial", share=0.5)
    server = serve("--deadline", "600000")
    arms = {key: server.ask("/predict", {**body(0.5), "key": key}).body for key in range(20)}
    inside = next(key for key, told in arms.items() if told["decided_by"] == "model")
    outside = next(key for key, told in arms.items() if told["decided_by"] == "reference")
    hung = threading.Thread(target=ask_and_be_cut, args=[server, {**body(HANGS), "key": inside}])
    hung.start()
    while server.metric("seatrial_requests_in_flight") < 2:
        time.sleep(0.01)
    for _ in range(20):
        told = server.ask("/predict", {**body(0.5), "key": outside}).body
        assert told["decided_by"] == "reference"
    assert hung.is_alive()
    server.end()
    hung.join()


def test_more_requests_than_can_wait_are_told_to_come_back(trapped, serve) -> None:
    few = "import seatrial.serving.app; seatrial.serving.app.MOST_BUSY = 3"
    server = serve("--deadline", "600000", before=few)
    hung = [threading.Thread(target=ask_and_be_cut, args=[server, body(HANGS)]) for _ in range(3)]
    for each in hung:
        each.start()
    until(lambda: server.metric("seatrial_requests_in_flight") == 4)
    answer = server.ask("/predict", body(0.5))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.body["faults"][0]["fact"] == "too many requests are waiting"
    assert server.get("/health").status == 200
    server.end()
    for each in hung:
        each.join()


def ask_and_be_cut(server, value: dict) -> None:
    with pytest.raises((OSError, EOFError)):
        server.ask("/predict", value)


def test_one_hanging_request_after_the_other_is_survived(trapped, serve) -> None:
    server = serve("--deadline", "300")
    failures = Counter(
        server.ask("/predict", body(x)).body.get("failure", "") for x in [HANGS, HANGS, HANGS]
    )
    assert failures == {"stalled": 3}
    while server.ask("/predict", body(0.5)).body["decided_by"] != "model":
        time.sleep(0.1)


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(each) for task in tasks for each in (task / "children").read_text().split()}


def until(holds) -> None:
    while not holds():
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_worker_that_is_killed_is_replaced(trapped, serve) -> None:
    server = serve("--deadline", "5000")
    until(lambda: len(children(server.process.pid)) == 2)
    for each in children(server.process.pid):
        os.kill(each, 9)
    until(lambda: server.ask("/predict", body(0.5)).body["decided_by"] == "model")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_no_worker_outlives_a_server_that_was_killed_even_one_that_hangs(trapped, serve) -> None:
    server = serve("--deadline", "600000")
    until(lambda: len(children(server.process.pid)) == 2)
    workers = children(server.process.pid)
    hung = threading.Thread(target=ask_and_be_cut, args=[server, body(HANGS)])
    hung.start()
    until(lambda: server.metric("seatrial_requests_in_flight") == 2)
    server.end()
    hung.join()
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in workers))


def test_a_release_with_a_worker_is_followed_by_another(shop, trapped, serve) -> None:
    server = serve("--deadline", "5000")
    old = server.ask("/predict", body(0.5)).body["release"]
    new = release(trapped, shop.unproved, number=2)
    seen = {old}
    while new.digest not in seen:
        told = server.ask("/predict", body(0.5)).body
        assert told["decided_by"] == "model", told
        seen.add(told["release"])
    assert server.stop() == 0, server.said


def test_a_worker_that_can_not_open_its_archive_is_refused_at_the_start(
    shop, serve, tmp_path
) -> None:
    data, code = shop.trapped(tmp_path / "project")
    source = code["feats.py"] + b"\nraise RuntimeError('at import')\n"
    (tmp_path / "project" / "feats.py").write_bytes(source)
    release(tmp_path / "serving", data, code={"feats.py": source}, contract=TRAPPED)
    server = serve()
    assert server.wait() == 2
    assert "is not the code that this candidate was trained with" in server.said
