"""The score as a meter: four rows, the lowest first, what is missing in words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from seatrial.records.readiness import POINTS_A_SECTION, SECTIONS, Score, Section, Test
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
    text = lacking([each.test for each in own if each.points == 0])
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


def lacking(tests: Sequence[Test]) -> str:
    """What can be earned now, in words; how many wait for a release."""
    titles = [each.title[0].lower() + each.title[1:] for each in tests if not each.needs_service]
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    waiting = len(tests) - len(titles)
    said = [f"lacks: {', '.join(titles[:_NAMED])}{more}"] if titles else []
    said += [f"{waiting} wait for a release"] if waiting else []
    return "; ".join(said)


def _cell(points: float) -> str:
    return "■" if points == 1 else "◧" if points else "□"
