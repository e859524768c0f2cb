"""Styled lines: what a command prints, before anybody knows whether there is colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.records.evidence import Verdict

WIDTH = 96
"""Most columns of a line."""

GLYPHS: dict[Verdict, str] = {
    "pass": "✓",
    "fail": "✗",
    "unknown": "?",
    "waived": "~",
    "not applicable": "–",
}
WORDS: dict[Verdict, str] = {"not applicable": "n/a"}
STYLES: dict[Verdict, str] = {
    "pass": "green",
    "fail": "red bold",
    "unknown": "yellow",
    "waived": "magenta",
    "not applicable": "dim",
}
COMMAND = "blue"
DIM = "dim"

ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "–": "-",
        "●": "o",
        "○": ".",
        "━": "=",
        "│": "|",
        "▸": ">",
        "◂": "<",
        "■": "#",
        "◧": "+",
        "□": ".",
        "≥": ">=",
        "≤": "<=",
        "≠": "!=",
        "−": "-",
        "→": "->",
        "±": "+-",
        "…": "...",
        "×": "x",
        "·": ".",
        "═": "=",
        "─": "-",
    }
)
"""What stands for each sign where there is no UTF-8."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style; an empty style is plain."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def line(*parts: Piece | str) -> Line:
    """One line of pieces; text stands for a plain one."""
    return tuple(part if isinstance(part, Piece) else Piece(part) for part in parts)


def plain(lines: Iterable[Line]) -> str:
    """The text alone."""
    return "\n".join("".join(piece.text for piece in each).rstrip() for each in lines)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill with spaces to a width; ``right`` puts the text there."""
    return text.rjust(width) if right else text.ljust(width)


def table(
    rows: Sequence[Sequence[Piece | str]],
    *,
    right: Sequence[int] = (),
    gap: int = 2,
    indent: int = 2,
) -> list[Line]:
    """Rows of cells, each column as wide as its widest cell.

    Args:
        rows: Cells; rows may be of different lengths.
        right: Columns that stand at the right of their width.
        gap: Spaces between columns.
        indent: Spaces before the first.
    """
    cells = [[cell if isinstance(cell, Piece) else Piece(cell) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    widths = [
        max(len(row[place].text) for row in cells if place < len(row)) for place in range(columns)
    ]
    lines = []
    for row in cells:
        pieces = [Piece(" " * indent)]
        for place, cell in enumerate(row):
            space = " " * gap if place + 1 < len(row) else ""
            pieces.append(
                Piece(pad(cell.text, widths[place], right=place in right) + space, cell.style)
            )
        lines.append(tuple(pieces))
    return lines


def wrap(text: str, width: int) -> list[str]:
    """Text in pieces that keep to a width, also where signs become longer for want of UTF-8.

    >>> wrap("hour ≥ 17", 6), wrap("hour = 17", 6)
    (['hour', '≥ 17'], ['hour =', '17'])
    """
    held = "\0"
    roomy = "".join(sign + held * (len(sign.translate(ASCII)) - 1) for sign in text)
    found = textwrap.wrap(roomy, width, break_long_words=False)
    return [each.replace(held, "") for each in found] or [""]


def wrapped(text: str, *, indent: int, style: str = "", width: int = WIDTH) -> list[Line]:
    """Text in lines of a width, each indented."""
    return [line(" " * indent, Piece(each, style)) for each in wrap(text, width - indent)]


def next_command(command: str) -> Line:
    """The last line of a command: what to do next."""
    return line("Next: ", Piece(command, COMMAND))
