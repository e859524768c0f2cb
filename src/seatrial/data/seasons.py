"""How a series of numbers runs in time: its step, its season, and which earlier values tell most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.data.lags import moments
from seatrial.data.target import Labels

TRAIN_SHARE = 0.6
"""Of the rows, the oldest: what is drafted is not read off the later ones."""

_FEWEST_STEPS = 100
_LEAST_REGULAR = 0.8
_LEAST_CORRELATION = 0.2
_NEARLY_BEST = 0.9
_STANDARD_ERRORS = 4.5
_MOST_STEPS_BACK = 800
_MOST_SERIES = 1_000
_HOURS = (0, 23)
_MONTH_DAYS = (28, 31)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """How a target runs in time.

    Attributes:
        step: Between a row and the next of its series, as the plan writes it.
        step_because: The figure that says so.
        back: How long before the values stand that tell most, the nearest first.
        season: Which of them is a season ago; None if none was found.
        because: The figures that say so.
        hour: The column with the hour, where the time holds the day alone.
        by: Columns that tell series apart.
    """

    step: str
    step_because: str
    back: tuple[str, ...]
    season: str | None
    because: str
    hour: str | None
    by: tuple[str, ...]


def find_course(frame: pl.DataFrame, labels: Labels, *, time: str) -> Course | None:
    """Find how a target of numbers runs in time; None if it doesn't run in regular steps.

    Args:
        frame: The table without its target.
        labels: The target, numbers.
        time: The column that says when.
    """
    named = _series(frame, time)
    if named is None:
        return None
    hour, by = named
    at = moments(frame, hour, time=time)
    timed = pl.DataFrame([at.alias("at"), pl.Series("value", labels.values), *frame.select(by)])
    timed = timed.filter(pl.col("at").is_not_null()).sort("at")
    early = timed.head(int(timed.height * TRAIN_SHARE))
    longest = _longest(early, by)
    if longest.height < _FEWEST_STEPS:
        return None
    step = _step(longest["at"])
    if step is None:
        return None
    text, share = step
    values = _on_grid(longest, text)
    correlation = _autocorrelation(values)
    picked = _picked(correlation, len(values))
    if not picked:
        return None
    seasons = [each for each in picked if each > 1]
    season = max(seasons, key=lambda each: correlation[each], default=None)
    back = sorted({1, 2, *picked})
    told = [f"{correlation[each]:.2f} at {_times(text, each)}" for each in back]
    return Course(
        text,
        f"{share:.0%} of the rows stand {text} after the one before",
        tuple(_times(text, each) for each in back),
        _times(text, season) if season else None,
        f"autocorrelation on the oldest {TRAIN_SHARE:.0%}: {', '.join(told)}",
        hour,
        tuple(by),
    )


def _series(frame: pl.DataFrame, time: str) -> tuple[str | None, list[str]] | None:
    """The column with the hour and those that tell series apart, so that no time stands twice."""
    whole_days = bool((frame[time].dt.truncate("1d") == frame[time]).all())
    hours = [each.name for each in frame if whole_days and _is_hour(each)]
    for hour in (None, *hours):
        if not _repeats(frame, [time, hour]):
            return hour, []
    for hour in (None, *hours):
        for column in frame:
            fits = column.name not in {time, hour} and not column.dtype.is_float()
            few = fits and 1 < column.n_unique() <= _MOST_SERIES
            if few and not _repeats(frame, [time, hour, column.name]):
                return hour, [column.name]
    return None


def _repeats(frame: pl.DataFrame, names: Sequence[str | None]) -> bool:
    chosen = [name for name in names if name is not None]
    return frame.select(chosen).n_unique() < frame.height


def _is_hour(column: pl.Series) -> bool:
    is_named = column.name.lower() in {"hr", "hour", "hour_of_day", "h"}
    low, high = _HOURS
    return is_named and column.dtype.is_integer() and bool(column.is_between(low, high).all())


def _longest(timed: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    if not by:
        return timed
    counts = timed.group_by(by, maintain_order=True).len()
    most = counts.sort("len", descending=True, maintain_order=True).head(1).select(by)
    return timed.join(most, on=list(by), how="semi", nulls_equal=True).sort("at")


def _step(at: pl.Series) -> tuple[str, float] | None:
    """The usual distance of a row from the one before, and how many rows keep it."""
    gaps = Counter(at.diff().drop_nulls().to_list())
    gap, times = gaps.most_common(1)[0]
    total = sum(gaps.values())
    low, high = (timedelta(days=each) for each in _MONTH_DAYS)
    monthly = sum(count for each, count in gaps.items() if low <= each <= high)
    if monthly / total >= _LEAST_REGULAR and at.dt.day().n_unique() == 1:
        return "1mo", monthly / total
    if times / total < _LEAST_REGULAR or gap < timedelta(minutes=1) or gap.seconds % 60:
        return None
    minutes = int(gap.total_seconds()) // 60
    return _named(minutes), times / total


def _named(minutes: int) -> str:
    if minutes % 1440 == 0:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}min"


def _times(step: str, count: int) -> str:
    number = int("".join(sign for sign in step if sign.isdigit()))
    return f"{number * count}{step.lstrip('0123456789')}"


def _on_grid(series: pl.DataFrame, step: str) -> Floats:
    """The values of one series at each step, NaN in its gaps."""
    every = step.replace("min", "m")
    first, last = series["at"][0], series["at"][-1]
    grid = pl.datetime_range(first, last, every, eager=True, time_unit="us").alias("at")
    joined = grid.to_frame().join(series, on="at", how="left", maintain_order="left")
    return joined["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _autocorrelation(values: Floats) -> Floats:
    """Correlation with itself so many steps before, without the straight trend; from 0 steps."""
    known = np.isfinite(values)
    place = np.arange(len(values))
    slope, start = np.polyfit(place[known], values[known], 1)
    left = np.where(known, values - slope * place - start, 0.0)
    size = 2 ** int(np.ceil(np.log2(2 * len(left))))
    power = np.abs(np.fft.rfft(left, size)) ** 2
    found = np.fft.irfft(power)[: len(left)]
    return found / found[0] if found[0] > 0 else np.zeros(len(left))


def _picked(correlation: Floats, steps: int) -> list[int]:
    """The step before, if it tells, and up to two peaks that tell as much as any."""
    least = max(_LEAST_CORRELATION, _STANDARD_ERRORS / np.sqrt(steps))
    most = min(_MOST_STEPS_BACK, steps // 3)
    inside = np.arange(2, most)
    is_peak = (correlation[inside] > correlation[inside - 1]) & (
        correlation[inside] >= correlation[inside + 1]
    )
    peaks = [int(each) for each in inside[is_peak] if correlation[each] >= least]
    best = max((correlation[each] for each in peaks), default=0.0)
    strong = [each for each in peaks if correlation[each] >= _NEARLY_BEST * best]
    shown = {strong[0], max(strong, key=lambda each: correlation[each])} if strong else set()
    near = {1} if correlation[1] >= least else set()
    return sorted(near | shown)
