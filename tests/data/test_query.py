"""Conditions and columns are answered row by row, in the order of the snapshot."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.errors import PlanError
from seatrial.data import query
from seatrial.plan.grammar import parse_condition
from seatrial.records.condition import to_closure
from seatrial.store import Tables
from seatrial.store.chunks import PartSizes

ROWS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "hour": [17, 18, None, 20],
        "origin": ["EWR", "LGA", "LGA", None],
        "late": [True, False, None, True],
        "at": [datetime(2026, 1, day) for day in (1, 2, 3, 4)],  # noqa: DTZ001
    }
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("hour >= 18", [0, 1, -1, 1]),
        ("hour >= 18 or origin = 'LGA'", [0, 1, 1, 1]),
        ("not late", [0, 1, -1, 0]),
        ("late", [1, 0, -1, 1]),
        ("origin is null", [0, 0, 0, 1]),
        ("at >= '2026-01-03'", [0, 0, 1, 1]),
        ("hour / (id - 1) > 9", [-1, 1, -1, 0]),
    ],
)
def test_a_condition_is_met_not_met_or_can_not_be_told(frozen, tables, text, codes) -> None:
    snapshot, _ = frozen(ROWS)
    node = parse_condition(text)
    assert query.codes(snapshot, node, tables).tolist() == codes
    assert query.mask(snapshot, node, tables).tolist() == [code == 1 for code in codes]


def test_every_fault_of_a_condition_is_told(frozen, tables) -> None:
    snapshot, _ = frozen(ROWS)
    with pytest.raises(PlanError) as caught:
        query.mask(snapshot, parse_condition("houer > 1 and orign = 'LGA'"), tables)
    assert [fault.hint for fault in caught.value.faults] == ["nearest: hour", "nearest: origin"]


def test_a_text_that_reads_like_sql_is_a_value(frozen, tables) -> None:
    snapshot, _ = frozen(ROWS)
    node = parse_condition("origin = '''; drop table rows; --'")
    assert query.mask(snapshot, node, tables).sum() == 0


def test_columns_come_in_the_order_asked_for_and_only_the_rows_asked_for(frozen, tables) -> None:
    snapshot, _ = frozen(ROWS)
    rows = np.array([True, False, False, True])
    frame = query.columns(snapshot, ["origin", "id"], tables, rows=rows)
    assert frame.rows() == [("EWR", 1), (None, 4)]


def test_columns_that_are_not_there_are_named_with_the_nearest(frozen, tables) -> None:
    snapshot, _ = frozen(ROWS)
    with pytest.raises(PlanError, match=r"no column is called orgin. nearest: origin"):
        query.columns(snapshot, ["orgin"], tables)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.none() | st.integers(-3, 3), min_size=1, max_size=40))
def test_many_parts_answer_like_the_closure_row_by_row(frozen, blobs, numbers) -> None:
    small = Tables(blobs, sizes=PartSizes(least=2, mean=4, most=8))
    frame = pl.DataFrame(
        {"id": range(len(numbers)), "n": numbers}, schema={"id": pl.Int64, "n": pl.Int64}
    )
    node = parse_condition("n * 2 > id - 20 and n between -2 and 2")
    version = small.write(frame)
    kinds = {"id": "number", "n": "number"}
    codes = query.evaluate(node, kinds, small.paths(version))
    met = to_closure(node)
    assert codes.tolist() == [{True: 1, False: 0, None: -1}[met(row)] for row in frame.to_dicts()]
