"""Cut event time into windows that people can read: at most twelve, on the hour, the day or the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_WINDOWS = 12
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
WIDTHS = (_HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY, 91 * _DAY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from ``start`` up to but not at ``end``."""

    start: datetime
    end: datetime


def cut(first: datetime, last: datetime) -> tuple[Span, ...]:
    """Cut the time from the first event to the last one into windows of one width.

    The width is the smallest of an hour, 6 hours, a day, 7, 28 and 91 days that needs at most twelve
    windows. Beyond twelve quarters the oldest are pooled into the first.

    >>> found = cut(datetime(2013, 7, 1, 5, tzinfo=UTC), datetime(2013, 7, 20, tzinfo=UTC))
    >>> len(found), found[0].start.isoformat(), found[0].end.isoformat()
    (3, '2013-07-01T00:00:00+00:00', '2013-07-08T00:00:00+00:00')
    """
    width = next((each for each in WIDTHS if _count(first, last, each) <= MOST_WINDOWS), WIDTHS[-1])
    start = _floor(first, width)
    count = _count(first, last, width)
    spans = [Span(start + place * width, start + (place + 1) * width) for place in range(count)]
    if count > MOST_WINDOWS:
        newest = spans[-(MOST_WINDOWS - 1) :]
        spans = [Span(start, newest[0].start), *newest]
    return tuple(spans)


def _floor(moment: datetime, width: timedelta) -> datetime:
    """The day's start for windows of days and more, so that a week starts with the first event."""
    unit = min(width, _DAY)
    return moment - ((moment - _EPOCH) % unit)


def _count(first: datetime, last: datetime, width: timedelta) -> int:
    return (last - _floor(first, width)) // width + 1
