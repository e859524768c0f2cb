"""Facts and a rung to what keeps the gate shut: the table in `gates.yaml`."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seatrial.core.estimate import Estimate
from seatrial.judging.gates import Facts, Paired, gate
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Claim, claim_id
from seatrial.records.evidence import Judgement
from seatrial.records.look import Series
from seatrial.records.release import GateCheck, Requirement, Rung

TABLE = YAML(typ="safe").load(Path(__file__).with_name("gates.yaml"))
ARCHIVE = "the archive is what was judged"


def claim(given) -> Claim:
    facts = {"claim": given} if isinstance(given, str) else dict(given)
    measure, bound, stage = parse_claim(facts.pop("claim"))
    name = facts.pop("id", claim_id(measure, stage))
    return Claim(name, measure, bound, stage, **facts)


def series(given) -> Series:
    newest = Estimate(0.5, 0.4, 0.6, 200, "wilson-95")
    facts = {"owner": "ann", "points": (), "newest": newest, "blocks": True, **given}
    return Series(facts["claim"], **facts)


def paired(given) -> Paired | None:
    if given is None:
        return None
    facts = dict(given)
    better, why = facts.pop("higher_is_better", True), facts.pop("why_not", "")
    found = Estimate(**facts, method="paired-95") if facts else None
    return Paired("rule", "recall", found, better, why)


def look(case) -> GateCheck:
    case = {**TABLE["usual"], **case}
    claims = [claim(each) for each in case["claims"]]
    judgements = [
        Judgement(
            each.id,
            each.stage or "offline",
            case["offline"].get(each.id, "pass"),
            "",
            None,
            fresh=True,
            blocks=False,
        )
        for each in claims
    ]
    facts = Facts(
        form=(Requirement(ARCHIVE, case["form"]),),
        claims=claims,
        judgements=judgements,
        stands=case["stands"],
        taken_back=case["taken_back"],
        measured=[series(each) for each in case["measured"]],
        paired=paired(case["paired"]),
        measure=case["measure"],
    )
    return gate(Rung.parse(case["rung"]), facts)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_a_gate_is_shut_by_what_the_table_says(case) -> None:
    found = look(case)
    assert [[each.what, each.verdict] for each in found.unmet] == case.get("unmet", [])
    assert found.passed is (not case.get("unmet"))


def test_every_requirement_is_shown_with_the_claim_that_it_is_about() -> None:
    found = look({})
    assert [(each.what, each.claim) for each in found.requirements] == [
        (ARCHIVE, None),
        ("the business measure has a value", None),
        ("precision >= 0.4, offline", "precision"),
        ("recall >= 0.5, offline", "recall"),
        ("recall not worse than rule, paired, shadow", None),
    ]


@pytest.mark.parametrize(("measure", "verdict"), [(None, "not applicable"), ("", "pass")])
def test_a_plan_without_a_business_measure_passes_nothing_and_is_not_held_up(
    measure, verdict
) -> None:
    found = look({"measure": measure})
    assert found.passed
    assert found.requirements[1].verdict == verdict


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({"measure": "overtime"}, "`problem.measure.today` of overtime is open"),
        (
            {"paired": {"value": 0.3, "low": 0.2, "high": 0.4, "n": 7}},
            "7 outcomes that the metric counts; at least 100 are needed",
        ),
        (
            {"paired": {"value": -0.05, "low": -0.08, "high": -0.02, "n": 400}},
            "it is worse by -0.05 [-0.08, -0.02] (n=400, paired-95)",
        ),
        ({"paired": {"why_not": "no mature outcome"}}, "no mature outcome"),
        ({"paired": None}, "nothing was watched there yet"),
    ],
)
def test_a_requirement_that_is_not_met_says_why(case, reason) -> None:
    assert [each.reason for each in look(case).unmet] == [reason]


def test_a_guarantee_that_was_not_measured_where_it_stands_is_not_asked_for_the_whole() -> None:
    """Memory and schema have no figure in production; what has one must be proved."""
    case = {
        "rung": "full",
        "stands": "canary",
        "claims": ["precision >= 0.4", "memory_mb <= 500"],
        "measured": [{"claim": "precision", "stage": "canary", "verdict": "pass"}],
    }
    asked = [each.claim for each in look(case).requirements if each.what.endswith("canary")]
    assert asked == ["precision", None]


def test_a_series_without_a_figure_is_no_proof() -> None:
    given = {"claim": "recall", "stage": "canary", "verdict": "unknown", "reason": "no row"}
    case = {
        "rung": "full",
        "stands": "canary",
        "claims": ["recall >= 0.5"],
        "measured": [{**given, "newest": None, "settled": "pass"}],
    }
    assert [(each.verdict, each.reason) for each in look(case).unmet] == [("unknown", "no row")]
