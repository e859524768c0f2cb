"""Claims over windows: a mark for each window, releases as headings, the newest figure beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from seatrial.core.clock import parse_iso
from seatrial.records.evidence import VERDICTS
from seatrial.records.look import Series, Window
from seatrial.reports import dates, numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, GLYPHS, STYLES, WIDTH, Line, Piece, line, pad, wrap, wrapped
from seatrial.reports.path import rung_text

_GAP = "  "
_NAME = 24
"""Columns that a name has at least."""
_NOTHING = "·"
_LEGEND = {
    "✓": "holds",
    "✗": "fails",
    "?": "not settled, or outcomes still to come",
    _NOTHING: "nothing measured",
}
"""What the marks of a window mean."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """Windows in a row during which the release stood on one rung: ``first`` up to ``last``."""

    rung: str
    since: str
    first: int
    last: int

    @property
    def width(self) -> int:
        """Columns that its marks and headings need."""
        return max(len(self.rung), len(self.since), self.last - self.first)


def width(window: Window) -> timedelta:
    """How long a window is."""
    return parse_iso(window.end) - parse_iso(window.start)


def claims_over(windows: Sequence[Window], claims: Sequence[Series], *, newest: str) -> list[Line]:
    """Every claim in a row, failing ones first, each explained if it doesn't hold.

    Args:
        windows: In order.
        claims: Each with a point for each window.
        newest: ISO, the newest of the moments that are shown.
    """
    stands = _stands(windows, newest)
    figures = max(len(_figure(each)) for each in claims)
    most = WIDTH - 4 - 2 * len(_GAP) - max(figures, len("newest, 95 %"))
    taken = sum(each.width + len(_GAP) for each in stands)
    lines: list[Line] = []
    if most - taken < _NAME:
        lines += [*_in_words(stands), line("")]
        stands = [_Stand("", "", 0, len(windows))]
        taken = len(windows) + len(_GAP)
    room = min(max(len(true_signs(each.name)) for each in claims), most - taken)
    lines += _headings(stands, room)
    shown: set[str] = set()
    for series in sorted(claims, key=lambda each: VERDICTS.index(each.verdict)):
        marks = _marks(windows, series)
        shown |= set(marks)
        lines += _row(series, marks, stands, room)
    legend = [f"{mark} {meaning}" for mark, meaning in _LEGEND.items() if mark in shown]
    return [*lines, line("  ", Piece(f"Marks: {', '.join(legend)}", DIM))]


def figures(series: Sequence[Series]) -> list[Line]:
    """What is watched though nothing is claimed of it: names and newest figures."""
    taken = 4 + len(_GAP) + max(len(_figure(each)) for each in series)
    room = min(max(len(true_signs(each.name)) for each in series), WIDTH - taken)
    lines: list[Line] = []
    for each in series:
        first, *rest = wrap(true_signs(each.name), room)
        lines.append(line(f"    {pad(first, room)}{_GAP}", *_figure_pieces(each)))
        lines += [line("    ", more) for more in rest]
    return lines


def _stands(windows: Sequence[Window], newest: str) -> list[_Stand]:
    stands: list[_Stand] = []
    hourly = width(windows[-1]) < timedelta(days=1)
    yesterday = ""
    for rung, group in groupby(enumerate(windows), key=lambda each: each[1].rung):
        places = list(group)
        start = places[0][1].start
        today = dates.day(start, newest=newest)
        since = today
        if hourly:
            since = dates.clock(start) if today == yesterday else dates.moment(start, newest=newest)
        yesterday = today
        stands.append(_Stand(_short(rung), since, places[0][0], places[-1][0] + 1))
    return stands


def _short(rung: str) -> str:
    """A rung as a heading: a partial one by its share alone."""
    return rung_text(rung).removeprefix("partial ")


def _headings(stands: Sequence[_Stand], room: int) -> list[Line]:
    left = " " * (room + 4) + _GAP
    first = "".join(pad(each.rung, each.width) + _GAP for each in stands)
    second = "".join(pad(each.since, each.width) + _GAP for each in stands)
    lines = [line(left, Piece(f"{first}{_GAP}newest, 95 %", DIM))]
    return lines + ([line(left, Piece(second, DIM))] if second.strip() else [])


def _in_words(stands: Sequence[_Stand]) -> list[Line]:
    """Where the release stood when, for changes too many to stand over their windows."""
    told = ", ".join(f"{each.rung} from {each.since}" for each in stands)
    return wrapped(f"Rungs: {told}.", indent=2, style=DIM)


def _marks(windows: Sequence[Window], series: Series) -> list[str]:
    """One sign a window; where outcomes are still to come, nothing is known yet."""
    return [
        GLYPHS[point.verdict] if point.estimate else _NOTHING if window.is_mature else "?"
        for window, point in zip(windows, series.points, strict=True)
    ]


def _row(series: Series, marks: Sequence[str], stands: Sequence[_Stand], room: int) -> list[Line]:
    first, *rest = wrap(true_signs(series.name), room)
    grouped = (pad("".join(marks[each.first : each.last]), each.width) for each in stands)
    glyph = Piece(GLYPHS[series.verdict], STYLES[series.verdict])
    head = f" {pad(first, room)}{_GAP}{''.join(each + _GAP for each in grouped)}{_GAP}"
    lines = [line("  ", glyph, head, *_figure_pieces(series))]
    lines += [line("    ", each) for each in rest]
    if series.reason and series.verdict != "pass":
        lines += wrapped(true_signs(series.reason), indent=4, style=DIM)
    return lines


def _figure(series: Series) -> str:
    return numbers.whole(series.newest) if series.newest else "not measured"


def _figure_pieces(series: Series) -> Line:
    value, bracket, span = _figure(series).partition(" [")
    return line(value, Piece(f"{bracket}{span}", DIM))
