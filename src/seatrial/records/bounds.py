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
    low, high, at = estimate.low, estimate.high, limit(bound, metric)
    assert low is not None
    assert high is not None
    match bound.sign:
        case ">=":
            return low >= at, high < at
        case ">":
            return low > at, high <= at
        case "<=":
            return high <= at, low > at
        case "<":
            return high < at, low >= at
    reach = bound.tolerance or 0.0
    if bound.unit:
        reach = convert(reach, bound.unit, to=metric.unit)
    return low >= at - reach and high <= at + reach, low > at + reach or high < at - reach
