"""Intervals for a share: of independent rows, and of rows that come in clusters."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate
from seatrial.stats.clustered import cluster_variance
from seatrial.stats.critical import critical, percent


def wilson(hits: int, n: int, *, confidence: float = 0.95) -> Estimate:
    """Wilson score interval for a proportion.

    Chosen over the normal approximation because it keeps its coverage near 0 and 1 and for
    small ``n``, which is where release decisions are made.

    Args:
        hits: Successes, ``0 <= hits <= n``.
        n: Trials, at least 1.
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Estimate in ``fraction``; ``low`` and ``high`` lie in [0, 1].

    Raises:
        ValueError: ``n`` is 0, or ``hits`` lies outside ``[0, n]``.

    Source:
        Wilson (1927), JASA 22(158), 209-212, doi:10.2307/2276774.

    >>> wilson(9, 10)
    0.9 [0.596, 0.982] (n=10, wilson-95)
    """
    if n < 1 or not 0 <= hits <= n:
        message = f"need 0 <= hits <= n and n >= 1, got hits={hits}, n={n}"
        raise ValueError(message)
    share = hits / n
    low, high = score_ends(share, n, critical(confidence))
    return Estimate(share, low, high, int(n), f"wilson-{percent(confidence)}")


def wilson_clustered(
    hits: npt.NDArray[np.int64], trials: npt.NDArray[np.int64], *, confidence: float = 0.95
) -> Estimate:
    """Wilson interval for a share of rows that come in clusters.

    The rows count as ``n / design effect`` independent ones. The design effect is that of a ratio
    of cluster totals, linearised over the clusters; it is not taken to be under 1, because with
    few clusters such a figure is luck.

    Args:
        hits: (n_clusters,) successes in each cluster.
        trials: (n_clusters,) rows in each cluster; clusters without rows are left out.
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Estimate in ``fraction``.

    Raises:
        ValueError: fewer than two clusters have rows, or hits exceed trials.

    Source:
        Korn and Graubard (1998), Survey Methodology 24(2), 193-201; the linearised variance:
        Woodruff (1971), JASA 66(334), 411-414, doi:10.1080/01621459.1971.10482279; its worth: :mod:`clustered`.

    >>> import numpy as np
    >>> wilson_clustered(np.array([9, 5, 10, 8]), np.array([10, 10, 10, 10]))
    0.8 [0.382, 0.963] (n=40, wilson-clustered-95)
    """
    filled = trials > 0
    hits, trials = hits[filled], trials[filled]
    if len(trials) < 2 or np.any(hits > trials):  # noqa: PLR2004 - one cluster has no variance
        message = "need two clusters with rows, and no more hits than rows"
        raise ValueError(message)
    total = float(trials.sum())
    share = float(hits.sum() / total)
    residual = (hits - share * trials) / total
    found = cluster_variance(residual, trials, independent=share * (1.0 - share) / total)
    rows = effective_rows(share, found.variance, most=total, fallback=total / found.design)
    low, high = score_ends(share, rows, critical(confidence, found.df))
    return Estimate(share, low, high, int(total), f"wilson-clustered-{percent(confidence)}")


def effective_rows(share: float, variance: float, *, most: float, fallback: float) -> float:
    """Independent rows that would know a share as well as these rows do.

    Args:
        share: The share, in [0, 1].
        variance: Its variance.
        most: The answer is never above this; infinity for no limit.
        fallback: The answer where the variance says nothing, because it is 0.

    >>> effective_rows(0.5, 0.01, most=100, fallback=10)
    25.0
    """
    binomial = share * (1.0 - share)
    if variance <= _NOISE or binomial <= _NOISE:
        return min(fallback, most)
    return min(binomial / variance, most)


def score_ends(share: float, n: float, deviate: float) -> tuple[float, float]:
    """Both ends of Wilson's interval; ``n`` may be an effective, fractional number of rows."""
    squared = deviate * deviate
    centre = (share + squared / (2.0 * n)) / (1.0 + squared / n)
    spread = share * (1.0 - share) / n + squared / (4.0 * n * n)
    reach = deviate * math.sqrt(max(spread, 0.0)) / (1.0 + squared / n)
    return min(max(centre - reach, 0.0), share), max(min(centre + reach, 1.0), share)


_NOISE = 1e-20
"""Under this a variance of a share is rounding error, not information."""


def wilson_by_unit(hits: npt.NDArray[np.bool_], units: npt.NDArray[np.int64]) -> Estimate:
    """Wilson interval for a share of rows, each of a unit: clustered where units have several rows.

    Args:
        hits: (n_rows,) bool, at least one row.
        units: (n_rows,) the unit of each.

    Returns:
        Estimate in ``fraction``. All rows of one unit count as independent: nothing tells otherwise.

    >>> wilson_by_unit(np.array([True, True, False, True]), np.array([1, 2, 3, 4])).method
    'wilson-95'
    """
    _, codes = np.unique(units, return_inverse=True)
    trials = np.bincount(codes).astype(np.int64)
    if len(trials) in {1, len(hits)}:
        return wilson(int(hits.sum()), len(hits))
    return wilson_clustered(np.bincount(codes, weights=hits).astype(np.int64), trials)
