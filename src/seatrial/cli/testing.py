"""Commands that test the user's system: quick, schedule."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from seatrial.core.errors import UserError
from seatrial.records.cadence import TURNS, Cadence

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()


def turn(text: str | None) -> Cadence | None:
    """Read the turn of a scheduler.

    Raises:
        UserError: there is no such turn.
    """
    for each in TURNS:
        if text == each:
            return each
    if text is None:
        return None
    near = difflib.get_close_matches(text, TURNS, n=1)
    hint = f"nearest: {near[0]}" if near else ""
    raise UserError(f"`--due` is one of {', '.join(TURNS)}, got {text}", hint=hint)


def quick(*, project: Where = HERE, as_json: Json = False) -> None:
    """Try a few essential cases in a few seconds. Exit 3 if one fails."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.quick import report

    done = seatrial.open(project).quick()
    if as_json:
        show_json(done.to_json())
    else:
        show(report(done.project, done.candidate, done.cases, seconds=done.seconds))
    raise typer.Exit(done.exit_code)


def schedule(
    *,
    cron: Annotated[bool, typer.Option("--cron", help="Lines of a crontab.")] = False,
    github: Annotated[bool, typer.Option("--github", help="A workflow of GitHub Actions.")] = False,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Services and timers of systemd.")
    ] = False,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """What runs at each push, nightly and weekly for this plan, ready to paste."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports import schedule as told

    if cron + github + systemd + as_json > 1:
        raise UserError("one form at a time", hint="--cron, --github, --systemd or --json")
    found = seatrial.open(project).schedule()
    if as_json:
        show_json(found.to_json())
    elif cron:
        sys.stdout.write(
            told.cron(
                found.project, found.root, found.program, found.jobs, repository=found.repository
            )
        )
    elif github:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.stdout.write(
            told.github(
                found.project,
                found.jobs,
                version=version,
                install=found.install,
                folder=found.folder,
            )
        )
    elif systemd:
        units = told.systemd(found.project, found.root, found.program, found.jobs)
        sys.stdout.write(told.one_text(units))
    else:
        show(told.overview(found.project, found.jobs, found.continuous))
