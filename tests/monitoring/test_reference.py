"""A profile that is kept, and over which parts are counted and added."""

import numpy as np
import polars as pl
import pytest

from seatrial.core.errors import DataError
from seatrial.monitoring.counts import EDGES, LEVELS, Numbers
from seatrial.monitoring.reference import Reference, merge


def frame(random, rows):
    values = random.normal(size=rows)
    values[random.random(rows) < 0.1] = np.nan
    return pl.DataFrame(
        {
            "x": values,
            "few": random.integers(0, 5, rows),
            "kind": random.choice(["a", "b", "c"], rows),
            "flag": random.random(rows) < 0.3,
            "at": pl.Series(random.integers(0, 10**15, rows)).cast(pl.Datetime("us")),
        },
        nan_to_null=True,
    )


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_it_is_stored_and_read_back_the_same(random):
    reference = Reference.build(frame(random, 10_000))
    raw = reference.to_bytes()
    again = Reference.from_bytes(raw)
    assert again.to_bytes() == raw
    assert again.count(frame(random, 50)).keys() == reference.columns.keys()


def test_equal_tables_have_equal_references():
    one, two = (Reference.build(frame(np.random.default_rng(5), 500)) for _ in range(2))
    assert one.to_bytes() == two.to_bytes()


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'{"format":"other"}'])
def test_what_is_no_reference_is_refused(raw):
    with pytest.raises(DataError, match="reference"):
        Reference.from_bytes(raw)


def test_a_table_without_rows_is_refused():
    with pytest.raises(DataError, match="no row"):
        Reference.build({"x": []})


def test_a_column_is_kept_in_at_most_4000_edges_and_few_values_exactly(random):
    reference = Reference.build(frame(random, 20_000))
    assert len(reference.columns["x"].edges) == EDGES
    assert reference.columns["few"].edges.tolist() == [0, 1, 2, 3, 4]
    assert reference.columns["few"].counts.known == 20_000


def test_counts_of_parts_add_up_to_those_of_the_whole(random):
    reference, now = Reference.build(frame(random, 5_000)), frame(random, 3_000)
    parts = [reference.count(now[start : start + 300]) for start in range(0, 3_000, 300)]
    added = parts[0]
    for part in parts[1:]:
        added = merge(added, part)
    whole = reference.count(now)
    for name in ("kind", "flag", "at"):
        assert added[name] == whole[name]
    for name in ("x", "few"):
        one, other = added[name], whole[name]
        assert isinstance(one, Numbers)
        assert isinstance(other, Numbers)
        assert one.counts.tolist() == other.counts.tolist()
        assert (one.missing, one.under) == (other.missing, other.under)
        assert (one.mean, one.deviation) == pytest.approx((other.mean, other.deviation))
        assert one.over_by == pytest.approx(other.over_by)


def test_points_of_many_parts_are_as_good_as_those_of_the_whole(random):
    reference = Reference.build({"x": random.normal(size=5_000)})
    values = random.normal(size=20_000)
    added = reference.count({"x": values[:200]})
    for start in range(200, 20_000, 200):
        added = merge(added, reference.count({"x": values[start : start + 200]}))
    points = added["x"].points
    whole = np.quantile(values, (np.arange(len(points)) + 0.5) / len(points))
    assert np.abs(points - whole)[20:-20].max() < 0.05


def test_parts_of_different_references_are_not_added(random):
    one = Reference.build({"x": [1.0, 2.0]}).count({"x": [1.0]})
    other = Reference.build({"x": [1.0, 2.0, 3.0]}).count({"x": [1.0]})
    with pytest.raises(ValueError, match="one reference"):
        merge(one, other)


def test_a_column_that_is_gone_is_missing_in_every_row(random):
    reference = Reference.build(frame(random, 100))
    found = reference.count({"x": [1.0, 2.0]})
    assert {name: each.missing for name, each in found.items()} == {
        "x": 0,
        "few": 2,
        "kind": 2,
        "flag": 2,
        "at": 2,
    }


def test_levels_are_bounded(random):
    ids = [f"id-{each}" for each in range(LEVELS + 500)]
    levels = Reference.build({"id": [*ids, "common"]}).columns["id"]
    assert len(levels.counts.counts) == LEVELS
    assert levels.counts.other == 501
    assert levels.singletons == LEVELS + 501
