"""Advice rests on evidence: equal verdicts with other evidence get other steps, in the right order."""

import pytest

from seatrial.core.estimate import Estimate
from seatrial.judging.by_hand import BY_HAND
from seatrial.judging.readiness import Proof, score
from seatrial.judging.service import SHOWN
from seatrial.judging.steps import Known, steps
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, GroupEstimate, Judgement
from seatrial.records.metrics import GLOSSARY
from seatrial.records.readiness import TESTS, Result, Score

FULL = Score(tuple(Result(test, 1.0, "d", "") for test in TESTS))
NOTHING = score({}, (), (), {})
CURVE = {"threshold": [0.2, 0.5, 0.8], "precision": [0.3, 0.46, 0.7], "recall": [0.9, 0.6, 0.2]}


def claim(text: str, **more) -> Claim:
    measure, bound, _ = parse_claim(text)
    name = more.pop("id", text.split(maxsplit=1)[0])
    return Claim(name, measure, bound, **more)


def estimate(value: float, low: float, high: float, n: int = 500) -> Estimate:
    return Estimate(value, low, high, n, "wilson-95")


def evidence(found: Estimate, *, groups=(), findings=()) -> Evidence:
    return Evidence("k", "s", "p", found, groups=groups, findings=findings, digest="d7")


def judged(about: Claim, verdict: str, found: Evidence | None, reason: str = "") -> Judgement:
    blocks = verdict in {"fail", "unknown"} and about.commitment == "guarantee"
    return Judgement(about.id, "offline", verdict, reason, found, found is not None, blocks)


def known(**more) -> Known:
    facts = {
        "ladder": {"linear": {}, "boosted": {}},
        "chosen": "boosted",
        "curve": {},
        "costs": {},
        "test_costs": {},
        "train_s": 9.0,
    }
    return Known(**{**facts, **more})


def advice(*pairs, rubric=FULL, **more):
    claims, judgements = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return steps(claims, judgements, GLOSSARY, rubric, known(**more))


PRECISION = claim("precision >= 0.45")
LOW = evidence(estimate(0.308, 0.295, 0.322))


def fails(about: Claim = PRECISION, found: Evidence = LOW):
    return about, judged(about, "fail", found)


def test_two_projects_with_equal_verdicts_and_other_evidence_get_other_steps():
    on_dev = {"boosted": {"precision": estimate(0.47, 0.44, 0.5)}}
    rival = {"boosted": {}, "linear": {"precision": estimate(0.5, 0.47, 0.53)}}
    groups = (
        GroupEstimate("LGA", estimate(0.2, 0.1, 0.3), settled=True),
        GroupEstimate("JFK", estimate(0.5, 0.4, 0.6), settled=True),
    )
    gap = claim("gap precision by origin <= 0.1", id="gap")
    found = [
        advice(fails())[0],
        advice(fails(), curve=CURVE)[0],
        advice(fails(), ladder=on_dev)[0],
        advice(fails(), ladder=rival)[0],
        advice(fails(gap, evidence(estimate(0.3, 0.2, 0.4), groups=groups)))[0],
    ]
    assert [step.title for step in found] == [
        "Add features or rows that tell the classes apart",
        "Choose the threshold again, under the bounds of the plan",
        "Find out how test differs from dev",
        "Compare with linear, which keeps this bound on dev",
        "Look at the rows of LGA",
    ]
    assert all(step.evidence == ("d7",) for step in found)


def test_every_reason_for_a_failing_claim_has_its_figure():
    assert "precision is 0.308 and misses its bound by 0.142" in advice(fails())[0].why


def test_the_threshold_with_the_most_recall_of_those_that_keep_the_bound_is_named():
    step = advice(fails(), curve=CURVE)[0]
    assert "a threshold of 0.5 gives 0.46 at recall 0.6" in step.why
    assert (step.command, step.cost_s) == ("seatrial train", 9.0)


def test_what_holds_alone_and_not_for_all_that_were_tried_gets_a_fresh_test_part_and_no_rows():
    worn = judged(
        PRECISION, "unknown", evidence(estimate(0.5, 0.46, 0.54)), "6 candidates were tried"
    )
    (step,) = advice((PRECISION, worn))
    assert step.title.startswith("Give `precision >= 0.45` a fresh test part")
    assert (step.why, step.command) == ("6 candidates were tried", "seatrial train")


def test_the_nearest_family_is_named_when_none_reaches_the_bound():
    ladder = {"linear": {"precision": estimate(0.41, 0.4, 0.42)}, "boosted": {}}
    assert "the nearest is linear with 0.41" in advice(fails(), ladder=ladder)[0].why


def test_a_reference_that_is_better_is_compared_with():
    about = claim("recall vs rule >= 0")
    step = advice(fails(about, evidence(estimate(-0.1, -0.2, -0.05))))[0]
    assert step.command == "seatrial runs compare rule boosted"


def test_a_group_that_nobody_can_tell_needs_rows():
    groups = (GroupEstimate("LGA", estimate(0.2, 0.1, 0.3, 3), settled=False),)
    gap = claim("gap precision by origin <= 0.1")
    step = advice(fails(gap, evidence(estimate(0.3, 0.2, 0.4), groups=groups)))[0]
    assert step.title == "Collect rows of each group of origin"


def test_for_an_error_the_greatest_is_the_worst_group():
    groups = tuple(
        GroupEstimate(name, estimate(value, 0, 1), settled=True)
        for name, value in (("LGA", 0.2), ("JFK", 0.5))
    )
    about = claim("worst false_positive_rate by origin <= 0.1")
    step = advice(fails(about, evidence(estimate(0.5, 0.4, 0.6), groups=groups)))[0]
    assert step.title == "Look at the rows of JFK"


def test_what_a_probe_found_is_what_is_to_be_repaired():
    about = claim("no_leakage")
    no = Estimate(0.0, 0.0, 0.0, 9, "counted", "yes or no")
    step = advice(fails(about, evidence(no, findings=("12 rows of test stand in train",))))[0]
    assert step.why == "12 rows of test stand in train"
    assert step.command == "seatrial check no_leakage"


def test_a_slow_candidate_is_not_told_to_find_features():
    about = claim("latency_ms(p99) <= 10 ms", id="latency")
    slow = evidence(Estimate(20.0, 19.0, 21.0, 9, "", "ms"))
    assert advice(fails(about, slow))[0].title == "Bring latency_ms(p99) within its bound"


def test_failing_claims_come_first_and_guarantees_before_targets():
    target = claim("accuracy >= 0.9", commitment="target")
    unknown = claim("recall >= 0.5")
    found = advice(
        (unknown, judged(unknown, "unknown", None, "not measured")),
        fails(target, evidence(estimate(0.5, 0.4, 0.6))),
        fails(),
        rubric=NOTHING,
    )
    assert [step.why.split()[0] for step in found[:3]] == ["precision", "accuracy", "nothing"]
    assert "of 7" in found[3].why


def test_unknown_claims_come_by_the_cost_of_their_probe_and_a_person_last():
    wide = claim("recall >= 0.5")
    dear, cheap = claim("accuracy >= 0.5"), claim("f1 >= 0.5")
    unsettled = evidence(estimate(0.52, 0.48, 0.56))
    found = advice(
        (wide, judged(wide, "unknown", unsettled, "not settled")),
        (dear, stale_since(dear)),
        (cheap, stale_since(cheap)),
        costs={"accuracy": 8.0, "f1": 1.0},
    )
    assert [step.cost_s for step in found] == [1.0, 8.0, None]


def stale_since(about: Claim) -> Judgement:
    reason = "measured 2026-05-01, and must be newer than 7d"
    return Judgement(about.id, "offline", "unknown", reason, LOW, fresh=False, blocks=True)


def test_what_was_never_measured_is_measured_together():
    pairs = [
        (each, judged(each, "unknown", None, "not measured"))
        for each in (claim("recall >= 0.5"), claim("f1 >= 0.5"))
    ]
    (step,) = advice(*pairs, costs={"recall": 1.0, "f1": 2.0})
    assert (step.title, step.cost_s, step.command) == ("Measure 2 claims", 3.0, "seatrial check")


@pytest.mark.parametrize(
    ("is_current", "command"), [(True, "seatrial check recall"), (False, "seatrial train")]
)
def test_stale_claims_ask_for_training_only_when_the_candidate_is_stale(is_current, command):
    about = claim("recall >= 0.5")
    pair = (about, judged(about, "unknown", None, "stale"))
    assert [step.command for step in advice(pair, is_current=is_current)] == [command]


def test_before_the_first_training_there_is_one_thing_to_do():
    (step,) = advice(fails(), rubric=NOTHING, chosen=None)
    assert step.command == "seatrial train"


def test_an_unsettled_claim_on_the_right_side_needs_rows_or_the_bound_that_is_proved():
    about = claim("recall >= 0.5")
    reason = "not settled; about 1,200 instead of 500 would probably settle it"
    wide = evidence(estimate(0.52, 0.48, 0.56))
    (step,) = advice((about, judged(about, "unknown", wide, reason)))
    assert "1,200 instead of 500" in step.why
    assert step.gain_reason.endswith("what is proved today is at least 0.48")


def test_an_unsettled_claim_on_the_wrong_side_is_advised_as_one_that_fails():
    about = claim("recall >= 0.5")
    wide = evidence(estimate(0.49, 0.46, 0.52))
    (step,) = advice((about, judged(about, "unknown", wide, "not settled")))
    assert "recall is 0.49 and misses its bound by 0.01" in step.why


def test_what_can_not_be_measured_says_why():
    about = claim("recall vs champion >= 0")
    (step,) = advice((about, judged(about, "unknown", None, "nothing has been released")))
    assert step.why == "nothing has been released"


def test_drafted_bounds_ask_to_be_signed():
    about = claim("recall >= 0.5", draft=True)
    (step,) = advice((about, judged(about, "pass", evidence(estimate(0.9, 0.8, 0.95)))))
    assert step.command == "seatrial claim sign recall --by NAME"


def test_a_full_score_and_claims_that_hold_leave_nothing_to_do():
    about = claim("recall >= 0.5")
    assert advice((about, judged(about, "pass", evidence(estimate(0.9, 0.8, 0.95))))) == ()


def test_the_smallest_section_comes_first_and_the_cheapest_test_in_it():
    found = advice(rubric=raised("data", "model", "infrastructure"), test_costs={"RD-26": 1.0})
    assert found[0].command == "seatrial readiness --measure RD-26"
    assert found[0].gain_reason == "monitoring 0 → 1, the score 0 → 0.5, if it holds"


def raised(*sections: str) -> Score:
    """Every section at half a point but those that aren't named."""
    first = {section: next(t for t in TESTS if t.section == section) for section in sections}
    return Score(
        tuple(
            Result(each.test, 0.5, "d", "done by hand; x", each.lack)
            if first.get(each.test.section) == each.test
            else each
            for each in NOTHING.results
        )
    )


def test_a_gain_that_raises_no_score_does_not_claim_to():
    found = advice(rubric=NOTHING)
    assert "the score" not in found[0].gain_reason


def test_a_measurement_that_fails_is_to_be_repaired_not_measured():
    no = Estimate(0.0, 0.0, 0.0, 9, "counted", "yes or no")
    failing = score({"RD-26": Proof(evidence(no, findings=("NaN for age = 1e9",)))}, (), (), {})
    step = next(each for each in advice(rubric=failing) if "RD-26" in each.command)
    assert step.title == "Repair: the model is numerically stable"
    assert "NaN for age = 1e9" in step.why
    assert step.evidence == ("d7",)


def test_every_test_that_nothing_measures_has_something_to_do():
    by_hand = {each.id for each in TESTS if not each.has_probe and each.id not in SHOWN}
    assert set(BY_HAND) == by_hand
    titles = [step.title for step in advice(rubric=NOTHING)]
    now = {BY_HAND[each.id] for each in TESTS if each.id in BY_HAND and not each.needs_service}
    assert now <= set(titles)


def test_what_waits_for_a_release_is_not_advised():
    waiting = {each.id for each in TESTS if each.needs_service}
    commands = " ".join(step.command for step in advice(rubric=NOTHING))
    assert not [name for name in waiting if name in commands]


def test_no_step_is_given_twice_for_a_claim_that_did_not_pass():
    gap = claim("gap recall by a <= 0.1", id="gap")
    judgement = judged(gap, "fail", evidence(estimate(0.3, 0.2, 0.4)))
    rubric = score({}, (gap,), (judgement,), {})
    commands = [step.title for step in advice((gap, judgement), rubric=rubric)]
    assert not [title for title in commands if "inclusion" in title]
