"""What ``seatrial quick`` prints: each case that failed, with what was given, expected and answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.records.case import Case
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, GLYPHS, STYLES, Line, Piece, line, next_command, wrapped

_MOST_SHOWN = 20
_KINDS = {
    "archive": ("archive", "archives"),
    "contract": ("contract", "contracts"),
    "edge": ("edge", "edges"),
    "scenario": ("scenario", "scenarios"),
}


def report(project: str, candidate: str, cases: Sequence[Case], *, seconds: float) -> list[Line]:
    """The cases that failed, how many were tried, the next command."""
    failed = [each for each in cases if not each.passed]
    lines = [line(Piece(project, "bold"), f"   candidate {candidate}"), line("")]
    for each in failed[:_MOST_SHOWN]:
        lines += _failed(each)
    if len(failed) > _MOST_SHOWN:
        lines.append(
            line(f"  and {len(failed) - _MOST_SHOWN} more; all of them: seatrial quick --json")
        )
    lines += [line("")] if failed else []
    tried = ", ".join(filter(None, (_count(kind, cases) for kind in _KINDS)))
    took = numbers.seconds(seconds)
    if not failed:
        mark = Piece(f"{GLYPHS['pass']} pass", STYLES["pass"])
        lines.append(line("  ", mark, f"    {tried}, in {took}."))
        return [*lines, line(""), next_command("seatrial check --due push")]
    words = f"{len(failed)} of {len(cases)} cases fail{'s' if len(failed) == 1 else ''}"
    lines.append(line(Piece(f"{words}.", STYLES["fail"]), f" Tried: {tried}, in {took}."))
    return [*lines, next_command("seatrial check")]


def _failed(case: Case) -> list[Line]:
    mark = Piece(f"{GLYPHS['fail']} {case.kind:<9}", STYLES["fail"])
    lines = [line("  ", mark, " ", case.name)]
    if case.given:
        told = ", ".join(f"{name} {_shown(value)}" for name, value in case.given.items())
        lines += wrapped(f"given     {told}", indent=14, style=DIM)
    lines += wrapped(f"expected  {case.expected}", indent=14)
    return [*lines, *wrapped(f"answered  {case.answered}", indent=14)]


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value) or "''"


def _count(kind: str, cases: Sequence[Case]) -> str:
    number = sum(each.kind == kind for each in cases)
    return f"{number} {_KINDS[kind][number != 1]}" if number else ""
