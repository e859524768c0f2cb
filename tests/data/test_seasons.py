"""Steps and seasons of a series are found where they are, and not where there are none."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from seatrial.data.foresight import known_ahead
from seatrial.data.seasons import find_course
from seatrial.data.target import numbers

START = datetime(2024, 1, 1)  # noqa: DTZ001


def course(values, *, step=timedelta(days=1), start=START):
    frame = pl.DataFrame({"at": [start + step * each for each in range(len(values))]})
    return find_course(frame, numbers(pl.Series("n", values)), time="at")


def weekly(seed: int, *, days: int = 400) -> np.ndarray:
    day = np.arange(days)
    noise = np.random.default_rng(seed).normal(0, 1, days)
    return 20 + 0.01 * day + 4 * (day % 7 >= 5) + noise


def test_a_week_is_found_in_daily_numbers():
    found = course(weekly(1))
    assert (found.step, found.season) == ("1d", "7d")
    assert "7d" in found.back


def test_the_later_part_decides_nothing():
    values = weekly(2)
    other = values.copy()
    other[int(len(values) * 0.6) :] = 0.0
    assert course(values) == course(other)


def test_numbers_at_no_regular_times_are_no_series():
    random = np.random.default_rng(3)
    at = sorted(START + timedelta(seconds=int(each)) for each in random.integers(0, 10**8, 400))
    frame = pl.DataFrame({"at": at})
    assert find_course(frame, numbers(pl.Series("n", weekly(3))), time="at") is None


def test_series_side_by_side_are_told_apart_by_a_column():
    days = [START + timedelta(days=each) for each in range(300)]
    frame = pl.DataFrame({"at": days * 2, "shop": ["a"] * 300 + ["b"] * 300})
    both = np.concatenate([weekly(4, days=300), weekly(5, days=300)])
    found = find_course(frame, numbers(pl.Series("n", both)), time="at")
    assert (found.by, found.season) == (("shop",), "7d")


@pytest.mark.truth
def test_noise_is_hardly_ever_taken_for_a_series():
    taken = sum(
        course(np.random.default_rng(seed).normal(size=400)) is not None for seed in range(200)
    )
    assert taken <= 4


@pytest.mark.truth
def test_a_week_is_nearly_always_found():
    found = [course(weekly(seed)) for seed in range(100)]
    assert (
        sum(each is not None and each.season in {"7d", "14d", "21d", "28d"} for each in found) >= 97
    )


def test_the_calendar_is_known_ahead_and_the_weather_is_not():
    at = pl.Series([START + timedelta(hours=each) for each in range(24 * 60)])
    random = np.random.default_rng(6)
    holiday = pl.Series(random.random(60) < 0.1).gather(pl.Series(np.arange(24 * 60) // 24))
    weather = pl.Series(random.normal(size=24 * 60))
    assert known_ahead(holiday, at)
    assert known_ahead(at.dt.hour(), at)
    assert not known_ahead(weather, at)
    assert not known_ahead(pl.Series(random.integers(1, 5, 24 * 60)), at)
