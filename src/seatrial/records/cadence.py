"""When a claim is measured, and after how long what was measured is too old."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Cadence = Literal["push", "night", "week", "continuous"]
TURNS: tuple[Cadence, ...] = ("push", "night", "week")
"""Those that a scheduler starts, the most frequent first; a later one measures for the earlier too."""

ADVERBS: Mapping[Cadence, str] = MappingProxyType(
    {"push": "at each push", "night": "nightly", "week": "weekly", "continuous": "continuously"}
)

_STALE_AFTER: Mapping[Cadence, str] = MappingProxyType({"night": "36h", "week": "9d"})
"""A period and half a day, or two days: a run that is late is no fault, one that is left out is."""
_DUE_AFTER: Mapping[Cadence, str] = MappingProxyType({"night": "12h", "week": "4d"})
"""About half a period: a run that starts a bit earlier than the last one measures all the same."""


def stale_after(every: Cadence | None) -> str | None:
    """Greatest age of evidence that is made so often; None: any, since what changed is seen by its key.

    >>> stale_after("night"), stale_after("push"), stale_after(None)
    ('36h', None, None)
    """
    return _STALE_AFTER.get(every) if every is not None else None


def due_after(every: Cadence) -> str | None:
    """Age from which a scheduled run measures again; None: only what isn't on file.

    >>> due_after("week"), due_after("push")
    ('4d', None)
    """
    return _DUE_AFTER.get(every)


def wanted_at(turn: Cadence) -> frozenset[Cadence]:
    """The cadences whose claims a scheduled run looks at: its own and the more frequent ones.

    >>> sorted(wanted_at("night"))
    ['night', 'push']
    """
    if turn not in TURNS:
        return frozenset({turn})
    return frozenset(TURNS[: TURNS.index(turn) + 1])
