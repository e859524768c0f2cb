"""Claims watched on what was served: a healthy system stays quiet, and a planted fault is found."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from seatrial.core.estimate import Estimate
from seatrial.judging.holding import point, window_level
from seatrial.monitoring.windows import cut
from seatrial.plan.claims import parse_claim
from seatrial.probes.production import estimate, paired, watched
from seatrial.probes.served import Served, Terms
from seatrial.records.claim import Claim
from seatrial.records.contract import Contract, Feature
from seatrial.records.metrics import GLOSSARY

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, A_DAY = 90, 120
CONTRACT = Contract("binary", (Feature("x", "number"),), classes=("no", "yes"))
COSTS = {"false_negative": 3.0, "false_positive": 1.0}
AT_THE_BOUND = [
    ("recall >= 0.75", "recall", 0.75),
    ("precision >= 0.6", "precision", 0.6),
    ("accuracy >= 0.8", "accuracy", 0.8),
    ("coverage >= 0.6", "coverage", 0.6),
    ("recall vs rule >= 0.1", "difference", 0.1),
    ("latency_ms(p99) <= 3 ms", "latency", 0.01),
]
"""A claim, what is simulated for it, and the true value at which it lies exactly on its bound."""


def claim(text: str) -> Claim:
    measure, bound, stage = parse_claim(text)
    return Claim("claim", measure, bound, stage)


def terms(unit: str | None, **facts) -> Terms:
    given = {"contract": CONTRACT, "costs": COSTS, "cost_unit": "USD", "confidence": 0.7}
    return Terms(**{**given, "reference": "rule", "every": timedelta(hours=1), **facts}, unit=unit)


def by_day(random: np.random.Generator, mean: float, spread: float, days: int) -> np.ndarray:
    """What holds on each day; its mean over days is as stated."""
    if not spread:
        return np.full(days, mean)
    both = mean * (1 - mean) / spread**2 - 1
    return random.beta(mean * both, (1 - mean) * both, days)


def system(
    seed: int,
    what: str,
    value: float,
    *,
    spread: float = 0.0,
    days: int = DAYS,
    a_day: int = A_DAY,
    falls: float = 0.0,
    falls_on: int = DAYS,
    inverts_on: int = 10_000,
) -> pl.DataFrame:
    """Decisions of a system in which one figure has a stated true value, with effects of the day."""
    random = np.random.default_rng(seed)
    sizes = random.poisson(a_day, days)
    n, day = int(sizes.sum()), np.repeat(np.arange(days), sizes)
    second = np.sort(day * 86_400 + random.random(n) * 86_400)
    true = by_day(random, value, spread, days) - falls * (np.arange(days) >= falls_on)
    hit = random.random(n) < true[day]
    late = random.random(n) < 0.3
    called = np.where(late, random.random(n) < 0.75, random.random(n) < 0.1)
    rule = np.where(late, random.random(n) < 0.6, random.random(n) < 0.2)
    sure = random.random(n) < 0.6
    slow = random.random(n) < 0.001
    match what:
        case "recall":
            called = np.where(late, hit, called)
        case "precision":
            late = np.where(called, hit, random.random(n) < 0.1)
        case "accuracy":
            called = np.where(hit, late, ~late)
        case "coverage":
            sure = hit
        case "difference":
            called = np.where(late, random.random(n) < 0.6 + true[day], called)
        case "latency":
            slow = hit
    late = np.where(day >= inverts_on, ~late, late)
    probability = np.where(sure, 0.8, 0.6)
    yes = np.where(called, probability, 1 - probability)
    return pl.DataFrame(
        {
            "@at": pl.Series((second * 1e6).astype(np.int64)).cast(pl.Duration("us")) + START,
            "@scores": pl.Series(np.stack([1 - yes, yes], axis=1)).arr.to_list(),
            "@decided": called.astype(float),
            "@reference": rule.astype(float),
            "@outcome": np.where(late, "yes", "no"),
            "@person": pl.Series([None] * n, dtype=pl.String),
            "@latency_us": np.where(slow, 5_000, 1_000),
            "@mature": np.ones(n, dtype=bool),
            "region": np.where(random.random(n) < 0.5, "north", "south"),
        }
    )


def breaks(frame: pl.DataFrame, text: str, unit: str | None, bound: float) -> list[datetime]:
    """Moments at which the claim was broken, the newest first."""
    found = []
    while frame.height:
        seen = watched(Served(frame, terms(unit)), claim(text), bound)
        if seen is None or seen.broken_at is None:
            break
        found.append(seen.broken_at)
        hour = seen.broken_at.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
        start = hour if unit is None else hour.replace(hour=0)
        frame = frame.filter(pl.col("@at") < start)
    return found


def at(text: str) -> float:
    return claim(text).bound.value


def decisions_until_found(frame: pl.DataFrame, text: str, unit: str | None, day: int) -> int | None:
    """Decisions from a fault on that day to the first look that found it; None if none did."""
    fault = START + timedelta(days=day)
    found = [each.replace(tzinfo=UTC) for each in breaks(frame, text, unit, at(text))]
    late = [each for each in found if each >= fault]
    return frame.filter(pl.col("@at").is_between(fault, min(late))).height if late else None


def alarms_by_window(frame: pl.DataFrame, text: str, unit: str | None) -> int:
    """How often a claim that has no sequence goes from holding to broken, looked at four times a day."""
    served, each, count, was = Served(frame, terms(unit)), claim(text), 0, False
    judged: dict[tuple, bool] = {}
    moments = frame["@at"].to_list()
    for quarter in range(1, 4 * DAYS + 1):
        now = START + timedelta(hours=6 * quarter)
        newest = moments[bisect_right(moments, now) - 1]
        is_broken = False
        spans = [span for span in cut(moments[0], newest) if span.end <= now]
        for place, span in enumerate(spans, start=1):
            if (span, place) not in judged:
                inside = frame["@at"].is_between(span.start, span.end, closed="left").to_numpy()
                found = estimate(served, each.measure, inside, level=window_level(place))
                verdict = point(each, GLOSSARY[each.measure.metric], found).verdict
                judged[span, place] = verdict == "fail"
            is_broken |= judged[span, place]
        count += is_broken and not was
        was = is_broken
    return count


# -- error rates -------------------------------------------------------------------------------


@pytest.mark.truth
@pytest.mark.parametrize(("text", "what", "value"), AT_THE_BOUND)
@pytest.mark.parametrize(
    ("unit", "spread", "seeds"), [(None, 0.0, 10), ("day", 0.0, 10), ("day", 0.05, 10)]
)
def test_a_claim_that_lies_on_its_bound_is_broken_at_most_once_in_90_days_on_average(
    text, what, value, unit, spread, seeds
) -> None:
    spread = spread * value if what == "latency" else spread
    count = sum(
        len(breaks(system(seed, what, value, spread=spread), text, unit, at(text)))
        for seed in range(seeds)
    )
    assert count <= seeds


@pytest.mark.truth
@pytest.mark.parametrize("unit", [None, "day"])
@pytest.mark.parametrize(("text", "what", "value"), AT_THE_BOUND)
def test_a_claim_that_holds_with_room_is_never_broken(text, what, value, unit) -> None:
    good = 0.6 * value if what == "latency" else value + 0.05
    assert [breaks(system(seed, what, good), text, unit, at(text)) for seed in (50, 51)] == [[], []]


@pytest.mark.truth
@pytest.mark.parametrize("unit", [None, "day"])
@pytest.mark.parametrize(
    "text", ["f1 >= 0.756", "gap recall by region <= 0.05", "ratio recall by region >= 0.9"]
)
def test_a_claim_without_a_sequence_is_broken_at_most_once_in_90_days_on_average(
    text, unit
) -> None:
    """The f1 lies on its bound; the groups are alike."""
    assert sum(alarms_by_window(system(seed, "", 0.5), text, unit) for seed in range(4)) <= 4


# -- planted faults ----------------------------------------------------------------------------


@pytest.mark.truth
@pytest.mark.parametrize(("unit", "spread"), [(None, 0.0), ("day", 0.0), ("day", 0.03)])
def test_a_recall_that_falls_from_80_to_70_percent_is_found_within_6000_decisions(
    unit, spread
) -> None:
    """Three in ten are positive, and the bound lies half-way; measured: 550 to 3,650 decisions."""
    for seed in range(5):
        frame = system(seed, "recall", 0.80, spread=spread, falls=0.10, falls_on=30)
        found = decisions_until_found(frame, "recall >= 0.75", unit, 30)
        assert found is not None
        assert found <= 6_000


@pytest.mark.truth
@pytest.mark.parametrize(("unit", "days", "most"), [(None, 31, 100), ("day", 40, 1_000)])
def test_outcomes_that_invert_are_found_within_some_decisions(unit, days, most) -> None:
    """Measured: 16 to 33 decisions one by one; 5 days of 120, day by day."""
    for seed in range(5):
        frame = system(seed, "accuracy", 0.8, inverts_on=30, days=days)
        found = decisions_until_found(frame, "accuracy >= 0.7", unit, 30)
        assert found is not None
        assert found <= most


@pytest.mark.truth
def test_a_gap_that_opens_is_found_by_its_windows() -> None:
    healthy = system(1, "recall", 0.8)
    is_south = healthy["region"] == "south"
    missed = (
        is_south
        & (healthy["@at"] >= START + timedelta(days=30))
        & (pl.Series(np.random.default_rng(0).random(healthy.height)) < 0.6)
    )
    faulty = healthy.with_columns(
        pl.when(missed).then(0.0).otherwise(pl.col("@decided")).alias("@decided")
    )
    assert alarms_by_window(healthy, "gap recall by region <= 0.2", None) == 0
    assert alarms_by_window(faulty, "gap recall by region <= 0.2", None) >= 1


# -- what is measured, and on what -------------------------------------------------------------


def served(unit: str | None = None, **facts) -> Served:
    return Served(system(9, "recall", 0.75, days=10), terms(unit, **facts))


def every_row(found: Served) -> np.ndarray:
    return np.ones(found.frame.height, dtype=bool)


def measured(found: Served, text: str) -> Estimate:
    return estimate(found, claim(text).measure, every_row(found))


def test_a_recall_is_the_share_of_positives_that_were_found() -> None:
    found = served()
    frame = found.frame
    late = frame.filter(frame["@outcome"] == "yes")
    value = measured(found, "recall >= 0.5")
    assert value.n == late.height
    assert value.value == pytest.approx(late["@decided"].mean())


def test_a_slice_is_measured_on_its_rows_alone() -> None:
    found = served()
    north = found.frame.filter((pl.col("region") == "north") & (pl.col("@outcome") == "yes"))
    value = measured(found, "recall >= 0.5 where region = 'north'")
    assert (value.n, value.value) == (north.height, pytest.approx(north["@decided"].mean()))


@pytest.mark.parametrize("change", ["@mature", "@outcome", "@decided"])
def test_rows_that_are_not_mature_known_or_answered_are_not_measured(change) -> None:
    found = served()
    half = pl.int_range(found.frame.height) % 2 == 0
    nothing = pl.lit(value=False) if change == "@mature" else pl.lit(None)
    frame = found.frame.with_columns(
        pl.when(half).then(nothing).otherwise(pl.col(change)).alias(change)
    )
    kept = found.frame.gather_every(2, 1)
    value = measured(Served(frame, found.terms), "accuracy >= 0.5")
    assert value.n == kept.height
    seen = watched(Served(frame, found.terms), claim("accuracy >= 0.5"), 0.5)
    assert seen.n == kept.height


def test_a_paired_difference_is_the_candidate_less_the_reference() -> None:
    found = served()
    late = found.frame.filter(pl.col("@outcome") == "yes")
    value = paired(found, claim("recall >= 0").measure)
    expected = late["@decided"].mean() - late["@reference"].mean()
    assert (value.n, value.value) == (late.height, pytest.approx(expected))
    assert measured(found, "recall vs rule >= 0").value == value.value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("recall >= 0.5 where height > 3", "height is not on the log"),
        ("gap recall by height <= 0.5", "height is not on the log"),
        ("recall vs champion >= 0", "champion is not the reference of this release"),
        ("recall >= 0.5 where region = 'west'", "no mature outcome"),
    ],
)
def test_what_the_log_does_not_hold_is_not_measured_and_says_why(text, reason) -> None:
    value = measured(served(), text)
    assert (value.measured, value.method) == (False, reason)


def test_people_who_did_not_decide_every_case_are_no_reference() -> None:
    value = measured(served(reference="people"), "recall vs people >= 0")
    assert (value.measured, value.method) == (False, "people did not answer every request")


def test_people_who_decided_every_case_are_a_reference() -> None:
    found = served(reference="people")
    said = np.where(found.frame["@reference"].to_numpy() == 1, "yes", "no")
    frame = found.frame.with_columns(pl.Series("@person", said))
    value = measured(Served(frame, found.terms), "recall vs people >= 0")
    assert value.value == measured(served(), "recall vs rule >= 0").value


def test_a_latency_is_measured_whether_or_not_its_outcome_is_known() -> None:
    found = served()
    frame = found.frame.with_columns(pl.lit(None, pl.String).alias("@outcome"))
    value = measured(Served(frame, found.terms), "latency_ms(p99) <= 50 ms")
    assert (value.n, value.unit, value.value) == (frame.height, "ms", 1.0)
    seen = watched(Served(frame, found.terms), claim("latency_ms(p99) <= 0.5 ms"), 0.5)
    assert seen.broken_at is not None


def test_a_cost_is_in_the_unit_of_the_plan() -> None:
    value = measured(served(), "expected_cost <= 500")
    assert value.unit == "USD"
    assert watched(served(), claim("expected_cost <= 900"), 900.0).broken_at is None
    assert watched(served(), claim("expected_cost <= 5"), 5.0).broken_at is not None


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("f1 >= 0.5", 0.5),
        ("gap recall by region <= 0.1", 0.1),
        ("accuracy = 0.8 +- 0.1", 0.8),
        ("accuracy >= 0", 0.0),
        ("recall >= 0.5 where height > 3", 0.5),
        ("recall >= 0.5 where region = 'west'", 0.5),
    ],
)
def test_where_there_is_no_sequence_none_is_run(text, bound) -> None:
    assert watched(served(), claim(text), bound) is None


def test_a_column_as_unit_is_one_cluster_however_its_rows_are_spread() -> None:
    found = served("region")
    assert sorted(np.unique(found.units)) == [1, 2]
    assert watched(found, claim("recall >= 0.5"), 0.5).n == measured(found, "recall >= 0.5").n


def test_rows_of_one_day_are_one_cluster() -> None:
    assert len(np.unique(served("day").units)) == 10


def test_one_row_is_measured_and_watched() -> None:
    found = Served(served().frame.head(1), terms(None))
    assert measured(found, "accuracy >= 0.5").n == 1
    assert watched(found, claim("accuracy >= 0.5"), 0.5).broken_at is None


def test_a_regression_is_measured_on_what_it_predicted() -> None:
    contract = Contract("regression", (Feature("x", "number"),), target="minutes", unit="min")
    frame = served().frame.with_columns(
        pl.Series("@decided", np.arange(served().frame.height, dtype=float)),
        pl.Series("@outcome", [f"{row + 2.0}" for row in range(served().frame.height)]),
    )
    found = Served(frame, terms(None, contract=contract, costs=None))
    assert measured(found, "mae <= 5").value == pytest.approx(2.0)
    assert measured(found, "within(3) >= 0.9").value == 1.0
    assert watched(found, claim("within(1) >= 0.9"), 0.9).broken_at is not None
    assert watched(found, claim("mae <= 5"), 5.0) is None


def test_of_three_classes_an_outcome_of_a_fourth_is_not_known() -> None:
    contract = Contract("multiclass", (Feature("x", "number"),), classes=("a", "b", "c"))
    n = served().frame.height
    frame = served().frame.with_columns(
        pl.Series("@decided", np.arange(n) % 3.0),
        pl.Series("@outcome", np.array(list("abcd"))[np.arange(n) % 4]),
        pl.Series("@scores", [[0.2, 0.3, 0.5]] * n),
    )
    found = Served(frame, terms(None, contract=contract, costs=None))
    assert measured(found, "accuracy >= 0.5").n == n - n // 4
    assert watched(found, claim("accuracy >= 0.5"), 0.5).broken_at is not None


def test_a_day_counts_once_all_of_it_is_mature() -> None:
    whole = served("day")
    last = whole.frame["@at"].max()
    noon = last.replace(hour=12, minute=0, second=0, microsecond=0)
    at_noon = served("day", now=noon)
    each = claim("recall >= 0.5")
    seen, all_days = (watched(found, each, 0.5) for found in (at_noon, whole))
    days = whole.frame.with_columns(day=pl.col("@at").dt.date()).filter(pl.col("@outcome") == "yes")
    assert all_days.n == days.height
    assert seen.n == days.filter(pl.col("day") < noon.date()).height
    waiting = served("day", now=noon, waits=timedelta(days=1))
    assert (
        watched(waiting, each, 0.5).n
        == days.filter(pl.col("day") < noon.date() - timedelta(days=1)).height
    )
