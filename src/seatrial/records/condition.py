"""Conditions: the one closed language of slices, rules, fallbacks and targets.

A condition is a tree of frozen nodes. It is written as text by ``str()`` (which the plan's grammar
reads back), as SQL with bound parameters by :func:`to_sql`, and as a Python closure by
:func:`to_closure`. Both back ends follow SQL's three-valued logic: a comparison with a missing value
is neither true nor false. Numbers are compared as 64-bit floats, NaN is missing, and arithmetic that
leaves the finite numbers gives a missing value.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["number", "text", "boolean", "moment"]
Value = float | int | str | bool | datetime | date
Row = Mapping[str, Any]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_INFINITE = "cast('inf' as double)"
_NOT_A_NUMBER = "cast('nan' as double)"
_RANK = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "leaf": 8}


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text, truth value or moment."""

    value: Value

    def __str__(self) -> str:
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, (int, float)):
            return repr(self.value)
        text = self.value if isinstance(self.value, str) else self.value.isoformat()
        return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name; names that aren't plain words stand in double quotes."""

    name: str

    def __str__(self) -> str:
        plain = (
            self.name.isidentifier() and self.name.isascii() and self.name.lower() not in RESERVED
        )
        return self.name if plain else quoted(self.name)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right`` and its kin."""

    sign: str
    left: Node
    right: Node

    def __str__(self) -> str:
        rank = _RANK[self.sign]
        return f"{_inside(self.left, rank)} {self.sign} {_inside(self.right, rank + 1)}"


@dataclass(frozen=True, slots=True)
class Compare:
    """``left >= right`` and its kin."""

    sign: str
    left: Node
    right: Node

    def __str__(self) -> str:
        rank = _RANK["compare"] + 1
        return f"{_inside(self.left, rank)} {self.sign} {_inside(self.right, rank)}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """``operand in ('a', 'b')``."""

    operand: Node
    values: tuple[Constant, ...]

    def __str__(self) -> str:
        values = ", ".join(str(value) for value in self.values)
        return f"{_inside(self.operand, _RANK['compare'] + 1)} in ({values})"


@dataclass(frozen=True, slots=True)
class Between:
    """``operand between low and high``, both ends included."""

    operand: Node
    low: Node
    high: Node

    def __str__(self) -> str:
        rank = _RANK["compare"] + 1
        low, high = _inside(self.low, rank), _inside(self.high, rank)
        return f"{_inside(self.operand, rank)} between {low} and {high}"


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand is null``; always true or false."""

    operand: Node

    def __str__(self) -> str:
        return f"{_inside(self.operand, _RANK['compare'] + 1)} is null"


@dataclass(frozen=True, slots=True)
class Not:
    """``not term``."""

    term: Node

    def __str__(self) -> str:
        return f"not {_inside(self.term, _RANK['not'])}"


@dataclass(frozen=True, slots=True)
class Both:
    """``left and right``."""

    left: Node
    right: Node

    def __str__(self) -> str:
        rank = _RANK["and"]
        return f"{_inside(self.left, rank)} and {_inside(self.right, rank + 1)}"


@dataclass(frozen=True, slots=True)
class Either:
    """``left or right``."""

    left: Node
    right: Node

    def __str__(self) -> str:
        rank = _RANK["or"]
        return f"{_inside(self.left, rank)} or {_inside(self.right, rank + 1)}"


Node = Constant | Column | Arithmetic | Compare | OneOf | Between | IsNull | Not | Both | Either
Condition = Column | Compare | OneOf | Between | IsNull | Not | Both | Either | Constant

RESERVED = frozenset({"and", "or", "not", "in", "between", "is", "null", "true", "false", "where"})
"""Words that can't be a column's name without quotes."""


def quoted(name: str) -> str:
    """Quote a column's name, as SQL does."""
    return '"' + name.replace('"', '""') + '"'


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Arithmetic() | Compare() | Both() | Either():
            return (node.left, node.right)
        case OneOf():
            return (node.operand, *node.values)
        case Between():
            return (node.operand, node.low, node.high)
        case IsNull():
            return (node.operand,)
        case Not():
            return (node.term,)
    return ()


def columns(node: Node) -> tuple[str, ...]:
    """Names of the columns that a condition reads, sorted.

    >>> columns(Both(Compare(">", Column("b"), Constant(1)), IsNull(Column("a"))))
    ('a', 'b')
    """
    return tuple(sorted(set(_columns(node))))


def _columns(node: Node) -> Iterator[str]:
    if isinstance(node, Column):
        yield node.name
    for child in children(node):
        yield from _columns(child)


def to_sql(node: Node) -> tuple[str, list[Value]]:
    """Write a condition as SQL for DuckDB, with ``?`` for each constant.

    Returns:
        The expression, and the values to bind in order.

    >>> to_sql(Compare(">=", Column("hour"), Constant(17)))
    ('("hour" >= ?)', [17])
    """
    parameters: list[Value] = []
    return _sql(node, parameters), parameters


def _sql(node: Node, bound: list[Value]) -> str:
    match node:
        case Constant():
            bound.append(node.value)
            return "?"
        case Column():
            return quoted(node.name)
        case Arithmetic():
            left, right = _sql(node.left, bound), _sql(node.right, bound)
            divisor = f"nullif({_double(right)}, 0)" if node.sign == "/" else _double(right)
            total = f"({_double(left)} {node.sign} {divisor})"
            return f"nullif(nullif(nullif({total}, {_INFINITE}), -{_INFINITE}), {_NOT_A_NUMBER})"
        case Compare():
            return f"({_sql(node.left, bound)} {node.sign} {_sql(node.right, bound)})"
        case OneOf():
            operand = _sql(node.operand, bound)
            return f"({operand} in ({', '.join(_sql(value, bound) for value in node.values)}))"
        case Between():
            operand, low = _sql(node.operand, bound), _sql(node.low, bound)
            return f"({operand} between {low} and {_sql(node.high, bound)})"
        case IsNull():
            return f"({_sql(node.operand, bound)} is null)"
        case Not():
            return f"(not {_sql(node.term, bound)})"
        case Both():
            return f"({_sql(node.left, bound)} and {_sql(node.right, bound)})"
        case Either():
            return f"({_sql(node.left, bound)} or {_sql(node.right, bound)})"


def _double(expression: str) -> str:
    return f"cast({expression} as double)"


def to_closure(node: Node) -> Callable[[Row], Any]:
    """Compile a condition to a function of one row: True, False, or None when it can't be told.

    >>> is_late = to_closure(Compare(">=", Column("hour"), Constant(17)))
    >>> is_late({"hour": 18}), is_late({"hour": None})
    (True, None)
    """
    match node:
        case Constant():
            return lambda _row, value=node.value: value  # type: ignore[misc]
        case Column():
            return lambda row, name=node.name: _known(row.get(name))  # type: ignore[misc]
        case Arithmetic():
            return _calculate(_ARITHMETIC[node.sign], to_closure(node.left), to_closure(node.right))
        case Compare():
            return _strict(_COMPARE[node.sign], [to_closure(node.left), to_closure(node.right)])
        case OneOf():
            values = frozenset(value.value for value in node.values)
            return _strict(lambda value: value in values, [to_closure(node.operand)])
        case Between():
            low = Compare(">=", node.operand, node.low)
            return to_closure(Both(low, Compare("<=", node.operand, node.high)))
        case IsNull():
            operand = to_closure(node.operand)
            return lambda row: operand(row) is None
        case Not():
            return _strict(operator.not_, [to_closure(node.term)])
        case Both():
            return _absorbing(False, to_closure(node.left), to_closure(node.right))
        case Either():
            return _absorbing(True, to_closure(node.left), to_closure(node.right))


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _strict(
    function: Callable[..., Any], operands: Sequence[Callable[[Row], Any]]
) -> Callable[[Row], Any]:
    def evaluate(row: Row) -> Any:
        values = [operand(row) for operand in operands]
        return None if any(value is None for value in values) else function(*values)

    return evaluate


def _calculate(
    function: Callable[[float, float], float],
    left: Callable[[Row], Any],
    right: Callable[[Row], Any],
) -> Callable[[Row], Any]:
    def evaluate(row: Row) -> float | None:
        first, second = left(row), right(row)
        if first is None or second is None:
            return None
        try:
            result = function(float(first), float(second))
        except (ZeroDivisionError, OverflowError):
            return None
        return result if math.isfinite(result) else None

    return evaluate


def _absorbing(
    absorbed: bool,  # noqa: FBT001
    left: Callable[[Row], Any],
    right: Callable[[Row], Any],
) -> Callable[[Row], Any]:
    def evaluate(row: Row) -> Any:
        first = left(row)
        if first is absorbed:
            return absorbed
        second = right(row)
        if second is absorbed:
            return absorbed
        return None if first is None or second is None else not absorbed

    return evaluate


def _inside(node: Node, rank: int) -> str:
    return str(node) if _rank(node) >= rank else f"({node})"


def _rank(node: Node) -> int:
    match node:
        case Arithmetic():
            return _RANK[node.sign]
        case Compare() | OneOf() | Between() | IsNull():
            return _RANK["compare"]
        case Not():
            return _RANK["not"]
        case Both():
            return _RANK["and"]
        case Either():
            return _RANK["or"]
    return _RANK["leaf"]
