"""How far two distributions lie apart, and whether chance explains it; all from counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[Any]

RARE = 1e-4
"""Share that an empty group counts as in the population stability index, as is customary."""

_LEAST_EXPECTED = 5.0  # of a group, so that chi-square is a good approximation: Cochran (1954)
_RARE_RATE = 0.05  # up to which hits are taken to fall independently of each other
_SMALL = 0.2  # under this the distribution function of Kolmogorov is 0 to 12 digits
_TERMS = 100


def kolmogorov_smirnov(first: Counts, second: Counts) -> float:
    """Greatest distance between two distribution functions, at the edges that were counted over.

    Args:
        first: (n_groups,) rows in each group, in the order of the values.
        second: (n_groups,) the same of the other.

    >>> kolmogorov_smirnov(np.array([5, 5]), np.array([2, 8]))
    0.3
    """
    return float(np.abs(_shares(first).cumsum() - _shares(second).cumsum()).max())


def kolmogorov_p(distance: float, n: float, m: float) -> float:
    """Chance of such a distance or a greater one between two samples of one distribution.

    Asymptotic; with ties, or over few edges, the true chance is smaller.

    Args:
        distance: As of :func:`kolmogorov_smirnov`.
        n: Rows of the first sample; may be an effective number.
        m: Rows of the second.

    Source:
        Smirnov (1948), Ann. Math. Stat. 19(2), 279-281, doi:10.1214/aoms/1177730256.

    >>> round(kolmogorov_p(0.1, 400, 400), 4)
    0.0366
    """
    x = math.sqrt(n * m / (n + m)) * distance
    if x < _SMALL:
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2.0 * (k * x) ** 2) for k in range(1, _TERMS))
    return min(max(2.0 * math.fsum(terms), 0.0), 1.0)


def population_stability(first: Counts, second: Counts) -> float:
    """Population stability index: the divergence between two distributions over groups, both ways.

    By custom under 0.1 is no shift, above 0.2 (some say 0.25) a large one.

    Args:
        first: (n_groups,) rows of the reference in each group.
        second: (n_groups,) rows of the other.

    Source:
        Siddiqi (2006), Credit Risk Scorecards; Kullback and Leibler (1951),
        doi:10.1214/aoms/1177729694.

    >>> round(population_stability(np.array([50, 50]), np.array([30, 70])), 4)
    0.1695
    """
    p, q = np.maximum(_shares(first), RARE), np.maximum(_shares(second), RARE)
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(first: Counts, second: Counts) -> float:
    """Jensen-Shannon distance to base 2: 0 for equal distributions, 1 for disjoint ones.

    Args:
        first: (n_groups,) rows in each group.
        second: (n_groups,) the same of the other.

    Source:
        Lin (1991), IEEE Trans. Inf. Theory 37(1), 145-151, doi:10.1109/18.61115; its root is the
        distance: Endres and Schindelin (2003), doi:10.1109/TIT.2003.813506.

    >>> jensen_shannon(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    p, q = _shares(first), _shares(second)
    middle = (p + q) / 2.0
    divergence = sum(
        float((side[side > 0] * np.log2(side[side > 0] / middle[side > 0])).sum()) / 2.0
        for side in (p, q)
    )
    return math.sqrt(max(divergence, 0.0))


def chi_square_p(first: Counts, second: Counts, *, design: float = 1.0) -> float:
    """Chance of such a difference or a greater one between two samples of one distribution.

    The contingency test: both samples vary. Groups of which fewer than 5 rows are expected in
    either sample are pooled.

    Args:
        first: (n_groups,) rows in each group.
        second: (n_groups,) the same of the other.
        design: Design effect by which the statistic is too large, at least 1.

    Source:
        Pearson (1900); pooling: Cochran (1954), Biometrics 10(4), 417-451, doi:10.2307/3001616;
        the design effect: Rao and Scott (1981), JASA 76(374), 221-230, doi:10.2307/2287815.

    >>> chi_square_p(np.array([16, 18, 16, 14, 12, 12]), np.array([16, 16, 16, 16, 16, 8]))
    0.8985...
    """
    from scipy.special import chdtrc

    table = np.array([first, second], dtype=np.float64)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    rare = expected.min(axis=0) < _LEAST_EXPECTED
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    filled = expected.min(axis=0) > 0
    groups = int(filled.sum())
    if groups < 2:  # noqa: PLR2004 - one group is always equal
        return 1.0
    statistic = (((table - expected) ** 2)[:, filled] / expected[:, filled]).sum() / design
    return float(chdtrc(groups - 1, statistic))


def rates_p(hits: float, n: float, other_hits: float, other_n: float) -> float:
    """Chance of such a difference or a greater one between two samples of one rate.

    Two-sided, given the hits of both together; hits and rows may be effective numbers.

    Args:
        hits: Of the first sample.
        n: Rows of the first sample.
        other_hits: Of the second.
        other_n: Rows of the second.

    Source:
        For rare hits a split of hits in proportion to the rows: Przyborowski and Wilenski (1940),
        Biometrika 31(3-4), 313-323, doi:10.2307/2332612; else the normal approximation with
        Yates' correction (1934), doi:10.2307/2983604.

    >>> rates_p(0, 1000, 12, 1000) < 0.001, rates_p(10, 1000, 12, 1000) > 0.5
    (True, True)
    """
    from scipy.special import betainc, ndtr

    together = hits + other_hits
    share = n / (n + other_n)
    rate = together / (n + other_n)
    if rate in {0.0, 1.0}:
        return 1.0
    if rate < _RARE_RATE:
        under = float(betainc(together - hits, hits + 1.0, 1.0 - share)) if other_hits else 1.0
        over = float(betainc(hits, together - hits + 1.0, share)) if hits else 1.0
        return min(2.0 * min(under, over), 1.0)
    spread = math.sqrt(rate * (1.0 - rate) * share * (1.0 - share) * (n + other_n))
    beyond = max(abs(hits - together * share) - 0.5, 0.0) / spread
    return 2.0 * float(ndtr(-beyond))


def _shares(counts: Counts) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = np.asarray(counts, dtype=np.float64) / counts.sum()
    return found
