"""Errors for people: the fact, the place, the way out."""

from __future__ import annotations

import textwrap

from seatrial.core.errors import Fault, PlanError, SeatrialError
from seatrial.reports.lines import DIM, WIDTH, Line, Piece, line, pad, wrapped


def faults(error: SeatrialError) -> list[Line]:
    """Every fault of an error, with its place at the left and its way out below."""
    places = max(len(fault.where) for fault in error.faults)
    lines = [line(Piece(_opening(error), "red")), line("")]
    if places > _WIDEST_PLACE:
        return [*lines, *(each for fault in error.faults for each in _below(fault))]
    for fault in error.faults:
        room = WIDTH - places - 5
        said = textwrap.wrap(_bare(fault.fact), room) or [""]
        way_out = [part for each in fault.hint.splitlines() for part in textwrap.wrap(each, room)]
        lines.append(line("  ", pad(fault.where, places), "   " if places else "", said[0]))
        below = " " * (places + (5 if places else 2))
        lines += [line(below, each) for each in said[1:]]
        lines += [line(below, Piece(each, "dim")) for each in way_out]
    return lines


_WIDEST_PLACE = 40
"""Columns for the place at the left; a longer one, a path, stands on a line of its own."""


def _below(fault: Fault) -> list[Line]:
    hint = [part for each in fault.hint.splitlines() for part in wrapped(each, indent=4, style=DIM)]
    return [line("  ", fault.where), *wrapped(_bare(fault.fact), indent=4), *hint]


def _opening(error: SeatrialError) -> str:
    name = error.faults[0].where.partition(":")[0]
    if isinstance(error, PlanError) and name.endswith(".yaml"):
        number = len(error.faults)
        return f"{name} has {number} error{'s' if number > 1 else ''}. Nothing was run."
    return "That can't be done."


def _bare(fact: str) -> str:
    return fact.replace("`", "")
