"""Commands that move a release along its path, and that look at production."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.core.errors import UserError

if TYPE_CHECKING:
    from seatrial.verbs.desk import Moved

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
By = Annotated[str | None, typer.Option("--by", help="Who asks; the machine's user if not said.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays on the record.")]
Against = Annotated[
    bool, typer.Option("--override", help="Enter although the gate is shut; needs --by, --reason.")
]
HERE = Path()

release_app = typer.Typer(help="Releases: what the model may do, and by what right.")


@release_app.callback(invoke_without_command=True)
def release(context: typer.Context, *, project: Where = HERE, as_json: Json = False) -> None:
    """Where the release stands, what may take it back, what the next gate demands."""
    if context.invoked_subcommand is not None:
        return
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.records.release import Rung
    from seatrial.reports.release import none_yet
    from seatrial.reports.release import standing as told
    from seatrial.verbs.release import standing

    opened = seatrial.open(project)
    found = standing(opened)
    if as_json:
        show_json(found.to_json() if found else {"project": opened.plan.text.project, "release": 0})
        return
    path = [Rung.parse(each) for each in opened.plan.text.release.path]
    show(told(found) if found else none_yet(path))


@release_app.command()
def propose(
    *,
    project: Where = HERE,
    by: By = None,
    override: Against = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take the kept candidate to the first rung of the path. Exit 3 if its gate is shut."""
    import seatrial
    from seatrial.verbs.release import propose as move

    excuse = reason if override else None
    _done(move(seatrial.open(project), by=by, override=excuse), as_json=as_json)


@release_app.command()
def advance(
    *,
    project: Where = HERE,
    by: By = None,
    override: Against = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take the release to the next rung of its path. Exit 3 if the gate is shut."""
    import seatrial
    from seatrial.verbs.release import advance as move

    excuse = reason if override else None
    _done(move(seatrial.open(project), by=by, override=excuse), as_json=as_json)


@release_app.command()
def override(
    *, project: Where = HERE, by: By = None, reason: Reason = "", as_json: Json = False
) -> None:
    """Take the release one rung further against its gate, by name and reason, for good on the record."""
    import seatrial
    from seatrial.verbs.release import override as move

    _done(move(seatrial.open(project), by=by, reason=reason), as_json=as_json)


@release_app.command()
def rollback(
    *, project: Where = HERE, by: By = None, reason: Reason = "", as_json: Json = False
) -> None:
    """Take the release back to shadow; one that is in shadow, out of service. Asks nothing."""
    import seatrial
    from seatrial.verbs.release import rollback as move

    said = reason or "taken back by hand"
    _done(move(seatrial.open(project), by=by, reason=said), as_json=as_json)


@release_app.command()
def history(*, project: Where = HERE, as_json: Json = False) -> None:
    """Every move of every release, the newest first."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.release import history as told
    from seatrial.verbs.desk import history as moves

    found = moves(seatrial.open(project))
    if as_json:
        show_json({"moves": [{**each.to_json(), "digest": each.digest} for each in found]})
        return
    show(told(found))


@release_app.command()
def rehearse(
    *,
    project: Where = HERE,
    rows: Annotated[int, typer.Option("--rows", help="Rows of dev, at most.")] = 2_000,
    as_json: Json = False,
) -> None:
    """Ask the kept candidate and the one before through the real server. Exit 3 if it isn't sound."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.rehearsal import rehearsal as told
    from seatrial.verbs.rehearsal import rehearse as run

    with Progress() as progress:
        found = run(seatrial.open(project), rows=rows, tell=progress.count_of)
    if as_json:
        show_json(found.to_json())
    else:
        show(told(found))
    raise typer.Exit(0 if found.new.is_sound else 3)


@release_app.command()
def load(
    *,
    project: Where = HERE,
    rate: Annotated[float, typer.Option("--rate", help="Requests a second that are required.")],
    seconds: Annotated[float, typer.Option("--seconds", help="Of each of the three steps.")] = 5.0,
    connections: Annotated[
        int, typer.Option("--connections", help="Requests that may be open at one time.")
    ] = 8,
    as_json: Json = False,
) -> None:
    """Load the kept candidate's server up to a rate. Exit 3 if it isn't reached."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.rehearsal import load as told
    from seatrial.verbs.load import load as run

    with Progress() as progress:
        found = run(
            seatrial.open(project),
            rate=rate,
            seconds=seconds,
            connections=connections,
            tell=progress.count_of,
        )
    if as_json:
        show_json(found.to_json())
    else:
        show(told(found))
    raise typer.Exit(0 if found.holds else 3)


def _done(moved: Moved, *, as_json: bool) -> None:
    from seatrial.cli.console import show, show_json
    from seatrial.reports.release import moved as told
    from seatrial.reports.release import shut

    if as_json:
        show_json(moved.to_json())
    elif moved.move is None or moved.standing is None:
        show(shut(moved.check))
    else:
        show(told(moved.move, moved.standing))
    raise typer.Exit(moved.exit_code)


def watch(
    *,
    project: Where = HERE,
    log: Annotated[
        Path | None,
        typer.Option("--log", help="Folder of the decision log, if it isn't the project's."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on, looking every `watch.every`, until Ctrl-C.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge production: read what was logged, measure the claims, raise alarms."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.lines import Piece, line
    from seatrial.reports.watch import look as told
    from seatrial.verbs.release import standing
    from seatrial.verbs.watch import follow as go_on
    from seatrial.verbs.watch import watch as once

    if follow and as_json:
        raise UserError("`--follow` prints alarms as lines", hint="leave one of the two away")
    opened = seatrial.open(project)
    if follow:
        go_on(opened, log=log, say=_say)
        return
    said: list[str] = []
    with Progress() as progress:
        progress.say("Reading the decision log")
        found = once(opened, log=log, say=said.append)
    if as_json:
        show_json(found.to_json())
        return
    stands = standing(opened)
    show(told(found))
    if stands is not None and stands.lost is not None and str(stands.rung) != found.rung:
        show(
            [
                line(
                    Piece(
                        f"The guard took it back to {stands.rung}: see seatrial release.",
                        "red bold",
                    )
                )
            ]
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
