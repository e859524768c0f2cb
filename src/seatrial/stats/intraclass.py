"""How alike the rows of one cluster are, and what that costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.critical import percent


def intraclass_correlation(
    values: npt.NDArray[np.float64], clusters: npt.NDArray[np.int64], *, confidence: float = 0.95
) -> Estimate:
    """Share of the variance that lies between clusters, by analysis of variance.

    0: rows of a cluster are no more alike than rows of different clusters; 1: they are the same.

    Args:
        values: (n_rows,) float64.
        clusters: (n_rows,) int64, which cluster a row belongs to.
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Estimate in ``fraction``; may be a little under 0. Not measured if no cluster holds two
        rows, there is one cluster only, or all values are equal.

    Source:
        Estimator: Donner (1986), Int. Stat. Review 54(1), 67-82, doi:10.2307/1403259. Interval:
        the F interval, approximate for clusters of unequal size, of Donner and Wells (1986),
        Biometrics 42(2), 401-412, doi:10.2307/2531060.

    >>> from typing import Any

    import numpy as np
    >>> intraclass_correlation(np.array([1.0, 1.1, 5.0, 5.2, 9.0, 9.1]), np.array([0, 0, 1, 1, 2, 2]))
    0.999 [0.99, 1] (n=6, anova-95)
    """
    _, codes = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(codes)
    n, groups = len(values), len(sizes)
    if groups < 2 or n == groups:  # noqa: PLR2004 - variance between needs two clusters
        return not_measured("needs two clusters, and one of them with two rows", n=n)
    means = np.bincount(codes, weights=values) / sizes
    between = float(sizes @ (means - values.mean()) ** 2) / (groups - 1)
    within = float(np.sum((values - means[codes]) ** 2)) / (n - groups)
    if between == 0.0 and within == 0.0:
        return not_measured("all values are equal", n=n)
    size = (n - float(sizes @ sizes) / n) / (groups - 1)
    low, high = _ends(between, within, (groups - 1, n - groups), size, confidence)
    value = (between - within) / (between + (size - 1.0) * within)
    return Estimate(value, min(low, value), max(high, value), n, f"anova-{percent(confidence)}")


def design_effect(correlation: float, sizes: npt.NDArray[Any]) -> float:
    """How many times greater the variance of a mean is than with independent rows.

    Args:
        correlation: Intraclass correlation.
        sizes: (n_clusters,) rows in each cluster.

    Source:
        Kish (1965), Survey Sampling, with the weighted mean size of Kish (1987), Statistical
        Design for Research, doi:10.1002/9780471725206.

    >>> from typing import Any

    import numpy as np
    >>> design_effect(0.1, np.array([21, 21]))
    3.0
    """
    mean_size = float((sizes * sizes).sum() / sizes.sum())
    return 1.0 + (mean_size - 1.0) * correlation


def _ends(
    between: float, within: float, df: tuple[int, int], size: float, confidence: float
) -> tuple[float, float]:
    from scipy.special import fdtri

    tail = (1.0 - confidence) / 2.0
    least = between / float(fdtri(*df, 1.0 - tail))  # the F ratio, both sides times `within`
    most = between / float(fdtri(*df, tail))
    return (
        (least - within) / (least + (size - 1.0) * within),
        (most - within) / (most + (size - 1.0) * within),
    )
