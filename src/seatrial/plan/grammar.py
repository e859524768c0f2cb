"""Read conditions; printing is ``str()`` of what is read, and the two are inverse.

::

    condition := conjunction {or conjunction}        conjunction := negation {and negation}
    negation  := [not] test
    test      := sum [op sum | [not] in (value {, value}) | [not] between sum and sum | is [not] null]
    sum       := product {+|- product}               product := leaf {*|/ leaf}
"""

from __future__ import annotations

from seatrial.core.errors import PlanError
from seatrial.plan.tokens import Token, tokens
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

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_MOST_DEEP = 50
_MOST_EXACT = 2.0**53
"""Whole numbers up to here are 64-bit floats too; conditions compare as these."""


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
    reader = Reader(text, where)
    node = either(reader)
    reader.finish()
    return node


class Reader:
    """A place in a list of tokens."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where
        self._tokens = tokens(text, where=where)
        self._at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        """The token that stands here."""
        return self._tokens[self._at]

    def take(self, kind: str) -> Token | None:
        """Take the next token if it is of this kind."""
        if self.next.kind != kind:
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def take_word(self, *words: str) -> str | None:
        """Take the next word if it is one of these, in any case of letters."""
        return self._take("word", words)

    def take_sign(self, *signs: str) -> str | None:
        """Take the next sign if it is one of these."""
        return self._take("sign", signs)

    def _take(self, kind: str, wanted: tuple[str, ...]) -> str | None:
        if self.next.kind == kind and self.next.text.lower() in wanted:
            self._at += 1
            return self._tokens[self._at - 1].text.lower()
        return None

    def need_sign(self, sign: str) -> None:
        """Take this sign; anything else is an error."""
        if self.take_sign(sign) is None:
            raise self.error(f"`{sign}`")

    def finish(self) -> None:
        """Make sure that nothing is left."""
        if self.next.kind != "end":
            raise self.error("the end, or a clause")

    def error(self, expected: str, *, hint: str = "") -> PlanError:
        """Say what was expected here and what stands here."""
        place = f"sign {self.next.at + 1}"
        fact = f"expected {expected}, got {self.next} at {place} of `{self._text}`"
        return PlanError(fact, where=self._where, hint=hint)

    def refuse(self, fact: str, *, hint: str = "") -> PlanError:
        """Say what is wrong with what was read."""
        return PlanError(fact, where=self._where, hint=hint)


def either(reader: Reader) -> Node:
    """Read a condition where the reader stands, as far as it goes."""
    reader.depth += 1
    if reader.depth > _MOST_DEEP:
        raise reader.refuse(f"a condition is nested more than {_MOST_DEEP} deep")
    node = _both(reader)
    while reader.take_word("or"):
        node = Either(node, _both(reader))
    reader.depth -= 1
    return node


def _both(reader: Reader) -> Node:
    node = _negation(reader)
    while reader.take_word("and"):
        node = Both(node, _negation(reader))
    return node


def _negation(reader: Reader) -> Node:
    if reader.take_word("not"):
        reader.depth += 1
        if reader.depth > _MOST_DEEP:
            raise reader.refuse(f"a condition is nested more than {_MOST_DEEP} deep")
        node = Not(_negation(reader))
        reader.depth -= 1
        return node
    return _test(reader)


def _test(reader: Reader) -> Node:
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


def _ends(reader: Reader) -> tuple[Node, Node]:
    low = _sum(reader)
    if reader.take_word("and") is None:
        raise reader.error("`and`")
    return low, _sum(reader)


def _listed(reader: Reader) -> tuple[Constant, ...]:
    reader.need_sign("(")
    values = [_constant(reader)]
    while reader.take_sign(","):
        values.append(_constant(reader))
    reader.need_sign(")")
    return tuple(values)


def _constant(reader: Reader) -> Constant:
    node = _leaf(reader)
    if not isinstance(node, Constant):
        raise reader.refuse(
            f"`{node}` stands in a list, where values are wanted", hint="text stands in 'quotes'"
        )
    return node


def _sum(reader: Reader) -> Node:
    node = _product(reader)
    while sign := reader.take_sign("+", "-"):
        node = Arithmetic(sign, node, _product(reader))
    return node


def _product(reader: Reader) -> Node:
    node = _leaf(reader)
    while sign := reader.take_sign("*", "/"):
        node = Arithmetic(sign, node, _leaf(reader))
    return node


def _leaf(reader: Reader) -> Node:
    if reader.take_sign("("):
        node = either(reader)
        reader.need_sign(")")
        return node
    if reader.take_sign("-"):
        return Constant(-read_number(reader))
    if reader.next.kind == "number":
        return Constant(read_number(reader))
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


def read_number(reader: Reader) -> float | int:
    """Read a number without a sign; whole if it is written so and a float holds it exactly."""
    token = reader.take("number")
    if token is None:
        raise reader.error("a number")
    value = float(token.text)
    if value == float("inf"):
        raise reader.refuse(f"`{token.text}` is beyond the numbers that a computer holds")
    plain = token.text.replace("_", "").isdigit() and value <= _MOST_EXACT
    return int(token.text) if plain else value
