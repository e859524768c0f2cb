"""The commands that make a candidate better: what more rows give, which hyperparameters are best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()


def curve(
    *,
    project: Where = HERE,
    family: Annotated[
        list[str] | None,
        typer.Option("--family", help="A candidate of the plan; all of them without."),
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Sizes of subsets.")] = 6,
    repeats: Annotated[int, typer.Option("--repeats", help="Subsets of each size.")] = 3,
    as_json: Json = False,
) -> None:
    """Learning curves: what twice the data would give, with an interval."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.curves import closing, curves
    from seatrial.reports.lines import next_command
    from seatrial.verbs.curves import curves as learned
    from seatrial.verbs.curves import shown

    with Progress() as progress:
        found = learned(
            seatrial.open(project),
            families=family or (),
            points=points,
            repeats=repeats,
            tell=progress.count,
        )
    if as_json:
        show_json(found.to_json())
        return
    lines = curves(shown(found), metric=found.metric)
    lines += closing(
        found.gains_most,
        rows=found.rows,
        kept_together=found.kept_together,
        repeats=found.repeats,
    )
    show([*lines, next_command(f"seatrial search {found.best.family}")])
