"""A condition means the same in DuckDB and in Python, and survives being written down."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nodes import KINDS, TEXTS, conditions

from seatrial.core.errors import PlanError
from seatrial.data.query import evaluate
from seatrial.plan.grammar import parse_condition
from seatrial.records.binding import bind, faults
from seatrial.records.condition import columns, to_closure
from seatrial.records.condition_json import from_json, to_json
from seatrial.store.columns import normalised

TOLD = {True: 1, False: 0, None: -1}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
SCHEMA = {
    "n": pl.Float64,
    "k": pl.Int64,
    "order": pl.Float64,
    "t": pl.String,
    "flight number": pl.String,
    "b": pl.Boolean,
    "at": pl.Datetime("us"),
}
floats = st.sampled_from([float("nan"), -2.5, -1.0, -0.0, 0.0, 0.1, 0.5, 1.0, 3.0, 1e300, -1e308])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | floats,
            "k": st.none() | st.integers(-3, 3) | st.sampled_from([2**53, -(2**53)]),
            "order": st.none() | floats,
            "t": st.none() | st.sampled_from(TEXTS),
            "flight number": st.none() | st.sampled_from(TEXTS),
            "b": st.none() | st.booleans(),
            "at": st.none()
            | st.sampled_from(
                [EPOCH, EPOCH - timedelta(days=9), EPOCH + timedelta(microseconds=1)]
            ),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(node=conditions, table=rows)
def test_sql_and_closure_agree_on_every_row(tmp_path, node, table) -> None:
    path = tmp_path / "rows.parquet"
    normalised(pl.DataFrame(table, schema=SCHEMA)).write_parquet(path)
    met = to_closure(bind(node, KINDS))
    assert evaluate(node, KINDS, [path]).tolist() == [TOLD[met(row)] for row in table]


@given(node=conditions)
def test_parse_undoes_print(node) -> None:
    assert str(parse_condition(str(node))) == str(node)


@given(node=conditions, table=rows)
@settings(max_examples=100, deadline=None)
def test_what_was_printed_and_parsed_means_the_same(node, table) -> None:
    first = to_closure(bind(node, KINDS))
    again = to_closure(bind(parse_condition(str(node)), KINDS))
    assert [again(row) for row in table] == [first(row) for row in table]


@given(node=conditions)
def test_json_keeps_a_condition(node) -> None:
    assert from_json(to_json(node)) == node


@given(node=conditions)
def test_a_condition_on_columns_that_fit_has_no_faults(node) -> None:
    assert faults(node, KINDS) == []


@pytest.mark.parametrize(
    ("text", "row", "met"),
    [
        ("n / 0 > 1", {"n": 1.0}, None),
        ("n / 0 is null", {"n": 1.0}, True),
        ("1e300 * 1e300 > 1", {}, None),
        ("n > 1", {"n": float("nan")}, None),
        ("n is null", {"n": float("nan")}, True),
        ("not n is null", {"n": None}, False),
        ("n > 1 or t = 'a'", {"n": None, "t": "a"}, True),
        ("n > 1 and t = 'a'", {"n": None, "t": "b"}, False),
        ("n > 1 and t = 'a'", {"n": None, "t": "a"}, None),
        ("n in (1, 2)", {"n": None}, None),
        ("n not in (1, 2)", {"n": 3}, True),
        ("n between 1 and 2", {"n": 2}, True),
        ("n not between 1 and 2", {"n": 2}, False),
        ("n between 3 and 1", {"n": None}, None),
        ("n = -1", {"n": -1}, True),
        ("2 - 1 - 1 = n", {"n": 0}, True),
        ("8 / 4 / 2 = n", {"n": 1}, True),
        ("1 + 2 * 3 = n", {"n": 7}, True),
        ("(1 + 2) * 3 = n", {"n": 9}, True),
        ("not b and b", {"b": False}, False),
        ("not (b and b)", {"b": False}, True),
        ("b or b and not b", {"b": True}, True),
    ],
)
def test_missing_values_and_precedence_are_those_of_sql(text, row, met) -> None:
    assert to_closure(parse_condition(text))(row) is met


def test_the_columns_of_a_condition_are_those_it_reads() -> None:
    node = parse_condition("a + \"b c\" > 1 and (d in ('e') or not f is null)")
    assert columns(node) == ("a", "b c", "d", "f")


def test_a_whole_number_of_any_length_is_compared(tmp_path) -> None:
    pl.DataFrame({"n": [1.0, 1e41]}).write_parquet(tmp_path / "rows.parquet")
    node = parse_condition(f"n > {10**40}")
    assert evaluate(node, KINDS, [tmp_path / "rows.parquet"]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("n = 'a'", "`n = 'a'` compares different kinds: n is a number, 'a' is a text"),
        ("t > 1", "`t > 1` compares different kinds: t is a text, 1 is a number"),
        ("b < true", "`b < true` orders truth values"),
        ("at > 'soon'", "'soon' is not a date"),
        ("t + 1 > 2", "`t` is a text, where a number is wanted"),
        ("n and b", "`n` is a number, where a condition is wanted"),
        ("not t", "`t` is a text, where a condition is wanted"),
        ("n + 1", "`n + 1` is a number, where a condition is wanted"),
        ("nn > 1", "no column is called nn"),
    ],
)
def test_a_condition_that_does_not_fit_the_columns_says_why(tmp_path, text, fact) -> None:
    pl.DataFrame({"n": [1.0]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(PlanError) as caught:
        evaluate(parse_condition(text), KINDS, [tmp_path / "rows.parquet"])
    assert fact in [each.fact for each in caught.value.faults]
