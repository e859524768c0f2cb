"""Every slice to a depth with several metrics of decisions, each with its interval, in one pass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seatrial.core.errors import UserError
from seatrial.evaluation.confusion import METRICS, weights
from seatrial.evaluation.facets import Facet
from seatrial.evaluation.predictions import Codes, Floats, Predictions
from seatrial.evaluation.question import Question
from seatrial.evaluation.slice_cells import Cells, Losses, condition, count, joined
from seatrial.evaluation.slices import LEAST_ROWS

_OTHERS = frozenset({"matthews_corrcoef", "balanced_accuracy", "expected_cost"})
"""Metrics of decisions that are no ratio of counts between 0 and 1."""


@dataclass(frozen=True, slots=True)
class SliceTable:
    """Metrics of many slices.

    Attributes:
        metrics: Their names.
        where: (n_slices) conditions.
        rows: (n_slices,) float64.
        values: (n_slices, n_metrics) float64; NaN where the slice doesn't define the metric.
        low: (n_slices, n_metrics) float64, lower ends of the 95 % intervals.
        high: (n_slices, n_metrics) float64.
    """

    metrics: tuple[str, ...]
    where: tuple[str, ...]
    rows: Floats
    values: Floats
    low: Floats
    high: Floats


def tabulate(
    made: Sequence[Facet],
    predictions: Predictions,
    metrics: Sequence[str],
    *,
    depth: int = 2,
    least: int = LEAST_ROWS,
    level: float = 0.95,
) -> SliceTable:
    """Measure several metrics of decisions in every slice.

    Intervals are Wilson's with as many independent rows as the rows are worth; with units of several
    rows, the rows of a unit count together and Student's quantile is used.

    Args:
        made: Columns, cut into slices.
        predictions: What a candidate answered, and what was true.
        metrics: Names of metrics that are ratios of counts: recall, precision, accuracy, f1 ...
        depth: Columns in one condition, 1 to 3.
        least: Rows that a slice must have.
        level: Two-sided coverage of the intervals, in (0, 1).

    Raises:
        UserError: a metric is no ratio of counts.

    Source:
        The variance of a ratio: Woodruff (1971), JASA 66(334), 411-414,
        doi:10.1080/01621459.1971.10482279.
    """
    size = len(predictions.classes)
    if strange := [name for name in metrics if name not in METRICS or name in _OTHERS]:
        hint = f"these are: {', '.join(name for name in METRICS if name not in _OTHERS)}"
        raise UserError(f"{', '.join(strange)} is no ratio of counts", hint=hint)
    pairs = [weights(Question(name), predictions.classes, size) for name in metrics]
    tops, bottoms = (np.array([each.ravel() for each in side]) for side in zip(*pairs, strict=True))
    cells = (predictions.truth * size + predictions.decided).astype(np.int64)
    given = Losses(
        np.zeros(len(cells)), np.ones(len(cells), bool), predictions.units, is_share=True
    )
    in_order = np.array_equal(predictions.units, np.arange(len(cells)))
    is_single = in_order or len(np.unique(predictions.units)) == len(cells)
    units = None if is_single else predictions.units
    measured = _Measured(cells, size * size, tops, bottoms, units, level)
    parts = list(_parts(made, given, measured, depth, least))
    where = tuple(text for each in parts for text in each[0])
    rows, values, low, high = (
        np.concatenate([each[at] for each in parts]) if parts else np.empty(0)
        for at in (1, 2, 3, 4)
    )
    return SliceTable(tuple(metrics), where, rows, values, low, high)


def _parts(
    made: Sequence[Facet], given: Losses, measured: _Measured, depth: int, least: int
) -> Iterator[tuple[list[str], Floats, Floats, Floats, Floats]]:
    for counted in count(made, given, depth=depth, least=least):
        where = [str(condition(made, counted, int(code))) for code in counted.codes]
        yield where, counted.n, *measured.of(made, counted)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Metrics of the slices of a combination.

    Attributes:
        cells: (n_rows,) true and decided class of each row, as one code.
        kinds: How many such codes there are.
        tops: (n_metrics, kinds) what each code adds to the numerator.
        bottoms: (n_metrics, kinds) and to the denominator.
        units: (n_rows,) int64; None if each row is one of its own.
        level: Coverage of the intervals.
    """

    cells: Codes
    kinds: int
    tops: Floats
    bottoms: Floats
    units: Codes | None
    level: float

    def of(self, made: Sequence[Facet], counted: Cells) -> tuple[Floats, Floats, Floats]:
        """Values and both ends, (n_slices, n_metrics) each."""
        codes, shape = joined(made, counted.places)
        slices = math.prod(shape)
        every = np.bincount(codes * self.kinds + self.cells, minlength=slices * self.kinds)
        tables = every.reshape(slices, self.kinds)[counted.codes].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            below = tables @ self.bottoms.T
            values = (tables @ self.tops.T) / below
            squares, clusters = self._squares(codes, counted, tables, values)
            variance = squares / below**2
        relevant = tables @ (self.bottoms > 0).T
        return values, *self._ends(values, variance, relevant, clusters)

    def _squares(
        self, codes: Codes, counted: Cells, tables: Floats, values: Floats
    ) -> tuple[Floats, Floats | None]:
        """Sums over units of ``(top - value * bottom)^2``, and the units of each slice."""
        if self.units is None:
            residual = self.tops - values[:, :, None] * self.bottoms  # (n_slices, n_metrics, kinds)
            return np.einsum("smk,sk->sm", residual**2, tables), None
        kept = np.isin(codes, counted.codes)
        place = np.searchsorted(counted.codes, codes[kept])
        pairs, where = np.unique(
            np.column_stack([place, self.units[kept]]), axis=0, return_inverse=True
        )
        found = np.empty_like(values)
        clusters = np.bincount(pairs[:, 0], minlength=len(counted.codes)).astype(np.float64)
        for metric, (top, bottom) in enumerate(zip(self.tops, self.bottoms, strict=True)):
            of_row = self.cells[kept]
            sums = [
                np.bincount(where, weights=each[of_row], minlength=len(pairs))
                for each in (top, bottom)
            ]
            residual = sums[0] - values[pairs[:, 0], metric] * sums[1]
            found[:, metric] = np.bincount(pairs[:, 0], weights=residual**2)
        factor = clusters / np.maximum(clusters - 1.0, 1e-9)
        return found * factor[:, None], clusters

    def _ends(
        self, values: Floats, variance: Floats, relevant: Floats, clusters: Floats | None
    ) -> tuple[Floats, Floats]:
        """Both ends of Wilson's interval with an effective number of rows."""
        from scipy.special import ndtri, stdtrit

        tail = (1.0 + self.level) / 2.0
        deviate: Floats | float = float(ndtri(tail))
        if clusters is not None:
            deviate = stdtrit(np.maximum(clusters - 1.0, 1.0), tail)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(variance > 0, values * (1.0 - values) / variance, relevant)
            n = np.where(
                self.tops.max(axis=1) > 1.0, worth, np.minimum(worth, relevant)
            )  # F1 isn't
            squared = deviate**2 / n
            centre = (values + squared / 2.0) / (1.0 + squared)
            spread = values * (1.0 - values) / n + squared / (4.0 * n)
            reach = deviate * np.sqrt(np.maximum(spread, 0.0)) / (1.0 + squared)
        single = np.zeros_like(values, bool) if clusters is None else (clusters < 2)[:, None]  # noqa: PLR2004 — one unit has no spread
        low = np.clip(centre - reach, 0.0, values)
        high = np.clip(centre + reach, values, 1.0)
        return np.where(single, np.nan, low), np.where(single, np.nan, high)
