"""An interval for a quantile, from the ranks of the values and nothing else."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.critical import percent


def quantile(
    values: npt.ArrayLike, q: float, *, confidence: float = 0.95, unit: str = "fraction"
) -> Estimate:
    """A quantile of independent values, with an interval that needs no shape of distribution.

    The number of values under the true quantile is binomial, so two ranks enclose it with at
    least the stated confidence.

    Args:
        values: (n,) float, in any order.
        q: Which quantile, in (0, 1); 0.99 for p99.
        confidence: Two-sided coverage, in (0, 1).
        unit: Unit of the values.

    Returns:
        The estimate; not measured if there are too few values for any rank to be an end.

    Raises:
        ValueError: ``q`` or ``confidence`` lies outside (0, 1).

    Source:
        David and Nagaraja (2003), Order Statistics, section 7.1, doi:10.1002/0471722162.

    >>> quantile(range(1, 101), 0.5, unit="ms")
    50.5 [40, 61] (n=100, ranks-95)
    >>> quantile([1.0, 2.0, 3.0], 0.99)
    not measured (n=3, p99 needs at least 368 values)
    """
    if not (0.0 < q < 1.0 and 0.0 < confidence < 1.0):
        message = f"q and confidence must lie in (0, 1), got {q} and {confidence}"
        raise ValueError(message)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n, tail = len(ordered), (1.0 - confidence) / 2.0
    needed = math.ceil(math.log(tail) / math.log(max(q, 1.0 - q)))
    if n < needed:
        return not_measured(f"p{q * 100:g} needs at least {needed} values", n=n, unit=unit)
    below = _greatest_rank(n, q, tail)
    above = n + 1 - _greatest_rank(n, 1.0 - q, tail)
    return Estimate(
        float(np.quantile(ordered, q)),
        float(ordered[below - 1]),
        float(ordered[above - 1]),
        n,
        f"ranks-{percent(confidence)}",
        unit,
    )


def _greatest_rank(n: int, q: float, tail: float) -> int:
    """Greatest rank, from 1, whose value exceeds the quantile with chance ``tail`` at most."""
    from scipy.special import bdtr, bdtrik

    rank = max(int(bdtrik(tail, n, q)), 0) + 2
    while rank > 1 and bdtr(rank - 1, n, q) > tail:
        rank -= 1
    return rank
