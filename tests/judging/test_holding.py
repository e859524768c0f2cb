"""In production a claim holds until it is proved broken, and is broken until it is proved good."""

from datetime import UTC, date, datetime, timedelta

import pytest

from seatrial.core.estimate import Estimate, not_measured
from seatrial.judging.holding import ALL_WINDOWS, held, point, window_level
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Claim, Waiver
from seatrial.records.metrics import GLOSSARY
from seatrial.records.release import Guard

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
BROKEN = datetime(2026, 6, 10, 3, tzinfo=UTC)
GOOD, SPLIT, BAD = (0.6, 0.55, 0.65), (0.52, 0.45, 0.59), (0.4, 0.35, 0.45)
"""Of `recall >= 0.5`."""
WAIVER = Waiver("the desk knows", "ann", date(2026, 7, 1))


def claim(text: str = "recall >= 0.5", **facts) -> Claim:
    measure, bound, stage = parse_claim(text)
    return Claim("recall", measure, bound, stage, **facts)


def judged(
    found, *, broken: bool, guard: Guard | None = None, now: datetime = NOW, cleared=None, **facts
):
    each = claim(**facts)
    newest = Estimate(*found, 400, "wilson-95") if found else None
    return held(
        each,
        GLOSSARY["recall"],
        newest,
        stage="canary",
        now=now,
        broken_at=BROKEN if broken else None,
        guard=guard,
        cleared=cleared,
    )


@pytest.mark.parametrize(
    ("found", "broken", "verdict", "settled"),
    [
        (GOOD, False, "pass", "pass"),
        (SPLIT, False, "pass", "unknown"),
        (BAD, False, "pass", "fail"),
        (GOOD, True, "pass", "pass"),
        (SPLIT, True, "fail", "unknown"),
        (BAD, True, "fail", "fail"),
        (None, False, "unknown", "unknown"),
        (None, True, "unknown", "unknown"),
    ],
)
def test_what_is_held_and_what_is_proved(found, broken, verdict, settled) -> None:
    result = judged(found, broken=broken)
    assert (result.verdict, result.settled) == (verdict, settled)


def test_a_break_that_was_over_does_not_count_again() -> None:
    over = judged(GOOD, broken=True).cleared
    assert over == BROKEN
    later = judged(SPLIT, broken=True, cleared=over)
    assert (later.verdict, later.cleared) == ("pass", BROKEN)
    assert judged(SPLIT, broken=True, cleared=BROKEN - timedelta(hours=1)).verdict == "fail"


def test_a_claim_that_holds_and_is_not_proved_says_so() -> None:
    assert judged(SPLIT, broken=False).reason.startswith("holds; not settled")
    assert judged(GOOD, broken=False).reason == ""


def test_a_broken_claim_says_since_when_and_by_what() -> None:
    guard = Guard("recall", "recall >= 0.5", None, 2500.0, 2160.0, 900, "unknown")
    by_rows = judged(SPLIT, broken=True, guard=guard)
    assert by_rows.reason == "broken since 10 Jun: evidence against it reached 2,160"
    assert judged(SPLIT, broken=True).reason == "broken since 10 Jun: a window excludes it"


def test_what_was_broken_and_is_proved_again_says_so() -> None:
    assert judged(GOOD, broken=True).reason == "holds again; it was broken on 10 Jun"


def test_a_waiver_sets_a_broken_claim_aside_until_its_day() -> None:
    assert judged(BAD, broken=True, waiver=WAIVER).verdict == "waived"
    later = datetime(2026, 7, 2, tzinfo=UTC)
    assert judged(BAD, broken=True, waiver=WAIVER, now=later).verdict == "fail"


def test_a_claim_whose_evidence_may_age_is_judged_like_any_other() -> None:
    assert judged(GOOD, broken=False, fresh="7d").verdict == "pass"


def test_what_could_not_be_measured_says_why() -> None:
    result = held(
        claim(),
        GLOSSARY["recall"],
        not_measured("region is not on the log"),
        stage="canary",
        now=NOW,
        broken_at=None,
        guard=None,
    )
    assert (result.verdict, result.reason) == ("unknown", "region is not on the log")


@pytest.mark.parametrize(
    ("text", "found", "verdict"),
    [
        ("recall >= 0.5", GOOD, "pass"),
        ("recall >= 0.5", SPLIT, "unknown"),
        ("recall >= 0.5", BAD, "fail"),
        ("recall <= 0.5", GOOD, "fail"),
        ("recall <= 0.5", BAD, "pass"),
        ("recall = 0.6 +- 0.1", GOOD, "pass"),
        ("recall = 0.6 +- 0.1", BAD, "fail"),
        ("recall >= 0.5", None, "unknown"),
    ],
)
def test_a_window_is_judged_by_its_whole_interval(text, found, verdict) -> None:
    estimate = Estimate(*found, 40, "wilson-95") if found else None
    assert point(claim(text), GLOSSARY["recall"], estimate).verdict == verdict


def test_all_windows_together_err_no_more_often_than_one_test() -> None:
    risks = [1 - window_level(place) for place in range(1, 100_000)]
    assert sum(risks) == pytest.approx(ALL_WINDOWS, abs=1e-6)
    assert risks == sorted(risks, reverse=True)
