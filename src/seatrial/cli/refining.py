"""The commands that make a candidate better: what more rows give, which hyperparameters are best, augmenting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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


def search(
    family: Annotated[str, typer.Argument(help="A candidate of the plan.")],
    *,
    project: Where = HERE,
    trials: Annotated[int, typer.Option("--trials", help="In all rounds.")] = 50,
    rounds: Annotated[int, typer.Option("--rounds", help="2: coarse, then fine. 1: coarse.")] = 2,
    jobs: Annotated[int, typer.Option("--jobs", help="Processes that fit.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Write the best hyperparameters into the plan.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="An HTML file to draw the trials in.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search a candidate's hyperparameters, coarse to fine."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.lines import line, next_command
    from seatrial.reports.search import found as told
    from seatrial.reports.search import kept
    from seatrial.verbs import search as verb

    opened = seatrial.open(project)
    with Progress() as progress:
        found = verb.search(
            opened, family, trials=trials, rounds=rounds, jobs=jobs, tell=progress.count
        )
    written = keep and verb.keep(opened, found)
    if picture is not None:
        draw(picture, found)
    if as_json:
        show_json(found.to_json())
        return
    lines = told(*verb.shown(found))
    lines += kept(family, found.parameters) if written else []
    lines += [line(f"Drew {picture}.")] if picture else []
    further = f"seatrial search {family} --keep" if found.winner is not None else "seatrial check"
    show([*lines, next_command("seatrial train" if written else further)])


def draw(path: Path, found: Any) -> None:
    """Write the pictures of a search.

    Raises:
        UserError: the file can't be written.
    """
    from seatrial.core.errors import UserError
    from seatrial.web.pictures import page

    try:
        path.write_text(page(found), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}", where=str(path)) from error


augment_app = typer.Typer(help="Augmentations: three measured checks before one is used.")


@augment_app.callback(invoke_without_command=True)
def augment(context: typer.Context, *, project: Where = HERE, as_json: Json = False) -> None:
    """Check each augmentation for each candidate; what isn't measured yet is."""
    if context.invoked_subcommand is not None:
        return
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.augment import AugmentedRow, augmented
    from seatrial.verbs.augment import augment as check
    from seatrial.verbs.comparison import spoken

    opened = seatrial.open(project)
    with Progress() as progress:
        found = check(opened, tell=progress.say)
    if as_json:
        show_json({"augmentations": [each.to_json() for each in found]})
        return
    rows = [
        AugmentedRow(
            each.name,
            spoken(each.family),
            each.verdicts,
            each.is_used,
            each.gain,
            each.is_harmful,
        )
        for each in found
    ]
    show(augmented(rows, metric=str(opened.plan.optimise)))


@augment_app.command("sheet")
def augment_sheet(
    name: Annotated[str, typer.Argument(help="An augmentation of the plan.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="A CSV file that isn't there yet.")],
    rows: Annotated[int, typer.Option("--rows", help="Changed rows to ask about.")] = 60,
    project: Where = HERE,
) -> None:
    """Write rows for people to answer, changed and real ones mixed."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.augment import written
    from seatrial.verbs.augment_sheet import sheet

    opened = seatrial.open(project)
    made = sheet(opened, name, out, rows=rows)
    target = opened.plan.text.task.target
    show(written(path=str(made.path), rows=made.rows, classes=made.classes, target=target))


@augment_app.command("answers")
def augment_answers(
    path: Annotated[Path, typer.Argument(help="A sheet that people filled in.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who answered.")],
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """File what people answered to a sheet."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.augment import answered
    from seatrial.verbs.augment_sheet import answers

    found = answers(seatrial.open(project), path, by=by)
    if as_json:
        show_json(found.to_json())
        return
    show(answered(found.name, people=found.people, real=found.real, empty=found.empty))
