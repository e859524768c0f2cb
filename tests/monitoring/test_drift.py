"""Drift of every column: what was planted is named, what is healthy stays quiet."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

from seatrial.core.errors import DataError
from seatrial.monitoring.drift import Limits, drift, moved
from seatrial.monitoring.reference import Reference, merge
from seatrial.records.look import Moved


def verdicts(report):
    return {
        (each.feature, each.shift): each.verdict for each in moved(report) if each.verdict != "pass"
    }


def one(was, now, **options):
    report = drift({"x": was}, {"x": now}, **options)
    return report.columns[0]


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_numbers_are_compared_as_by_scipy(random):
    was, now = random.normal(size=30_000), random.normal(0.4, 1.2, 10_000)
    found = one(was, now).comparison
    assert found.ks == pytest.approx(stats.ks_2samp(was, now).statistic, abs=1 / 4_000)
    distance = stats.wasserstein_distance(was, now) / was.std(ddof=1)
    assert found.wasserstein == pytest.approx(distance, rel=0.01)


def test_few_distinct_numbers_are_compared_exactly(random):
    was, now = random.integers(0, 9, 5_000), random.integers(2, 12, 4_000)
    found = one(was, now).comparison
    oracle = stats.ks_2samp(was, now, method="asymp")
    assert found.ks == pytest.approx(oracle.statistic)
    distance = stats.wasserstein_distance(was, now) / was.std(ddof=1)
    assert found.wasserstein == pytest.approx(distance)
    assert found.above == pytest.approx((now > 8).mean())


def test_levels_are_compared_by_their_contingency_table():
    was, now = ([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8])
    names = list("abcdef")
    found = one(np.repeat(names, was).tolist(), np.repeat(names, now).tolist()).comparison
    assert found.distance_p == pytest.approx(0.8985, abs=5e-5)


def test_every_planted_shift_is_named_and_nothing_else(random):
    def side(rows, *, is_faulty):
        temp = random.normal(55, 15, rows)
        store = random.choice([f"s{each}" for each in range(30)], rows).astype(object)
        gap = random.normal(size=rows)
        gap[random.random(rows) < (0.05 if is_faulty else 0.01)] = np.nan
        if is_faulty:
            store[random.random(rows) < 0.004] = "NEW"
        return {
            **{f"same{each}": random.normal(size=rows) for each in range(10)},
            "temp": (temp - 32) / 1.8 if is_faulty else temp,
            "gap": gap,
            "store": store.tolist(),
            "wide": random.normal(size=rows) + 9 * (random.random(rows) < 0.08 * is_faulty),
            "share": random.choice(["a", "b"], rows, p=[0.8, 0.2] if is_faulty else [0.5, 0.5]),
        }

    report = drift(side(20_000, is_faulty=False), side(20_000, is_faulty=True))
    assert verdicts(report) == {
        ("temp", "unit"): "fail",
        ("gap", "missing"): "fail",
        ("store", "new level"): "fail",
        ("wide", "distance"): "fail",
        ("share", "distance"): "fail",
    }
    readings = {each.feature: each.reading for each in moved(report)}
    assert readings["temp"].endswith("as from Fahrenheit to Celsius")
    assert readings["store"].endswith("% of rows hold 'NEW', unknown in training")
    assert "% of rows lie above the range of training" in readings["wide"]
    assert readings["share"].startswith(("a rose from 5", "b fell from 5"))
    assert readings["same3"] == "as in training"


def test_what_moved_comes_first_and_each_column_is_told(random):
    was = {name: random.normal(size=3_000) for name in "abc"}
    report = drift(was, {**was, "b": was["b"] + 2.0})
    found = moved(report)
    assert [each.feature for each in found] == ["b", "a", "c"]
    assert all(isinstance(each, Moved) for each in found)
    assert str(report).splitlines()[0].startswith("1 of 3 columns moved")


def test_few_rows_prove_nothing(random):
    found = one(random.normal(size=5_000), random.normal(0.8, 1.0, 5))
    assert found.comparison.psi > 0.2
    assert found.verdict == "unknown"


def test_many_rows_make_nothing_large(random):
    found = one(random.normal(size=200_000), random.normal(0.05, 1.0, 200_000))
    assert found.comparison.distance_p < 1e-6
    assert found.verdict == "pass"


def test_a_design_effect_takes_rows_away(random):
    was, now = random.normal(size=2_000), random.normal(0.6, 1.0, 300)
    assert one(was, now).verdict == "fail"
    assert one(was, now, design_effect=100.0).verdict == "unknown"
    assert one(was, now, design_effect={"x": 100.0}).verdict == "unknown"
    assert one(was, now, design_effect={"other": 100.0}).verdict == "fail"


def test_a_limit_can_be_moved(random):
    was, now = random.normal(size=5_000), random.normal(0.25, 1.0, 5_000)
    assert one(was, now).verdict == "pass"
    assert one(was, now, limits=Limits(distance=0.05)).verdict == "fail"


def test_a_column_that_is_gone_fails_by_its_missing_values():
    report = drift({"x": [1.0, 2.0] * 50, "y": [1.0, 2.0] * 50}, {"x": [1.0, 2.0] * 50})
    assert verdicts(report) == {("y", "missing"): "fail"}


def test_numbers_that_became_text_are_missing():
    report = drift({"x": [1.5, 2.5] * 50}, {"x": ["1,5", "2,5"] * 50})
    assert verdicts(report) == {("x", "missing"): "fail"}


def test_moments_are_compared_by_their_missing_values_alone():
    was = pl.Series(range(1_000)).cast(pl.Datetime("us"))
    report = drift({"at": was}, {"at": was.dt.offset_by("900d")})
    assert [each.shift for each in report.columns[0].shifts] == ["missing"]
    assert not report.has_moved


def test_ids_are_new_in_every_row_and_that_is_no_shift():
    was, now = ([f"id-{each}" for each in range(start, start + 3_000)] for start in (0, 3_000))
    assert drift({"id": was}, {"id": now}).columns[0].verdict == "pass"


def test_a_column_without_any_value_is_compared_by_missing_values():
    nothing = pl.Series([None] * 50, dtype=pl.Float64)
    assert one(nothing, nothing).verdict == "pass"
    assert one(nothing, [1.0] * 50).verdict == "fail"


def test_nothing_to_compare_is_refused():
    with pytest.raises(DataError, match="no row"):
        drift({"x": [1.0, 2.0]}, {"x": []})


def test_a_stored_reference_and_merged_parts_say_the_same_as_both_tables(random):
    was, now = ({"x": random.normal(shift, 1, 4_000)} for shift in (0.0, 1.0))
    stored = Reference.from_bytes(Reference.build(was).to_bytes())
    parts = merge(stored.count({"x": now["x"][:1_000]}), stored.count({"x": now["x"][1_000:]}))
    found, expected = drift(stored, parts).columns[0], drift(was, now).columns[0]
    assert found.shifts == expected.shifts


def test_files_are_compared_a_column_at_a_time(tmp_path, random):
    for name, shift in (("was", 0.0), ("now", 2.0)):
        frame = pl.DataFrame({"x": random.normal(shift, 1, 500), "y": random.normal(size=500)})
        frame.write_parquet(tmp_path / f"{name}.parquet")
    report = drift(tmp_path / "was.parquet", str(tmp_path / "now.parquet"))
    assert verdicts(report) == {("x", "distance"): "fail"}


def test_a_report_is_json(random):
    report = drift({"x": random.normal(size=100)}, {"x": random.normal(size=100)})
    assert json.loads(json.dumps(report.to_json()))["columns"][0]["name"] == "x"


@pytest.mark.truth
@pytest.mark.parametrize("rows", [(2_000, 500), (10_000, 10_000), (5_000, 50)])
def test_healthy_columns_of_every_kind_raise_hardly_any_alarm(rows):
    def as_text(values):
        return pl.Series(values).cast(pl.String)

    def side(random, n):
        return pl.DataFrame(
            {
                **{f"n{each}": random.lognormal(sigma=each / 5, size=n) for each in range(12)},
                **{f"c{each}": as_text(random.integers(0, 5 * each + 2, n)) for each in range(6)},
                "zipf": as_text(random.zipf(1.7, n)),
                "rare": as_text(random.random(n) < 0.01),
            }
        )

    alarms = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        alarms += drift(side(random, rows[0]), side(random, rows[1])).has_moved
    assert alarms / 40 <= 0.05
