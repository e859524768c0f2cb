"""A run is written in few requests, each of a size and with names that every version takes."""

import json
import re

import pytest

from seatrial.core.errors import UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.neighbours.mlflow import Place, RunTold, Tracking
from seatrial.neighbours.mlflow_http import Server
from seatrial.neighbours.mlflow_registry import Registry

AT = "2026-01-01T00:00:10.000000Z"
TAKEN = re.compile(r"[\w./ -]{1,250}")


def run(**given):
    plain = {"parameters": {}, "metrics": {}, "tags": {}, "data": None}
    return RunTold(digest="d1", name="linear", ended=AT, seconds=2.5, **{**plain, **given})


@pytest.fixture
def written(server):
    """Write a run; give the bodies of each call."""
    info = {"run_id": "r1", "artifact_uri": "mlflow-artifacts:/1/r1/artifacts"}
    server.on("runs/create", {"run": {"info": info}})
    for call in ("runs/log-batch", "runs/log-inputs", "runs/update"):
        server.on(call, {})

    def write(told, place=None):
        Tracking(Server(server.address)).write("1", told, place)
        return [(call, json.loads(body)) for _, call, _, body in server.asked]

    return write


def test_most_runs_take_three_requests_and_say_running_until_the_last(written):
    calls = written(
        run(parameters={"depth": 6}, metrics={"recall": Estimate(0.9, 0.8, 1.0, 9, "")})
    )
    assert [call for call, _ in calls] == ["runs/create", "runs/log-batch", "runs/update"]
    created, batch, done = (body for _, body in calls)
    assert "status" not in created
    assert created["start_time"] == 1767225607500
    assert (done["status"], done["end_time"]) == ("FINISHED", 1767225610000)
    figures = {each["key"]: each["value"] for each in batch["metrics"]}
    assert figures == {"recall": 0.9, "recall.low": 0.8, "recall.high": 1.0, "recall.n": 9.0}


def test_many_parameters_and_figures_are_split_and_none_is_lost(written):
    parameters = {f"p{each}": each for each in range(250)}
    metrics = {f"m{each}": Estimate(0.5, 0.4, 0.6, 10, "") for each in range(500)}
    bodies = [
        body
        for call, body in written(run(parameters=parameters, metrics=metrics))
        if "batch" in call
    ]
    for body in bodies:
        assert len(body["params"]) <= 100
        assert len(body["params"]) + len(body["metrics"]) <= 1000
        assert len(json.dumps(body)) < 1_000_000
    assert sum(len(body["params"]) for body in bodies) == 250
    assert len({each["key"] for body in bodies for each in body["metrics"]}) == 2000


def test_names_and_values_that_mlflow_refuses_are_changed_and_kept_in_a_tag(written):
    name = "benefit(hour) where store = 'B'"
    calls = dict(
        written(run(parameters={"a?": "x" * 900}, metrics={name: Estimate(1, 0, 2, 5, "boot")}))
    )
    created, batch = calls["runs/create"], calls["runs/log-batch"]
    keys = [each["key"] for each in (*created["tags"], *batch["params"], *batch["metrics"])]
    assert [key for key in keys if not TAKEN.fullmatch(key)] == []
    assert len(batch["params"][0]["value"]) == 500
    tags = {each["key"]: each["value"] for each in created["tags"]}
    assert json.loads(tags[f"seatrial.metric.{batch['metrics'][0]['key']}"])["name"] == name


def test_what_could_not_be_measured_is_no_metric(written):
    calls = written(run(metrics={"recall": not_measured("no positives")}))
    assert [call for call, _ in calls] == ["runs/create", "runs/update"]


def test_a_run_that_was_cut_off_is_not_made_again(written):
    calls = written(run(), Place("r9", "mlflow-artifacts:/1/r9/artifacts", is_whole=False))
    assert calls == [
        ("runs/update", {"run_id": "r9", "status": "FINISHED", "end_time": 1767225610000})
    ]


@pytest.mark.parametrize(
    "kept", ["s3://bucket/r1", "/srv/mlflow/r1", "mlflow-artifacts://other/r1"]
)
def test_a_store_that_the_server_does_not_pass_files_on_to_is_told(server, kept):
    registry = Registry(Server(server.address), "churn")
    with pytest.raises(UserError, match="--serve-artifacts") as caught:
        registry.add({"MLmodel": b""}, Place("r1", kept, is_whole=True), {})
    assert kept in str(caught.value)
    assert server.asked == []
