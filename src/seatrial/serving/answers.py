"""What goes back over HTTP: decisions, and errors that name their faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from seatrial.core.errors import Fault, SeatrialError
from seatrial.records.decision import Decision

JSON = ("content-type", "application/json")
TEXT = ("content-type", "text/plain; version=0.0.4; charset=utf-8")
RETRY_AFTER_S = "1"
_UNAVAILABLE = 503
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to an HTTP request."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (JSON,)


def reply(value: Any, *, status: int = 200) -> Reply:
    """A value as JSON."""
    return Reply(status, _encode(value))


def decided(made: Sequence[Decision], *, as_rows: bool) -> Reply:
    """Decisions, as they were asked for."""
    answers = [decision_json(each) for each in made]
    return reply({"rows": answers} if as_rows else answers[0])


def decision_json(made: Decision) -> dict[str, Any]:
    """What a caller is told of a decision."""
    answer = {
        "decision_id": made.decision_id,
        "decision": made.decision,
        "confidence": made.confidence,
        "alternatives": _alternatives(made),
        "decided_by": made.decided_by,
        "release": made.release,
        "candidate": made.candidate,
    }
    if made.failure:
        answer["failure"] = made.failure
    return answer


def _alternatives(made: Decision) -> list[dict[str, Any]]:
    """Classes that were not decided, the most probable first; all of them where a person decides."""
    if not isinstance(made.output, Mapping):
        return []
    others = [(name, p) for name, p in made.output.items() if name != made.decision]
    others.sort(key=lambda pair: -pair[1])
    return [{"decision": name, "confidence": p} for name, p in others]


def refused(status: int, fact: str, *, field: str = "", hint: str = "") -> Reply:
    """A refusal with one fault."""
    return _faulty(status, [Fault(fact, field, hint)])


def failed(error: Exception) -> Reply:
    """An error, with all that it says; one that isn't ours says nothing of its inside."""
    if isinstance(error, SeatrialError):
        return _faulty(error.http_status, error.faults)
    return refused(500, "something went wrong here; the server's log holds it")


def _faulty(status: int, faults: Sequence[Fault]) -> Reply:
    told = [{"field": each.where, "fact": each.fact, "hint": each.hint} for each in faults]
    count = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    place = f"{faults[0].where}: " if faults[0].where else ""
    body = _encode({"error": f"{place}{faults[0].fact}{count}", "faults": told})
    retry = (("retry-after", RETRY_AFTER_S),) if status == _UNAVAILABLE else ()
    return Reply(status, body, (JSON, *retry))
