"""The score as a meter: four rows, the lowest first, what is missing in words."""

from __future__ import annotations

import textwrap

from seatrial.records.readiness import POINTS_A_SECTION, SECTIONS, Score, Section
from seatrial.reports.lines import DIM, WIDTH, Line, Piece, line, pad

_NAMED = 3


def meter(score: Score, *, every: bool = False) -> list[Line]:
    """The score, and each section with its points and what it lacks.

    Args:
        score: The score.
        every: Whether every test is listed.
    """
    lines = [
        line(f"Readiness {score.score:g} of {POINTS_A_SECTION}. The smallest section decides."),
        line(""),
    ]
    for section in sorted(SECTIONS, key=lambda each: score.sections[each]):
        lines += _section(score, section, every=every)
    return lines


def _section(score: Score, section: Section, *, every: bool) -> list[Line]:
    points = score.sections[section]
    style = "red bold" if section == score.smallest else ""
    cells = "■" * int(points) + "◧" * (points % 1 > 0)
    bar = cells + "□" * (POINTS_A_SECTION - len(cells))
    own = [each for each in score.results if each.test.section == section]
    lacking = [each.test.title[0].lower() + each.test.title[1:] for each in own if each.points == 0]
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    text = f"lacks: {', '.join(lacking[:_NAMED])}{more}" if lacking else ""
    start = 32
    first, *rest = textwrap.wrap(text, WIDTH - start) or [""]
    head = line(
        "  ",
        Piece(pad(section.capitalize(), 15), style),
        Piece(bar, style),
        f"  {points:>3g}  ",
        Piece(first, DIM),
    )
    lines = [head, *(line(" " * start, Piece(each, DIM)) for each in rest)]
    if every:
        lines += [
            line(
                "    ",
                Piece(_cell(each.points)),
                f" {each.test.id}  {each.test.title}",
                Piece(f"  {each.missing}" if each.missing else "", DIM),
            )
            for each in own
        ]
    return lines


def _cell(points: float) -> str:
    return "■" if points == 1 else "◧" if points else "□"
