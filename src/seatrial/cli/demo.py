"""The whole way on real data, told as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatrial.cli.console import Progress, show
from seatrial.core.clock import Stopwatch
from seatrial.records.dataset import Snapshot, Split
from seatrial.reports import numbers
from seatrial.reports.check import report
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, pad, wrapped
from seatrial.reports.readiness import meter
from seatrial.reports.steps import steps
from seatrial.reports.training import closing, ladder
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import spoken
from seatrial.verbs.demo import NAME, lay_out
from seatrial.verbs.project import Project
from seatrial.verbs.train import rows_of

_COLUMN = 82


def tell(folder: Path | None) -> None:
    """Go from the files to the verdicts and the next steps."""
    place = folder or Path(NAME)
    watch = Stopwatch()
    show(
        [
            line(
                Piece("-o-  ", "bold"),
                "Seatrial on the 2013 New York flights. Real data, nothing staged. About a minute.",
            ),
            line(""),
        ]
    )
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
    _ready(project, watch)
    show(
        [
            line(""),
            line(
                "Now it is your turn. Move a bound in the plan, drop a feature, then: seatrial why precision"
            ),
        ]
    )
    show(
        [
            next_command(
                f"cd {place} && seatrial check, or seatrial init NAME --data FILE --target COLUMN"
            )
        ]
    )


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
        done.judgements,
        done.metrics,
        rows=done.rows,
        uses=done.uses,
    )
    show([*told[2:-1], line("")])


def _ready(project: Project, watch: Stopwatch) -> None:
    with Progress() as progress:
        found = project.readiness(measure=[], tell=progress.count)
    score = found.score
    _title(5, "Ready?", f"readiness {score.score:g} of 7; {score.smallest} decides", watch)
    show([*_indented(meter(score)[2:]), line("")])
    ranked = project.next().steps
    _title(6, "Next", f"{numbers.count(len(ranked))} steps, the most valuable first", watch)
    show(_indented(steps(ranked)))
