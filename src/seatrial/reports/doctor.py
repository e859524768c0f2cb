"""The doctor's checks for people: by layer, what fails in full, the rest in a line each."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.records.check import Check
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import (
    DIM,
    GLYPHS,
    STYLES,
    WIDTH,
    WORDS,
    Line,
    Piece,
    line,
    next_command,
    pad,
    wrap,
    wrapped,
)

_TITLE = 10
"""Columns before a title."""


def doctor(checks: Sequence[Check], *, name: str, explains: Check | None) -> list[Line]:
    """The checks in their order, and what explains the rest.

    Args:
        checks: The checks, by layer.
        name: The candidate, for people.
        explains: The first that fails; None if none does.
    """
    lines = [line(name)]
    layer = ""
    for each in checks:
        if each.layer != layer:
            layer = each.layer
            lines += [line(""), line("  ", Piece(layer, DIM))]
        lines += _check(each)
    return [*lines, line(""), *_closing(checks, explains)]


def _check(check: Check) -> list[Line]:
    word = WORDS.get(check.verdict, check.verdict)
    style = STYLES[check.verdict]
    head = line("  ", Piece(f"{GLYPHS[check.verdict]} {pad(word, 7)}", style), " ", check.title)
    if check.verdict == "not applicable":
        return [head]
    shown = wrapped(
        true_signs(check.reason), indent=_TITLE + 2, style="" if check.verdict == "fail" else DIM
    )
    if check.repair:
        first, *rest = wrap(true_signs(check.repair), WIDTH - _TITLE - 9)
        shown += [line(" " * (_TITLE + 2), Piece("Do     ", DIM), first)]
        shown += [line(" " * (_TITLE + 9), each) for each in rest]
    return [head, *shown]


def _closing(checks: Sequence[Check], explains: Check | None) -> list[Line]:
    unknown = sum(each.verdict == "unknown" for each in checks)
    open_ = f"; {unknown} could not be told" if unknown else ""
    if explains is None:
        return [line(f"Nothing was found to be wrong{open_}."), next_command("seatrial slices")]
    failing = sum(each.verdict == "fail" for each in checks)
    more = f"; {failing - 1} more may follow from it" if failing > 1 else ""
    said = f"Begin with {explains.id}: it comes first{more}{open_}."
    return [line(said), next_command("seatrial doctor")]
