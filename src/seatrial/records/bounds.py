"""Where an estimate stands beside a bound."""

from __future__ import annotations

from seatrial.core.estimate import Estimate
from seatrial.core.units import convert
from seatrial.records.claim import Bound, Claim
from seatrial.records.metrics import Metric


def limit(bound: Bound, metric: Metric) -> float:
    """The bound in the unit that the metric is measured in."""
    return convert(bound.value, bound.unit, to=metric.unit) if bound.unit else bound.value


def shortfall(claim: Claim, metric: Metric, estimate: Estimate) -> float | None:
    """By how much a value misses its bound, in the metric's unit; 0 or less if it keeps it."""
    if claim.bound is None or estimate.value is None:
        return None
    at = limit(claim.bound, metric)
    if claim.bound.sign in {">=", ">"}:
        return at - estimate.value
    if claim.bound.sign in {"<=", "<"}:
        return estimate.value - at
    return abs(estimate.value - at) - (claim.bound.tolerance or 0.0)


def sides(bound: Bound, metric: Metric, estimate: Estimate) -> tuple[bool, bool]:
    """Whether the whole interval keeps the bound, and whether the whole of it breaks it."""
    reach = bound.tolerance or 0.0
    if bound.unit:
        reach = convert(reach, bound.unit, to=metric.unit)
    return beside(bound.sign, limit(bound, metric), estimate, reach=reach)


def beside(sign: str, at: float, estimate: Estimate, *, reach: float = 0.0) -> tuple[bool, bool]:
    """Whether the whole interval lies on a sign's side of a number, and whether the whole of it doesn't.

    >>> beside(">=", 0.5, Estimate(0.6, 0.55, 0.65, 100, "wilson-95"))
    (True, False)
    """
    low, high = estimate.low, estimate.high
    assert low is not None
    assert high is not None
    match sign:
        case ">=":
            return low >= at, high < at
        case ">":
            return low > at, high <= at
        case "<=":
            return high <= at, low > at
        case "<":
            return high < at, low >= at
    return low >= at - reach and high <= at + reach, low > at + reach or high < at - reach
