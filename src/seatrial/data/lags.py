"""Earlier values of a column beside each row: of its own series, by the clock, never by position."""

from __future__ import annotations

import polars as pl

from seatrial.core.errors import DataError
from seatrial.plan.schema_data import Lags

_AT, _BEFORE = "__at", "__before"


def with_lags(frame: pl.DataFrame, lags: Lags, *, time: str) -> pl.DataFrame:
    """Add the columns that the plan asks for.

    The value of a row is that of the row of the same series which stands exactly so long before it
    in time. Where there is none, because the series has a gap or begins, it is missing: a gap is
    never bridged by the row before.

    Args:
        frame: The joined sources, in any order.
        lags: The plan's section.
        time: The column that says when.

    Returns:
        The frame with one column more for each lag, its rows as they were.

    Raises:
        DataError: a column of this name is there already, or two rows of one series have one time.

    >>> from datetime import date
    >>> days = pl.DataFrame({"day": [date(2026, 1, each) for each in (1, 2, 4)], "n": [5, 6, 7]})
    >>> lags = Lags(of="n", back=["1d", "2d"])
    >>> with_lags(days, lags, time="day").select("n_1d_ago", "n_2d_ago").rows()
    [(None, None), (5, None), (None, 6)]
    """
    taken = [name for name in lags.columns.values() if name in frame.columns]
    if taken:
        hint = "rename the column, or take this lag out"
        raise DataError(f"{taken[0]} is a column already", where="data.lags.back", hint=hint)
    timed = frame.with_columns(moments(frame, lags.hour, time=time).alias(_AT))
    _demand_single(timed, lags, time)
    known = timed.filter(pl.col(_AT).is_not_null()).select(*lags.by, _AT, lags.of)
    for back, name in lags.columns.items():
        step = f"-{back.replace(' ', '').replace('min', 'm')}"
        before = timed.select(*lags.by, pl.col(_AT).dt.offset_by(step).alias(_AT))
        found = before.join(
            known, on=[*lags.by, _AT], how="left", maintain_order="left", nulls_equal=True
        )
        timed = timed.with_columns(found[lags.of].alias(name))
    return timed.drop(_AT)


def moments(frame: pl.DataFrame, hour: str | None, *, time: str) -> pl.Series:
    """When each row is: the time, and the hour of the day where that stands in a column of its own."""
    at = frame[time].cast(pl.Datetime("us"))
    if hour is None:
        return at
    whole = frame[hour].cast(pl.Float64) * 3600
    return (
        at.dt.truncate("1d") + pl.Series((whole * 1e6).cast(pl.Int64)).cast(pl.Duration("us"))
    ).alias(time)


def _demand_single(timed: pl.DataFrame, lags: Lags, time: str) -> None:
    known = timed.filter(pl.col(_AT).is_not_null())
    repeated = known.height - known.select(*lags.by, _AT).n_unique()
    if not repeated:
        return
    series = f" of one {' and '.join(lags.by)}" if lags.by else ""
    fact = f"{repeated:,} rows{series} have the same {time} as another, so none is the one before"
    hint = "name what tells the series apart in `data.lags.by`, or the hour in `data.lags.hour`"
    raise DataError(fact, where="data.lags", hint=hint)
