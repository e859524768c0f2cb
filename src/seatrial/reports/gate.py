"""A gate: whether it is open, what keeps it shut and why."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

from seatrial.records.evidence import VERDICTS
from seatrial.records.release import GateCheck, Requirement
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, GLYPHS, STYLES, WIDTH, Line, Piece, line, pad, wrap
from seatrial.reports.path import rung_text

_WHAT = 46
"""Most columns of what is demanded; its reason stands beside it."""


def gate(check: GateCheck) -> list[Line]:
    """One sentence on the gate, then what is not met, then how much is."""
    where, demanded = rung_text(check.rung), len(check.requirements)
    if check.passed:
        met = f"all {demanded} requirements are met" if demanded else "nothing is required"
        return [line(f"The gate to {where} is open: {met}.")]
    worst = _by_urgency(check)[0].verdict
    are = "is" if len(check.unmet) == 1 else "are"
    said = (
        f"The gate to {where} is shut: {len(check.unmet)} of {demanded} requirements {are} not met."
    )
    return [line(Piece(said, STYLES[worst])), *unmet(check), *_met(check)]


def unmet(check: GateCheck) -> list[Line]:
    """What a gate demands and doesn't get, the worst first, each with its reason."""
    found = _by_urgency(check)
    left = min(max((len(true_signs(each.what)) for each in found), default=0), _WHAT)
    lines: list[Line] = []
    for each in found:
        what = wrap(true_signs(each.what), left)
        why = wrap(_plain(each.reason), WIDTH - left - 6)
        for place, (one, two) in enumerate(zip_longest(what, why, fillvalue="")):
            glyph = " " if place else GLYPHS[each.verdict]
            lines.append(
                line(
                    "  ",
                    Piece(glyph, STYLES[each.verdict]),
                    f" {pad(one, left)}  ",
                    Piece(two, DIM),
                )
            )
    return lines


def failing(check: GateCheck) -> str | None:
    """Id of the first claim that fails there; None if none does."""
    return next(
        (each.claim for each in check.unmet if each.claim and each.verdict == "fail"),
        None,
    )


def _by_urgency(check: GateCheck) -> list[Requirement]:
    return sorted(check.unmet, key=lambda each: VERDICTS.index(each.verdict))


def _met(check: GateCheck) -> list[Line]:
    """What is met, summed up; a waiver is said, for it isn't proof."""
    verdicts = Counter(each.verdict for each in check.requirements if each.is_met)
    if not verdicts:
        return []
    total = verdicts.total()
    others = [f"{verdicts[each]} {each}" for each in VERDICTS if each != "pass" and verdicts[each]]
    more = f", of which {', '.join(others)}" if others else ""
    are = "is" if total == 1 else "are"
    return [line("  ", Piece(GLYPHS["pass"], STYLES["pass"]), f" {total} {are} met{more}")]


def _plain(text: str) -> str:
    return true_signs(text).replace("`", "")
