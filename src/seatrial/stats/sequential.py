"""Tests that stay valid however often one looks: does a mean that held begin to break its bound?

A :class:`Detector` bets against a claim. Each look multiplies what the bets are worth by how well
the new rows fit a broken claim; while the claim holds, no bet gains on average. Every look also
starts all bets anew beside those that run (Shiryaev-Roberts), so that a fault after a long healthy
time is seen as soon as one at the start.

What is promised while the claim holds, however the looks are spaced or chosen:

* with restarts, at most ``looks / limit`` false alarms are expected in any number of looks, if the
  detector is started again after each: with ``limit`` 2,160 one in 90 days of hourly looks;
* from the start, without restarts, the chance that ``limit`` is ever reached is at most
  ``1 / limit``.

Rows: exact, if no row is expected beyond the bound given those before it; values lie in a stated
range, nothing else is assumed of them. Clusters: their sums may be anything that their sizes allow,
rows inside may be as alike as they like. What counts is that no *cluster* is expected beyond the
bound. It is exact until the clusters seen say how much they spread; from then on a cluster counts
at most three of these spreads in the claim's favour, which is approximate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Operator = Literal["<=", ">="]

LOOKS_IN_90_DAYS = 2_160
"""Hourly looks in 90 days: the ``limit`` for at most one false alarm in them."""

_ROW_BETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 0.95)
_BETS_BY_ROW = np.array(_ROW_BETS)[:, None]
_CLUSTER_BETS = (0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
_SPREADS = 3.0  # a normal cluster lies further out in the claim's favour once in 740
_ENOUGH = 6  # jumps from one cluster to the next after which they say how much clusters spread
_TOLD = 8  # jumps that a spread counts for which the caller states
_WIDER = 3.0  # a spread from few jumps is taken for larger, by this over their number
_MEMORY = 32  # clusters over which sizes and spread are averaged, so that both may drift
_LARGE = 2.0  # times the mean size: a larger cluster counts no more than one of this size
_LEAST = 0.25  # times the spread of independent rows: no spread is believed to be less
_ROUNDING = 1e-9  # of a row, by which a sum of floats may leave its range
_MOST_LOG = 700.0  # the greatest exponent that a float can show
_CLOSE = 1e-6  # of a logarithm, far more than rounding


@dataclass(frozen=True, slots=True)
class Detector:
    """Evidence that a mean breaks its bound, as it stands; a value, made anew by each look.

    Made by :meth:`of_rows` and :meth:`of_clusters`.

    Attributes:
        operator: What is claimed of the mean: ``<=`` or ``>=`` the bound.
        bound: The bound, strictly between ``low`` and ``high``.
        limit: Evidence at which the claim counts as broken.
        low: Least value of a row.
        high: Greatest value of a row.
        is_clustered: Whether clusters are given, not rows.
        restarts: Whether a break at any time is looked for, not one since the start.
        evidence: For each bet log(1 + statistic), or its logarithm without restarts.
        looks: Looks at which something new was seen.
        n: Rows seen.
        total: Sum of their values.
        clusters: Clusters seen.
        size: Mean size of the latest clusters, in rows.
        variance: Of the latest clusters, each by its distance from the bound.
        jumps: Differences of neighbours that it rests on.
        last: Distance of the last cluster; None before the first.
    """

    operator: Operator
    bound: float
    limit: float
    low: float
    high: float
    is_clustered: bool
    restarts: bool
    evidence: tuple[float, ...]
    looks: int = 0
    n: int = 0
    total: float = 0.0
    clusters: int = 0
    size: float = 0.0
    variance: float = 0.0
    jumps: int = 0
    last: float | None = None

    @classmethod
    def of_rows(
        cls,
        operator: Operator,
        bound: float,
        *,
        limit: float,
        low: float = 0.0,
        high: float = 1.0,
        restarts: bool = True,
    ) -> Detector:
        """Watch the mean of rows, none of which is expected beyond the bound given those before.

        Args:
            operator: What is claimed: the mean is ``<=`` or ``>=`` the bound.
            bound: Strictly between ``low`` and ``high``.
            limit: Looks to a false alarm, on average; 1 / chance of one without restarts.
            low: Least value of a row.
            high: Greatest value of a row.
            restarts: Look for a break at any time; else from the start.

        Raises:
            ValueError: the bound isn't inside the range, or the limit isn't above 1.

        Source:
            Shin, Ramdas and Rinaldo (2024), N. Engl. J. Stat. Data Sci., E-detectors,
            doi:10.51387/23-NEJSDS51; the bets: Waudby-Smith and Ramdas (2024), J. R. Stat. Soc. B
            86(1), 1-27, doi:10.1093/jrsssb/qkad009.

        >>> healthy = Detector.of_rows("<=", 0.05, limit=2160).count(10, 1000)
        >>> healthy.has_crossed, healthy.count(110, 1000).has_crossed
        (False, True)
        """
        _check(bound, low, high, limit)
        nothing = (0.0,) * len(_ROW_BETS)
        return cls(
            operator,
            bound,
            limit,
            low,
            high,
            is_clustered=False,
            restarts=restarts,
            evidence=nothing,
        )

    @classmethod
    def of_clusters(
        cls,
        operator: Operator,
        bound: float,
        *,
        limit: float,
        low: float = 0.0,
        high: float = 1.0,
        spread: float | None = None,
        restarts: bool = True,
    ) -> Detector:
        """Watch a ratio of sums over clusters of rows that may be alike, such as days.

        A cluster is given as the sum of its values and its number of rows: hits and called rows of
        a day for precision, the sum of paired differences and the pairs for a comparison. Clusters
        count by size, up to twice the mean size seen.

        Args:
            operator: What is claimed: sum of values / rows is ``<=`` or ``>=`` the bound.
            bound: Strictly between ``low`` and ``high``.
            limit: Looks to a false alarm, on average; 1 / chance of one without restarts. With a
                cluster a day, 90 is once in 90 days.
            low: Least value of a row; -1 for paired differences.
            high: Greatest value of a row.
            spread: Standard deviation of the clusters' means, if something is known of it; the
                clusters seen correct it. Too large is slow at first, too small isn't valid at first.
            restarts: Look for a break at any time; else from the start.

        Raises:
            ValueError: the bound isn't inside the range, or limit or spread aren't positive.

        Source:
            As :meth:`of_rows`; bets on sums whose scale is learned from the past.

        >>> month = Detector.of_clusters(">=", 0.6, limit=90)
        >>> for _ in range(30):
        ...     month = month.update([70, 64], [100, 100])
        >>> month.has_crossed, month.update([45] * 12, [100] * 12).has_crossed
        (False, True)
        """
        _check(bound, low, high, limit)
        if spread is not None and spread <= 0.0:
            message = f"spread must be positive, got {spread}"
            raise ValueError(message)
        nothing = (0.0,) * len(_CLUSTER_BETS)
        return cls(
            operator,
            bound,
            limit,
            low,
            high,
            is_clustered=True,
            restarts=restarts,
            evidence=nothing,
            variance=0.0 if spread is None else (spread / _LARGE) ** 2,
            jumps=0 if spread is None else _TOLD,
        )

    @property
    def against(self) -> float:
        """Evidence against the claim; 1 is none, ``limit`` breaks it."""
        least = 1.0 if self.restarts else 0.0
        worth = sum(math.exp(min(each, _MOST_LOG)) - least for each in self.evidence)
        return max(worth / len(self.evidence), 1.0)

    @property
    def has_crossed(self) -> bool:
        """Whether the evidence is at its limit now; it may fall again."""
        # a mean isn't above its largest term: most looks are told without adding up what bets are worth
        return max(self.evidence) >= math.log(self.limit) - _CLOSE and self.against >= self.limit

    @property
    def mean(self) -> float | None:
        """Of all rows seen; None before the first."""
        return self.total / self.n if self.n else None

    def count(self, hits: int, n: int) -> Detector:
        """Look at rows that are 0 or 1, of which only the counts matter.

        Args:
            hits: Rows that are 1, up to ``n``.
            n: Rows; with 0 nothing was seen, and the look doesn't count.

        Raises:
            ValueError: more hits than rows, clusters are watched, or the range isn't [0, 1].
        """
        if self.is_clustered or (self.low, self.high) != (0.0, 1.0) or not 0 <= hits <= n:
            message = f"counts of rows in [0, 1] are wanted, got {hits} of {n} for {self}"
            raise ValueError(message)
        if n == 0:
            return self
        reach = self._reach
        per_hit = _gains(self._distance(1.0) / reach)
        per_miss = _gains(self._distance(0.0) / reach)
        misses = n - hits
        growth = [hits * hit + misses * miss for hit, miss in zip(per_hit, per_miss, strict=True)]
        return self._after_rows(growth, n, float(hits))

    def update(self, values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> Detector:
        """Look at what is new, in order of time.

        Call it once for each look: all that is handed over at once is one look.

        Args:
            values: (n,) values of rows; with clusters the sum of each cluster's values.
            sizes: (n,) rows of each cluster, with clusters only; those with 0 are left out.

        Raises:
            ValueError: a value can't be: outside its range, or not a number.
        """
        given = np.atleast_1d(np.asarray(values, dtype=np.float64))
        if self.is_clustered:
            return self._see_clusters(given, np.atleast_1d(np.asarray(sizes, dtype=np.int64)))
        if sizes is not None or not np.all((given >= self.low) & (given <= self.high)):
            message = f"rows in [{self.low:g}, {self.high:g}] are wanted, without sizes"
            raise ValueError(message)
        if not len(given):
            return self
        distances = self._distance(given) / self._reach
        growth = np.log1p(_BETS_BY_ROW * distances).sum(axis=1).tolist()
        return self._after_rows(growth, len(given), float(given.sum()))

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {**asdict(self), "evidence": list(self.evidence)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Detector:
        """Read what :meth:`to_json` wrote."""
        return cls(**{**data, "evidence": tuple(data["evidence"])})

    @property
    def _reach(self) -> float:
        """How far a row can lie on the claim's side of the bound."""
        return self.bound - self.low if self.operator == "<=" else self.high - self.bound

    def _distance(self, value: Any) -> Any:
        """How far a value lies beyond the bound; below 0 where the claim holds."""
        return value - self.bound if self.operator == "<=" else self.bound - value

    def _worth(self, growth: Sequence[float]) -> tuple[float, ...]:
        """What the bets are worth after a look."""
        worth = [each + more for each, more in zip(self.evidence, growth, strict=True)]
        return tuple(map(_log1p_exp, worth) if self.restarts else worth)

    def _after_rows(self, growth: Sequence[float], n: int, total: float) -> Detector:
        return replace(
            self,
            evidence=self._worth(growth),
            looks=self.looks + 1,
            n=self.n + n,
            total=self.total + total,
        )

    def _see_clusters(
        self, sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64]
    ) -> Detector:
        seen, growth = self, [0.0] * len(_CLUSTER_BETS)
        message = "a sum and a size for each cluster are wanted, and none outside its range"
        if len(sums) != len(sizes):
            raise ValueError(message)
        for total, rows in zip(sums.tolist(), sizes.tolist(), strict=True):
            rounding = _ROUNDING * rows
            if not self.low * rows - rounding <= total <= self.high * rows + rounding:
                raise ValueError(message)
            if rows > 0:
                seen, distance = _see_cluster(seen, total, rows)
                growth = [
                    so_far + math.log1p(bet * distance)
                    for so_far, bet in zip(growth, _CLUSTER_BETS, strict=True)
                ]
        if seen is self:
            return self
        return replace(seen, evidence=self._worth(growth), looks=self.looks + 1)


def _see_cluster(before: Detector, total: float, rows: int) -> tuple[Detector, float]:
    """One cluster's distance, at least -1; its scale rests on the clusters before, and on sizes."""
    below, above = before.bound - before.low, before.high - before.bound
    rate = max(1.0 / (before.clusters + 1), 1.0 / _MEMORY)
    size = before.size + rate * (rows - before.size)
    weight = max(rows, _LARGE * size)
    beyond = total - before.bound * rows
    distance = (beyond if before.operator == "<=" else -beyond) / weight
    reach = below if before.operator == "<=" else above
    most = min(reach, _spread(before, below * above * rows / weight**2))
    variance, jumps = before.variance, before.jumps
    if before.last is not None:
        # From the jumps between neighbours, so that a level that moved doesn't count as spread.
        rate = max(1.0 / (jumps + 1), 1.0 / _MEMORY)
        variance += rate * ((distance - before.last) ** 2 / 2.0 - variance)
        jumps += 1
    seen = replace(
        before,
        n=before.n + rows,
        total=before.total + total,
        clusters=before.clusters + 1,
        size=size,
        variance=variance,
        jumps=jumps,
        last=distance,
    )
    return seen, max(distance, -most) / most


def _spread(before: Detector, independent: float) -> float:
    """How far a cluster may speak for the claim; infinite until enough of them were seen."""
    if before.jumps < _ENOUGH:
        return math.inf
    wider = 1.0 + _WIDER / before.jumps
    return _SPREADS * wider * math.sqrt(max(before.variance, _LEAST**2 * independent))


@lru_cache(maxsize=256)
def _gains(distance: float) -> tuple[float, ...]:
    """What each bet on rows gains by a row at that distance, as a logarithm; few rows differ."""
    return tuple(math.log1p(bet * distance) for bet in _ROW_BETS)


def _log1p_exp(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0.0 else math.log1p(math.exp(x))


def _check(bound: float, low: float, high: float, limit: float) -> None:
    if not (low < bound < high and limit > 1.0):
        message = (
            f"the bound must lie inside ({low:g}, {high:g}) and the limit be above 1, "
            f"got {bound} and {limit}"
        )
        raise ValueError(message)
