"""Tie a condition to the columns of a table, or say why it can't be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from seatrial.core.errors import Fault
from seatrial.records.condition import (
    Arithmetic,
    Between,
    Both,
    Column,
    Compare,
    Constant,
    Either,
    IsNull,
    Kind,
    Node,
    Not,
    OneOf,
    children,
)


def faults(node: Node, kinds: Mapping[str, Kind]) -> list[Fault]:
    """Everything that keeps a condition from being evaluated on a table.

    Args:
        node: The condition.
        kinds: Kind of each column of the table.

    >>> [str(fault) for fault in faults(Compare("=", Column("hours"), Constant(1)), {"hour": "number"})]
    ['no column is called hours. nearest: hour']
    """
    unknown = [_unknown(name, kinds) for name in _missing(node, kinds)]
    return unknown or list(_mismatches(node, kinds, wanted="boolean"))


def bind(node: Node, kinds: Mapping[str, Kind]) -> Node:
    """Read text that is compared with a moment as a moment; leave the rest as it is.

    Call it after :func:`faults` found none.
    """
    match node:
        case Compare():
            left, right = _aligned((node.left, node.right), kinds)
            return replace(node, left=left, right=right)
        case Between():
            operand, low, high = _aligned((node.operand, node.low, node.high), kinds)
            return replace(node, operand=operand, low=low, high=high)
        case OneOf():
            operand, *values = _aligned((node.operand, *node.values), kinds)
            constants = tuple(value for value in values if isinstance(value, Constant))
            return replace(node, operand=operand, values=constants)
        case IsNull():
            return replace(node, operand=bind(node.operand, kinds))
        case Not():
            return replace(node, term=bind(node.term, kinds))
        case Both() | Either():
            return replace(node, left=bind(node.left, kinds), right=bind(node.right, kinds))
    return node


def kind_of(node: Node, kinds: Mapping[str, Kind]) -> Kind:
    """Kind of value that a node gives."""
    match node:
        case Column():
            return kinds[node.name]
        case Arithmetic():
            return "number"
        case Constant():
            return _constant_kind(node)
    return "boolean"


def moment(text: str) -> datetime | None:
    """Read an ISO date or time, in UTC if it names no other zone; None if it isn't one."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def _missing(node: Node, kinds: Mapping[str, Kind]) -> Iterator[str]:
    if isinstance(node, Column) and node.name not in kinds:
        yield node.name
    for child in children(node):
        yield from _missing(child, kinds)


def _unknown(name: str, kinds: Mapping[str, Kind]) -> Fault:
    near = difflib.get_close_matches(name, kinds, n=1)
    hint = f"nearest: {near[0]}" if near else f"columns: {', '.join(list(kinds)[:20])}"
    return Fault(f"no column is called {name}", hint=hint)


def _mismatches(node: Node, kinds: Mapping[str, Kind], *, wanted: Kind | None) -> Iterator[Fault]:
    kind = kind_of(node, kinds)
    if wanted is not None and kind != wanted:
        yield Fault(f"`{node}` is a {kind}, where a {_TELL[wanted]} is wanted")
    match node:
        case Arithmetic():
            for side in (node.left, node.right):
                yield from _mismatches(side, kinds, wanted="number")
        case Compare() | Between() | OneOf():
            yield from _incomparable(node, kinds)
        case Not() | Both() | Either():
            for term in children(node):
                yield from _mismatches(term, kinds, wanted="boolean")


_TELL: Mapping[Kind, str] = {
    "boolean": "condition",
    "number": "number",
    "text": "text",
    "moment": "moment",
}


def _incomparable(node: Node, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    parts = children(node)
    for part in parts:
        yield from _mismatches(part, kinds, wanted=None)
    found = {kind_of(part, kinds) for part in parts}
    if found == {"moment", "text"}:
        texts = [part.value for part in parts if isinstance(part, Constant)]
        wrong = [text for text in texts if isinstance(text, str) and moment(text) is None]
        for text in wrong:
            yield Fault(f"'{text}' is not a date", hint="write it as '2026-01-31'")
        if not wrong and len(texts) == sum(kind_of(part, kinds) == "text" for part in parts):
            return
    if len(found) > 1:
        listed = ", ".join(f"{part} is a {kind_of(part, kinds)}" for part in parts)
        yield Fault(f"`{node}` compares different kinds: {listed}")
    elif found == {"boolean"} and isinstance(node, Compare) and node.sign not in {"=", "!="}:
        yield Fault(f"`{node}` orders truth values", hint="compare them with = or !=")


def _aligned(parts: tuple[Node, ...], kinds: Mapping[str, Kind]) -> tuple[Node, ...]:
    if not any(kind_of(part, kinds) == "moment" for part in parts):
        return tuple(bind(part, kinds) for part in parts)
    return tuple(_as_moment(part) for part in parts)


def _as_moment(part: Node) -> Node:
    if isinstance(part, Constant) and isinstance(part.value, str):
        read = moment(part.value)
        assert read is not None
        return Constant(read)
    return part


def _constant_kind(node: Constant) -> Kind:
    if isinstance(node.value, bool):
        return "boolean"
    if isinstance(node.value, (datetime, date)):
        return "moment"
    return "text" if isinstance(node.value, str) else "number"
