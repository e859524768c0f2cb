"""Which column, or which few together, name a row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from seatrial.data.kinship import named_like_a_group
from seatrial.data.snapshot import ROW

_MOST_TOGETHER = 3
_MOST_CANDIDATES = 12
_SAMPLE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """Columns that name a row, and why; ``("row",)`` if none do."""

    columns: tuple[str, ...]
    because: str


def guess_key(frame: pl.DataFrame, *, without: Collection[str], time: str | None) -> KeyGuess:
    """Find what names a row.

    A single text or whole number that is never missing and never repeated; else two or three
    columns together, one of which is the time or is named like an id, because any few columns are
    unique by accident in a small table; else the number of the row.

    Args:
        frame: The table.
        without: What can't be part of a key: the target, texts and images.
        time: The time column, if there is one.

    >>> frame = pl.DataFrame({"id": ["a", "b"], "n": [3, 4], "y": [0, 1]})
    >>> guess_key(frame, without=["y"], time=None)
    KeyGuess(columns=('id',), because='2 different values in 2 rows')
    """
    usable = [
        column
        for column in frame.drop(*without)
        if not column.dtype.is_float() and column.dtype != pl.Boolean and not column.null_count()
    ]
    unique = [column for column in usable if column.n_unique() == frame.height]
    if unique:
        best = min(unique, key=lambda column: (not _is_id(column), column.dtype.is_temporal()))
        return KeyGuess((best.name,), f"{frame.height:,} different values in {frame.height:,} rows")
    together = _together(frame, usable, time)
    if together is not None:
        count = len(together)
        return KeyGuess(together, f"the {count} together never repeat in {frame.height:,} rows")
    repeated = frame.height - frame.n_unique()
    told = f"; {repeated:,} rows repeat another in full" if repeated else ""
    columns = frame.width - len(without)
    if not columns:
        return KeyGuess((ROW,), f"no other column could name one of {frame.height:,} rows")
    return KeyGuess((ROW,), f"none of {columns} columns is unique, nor few of them together{told}")


def _is_id(column: pl.Series) -> bool:
    return named_like_a_group(column.name) or column.name.lower() in {
        "instant",
        "index",
        "key",
        ROW,
    }


def _together(
    frame: pl.DataFrame, usable: list[pl.Series], time: str | None
) -> tuple[str, ...] | None:
    anchors = [column.name for column in usable if column.name == time or _is_id(column)]
    others = sorted(
        (column for column in usable if column.n_unique() > 1),
        key=lambda column: (column.dtype != pl.String, -column.n_unique()),
    )
    names = [column.name for column in others[:_MOST_CANDIDATES]]
    sample = frame.head(_SAMPLE_ROWS)
    for size in range(1, _MOST_TOGETHER):
        for anchor in anchors:
            for more in combinations([name for name in names if name != anchor], size):
                chosen = [anchor, *more]
                if sample.select(chosen).is_duplicated().any():
                    continue
                if frame.select(chosen).n_unique() == frame.height:
                    return tuple(chosen)
    return None
