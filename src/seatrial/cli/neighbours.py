"""The commands that exchange runs with other trackers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()


def push(
    *,
    to: Annotated[str, typer.Option("--to", help="Address of an MLflow server.")],
    run: Annotated[
        str | None, typer.Option("--run", help="One run alone; all that are missing there if none.")
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", help="Its experiment; named as the project if none."),
    ] = None,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """Write runs and candidates to an MLflow server, each once."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.neighbours import pushed
    from seatrial.verbs.neighbours import push as write

    with Progress() as progress:
        done = write(
            seatrial.open(project), to, run=run, experiment=experiment, tell=progress.count_of
        )
    if as_json:
        show_json(done.to_json())
        return
    models = [
        (each.name, each.version, f"{each.family} {each.candidate}", each.aliases, each.rung)
        for each in done.models
    ]
    show(pushed(done.server, done.experiment, done.added, done.there, models))


def pull(
    *,
    source: Annotated[str, typer.Option("--from", help="Address of an MLflow server.")],
    experiment: Annotated[str, typer.Option("--experiment", help="Name of the experiment there.")],
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """List an MLflow experiment's runs among those here, as foreign ones."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.neighbours import pulled
    from seatrial.verbs.neighbours import pull as read

    with Progress() as progress:
        done = read(seatrial.open(project), source, experiment=experiment, tell=progress.count_of)
    if as_json:
        show_json(done.to_json())
        return
    show(
        pulled(
            done.server,
            done.experiment,
            added=done.added,
            changed=done.changed,
            same=done.same,
            own=done.own,
        )
    )
