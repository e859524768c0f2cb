"""Evidence and a claim to a verdict: admission needs proof of good."""

from datetime import UTC, date, datetime, timedelta

import pytest

from seatrial.core.clock import parse_iso
from seatrial.core.estimate import Estimate, not_measured
from seatrial.judging.verdicts import Filed, judge
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Claim, Waiver
from seatrial.records.evidence import Evidence
from seatrial.records.metrics import GLOSSARY

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
MEASURED_AT = "2026-06-10T12:00:00.000000Z"


def claim(text: str, **facts) -> Claim:
    measure, bound, stage = parse_claim(text)
    return Claim("claim", measure, bound, stage, **facts)


def filed(value, low, high, *, n=400, unit="fraction", findings=()) -> Filed:
    estimate = Estimate(value, low, high, n, "wilson-95", unit)
    return Filed(
        Evidence("key", "subject", "probe", estimate, findings=findings, at=MEASURED_AT, digest="d")
    )


def judged(each: Claim, found: Filed, now: datetime = NOW):
    return judge(each, GLOSSARY[each.measure.metric], found, stage="offline", now=now)


GUARANTEE = [
    ("recall >= 0.5", (0.6, 0.55, 0.65), "pass"),
    ("recall >= 0.5", (0.6, 0.5, 0.65), "pass"),
    ("recall > 0.5", (0.6, 0.5, 0.65), "unknown"),
    ("recall >= 0.5", (0.6, 0.45, 0.65), "unknown"),
    ("recall >= 0.5", (0.4, 0.35, 0.55), "unknown"),
    ("recall >= 0.5", (0.4, 0.35, 0.5), "unknown"),
    ("recall > 0.5", (0.4, 0.35, 0.5), "fail"),
    ("recall >= 0.5", (0.4, 0.35, 0.45), "fail"),
    ("gap recall by store <= 0.2", (0.1, 0.0, 0.2), "pass"),
    ("gap recall by store < 0.2", (0.1, 0.0, 0.2), "unknown"),
    ("gap recall by store <= 0.2", (0.3, 0.25, 0.4), "fail"),
    ("gap recall by store < 0.2", (0.3, 0.2, 0.4), "fail"),
    ("recall >= 50 %", (0.6, 0.55, 0.65), "pass"),
    ("recall vs rule >= -0.1", (0.0, -0.05, 0.05), "pass"),
    ("accuracy = 0.83 +- 0.02", (0.83, 0.82, 0.84), "pass"),
    ("accuracy = 0.83 +- 0.02", (0.83, 0.80, 0.86), "unknown"),
    ("accuracy = 0.83 +- 0.02", (0.90, 0.88, 0.92), "fail"),
    ("accuracy = 0.83 +- 0.02", (0.70, 0.68, 0.72), "fail"),
    ("accuracy = 83 % +- 2 %", (0.83, 0.82, 0.84), "pass"),
    ("latency_ms(p99) <= 1 s", (900.0, 850.0, 950.0), "pass"),
    ("latency_ms(p99) <= 0.5 s", (900.0, 850.0, 950.0), "fail"),
    ("memory_mb <= 1 GB", (900.0, 899.0, 901.0), "pass"),
]


@pytest.mark.parametrize(("text", "found", "verdict"), GUARANTEE)
def test_a_guarantee_goes_by_the_whole_interval(text, found, verdict) -> None:
    judgement = judged(claim(text), filed(*found))
    assert judgement.verdict == verdict
    assert judgement.blocks is (verdict != "pass")


@pytest.mark.parametrize(
    ("text", "found", "verdict", "reason"),
    [
        ("recall >= 0.5", (0.6, 0.55, 0.65), "pass", ""),
        ("recall >= 0.5", (0.6, 0.45, 0.75), "pass", "not settled by the interval"),
        ("recall >= 0.5", (0.4, 0.25, 0.55), "fail", "not settled by the interval"),
        ("recall >= 0.5", (0.4, 0.35, 0.45), "fail", ""),
        ("recall > 0.5", (0.5, 0.4, 0.6), "fail", "not settled by the interval"),
        ("accuracy = 0.83 +- 0.02", (0.84, 0.7, 0.9), "pass", "not settled by the interval"),
    ],
)
@pytest.mark.parametrize("commitment", ["target", "observe"])
def test_a_target_goes_by_the_point_and_blocks_nothing(
    text, found, verdict, reason, commitment
) -> None:
    judgement = judged(claim(text, commitment=commitment), filed(*found))
    assert (judgement.verdict, judgement.reason) == (verdict, reason)
    assert not judgement.blocks


def test_a_claim_that_is_not_settled_says_about_how_many_rows_would_settle_it() -> None:
    judgement = judged(claim("recall >= 0.5"), filed(0.6, 0.45, 0.75, n=40))
    assert judgement.verdict == "unknown"
    assert judgement.reason == "not settled; about 90 instead of 40 would probably settle it"


def test_more_rows_settle_nothing_when_the_value_stands_on_the_bound() -> None:
    judgement = judged(claim("recall >= 0.5"), filed(0.5, 0.4, 0.6, n=40))
    assert (judgement.verdict, judgement.reason) == ("unknown", "not settled")


@pytest.mark.parametrize(
    ("value", "verdict", "reason"),
    [(1.0, "pass", ""), (0.0, "fail", "age is missing in every row of dev")],
)
def test_a_claim_without_a_bound_is_a_yes_or_a_no(value, verdict, reason) -> None:
    found = filed(
        value, value, value, unit="yes or no", findings=(reason, "more") if reason else ()
    )
    judgement = judged(claim("schema"), found)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


@pytest.mark.parametrize("why_not", ["stale", "not measured", "no candidate has been trained"])
def test_a_claim_without_evidence_is_unknown_and_says_why(why_not) -> None:
    judgement = judged(claim("recall >= 0.5"), Filed(None, why_not))
    assert (judgement.verdict, judgement.reason) == ("unknown", why_not)
    assert judgement.blocks
    assert not judgement.fresh


def test_what_could_not_be_measured_is_unknown_and_says_why() -> None:
    evidence = Evidence("key", "s", "p", not_measured("no positives"), at=MEASURED_AT, digest="d")
    judgement = judged(claim("recall >= 0.5"), Filed(evidence))
    assert (judgement.verdict, judgement.reason) == ("unknown", "no positives")


@pytest.mark.parametrize(
    ("fresh", "verdict", "is_fresh"),
    [
        (None, "pass", True),
        ("6d", "pass", True),
        ("5d", "pass", True),
        ("4d", "unknown", False),
        ("119h", "unknown", False),
        ("121h", "pass", True),
    ],
)
def test_evidence_that_is_too_old_proves_nothing(fresh, verdict, is_fresh) -> None:
    judgement = judged(claim("recall >= 0.5", fresh=fresh), filed(0.6, 0.55, 0.65))
    assert judgement.verdict == verdict
    assert judgement.fresh is is_fresh


def test_evidence_that_is_too_old_says_from_when_it_is() -> None:
    judgement = judged(claim("recall >= 0.5", fresh="4d"), filed(0.6, 0.55, 0.65))
    assert judgement.reason == "measured 2026-06-10, and must be newer than 4d"


@pytest.mark.parametrize(
    ("every", "days", "verdict", "reason"),
    [
        ("push", 400, "pass", ""),
        ("night", 1, "pass", ""),
        ("night", 3, "unknown", "nightly, last measured 3 d ago"),
        ("week", 8, "pass", ""),
        ("week", 10, "unknown", "weekly, last measured 10 d ago"),
    ],
)
def test_a_claim_that_says_how_often_is_stale_after_its_period(
    every, days, verdict, reason
) -> None:
    later = parse_iso(MEASURED_AT) + timedelta(days=days)
    judgement = judged(claim("recall >= 0.5", every=every), filed(0.6, 0.55, 0.65), later)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


def test_what_a_claim_says_of_freshness_counts_before_its_cadence() -> None:
    kept = claim("recall >= 0.5", every="night", fresh="30d")
    later = parse_iso(MEASURED_AT) + timedelta(days=20)
    assert judged(kept, filed(0.6, 0.55, 0.65), later).verdict == "pass"


WAIVER = Waiver("a new terminal", "ada", date(2026, 6, 15))
LAST_MINUTE = datetime(2026, 6, 15, 23, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 6, 16, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "found", [filed(0.4, 0.35, 0.45), filed(0.6, 0.45, 0.75), Filed(None, "stale")]
)
def test_a_waiver_sets_a_claim_aside_to_the_end_of_its_last_day(found) -> None:
    judgement = judged(claim("recall >= 0.5", waiver=WAIVER), found, LAST_MINUTE)
    assert judgement.verdict == "waived"
    assert judgement.reason == "a new terminal (ada, until 2026-06-15)"
    assert not judgement.blocks


def test_a_waiver_that_has_expired_fails_again() -> None:
    judgement = judged(claim("recall >= 0.5", waiver=WAIVER), filed(0.4, 0.35, 0.45), NEXT_DAY)
    assert (judgement.verdict, judgement.reason) == ("fail", "the waiver expired on 2026-06-15")
    assert judgement.blocks


def test_a_waiver_that_has_expired_leaves_a_reason_standing() -> None:
    judgement = judged(claim("recall >= 0.5", waiver=WAIVER), Filed(None, "stale"), NEXT_DAY)
    assert judgement.reason == "the waiver expired on 2026-06-15; stale"


def test_a_waived_claim_that_holds_passes() -> None:
    judgement = judged(claim("recall >= 0.5", waiver=WAIVER), filed(0.6, 0.55, 0.65))
    assert (judgement.verdict, judgement.reason) == ("pass", "")


def test_a_judgement_names_the_evidence_that_it_rests_on() -> None:
    found = filed(0.6, 0.55, 0.65)
    judgement = judged(claim("recall >= 0.5"), found)
    assert judgement.evidence is found.evidence
    assert (judgement.claim, judgement.stage, judgement.fresh) == ("claim", "offline", True)
