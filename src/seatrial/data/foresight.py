"""Which columns are known before the moment that they stand for: the calendar, and what never changes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_FEWEST_EACH = 2
_AT = "__at"


def known_ahead(column: pl.Series, at: pl.Series, *, by: Sequence[pl.Series] = ()) -> bool:
    """Whether a column is told by the calendar, or by the series alone.

    That is so if it is constant within each day that has several rows, or the same at equal hours,
    weekdays, months, years, or days of the year. A holiday is; the weather isn't.

    Args:
        column: (n_rows,) of any kind.
        at: (n_rows,) when each row is.
        by: (n_rows,) columns that tell series apart.

    >>> from datetime import datetime
    >>> at = pl.Series([datetime(2026, 1, 1 + hour // 24, hour % 24) for hour in range(72)])
    >>> known_ahead(at.dt.hour(), at), known_ahead(pl.Series(range(72)) % 7, at)
    (True, False)
    """
    series = [each.alias(f"__by{place}") for place, each in enumerate(by)]
    frame = pl.DataFrame([column.alias("value"), at.alias(_AT), *series])
    names = [each.name for each in series]
    if names and _is_told(frame, names, of=[]):
        return True
    moment = pl.col(_AT)
    calendars = (
        [moment.dt.date()],
        [moment.dt.time()],
        [moment.dt.weekday()],
        [moment.dt.month()],
        [moment.dt.year()],
        [moment.dt.day()],
        [moment.dt.month(), moment.dt.day()],
    )
    return any(
        _is_told(frame, [], of=each) or _is_told(frame, names, of=each) for each in calendars
    )


def _is_told(frame: pl.DataFrame, names: Sequence[str], *, of: Sequence[pl.Expr]) -> bool:
    """Whether rows that are alike in the calendar have one value, and most have others to be like."""
    keys = [pl.col(name) for name in names] + [
        each.alias(f"__key{place}") for place, each in enumerate(of)
    ]
    groups = frame.group_by(keys).agg(pl.col("value").n_unique().alias("values"), pl.len())
    repeated = groups.filter(pl.col("len") >= _FEWEST_EACH)
    if repeated["len"].sum() * 2 < frame.height:
        return False
    return bool((repeated["values"] == 1).all())
