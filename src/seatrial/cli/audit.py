"""Commands that find out what is wrong: slices, doctor, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays on the record.")]
On = Annotated[str, typer.Option("--on", help="Where: dev, train or production.")]
HERE = Path()


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

    with Progress() as progress:
        found = search(
            seatrial.open(project),
            metric=metric,
            part=on,
            depth=depth,
            least=least,
            most=most,
            alpha=alpha,
            tell=progress.say,
        )
    if as_json:
        show_json(found.to_json())
        return
    rows = [
        (each.where, each.estimate, each.p_adjusted, each.score, each.people)
        for each in found.slices
    ]
    show(
        told(
            rows,
            metric=found.metric,
            part=found.part,
            overall=found.overall,
            people=found.people,
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
    parts = found.parts
    show(
        told(
            found.checks,
            name=name,
            explains=found.explains,
            parts=parts.parts if parts else (),
            total=found.total,
            hurdle=found.hurdle,
            experiments=found.experiments,
        )
    )


def trace(
    row: Annotated[
        str | None,
        typer.Argument(
            help="First signs of a row's name, as `errors` lists it; the worst if none."
        ),
    ] = None,
    *,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """Follow one row: inputs, encoded features, answer, training and serving side by side."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.trace import trace as told
    from seatrial.verbs.trace import trace as follow

    found = follow(seatrial.open(project), row)
    if as_json:
        show_json(found.to_json())
        return
    pushes = [(each.feature, each.value, each.typical, each.change) for each in found.pushes]
    show(
        told(
            row=found.row,
            truth=found.truth,
            inputs=found.inputs,
            encoded=found.encoded,
            classes=found.classes,
            trained=found.trained,
            served=found.served,
            decision=found.decision,
            threshold=found.threshold,
            is_same=found.is_same,
            pushes=pushes,
        )
    )


errors_app = typer.Typer(help="Wrong answers: what kinds there are, which is worth working on.")


@errors_app.callback(invoke_without_command=True)
def errors(
    context: typer.Context,
    *,
    project: Where = HERE,
    on: On = "dev",
    against: Annotated[
        str | None,
        typer.Option("--against", help="Count the room up to this candidate; else to no error."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What the tags say, groups that were found without them, the worst answers."""
    if context.invoked_subcommand is not None:
        return
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.errors import errors as told
    from seatrial.verbs.errors import errors as look
    from seatrial.verbs.errors import report_lines

    with Progress() as progress:
        progress.say("Looking at the wrong answers")
        found = look(seatrial.open(project), part=on, against=against)
    if as_json:
        show_json(found.to_json())
        return
    show(told(**report_lines(found)))


@errors_app.command("tag")
def errors_tag(
    row: Annotated[str, typer.Argument(help="First signs of a row's name, as `errors` lists it.")],
    tags: Annotated[
        list[str] | None, typer.Argument(help="Its tags; none: looked at, nothing to say.")
    ] = None,
    *,
    project: Where = HERE,
    on: On = "dev",
) -> None:
    """Give a row of the sample its tags; those before are replaced and stay on the record."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line, next_command
    from seatrial.verbs.errors import tag

    case = tag(seatrial.open(project), row, tags or [], part=on)
    given = ", ".join(tags or []) or "no tag"
    following = "seatrial errors" if on == "dev" else f"seatrial errors --on {on}"
    show([line(f"{case.id[:8]} has {given}."), next_command(following)])


@errors_app.command("weigh")
def errors_weigh(
    tag: Annotated[str, typer.Argument(help="A tag.")],
    *,
    ease: Annotated[int | None, typer.Option("--ease", help="1 to 5, 5 is the easiest.")] = None,
    importance: Annotated[
        int | None, typer.Option("--importance", help="1 to 5, 5 matters most.")
    ] = None,
    reason: Reason,
    project: Where = HERE,
) -> None:
    """Say how easy a tag is to mend and how much it matters."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line, next_command
    from seatrial.verbs.errors import weigh

    weigh(seatrial.open(project), tag, ease=ease, importance=importance, reason=reason)
    show([line(f"{tag} is weighed."), next_command("seatrial errors")])


@errors_app.command("act")
def errors_act(
    tag: Annotated[str, typer.Argument(help="A tag.")],
    *,
    action: Annotated[
        str, typer.Option("--action", help="collect, augment, fix labels, features or leave.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who does it.")],
    reason: Reason,
    rows: Annotated[
        int | None,
        typer.Option("--rows", help="Rows to collect; as many as would tell, if not said."),
    ] = None,
    project: Where = HERE,
) -> None:
    """Record what is done about a tag; the next candidate is held against it."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line, next_command
    from seatrial.verbs.errors import act

    wanted = act(seatrial.open(project), tag, action, by=by, reason=reason, rows=rows)
    what = action if wanted is None else f"{action} {wanted:,} rows"
    show(
        [
            line(f"{tag}: {what}. The next candidate's answers will say what it gave."),
            next_command("seatrial train"),
        ]
    )
