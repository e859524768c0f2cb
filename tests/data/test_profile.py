"""The counts of the parts add up to those of the whole, and the whole is right."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.data.profile import MOST_DISTINCT, QUANTILES, Partial, finish, merge, partial

NUMBER = st.none() | st.floats(-1e9, 1e9) | st.integers(-5, 5).map(float)


def numbers(values) -> pl.Series:
    return pl.Series("a", values, dtype=pl.Float64)


def assert_same(first: Partial, second: Partial) -> None:
    exact = ("kind", "n", "missing", "levels", "bins", "low", "high", "like_numbers")
    for name in exact:
        assert getattr(first, name) == getattr(second, name)
    scale = max(abs(second.low or 0.0), abs(second.high or 0.0), 1.0)
    assert first.mean == pytest.approx(second.mean, abs=1e-9 * scale)
    assert first.squares == pytest.approx(second.squares, rel=1e-6, abs=1e-9 * scale**2)


@given(st.lists(st.lists(NUMBER, max_size=30), min_size=1, max_size=5))
def test_the_parts_of_a_number_merge_to_the_whole(parts) -> None:
    merged = partial(numbers(parts[0]))
    for part in parts[1:]:
        merged = merge(merged, partial(numbers(part)))
    assert_same(merged, partial(numbers([value for part in parts for value in part])))


@given(
    st.lists(st.none() | st.sampled_from(["a", "b", "7", "8.5"]), max_size=30),
    st.lists(st.none() | st.sampled_from(["b", "c", "9"]), max_size=30),
)
def test_the_parts_of_a_text_merge_to_the_whole(first, second) -> None:
    columns = [pl.Series("a", each, dtype=pl.String) for each in (first, second, first + second)]
    left, right, whole = map(partial, columns)
    assert_same(merge(left, right), whole)


def test_more_distinct_values_than_are_counted_are_so_in_parts_too() -> None:
    many = [str(n) for n in range(MOST_DISTINCT + 1)]
    left, right = (partial(pl.Series("a", each)) for each in (many[:6000], many[6000:]))
    assert merge(left, right).levels is partial(pl.Series("a", many)).levels is None
    assert finish(merge(left, right)).distinct is None


def test_parts_of_different_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no parts of one column"):
        merge(partial(pl.Series("a", [1.0])), partial(pl.Series("a", ["x"])))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_a_quantile_is_right_to_one_per_cent(values) -> None:
    profile = finish(partial(numbers(values)))
    for probability in QUANTILES:
        exact = float(np.quantile(values, probability, method="lower"))
        assert profile.quantiles[probability] == pytest.approx(exact, rel=0.0101, abs=2e-12)


def test_moments_are_counted_in_seconds() -> None:
    column = pl.Series("a", ["1970-01-01T00:00:10", "1970-01-01T00:00:30"]).str.to_datetime()
    profile = finish(partial(column))
    assert (profile.kind, profile.low, profile.high, profile.mean) == ("moment", 10.0, 30.0, 20.0)


def test_mean_and_deviation_are_those_of_numpy() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    profile = finish(partial(numbers(values)))
    assert profile.mean == pytest.approx(np.mean(values))
    assert profile.deviation == pytest.approx(np.std(values, ddof=1))


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (["1"] * 99 + ["n/k"], "1 of 100 values aren't numbers, so all are read as text"),
        (["x", "x"], "all values are equal"),
        ([None, None], "no row has a value"),
        (["x", "y"], ""),
    ],
)
def test_what_a_person_should_know_of_a_column_is_said(values, warning) -> None:
    assert finish(partial(pl.Series("a", values, dtype=pl.String))).warning == warning
