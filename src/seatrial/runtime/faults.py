"""Everything that is wrong with a request, field by field; only runs once something is."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from seatrial.core.errors import DataError, Fault
from seatrial.records.contract import Contract, Feature, FeatureKind
from seatrial.records.image import from_request
from seatrial.runtime.wire import checked_key, moment

MOST_FAULTS = 100
"""Faults that are told of one request."""
_FIELDS = ("key", "features", "context", "at")
_WANTED: Mapping[FeatureKind, str] = {
    "number": "a finite number",
    "category": "a text",
    "boolean": "true or false",
    "moment": "a moment in ISO 8601, 2026-01-31T12:00:00Z",
    "text": "a text",
    "image": "an image",
}
NAMELESS = '""'
"""How a field is told whose name is empty."""
_MOST_SHOWN = 40


def find_faults(
    plain: Any, contract: Contract, context: Sequence[Feature], *, replay: bool, most_rows: int
) -> list[Fault]:
    """Find what is wrong with the body of a request to decide.

    Args:
        plain: The body, as JSON gives it.
        contract: What must be in it.
        context: What may be in it.
        replay: Whether it may say when it happened.
        most_rows: Rows that one request may hold.

    Returns:
        At least one fault, at most 100, in the order of the fields.
    """
    found = list(
        islice(_of_body(plain, contract, context, replay=replay, most_rows=most_rows), MOST_FAULTS)
    )
    return found or [Fault("the request can't be read", "body")]


def said(value: Any) -> str:
    """A value as a fault shows it: its kind in JSON's words, and itself if it is short.

    >>> said(True), said("7"), said(None), said([1])
    ('true', "the text '7'", 'null', 'a list')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) <= _MOST_SHOWN else "a long text"
    if isinstance(value, (int, float)):
        text = f"{value}" if isinstance(value, float) or abs(value) < 1 << 64 else "huge"
        return f"the number {text}"
    kinds: dict[type, str] = {dict: "an object", list: "a list"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint at the name that was meant."""
    close = difflib.get_close_matches(name[:100], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are: {', '.join(known[:20]) or 'none'}"


def _of_body(
    plain: Any, contract: Contract, context: Sequence[Feature], *, replay: bool, most_rows: int
) -> Iterator[Fault]:
    if not isinstance(plain, Mapping):
        hint = 'send {"key": ..., "features": {...}}, or such objects as {"rows": [...]}'
        yield Fault(f"an object is expected, got {said(plain)}", "body", hint)
        return
    if "rows" not in plain:
        yield from _of_row(plain, "", contract, context, replay=replay)
        return
    for name in plain:
        if name != "rows":
            yield Fault(
                "nothing stands beside `rows`", f"{name}" or NAMELESS, "put it into each row"
            )
    rows = plain["rows"]
    if not isinstance(rows, list) or not 0 < len(rows) <= most_rows:
        count = f"{len(rows):,} rows" if isinstance(rows, list) else said(rows)
        yield Fault(f"a list of 1 to {most_rows:,} rows is expected, got {count}", "rows")
        return
    for at, row in enumerate(rows):
        yield from _of_row(row, f"rows[{at}]", contract, context, replay=replay)


def _of_row(
    row: Any, where: str, contract: Contract, context: Sequence[Feature], *, replay: bool
) -> Iterator[Fault]:
    if not isinstance(row, Mapping):
        yield Fault(f"an object is expected, got {said(row)}", where)
        return
    inside = f"{where}." if where else ""
    for name in row:
        if name not in _FIELDS:
            yield Fault("no such field", f"{inside}{name}" or NAMELESS, nearest(str(name), _FIELDS))
    yield from of_key(row, f"{inside}key")
    yield from _of_columns(row.get("features"), f"{inside}features", contract.features, needed=True)
    if row.get("context") is not None:
        yield from _of_columns(row["context"], f"{inside}context", context, needed=False)
    if row.get("at") is not None:
        yield from _of_at(row["at"], f"{inside}at", replay=replay)


def of_key(row: Mapping[str, Any], where: str) -> Iterator[Fault]:
    """What is wrong with a key; nothing if it is fit to be one."""
    hint = "send what names the thing that is decided about; it is hashed, and routes the request"
    if "key" not in row:
        yield Fault("it is missing", where, hint)
        return
    parts = row["key"] if isinstance(row["key"], list) else [row["key"]]
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, (str, int, float)):
            fact = f"a text, a number, or a list of such is expected, got {said(part)}"
            yield Fault(fact, where, hint)
            return
    try:
        checked_key(row["key"])
    except ValueError:
        fact = "it is empty, over 1 KB, or can't be written"
        yield Fault(fact, where, "send its digest instead if it is long")


def _of_columns(
    given: Any, where: str, columns: Sequence[Feature], *, needed: bool
) -> Iterator[Fault]:
    if not isinstance(given, Mapping):
        fact = "it is missing" if given is None else f"an object is expected, got {said(given)}"
        yield Fault(
            fact, where, f"columns by name: {', '.join(each.name for each in columns[:20])}"
        )
        return
    names = [each.name for each in columns]
    for feature in columns:
        place = f"{where}.{feature.name}"
        if feature.name not in given:
            if needed:
                yield Fault("it is missing", place, "send null for a missing value")
        elif feature.kind == "image" and (said_of := _of_image(given[feature.name], feature)):
            yield Fault(said_of, place, "send null for a missing value")
        elif not _is_of(given[feature.name], feature.kind):
            fact = f"{_WANTED[feature.kind]} is expected, got {said(given[feature.name])}"
            yield Fault(fact, place, "send null for a missing value")
    for name in given:
        if name not in names:
            yield Fault("no such column", f"{where}.{name}", nearest(str(name), names))


def _of_at(at: Any, where: str, *, replay: bool) -> Iterator[Fault]:
    if not replay:
        hint = "start the server with --replay to send events of the past"
        yield Fault("a live request happens now", where, hint)
    elif not _is_of(at, "moment"):
        yield Fault(f"{_WANTED['moment']} is expected, got {said(at)}", where)


def _is_of(value: Any, kind: FeatureKind) -> bool:
    if value is None:
        return True
    match kind:
        case "number":
            return _is_finite(value)
        case "boolean":
            return isinstance(value, bool)
        case "category" | "text":
            return isinstance(value, str) and _is_writable([value])
        case "image":
            return isinstance(value, (str, list))
    return isinstance(value, str) and _is_moment(value)


def _of_image(value: Any, feature: Feature) -> str:
    """What is wrong with an image; empty if nothing is."""
    if value is None or feature.shape is None or not _is_of(value, "image"):
        return ""
    try:
        from_request(value, feature.shape)
    except DataError as error:
        return error.faults[0].fact
    return ""


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True


def _is_writable(parts: Sequence[Any]) -> bool:
    try:
        "".join(str(part) for part in parts).encode()
    except ValueError:
        return False
    return True
