"""Guards in a table: what each saw, the evidence against its claim, what follows."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.records.evidence import VERDICTS
from seatrial.records.release import Guard
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, GLYPHS, STYLES, WIDTH, Line, Piece, line, pad, wrap

_GAP = "   "
_BEYOND = 10_000
"""Evidence above which its size says nothing more."""
_WHOLE = 10
"""Evidence from which its decimals say nothing more."""


def guards_table(guards: Sequence[Guard], *, since: str = "") -> list[Line]:
    """Every guard in a row, the worst first.

    Args:
        guards: At least one.
        since: When a guard took the release back, for people; empty if none did.
    """
    guards = sorted(guards, key=lambda each: VERDICTS.index(each.verdict))
    limits = {each.limit for each in guards}
    title = "evidence" if len(limits) > 1 else f"evidence, limit {_evidence(guards[0].limit)}"
    against = [_against(each, alone=len(limits) > 1) for each in guards]
    decisions = [_decision(each, since) for each in guards]
    count, seen = max(map(len, against)), max(len(_seen(each)) for each in guards)
    right = max(len(title), count + len(_GAP) + max(map(len, decisions)))
    room = WIDTH - right - seen - 4 - 2 * len(_GAP)
    room = min(max(len(true_signs(each.text)) for each in guards), room)
    lines = [line(Piece(f"  {pad('guard', room + 2)}{_GAP}{pad('seen', seen)}{_GAP}{title}", DIM))]
    for guard, number, decision in zip(guards, against, decisions, strict=True):
        first, *rest = wrap(true_signs(guard.text), room)
        glyph = Piece(GLYPHS[guard.verdict], STYLES[guard.verdict])
        value, bracket, span = _seen(guard).partition(" [")
        told = f"{_GAP}{pad(number, count, right=True)}{_GAP}{decision}"
        dimmed = Piece(pad(f"{bracket}{span}", seen - len(value)), DIM)
        lines.append(line("  ", glyph, f" {pad(first, room)}{_GAP}{value}", dimmed, told))
        lines += [line("    ", each) for each in rest]
    return lines


def _seen(guard: Guard) -> str:
    return numbers.whole(guard.seen) if guard.seen else "nothing yet"


def _against(guard: Guard, *, alone: bool) -> str:
    """The evidence; with its limit where each guard has its own."""
    return _evidence(guard.against) + (f" of {_evidence(guard.limit)}" if alone else "")


def _decision(guard: Guard, since: str) -> str:
    return f"rolled back {since}" if guard.verdict == "fail" and since else guard.decision


def _evidence(value: float) -> str:
    if value > _BEYOND:
        return f"> {_BEYOND:,}"
    whole = value >= _WHOLE or round(value, 1) == round(value)
    return numbers.figure(value, 0 if whole else 1)
