"""What ``seatrial watch`` prints: whether the claims still hold out there, and what moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from seatrial.core.clock import parse_iso
from seatrial.core.estimate import Estimate
from seatrial.records.look import Alarm, Look, Moved, Shift
from seatrial.records.release import Rung
from seatrial.reports import dates, numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import (
    DIM,
    STYLES,
    WIDTH,
    Line,
    Piece,
    line,
    next_command,
    table,
    wrap,
    wrapped,
)
from seatrial.reports.path import place
from seatrial.reports.windows import claims_over, figures, width

_SHOWN = 5
"""Moved inputs, and alarms, that are named; the rest is counted."""
_CELL = 13
"""Most signs of a level or a rate that moved; a name may have twice as many."""
_SHIFTS: dict[Shift, str] = {
    "distance": "distribution",
    "missing": "missing rate",
    "new level": "new levels",
    "unit": "unit",
}
_FINE = 0.1
"""Limit under which an effect has a third decimal."""


def look(look: Look) -> list[Line]:
    """The windows, the claims on them, moved inputs, open alarms, advice, the next command."""
    if not look.windows:
        return nothing_yet()
    lasting = [each for each in look.alarms if each.is_open]
    newest = max([look.windows[-1].start, *(each.at for each in lasting)])
    lines = [each for text in _opening(look) for each in wrapped(text, indent=0)] + [line("")]
    if look.claims:
        lines += [*claims_over(look.windows, look.claims, newest=newest), line("")]
    if look.paired is not None and look.paired.measured:
        difference = numbers.plus_minus(look.paired)
        told = f"Against what it replaces, on the same requests: {difference} in what is optimised."
        lines += [line(told), line("")]
    if look.figures:
        lines += [line("  ", Piece("Watched, not claimed", DIM))]
        lines += [*figures(look.figures), line("")]
    lines += _moved(look.moved, look.reference)
    lines += _alarms(lasting, newest)
    lines += wrapped(true_signs(look.advice), indent=0) if look.advice else []
    broken = next((each.claim for each in look.claims if each.verdict == "fail"), None)
    return [*lines, next_command(f"seatrial why {broken}" if broken else "seatrial next")]


def alarm(alarm: Alarm) -> str:
    """One line that says that an alarm opened, or that it ended.

    >>> alarm(Alarm("precision", "2013-08-19T14:00:00Z", "ops-desk", "Precision is 0.31."))
    '19 Aug 14:00  alarm  precision (ops-desk): Precision is 0.31.'
    """
    newest = alarm.closed or alarm.at
    when, since = (dates.moment(each, newest=newest) for each in (newest, alarm.at))
    if alarm.is_open:
        said = f"{when}  alarm  {alarm.id} ({alarm.owner}): {true_signs(alarm.sentence)}"
    else:
        said = f"{when}  ended  {alarm.id} ({alarm.owner}), open since {since}"
    return said if len(said) <= WIDTH else f"{wrap(said, WIDTH - 2)[0]} …"


def nothing_yet() -> list[Line]:
    """What is said before anything was answered."""
    return [
        line("Nothing to watch yet: no decision is on file."),
        next_command("seatrial release"),
    ]


def _opening(look: Look) -> list[str]:
    """How much was looked at and what one mark is, what was watched, what is still awaited."""
    first, last = look.windows[0], look.windows[-1]
    total = dates.stretch(parse_iso(last.end) - parse_iso(first.start))
    usual = sorted(width(each) for each in look.windows)[len(look.windows) // 2]
    mark = f"One mark is {re.sub('^1 ', 'one ', dates.stretch(usual))}"
    if width(first) > usual:
        mark += f", the first {dates.stretch(width(first))}"
    return [
        f"{total}, {numbers.count(look.decisions)} decisions, {_known(look.known)}. {mark}.",
        f"Release {look.release}, {look.candidate}, is {place(Rung.parse(look.rung))}.",
        *_awaited(look),
    ]


def _awaited(look: Look) -> list[str]:
    """Which outcomes are still to come, and how long they take."""
    waiting = sum(not each.is_mature for each in look.windows)
    if not waiting:
        return []
    whose = "the newest window" if waiting == 1 else f"the newest {waiting} windows"
    half = f"; half arrive within {look.delay_h:.0f} h" if look.delay_h is not None else ""
    return [f"Outcomes of {whose} are still to come{half}."]


def _known(known: Estimate) -> str:
    if known.value is None or known.low is None or known.high is None:
        return "no outcome is due yet"
    percent = replace(
        known, value=known.value * 100, low=known.low * 100, high=known.high * 100, unit="%"
    )
    return f"outcomes known for {numbers.value(percent)}"


def _moved(moved: Sequence[Moved], reference: str) -> list[Line]:
    if not moved:
        return []
    compared = len({each.feature for each in moved})
    far = [each for each in moved if each.verdict == "fail"]
    names = len({each.feature for each in far})
    if not far:
        return [line(f"No input moved: {compared} compared with {reference}.")]
    lines = [line(f"Moved inputs, {names} of {compared} compared with {reference}:")]
    titles = [Piece(each, DIM) for each in ("input", "what moved", "training → now", "effect")]
    heading, *rows = table([titles, *(_shift(each) for each in far[:_SHOWN])], right=[3])
    lines.append(heading)
    for each, row in zip(far, rows, strict=False):
        lines += [row, *wrapped(true_signs(each.reading), indent=4, style=DIM)]
    return [*lines, *_rest(far), line("")]


def _rest(found: Sequence[object]) -> list[Line]:
    """How many aren't listed."""
    return [line(f"  and {len(found) - _SHOWN} more")] if len(found) > _SHOWN else []


def _shift(moved: Moved) -> list[Piece | str]:
    places = 3 if moved.limit < _FINE else 2
    effect, limit = (numbers.figure(each, places) for each in (moved.effect, moved.limit))
    return [
        _cut(moved.feature, 2 * _CELL),
        _SHIFTS[moved.shift],
        f"{_cut(moved.was, _CELL)} → {_cut(moved.now, _CELL)}",
        effect,
        Piece(f"limit {limit}", DIM),
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _alarms(lasting: Sequence[Alarm], newest: str) -> list[Line]:
    """Alarms that are open, with their owners, since when, and where they went."""
    if not lasting:
        return [line("No alarm is open.")]
    many = f"{len(lasting)} open alarm{'s' if len(lasting) != 1 else ''}:"
    lines = [line(Piece(many, STYLES["fail"]))]
    for each in lasting[:_SHOWN]:
        since = dates.moment(each.at, newest=newest)
        sent = f"sent to {', '.join(each.sent)}" if each.sent else "sent nowhere"
        lines += wrapped(f"{each.id}, {each.owner}, since {since}, {sent}", indent=2)
        lines += wrapped(true_signs(each.sentence), indent=4, style=DIM)
    lines += _rest(lasting)
    return [*lines, line("")]
