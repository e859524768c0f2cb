"""Releases: who decides now, how much, by what right, and how it came to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from seatrial.core.clock import iso, parse_iso
from seatrial.core.digest import short
from seatrial.records.claim import Claim
from seatrial.records.evidence import Verdict
from seatrial.records.manifest import LEVELS, Override
from seatrial.records.release import WHOLE, Guard, Move, Requirement, Rung, Standing
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head, decider
from seatrial.web.shown import STAGES, Figure, figure

PROPOSE = "seatrial release propose"
ADVANCE = "seatrial release advance"
_MEANS = {
    "human": "people decide; no model is asked",
    "shadow": "answers are compared, not used",
    "assist": "people decide and see the answer",
    "partial": "confident cases are decided",
    "full": "the model decides",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One level: ``state`` is ``on``, ``lost`` or empty."""

    level: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a gate demands."""

    what: str
    verdict: Verdict
    reason: str
    claim: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The next gate: what would be entered, whether it is open, what it demands."""

    rung: str
    passed: bool
    sentence: str
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A guard as it stands."""

    text: str
    verdict: Verdict
    seen: Figure | None
    bound: str
    against: float
    evidence: str
    limit: float
    n: str
    decision: str


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of exposure: from where to where in time, its share, how it ended."""

    start: float
    end: float
    share: float
    text: str
    day: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One move of the history."""

    at: str
    iso: str
    title: str
    text: str
    verdict: Verdict
    override: str
    digest: str


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be typed, and what it does."""

    does: str
    command: str


@dataclass(frozen=True, slots=True)
class Releases:
    """The page."""

    head: Head
    override: str
    segments: tuple[Segment, ...]
    asked_for: str
    commands: tuple[Command, ...]
    closed: str
    why: str
    steps: tuple[Step, ...]
    ends: str
    guards: tuple[GuardRow, ...]
    guards_title: str
    gate: Gate | None
    history: tuple[Told, ...]


def view(facts: Facts, asked: Mapping[str, str]) -> Releases:  # noqa: ARG001 — all pages are asked alike
    """What the page of the releases shows."""
    standing = facts.standing
    path = tuple(Rung.parse(each) for each in facts.project.plan.text.release.path)
    if standing is None:
        return _nothing(facts, path)
    gate = _gate(standing)
    return Releases(
        head=Head(_sentence(standing), _lede(standing), _facts(standing, facts)),
        override=_against(standing.override, facts) if standing.override else "",
        segments=_segments(standing, facts),
        asked_for=words.rung_text(path[-1]),
        commands=_commands(standing),
        closed=gate.sentence if gate and not gate.passed else "",
        why=next((each.claim for each in gate.demands if each.claim), "") if gate else "",
        steps=_steps(standing, facts),
        ends=words.day(iso(_seen_until(standing, facts)), facts.now),
        guards=tuple(_guard(each, standing, facts) for each in standing.guards),
        guards_title=_guards_title(standing, facts),
        gate=gate,
        history=tuple(_told(each, facts) for each in standing.history),
    )


def _nothing(facts: Facts, path: Sequence[Rung]) -> Releases:
    rule = facts.project.plan.fallback
    lede = "A release gives the candidate a level and a share of the decisions, earned by evidence."
    fallback = f"rule {true_signs(str(rule))}" if rule else "none"
    told = (
        Fact("Path", " → ".join(words.rung_text(each) for each in path)),
        Fact("Fallback", fallback),
        Fact("Next", "", PROPOSE),
    )
    levels = {each.level for each in path}
    return Releases(
        head=Head("Nothing is released yet, so no model decides.", lede, told),
        override="",
        segments=tuple(
            Segment(each, "", _MEANS[each] if each in levels else "") for each in LEVELS
        ),
        asked_for=words.rung_text(path[-1]),
        commands=(),
        closed="",
        why="",
        steps=(),
        ends="",
        guards=(),
        guards_title="",
        gate=None,
        history=(),
    )


def _sentence(standing: Standing) -> str:
    number, rung = standing.release, standing.rung
    if rung.level == "human":
        return f"{_decides(standing)}. Release {number} is out of service."
    if rung.level == "shadow":
        return f"{_decides(standing)}. Release {number} watches."
    if rung.level == "assist":
        return f"People decide and see what release {number} says."
    if rung.share >= WHOLE:
        return f"Release {number} decides."
    return f"Release {number} decides {words.per_cent(rung.share)} of the cases."


def _decides(standing: Standing) -> str:
    who = decider(standing)
    return f"{words.capital(who)} decide{'' if who.startswith('people') else 's'}"


def _lede(standing: Standing) -> str:
    lost = standing.lost
    said = ""
    if lost is not None:
        who = "A guard" if lost.by == "guard" else lost.by
        way = f"from {words.share_text(lost.came)} back to {words.share_text(lost.went)}"
        said = f"{who} took release {lost.release} {way}: {true_signs(lost.reason)}"
    elif standing.next is not None and standing.next.passed:
        said = f"The gate of {words.share_text(str(standing.next.rung))} is open"
    return words.sentence(said)


def _facts(standing: Standing, facts: Facts) -> tuple[Fact, ...]:
    name, _, digest = standing.candidate.rpartition(" ")
    rule = facts.project.plan.fallback
    told = [
        Fact("Release", f"{standing.release}{f', {name}' if name else ''}", digest),
        Fact("Path", " → ".join(words.rung_text(each) for each in standing.path)),
        Fact("Fallback", f"rule {true_signs(str(rule))}" if rule else "none"),
        Fact("Sticky by", "", ", ".join(standing.sticky_by)),
    ]
    if standing.valid_until:
        told.append(Fact("Valid until", words.when(standing.valid_until, facts.now)))
    return tuple(told)


def _segments(standing: Standing, facts: Facts) -> tuple[Segment, ...]:
    lost = standing.lost
    had = Rung.parse(lost.came).level if lost and lost.came else ""
    claim = lost.claim if lost else ""
    asked = {each.level for each in standing.path}
    found = []
    for level in LEVELS:
        state, note = "", ""
        if level == standing.rung.level:
            share = f", {words.per_cent(standing.rung.share)}" if standing.rung.share else ""
            state, note = "on", f"now{share}: {_MEANS[level]}"
        elif lost is not None and level == had:
            state, note = (
                "lost",
                f"lost {words.day(lost.at, facts.now)}{f': {claim}' if claim else ''}",
            )
        elif standing.next and level == standing.next.rung.level:
            unmet = standing.next.unmet
            note = f"needs {words.listed([_named(each) for each in unmet])}" if unmet else "open"
        elif level != "human":
            note = "" if level in asked else "not asked for"
        found.append(Segment(level, state, note))
    return tuple(found)


def _named(demand: Requirement) -> str:
    return demand.claim or true_signs(demand.what)


def _commands(standing: Standing) -> tuple[Command, ...]:
    out = "Take it out of service" if standing.rung.stage == "shadow" else "Take it back to shadow"
    back = Command(out, "seatrial release rollback --reason TEXT")
    if standing.rung.level == "human":
        return (Command("Enter the first rung again", PROPOSE),)
    if standing.next is None:
        return (back,)
    onward = words.rung_text(standing.next.rung)
    if standing.next.passed:
        return (Command(f"Promote to {onward}", ADVANCE), back)
    override = Command(
        "Go on against the gate; it stays on the record",
        f"{ADVANCE} --override --by NAME --reason TEXT",
    )
    return (back, override)


def _gate(standing: Standing) -> Gate | None:
    check = standing.next
    if check is None:
        return None
    rung = words.share_text(str(check.rung))
    if check.passed:
        sentence = f"The gate of {rung} is open."
    else:
        unmet = [_unmet(each) for each in check.unmet]
        more = f", and {len(unmet) - 1} more" if len(unmet) > 1 else ""
        sentence = f"The gate of {rung} is shut: {unmet[0]}{more}."
    demands = tuple(
        Demand(
            true_signs(each.what),
            each.verdict,
            words.capital(true_signs(each.reason)),
            each.claim or "",
            short(each.evidence) if each.evidence else "",
        )
        for each in sorted(check.requirements, key=lambda each: each.is_met)
    )
    return Gate(rung, check.passed, sentence, demands)


def _unmet(demand: Requirement) -> str:
    """A demand in a sentence: what it is, and that it isn't met where it is asked for."""
    what, _, stage = true_signs(demand.what).rpartition(", ")
    if stage not in STAGES:
        return f"{true_signs(demand.what)}: {_stands(demand.verdict)}"
    return f"{what} {_stands(demand.verdict)} {stage if stage == 'offline' else f'in {stage}'}"


def _stands(verdict: Verdict) -> str:
    return "is not settled" if verdict == "unknown" else words.STATES[verdict]


def _guards_title(standing: Standing, facts: Facts) -> str:
    lost = standing.lost
    if lost is not None and lost.by == "guard":
        return f"Guards since the decision of {words.day(lost.at, facts.now)}"
    return "Guards as they stand"


def _guard(guard: Guard, standing: Standing, facts: Facts) -> GuardRow:
    lost = standing.lost
    taken = lost is not None and lost.by == "guard" and guard.verdict == "fail"
    claim: Claim | None = next(
        (each for each in facts.checked.claims if each.id == guard.claim), None
    )
    return GuardRow(
        text=true_signs(guard.text),
        verdict=guard.verdict,
        seen=figure(guard.seen) if guard.seen else None,
        bound=str(claim.bound).partition(" ")[2] if claim and claim.bound else "",
        against=guard.against,
        evidence=_figure(guard.against),
        limit=guard.limit,
        n=numbers.count(guard.n),
        decision=f"rolled back {words.when(lost.at, facts.now)}"
        if lost and taken
        else guard.decision,
    )


def _figure(against: float) -> str:
    """An e-value: one decimal below 10, whole above.

    >>> _figure(1.0), _figure(2.43), _figure(61.3), _figure(2e7)
    ('1', '2.4', '61', '> 1,000,000')
    """
    most = 1_000_000
    if against > most:
        return f"> {most:,}"
    return f"{against:,.0f}" if against >= 10 or against == round(against) else f"{against:.1f}"  # noqa: PLR2004 — where a decimal says nothing more


def _seen_until(standing: Standing, facts: Facts) -> datetime:
    """When the release was last looked at; now, if it wasn't. A replay may lie years back."""
    last = parse_iso(standing.history[0].at)
    return max(parse_iso(facts.watched.at) if facts.watched else facts.now, last)


def _steps(standing: Standing, facts: Facts) -> tuple[Step, ...]:
    """Exposure of the newest release over time: in per cent of the time since it was proposed."""
    own = (move for move in reversed(standing.history) if move.release == standing.release)
    moves = [move for move in own if move.action != "renew"]
    times = [parse_iso(move.at) for move in moves]
    end = _seen_until(standing, facts)
    length = (end - times[0]).total_seconds() or 1.0
    at = [(time - times[0]).total_seconds() / length * 100 for time in times]
    return tuple(
        Step(
            round(at[place], 2),
            round([*at[1:], 100.0][place], 2),
            Rung.parse(move.went).share,
            words.rung_text(move.went),
            words.day(move.at, facts.now),
            move.action == "rollback" and move.by == "guard",
        )
        for place, move in enumerate(moves)
    )


def _told(move: Move, facts: Facts) -> Told:
    went = words.rung_text(move.went)
    verb = "taken back to" if move.action == "rollback" else "to"
    against = ", against the gate" if move.override else ""
    verdict: Verdict = "pass"
    if move.action == "rollback":
        verdict = "fail" if move.by == "guard" else "unknown"
    return Told(
        words.when(move.at, facts.now),
        move.at,
        f"Release {move.release} {verb} {went}{against}, by {move.by}",
        "" if move.override else words.sentence(true_signs(move.reason)),
        "waived" if move.override else verdict,
        _against(move.override, facts) if move.override else "",
        short(move.digest) if move.digest else "",
    )


def _against(override: Override, facts: Facts) -> str:
    when = words.when(override.at, facts.now)
    return f"Entered against the gate by {override.by}, {when}: {words.sentence(override.why)}"
