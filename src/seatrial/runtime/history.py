"""What the log holds, for whoever reads it back: decisions, and what became of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.runtime.segments import read, segments

Record = dict[str, Any]


def decisions(log: Path) -> Iterator[Record]:
    """Every decision, in the order of the log, one at a time.

    Raises:
        TamperedError: a segment was changed; names the offset.
    """
    for record in _records(log):
        if record.pop("kind") == "decision":
            yield record


def newest(log: Path, count: int) -> list[Record]:
    """The last decisions of the log, in its order; reads no more segments than it must."""
    found: list[Record] = []
    for path in reversed(segments(log)):
        tail = deque((each for each, _ in read(path) if each["kind"] == "decision"), maxlen=count)
        found = [*tail, *found][-count:]
        if len(found) == count:
            break
    return found


def decisions_with_outcomes(log: Path) -> Iterator[Record]:
    """Every decision with ``outcome``, ``outcome_at`` and ``person``, null where nothing is known.

    An outcome that names a decision belongs to it. One that names a key belongs to the newest decision
    of that key that isn't younger than the outcome. Of several, the one with the last ``at`` counts; of
    several at one moment, the one that was logged last. The same as ``monitoring.outcomes.joined``, in
    memory that grows with what came after, not with the decisions.

    Raises:
        TamperedError: a segment was changed; names the offset.
    """
    known = _aftermath(log)
    for record in decisions(log):
        name = record["decision_id"]
        at, outcome = known.outcomes.get(name, (None, None))
        _, person = known.people.get(name, (None, None))
        yield {**record, "outcome": outcome, "outcome_at": at, "person": person}


@dataclass(slots=True)
class _Known:
    """What came after, by decision: when, and what."""

    outcomes: dict[str, tuple[str, Any]] = field(default_factory=dict)
    people: dict[str, tuple[str, Any]] = field(default_factory=dict)


def _aftermath(log: Path) -> _Known:
    told = [each for each in _records(log) if each["kind"] in {"outcome", "person"}]
    keys = {each["key_hash"] for each in told if not each["decision_id"]}
    times: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if keys:
        for each in decisions(log):
            if each["key_hash"] in keys:
                times[each["key_hash"]].append((each["at"], each["decision_id"]))
    for found in times.values():
        found.sort(key=lambda pair: pair[0])
    known = _Known()
    for each in told:
        name = each["decision_id"] or _newest(times[each["key_hash"]], each["at"])
        place = known.outcomes if each["kind"] == "outcome" else known.people
        if name and (name not in place or place[name][0] <= each["at"]):
            place[name] = (each["at"], each["value"])
    return known


def _newest(times: list[tuple[str, str]], at: str) -> str:
    """The last decision that isn't younger; empty if all are."""
    place = bisect_right(times, at, key=lambda pair: pair[0])
    return times[place - 1][1] if place else ""


def _records(log: Path) -> Iterator[Record]:
    for path in segments(log):
        for record, _ in read(path):
            yield record
