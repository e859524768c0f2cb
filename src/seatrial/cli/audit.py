"""Commands that find out what is wrong: slices, doctor, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.core.errors import UserError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()
PARTS = ("train", "dev", "test")


def slices(
    *,
    project: Where = HERE,
    metric: Annotated[
        str | None, typer.Option("--metric", help="A metric of predictions; the optimised one.")
    ] = None,
    on: Annotated[
        str, typer.Option("--on", help="Part: dev, test (counts as a use), train.")
    ] = "dev",
    depth: Annotated[int, typer.Option("--depth", help="Columns in one condition, 1 to 3.")] = 3,
    least: Annotated[int, typer.Option("--min-rows", help="Relevant rows of a slice.")] = 50,
    most: Annotated[int, typer.Option("--top", help="Slices that are shown.")] = 20,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", help="Rank by SliceLine's score, with this weight of the badness."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Where the candidate is worse than its average: every slice to a depth, the worst first."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.slices import slices as told
    from seatrial.verbs.slices import slices as search

    if on not in PARTS:
        raise UserError(f"there is no part {on}", hint=f"one of {', '.join(PARTS)}")
    with Progress() as progress:
        found = search(
            seatrial.open(project),
            metric=metric,
            part=on,  # type: ignore[arg-type] — checked above
            depth=depth,
            least=least,
            most=most,
            alpha=alpha,
            tell=progress.say,
        )
    if as_json:
        show_json(found.to_json())
        return
    rows = [(each.where, each.estimate, each.p_adjusted, each.score) for each in found.slices]
    show(
        told(
            rows,
            metric=found.metric,
            part=found.part,
            overall=found.overall,
            looked_at=found.looked_at,
            columns=len(found.columns),
            least=found.least,
            depth=found.depth,
            higher_is_better=found.higher_is_better,
        )
    )


def doctor(
    *,
    project: Where = HERE,
    again: Annotated[bool, typer.Option("--again", help="Check again what is on file.")] = False,
    as_json: Json = False,
) -> None:
    """What is wrong with the candidate: implementation, data, hyperparameters, fit, in this order."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.doctor import doctor as told
    from seatrial.verbs.comparison import spoken
    from seatrial.verbs.doctor import doctor as examine

    with Progress() as progress:
        found = examine(seatrial.open(project), again=again, tell=progress.count)
    if as_json:
        show_json(found.to_json())
        return
    name = f"{spoken(found.family)} {found.candidate}"
    show(told(found.checks, name=name, explains=found.explains))
