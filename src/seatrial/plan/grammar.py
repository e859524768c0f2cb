"""Read claims and conditions. Printing is ``str()`` of what is read; the two are inverse.

::

    claim     := [gap | ratio | worst] METRIC [(args)] {clause} [op bound [unit] | = value +- tolerance]
                 {clause} [where CONDITION]
    clause    := by GROUP{, GROUP} | vs NAME | on PART | over DURATION | in STAGE
    condition := conjunction {or conjunction}        conjunction := negation {and negation}
    negation  := [not] test                          test := sum [op sum | [not] in (...) | ...]
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast, get_args

from seatrial.core.errors import PlanError
from seatrial.core.units import UNITS, duration
from seatrial.plan.tokens import Token, tokens
from seatrial.records.claim import Bound, Measure, Part, Quantifier, Stage
from seatrial.records.condition import (
    RESERVED,
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
)
from seatrial.records.metrics import GLOSSARY, Metric

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_CLAUSES = ("by", "vs", "on", "over", "in")
_MOST_DEEP = 50


def parse_condition(text: str, *, where: str = "") -> Node:
    """Read a condition.

    Args:
        text: ``hour >= 18 and origin in ('EWR', 'LGA')``.
        where: Place to name in an error.

    Raises:
        PlanError: it isn't one; says at which sign, and what was expected.

    >>> str(parse_condition("hour>=18 AND origin in ('EWR','LGA')"))
    "hour >= 18 and origin in ('EWR', 'LGA')"
    """
    reader = _Reader(text, where)
    node = _either(reader)
    reader.finish()
    return node


def parse_claim(
    text: str, *, where: str = "", metrics: Mapping[str, Metric] = GLOSSARY
) -> tuple[Measure, Bound | None, Stage | None]:
    """Read a claim: what is measured, what it must reach, the stage if it names one.

    Raises:
        PlanError: it isn't a claim, or its metric is not in the glossary.

    >>> measure, bound, stage = parse_claim("gap recall by carrier <= 0.25")
    >>> measure.quantifier, measure.metric, measure.by, str(bound)
    ('gap', 'recall', ('carrier',), '<= 0.25')
    """
    reader = _Reader(text, where)
    quantifier = reader.take_word(*get_args(Quantifier))
    metric = _metric(reader, metrics)
    arguments = _arguments(reader, metric)
    clauses = _clauses(reader, {})
    bound = _bound(reader)
    clauses = _clauses(reader, clauses)
    condition = _either(reader) if reader.take_word("where") else None
    reader.finish()
    stage = cast("Stage | None", clauses.pop("in", None))
    measure = Measure(
        metric=metric.name,
        arguments=arguments,
        quantifier=cast("Quantifier | None", quantifier),
        by=clauses.get("by", ()),
        versus=clauses.get("vs"),
        part=clauses.get("on", "test"),
        over=clauses.get("over"),
        where=condition,
    )
    return measure, bound, stage


class _Reader:
    """A place in a list of tokens."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where
        self._tokens = tokens(text, where=where)
        self._at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def take(self, kind: str) -> Token | None:
        if self.next.kind != kind:
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def take_word(self, *words: str) -> str | None:
        return self._take("word", words)

    def take_sign(self, *signs: str) -> str | None:
        return self._take("sign", signs)

    def _take(self, kind: str, wanted: tuple[str, ...]) -> str | None:
        if self.next.kind == kind and self.next.text.lower() in wanted:
            self._at += 1
            return self._tokens[self._at - 1].text.lower()
        return None

    def need_sign(self, sign: str) -> None:
        if self.take_sign(sign) is None:
            raise self.error(f"`{sign}`")

    def finish(self) -> None:
        if self.next.kind != "end":
            raise self.error("the end, or a clause")

    def error(self, expected: str, *, hint: str = "") -> PlanError:
        place = f"sign {self.next.at + 1}"
        fact = f"expected {expected}, got {self.next} at {place} of `{self._text}`"
        return PlanError(fact, where=self._where, hint=hint)

    def refuse(self, fact: str, *, hint: str = "") -> PlanError:
        return PlanError(fact, where=self._where, hint=hint)


def _either(reader: _Reader) -> Node:
    reader.depth += 1
    if reader.depth > _MOST_DEEP:
        raise reader.refuse(f"a condition is nested more than {_MOST_DEEP} deep")
    node = _both(reader)
    while reader.take_word("or"):
        node = Either(node, _both(reader))
    reader.depth -= 1
    return node


def _both(reader: _Reader) -> Node:
    node = _negation(reader)
    while reader.take_word("and"):
        node = Both(node, _negation(reader))
    return node


def _negation(reader: _Reader) -> Node:
    if reader.take_word("not"):
        reader.depth += 1
        if reader.depth > _MOST_DEEP:
            raise reader.refuse(f"a condition is nested more than {_MOST_DEEP} deep")
        node = Not(_negation(reader))
        reader.depth -= 1
        return node
    return _test(reader)


def _test(reader: _Reader) -> Node:
    left = _sum(reader)
    if sign := reader.take_sign(*_COMPARISONS):
        return Compare(sign, left, _sum(reader))
    if reader.take_word("is"):
        negated = reader.take_word("not")
        if reader.take_word("null") is None:
            raise reader.error("`null`")
        return Not(IsNull(left)) if negated else IsNull(left)
    negated = reader.take_word("not")
    if reader.take_word("in"):
        test: Node = OneOf(left, _listed(reader))
    elif reader.take_word("between"):
        test = Between(left, *_ends(reader))
    elif negated:
        raise reader.error("`in` or `between`")
    else:
        return left
    return Not(test) if negated else test


def _ends(reader: _Reader) -> tuple[Node, Node]:
    low = _sum(reader)
    if reader.take_word("and") is None:
        raise reader.error("`and`")
    return low, _sum(reader)


def _listed(reader: _Reader) -> tuple[Constant, ...]:
    reader.need_sign("(")
    values = [_constant(reader)]
    while reader.take_sign(","):
        values.append(_constant(reader))
    reader.need_sign(")")
    return tuple(values)


def _constant(reader: _Reader) -> Constant:
    node = _leaf(reader)
    if not isinstance(node, Constant):
        raise reader.refuse(
            f"`{node}` stands in a list, where values are wanted", hint="text stands in 'quotes'"
        )
    return node


def _sum(reader: _Reader) -> Node:
    node = _product(reader)
    while sign := reader.take_sign("+", "-"):
        node = Arithmetic(sign, node, _product(reader))
    return node


def _product(reader: _Reader) -> Node:
    node = _leaf(reader)
    while sign := reader.take_sign("*", "/"):
        node = Arithmetic(sign, node, _leaf(reader))
    return node


def _leaf(reader: _Reader) -> Node:
    if reader.take_sign("("):
        node = _either(reader)
        reader.need_sign(")")
        return node
    if reader.take_sign("-"):
        return Constant(-_number(reader))
    if reader.next.kind == "number":
        return Constant(_number(reader))
    if token := reader.take("text"):
        return Constant(token.text)
    if token := reader.take("name"):
        return Column(token.text)
    if word := reader.take_word("true", "false"):
        return Constant(word == "true")
    if reader.next.kind == "word" and reader.next.text.lower() not in RESERVED:
        token = reader.take("word")
        assert token is not None
        return Column(token.text)
    raise reader.error("a column, a number or 'text'")


def _number(reader: _Reader) -> float | int:
    token = reader.take("number")
    if token is None:
        raise reader.error("a number")
    value = float(token.text)
    plain = token.text.replace("_", "").isdigit()
    return int(token.text) if plain else value


def _metric(reader: _Reader, metrics: Mapping[str, Metric]) -> Metric:
    token = reader.take("word")
    if token is None:
        raise reader.error("the name of a metric", hint="as in `recall >= 0.5`")
    if token.text in metrics:
        return metrics[token.text]
    near = difflib.get_close_matches(token.text.lower(), metrics, n=1, cutoff=0.5)
    hint = f"nearest: {near[0]}. " if near else ""
    raise reader.refuse(
        f"no metric is called {token.text}", hint=f"{hint}All of them: seatrial probes"
    )


def _arguments(reader: _Reader, metric: Metric) -> tuple[tuple[str, str | float], ...]:
    found: dict[str, str | float] = {}
    if reader.take_sign("("):
        while True:
            name, value = _argument(reader, metric, len(found))
            if name in found:
                raise reader.refuse(f"`{name}` is given twice to {metric.name}")
            found[name] = value
            if not reader.take_sign(","):
                break
        reader.need_sign(")")
    for argument in metric.arguments:
        if argument.required and argument.name not in found:
            raise reader.refuse(
                f"{metric.name} needs `{argument.name}`",
                hint=f"as in `{metric.name}({argument.name})`",
            )
    return tuple(sorted(found.items()))


def _argument(reader: _Reader, metric: Metric, place: int) -> tuple[str, str | float]:
    value = _argument_value(reader)
    known = {argument.name: argument for argument in metric.arguments}
    if reader.take_sign("="):
        name, value = str(value), _argument_value(reader)
    elif place < len(known):
        name = list(known)[place]
    else:
        name = ""
    if name not in known:
        allowed = ", ".join(known) or "none"
        raise reader.refuse(
            f"{metric.name} takes no argument `{name or value}`", hint=f"allowed: {allowed}"
        )
    return name, _fitting(reader, metric, known[name], value)


def _argument_value(reader: _Reader) -> str | float:
    if reader.next.kind == "number" or reader.next.text == "-":
        sign = -1 if reader.take_sign("-") else 1
        return sign * _number(reader)
    for kind in ("word", "text", "name"):
        if token := reader.take(kind):
            return token.text
    raise reader.error("an argument")


def _fitting(reader: _Reader, metric: Metric, argument: Any, value: str | float) -> str | float:
    given = f"`{argument.name}` of {metric.name}"
    if argument.kind == "percentile":
        digits = str(value)[1:] if str(value)[:1] in {"p", "P"} else ""
        if not digits.isdigit() or not 0 < int(digits) < 100:  # noqa: PLR2004
            raise reader.refuse(f"{given} must be a percentile, got {value}", hint="as in p99")
        return f"p{int(digits)}"
    if argument.kind == "number":
        if isinstance(value, str):
            raise reader.refuse(f"{given} must be a number, got {value}")
        low, high = argument.low, argument.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise reader.refuse(
                f"{given} must lie in [{low}, {high if high is not None else '∞'}], got {value}"
            )
        return float(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _clauses(reader: _Reader, found: dict[str, Any]) -> dict[str, Any]:
    while word := reader.take_word(*_CLAUSES):
        if word in found:
            raise reader.refuse(f"`{word}` stands twice in a claim")
        found[word] = _CLAUSE[word](reader)
    return found


def _by(reader: _Reader) -> tuple[str, ...]:
    names = [_group(reader)]
    while reader.take_sign(","):
        names.append(_group(reader))
    return tuple(names)


def _group(reader: _Reader) -> str:
    token = reader.take("word") or reader.take("name")
    if token is None:
        raise reader.error("a column, class or feature")
    return token.text


def _versus(reader: _Reader) -> str:
    token = reader.take("word") or reader.take("name") or reader.take("text")
    if token is None:
        raise reader.error(
            "a reference", hint="rule, simplest, champion, people or a candidate's name"
        )
    return token.text


def _one_of(allowed: tuple[str, ...], reader: _Reader) -> str:
    word = reader.take_word(*allowed)
    if word is None:
        raise reader.error(f"one of {', '.join(allowed)}")
    return word


def _over(reader: _Reader) -> str:
    count, unit = reader.take("number"), reader.take("word")
    text = f"{count.text if count else ''}{unit.text if unit else ''}"
    try:
        duration(text)
    except ValueError as error:
        raise reader.refuse(str(error)) from error
    return text


_CLAUSE = {
    "by": _by,
    "vs": _versus,
    "on": lambda reader: _one_of(get_args(Part), reader),
    "over": _over,
    "in": lambda reader: _one_of(get_args(Stage), reader),
}


def _bound(reader: _Reader) -> Bound | None:
    sign = reader.take_sign(">=", "<=", ">", "<", "=")
    if sign is None:
        return None
    value = _signed(reader)
    unit = _unit(reader)
    tolerance = None
    if sign == "=":
        reader.need_sign("+-")
        tolerance = _signed(reader)
        unit = _unit(reader) or unit
    return Bound(sign, float(value), unit, tolerance)  # type: ignore[arg-type]


def _signed(reader: _Reader) -> float:
    sign = -1 if reader.take_sign("-") else 1
    return float(sign * _number(reader))


def _unit(reader: _Reader) -> str | None:
    if reader.take_sign("%"):
        return "%"
    if reader.next.kind == "word" and reader.next.text in UNITS:
        token = reader.take("word")
        assert token is not None
        return token.text
    if reader.next.kind == "word" and reader.next.text.lower() not in {*_CLAUSES, "where"}:
        raise reader.error("a unit or a clause", hint=f"units: {', '.join(UNITS)}")
    return None
