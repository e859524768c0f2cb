"""Lags look back by the clock, within one series, and never across a gap or into the future."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from seatrial.core.errors import DataError
from seatrial.data.lags import with_lags
from seatrial.plan.schema_data import Lags

START = datetime(2026, 1, 1)  # noqa: DTZ001


def hourly(hours, values) -> pl.DataFrame:
    return pl.DataFrame({"at": [START + timedelta(hours=each) for each in hours], "n": values})


def test_a_gap_is_never_bridged_by_the_row_before():
    frame = hourly([0, 1, 4, 5], [10, 11, 14, 15])
    lagged = with_lags(frame, Lags(of="n", back=["1h", "4h"]), time="at")
    assert lagged["n_1h_ago"].to_list() == [None, 10, None, 14]
    assert lagged["n_4h_ago"].to_list() == [None, None, 10, 11]


def test_rows_in_any_order_get_the_same_lags():
    frame = hourly(range(50), range(50))
    mixed = frame.sample(fraction=1.0, shuffle=True, seed=3)
    lags = Lags(of="n", back=["3h"])
    assert with_lags(mixed, lags, time="at").sort("at").equals(with_lags(frame, lags, time="at"))


def test_what_comes_later_changes_no_lag_of_an_earlier_row():
    random = np.random.default_rng(1)
    frame = hourly(range(200), random.integers(0, 99, 200))
    lags = Lags(of="n", back=["1h", "24h"])
    whole = with_lags(frame, lags, time="at").head(120)
    cut = with_lags(frame.head(120), lags, time="at")
    assert whole.equals(cut)


def test_series_side_by_side_do_not_see_each_other():
    frame = pl.concat(
        [
            hourly([0, 1], [1, 2]).with_columns(shop=pl.lit("a")),
            hourly([0, 1], [7, 8]).with_columns(shop=pl.lit("b")),
        ]
    )
    lagged = with_lags(frame, Lags(of="n", back=["1h"], by=["shop"]), time="at")
    assert lagged["n_1h_ago"].to_list() == [None, 1, None, 7]


def test_an_hour_in_a_column_of_its_own_is_added_to_the_day():
    frame = pl.DataFrame(
        {"day": [START, START, START + timedelta(days=1)], "hr": [22, 23, 0], "n": [5, 6, 7]}
    )
    lagged = with_lags(frame, Lags(of="n", back=["1h"], hour="hr"), time="day")
    assert lagged["n_1h_ago"].to_list() == [None, 5, 6]


def test_months_are_those_of_the_calendar():
    at = [START - timedelta(days=31), START, START + timedelta(days=59)]
    lagged = with_lags(
        pl.DataFrame({"at": at, "n": [1, 2, 3]}), Lags(of="n", back=["2mo"]), time="at"
    )
    assert lagged["n_2mo_ago"].to_list() == [None, None, 2]


@pytest.mark.parametrize(
    ("frame", "fact"),
    [
        (hourly([0, 0, 1], [1, 2, 3]), "1 rows have the same at as another"),
        (hourly([0, 1], [1, 2]).with_columns(n_1h_ago=0), "n_1h_ago is a column already"),
    ],
)
def test_what_has_no_row_before_it_is_refused(frame, fact):
    with pytest.raises(DataError, match=fact):
        with_lags(frame, Lags(of="n", back=["1h"]), time="at")
