"""Intervals that hold at every look together, so that one may look, act and look again.

An ordinary interval covers at one look that was fixed before; these cover at all of them at once.
They are wider for it: 1.5 times after twenty rows, twice after 5,000.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.clustered import cluster_variance
from seatrial.stats.critical import critical, percent
from seatrial.stats.proportions import effective_rows

_PRIOR = 0.5  # both parameters of the beta mixture: Jeffreys' prior
_HALVINGS = 60  # to the last bit of a float
_ROUNDING = 1e-9  # by which a share may lie outside of its range


def rate_sequence(
    total: float,
    n: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Interval for the mean of bounded rows that holds at every look.

    Exact for rows each of which has the same expectation given those before; for rows of 0 and 1
    it is also as narrow as can be.

    Args:
        total: Sum of the values.
        n: Rows; may be an effective number.
        low: Least value of a row.
        high: Greatest value of a row.
        confidence: Coverage of all looks at once, in (0, 1).

    Returns:
        Estimate in ``fraction``; not measured without rows.

    Raises:
        ValueError: the total can't be the sum of so many values.

    Source:
        Robbins (1970), Ann. Math. Stat. 41(5), 1397-1409, doi:10.1214/aoms/1177696786; that it
        holds for all values in a range: Howard, Ramdas, McAuliffe and Sekhon (2021), Ann. Stat.
        49(2), 1055-1080, doi:10.1214/20-AOS1991.

    >>> rate_sequence(90, 100)
    0.9 [0.772, 0.971] (n=100, beta-sequence-95)
    """
    if n <= 0:
        return not_measured("no rows")
    share = (total / n - low) / (high - low)
    if not -_ROUNDING <= share <= 1.0 + _ROUNDING:
        message = f"{total} can't be the sum of {n} values in [{low}, {high}]"
        raise ValueError(message)
    share = min(max(share, 0.0), 1.0)
    least, most = (low + (high - low) * each for each in _ends(share, n, confidence))
    return Estimate(total / n, least, most, round(n), f"beta-sequence-{percent(confidence)}")


def ratio_sequence(
    sums: npt.ArrayLike,
    sizes: npt.ArrayLike,
    *,
    low: float = 0.0,
    high: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Interval for a ratio of sums over clusters that holds at every look.

    The rows count as the number of independent ones that would know the ratio as well; with few
    clusters that number is lowered, as Student's t widens an interval. Approximate, and the better
    the more clusters there are; ``docs/statistics.md`` has what was measured.

    Args:
        sums: (n_clusters,) sum of each cluster's values.
        sizes: (n_clusters,) rows of each cluster; those without rows are left out.
        low: Least value of a row; -1 for paired differences.
        high: Greatest value of a row.
        confidence: Coverage of all looks at once, in (0, 1).

    Returns:
        Estimate in ``fraction``; not measured with fewer than two clusters.

    Source:
        The asymptotic argument: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Ann. Stat.
        52(6), 2613-2640, doi:10.1214/24-AOS2408; the variance as in :func:`~seatrial.stats.wilson_clustered`.

    >>> ratio_sequence([60, 72, 66, 58, 70, 64], [100, 100, 100, 100, 100, 100])
    0.65 [0.442, 0.825] (n=600, clustered-sequence-95)
    """
    rows = np.asarray(sizes, dtype=np.float64)
    filled = rows > 0
    rows, values = rows[filled], np.asarray(sums, dtype=np.float64)[filled]
    if len(rows) < 2:  # noqa: PLR2004 - one cluster has no variance
        return not_measured("needs two clusters with rows", n=int(rows.sum()))
    n = float(rows.sum())
    hits = (values - low * rows) / (high - low)
    share = float(hits.sum() / n)
    binomial = share * (1.0 - share) / n
    found = cluster_variance((hits - share * rows) / n, rows, independent=binomial)
    widened = (critical(confidence, found.df) / critical(confidence)) ** 2
    worth = effective_rows(
        share, found.variance * widened, most=math.inf, fallback=n / (found.design * widened)
    )
    least, most = (low + (high - low) * each for each in _ends(share, worth, confidence))
    method = f"clustered-sequence-{percent(confidence)}"
    return Estimate(float(values.sum() / n), least, most, int(n), method)


def quantile_sequence(
    values: npt.ArrayLike, q: float, *, confidence: float = 0.95, unit: str = "fraction"
) -> Estimate:
    """Interval for a quantile of independent values that holds at every look.

    Exact. To watch a bound on a quantile, as p99 ≤ 10 ms, watch the share of values above it: at
    most 1 % (:meth:`~seatrial.stats.sequential.Detector.of_rows`).

    Args:
        values: (n,) all values seen, in any order.
        q: Which quantile, in (0, 1); 0.99 for p99.
        confidence: Coverage of all looks at once, in (0, 1).
        unit: Unit of the values.

    Returns:
        The estimate; not measured while there are too few values for any to be an end.

    Raises:
        ValueError: ``q`` lies outside (0, 1).

    Source:
        Howard and Ramdas (2022), Bernoulli 28(3), 1704-1728, doi:10.3150/21-BEJ1388; here with
        the beta mixture of :func:`rate_sequence`.

    >>> quantile_sequence(range(1, 101), 0.5, unit="ms")
    50.5 [34, 67] (n=100, rank-sequence-95)
    """
    if not 0.0 < q < 1.0:
        message = f"q must lie in (0, 1), got {q}"
        raise ValueError(message)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = len(ordered)
    limit = -math.log(1.0 - confidence)
    if n and min(_evidence(0.0, n, q), _evidence(1.0, n, q)) >= limit:
        low, high = ordered[list(_ranks(n, q, limit))].tolist()
        middle = float(np.quantile(ordered, q))
        return Estimate(middle, low, high, n, f"rank-sequence-{percent(confidence)}", unit)
    return not_measured(f"too few values for p{q * 100:g}", n=n, unit=unit)


def _ranks(n: int, q: float, limit: float) -> tuple[int, int]:
    """Ranks, from 0, of the values between which the quantile lies.

    ``k`` values at or under the quantile are believed if the evidence of ``k / n`` against ``q`` is
    small; so it lies from the value that makes the least such ``k`` to the one after the greatest.
    """
    believed = [k for k in _around(n, q, limit) if _evidence(k / n, n, q) < limit]
    return max(min(believed) - 1, 0), min(max(believed), n - 1)


def _around(n: int, q: float, limit: float) -> range:
    """Counts among which all believed ones are: evidence is at least ``2 n d² - log(n) - 1``."""
    reach = math.ceil(math.sqrt(n * (limit + math.log(n) + 1.0) / 2.0)) + 1
    return range(max(math.floor(n * q) - reach, 0), min(math.ceil(n * q) + reach, n) + 1)


def _ends(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Between which means the evidence of the rows stays under its limit."""
    limit = -math.log(1.0 - confidence)

    def refuted(mean: float) -> bool:
        return _evidence(share, n, mean) >= limit

    low = _edge(refuted, 0.0, share) if share > 0.0 else 0.0
    high = _edge(refuted, 1.0, share) if share < 1.0 else 1.0
    return low, high


def _evidence(share: float, n: float, mean: float) -> float:
    """Logarithm of the beta mixture's bet against a mean; infinite where it can't be."""
    hits, misses = share * n, (1.0 - share) * n
    if (mean <= 0.0 and hits > 0.0) or (mean >= 1.0 and misses > 0.0):
        return math.inf
    mixed = _log_beta(_PRIOR + hits, _PRIOR + misses) - _log_beta(_PRIOR, _PRIOR)
    lost = (hits * math.log(mean) if hits else 0.0) + (
        misses * math.log1p(-mean) if misses else 0.0
    )
    return mixed - lost


@lru_cache(maxsize=64)  # an end is looked for in 60 steps, of the same rows
def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _edge(refuted: Callable[[float], Any], outside: float, inside: float) -> float:
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2.0
        outside, inside = (middle, inside) if refuted(middle) else (outside, middle)
    return outside
