"""Judge production once, or over and over: read the log, measure, take back what is proved bad, tell."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.clock import iso
from seatrial.core.errors import SeatrialError
from seatrial.core.units import duration
from seatrial.monitoring.alarms import demand_channels, send
from seatrial.records.claim import Claim
from seatrial.records.look import Alarm, Look, Moved, Series
from seatrial.reports.claims import true_signs
from seatrial.reports.numbers import whole
from seatrial.verbs.desk import GUARD
from seatrial.verbs.follow import Follower, Writer
from seatrial.verbs.inputs import Inputs
from seatrial.verbs.look import KIND, newest
from seatrial.verbs.project import Project
from seatrial.verbs.release import renew, rollback, standing
from seatrial.verbs.series import claims, figures
from seatrial.verbs.watching import Watching

ALARM = "alarm"
_GATE = "gate"
_ANSWERING = "answering"
SHOWN_CLOSED = 10
"""Alarms that are over and are still shown, the newest first."""
POLL_S = 1.0
"""How often the follower looks for new records between two looks."""
Say = Callable[[str], None]


def watch(project: Project, *, log: Path | None = None, say: Say = lambda _line: None) -> Look:
    """Look at production once.

    Args:
        project: The project.
        log: Folder of the decision log; that of the serving folder if None.
        say: Prints the lines of alarms that go to standard output.

    Raises:
        NotFoundError: nothing is released, or it has answered nothing yet.
        ConflictError: a follower is at work on this log; it looks by itself.
    """
    with Follower(project, log=log) as follower:
        follower.read_on()
        return look(project, follower, say=say)


def follow(
    project: Project,
    *,
    log: Path | None = None,
    say: Say = lambda _line: None,
    tell: Callable[[Look], None] = lambda _look: None,
    niceness: int = 10,
) -> None:
    """Follow the log and look every ``watch.every``, and at once when the answering process came or went.

    Ends at SIGINT or SIGTERM.

    Args:
        project: The project.
        log: Folder of the decision log.
        say: Prints the lines of alarms.
        tell: Told each look.
        niceness: By how much it gives way to the process that answers.

    Raises:
        ConflictError: another follower is at work on this log.
    """
    os.nice(niceness)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    every = duration(project.plan.text.watch.every)
    with Follower(project, log=log) as follower:
        due, writer = project.clock.now(), follower.writer
        while not stop.is_set():
            follower.read_on()
            before, writer = writer, follower.writer
            if project.clock.now() >= due or writer != before:
                due = project.clock.now() + every
                try:
                    tell(look(project, follower, say=say))
                except SeatrialError as fault:
                    say(str(fault))
            stop.wait(POLL_S)


def look(project: Project, follower: Follower, *, say: Say = lambda _line: None) -> Look:
    """Judge what the follower has read, take back what is proved bad, raise and close alarms, file it.

    Raises:
        NotFoundError: nothing is released, or it has answered nothing yet.
    """
    demand_channels(project.plan.text.watch.notify)
    before = newest(project)
    seen = _seen(project, follower, before)
    _take_back(project, seen)
    renew(project)
    found = replace(seen, alarms=_alarms(project, seen, follower.writer, say))
    plain = found.to_json()
    if before is None or before.to_json() | {"at": ""} != plain | {"at": ""}:
        project.ledger.append(KIND, plain, key=found.project)
    return found


def _seen(project: Project, follower: Follower, before: Look | None) -> Look:
    watching = Watching(project, follower, before=before)
    inputs = Inputs(watching)
    stretch = watching.stretch
    return Look(
        project=project.plan.text.project,
        at=iso(watching.now),
        release=stretch.newest.release,
        candidate=stretch.newest.candidate,
        rung=stretch.newest.went,
        decisions=watching.frame.height,
        known=watching.known,
        delay_h=watching.delay_h,
        windows=watching.windows,
        claims=claims(watching),
        figures=(*figures(watching), *inputs.figures()),
        moved=inputs.moved(),
        reference=inputs.reference_name,
        alarms=(),
        advice=inputs.advice(),
        paired=watching.paired,
    )


def _take_back(project: Project, seen: Look) -> None:
    """A guarantee that is proved broken takes the release back to shadow, where it decides something."""
    stands = standing(project)
    broken = next((each for each in seen.claims if each.verdict == "fail" and each.blocks), None)
    if stands is None or broken is None or stands.rung.stage == "shadow":
        return
    figure = f"{whole(broken.newest)}, n = {broken.newest.n:,}" if broken.newest else "not measured"
    reason = true_signs(f"{broken.name}: {figure}; {broken.reason}")
    rollback(project, by=GUARD, reason=reason, claim=broken.claim or "")


@dataclass(frozen=True, slots=True)
class _Problem:
    id: str
    owner: str
    sentence: str
    evidence: str = ""


def _alarms(project: Project, seen: Look, writer: Writer, say: Say) -> tuple[Alarm, ...]:
    """Open an alarm for each new problem, close those whose problem is gone; open ones first."""
    entries = project.ledger.find(ALARM, project.plan.text.project)
    last: dict[str, Alarm] = {}
    for entry in entries:
        alarm = Alarm(**{**entry.payload, "sent": tuple(entry.payload["sent"])})
        last.setdefault(alarm.id, alarm)
    open_ = {name: alarm for name, alarm in last.items() if alarm.is_open}
    problems = {each.id: each for each in _problems(project, seen, writer)}
    channels = project.plan.text.watch.notify
    settled = _settled(seen) | ({_ANSWERING} if writer in {"writes", "closed"} else set())
    for name, alarm in open_.items():
        if name in settled and name not in problems:
            _file(project, replace(alarm, closed=seen.at), channels, say)
    for name, problem in problems.items():
        if name not in open_:
            opened = Alarm(
                name, seen.at, problem.owner, problem.sentence, evidence=problem.evidence
            )
            _file(project, opened, channels, say)
    return shown_alarms(project)


def shown_alarms(project: Project) -> tuple[Alarm, ...]:
    """Alarms that last, then the newest that are over."""
    newest_of: dict[tuple[str, str], Alarm] = {}
    for entry in project.ledger.find(ALARM, project.plan.text.project):
        alarm = Alarm(**{**entry.payload, "sent": tuple(entry.payload["sent"])})
        newest_of.setdefault((alarm.id, alarm.at), alarm)
    found = sorted(newest_of.values(), key=lambda alarm: alarm.at, reverse=True)
    over = [alarm for alarm in found if not alarm.is_open]
    return (*(alarm for alarm in found if alarm.is_open), *over[:SHOWN_CLOSED])


def _file(project: Project, alarm: Alarm, channels: Sequence[str], say: Say) -> None:
    sent = send(alarm, channels, say=say)
    filed = replace(alarm, sent=sent)
    plain = {name: getattr(filed, name) for name in Alarm.__slots__}
    project.ledger.append(ALARM, {**plain, "sent": list(sent)}, key=project.plan.text.project)


def _settled(seen: Look) -> set[str]:
    """What was looked at and holds; what can't be told keeps its alarm."""
    held = {str(each.claim) for each in seen.claims if each.verdict in {"pass", "waived"}}
    still = {_about(each) for each in seen.moved if each.verdict == "pass"}
    return held | still | {_GATE}


def _problems(project: Project, seen: Look, writer: Writer) -> list[_Problem]:
    plan = project.plan
    claims = {claim.id: claim for claim in plan.claims}
    found = [
        _broken(each, claims[each.claim])
        for each in seen.claims
        if each.verdict == "fail" and each.claim is not None and each.blocks
    ]
    owner = plan.text.owners.get("default", "nobody")
    found += [
        _moved(each, owner)
        for each in seen.moved
        if each.verdict == "fail"
        and each.shift != "distance"  # seasons move; a claim says if it hurts
    ]
    if writer == "gone":
        fact = (
            "Nobody answers: the process that did was killed or crashed. Start it: seatrial serve."
        )
        engineer = plan.text.owners.get("engineering", owner)
        found.append(_Problem(_ANSWERING, engineer, fact))
    stands = standing(project)
    until = stands.valid_until if stands else None
    if until is not None and until <= seen.at:
        day = until[:16].replace("T", " ")
        found.append(
            _Problem(
                _GATE,
                owner,
                f"The gate of release {seen.release} expired on {day}; only the fallback answers.",
            )
        )
    return found


def _broken(series: Series, claim: Claim) -> _Problem:
    figure = whole(series.newest) if series.newest else "not measured"
    sentence = f"{true_signs(series.name)} fails in {series.stage}: {figure}; {series.reason}."
    return _Problem(claim.id, series.owner, sentence, series.evidence)


def _moved(moved: Moved, owner: str) -> _Problem:
    return _Problem(_about(moved), owner, f"{moved.feature}: {moved.reading}.")


def _about(moved: Moved) -> str:
    return f"input {moved.feature} {moved.shift}"
