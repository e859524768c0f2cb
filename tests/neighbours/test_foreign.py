"""Foreign runs are listed and compared, filed once, and are evidence of nothing."""

import json

import pytest

import seatrial
from seatrial.core.errors import NotFoundError
from seatrial.verbs.neighbours import pull
from seatrial.verbs.runs import FOREIGN, compare, find, foreign, rerun


def run_there(name, *, metrics, params=(), tags=(), **info):
    """A run as MLflow's API writes it."""
    return {
        "info": {
            "run_id": name,
            "run_name": f"run {name}",
            "user_id": "ada.lovelace",
            "status": "FINISHED",
            "start_time": "1767225600000",
            "end_time": 1767225660000,
            "artifact_uri": f"mlflow-artifacts:/1/{name}/artifacts",
            **info,
        },
        "data": {
            name: [{"key": key, "value": value} for key, value in dict(values).items()]
            for name, values in (("metrics", metrics), ("params", params), ("tags", tags))
        },
    }


PLAIN = "builders:plain"
ONE = run_there(
    "abc1",
    metrics={"recall": 0.9, "recall.low": 0.8, "recall.high": 0.95, "recall.n": 100.0},
    params={"depth": "6", "note": "from https://ada:word@git/x"},
    tags={"mlflow.user": "ada.lovelace", "team": "growth"},
)
TWO = run_there(
    "abc2",
    metrics={
        "recall": 0.9,
        "recall.low": 0.95,
        "recall.high": 0.8,
        "loss": "NaN",
        "auc": 0.7,
        "auc.low": 0.6,
    },
    artifact_uri="s3://key:word@bucket/abc2",
    end_time=None,
    status="RUNNING",
)


@pytest.fixture
def there(server):
    """An experiment of two runs, told on two pages."""
    server.on("experiments/get-by-name", {"experiment": {"experiment_id": "1"}})
    first = (200, {"runs": [ONE], "next_page_token": "more"}, {})
    second = (200, {"runs": [TWO]}, {})
    server.answers["runs/search"] = [first, second] * 3
    return server


@pytest.fixture
def project(copy_of_shop):
    found = seatrial.open(copy_of_shop)
    yield found
    found.close()


def pulled(project, there, **options):
    return pull(project, there.address, experiment="churn", **options)


def test_every_page_is_read_and_each_run_is_filed_with_what_is_told(project, there):
    done = pulled(project, there)
    assert (done.added, done.changed, done.same, done.own) == (2, 0, 0, 0)
    one = find(project, "abc1").told
    assert one.parameters == {"depth": "6", "note": "from https://***@git/x"}
    assert (one.started, one.ended) == (
        "2026-01-01T00:00:00.000000Z",
        "2026-01-01T00:01:00.000000Z",
    )
    assert (one.experiment, one.status, one.server) == ("churn", "FINISHED", there.address)
    assert one.artifacts == "mlflow-artifacts:/1/abc1/artifacts"
    assert repr(one.metrics["recall"]) == "0.9 [0.8, 0.95] (n=100, as told)"
    assert set(one.metrics) == {"recall"}


def test_an_interval_that_is_absent_half_or_wrong_is_no_interval(project, there):
    pulled(project, there)
    metrics = find(project, "abc2").told.metrics
    assert set(metrics) == {"recall", "loss", "auc"}
    for name, value in (("recall", 0.9), ("loss", None), ("auc", 0.7)):
        each = metrics[name]
        assert (each.value, each.low, each.high, each.method) == (value, None, None, "no interval")


def test_pulling_again_files_what_changed_and_nothing_else(project, there):
    pulled(project, there)
    assert pulled(project, there).same == 2
    assert len(project.ledger.find(FOREIGN)) == 2
    later = {**TWO, "info": {**TWO["info"], "status": "FINISHED"}}
    there.on("runs/search", {"runs": [ONE, later]})
    done = pulled(project, there)
    assert (done.added, done.changed, done.same) == (0, 1, 1)
    assert len(foreign(project)) == 2
    assert find(project, "abc2").told.status == "FINISHED"


def test_the_ledger_holds_no_name_and_no_password(project, there):
    pulled(project, there)
    written = json.dumps([entry.payload for entry in project.ledger.find(FOREIGN)])
    assert "growth" in written
    assert "lovelace" not in written
    assert "word@" not in written
    assert "s3://***@bucket/abc2" in written


def test_a_run_that_was_pushed_from_here_is_not_foreign(project, there):
    mine = project.ledger.find("run")[0].digest
    there.on("runs/search", {"runs": [run_there("x", metrics={}, tags={"seatrial.run": mine})]})
    assert pulled(project, there).own == 1
    assert foreign(project) == []


def test_they_are_found_by_parameters_and_figures(project, there):
    pulled(project, there)
    assert [each.told.run for each in foreign(project, where="depth = 6")] == ["abc1"]
    assert [each.told.run for each in foreign(project, where="auc > 0.5")] == ["abc2"]
    assert len(foreign(project, limit=1)) == 1


def test_no_verdict_and_no_choice_reads_them(project, there):
    before = project.check()
    evidence = project.ledger.find("evidence")
    pulled(project, there)
    again = seatrial.open(project.root)
    after = again.check()
    assert [each.verdict for each in after.judgements] == [
        each.verdict for each in before.judgements
    ]
    assert after.measured == 0
    assert project.ledger.find("evidence") == evidence
    assert [rung.candidate.family for rung in again.train().rungs] == ["majority", "rule", PLAIN]


def test_a_foreign_run_can_be_compared_and_not_trained_again(project, there):
    pulled(project, there)
    found = compare(project, "builders:plain", "abc1")
    assert found.difference is None
    assert [name for name, _, _ in found.figures][-1] == "recall"
    assert len(found.foreign) == 1
    with pytest.raises(NotFoundError, match="foreign run; it can't be trained here"):
        rerun(project, "abc1")


def test_both_are_listed_the_foreign_ones_marked(copy_of_shop, there, run):
    told = run(
        "runs", "pull", "--from", there.address, "--experiment", "churn", folder=copy_of_shop
    )
    assert (told.code, told.err) == (0, "")
    assert "2 new runs of" in told.out
    listed = run("runs", "list", folder=copy_of_shop).out
    assert listed.count("foreign") == 2
    assert "mlflow churn" in listed
    assert "builders:plain" in listed
    document = json.loads(run("runs", "list", "--json", folder=copy_of_shop).out)
    assert {each["id"] for each in document["foreign"]} == {"abc1", "abc2"}
    compared = run("runs", "compare", "builders:plain", "abc2", folder=copy_of_shop).out
    assert "0.9, no interval" in compared
    assert "were not measured here" in compared
