"""A probe gets what it declared and nothing else; what it declared is enough to run it."""

import numpy as np
import pytest

import seatrial
from seatrial.core.errors import ProbeError
from seatrial.plan.claims import parse_claim
from seatrial.probes import registry
from seatrial.probes.candidate import PipelineProbe
from seatrial.probes.predictions import PredictionsProbe
from seatrial.probes.probe import Inputs
from seatrial.probes.symptoms import SYMPTOMS
from seatrial.records.evidence import Ask
from seatrial.scoring.timing import Timing
from seatrial.verbs.measuring import Measuring

PROBES = """
from seatrial.core.estimate import Estimate
from seatrial.probes.probe import Reading
from seatrial.records.evidence import Ask
from seatrial.records.metrics import Metric


class Careless:
    name, version, seconds = "careless", 1, 0.1

    def ask(self, measure, plan):
        return Ask(self.name, self.version, {}, ("truth/test",))

    def run(self, ask, inputs):
        rows = len(inputs["column/test/age"])
        return Reading(Estimate(rows, rows, rows, 1, "counted", "rows"))


PROBES = {Metric("careless", "rows of a column", "data", unit="rows"): Careless()}
"""


ASK = Ask("asking", 1, {}, ("truth/test",), {"release.confidence": 0.7})


@pytest.fixture
def inputs() -> Inputs:
    """Those of a probe that declared the truth of test and the confidence."""
    return Inputs(ASK, {"truth/test": [0, 1], "truth/dev": [1]}.__getitem__)


def test_a_probe_is_given_a_role_that_it_declared(inputs) -> None:
    assert inputs["truth/test"] == [0, 1]


def test_a_probe_that_reads_another_role_gets_an_error_that_names_both(inputs) -> None:
    with pytest.raises(ProbeError) as caught:
        inputs["truth/dev"]
    assert str(caught.value) == (
        "the probe asking read `truth/dev`, which it did not declare. it declared truth/test"
    )


def test_a_probe_is_given_a_value_of_the_plan_that_it_declared(inputs) -> None:
    assert inputs.plan("release.confidence") == 0.7


def test_a_probe_that_reads_another_value_of_the_plan_gets_an_error_that_names_both(inputs) -> None:
    with pytest.raises(ProbeError) as caught:
        inputs.plan("task.errors")
    assert "`task.errors` of the plan" in str(caught.value)
    assert "it declared release.confidence" in str(caught.value)


def test_a_probe_of_the_project_that_reads_what_it_did_not_declare_ends_the_check(
    copy_of_shop,
) -> None:
    (copy_of_shop / "probes.py").write_text(PROBES)
    plan = copy_of_shop / "plan.yaml"
    plan.write_text(plan.read_text().replace("claims:\n", "claims:\n  - careless >= 1\n"))
    with pytest.raises(ProbeError, match=r"careless read `column/test/age`"):
        seatrial.open(copy_of_shop).check(only=["careless"])


def test_every_built_in_probe_measures_with_what_it_declares(shop) -> None:
    project = seatrial.open(shop)
    checked = project.check(measure=False)
    probes = {project.registry.probe(each.measure.metric).name for each in checked.claims}
    built_in = {each.name for each in registry._BUILT_IN.values()} | {PredictionsProbe.name}
    elsewhere = {
        PipelineProbe.name,
        *(each.name for each in SYMPTOMS),
    }  # test_pipeline, test_doctor
    assert probes == built_in - elsewhere
    assert [each.claim for each in checked.judgements if each.evidence is None] == []
    assert [each.claim for each in checked.judgements if not each.evidence.estimate.measured] == []


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        ("recall", ["predictions/test", "truth/test", "units/test"]),
        ("recall on dev", ["predictions/dev", "truth/dev", "units/dev"]),
        (
            "recall vs rule where hour > 9",
            [
                "mask/test/hour > 9",
                "predictions/test",
                "predictions/test@rule",
                "truth/test",
                "units/test",
            ],
        ),
        (
            "gap recall by store, class",
            ["column/test/store", "predictions/test", "truth/test", "units/test"],
        ),
        ("missing(age)", ["column/all/age"]),
        ("latency_ms(p99)", ["host", "timings"]),
        ("reproducible", ["artefact", "retrain"]),
        ("pipeline", ["pipeline"]),
        ("recall on vip", ["predictions/vip", "truth/vip", "units/vip"]),
        ("rows", ["snapshot"]),
    ],
)
def test_a_claim_asks_for_what_it_reads_and_no_more(shop, claim, roles) -> None:
    measure = parse_claim(claim)[0]
    measuring = Measuring(seatrial.open(shop))
    ask = measuring.project.registry.probe(measure.metric).ask(measure, measuring.chain.plan)
    assert list(ask.roles) == roles


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("recall", "precision"),
        ("recall", "recall(class=false)"),
        ("recall", "recall on dev"),
        ("recall", "recall vs rule"),
        ("recall", "recall where hour > 9"),
        ("recall where hour > 9", "recall where hour > 8"),
        ("gap recall by store", "worst recall by store"),
        ("gap recall by store", "gap recall by region"),
        ("coverage", "coverage(0.9)"),
        ("latency_ms(p99)", "latency_ms(p95)"),
        ("missing(age)", "missing(hour)"),
        ("benefit(hour)", "benefit(day)"),
        ("benefit(hour)", "worst benefit by feature"),
    ],
)
def test_measures_that_differ_have_keys_that_differ(shop, first, second) -> None:
    measuring = Measuring(seatrial.open(shop))
    one = measuring.wanted(parse_claim(first)[0], make=False)
    two = measuring.wanted(parse_claim(second)[0], make=False)
    assert one.key is not None
    assert one.ask.key(dict.fromkeys(one.ask.roles, "d")) != two.ask.key(
        dict.fromkeys(two.ask.roles, "d")
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("recall >= 0.5", "recall >= 0.9"),
        ("recall >= 0.5 in production", "recall >= 0.5"),
        ("recall where  ( hour>9 )", "recall where hour > 9"),
        ("latency_ms(p99) <= 1 s", "latency_ms(percentile=p99) <= 900 ms"),
    ],
)
def test_what_only_judges_is_not_in_the_key(shop, first, second) -> None:
    measuring = Measuring(seatrial.open(shop))
    one = measuring.wanted(parse_claim(first)[0], make=False)
    two = measuring.wanted(parse_claim(second)[0], make=False)
    assert one.key is not None
    assert one.key == two.key


def test_latency_and_memory_are_read_off_the_same_processes(copy_of_shop, monkeypatch) -> None:
    made = []

    def run(*given, **asked) -> Timing:
        made.append(given)
        return Timing(tuple(np.linspace(1, 2, asked["answers"])), 100.0 + len(made), 1.0)

    monkeypatch.setattr("seatrial.scoring.timing.run", run)
    latency, memory = (
        seatrial.open(copy_of_shop)
        .check(only=["latency_ms-p90", "memory_mb"], again=True)
        .judgements
    )
    assert len(made) == 3
    assert latency.evidence.estimate.value == pytest.approx(1.9, abs=0.01)
    assert memory.evidence.estimate.value == 102.0


def test_what_a_busy_host_timed_is_not_filed(copy_of_shop, monkeypatch) -> None:
    monkeypatch.setattr("seatrial.probes.candidate.BUSY", 0.0)
    monkeypatch.setattr("seatrial.probes.candidate.RUNS", 1)
    monkeypatch.setattr("seatrial.probes.candidate.MOST_RUNS", 1)
    (judgement,) = seatrial.open(copy_of_shop).check(only=["latency_ms-p90"]).judgements
    assert judgement.verdict == "unknown"
    assert judgement.reason.startswith("host busy")
    assert judgement.evidence is None


def test_an_estimate_that_is_not_finite_is_filed_as_not_measured(copy_of_shop) -> None:
    (copy_of_shop / "probes.py").write_text(
        PROBES.replace('len(inputs["column/test/age"])', 'float("inf")')
    )
    plan = copy_of_shop / "plan.yaml"
    plan.write_text(plan.read_text().replace("claims:\n", "claims:\n  - careless >= 1\n"))
    (judgement,) = seatrial.open(copy_of_shop).check(only=["careless"]).judgements
    assert (judgement.verdict, judgement.reason) == ("unknown", "the value is not finite")
