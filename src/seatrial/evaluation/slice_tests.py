"""Test slices against the rest of the rows: how likely is so bad a one by chance."""

from __future__ import annotations

import math

import numpy as np

from seatrial.evaluation.predictions import Floats, Mask
from seatrial.evaluation.slice_cells import Losses, Places


class Tests:
    """Tests of slices of some rows against the rest of them.

    Args:
        given: What is added up.
        left: (n_rows,) bool, the rows that there are.
        numbered: (n_rows,) the place of each row's unit, and how many units there are, if known.
    """

    def __init__(
        self, given: Losses, left: Mask, numbered: tuple[Places, int] | None = None
    ) -> None:
        self._given, self.left = given, left
        there = given.relevant & left
        self._total, self._hits = int(there.sum()), float(given.loss[there].sum())
        mean = self._hits / max(self._total, 1)
        self._residual = np.where(there, given.loss - mean, 0.0)
        self._numbered = _numbered(given.units) if numbered is None else numbered
        self._units, units = self._numbered
        self._is_single = units == len(given.units)
        self._by_unit = np.bincount(self._units, weights=self._residual, minlength=units)
        self._squares = float(self._by_unit @ self._by_unit)

    def without(self, rows: Places) -> Tests:
        """The same with some rows taken away."""
        left = self.left.copy()
        left[rows] = False
        return Tests(self._given, left, self._numbered)

    def worse(self, rows: Places) -> tuple[float, float]:
        """Chance of so bad a slice, or a worse one, if it is like the rest; and its deviation."""
        score = self._score(rows)
        if self._given.is_share and self._is_single:
            found = float(self._given.loss[rows].sum())
            return _hypergeometric(self._total, self._hits, len(rows), found), score
        if self._given.expected is not None and self._is_single:
            return self._beyond_expected(rows, self._given.expected), score
        from scipy.special import ndtr

        return float(ndtr(-score)), score

    def _beyond_expected(self, rows: Places, expected: Floats) -> float:
        """Chance of so many hits, each row having its own chance of one.

        A binomial with the mean chance has the heavier tail: Hoeffding (1956), Ann. Math. Stat. 27(3),
        713-721, doi:10.1214/aoms/1177728178. What is off by one factor everywhere is off in no slice.
        """
        from scipy.special import bdtrc

        there = self._given.relevant & self.left
        everywhere = float(expected[there].sum())
        hits = float((self._given.loss + expected)[rows].sum())
        factor = (self._hits + everywhere) / everywhere if everywhere > 0 else 1.0
        chance = min(float(expected[rows].mean()) * factor, 1.0)
        return float(bdtrc(round(hits) - 1, len(rows), chance)) if hits >= 1 else 1.0

    def _score(self, rows: Places) -> float:
        """Sum of the residuals over its standard error, ``sum_unit (inside - share * all)^2``."""
        inside = self._residual[rows]
        share = len(rows) / self._total
        units, all_ = self._units[rows], inside
        if not self._is_single:
            units, places = np.unique(units, return_inverse=True)
            all_ = np.bincount(places, weights=inside)
        cross = float(all_ @ self._by_unit[units])
        variance = float(all_ @ all_) - 2.0 * share * cross + share**2 * self._squares
        return float(inside.sum()) / math.sqrt(variance) if variance > 0 else 0.0


def _numbered(units: Places) -> tuple[Places, int]:
    found, places = np.unique(units, return_inverse=True)
    return places, len(found)


def _hypergeometric(total: int, hits: float, n: int, found: float) -> float:
    """Chance that at least ``found`` of ``n`` rows drawn from ``total`` are among the ``hits``."""
    from scipy.special import gammaln

    def choose(of: Floats | float, take: Floats) -> Floats:
        ways: Floats = gammaln(of + 1.0) - gammaln(take + 1.0) - gammaln(of - take + 1.0)
        return ways

    at = np.arange(found, min(n, hits) + 1)
    at = at[n - at <= total - hits]
    every = choose(float(total), np.array([float(n)]))
    logs = choose(hits, at) + choose(total - hits, n - at) - every
    return min(float(np.exp(logs).sum()), 1.0)
