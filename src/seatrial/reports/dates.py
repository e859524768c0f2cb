"""How moments and stretches of time are written: a day by its name, the year only where it tells."""

from __future__ import annotations

from datetime import timedelta

from seatrial.core.clock import parse_iso

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not from ``strftime``, whose names depend on the machine."""
_UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}


def day(at: str, *, newest: str) -> str:
    """A day; its year only if it isn't that of the newest moment shown.

    Args:
        at: ISO.
        newest: ISO, of all that is shown beside it.

    >>> day("2013-08-22T14:00:00Z", newest="2013-09-01T00:00:00Z")
    '22 Aug'
    >>> day("2013-08-22T14:00:00Z", newest="2014-09-01T00:00:00Z")
    '22 Aug 2013'
    """
    when = parse_iso(at)
    year = "" if when.year == parse_iso(newest).year else f" {when.year}"
    return f"{when.day} {_MONTHS[when.month - 1]}{year}"


def clock(at: str) -> str:
    """The time of day.

    >>> clock("2013-08-22T14:00:00Z")
    '14:00'
    """
    return f"{parse_iso(at):%H:%M}"


def moment(at: str, *, newest: str) -> str:
    """A day and the time of it.

    >>> moment("2013-08-22T14:00:00Z", newest="2013-09-01T00:00:00Z")
    '22 Aug 14:00'
    """
    return f"{day(at, newest=newest)} {clock(at)}"


def stretch(length: timedelta) -> str:
    """A stretch of time in the largest unit that measures it whole.

    >>> stretch(timedelta(weeks=11)), stretch(timedelta(days=1)), stretch(timedelta(hours=30))
    ('11 weeks', '1 day', '30 hours')
    """
    name, unit = next(
        ((name, unit) for name, unit in _UNITS.items() if length >= unit and not length % unit),
        ("minute", _UNITS["minute"]),
    )
    many = round(length / unit)
    return f"{many:,} {name}{'s' if many != 1 else ''}"
