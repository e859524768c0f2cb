"""The one place that reads the time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Say the time, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Say the time, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class ManualClock:
    """A clock that moves when it is told to, for replays and tests.

    >>> clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    >>> clock.advance(days=1)
    >>> iso(clock.now())
    '2026-01-02T00:00:00.000000Z'
    """

    at: datetime

    def now(self) -> datetime:
        """Say the time, in UTC."""
        return self.at

    def advance(self, *, days: float = 0.0, seconds: float = 0.0) -> None:
        """Move on."""
        self.at += timedelta(days=days, seconds=seconds)


def iso(moment: datetime) -> str:
    """Write a moment so that text order is time order.

    >>> iso(datetime.fromisoformat("2026-01-02T01:30:00+01:00"))
    '2026-01-02T00:30:00.000000Z'
    """
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_iso(text: str) -> datetime:
    """Read what :func:`iso` wrote.

    >>> iso(parse_iso("2026-01-02T00:00:00.000000Z"))
    '2026-01-02T00:00:00.000000Z'
    """
    return datetime.fromisoformat(text)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Elapsed wall time, in seconds."""
        return time.perf_counter() - self._start
