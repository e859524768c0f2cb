"""How numbers are written: the interval sets the digits, and nobody sees a bare number."""

from __future__ import annotations

import math

from seatrial.core.estimate import Estimate

WHOLE_UNITS = frozenset({"MB", "d", "rows"})
MOST_DECIMALS = 4
_THOUSAND = 1000


def decimals(estimate: Estimate) -> int:
    """Digits after the point that an interval allows: two of its half-width's if the first is 1.

    >>> decimals(Estimate(0.308, 0.295, 0.322, 4642, ""))
    3
    >>> decimals(Estimate(0.73, 0.70, 0.76, 723, ""))
    2
    """
    if estimate.low is None or estimate.high is None or estimate.unit in WHOLE_UNITS:
        return 0
    half = (estimate.high - estimate.low) / 2
    if half <= 0 or not math.isfinite(half):
        return _exact(estimate.value or 0.0)
    place = math.floor(math.log10(half))
    first = round(half / 10**place, 6)
    digits = -place + (1 if first < 2 else 0)  # noqa: PLR2004 — the first digit is 1
    return min(max(digits, 0), MOST_DECIMALS)


def _exact(value: float) -> int:
    return next(
        (each for each in range(MOST_DECIMALS) if math.isclose(value, round(value, each))),
        MOST_DECIMALS,
    )


def figure(value: float, places: int) -> str:
    """A number with so many decimals, a true minus, and commas from 1,000.

    >>> figure(-1234.5, 1), figure(0.5, 2)
    ('−1,234.5', '0.50')
    """
    text = f"{abs(value):,.{places}f}" if abs(value) >= _THOUSAND else f"{abs(value):.{places}f}"
    negative = value < 0 and float(f"{value:.{places}f}") != 0
    return f"−{text}" if negative else text


def value(estimate: Estimate, *, places: int | None = None) -> str:
    """The value with its unit; ``not measured`` without one.

    >>> value(Estimate(3.14, 2.9, 3.4, 100, "", "ms"))
    '3.1 ms'
    """
    if estimate.value is None:
        return "not measured"
    if estimate.unit == "yes or no":
        return "yes" if estimate.value >= 1 else "no"
    return figure(estimate.value, decimals(estimate) if places is None else places) + _unit(
        estimate.unit
    )


def interval(estimate: Estimate, *, places: int | None = None) -> str:
    """The interval in brackets; nothing where the value is exact or missing.

    >>> interval(Estimate(0.308, 0.295, 0.322, 4642, ""))
    '[0.295, 0.322]'
    """
    low, high = estimate.low, estimate.high
    if estimate.value is None or low is None or high is None or low == high:
        return ""
    digits = decimals(estimate) if places is None else places
    return f"[{figure(low, digits)}, {figure(high, digits)}]"


def whole(estimate: Estimate) -> str:
    """Value, unit and interval.

    >>> whole(Estimate(0.73, 0.70, 0.76, 723, ""))
    '0.73 [0.70, 0.76]'
    """
    return f"{value(estimate)} {interval(estimate)}".rstrip()


def plus_minus(difference: Estimate) -> str:
    """A paired difference with its half-width; for the terminal alone.

    >>> plus_minus(Estimate(-0.215, -0.227, -0.203, 5000, "paired-95"))
    '−0.215 ± 0.012'
    """
    if difference.value is None or difference.low is None or difference.high is None:
        return "not measured"
    places = decimals(difference)
    half = (difference.high - difference.low) / 2
    sign = "+" if difference.value > 0 else ""
    return (
        f"{sign}{figure(difference.value, places)} ± {figure(half, places)}{_unit(difference.unit)}"
    )


def seconds(took: float) -> str:
    """A duration for people.

    >>> seconds(0.04), seconds(6.24), seconds(90), seconds(200_000)
    ('0.1 s', '6.2 s', '1.5 min', '2.3 d')
    """
    minute, hour, day = 60, 3600, 86_400
    if took < minute:
        return f"{max(took, 0.1):.1f} s"
    if took < hour:
        return f"{took / minute:.1f} min"
    return f"{took / hour:.1f} h" if took < 2 * day else f"{took / day:.1f} d"


def count(number: int) -> str:
    """A count with commas.

    >>> count(4642)
    '4,642'
    """
    return f"{number:,}"


def _unit(unit: str) -> str:
    silent = {"fraction", "yes or no", "rows", "nats", "target", "cost", "points", ""}
    return "" if unit in silent else f" {unit}"
