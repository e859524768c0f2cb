"""Detectors: at most one false alarm in 90 days of looks, and faults that are found soon."""

import json
import math

import numpy as np
import pytest

from seatrial.stats import LOOKS_IN_90_DAYS, Detector, critical

DAYS = 90


def day_rates(random, mean, alike, days):
    """Rates of days whose rows have an intraclass correlation of ``alike``."""
    if alike == 0.0:
        return np.full(days, mean)
    worth = 1.0 / alike - 1.0
    return random.beta(mean * worth, (1.0 - mean) * worth, days)


def first_crossing(start, hits, sizes):
    """Looks until the detector crosses; None if it doesn't."""
    detector = start
    for look, (hit, size) in enumerate(zip(hits.tolist(), sizes.tolist(), strict=True), 1):
        detector = (
            detector.update([hit], [size]) if start.is_clustered else detector.count(hit, size)
        )
        if detector.has_crossed:
            return look
    return None


def alarms(start, hits, sizes):
    """Times that it crosses, started again after each."""
    found, at = 0, 0
    while (after := first_crossing(start, hits[at:], sizes[at:])) is not None:
        found, at = found + 1, at + after
    return found


def test_rows_one_by_one_are_worth_what_their_counts_are():
    counted = Detector.of_rows("<=", 0.2, limit=100).count(3, 10)
    listed = Detector.of_rows("<=", 0.2, limit=100).update([1, 1, 1] + [0] * 7)
    assert listed.evidence == pytest.approx(counted.evidence, abs=1e-12)
    assert (listed.n, listed.total, listed.looks) == (10, 3.0, 1)


def test_a_claim_from_below_is_the_mirror_of_one_from_above():
    above = Detector.of_rows("<=", 0.2, limit=100).count(3, 10)
    below = Detector.of_rows(">=", 0.8, limit=100).count(7, 10)
    assert below.evidence == pytest.approx(above.evidence)


def test_from_the_start_the_evidence_is_the_mean_worth_of_the_bets():
    detector = Detector.of_rows("<=", 0.5, limit=20, restarts=False).count(1, 1)
    gains = [math.exp(each) for each in detector.evidence]
    assert detector.against == pytest.approx(np.mean(gains))
    assert gains[-1] == pytest.approx(1.95)


def test_no_bet_gains_on_average_at_the_bound():
    hit = Detector.of_rows("<=", 0.3, limit=20, restarts=False).count(1, 1).evidence
    miss = Detector.of_rows("<=", 0.3, limit=20, restarts=False).count(0, 1).evidence
    assert 0.3 * np.exp(hit) + 0.7 * np.exp(miss) == pytest.approx(np.ones(len(hit)))


@pytest.mark.parametrize("clustered", [True, False])
def test_its_state_survives_json(clustered):
    make = Detector.of_clusters if clustered else Detector.of_rows
    detector = make(">=", 0.6, limit=90)
    detector = detector.update([4, 5], [10, 12]) if clustered else detector.count(4, 10)
    assert Detector.from_json(json.loads(json.dumps(detector.to_json()))) == detector


def test_a_look_that_saw_nothing_new_does_not_count():
    rows, clusters = (
        Detector.of_rows("<=", 0.1, limit=90),
        Detector.of_clusters("<=", 0.1, limit=90),
    )
    assert rows.count(0, 0) == rows
    assert rows.update([]) == rows
    assert clusters.update([0, 0], [0, 0]) == clusters


@pytest.mark.parametrize("bound", [0.0, 1.0, -0.5])
def test_a_bound_that_a_row_cannot_lie_on_both_sides_of_is_refused(bound):
    with pytest.raises(ValueError, match="inside"):
        Detector.of_rows("<=", bound, limit=90)


def test_values_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="wanted"):
        Detector.of_rows("<=", 0.1, limit=90).update([0.5, 1.5])
    with pytest.raises(ValueError, match="wanted"):
        Detector.of_rows("<=", 0.1, limit=90).update([float("nan")])
    with pytest.raises(ValueError, match="wanted"):
        Detector.of_rows("<=", 0.1, limit=90).count(3, 2)
    with pytest.raises(ValueError, match="outside its range"):
        Detector.of_clusters(">=", 0.1, limit=90).update([11], [10])


def test_one_giant_cluster_does_not_decide():
    detector = Detector.of_clusters(">=", 0.6, limit=90)
    for _ in range(15):
        detector = detector.update([74], [100]).update([62], [100])
    assert not detector.update([0], [1_000_000]).has_crossed


def test_after_a_long_healthy_time_a_fault_is_found_as_soon_as_at_the_start():
    fresh = Detector.of_rows("<=", 0.05, limit=LOOKS_IN_90_DAYS)
    seasoned = fresh
    for _ in range(2_000):
        seasoned = seasoned.count(2, 100)
    sizes = np.full(50, 100)
    hits = np.full(50, 10)
    assert first_crossing(seasoned, hits, sizes) <= first_crossing(fresh, hits, sizes) + 1


@pytest.mark.truth
@pytest.mark.parametrize(("bound", "rows"), [(0.01, 20), (0.3, 5)])
def test_rows_at_their_very_bound_raise_at_most_one_alarm_in_2160_looks(bound, rows):
    random = np.random.default_rng(1)
    hits = random.binomial(rows, bound, (60, LOOKS_IN_90_DAYS))
    start = Detector.of_rows("<=", bound, limit=LOOKS_IN_90_DAYS)
    found = [alarms(start, each, np.full(LOOKS_IN_90_DAYS, rows)) for each in hits]
    assert 0.2 < np.mean(found) <= 1.0


@pytest.mark.truth
@pytest.mark.parametrize(
    ("operator", "bound", "alike", "size"),
    [
        (">=", 0.6, 0.0, 100),
        (">=", 0.6, 0.2, 100),
        ("<=", 0.02, 0.05, 100),
        (">=", 0.25, 0.05, 5),
        (">=", 0.05, 0.3, 30),
    ],
)
def test_days_at_their_very_bound_raise_at_most_one_alarm_in_90(operator, bound, alike, size):
    random = np.random.default_rng(2)
    start = Detector.of_clusters(operator, bound, limit=DAYS)
    found = []
    for _ in range(300):
        sizes = random.poisson(size, DAYS) + 1
        hits = random.binomial(sizes, day_rates(random, bound, alike, DAYS))
        found.append(alarms(start, hits, sizes))
    assert np.mean(found) <= 1.0


@pytest.mark.truth
@pytest.mark.parametrize("sizes_are", ["very different", "twenty times greater from day 45 on"])
def test_sizes_that_differ_or_grow_raise_no_more_alarms(sizes_are):
    random = np.random.default_rng(3)
    start = Detector.of_clusters(">=", 0.6, limit=DAYS)
    found = []
    for _ in range(300):
        if sizes_are == "very different":
            sizes = np.ceil(random.lognormal(np.log(500), 1.0, DAYS)).astype(int)
        else:
            sizes = np.repeat([50, 1_000], DAYS // 2)
        hits = random.binomial(sizes, day_rates(random, 0.6, 0.05, DAYS))
        found.append(alarms(start, hits, sizes))
    assert np.mean(found) <= 1.0


@pytest.mark.truth
def test_healthy_days_with_a_margin_raise_hardly_any_alarm():
    random = np.random.default_rng(4)
    start = Detector.of_clusters(">=", 0.65, limit=DAYS)
    sizes = np.full(DAYS, 100)
    found = [
        alarms(start, random.binomial(sizes, day_rates(random, 0.70, 0.05, DAYS)), sizes)
        for _ in range(200)
    ]
    assert np.mean(found) <= 0.03


@pytest.mark.truth
def test_a_test_at_every_look_cries_wolf_where_the_detector_does_not():
    random = np.random.default_rng(5)
    rows, looks, bound = 20, 2_160, 0.05
    hits = random.binomial(rows, bound, (60, looks))
    n = rows * np.arange(1, looks + 1)
    z = (hits.cumsum(axis=1) / n - bound) / np.sqrt(bound * (1 - bound) / n)
    naive = np.mean((z > critical(0.90)).any(axis=1))  # one-sided at 5 %, at every look
    start = Detector.of_rows("<=", bound, limit=20, restarts=False)
    sizes = np.full(looks, rows)
    ours = np.mean([first_crossing(start, each, sizes) is not None for each in hits])
    assert naive > 0.4
    assert ours <= 0.05


@pytest.mark.truth
@pytest.mark.parametrize(
    ("alike", "to", "within"), [(0.0, 0.60, 25), (0.05, 0.60, 45), (0.0, 0.30, 7), (0.05, 0.30, 9)]
)
def test_recall_that_falls_under_its_bound_is_found_in_days(alike, to, within):
    """From 0.70 to 0.60, and inverted to 0.30; the claim is at least 0.65; 100 positives a day."""
    random = np.random.default_rng(6)
    healthy, delays = 60, []
    sizes = np.full(healthy + 120, 100)
    for _ in range(100):
        rates = np.concatenate(
            [day_rates(random, 0.70, alike, healthy), day_rates(random, to, alike, 120)]
        )
        hits = random.binomial(sizes, rates)
        look = first_crossing(Detector.of_clusters(">=", 0.65, limit=DAYS), hits, sizes)
        delays.append((look or len(sizes)) - healthy)
    assert np.quantile(delays, 0.9) <= within
    assert np.mean(np.array(delays) <= 0) <= 0.05


@pytest.mark.truth
def test_a_rate_from_1_to_5_per_cent_is_found_within_1000_rows():
    random = np.random.default_rng(7)
    looks = np.concatenate([np.full(500, 0.01), np.full(50, 0.05)])
    sizes = np.full(len(looks), 50)
    start = Detector.of_rows("<=", 0.02, limit=LOOKS_IN_90_DAYS)
    found = [
        first_crossing(start, random.binomial(sizes, looks), sizes) or len(looks)
        for _ in range(200)
    ]
    assert np.quantile(found, 0.9) <= 500 + 1_000 / 50
    assert np.mean(np.array(found) <= 500) <= 0.01


@pytest.mark.truth
def test_paired_differences_by_day_cross_when_the_candidate_gets_worse():
    random = np.random.default_rng(8)
    start = Detector.of_clusters(">=", -0.02, limit=DAYS, low=-1.0)
    sizes = np.full(DAYS, 400)

    def differences(mean):
        better = random.binomial(sizes, 0.05 + mean / 2)
        return better - random.binomial(sizes, 0.05 - mean / 2)

    equal = [first_crossing(start, differences(0.0), sizes) for _ in range(100)]
    worse = [first_crossing(start, differences(-0.08), sizes) or DAYS + 1 for _ in range(100)]
    assert sum(each is not None for each in equal) <= 3
    assert np.quantile(worse, 0.9) <= 15
