"""Columns that know the target, and a target that knows the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.data.kinship import outcomes
from seatrial.data.target import Labels

NEARLY_ALL = 0.999
"""Area, explained variance or shared information from which a column *is* the target."""

_MEASURES = {
    "auc": "AUC",
    "r2": "explained variance",
    "information": "shared information",
    "order": "purity of its order",
}
_FEWEST_ROWS = 30
_FEWEST_EACH = 5
_BINS = 200
_TIME_BINS = 10
_LONGEST_SHIFT = 5
_SHIFT_CORRELATION = 0.99
_UNEXPLAINED = 0.2
_LEAST_EXPLAINED = 0.01
_LEAST_CORRELATION = 0.05
_STANDARD_ERRORS = 4.5

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Power:
    """How well one column tells the target.

    Attributes:
        value: In [0, 1]; 0 if it can't be measured.
        measure: ``auc``; ``r2``; ``information``, the share of the classes' entropy that the
            column's values tell; or ``order``, how purely classes follow each other when rows
            stand in the column's order, 0 as by chance and 1 when each is one run.
        rows: Rows that it was measured on.
    """

    value: float
    measure: str
    rows: int

    @property
    def is_the_target(self) -> bool:
        """Whether nothing is left to predict."""
        return self.value > NEARLY_ALL

    def __str__(self) -> str:
        return f"{_MEASURES[self.measure]} {self.value:.4f} on {self.rows:,} rows"


@dataclass(frozen=True, slots=True)
class Drift:
    """How much of the target's variance the time explains."""

    explained: float
    neighbours: float
    proven: bool

    def __str__(self) -> str:
        return (
            f"tenths of the time explain {self.explained:.1%} of its variance, rows next to each "
            f"other correlate by {self.neighbours:.2f}"
        )


@dataclass(frozen=True, slots=True)
class Order:
    """One way to order rows in time.

    Attributes:
        name: Of the time, and of the group within which it runs.
        rows: (n_rows,) int64, row numbers in order.
        groups: (n_rows,) int64, group of each row in that order; a shift stays inside one.
    """

    name: str
    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shift:
    """A column that is the target of another row.

    Attributes:
        by: Rows later (positive) or earlier.
        order: In which order.
        correlation: Of the column with the shifted target.
        expected: Correlation of the target with itself at that distance.
        rows: Rows that it was measured on.
    """

    by: int
    order: str
    correlation: float
    expected: float
    rows: int


def one_column_power(column: pl.Series, labels: Labels, seen: Bools) -> Power:
    """Measure how well one column alone tells the target, by order and by value.

    Args:
        column: (n_rows,) of any kind.
        labels: The target.
        seen: (n_rows,) bool, rows to look at: not those of the test.
    """
    rows = seen & labels.known
    if column.null_count():
        rows &= column.is_not_null().to_numpy()
    count = int(rows.sum())
    if count < _FEWEST_ROWS:
        return Power(0.0, "auc", count)
    inside, target = column.filter(pl.Series(rows)), labels.values[rows]
    if not labels.classes:
        return Power(_explained(inside, target.astype(np.float64)), "r2", count)
    classes = target.astype(np.int64)
    sizes = np.bincount(classes)
    if (sizes > 0).sum() < 2 or sizes[sizes > 0].min() < _FEWEST_EACH:  # noqa: PLR2004
        return Power(0.0, "auc", count)
    return max(_class_powers(inside, classes), key=lambda power: power.value)


def drift(labels: Labels, ranks: npt.NDArray[np.int64]) -> Drift:
    """Measure whether the target depends on time.

    Args:
        labels: The target.
        ranks: (n_rows,) int64, order in time, 0 where missing.
    """
    rows = np.flatnonzero(labels.known & (ranks > 0))
    ordered = rows[np.argsort(ranks[rows], kind="stable")]
    found = [_drift(values[ordered]) for values in outcomes(labels)]
    return max(found, key=lambda each: (each.proven, each.explained))


def orders(time: pl.Series, groups: Mapping[str, pl.Series]) -> list[Order]:
    """Order rows by time, and by time within each column of groups; rows of one moment as given."""
    ranks = time.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    rows = np.argsort(ranks, kind="stable")
    found = [Order(time.name, rows, np.zeros(len(rows), dtype=np.int64))]
    for name, column in groups.items():
        group = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        rows = np.lexsort((ranks, group))
        found.append(Order(f"{time.name} within {name}", rows, group[rows]))
    return found


def shifted_target(
    column: pl.Series, labels: Labels, in_orders: Sequence[Order], seen: Bools
) -> Shift | None:
    """Find the shift by which a column is the target of another row; None if there is none.

    The correlation must be near 1, and leave at most a fifth of what the target's own correlation
    at that distance leaves open: a slow target is like its neighbours without any leak.
    """
    if column.dtype == pl.String:
        column = column.rank("dense")
    values = column.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    target = np.where(labels.known & seen, labels.values, np.nan)
    for order in in_orders:
        ordered, truth = values[order.rows], target[order.rows]
        for by in (*range(1, _LONGEST_SHIFT + 1), *range(-1, -_LONGEST_SHIFT - 1, -1)):
            found = _shift(ordered, truth, order, by)
            if found is not None:
                return found
    return None


def _drift(values: Floats) -> Drift:
    """Measure the drift of values that stand in the order of time."""
    n = len(values)
    if n < _FEWEST_ROWS or values.std() == 0.0:
        return Drift(0.0, 0.0, proven=False)
    tenths = np.arange(n) * _TIME_BINS // n
    means = np.bincount(tenths, weights=values) / np.bincount(tenths)
    explained = float(np.square(means[tenths] - values.mean()).mean() / values.var())
    neighbours = _correlation(values[1:], values[:-1])
    by_chance = (_TIME_BINS - 1) / n
    noise = np.sqrt(2 * (_TIME_BINS - 1)) / n  # standard deviation of chi-squared over n
    wanders = explained > max(by_chance + 1.5 * _STANDARD_ERRORS * noise, _LEAST_EXPLAINED)
    follows = neighbours > max(_STANDARD_ERRORS / np.sqrt(n), _LEAST_CORRELATION)
    return Drift(explained, neighbours, proven=bool(wanders or follows))


def _shift(values: Floats, truth: Floats, order: Order, by: int) -> Shift | None:
    here, there = (
        (slice(None, -by), slice(by, None)) if by > 0 else (slice(-by, None), slice(None, by))
    )
    inside = order.groups[here] == order.groups[there]
    rows = inside & np.isfinite(values[here]) & np.isfinite(truth[here]) & np.isfinite(truth[there])
    if rows.sum() < _FEWEST_ROWS:
        return None
    own, later, now = values[here][rows], truth[there][rows], truth[here][rows]
    correlation = abs(_correlation(own, later))
    if correlation < _SHIFT_CORRELATION:
        return None
    expected = abs(_correlation(now, later))
    if 1 - correlation**2 > _UNEXPLAINED * (1 - expected**2):
        return None
    return Shift(by, order.name, correlation, expected, int(rows.sum()))


def _explained(column: pl.Series, target: Floats) -> float:
    if column.dtype == pl.String:
        return _between(_codes(column), target)
    ranks = _ranks(column)
    linear = _correlation(column.cast(pl.Float64).to_numpy(), target) ** 2
    monotone = _correlation(ranks, pl.Series(target).rank().to_numpy()) ** 2
    return max(linear, monotone)


def _between(codes: npt.NDArray[np.int64], target: Floats) -> float:
    """Share of the variance between levels, with the degrees of freedom that they use taken off."""
    sizes = np.bincount(codes)
    levels, n = len(sizes), len(target)
    if n - levels < _FEWEST_ROWS or target.var() == 0.0:
        return 0.0
    means = np.bincount(codes, weights=target) / sizes
    within = float(np.square(target - means[codes]).sum()) / (n - levels)
    return max(0.0, 1.0 - within / float(target.var(ddof=1)))


def _class_powers(column: pl.Series, classes: npt.NDArray[np.int64]) -> Iterator[Power]:
    if column.dtype == pl.String:
        yield Power(_information(_codes(column), classes), "information", len(classes))
        return
    ranks = _ranks(column)
    yield Power(_information(_bins(ranks), classes), "information", len(classes))
    yield Power(_purity(ranks, classes), "order", len(classes))
    different = np.unique(classes)
    if len(different) == 2:  # noqa: PLR2004 - an area has two sides
        yield Power(_area(ranks, classes == different[1]), "auc", len(classes))


def _purity(ranks: Floats, classes: npt.NDArray[np.int64]) -> float:
    """Changes of class along the column's order that are spared, of those by chance."""
    ordered = classes[np.argsort(ranks, kind="stable")]
    changes = int((ordered[1:] != ordered[:-1]).sum())
    shares = np.bincount(classes) / len(classes)
    by_chance = len(classes) * (1.0 - float(shares @ shares))
    needed = int((shares > 0).sum()) - 1
    return max(0.0, 1.0 - (changes - needed) / by_chance)


def _information(codes: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> float:
    """Share of the classes' entropy that the column's levels tell; levels of few rows tell nothing."""
    repeated = np.bincount(codes)[codes] >= _FEWEST_EACH
    levels = codes.max() + 1
    pairs, counts = np.unique(classes[repeated] * levels + codes[repeated], return_counts=True)
    total = np.log2(len(classes)) - _plogp(np.bincount(classes)) / len(classes)
    if total == 0.0 or not len(counts):
        return 0.0
    sizes = np.bincount(pairs % levels, weights=counts)
    inside = (_plogp(sizes) - _plogp(counts)) / len(classes)
    unseen = 1.0 - repeated.mean()
    return float(max(0.0, 1.0 - inside / total - unseen))


def _plogp(counts: npt.NDArray[np.number]) -> float:
    positive = counts[counts > 0].astype(np.float64)
    return float(positive @ np.log2(positive))


def _codes(column: pl.Series) -> npt.NDArray[np.int64]:
    """Levels of a text from 0."""
    codes: npt.NDArray[np.int64] = column.rank("dense").to_numpy().astype(np.int64) - 1
    return codes


def _bins(ranks: Floats) -> npt.NDArray[np.int64]:
    """Values of a number from 0; many are cut into equally full bins."""
    different, codes = np.unique(ranks, return_inverse=True)
    if len(different) > _BINS:
        _, codes = np.unique((ranks * _BINS / (len(ranks) + 1)).astype(int), return_inverse=True)
    return codes.astype(np.int64)


def _ranks(column: pl.Series) -> Floats:
    return column.rank().to_numpy().astype(np.float64)


def _area(ranks: Floats, positive: Bools) -> float:
    """Area under the ROC curve of a column, whichever way it runs (Mann and Whitney 1947)."""
    hits = int(positive.sum())
    misses = len(positive) - hits
    area = (ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses)
    return float(max(area, 1 - area))


def _correlation(first: Floats, second: Floats) -> float:
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / scale if scale > 0.0 else 0.0
