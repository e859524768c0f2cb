"""What comes after a decision: what a person did, what turned out to be true, and the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, Literal

from seatrial.core.clock import iso
from seatrial.core.digest import keyed_hash
from seatrial.core.errors import Fault
from seatrial.records.contract import Contract
from seatrial.records.decision import Aftermath
from seatrial.runtime.faults import NAMELESS, nearest, of_key, said
from seatrial.runtime.request import MOST_ROWS, refusal
from seatrial.runtime.wire import checked_key, moment

AfterKind = Literal["person", "outcome", "event"]
_VALUE: Mapping[AfterKind, str] = {"person": "decision", "outcome": "outcome", "event": "event"}
"""Field that holds what happened."""
_FIELDS: Mapping[AfterKind, tuple[str, ...]] = {
    "person": ("decision_id", "decision", "by", "at"),
    "outcome": ("decision_id", "key", "outcome", "at"),
    "event": ("decision_id", "key", "event", "note", "at"),
}
_MOST_SIGNS = 200
"""Of a decision's id, an event's name, the name of who decided."""


def read_aftermath(
    plain: Any, kind: AfterKind, *, contract: Contract, secret: bytes, now: str
) -> list[Aftermath]:
    """Read what came after one decision, or after several as ``{"rows": [...]}``.

    Args:
        plain: The body, as JSON gives it.
        kind: What it tells.
        contract: Says which classes there are.
        secret: Hashes keys, as the release's policy does.
        now: ISO; stands where none is given.

    Raises:
        DataError: holds every fault.
    """
    rows, faults = _rows(plain)
    for place, row in rows:
        faults += _faults(row, kind, contract, place)
    if faults:
        raise refusal(faults[:MOST_ROWS])
    return [_record(row, kind, contract, secret, now) for _, row in rows]


def _rows(plain: Any) -> tuple[list[tuple[str, Any]], list[Fault]]:
    if not isinstance(plain, Mapping) or "rows" not in plain:
        return [("", plain)], []
    rows = plain["rows"]
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS or len(plain) > 1:
        fact = f"`rows` alone is expected, a list of 1 to {MOST_ROWS:,} objects"
        return [], [Fault(fact, "rows")]
    return [(f"rows[{at}].", row) for at, row in enumerate(rows)], []


def _faults(row: Any, kind: AfterKind, contract: Contract, place: str) -> Iterator[Fault]:
    if not isinstance(row, Mapping):
        yield Fault(f"an object is expected, got {said(row)}", place or "body")
        return
    for name in row:
        if name not in _FIELDS[kind]:
            yield Fault(
                "no such field", f"{place}{name}" or NAMELESS, nearest(str(name), _FIELDS[kind])
            )
    if "key" in row and kind != "person":
        yield from of_key(row, f"{place}key")
    if "decision_id" in row or kind == "person" or "key" not in row:
        yield from _text(row, "decision_id", place, "the answer to /predict holds it")
    if kind == "person" and "by" in row:
        yield from _text(row, "by", place, "the name, or a pseudonym, of who decided")
    if kind == "event":
        yield from _text(row, "event", place, "as `repeat`, `redo`, `complaint`")
    else:
        yield from _value(row, _VALUE[kind], contract, place)
    if kind == "event" and not isinstance(row.get("note", {}), Mapping):
        yield Fault(f"an object is expected, got {said(row['note'])}", f"{place}note")
    if row.get("at") is not None and not _is_moment(row["at"]):
        yield Fault(f"a moment in ISO 8601 is expected, got {said(row['at'])}", f"{place}at")


def _text(row: Mapping[str, Any], name: str, place: str, hint: str) -> Iterator[Fault]:
    value = row.get(name)
    if name not in row:
        yield Fault("it is missing", f"{place}{name}", hint)
    elif not isinstance(value, str) or not 0 < len(value) <= _MOST_SIGNS or not _is_writable(value):
        fact = f"a text of 1 to {_MOST_SIGNS} signs is expected, got {said(value)}"
        yield Fault(fact, f"{place}{name}", hint)


def _value(row: Mapping[str, Any], name: str, contract: Contract, place: str) -> Iterator[Fault]:
    if name not in row:
        yield Fault("it is missing", f"{place}{name}")
    elif contract.classes:
        if _as_class(row[name], contract) is None:
            hint = nearest(str(row[name]), contract.classes)
            fact = f"one of {', '.join(contract.classes[:20])} is expected, got {said(row[name])}"
            yield Fault(fact, f"{place}{name}", hint)
    elif not _is_number(row[name]):
        yield Fault(f"a finite number is expected, got {said(row[name])}", f"{place}{name}")


def _as_class(value: Any, contract: Contract) -> str | None:
    if isinstance(value, bool):
        return contract.classes[int(value)] if contract.task == "binary" else None
    return value if isinstance(value, str) and value in contract.classes else None


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, (bool, str)) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and moment(value) is not None
    except ValueError:
        return False


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except ValueError:
        return False
    return True


def _record(
    row: Mapping[str, Any], kind: AfterKind, contract: Contract, secret: bytes, now: str
) -> Aftermath:
    value: str | float = row[_VALUE[kind]]
    if kind != "event":
        named = _as_class(value, contract)
        value = named if named is not None else float(value)
    note = {"by": row["by"]} if "by" in row else dict(row.get("note", {}))
    return Aftermath(
        kind=kind,
        at=_at(row.get("at"), now),
        decision_id=row.get("decision_id", ""),
        key_hash=keyed_hash(secret, checked_key(row["key"])) if "key" in row else "",
        value=value,
        note=note,
    )


def _at(given: str | None, now: str) -> str:
    return now if given is None else iso(moment(given).replace(tzinfo=UTC))
