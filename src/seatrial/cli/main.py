"""The entry point: every command, and what an error looks like."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli import (
    audit,
    documents,
    groups,
    neighbours,
    refining,
    release,
    serving,
    testing,
)
from seatrial.cli.ui import ui
from seatrial.core.errors import SeatrialError

app = typer.Typer(
    name="seatrial",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Say what must be true of your ML system. Seatrial measures it, and the model may do only what was measured.",
)
app.add_typer(groups.plan_app, name="plan")
app.add_typer(groups.ledger_app, name="ledger")
app.add_typer(groups.claim_app, name="claim")
app.add_typer(groups.runs_app, name="runs")
app.add_typer(release.release_app, name="release")
app.add_typer(audit.errors_app, name="errors")
app.add_typer(refining.augment_app, name="augment")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()
_INTERRUPTED = 130


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version, or go on to a command."""
    if version:
        from seatrial import __version__

        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Name of the project, and of the folder to make.")],
    data: Annotated[Path, typer.Option("--data", help="A CSV, TSV or Parquet file.")],
    target: Annotated[
        str | None, typer.Option("--target", help="The column to predict, or a condition.")
    ] = None,
    layout: Annotated[str, typer.Option("--layout", help="small or full.")] = "small",
) -> None:
    """Make a plan and a project from a data file."""
    from seatrial.cli.console import Progress, show
    from seatrial.reports.project import drafted
    from seatrial.verbs.init import init as make

    with Progress() as progress:
        made = make(name, data, target=target, layout=layout, tell=progress.say)
    show(drafted(made.rows, made.columns, made.assumptions, made.written, made.claims, made.name))


@app.command()
def train(
    *,
    project: Where = HERE,
    config: Annotated[
        Path | None, typer.Option("--config", help="Try another `train:` section; keeps nothing.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train the baselines and candidates of the plan, tracked; keep the best on dev."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.lines import line, next_command
    from seatrial.reports.training import closing, ladder
    from seatrial.verbs.comparison import spoken
    from seatrial.verbs.train import reported, rows_of

    opened = seatrial.open(project)
    with Progress() as progress:
        done = opened.train(config=config, tell=progress.say)
    if as_json:
        show_json(done.to_json())
        return
    candidate = done.kept.candidate
    lines = [*ladder(rows_of(done, reported(opened))), line("")]
    lines += closing(
        done.rows,
        name=spoken(done.chosen),
        digest=candidate.name,
        why=done.why,
        tried=config.name if config else "",
        unlabelled=done.unlabelled,
    )
    show([*lines, next_command("seatrial runs list" if config else "seatrial check")])


@app.command()
def check(
    claims: Annotated[
        list[str] | None, typer.Argument(help="Ids of claims; all if none is named.")
    ] = None,
    *,
    project: Where = HERE,
    again: Annotated[bool, typer.Option("--again", help="Measure again what is on file.")] = False,
    due: Annotated[
        str | None,
        typer.Option("--due", help="What is measured at each push, by night or by week."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what is due and judge each claim. Exit 3 if the next gate is shut."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.cli.testing import turn
    from seatrial.reports.check import none_due, report

    with Progress() as progress:
        done = seatrial.open(project).check(
            only=claims or (), due=turn(due), again=again, tell=progress.count
        )
    if as_json:
        show_json(done.to_json())
    elif due is not None and not done.claims:
        show(none_due(due))
    else:
        show(
            report(
                done.project,
                done.candidate,
                done.claims,
                done.newest,
                done.metrics,
                rows=done.rows,
                uses=done.uses,
                standing=done.standing,
            )
        )
    raise typer.Exit(done.exit_code)


@app.command()
def why(
    claim: Annotated[str, typer.Argument(help="Id of a claim.")],
    *,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """Say why a claim is stale, failing or not known."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.lines import next_command
    from seatrial.reports.why import why as told

    found = seatrial.open(project).why(claim)
    if as_json:
        show_json(found.to_json())
        return
    lines = told(
        found.claim,
        found.judgement,
        found.changed,
        found.nearest,
        stale=found.stale,
        same=len(found.same),
        finding=found.finding,
    )
    show([*lines, next_command(found.command)])


app.command()(audit.slices)
app.command()(audit.doctor)
app.command()(audit.trace)
groups.runs_app.command("push")(neighbours.push)
groups.runs_app.command("pull")(neighbours.pull)
app.command()(testing.quick)
app.command()(testing.schedule)
app.command()(refining.curve)
app.command()(refining.search)
app.command()(serving.serve)
app.command()(serving.log)
app.command()(release.watch)
app.command()(ui)
app.command()(documents.report)
app.command()(documents.card)
app.command("sign-off")(documents.sign_off)


@app.command("next")
def next_(
    *,
    project: Where = HERE,
    every: Annotated[bool, typer.Option("--all", help="All of them, not the first three.")] = False,
    as_json: Json = False,
) -> None:
    """The most valuable next steps."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.lines import next_command
    from seatrial.reports.steps import steps

    found = seatrial.open(project).next()
    if as_json:
        show_json(found.to_json())
        return
    first = found.steps[0].command if found.steps else "seatrial check"
    show([*steps(found.steps, every=every), next_command(first)])


@app.command()
def readiness(
    tests: Annotated[list[str] | None, typer.Argument(help="Ids of tests to measure.")] = None,
    *,
    project: Where = HERE,
    measure: Annotated[bool, typer.Option("--measure", help="Measure all that can be.")] = False,
    record: Annotated[
        str | None, typer.Option("--record", help="Record that a test was done by hand.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="With --record: who did it.")] = "",
    note: Annotated[
        str, typer.Option("--note", help="With --record: what was done, what came out.")
    ] = "",
    until: Annotated[
        str | None,
        typer.Option("--until", help="With --record: day from which it no longer counts."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every test.")] = False,
    as_json: Json = False,
) -> None:
    """The ML Test Score, from evidence."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.cli.groups import day
    from seatrial.reports.lines import line, next_command
    from seatrial.reports.readiness import meter
    from seatrial.verbs.readiness import record as file_record

    opened = seatrial.open(project)
    if record is not None:
        file_record(opened, record, by=by, note=note, until=day(until))
    with Progress() as progress:
        found = opened.readiness(
            measure=(tests or []) if measure or tests else None, tell=progress.count
        )
    if as_json:
        show_json(found.to_json())
        return
    show([*meter(found.score, every=every), line(""), next_command("seatrial next")])


@app.command()
def probes() -> None:
    """Every metric that a claim may name."""
    from seatrial.cli.console import show
    from seatrial.reports.lines import DIM, Piece, table
    from seatrial.verbs.project import known_metrics

    rows: list[list[Piece | str]] = [
        [each.name, Piece("higher" if each.higher_is_better else "lower", DIM), each.meaning]
        for each in known_metrics()
    ]
    show(table(rows))


@app.command()
def demo(
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where to make the project; a new folder here if none."),
    ] = None,
) -> None:
    """The whole way on real data: the 2013 New York flights."""
    from seatrial.cli.demo import tell

    tell(folder)


def main() -> None:
    """Run a command; turn errors into sentences and exit codes."""
    try:
        app()
    except SeatrialError as error:
        from seatrial.cli.console import show
        from seatrial.reports.faults import faults

        show(faults(error), stream=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            sys.stderr.write("\nStopped. Nothing is half-written; the same command goes on.\n")
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("SEATRIAL_DEBUG"):
            raise
        sys.stderr.write(
            f"Unexpected {type(error).__name__}: {error}\n"
            "This is a defect of Seatrial. SEATRIAL_DEBUG=1 shows where; please report it.\n"
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
