"""Next steps, numbered: what, why, what it gives, what it costs, what to type."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from seatrial.records.step import Step
from seatrial.reports import numbers
from seatrial.reports.lines import COMMAND, DIM, WIDTH, Line, Piece, line, pad

SHOWN = 3


def steps(found: Sequence[Step], *, every: bool = False) -> list[Line]:
    """The first steps, or all of them."""
    shown = list(found if every else found[:SHOWN])
    lines: list[Line] = []
    for place, step in enumerate(shown, start=1):
        lines += [line(f"{place}  ", Piece(step.title, "bold"))]
        lines += _entry("Why", step.why)
        lines += _entry("Gain", gain(step))
        lines += _entry(
            "Cost", numbers.seconds(step.cost_s) if step.cost_s is not None else "a person's time"
        )
        lines += [line("   ", Piece(pad("Run", 7), DIM), Piece(step.command, COMMAND)), line("")]
    if not shown:
        lines.append(line("Nothing is left to do: every claim holds and the score is full."))
    elif len(found) > len(shown):
        lines.append(
            line(f"{len(found) - len(shown)} more: ", Piece("seatrial next --all", COMMAND))
        )
    return lines


def gain(step: Step) -> str:
    """What a step gives, in words."""
    if step.gain is None:
        return step.gain_reason
    unit = " points" if step.gain.unit == "points" else ""
    more = f": {step.gain_reason}" if step.gain_reason else ""
    return f"{numbers.whole(step.gain)}{unit}{more}"


def _entry(name: str, text: str) -> list[Line]:
    first, *rest = textwrap.wrap(text, WIDTH - 10) or [""]
    head = line("   ", Piece(pad(name, 7), DIM), first)
    return [head, *(line(" " * 10, each) for each in rest)]
