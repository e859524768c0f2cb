"""The score comes from evidence alone: a point appears with it and goes with it."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

import seatrial
from seatrial.core.clock import ManualClock, SystemClock
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.judging.readiness import ByHand, Proof, score
from seatrial.plan.claims import parse_claim
from seatrial.probes import candidate as candidate_probes
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.readiness import SECTIONS, TESTS
from seatrial.verbs.readiness import record

BY_MEASURE = ("RD-01", "RD-02", "RD-04", "RD-12", "RD-15", "RD-26")
BY_CLAIMS = ("RD-13", "RD-14")
PROBED = tuple(sorted((*BY_MEASURE, *BY_CLAIMS)))

YES, NO = (Estimate(each, each, each, 10, "counted", "yes or no") for each in (1.0, 0.0))
HOLDS = {"RD-02": Estimate(0.2, 0.1, 0.3, 9, ""), "RD-12": Estimate(0.0, -0.1, 0.1, 9, "")}
FAILS = {"RD-02": Estimate(0.2, -0.1, 0.3, 9, ""), "RD-12": Estimate(-0.2, -0.3, -0.1, 9, "")}


def evidence(estimate: Estimate) -> Evidence:
    return Evidence("key", "subject", "probe", estimate, findings=("why",), digest="d1")


def claim(text: str) -> Claim:
    measure, bound, _ = parse_claim(text)
    return Claim("slice-or-gap", measure, bound)


CLAIMS = {"RD-13": claim("recall >= 0.5 where a = 1"), "RD-14": claim("gap recall by a <= 0.1")}


def judged(verdict: str, *, fresh: bool = True) -> Judgement:
    return Judgement("slice-or-gap", "offline", verdict, "", evidence(YES), fresh, blocks=False)


def result(name, *, proof=None, claims=(), judgements=(), hand=None):
    proofs = {} if proof is None else {name: proof}
    by_hand = {} if hand is None else {name: hand}
    found = score(proofs, claims, judgements, by_hand)
    return next(each for each in found.results if each.test.id == name)


@pytest.mark.parametrize("name", BY_MEASURE)
def test_a_measurement_that_holds_earns_a_point(name):
    found = result(name, proof=Proof(evidence(HOLDS.get(name, YES))))
    assert (found.points, found.evidence, found.missing) == (1.0, "d1", "")


@pytest.mark.parametrize("name", BY_MEASURE)
def test_a_measurement_that_fails_earns_nothing_and_says_why(name):
    found = result(name, proof=Proof(evidence(FAILS.get(name, NO))))
    assert (found.points, found.evidence, found.lack, found.seen) == (0.0, None, "repair", "d1")
    assert found.missing.startswith("measured, and ")


@pytest.mark.parametrize("name", BY_MEASURE)
def test_without_its_measurement_the_point_is_gone(name):
    found = result(name, proof=Proof(None, "not measured"))
    assert (found.points, found.missing, found.lack) == (0.0, "not measured", "measure")


@pytest.mark.parametrize("name", BY_MEASURE)
def test_what_could_not_be_measured_earns_nothing(name):
    found = result(name, proof=Proof(evidence(not_measured("no positives"))))
    assert (found.points, found.missing) == (0.0, "no positives")


@pytest.mark.parametrize("name", BY_CLAIMS)
@pytest.mark.parametrize(
    ("judgement", "points"),
    [
        (judged("pass"), 1.0),
        (judged("pass", fresh=False), 0.0),
        (judged("fail"), 0.0),
        (judged("unknown"), 0.0),
        (judged("waived"), 0.0),
    ],
)
def test_a_point_for_claims_needs_all_of_them_passed_and_fresh(name, judgement, points):
    passed = judged("pass")
    found = result(name, claims=(CLAIMS[name],) * 2, judgements=(passed, judgement))
    assert found.points == points


@pytest.mark.parametrize("name", BY_CLAIMS)
def test_a_point_for_claims_needs_a_claim(name):
    found = result(name)
    assert (found.points, found.lack) == (0.0, "claim")


@pytest.mark.parametrize("name", [test.id for test in TESTS])
def test_a_typed_in_yes_is_half_a_point_at_most(name):
    hand = ByHand(name, "d2", "yes", current=True)
    found = result(name, hand=hand)
    assert (found.points, found.evidence) == (0.5, "d2")


@pytest.mark.parametrize("name", [test.id for test in TESTS])
def test_a_record_of_what_is_no_longer_there_earns_nothing(name):
    hand = ByHand(name, "d2", "yes", current=False, why_not="plan changed since")
    found = result(name, hand=hand)
    assert (found.points, found.evidence) == (0.0, None)
    assert "plan changed since" in found.missing


@pytest.mark.parametrize("name", BY_MEASURE)
def test_a_record_by_hand_does_not_outweigh_a_measurement_that_fails(name):
    hand = ByHand(name, "d2", "yes", current=True)
    assert result(name, proof=Proof(evidence(FAILS.get(name, NO))), hand=hand).points == 0.0


def test_where_less_is_better_a_simpler_model_with_less_is_better():
    worse, better = Estimate(2.0, 1.0, 3.0, 9, "", "target"), Estimate(-2.0, -3.0, -1.0, 9, "")
    points = [
        result("RD-12", proof=Proof(evidence(each), higher_is_better=False)).points
        for each in (worse, better)
    ]
    assert points == [0.0, 1.0]


def test_the_smallest_section_is_the_score():
    proofs = {name: Proof(evidence(HOLDS.get(name, YES))) for name in BY_MEASURE}
    found = score(proofs, tuple(CLAIMS.values()), (judged("pass"),) * 2, {})
    assert found.sections == {"data": 3, "model": 3, "infrastructure": 1, "monitoring": 1}
    assert found.score == 1.0
    assert set(found.sections) == set(SECTIONS)


# One project, from end to end.


@pytest.fixture(scope="module")
def measured(shop, tmp_path_factory) -> Path:
    """The shop without its useless columns, with everything measured; not to be changed."""
    root = Path(shutil.copytree(shop, tmp_path_factory.mktemp("ready") / "shop"))
    plan = (root / "plan.yaml").read_text()
    plan = plan.replace("drop: [clerk]", "drop: [clerk, items, age, day]")
    plan = plan.replace("optimize: recall", "optimize: balanced_accuracy")
    plan = plan.replace("  features: feats\n", "")
    (root / "plan.yaml").write_text(plan)
    project = seatrial.open(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidate_probes, "BUSY", float("inf"))
        patch.setattr(candidate_probes, "ANSWERS", 400)
        project.train()
        project.check()
        project.readiness(measure=[])
    project.close()
    return root


@pytest.fixture
def ready(measured, tmp_path) -> Path:
    return Path(shutil.copytree(measured, tmp_path / "shop"))


def points(root: Path, *, clock=None) -> dict[str, float]:
    project = seatrial.open(root, clock=clock)
    found = {each.test.id: each.points for each in project.readiness().score.results}
    project.close()
    return found


def lose(root: Path, name: str) -> None:
    """Take a test's evidence out of the ledger, as if it had never been measured."""
    project = seatrial.open(root)
    results = project.readiness().score.results
    digest = next(each.evidence for each in results if each.test.id == name)
    project.close()
    with sqlite3.connect(root / ".seatrial" / "ledger.db") as database:
        for table, column in (("entry", "digest"), ("record", "digest"), ("fact", "entry")):
            database.execute(f"delete from {table} where {column} = ?", (digest,))
    database.close()


def by_hand(root: Path, name: str, **more) -> None:
    project = seatrial.open(root)
    record(project, name, by="Ada", note="yes", **more)
    project.close()


def test_everything_that_is_measured_and_holds_has_its_point(measured):
    found = points(measured)
    assert {name: found[name] for name in PROBED} == dict.fromkeys(PROBED, 1.0)


@pytest.mark.parametrize("name", PROBED)
def test_a_point_goes_with_its_evidence_and_half_of_it_comes_back_by_hand(ready, name):
    before = points(ready)
    lose(ready, name)
    assert points(ready) == {**before, name: 0.0}
    by_hand(ready, name)
    assert points(ready) == {**before, name: 0.5}


def test_measuring_again_brings_the_point_back(ready):
    lose(ready, "RD-26")
    project = seatrial.open(ready)
    project.readiness(measure=["RD-26"])
    project.close()
    assert points(ready)["RD-26"] == 1.0


def another_plan(root: Path) -> None:
    plan = (root / "plan.yaml").read_text()
    (root / "plan.yaml").write_text(plan.replace("confidence: 0.7", "confidence: 0.8"))


def another_row(root: Path) -> None:
    with (root / "orders.csv").open("a") as file:
        file.write("99999,1,20,B,north,2,30,3,1220.0,20.0\n")


def another_candidate(root: Path) -> None:
    code = (root / "builders.py").read_text()
    (root / "builders.py").write_text(code.replace("max_iter=500", "max_iter=501"))


@pytest.mark.parametrize("change", [another_plan, another_row, another_candidate])
def test_a_record_by_hand_is_out_of_date_when_what_was_shown_changes(ready, change):
    by_hand(ready, "RD-16")
    assert points(ready)["RD-16"] == 0.5
    change(ready)
    assert points(ready)["RD-16"] == 0.0


def test_a_record_by_hand_is_not_out_of_date_when_a_claim_changes(ready):
    by_hand(ready, "RD-16")
    plan = (ready / "plan.yaml").read_text()
    (ready / "plan.yaml").write_text(plan.replace("rows >= 2000", "rows >= 1000"))
    assert points(ready)["RD-16"] == 0.5


def test_a_record_by_hand_counts_until_its_day(ready):
    today = SystemClock().now()
    by_hand(ready, "RD-16", until=today.date())
    assert points(ready)["RD-16"] == 0.5
    assert points(ready, clock=ManualClock(today + timedelta(days=1)))["RD-16"] == 0.0


def test_a_test_that_nothing_measures_can_not_be_measured(ready):
    project = seatrial.open(ready)
    with pytest.raises(UserError, match="RD-16"):
        project.readiness(measure=["RD-16"])
    with pytest.raises(NotFoundError, match="RD-99"):
        project.readiness(measure=["RD-99"])
    project.close()


@pytest.mark.parametrize(("by", "note"), [("", "done"), ("Ada", " ")])
def test_a_record_needs_a_name_and_a_note(ready, by, note):
    project = seatrial.open(ready)
    with pytest.raises(UserError, match="name and a note"):
        record(project, "RD-16", by=by, note=note)
    project.close()
