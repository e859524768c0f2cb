"""The whole way on real data, told as it goes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from seatrial.cli.console import Progress, leave, show
from seatrial.core.clock import ManualClock, Stopwatch, iso
from seatrial.records.dataset import Snapshot, Split
from seatrial.records.look import Look
from seatrial.reports import numbers
from seatrial.reports.check import report
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, pad, wrapped
from seatrial.reports.readiness import meter
from seatrial.reports.release import moved as told_move
from seatrial.reports.release import standing as told_standing
from seatrial.reports.steps import steps
from seatrial.reports.training import closing, ladder
from seatrial.reports.watch import look as told_look
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import spoken
from seatrial.verbs.demo import END, NAME, TODAY, later, lay_out
from seatrial.verbs.desk import history
from seatrial.verbs.follow import Follower
from seatrial.verbs.look import newest
from seatrial.verbs.project import Project
from seatrial.verbs.release import advance, in_force, propose, standing
from seatrial.verbs.replay import Answered, Replay, serving
from seatrial.verbs.train import rows_of
from seatrial.verbs.watch import look

_COLUMN = 82
_WEEK = timedelta(days=7)


def tell(folder: Path | None) -> None:
    """Go from the files to a watched service, and to its page."""
    place = folder or Path(NAME)
    watch = Stopwatch()
    said = "Seatrial on the 2013 New York flights. Real data, nothing staged. About a minute."
    show([line(Piece("-o-  ", "bold"), said), line("")])
    project = lay_out(place)
    number = len(project.plan.claims)
    _title(
        1,
        "Claim",
        f"Will a flight arrive 15 minutes late or more? {number} claims, in {place / 'plan.yaml'}",
        watch,
    )
    _data(project, watch)
    _train(project, watch)
    _check(project, watch)
    _release(project, watch)
    _serve(project, watch)
    _ready(project, watch)
    _end(project, place)


def _end(project: Project, place: Path) -> None:
    """The page's address where somebody sees it; else the command that opens it."""
    said = "Now it is your turn. Move a bound in the plan, drop a feature, then: seatrial check"
    show([line(""), line(said)])
    if os.environ.get("SEATRIAL_UI") == "0" or not sys.stdout.isatty():
        show([next_command(f"cd {place} && seatrial ui")])
        return
    from seatrial.web.server import start

    handle = start(project)
    show([line(f"The pages: {handle.address}     (Ctrl-C stops them)")])
    show([next_command("seatrial init NAME --data FILE --target COLUMN")])
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        handle.stop()
        project.close()
        leave()


def _title(number: int, word: str, text: str, watch: Stopwatch) -> None:
    said = f"  {number}  {pad(word, 9)} {text}"
    show([line(Piece(pad(said, _COLUMN), "bold"), Piece(f"  at {watch.seconds:5.1f} s", DIM))])


def _indented(lines: Sequence[Line]) -> list[Line]:
    return [line(" " * 5, *each) for each in lines]


def _data(project: Project, watch: Stopwatch) -> None:
    with Progress() as progress:
        progress.say("Reading and joining 336,776 flights with the weather")
        chain = Chain(project)
        snapshot, split = chain.snapshot, chain.split
    _title(
        2,
        "Data",
        f"{snapshot.rows:,} rows, {len(snapshot.columns)} columns, frozen as {snapshot.id[:6]}",
        watch,
    )
    show(
        [
            each
            for sentence in _facts(snapshot, split)
            for each in wrapped(sentence, indent=5, style=DIM, width=94)
        ]
    )
    show([line("")])


def _facts(snapshot: Snapshot, split: Split) -> list[str]:
    said = [
        f"{each.name}: {each.rows:,} rows; {each.unmatched:,} flights found no weather of their hour."
        for each in snapshot.sources
        if each.join_keys
    ]
    said += [
        f"Left out: {each.rows:,} rows where {each.where} ({each.because})."
        for each in snapshot.exclusions
    ]
    shares = [
        f"{name} {part.rows:,}, {part.classes['true'] / sum(part.classes.values()):.0%} late"
        for name, part in split.parts.items()
    ]
    return [*said, f"Split by time: {'; '.join(shares)}."]


def _train(project: Project, watch: Stopwatch) -> None:
    with Progress() as progress:
        done = project.train(tell=progress.say)
    _title(
        3, "Train", f"{len(done.rungs)} ways, from a constant to boosted trees; one is kept", watch
    )
    show([*_indented(ladder(rows_of(done))), line("")])
    kept = closing(
        done.rows, name=spoken(done.chosen), digest=done.kept.candidate.name, why=done.why
    )
    show([*_indented(kept), line("")])


def _check(project: Project, watch: Stopwatch) -> None:
    with Progress() as progress:
        done = project.check(tell=progress.count)
    counted = ", ".join(f"{number} {verdict}" for verdict, number in done.tally.items() if number)
    _title(
        4,
        "Prove",
        f"on the newest {done.rows:,} flights, read for the first time: {counted}",
        watch,
    )
    told = report(
        done.project,
        done.candidate,
        done.claims,
        done.newest,
        done.metrics,
        rows=done.rows,
        uses=done.uses,
        standing=done.standing,
    )
    show([*told[2:-1], line("")])


def _release(project: Project, watch: Stopwatch) -> None:
    moved = propose(project) if standing(project) is None else None
    stands = standing(project)
    assert stands is not None
    _title(5, "Release", f"release {stands.release} in {stands.rung}, beside the rule", watch)
    if moved is not None and moved.move is not None:
        show([*_indented(told_move(moved.move, stands)[:-1]), line("")])


def _serve(project: Project, watch: Stopwatch) -> None:
    """Replay the later months over HTTP, look each week, advance as far as the gates allow."""
    seen = newest(project)
    if seen is None:
        _title(6, "Serve", f"{TODAY:%-d %B} to {END:%-d %B}, replayed over HTTP", watch)
        seen = _replayed(project)
    else:
        _title(6, "Serve", "the later months were replayed when the demo was first run", watch)
    stands = standing(project)
    assert stands is not None
    _title(7, "Watch", f"{seen.decisions:,} decisions, and what came of them", watch)
    show([*_indented(told_look(seen)[:-1]), line("")])
    show([*_indented(told_standing(stands)[:-1]), line("")])


def _replayed(project: Project) -> Look:
    manifest = in_force(project)
    clock = project.clock
    assert manifest is not None
    assert isinstance(clock, ManualClock)
    said: list[str] = []
    answering = serving(serving_folder(project).path, "--replay")
    with Progress() as progress, answering as server, Follower(project) as follower:
        replay = Replay(
            server.address,
            later(project),
            manifest,
            time="time_hour",
            outcome="late",
            key=project.plan.text.data.keys,
            clock=clock,
        )
        while clock.at < END:
            progress.say(f"Replaying {clock.at:%-d %B}")
            done = replay.until(min(clock.at + _WEEK, END))
            follower.read_on()
            seen = look(project, follower, say=said.append)
            progress.erase()
            show(_week(project, done, said))
            said.clear()
            replay.wait_for(history(project)[0].manifest)
    return seen


def _week(project: Project, done: Answered, said: Sequence[str]) -> list[Line]:
    """One week: what was answered, the alarms, and what the gate then allowed."""
    day = f"{project.clock.now():%-d %b}"
    rate = done.decisions / max(done.seconds, 1e-9)
    head = f"{pad(day, 7)} {done.decisions:,} flights, {rate:,.0f}/s"
    stands = standing(project)
    moved = advance(project) if stands is not None and stands.next is not None else None
    if (
        stands is not None
        and stands.lost is not None
        and stands.lost.at == iso(project.clock.now())
    ):
        what = f"the guard takes it back to {stands.rung}: {stands.lost.reason}"
    elif moved is None or moved.move is None:
        unmet = moved.check.unmet if moved else ()
        what = (
            f"stays; shut by: {true_signs(unmet[0].what)}"
            if unmet
            else "decides about every flight"
        )
    else:
        what = f"advances to {moved.move.went}"
    lines = wrapped(f"{pad(head, 32)} {what}", indent=5, width=94)
    return [*lines, *(each for alarm in said for each in wrapped(alarm, indent=13, width=94))]


def _ready(project: Project, watch: Stopwatch) -> None:
    with Progress() as progress:
        found = project.readiness(measure=[], tell=progress.count)
    score = found.score
    _title(8, "Ready?", f"readiness {score.score:g} of 7; {score.smallest} decides", watch)
    show([*_indented(meter(score)[2:]), line("")])
    ranked = project.next().steps
    _title(9, "Next", f"{numbers.count(len(ranked))} steps, the most valuable first", watch)
    show(_indented(steps(ranked)))
