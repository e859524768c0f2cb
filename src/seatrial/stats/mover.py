"""Intervals of sums and products of estimates, from the interval of each (MOVER)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.core.estimate import Estimate

Span = tuple[float, float, float]
"""Value and both ends."""


def span(estimate: Estimate) -> Span:
    """Value and both ends of an estimate.

    Raises:
        ValueError: it was not measured.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        message = f"nothing can be made of an estimate that was not measured: {estimate.method}"
        raise ValueError(message)
    return estimate.value, estimate.low, estimate.high


def weighted_sum(terms: Sequence[tuple[float, Span]]) -> Span:
    """The sum of independent estimates, each with its weight.

    Args:
        terms: Weight, of either sign, and value with both ends.

    Source:
        Zou and Donner (2008), Stat. Med. 27(10), 1693-1702, doi:10.1002/sim.3095.

    >>> value, low, high = weighted_sum([(1.0, (0.9, 0.8, 0.95)), (-1.0, (0.7, 0.6, 0.78))])
    >>> round(value, 3), round(low, 3), round(high, 3)
    (0.2, 0.072, 0.312)
    """
    value = sum(weight * each[0] for weight, each in terms)
    down = up = 0.0
    for weight, (middle, low, high) in terms:
        below, above = weight * (middle - low), weight * (high - middle)
        down += below**2 if weight >= 0 else above**2
        up += above**2 if weight >= 0 else below**2
    return value, value - math.sqrt(down), value + math.sqrt(up)


def product(first: Span, second: Span) -> Span:
    """The product of two independent estimates, the second of which is 0 or more.

    To first order: each end of one is weighed with the value of the other.

    >>> value, low, high = product((0.05, 0.02, 0.08), (0.3, 0.25, 0.35))
    >>> round(value, 4), round(low, 4), round(high, 4)
    (0.015, 0.0057, 0.0243)
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    value = a * b
    by_second = sorted((a * (b_low - b), a * (b_high - b)))
    down = math.hypot(b * (a - a_low), by_second[0])
    up = math.hypot(b * (a_high - a), by_second[1])
    return value, value - down, value + up
