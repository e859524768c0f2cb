"""Conditions and rules as JSON, for records that are read where the grammar is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from seatrial.records.condition import (
    Arithmetic,
    Between,
    Both,
    Column,
    Compare,
    Constant,
    Either,
    IsNull,
    Node,
    Not,
    OneOf,
    children,
)
from seatrial.records.rule import Rule

_BUILD: Mapping[str, Callable[..., Node]] = {
    "between": Between,
    "and": Both,
    "or": Either,
    "null": IsNull,
    "not": Not,
}
_NAMES = {kind: name for name, kind in _BUILD.items()}


def to_json(node: Node) -> list[Any]:
    """Write a condition as nested lists: the kind of node, then its parts.

    >>> to_json(Compare(">=", Column("hour"), Constant(17)))
    ['compare', '>=', ['column', 'hour'], ['value', 17]]
    """
    match node:
        case Column():
            return ["column", node.name]
        case Constant():
            if isinstance(node.value, (datetime, date)):
                return ["moment", node.value.isoformat()]
            return ["value", node.value]
        case Arithmetic():
            return ["arithmetic", node.sign, to_json(node.left), to_json(node.right)]
        case Compare():
            return ["compare", node.sign, to_json(node.left), to_json(node.right)]
        case OneOf():
            return ["in", to_json(node.operand), [to_json(value) for value in node.values]]
    return [_NAMES[type(node)], *(to_json(child) for child in children(node))]


def from_json(data: list[Any]) -> Node:
    """Read what :func:`to_json` wrote.

    >>> str(from_json(["compare", ">=", ["column", "hour"], ["value", 17]]))
    'hour >= 17'
    """
    kind, *parts = data
    match kind:
        case "column":
            return Column(parts[0])
        case "value":
            return Constant(parts[0])
        case "moment":
            return Constant(datetime.fromisoformat(parts[0]))
        case "arithmetic":
            return Arithmetic(parts[0], from_json(parts[1]), from_json(parts[2]))
        case "compare":
            return Compare(parts[0], from_json(parts[1]), from_json(parts[2]))
        case "in":
            values = [from_json(value) for value in parts[1]]
            return OneOf(
                from_json(parts[0]), tuple(each for each in values if isinstance(each, Constant))
            )
    return _BUILD[kind](*(from_json(part) for part in parts))


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """Write a rule as a JSON object."""
    cases = [[to_json(node), answer] for node, answer in rule.cases]
    return {"cases": cases, "otherwise": rule.otherwise}


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """Read what :func:`rule_to_json` wrote."""
    cases = tuple((from_json(node), answer) for node, answer in data["cases"])
    return Rule(cases, data["otherwise"])
