"""Intervals for any smooth function of sums over rows, by what each row adds to its error.

A statistic of the rows (recall, F1, the area under a curve) is, to first order, its true value plus
the sum of one *influence* a row. Summed by cluster, the influences give a variance that holds when
the rows of one cluster are alike; with clusters of one row it is the usual one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.clustered import cluster_variance
from seatrial.stats.critical import critical, percent
from seatrial.stats.proportions import effective_rows, score_ends

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers that a statistic can be, and by that the scale that its interval is made on.

    Between two finite ends the interval is Wilson's with an effective number of rows (near the
    middle this is the logit interval; for a correlation it is Fisher's z; unlike both it has an
    answer at the ends). With one finite end it is made on the logarithm of the distance to that
    end. Without any it is made as is.
    """

    low: float = -math.inf
    high: float = math.inf


SHARE = Scale(0.0, 1.0)
CORRELATION = Scale(-1.0, 1.0)
POSITIVE = Scale(0.0, math.inf)
AT_MOST_ONE = Scale(-math.inf, 1.0)
REAL = Scale()


@dataclass(frozen=True, slots=True)
class Linear:
    """A statistic with the influence of each row.

    Attributes:
        value: The statistic.
        influence: (n_rows,) float64, sums to 0; 0 for rows that are not relevant.
        relevant: (n_rows,) bool, the rows that the statistic looks at; None for all.
        scale: What the statistic can be.
        is_share: Whether it is hits over relevant rows, no more.
        scarce: Rows of the rarest kind that it needs (positives, for an area under the ROC
            curve); None for all relevant rows.
        bias: The most by which chance alone can be expected to have raised the value.
    """

    value: float
    influence: Floats
    relevant: npt.NDArray[np.bool_] | None = None
    scale: Scale = SHARE
    is_share: bool = False
    scarce: int | None = None
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """A statistic with its variance: all that an interval needs.

    Attributes:
        value: The statistic.
        variance: Of the value.
        clusters: Clusters that hold relevant rows.
        n: Relevant rows.
        scarce: Rows of the rarest kind that it needs, at most ``n``.
        scale: What the statistic can be.
        is_share: Whether it is hits over relevant rows.
        df: Degrees of freedom of the variance; None for a share of independent rows, whose
            variance follows from its value.
        worth: Independent rows that these are taken for if they vary too little to tell.
        bias: The most by which chance alone can be expected to have raised the value.
    """

    value: float
    variance: float
    clusters: int
    n: int
    scarce: int
    scale: Scale
    is_share: bool
    df: float | None
    worth: float
    bias: float = 0.0

    @property
    def error_is_known(self) -> bool:
        """Whether there are clusters enough to tell how much they differ."""
        return self.df is None or self.df > 0


def summarise(linear: Linear, clusters: Codes) -> Summary:
    """Find the variance of a statistic of clustered rows.

    Args:
        linear: The statistic, with the influence of each row.
        clusters: (n_rows,) int64, which cluster a row belongs to.

    Source:
        :func:`clustered.cluster_variance`; for the area under the ROC curve it is that of
        Obuchowski (1997), Biometrics 53(2), 567-578, doi:10.2307/2533958.

    >>> errors = np.array([1.0, -1.0, 2.0, -2.0])
    >>> mean = Linear(3.0, errors / 4, scale=REAL)
    >>> summarise(mean, np.array([0, 0, 1, 2])).variance
    0.75
    """
    codes, size = dense(clusters)
    counted = codes if linear.relevant is None else codes[linear.relevant]
    sizes = np.bincount(counted, minlength=size)
    sums: Floats = np.bincount(codes, weights=linear.influence, minlength=size).astype(float)
    independent = float(linear.influence @ linear.influence)
    found = cluster_variance(sums, sizes, independent=independent)
    filled, n = int(np.count_nonzero(sizes)), len(counted)
    scarce = n if linear.scarce is None else linear.scarce
    return Summary(
        linear.value,
        found.variance,
        filled,
        n,
        scarce,
        linear.scale,
        linear.is_share,
        None if linear.is_share and filled == n else found.df,
        scarce / found.design,
        linear.bias,
    )


def interval(summary: Summary, *, confidence: float = 0.95, unit: str = "fraction") -> Estimate:
    """The statistic as an estimate.

    >>> mean = Summary(3.0, 0.25, 40, 40, 40, REAL, is_share=False, df=39, worth=40)
    >>> interval(mean, unit="ms")
    3 [1.99, 4.01] (n=40, linear-95)
    >>> interval(Summary(0.9, 0.009, 10, 10, 10, SHARE, is_share=True, df=None, worth=10))
    0.9 [0.596, 0.982] (n=10, wilson-95)
    """
    if not summary.error_is_known:
        reason = "all relevant rows belong to one unit, so the error can't be told"
        return not_measured(reason, n=summary.n, unit=unit)
    low, high = ends(summary, critical(confidence, summary.df))
    method = f"{_method(summary)}-{percent(confidence)}"
    return Estimate(summary.value, low, high, summary.n, method, unit)


def difference(
    first: Linear,
    second: Linear,
    clusters: Codes,
    *,
    confidence: float = 0.95,
    unit: str = "fraction",
) -> Estimate:
    """First minus second, both of the same rows, with a paired interval.

    To the variance of a difference of shares one row is added that one side alone gets right, and
    so to any bounded statistic if no row tells the sides apart: that no row differs among 50
    doesn't show that none would among 5,000.

    Args:
        first: The statistic of one side.
        second: The statistic of the other, of the same rows in the same order.
        clusters: (n_rows,) int64, which cluster a row belongs to.
        confidence: Two-sided coverage, in (0, 1).
        unit: Unit of the statistic.

    Source:
        The added row, for matched shares: Agresti and Min (2005), Stat. Med. 24(5), 729-740,
        doi:10.1002/sim.1781.
    """
    either = None
    if first.relevant is not None and second.relevant is not None:
        either = first.relevant | second.relevant
    contrast = Linear(first.value - second.value, first.influence - second.influence, either, REAL)
    paired = summarise(contrast, clusters)
    if not paired.error_is_known:
        return interval(paired, unit=unit)
    width = first.scale.high - first.scale.low
    added = 0.0
    if math.isfinite(width) and (first.is_share or paired.variance == 0.0):
        added = (width / min(_scarce(first), _scarce(second))) ** 2
    reach = critical(confidence, paired.df) * math.sqrt(paired.variance + added)
    return Estimate(
        paired.value,
        max(paired.value - reach, -width),
        min(paired.value + reach, width),
        paired.n,
        f"paired-{percent(confidence)}",
        unit,
    )


def ends(summary: Summary, deviate: float) -> tuple[float, float]:
    """Both ends of the interval that reaches ``deviate`` standard errors to either side."""
    scale, value = summary.scale, summary.value
    if math.isfinite(scale.low) and math.isfinite(scale.high):
        low, high = _bounded_ends(summary, deviate)
    elif math.isfinite(scale.low):
        low, high = _log_ends(value - scale.low, summary.variance, deviate)
        low, high = scale.low + low, scale.low + high
    elif math.isfinite(scale.high):
        low, high = _log_ends(scale.high - value, summary.variance, deviate)
        low, high = scale.high - high, scale.high - low
    else:
        reach = deviate * math.sqrt(summary.variance)
        low, high = value - reach, value + reach
    return min(max(low - summary.bias, scale.low), value), max(high, value)


def dense(codes: Codes) -> tuple[Codes, int]:
    """Codes from 0 that are few enough to count with, and how many there may be."""
    n = len(codes)
    if n == 0:
        return codes, 0
    most = int(codes.max())
    if codes.min() >= 0 and most < _SPARSE * n:
        return codes, most + 1
    found, compact = np.unique(codes, return_inverse=True)
    return compact, len(found)


_SPARSE = 4
"""Codes may be this many times more than rows before it pays to number them anew."""


def _bounded_ends(summary: Summary, deviate: float) -> tuple[float, float]:
    width = summary.scale.high - summary.scale.low
    share = (summary.value - summary.scale.low) / width
    rows: float = summary.n
    if summary.df is not None:
        rows = effective_rows(
            share,
            summary.variance / width**2,
            most=summary.n if summary.is_share else math.inf,
            fallback=summary.worth,
        )
    low, high = score_ends(min(max(share, 0.0), 1.0), rows, deviate)
    return summary.scale.low + width * low, summary.scale.low + width * high


def _log_ends(distance: float, variance: float, deviate: float) -> tuple[float, float]:
    if distance <= 0.0:
        return distance, distance
    factor = math.exp(min(deviate * math.sqrt(variance) / distance, _LARGEST_LOG))
    return distance / factor, distance * factor


_LARGEST_LOG = 700.0
"""Just under the logarithm of the largest float."""


def _scarce(linear: Linear) -> int:
    if linear.scarce is not None:
        return linear.scarce
    if linear.relevant is None:
        return len(linear.influence)
    return int(np.count_nonzero(linear.relevant))


def _method(summary: Summary) -> str:
    if summary.is_share:
        return "wilson" if summary.df is None else "wilson-clustered"
    finite = (math.isfinite(summary.scale.low), math.isfinite(summary.scale.high))
    return {(True, True): "linear-wilson", (False, False): "linear"}.get(finite, "linear-log")
