"""A column counted over fixed edges or levels, so that the counts of parts add up to the whole's.

Both sides of a comparison are counted over the edges of the reference: *partial* counts a part,
*merge* adds two, and what is compared is read off the sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.monitoring.tables import names

EDGES = 4_000
"""Edges of a column of numbers: its distinct values, or as many quantile points."""

LEVELS = 10_000
"""Most frequent levels that are kept; rows of others are counted together."""

POINTS = 512
"""Quantile points by which the shape of a column is kept, apart from the edges."""

NEW_NAMES = 20
"""Levels that the reference lacks, kept by name: the most frequent."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of a column of numbers, or of a part of one.

    Attributes:
        missing: Rows without a number.
        counts: (n_edges + 1,) int64, rows up to each edge and above the one before; at the end
            those above the last.
        under: Rows below the first edge; they are in ``counts[0]`` too.
        under_by: Sum of the distances by which they are below.
        over_by: Sum of the distances by which rows are above the last edge.
        mean: Of the numbers; 0 without one.
        squares: Sum of squared distances from the mean.
        points: (up to 512,) float64, quantiles at evenly spaced probabilities, rising.
    """

    missing: int
    counts: Whole
    under: int = 0
    under_by: float = 0.0
    over_by: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    points: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def known(self) -> int:
        """Rows with a number."""
        return int(self.counts.sum())

    @property
    def over(self) -> int:
        """Rows above the last edge."""
        return int(self.counts[-1])

    @property
    def deviation(self) -> float:
        """Standard deviation of the numbers; 0 with fewer than two."""
        return float(np.sqrt(self.squares / (self.known - 1))) if self.known > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Levels:
    """Counts of a column of levels, or of a part of one.

    Attributes:
        missing: Rows without a level.
        counts: Rows of each level of the reference.
        other: Rows of any other level.
        new: Rows of the most frequent ones among the others.
    """

    missing: int
    counts: Mapping[str, int]
    other: int = 0
    new: Mapping[str, int] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """Rows with a level."""
        return sum(self.counts.values()) + self.other


@dataclass(frozen=True, slots=True)
class Presence:
    """Rows with and without a value, where nothing else is compared: moments always move on."""

    missing: int
    known: int


Counts = Numbers | Levels | Presence


def edges_of(ordered: Floats) -> Floats:
    """Edges for sorted numbers: every distinct one if they are few, else quantile points.

    The first is the least number, the last the greatest.

    >>> edges_of(np.array([1.0, 1.0, 2.0])).tolist()
    [1.0, 2.0]
    """
    if not len(ordered):
        return ordered
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    ranks = np.linspace(0, len(ordered) - 1, EDGES).round().astype(np.int64)
    found: Floats = ordered[starts] if starts.sum() <= EDGES else np.unique(ordered[ranks])
    return found


def sorted_numbers(column: pl.Series) -> Floats:
    """The finite numbers of a column, rising."""
    found: Floats = column.drop_nulls().cast(pl.Float64).sort().to_numpy()
    return found


def count_numbers(ordered: Floats, edges: Floats, *, missing: int) -> Numbers:
    """Count sorted numbers over edges.

    >>> found = count_numbers(np.array([0.0, 1.0, 5.0]), np.array([1.0, 2.0]), missing=1)
    >>> found.counts.tolist(), found.under, found.over, found.over_by
    ([2, 0, 1], 1, 1, 3.0)
    """
    n = len(ordered)
    if not n or not len(edges):
        return Numbers(missing, np.append(np.zeros(len(edges), np.int64), n))
    ends = np.concatenate([[0], np.searchsorted(ordered, edges, side="right"), [n]])
    under = int(np.searchsorted(ordered, edges[0]))
    above = ordered[ends[-2] :]
    mean = float(ordered.mean())
    return Numbers(
        missing=missing,
        counts=np.diff(ends),
        under=under,
        under_by=float((edges[0] - ordered[:under]).sum()),
        over_by=float((above - edges[-1]).sum()),
        mean=mean,
        squares=float(ordered.var() * n),
        points=_points(ordered),
    )


def count_levels(column: pl.Series, known: Mapping[str, int]) -> Levels:
    """Count levels, those of the reference by name.

    >>> count_levels(pl.Series(["a", "c", None]), {"a": 3, "b": 2})
    Levels(missing=1, counts={'a': 1}, other=1, new={'c': 1})
    """
    levels = _by_level(column)
    is_known = pl.col("level").is_in(list(known))
    there, others = levels.filter(is_known), levels.filter(~is_known)
    return Levels(
        missing=column.null_count(),
        counts=_as_counts(there),
        other=int(others["rows"].sum()),
        new=_as_counts(others.head(NEW_NAMES)),
    )


def levels_of(column: pl.Series) -> tuple[Levels, int]:
    """Count the levels of a reference; also how many of them stand in one row only."""
    levels = _by_level(column)
    kept, rest = levels.head(LEVELS), levels.slice(LEVELS)
    found = Levels(column.null_count(), _as_counts(kept), int(rest["rows"].sum()))
    return found, int((levels["rows"] == 1).sum())


def merge(first: Counts, second: Counts) -> Counts:
    """Add the counts of two parts of one column, over the same edges or levels.

    Raises:
        ValueError: they were counted over something else.

    Source:
        Mean and squares: Chan, Golub and LeVeque (1983), Am. Stat. 37(3), 242-247.

    >>> merge(Presence(missing=1, known=2), Presence(missing=0, known=3))
    Presence(missing=1, known=5)
    """
    match first, second:
        case Numbers(), Numbers() if len(first.counts) == len(second.counts):
            return _merged_numbers(first, second)
        case Levels(), Levels():
            return Levels(
                first.missing + second.missing,
                Counter(first.counts) + Counter(second.counts),
                first.other + second.other,
                dict((Counter(first.new) + Counter(second.new)).most_common(NEW_NAMES)),
            )
        case Presence(), Presence():
            return Presence(first.missing + second.missing, first.known + second.known)
    message = "these parts weren't counted over one reference"
    raise ValueError(message)


def _merged_numbers(first: Numbers, second: Numbers) -> Numbers:
    known = max(first.known + second.known, 1)
    shift = second.mean - first.mean if first.known and second.known else 0.0
    start = first.mean if first.known else second.mean
    return Numbers(
        missing=first.missing + second.missing,
        counts=first.counts + second.counts,
        under=first.under + second.under,
        under_by=first.under_by + second.under_by,
        over_by=first.over_by + second.over_by,
        mean=start + shift * second.known / known,
        squares=first.squares + second.squares + shift**2 * first.known * second.known / known,
        points=_merged_points(first, second),
    )


def _merged_points(first: Numbers, second: Numbers) -> Floats:
    """Points of both, each standing for its share of the rows, drawn again at even probabilities."""
    parts = [each for each in (first, second) if each.known]
    if len(parts) < 2:  # noqa: PLR2004 - of one part the points stay as they are
        return parts[0].points if parts else first.points
    points = np.concatenate([each.points for each in parts])
    weights = np.concatenate(
        [np.full(len(each.points), each.known / len(each.points)) for each in parts]
    )
    order = np.argsort(points, kind="stable")
    middles = weights[order].cumsum() - weights[order] / 2.0
    wanted = (np.arange(POINTS) + 0.5) * weights.sum() / POINTS
    found: Floats = np.interp(wanted, middles, points[order])
    return found


def _points(ordered: Floats) -> Floats:
    n = len(ordered)
    ranks = ((np.arange(min(POINTS, n)) + 0.5) * n / min(POINTS, n)).astype(np.int64)
    found: Floats = ordered[ranks]
    return found


def _by_level(column: pl.Series) -> pl.DataFrame:
    counted = names(column).drop_nulls().rename("level").value_counts(name="rows")
    return counted.sort("rows", "level", descending=[True, False])


def _as_counts(levels: pl.DataFrame) -> dict[str, int]:
    return dict(zip(levels["level"].to_list(), levels["rows"].to_list(), strict=True))
