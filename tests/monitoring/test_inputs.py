"""Inputs under watch: faults are named soon, healthy months stay quiet."""

import json

import numpy as np
import polars as pl
import pytest

from seatrial.monitoring.inputs import InputWatch
from seatrial.monitoring.reference import Reference
from seatrial.stats import LOOKS_IN_90_DAYS

STORES = np.array([f"s{each}" for each in range(40)])
NUMBERS, LEVELS = 10, 10


def rows(random, n, fault=""):
    """Twenty features; 1 % of each number is missing."""
    columns = {}
    for each in range(NUMBERS):
        values = random.lognormal(2.0, 0.3, n) if each % 2 else random.normal(55.0, 15.0, n)
        if each == 0 and fault == "Celsius":
            values = (values - 32.0) / 1.8
        if each == 1 and fault == "cents":
            values = values * 100.0
        share = 0.05 if each == 2 and fault == "missing" else 0.01
        values[random.random(n) < share] = np.nan
        columns[f"n{each}"] = values
    for each in range(LEVELS):
        stores = STORES[random.integers(0, len(STORES), n)].astype(object)
        if each == 3 and fault == "new level":
            stores[random.random(n) < 0.002] = "NEW"
        columns[f"c{each}"] = pl.Series(stores.tolist())
    return pl.DataFrame(columns)


@pytest.fixture(scope="module")
def reference():
    return Reference.build(rows(np.random.default_rng(0), 60_000))


def decisions_until(watch, reference, random, fault, shift, *, most, look):
    """Decisions until the fault is named by its feature and kind; infinite if it isn't by ``most``."""
    for seen in range(look, most + look, look):
        watch = watch.look(rows(random, look, fault), reference)
        if any(each.shift == shift for each in watch.crossed):
            return seen, watch
    return np.inf, watch


@pytest.mark.truth
@pytest.mark.parametrize(
    ("fault", "feature", "shift", "within", "says"),
    [
        ("new level", "c3", "new level", 7_000, "'NEW', unknown in training"),
        ("missing", "n2", "missing", 2_000, "of the newest values are missing"),
        ("cents", "n1", "unit", 1_000, "dollars to cents"),
        ("Celsius", "n0", "unit", 1_000, "Fahrenheit to Celsius"),
    ],
)
def test_a_fault_is_named_within_so_many_decisions(reference, fault, feature, shift, within, says):
    found = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        watch = InputWatch.of(reference).look(rows(random, 5_000), reference)
        decisions, watch = decisions_until(
            watch, reference, random, fault, shift, most=within, look=250
        )
        found.append(decisions)
        if np.isfinite(decisions):
            assert {each.feature for each in watch.crossed} == {feature}
            assert says in watch.crossed[0].reading
    assert np.mean(np.isfinite(found)) >= 0.9


@pytest.mark.truth
def test_90_days_of_hourly_looks_at_20_healthy_features_raise_less_than_one_alarm(reference):
    """Rates as the rows would give them, drawn directly: 75 times 2,160 looks at 25 rows."""
    random = np.random.default_rng(1)
    crossed = 0
    for watched in InputWatch.of(reference).watched:
        if watched.shift != "missing" and watched.feature not in {"n0", "n1", "c0"}:
            continue  # all columns of a kind have the same rates
        share = {"missing": 0.01 if watched.feature[0] == "n" else 0.0, "distance": 0.01}
        hits = random.binomial(25, share.get(watched.shift, 0.0), (3, LOOKS_IN_90_DAYS))
        for stream in hits.tolist():
            detector = watched.detector
            for each in stream:
                detector = detector.count(each, 25)
                crossed += detector.has_crossed
    assert crossed == 0


@pytest.mark.truth
def test_inputs_at_their_very_bounds_raise_at_most_one_alarm_over_all_of_them(reference):
    random = np.random.default_rng(2)
    watched = InputWatch.of(reference).watched
    crossed = 0
    for each in watched[:24]:
        detector = each.detector
        for hits in random.binomial(25, detector.bound, LOOKS_IN_90_DAYS).tolist():
            detector = detector.count(hits, 25)
            crossed += detector.has_crossed
    assert crossed <= 1


def test_whole_looks_at_healthy_rows_name_nothing(reference):
    random = np.random.default_rng(3)
    watch = InputWatch.of(reference)
    for _ in range(100):
        watch = watch.look(rows(random, 100), reference)
        assert watch.crossed == ()
    assert watch.watched[0].detector.looks == 100


def test_its_state_survives_json(reference):
    random = np.random.default_rng(4)
    watch = InputWatch.of(reference).look(rows(random, 200, "cents"), reference)
    watch = watch.look(rows(random, 200, "cents"), reference)
    assert watch.suspects
    again = InputWatch.from_json(json.loads(json.dumps(watch.to_json())))
    assert again == watch
    assert again.crossed == watch.crossed


def test_a_fault_that_is_healed_falls_silent(reference):
    random = np.random.default_rng(5)
    watch = InputWatch.of(reference).look(rows(random, 1_500, "missing"), reference)
    assert [each.feature for each in watch.crossed] == ["n2"]
    for _ in range(20):
        watch = watch.look(rows(random, 1_000), reference)
    assert watch.crossed == ()


def test_a_feature_that_is_gone_is_named(reference):
    found = InputWatch.of(reference).look(rows(np.random.default_rng(6), 300).drop("c4"), reference)
    assert [(each.feature, each.shift) for each in found.crossed] == [("c4", "missing")]


def test_the_limit_counts_all_rates_together(reference):
    watch = InputWatch.of(reference, looks=100)
    assert {each.detector.limit for each in watch.watched} == {100.0 * len(watch.watched)}


def test_ids_are_not_watched_for_new_levels():
    reference = Reference.build({"id": [f"id-{each}" for each in range(2_000)]})
    assert [each.shift for each in InputWatch.of(reference).watched] == ["missing"]
