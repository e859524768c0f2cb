"""Units that a claim may be written in, and what each is in the unit that a probe measures in."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_MEGABYTES = {"kB": 0.001, "MB": 1.0, "GB": 1000.0}
_FRACTIONS = {"%": 0.01, "fraction": 1.0}
_FAMILIES = (_SECONDS, _MEGABYTES, _FRACTIONS)

UNITS = tuple(unit for family in _FAMILIES for unit in family)
"""Every unit that may follow a bound."""

_SPANS = {"min": 1, "h": 60, "d": 1440, "mo": 43_830}
"""Minutes; a month is a twelfth of a year."""
_SPAN = re.compile(r"(\d+)\s*(min|h|d|mo)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)")


def convert(value: float, unit: str, *, to: str) -> float:
    """Restate a quantity in another unit of its family.

    Raises:
        ValueError: the units measure different things.

    >>> convert(10, "s", to="ms")
    10000.0
    >>> round(convert(5, "%", to="fraction"), 6)
    0.05
    """
    if unit == to:
        return float(value)
    for family in _FAMILIES:
        if unit in family and to in family:
            return value * family[unit] / family[to]
    message = f"{unit} can't be read as {to}"
    raise ValueError(message)


def duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: it isn't a number and a unit of time.

    >>> duration("7d")
    datetime.timedelta(days=7)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        message = (
            f"{text!r} is not a duration; write a number and one of ms, s, min, h, d, as in 7d"
        )
        raise ValueError(message)
    return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])


def span(text: str) -> int:
    """Read a whole number of minutes, hours, days or months as minutes.

    Raises:
        ValueError: it isn't one.

    >>> span("2h"), span("12mo") == span("1mo") * 12
    (120, True)
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is no whole number of min, h, d or mo, as in 24h"
        raise ValueError(message)
    return int(match[1]) * _SPANS[match[2]]
