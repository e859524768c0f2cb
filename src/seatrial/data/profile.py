"""What a column holds, so counted that the counts of many parts add up to those of the whole.

``partial`` counts one part, ``merge`` adds two, ``finish`` reads off what a person wants to know.
Quantiles come from counts over fixed edges: each edge is 2 % above the one before, so a quantile is
right to 1 % of its value (Masson, Rim and Lee (2019), DDSketch, PVLDB 12(12), 2195-2205).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from seatrial.core.estimate import Estimate
from seatrial.data.cells import kind_of
from seatrial.data.target import class_name
from seatrial.records.condition import Kind
from seatrial.stats import wilson

MOST_DISTINCT = 10_000
"""Distinct values that are counted one by one; a column with more has ``levels`` of None."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

_STEP = 1.02
_SMALLEST = 1e-12  # magnitudes below count as 0
_TOP = 20
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True)
class Partial:
    """Counts of a part of a column.

    Attributes:
        kind: Of the column.
        n: Rows, the missing ones included.
        missing: Rows without a value.
        levels: Rows of each value; None if there are more than :data:`MOST_DISTINCT`.
        bins: Numbers by fixed edges: ``k`` holds magnitudes up to ``1.02 ** k`` with their sign.
        low: Least number; for moments in seconds since 1970. None without a value.
        high: Greatest number.
        mean: Of the numbers; 0 without one.
        squares: Sum of squared distances from the mean.
        like_numbers: Text that reads as a number.
    """

    kind: Kind
    n: int
    missing: int
    levels: Mapping[str, int] | None = None
    bins: Mapping[tuple[int, int], int] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    mean: float = 0.0
    squares: float = 0.0
    like_numbers: int = 0

    @property
    def known(self) -> int:
        """Rows with a value."""
        return self.n - self.missing


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a whole column.

    Attributes:
        kind: Of the column.
        n: Rows.
        missing: Share of rows without a value.
        distinct: Different values; None if more than :data:`MOST_DISTINCT`.
        low: Least number; moments in seconds since 1970. None for text.
        high: Greatest number.
        mean: Of the numbers.
        deviation: Their standard deviation (divided by n - 1).
        quantiles: Number by probability, right to 1 %.
        top: The most frequent values and their rows, at most 20.
        warning: What a person should know of it; empty if nothing.
    """

    kind: Kind
    n: int
    missing: Estimate
    distinct: int | None
    low: float | None
    high: float | None
    mean: float | None
    deviation: float | None
    quantiles: Mapping[float, float]
    top: tuple[tuple[str, int], ...]
    warning: str = ""


def partial(column: pl.Series) -> Partial:
    """Count one part of a column."""
    kind = kind_of(column.dtype)
    known = column.drop_nulls()
    counts = Partial(kind, len(column), column.null_count(), _levels(known))
    if kind == "text":
        return replace(counts, like_numbers=int(known.str.contains(_NUMBER).sum()))
    if kind == "boolean" or known.is_empty():
        return counts
    numbers = known.dt.epoch("us") / 1e6 if kind == "moment" else known.cast(pl.Float64)
    values = numbers.to_numpy()
    mean = float(values.mean())
    return replace(
        counts,
        bins=_bins(values),
        low=float(values.min()),
        high=float(values.max()),
        mean=mean,
        squares=float(np.square(values - mean).sum()),
    )


def merge(first: Partial, second: Partial) -> Partial:
    """Add the counts of two parts of one column.

    Raises:
        ValueError: the parts are of different kinds.

    Source:
        Mean and squares: Chan, Golub and LeVeque (1983), Am. Stat. 37(3), 242-247.
    """
    if first.kind != second.kind:
        message = f"a {first.kind} and a {second.kind} are no parts of one column"
        raise ValueError(message)
    known = max(first.known + second.known, 1)
    shift = second.mean - first.mean if first.known and second.known else 0.0
    start = first.mean if first.known else second.mean
    return Partial(
        first.kind,
        first.n + second.n,
        first.missing + second.missing,
        _merged_levels(first.levels, second.levels),
        Counter(first.bins) + Counter(second.bins),
        min((each for each in (first.low, second.low) if each is not None), default=None),
        max((each for each in (first.high, second.high) if each is not None), default=None),
        start + shift * second.known / known,
        first.squares + second.squares + shift**2 * first.known * second.known / known,
        first.like_numbers + second.like_numbers,
    )


def finish(counts: Partial) -> Profile:
    """Read a profile off the counts.

    Raises:
        ValueError: there is no row.

    >>> profile = finish(partial(pl.Series("a", [1, 2, None, 2])))
    >>> profile.distinct, profile.top, profile.mean is not None
    (2, (('2', 2), ('1', 1)), True)
    """
    levels = counts.levels or {}
    top = sorted(levels.items(), key=lambda level: (-level[1], level[0]))[:_TOP]
    is_number = counts.low is not None
    spread = math.sqrt(counts.squares / (counts.known - 1)) if counts.known > 1 else None
    return Profile(
        kind=counts.kind,
        n=counts.n,
        missing=wilson(counts.missing, counts.n),
        distinct=None if counts.levels is None else len(levels),
        low=counts.low,
        high=counts.high,
        mean=counts.mean if is_number else None,
        deviation=spread if is_number else None,
        quantiles=_quantiles(counts) if is_number else {},
        top=tuple(top),
        warning=_warning(counts),
    )


def _levels(known: pl.Series) -> dict[str, int] | None:
    if known.n_unique() > MOST_DISTINCT:
        return None
    values = known.rename("value").value_counts(name="rows")
    names = (class_name(value) for value in values["value"].to_list())
    return dict(zip(names, values["rows"].to_list(), strict=True))


def _merged_levels(
    first: Mapping[str, int] | None, second: Mapping[str, int] | None
) -> Mapping[str, int] | None:
    if first is None or second is None:
        return None
    levels = Counter(first) + Counter(second)
    return levels if len(levels) <= MOST_DISTINCT else None


def _bins(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[tuple[int, int], int]:
    magnitudes = np.abs(values)
    signs = np.where(magnitudes < _SMALLEST, 0, np.sign(values)).astype(int)
    edges = np.ceil(np.log(np.maximum(magnitudes, _SMALLEST)) / math.log(_STEP)).astype(int)
    pairs, counts = np.unique(
        np.column_stack([signs, np.where(signs == 0, 0, edges)]), axis=0, return_counts=True
    )
    return {
        (int(sign), int(edge)): int(count)
        for (sign, edge), count in zip(pairs, counts, strict=True)
    }


def _quantiles(counts: Partial) -> dict[float, float]:
    assert counts.low is not None
    assert counts.high is not None
    ordered = sorted(counts.bins.items(), key=lambda each: each[0][0] * (each[0][1] + 10_000))
    ends = np.cumsum([rows for _, rows in ordered])
    found = {}
    for probability in QUANTILES:
        at = int(np.searchsorted(ends, probability * (counts.known - 1), side="right"))
        sign, edge = ordered[min(at, len(ordered) - 1)][0]
        middle = sign * 2 * _STEP**edge / (_STEP + 1)
        found[probability] = min(max(middle, counts.low), counts.high)
    return found


def _warning(counts: Partial) -> str:
    if counts.known == 0:
        return "no row has a value"
    if counts.levels is not None and len(counts.levels) == 1:
        return "all values are equal"
    if counts.kind == "text" and 0 < counts.like_numbers < counts.known:
        words = counts.known - counts.like_numbers
        return f"{words:,} of {counts.known:,} values aren't numbers, so all are read as text"
    return ""
