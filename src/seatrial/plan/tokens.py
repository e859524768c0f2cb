"""Cut the text of a claim or a condition into words, numbers, quoted text and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seatrial.core.errors import PlanError

TokenKind = Literal["number", "text", "name", "word", "sign", "end"]

_HINT_QUOTES = (
    "in YAML a plain string is cut at ` #` and misread at `: `; put the whole line in double quotes"
)
_TYPED = {"≥": ">=", "≤": "<=", "≠": "!=", "==": "=", "<>": "!=", "−": "-", "×": "*", "±": "+-"}
_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<word>[^\W\d][\w]*(?:\.\w+)*)
  | (?P<sign>\+-|±|>=|<=|!=|<>|==|[≥≤≠−×=<>()+\-*/,%])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece; ``at`` is its place in the text, from 0."""

    kind: TokenKind
    text: str
    at: int

    def __str__(self) -> str:
        return f"`{self.text}`" if self.kind != "end" else "the end"


def tokens(source: str, *, where: str = "") -> list[Token]:
    """Cut text into tokens; the last one is the end.

    Raises:
        PlanError: a quote is not closed, or a sign has no meaning here.

    >>> [str(token) for token in tokens("recall >= 0.5")]
    ['`recall`', '`>=`', '`0.5`', 'the end']
    """
    return [*_cut(source, where), Token("end", "", len(source))]


def _cut(source: str, where: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        match = _PATTERN.match(source, at)
        if match is None:
            raise _unreadable(source, at, where)
        kind = match.lastgroup
        if kind != "space":
            yield _token(kind, match[0], at)
        at = match.end()


def _token(kind: str | None, text: str, at: int) -> Token:
    if kind in {"text", "name"}:
        quote = text[0]
        return Token(kind, text[1:-1].replace(quote * 2, quote), at)  # type: ignore[arg-type]
    return Token(kind, _TYPED.get(text, text), at)  # type: ignore[arg-type]


def _unreadable(source: str, at: int, where: str) -> PlanError:
    sign = source[at]
    if sign in "'\"":
        fact = f"a quote is opened at sign {at + 1} and not closed in `{source}`"
        return PlanError(fact, where=where, hint=_HINT_QUOTES)
    fact = f"`{sign}` at sign {at + 1} of `{source}` means nothing here"
    return PlanError(fact, where=where, hint="signs are = != < <= > >= + - * / ( ) , and quotes")
