"""The newest look at production: series over windows, moved inputs, alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from seatrial.core.clock import parse_iso
from seatrial.records.bounds import limit
from seatrial.records.claim import Claim
from seatrial.records.evidence import VERDICTS, Verdict
from seatrial.records.look import Alarm, Look, Moved, Series, Window
from seatrial.records.release import Rung
from seatrial.reports import dates, numbers
from seatrial.reports.claims import true_signs
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head
from seatrial.web.shown import Figure, figure

WIDTHS = {"4": 4, "12": 12}
"""How many windows may be asked for."""


@dataclass(frozen=True, slots=True)
class Track:
    """One series as it is shown.

    Attributes:
        name: As people read it.
        short: Without its bound.
        claim: Id of its claim; empty for a figure that nothing is claimed of.
        owner: Who answers for it.
        verdict: What is held; a figure that nothing is claimed of has ``not applicable``.
        reason: Why; empty if there is nothing to say.
        bound: In the metric's unit; None without one.
        sign: Of the bound.
        newest: The newest figure; None if nothing was measured.
        points: Figure and verdict in each window; None where nothing was measured.
    """

    name: str
    short: str
    claim: str
    owner: str
    verdict: Verdict
    reason: str
    bound: float | None
    sign: str
    newest: Figure | None
    points: tuple[tuple[Figure | None, Verdict], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One window: its first day, what was answered, whether outcomes are in, where the release stood."""

    start: str
    decisions: int
    known: str
    is_mature: bool
    rung: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A move of the release between two windows: its place among them, and what it became."""

    place: int
    text: str


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm."""

    at: str
    sentence: str
    note: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Production:
    """The series of a look.

    Attributes:
        unit: What a window is: ``week``, ``day``, ``window``.
        spans: The windows that are shown.
        all: How many there are.
        turns: Where the release moved.
        claims: One track for each claim that production can say something of.
        figures: Watched, not claimed.
        caption: What the marks mean.
    """

    unit: str
    spans: tuple[Span, ...]
    all: int
    turns: tuple[Turn, ...]
    claims: tuple[Track, ...]
    figures: tuple[Track, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Watch:
    """The page."""

    head: Head
    production: Production | None
    table: bool
    windows: int
    reference: str
    moved: tuple[Moved, ...]
    alarms: tuple[AlarmRow, ...]
    command: str


def view(facts: Facts, asked: Mapping[str, str]) -> Watch:
    """What the page of the watch shows."""
    seen = facts.look
    if seen is None or not seen.windows:
        return Watch(Head(*_nothing(facts)), None, False, 0, "", (), (), "")
    last = WIDTHS.get(asked.get("windows", ""), 0)
    broken = next((each.claim for each in seen.claims if each.verdict == "fail"), None)
    return Watch(
        head=Head(
            _sentence(seen, facts), words.sentence(true_signs(seen.advice)), _facts(seen, facts)
        ),
        production=production(facts, last=last),
        table=asked.get("table") == "1",
        windows=last,
        reference=seen.reference,
        moved=seen.moved,
        alarms=tuple(_alarm(each, facts) for each in seen.alarms),
        command=f"seatrial why {broken}" if broken else "seatrial watch",
    )


def _nothing(facts: Facts) -> tuple[str, str, tuple[Fact, ...]]:
    released = facts.standing is not None
    title = "Nothing was watched yet, so nobody knows whether it holds out there."
    lede = "One look joins decisions with their outcomes and judges each claim week by week."
    if not released:
        lede += " Something has to be released first."
    return (
        title,
        lede,
        (Fact("Next", "", "seatrial watch" if released else "seatrial release propose"),),
    )


def _sentence(seen: Look, facts: Facts) -> str:
    alarms = [each for each in seen.alarms if each.is_open]
    failing = [each for each in seen.claims if each.verdict == "fail"]
    if len(alarms) == 1:
        return f"One alarm is open: {alarms[0].id}, since {words.day(alarms[0].at, facts.now)}."
    if alarms:
        return f"{words.listed([each.id for each in alarms]).capitalize()} raise alarms."
    if failing:
        return f"{words.listed([true_signs(each.name) for each in failing])} no longer holds."
    return "Every claim still holds out there, and no alarm is open."


def _facts(seen: Look, facts: Facts) -> tuple[Fact, ...]:
    unit = _unit(seen.windows)
    count = len(seen.windows)
    delay = f", after {seen.delay_h:.0f}{words.SPACE}h (median)" if seen.delay_h is not None else ""
    known = seen.known.value
    return (
        Fact(
            "Windows",
            f"{count} {unit}{'s' if count != 1 else ''}, {numbers.count(seen.decisions)} decisions",
        ),
        Fact(
            "Outcomes",
            f"known for {words.per_cent(known)}{delay}" if known is not None else "none are known",
        ),
        Fact("Release", f"{seen.release}, {words.rung_text(seen.rung)}", href="releases"),
        Fact("Looked", words.when(seen.at, facts.now)),
    )


def production(facts: Facts, *, last: int = 0, most: int | None = None) -> Production:
    """The series of the newest look.

    Args:
        facts: With a look.
        last: How many windows; 0 for all.
        most: How many series; the most telling ones. None for all.
    """
    seen = facts.look
    assert seen is not None
    start = max(len(seen.windows) - last, 0) if last else 0
    shown = seen.windows[start:]
    claims = [track(each, facts, start) for each in _ordered(seen.claims)]
    figures = [track(each, facts, start) for each in seen.figures]
    if most is not None:
        claims = claims[: most - bool(figures)]
        figures = figures[: most - len(claims)]
    turns = _turns(seen.windows)
    return Production(
        unit=_unit(seen.windows),
        spans=tuple(_span(each, seen.windows[-1].start) for each in shown),
        all=len(seen.windows),
        turns=tuple(Turn(each.place - start, each.text) for each in turns if each.place >= start),
        claims=tuple(claims),
        figures=tuple(figures),
        caption=_caption(shown),
    )


def _ordered(found: Sequence[Series]) -> list[Series]:
    return sorted(found, key=lambda each: VERDICTS.index(each.verdict))


def track(series: Series, facts: Facts, start: int = 0) -> Track:
    """A series from a window on."""
    claim = next((each for each in facts.checked.claims if each.id == series.claim), None)
    name = words.claimed(claim) if claim else true_signs(series.name)
    bound, sign = _bound(claim, facts)
    return Track(
        name=name,
        short=words.name_of(claim) if claim else name,
        claim=claim.id if claim else "",
        owner=series.owner,
        verdict=series.verdict,
        reason=words.sentence(series.reason),
        bound=bound,
        sign=sign,
        newest=figure(series.newest) if series.newest else None,
        points=tuple(
            (
                figure(each.estimate) if each.estimate and each.estimate.measured else None,
                each.verdict,
            )
            for each in series.points[start:]
        ),
    )


def _bound(claim: Claim | None, facts: Facts) -> tuple[float | None, str]:
    if claim is None or claim.bound is None:
        return None, ""
    return limit(claim.bound, facts.checked.metrics[claim.measure.metric]), claim.bound.sign


def _span(window: Window, newest: str) -> Span:
    known = words.per_cent(window.known / window.decisions) if window.decisions else ""
    return Span(
        words.day(window.start, parse_iso(newest)),
        window.decisions,
        known,
        window.is_mature,
        words.rung_text(window.rung),
    )


def _turns(windows: Sequence[Window]) -> list[Turn]:
    return [
        Turn(place, _became(one.rung, two.rung))
        for place, (one, two) in enumerate(pairwise(windows), start=1)
        if one.rung != two.rung
    ]


def _became(came: str, went: str) -> str:
    before, after = Rung.parse(came), Rung.parse(went)
    if after.share < before.share:
        return (
            f"back to {after.level}"
            if after.share == 0
            else f"back to {words.per_cent(after.share)}"
        )
    if after.stage == "canary" and before.stage == "shadow":
        return f"canary {words.per_cent(after.share)}"
    if after.level == before.level:
        return words.per_cent(after.share)
    return words.rung_text(after)


def _unit(windows: Sequence[Window]) -> str:
    """What the newest window is; older ones may be pooled."""
    if not windows:
        return "window"
    length = parse_iso(windows[-1].end) - parse_iso(windows[-1].start)
    count, _, unit = dates.stretch(length).partition(" ")
    return unit.rstrip("s") if count == "1" else "window"


def _caption(windows: Sequence[Window]) -> str:
    said = "Bars are 95 % intervals; a square lies wholly on the failing side, an open circle is not settled."
    open_ = [each for each in windows if not each.is_mature]
    asked = sum(each.decisions for each in open_)
    if open_ and asked:
        share = 1 - sum(each.known for each in open_) / asked
        said += (
            f" Hatched: {words.per_cent(round(share, 2))} of the outcomes there are still to come."
        )
    elif open_:
        said += " Hatched: outcomes are still to come."
    return said


def _alarm(alarm: Alarm, facts: Facts) -> AlarmRow:
    sent = f"Sent to {', '.join(alarm.sent)}. " if alarm.sent else "Sent to nobody. "
    ended = f"Ended {words.when(alarm.closed, facts.now)}." if alarm.closed else "Still open."
    return AlarmRow(
        words.when(alarm.at, facts.now),
        words.sentence(true_signs(alarm.sentence)),
        f"Owner {alarm.owner}. {sent}{ended}",
        alarm.is_open,
    )
