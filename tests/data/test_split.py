"""Parts are disjoint and complete, near their shares, and don't depend on the order of rows."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.errors import DataError
from seatrial.data import assignment
from seatrial.data.split import divide, read_codes, unit_codes
from seatrial.data.target import label
from seatrial.plan.schema import Task
from seatrial.store import row_hashes

SHARES = (0.6, 0.2, 0.2)
START = datetime(2026, 1, 1)  # noqa: DTZ001 - snapshots hold UTC without a zone
TASK = Task(kind="classification", target="y")


def hashes(keys) -> np.ndarray:
    return row_hashes(pl.DataFrame({"key": list(keys)}, schema={"key": pl.Int64}), secret=b"salt")


def test_a_hundred_rows_with_thirty_positives_give_exactly_18_6_and_6(
    frozen, tables, blobs
) -> None:
    snapshot, data = frozen(pl.DataFrame({"id": range(100), "y": [1] * 30 + [0] * 70}))
    labels = label(snapshot, TASK, tables)
    division = divide(snapshot, data, labels, tables=tables, blobs=blobs)
    classes = {name: dict(part.classes) for name, part in division.split.parts.items()}
    assert classes == {
        "train": {"0": 42, "1": 18},
        "dev": {"0": 14, "1": 6},
        "test": {"0": 14, "1": 6},
    }


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3_000), st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_row_stays_in_its_part_when_rows_change_places(n, classes, random) -> None:
    keys = hashes(range(n))
    strata = np.arange(n) % classes
    order = np.array(random.sample(range(n), n))
    before = assignment.by_hash(keys, strata, SHARES)
    after = assignment.by_hash(keys[order], strata[order], SHARES)
    np.testing.assert_array_equal(after, before[order])


@settings(deadline=None)
@given(st.integers(1, 300))
def test_a_new_row_moves_at_most_two_others_of_a_small_table(n) -> None:
    keys = hashes(range(n + 1))
    strata = np.arange(n + 1) % 3
    before = assignment.by_hash(keys[:n], strata[:n], SHARES)
    after = assignment.by_hash(keys, strata, SHARES)
    assert (before != after[:n]).sum() <= 2


def test_a_new_row_moves_none_of_a_large_table() -> None:
    keys = hashes(range(assignment.FEW + 500))
    strata = np.zeros(len(keys), dtype=np.int64)
    before = assignment.by_hash(keys[:-500], strata[:-500], SHARES)
    after = assignment.by_hash(keys, strata, SHARES)
    np.testing.assert_array_equal(after[:-500], before)


@settings(deadline=None)
@given(st.integers(1, 5_000), st.integers(1, 4))
def test_every_class_is_near_its_shares(n, classes) -> None:
    strata = np.arange(n) % classes
    codes = assignment.by_hash(hashes(range(n)), strata, SHARES)
    is_few = n < assignment.FEW
    for stratum in range(min(classes, n)):
        rows = codes[strata == stratum]
        slack = 1.0 if is_few else 5 * np.sqrt(len(rows) * 0.24)
        counts = np.bincount(rows, minlength=3)
        assert np.abs(counts - np.array(SHARES) * len(rows)).max() <= slack


def test_rows_of_one_hash_stay_together() -> None:
    keys = hashes([1, 1, 2, 2, 2, 3, 4, 4, 5] * 3)
    codes = assignment.by_hash(keys, np.zeros(27, dtype=np.int64), SHARES)
    assert all(len(set(codes[keys == key])) == 1 for key in keys)


def test_a_class_of_one_row_is_in_train_as_often_as_its_share() -> None:
    one = np.zeros(1, dtype=np.int64)
    codes = [
        int(assignment.by_hash(hashes([1]), one, SHARES, salt=str(salt))[0]) for salt in range(500)
    ]
    assert abs(codes.count(0) / 500 - 0.6) < 0.1


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=400))
def test_the_parts_of_a_time_split_follow_each_other_and_never_share_a_moment(moments) -> None:
    _, ranks = np.unique(moments, return_inverse=True)
    codes = assignment.in_order(ranks, SHARES)
    for earlier, later in ((0, 1), (1, 2), (0, 2)):
        if (codes == earlier).any() and (codes == later).any():
            assert ranks[codes == earlier].max() < ranks[codes == later].min()


@settings(deadline=None)
@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=500))
def test_a_group_is_never_divided_and_order_does_not_matter(groups) -> None:
    keys = hashes(groups)
    codes = assignment.by_group(keys, SHARES)
    assert all(len(set(codes[keys == key])) == 1 for key in set(keys.tolist()))
    np.testing.assert_array_equal(assignment.by_group(keys[::-1], SHARES), codes[::-1])


def test_the_parts_are_disjoint_complete_and_read_back(frozen, tables, blobs) -> None:
    y = [n % 2 for n in range(200)]
    snapshot, data = frozen(pl.DataFrame({"id": range(200), "y": y}))
    division = divide(snapshot, data, label(snapshot, TASK, tables), tables=tables, blobs=blobs)
    codes = read_codes(division.split, blobs)
    np.testing.assert_array_equal(codes, division.codes)
    sizes = [part.rows for part in division.split.parts.values()]
    assert (np.bincount(codes).tolist(), sum(sizes)) == (sizes, 200)


def test_rows_without_a_target_are_counted_in_their_part(frozen, tables, blobs) -> None:
    y = [None if n % 4 == 0 else n % 2 for n in range(200)]
    snapshot, data = frozen(pl.DataFrame({"id": range(200), "y": y}))
    division = divide(snapshot, data, label(snapshot, TASK, tables), tables=tables, blobs=blobs)
    assert [part.unlabelled for part in division.split.parts.values()] == [30, 10, 10]


def test_a_day_is_never_cut_when_it_is_the_unit(frozen, tables, blobs) -> None:
    at = [START + timedelta(hours=7 * n) for n in range(200)]
    frame = pl.DataFrame({"id": range(200), "at": at, "y": [n % 2 for n in range(200)]})
    section = {"time": "at", "unit": "day", "split": {"by": "time"}}
    snapshot, data = frozen(frame, **section)
    division = divide(snapshot, data, label(snapshot, TASK, tables), tables=tables, blobs=blobs)
    units = unit_codes(snapshot, data, tables)
    assert all(len(set(division.codes[units == unit])) == 1 for unit in set(units.tolist()))


def test_the_unit_day_is_the_calendar_day_though_a_column_has_that_name(frozen, tables) -> None:
    at = [START, START + timedelta(hours=23), START + timedelta(days=31)]
    snapshot, data = frozen(
        pl.DataFrame({"id": range(3), "at": at, "day": [1, 1, 1]}), time="at", unit="day"
    )
    assert unit_codes(snapshot, data, tables).tolist() == [0, 0, 1]


def test_without_a_time_the_unit_day_is_the_column(frozen, tables) -> None:
    snapshot, data = frozen(pl.DataFrame({"id": range(3), "day": [4, 1, 4]}), unit="day")
    assert unit_codes(snapshot, data, tables).tolist() == [1, 0, 1]


def test_without_a_unit_every_row_is_one_and_a_missing_unit_too(frozen, tables) -> None:
    frame = pl.DataFrame({"id": range(4), "who": ["b", None, "a", None]})
    snapshot, data = frozen(frame)
    assert unit_codes(snapshot, data, tables).tolist() == [0, 1, 2, 3]
    snapshot, data = frozen(frame, unit="who")
    assert unit_codes(snapshot, data, tables).tolist() == [1, 2, 0, 3]


def test_a_part_changes_its_digests_only_where_its_rows_changed(frozen, tables, blobs) -> None:
    frame = pl.DataFrame({"id": range(50), "a": range(50), "y": [n % 2 for n in range(50)]})
    at = [START + timedelta(days=n) for n in range(50)]
    changed = frame.with_columns(a=pl.when(pl.col("id") == 0).then(99).otherwise("a"))
    parts = []
    for each in (frame, changed):
        snapshot, data = frozen(
            each.with_columns(at=pl.Series(at)), time="at", split={"by": "time"}
        )
        labels = label(snapshot, TASK, tables)
        parts.append(divide(snapshot, data, labels, tables=tables, blobs=blobs).split.parts)
    before, after = parts
    assert before["test"] == after["test"]
    assert before["train"].target == after["train"].target
    assert before["train"].columns["id"] == after["train"].columns["id"]
    assert before["train"].columns["a"] != after["train"].columns["a"]


def test_a_part_of_one_class_is_refused_with_a_way_out(frozen, tables, blobs) -> None:
    at = [START + timedelta(days=n) for n in range(50)]
    frame = pl.DataFrame(
        {"id": range(50), "at": at, "y": [n % 2 if n < 30 else 0 for n in range(50)]}
    )
    snapshot, data = frozen(frame, time="at", split={"by": "time"})
    labels = label(snapshot, TASK, tables)
    with pytest.raises(DataError, match=r"the dev part would have one class only: 0 in 10 rows"):
        divide(snapshot, data, labels, tables=tables, blobs=blobs)


def test_an_empty_part_is_refused_with_a_way_out(frozen, tables, blobs) -> None:
    frame = pl.DataFrame({"id": range(50), "who": ["a"] * 50, "y": [n % 2 for n in range(50)]})
    snapshot, data = frozen(frame, split={"by": "group", "group": "who"})
    labels = label(snapshot, TASK, tables)
    with pytest.raises(DataError, match=r"no row with a target. give it a larger share, or split"):
        divide(snapshot, data, labels, tables=tables, blobs=blobs)


def test_a_row_without_a_time_is_refused_in_a_split_by_time(frozen, tables, blobs) -> None:
    at = [START + timedelta(days=n) if n else None for n in range(50)]
    frame = pl.DataFrame({"id": range(50), "at": at, "y": [n % 2 for n in range(50)]})
    snapshot, data = frozen(frame, time="at", split={"by": "time"})
    labels = label(snapshot, TASK, tables)
    with pytest.raises(DataError, match=r"1 rows have no at, and the split is by time"):
        divide(snapshot, data, labels, tables=tables, blobs=blobs)


def test_another_salt_is_another_split(frozen, tables, blobs) -> None:
    frame = pl.DataFrame({"id": range(100), "y": [n % 2 for n in range(100)]})
    codes = []
    for salt in ("", "other"):
        snapshot, data = frozen(frame, split={"salt": salt})
        labels = label(snapshot, TASK, tables)
        codes.append(divide(snapshot, data, labels, tables=tables, blobs=blobs).codes)
    assert (codes[0] != codes[1]).any()
