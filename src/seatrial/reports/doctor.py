"""The doctor's checks for people: by layer, what fails in full, the rest in a line each."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.estimate import Estimate
from seatrial.records.check import Check
from seatrial.records.step import Step
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import (
    COMMAND,
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
    table,
    wrap,
    wrapped,
)

_TITLE = 10
"""Columns before a title."""


def doctor(
    checks: Sequence[Check],
    *,
    name: str,
    explains: Check | None,
    parts: Sequence[tuple[str, Estimate]] = (),
    total: str = "",
    hurdle: str = "",
    experiments: Sequence[Step] = (),
) -> list[Line]:
    """The checks in their order, and what explains the rest.

    Args:
        checks: The checks, by layer.
        name: The candidate, for people.
        explains: The first that fails; None if none does.
        parts: The error in parts.
        total: What they sum to, as a sentence.
        hurdle: Where it is stuck.
        experiments: What to try, in order.
    """
    lines = [line(name)]
    layer = ""
    for each in checks:
        if each.layer != layer:
            layer = each.layer
            lines += [line(""), line("  ", Piece(layer, DIM))]
        lines += _check(each)
    if parts:
        lines += [line(""), line(total), *_parts(parts)]
        lines += wrapped(_HURDLES[hurdle], indent=2) if hurdle else []
    if experiments:
        lines += [line(""), line("To try, in this order")]
        lines += [
            each for at, one in enumerate(experiments, start=1) for each in _experiment(at, one)
        ]
    return [*lines, line(""), *_closing(checks, explains)]


_HURDLES = {
    "training set": "The hurdle is the training set: it is wrong even where it has seen the answer.",
    "dev and test set": "The training set is learnt; the hurdle is dev and test, the rows it has not seen.",
    "business goal": "No part of the error stands out; the hurdle is the business goal.",
}


def _parts(parts: Sequence[tuple[str, Estimate]]) -> list[Line]:
    rows: list[list[Piece | str]] = [
        [name, numbers.whole(each) if each.measured else each.method] for name, each in parts
    ]
    return table(rows)


def _experiment(place: int, step: Step) -> list[Line]:
    head = line(f"  {place}  ", step.title, "  ", Piece(step.command, COMMAND))
    cost = "" if step.cost_s is None else f"; about {numbers.seconds(step.cost_s)}"
    return [head, *wrapped(f"{true_signs(step.gain_reason)}{cost}", indent=5, style=DIM)]


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
    said = f"Begin with {explains.id} ({explains.title[0].lower()}{explains.title[1:]}): it comes first{more}{open_}."
    return [*(line(each) for each in wrap(said, WIDTH)), next_command("seatrial next")]
