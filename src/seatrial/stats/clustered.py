"""The variance of a sum over clusters of rows, and how well that variance is itself known.

Few clusters know their own spread badly, and worst where it matters: a burst of errors on one day
in twenty is not in every sample, and the samples without it look better *and* steadier. So the
variance is drawn up to that of rows with an ordinary likeness, as far as the data allow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.stats.intraclass import design_effect

ORDINARY_CORRELATION = 0.1
"""Intraclass correlation that is expected before the data say otherwise; a choice of ours."""

ORDINARY_DF = 8.0
"""Degrees of freedom that this expectation counts for: as much as 9 clusters; a choice of ours."""

BELIEVABLE = 0.95
"""Confidence of the upper limit of the variance that the expectation can't raise it above."""


@dataclass(frozen=True, slots=True)
class ClusterVariance:
    """A variance with its worth.

    Attributes:
        variance: Of the statistic; infinite for a single cluster.
        df: Degrees of freedom; 0 for a single cluster.
        design: The design effect that is expected before the data say otherwise, at least 1.
    """

    variance: float
    df: float
    design: float


def cluster_variance(
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[Any], *, independent: float
) -> ClusterVariance:
    """The variance of the total of some clusters.

    Args:
        sums: (n_clusters,) sum of the influences of each cluster's rows; they sum to 0 together.
        sizes: (n_clusters,) relevant rows of each; clusters of size 0 don't count.
        independent: What the variance would be if the rows were independent.

    Source:
        By cluster: Binder (1983), Int. Stat. Review 51(3), 279-292, doi:10.2307/1402588. Drawn to
        an expectation: Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1), 3,
        doi:10.2202/1544-6115.1027; here upwards only.

    >>> cluster_variance(np.array([-0.5, 0.5]), np.array([1, 1]), independent=0.5)
    ClusterVariance(variance=1.0, df=1, design=1.0)
    """
    clusters = int(np.count_nonzero(sizes))
    if clusters < 2:  # noqa: PLR2004 - one cluster has no spread
        return ClusterVariance(np.inf, 0.0, 1.0)
    design = design_effect(ORDINARY_CORRELATION, sizes)
    squares = sums * sums
    found = float(squares.sum()) * clusters / (clusters - 1)
    if found <= 0.0:
        df = clusters - 1 if design == 1.0 else min(ORDINARY_DF, clusters - 1)
        return ClusterVariance(0.0, df, design)
    df = _degrees_of_freedom(squares, clusters)
    expected = independent * design
    if design == 1.0 or expected <= found:
        return ClusterVariance(found, df, design)
    drawn = (df * found + ORDINARY_DF * expected) / (df + ORDINARY_DF)
    drawn = min(drawn, found * _upper_limit(df))
    return ClusterVariance(drawn, min(df + ORDINARY_DF, clusters - 1), design)


def _degrees_of_freedom(squares: npt.NDArray[np.float64], clusters: int) -> float:
    """Clusters minus 1 if they are normal and of one spread; fewer if a few make up most of it.

    Source:
        O'Neill (2014), The American Statistician 68(4), 282-296,
        doi:10.1080/00031305.2014.966589.
    """
    total = float(squares.sum())
    kurtosis = clusters * float(squares @ squares) / total**2
    excess = kurtosis - (clusters - 3) / (clusters - 1)
    return min(2.0 * clusters / excess, clusters - 1) if excess > 0.0 else clusters - 1


def _upper_limit(df: float) -> float:
    """What a variance is to be multiplied with for the upper limit of its chi-squared interval."""
    from scipy.special import chdtri

    return df / float(chdtri(df, BELIEVABLE))
