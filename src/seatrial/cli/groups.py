"""The groups of commands: plan, ledger, claim, runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from seatrial.core.errors import UserError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()

plan_app = typer.Typer(
    no_args_is_help=True, help="The plan file: what changed, what to improve, its schema."
)
ledger_app = typer.Typer(
    no_args_is_help=True, help="The ledger: prove it whole, merge another, make its tables again."
)
claim_app = typer.Typer(no_args_is_help=True, help="Claims: set one aside, sign a drafted one.")
runs_app = typer.Typer(no_args_is_help=True, help="Tracked runs: list, compare, run again.")


def day(text: str | None) -> date | None:
    """Read a day.

    Raises:
        UserError: it isn't one.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text} is not a day", hint="write it as 2026-12-31") from None


@plan_app.command("diff")
def plan_diff(
    other: Annotated[
        Path | None, typer.Argument(help="Another plan file; the one that was judged last if none.")
    ] = None,
    *,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """What changed in the plan, and what each change asks for."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.plan import differences
    from seatrial.verbs.plan import diff

    found = diff(seatrial.open(project), other)
    if as_json:
        show_json(found.to_json())
        return
    show(differences(found.changed, found.measured_again, found.judged_again))


@plan_app.command("lint")
def plan_lint(*, project: Where = HERE) -> None:
    """What a careful reviewer would say of the plan."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.plan import advice
    from seatrial.verbs.plan import lint

    show(advice(lint(seatrial.open(project))))


@plan_app.command("schema")
def plan_schema() -> None:
    """The JSON Schema of the plan file, for editors."""
    from seatrial.cli.console import show_json
    from seatrial.plan.schema import PlanText

    show_json(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlanText.model_json_schema()}
    )


@ledger_app.command("verify")
def ledger_verify(
    *,
    project: Where = HERE,
    against: Annotated[
        Path | None, typer.Option("--against", help="Heads that were noted earlier, as JSON.")
    ] = None,
    heads: Annotated[
        bool, typer.Option("--heads", help="Print the heads as JSON, to note them.")
    ] = False,
) -> None:
    """Recompute every digest; find a changed, missing or reordered entry."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.lines import line
    from seatrial.verbs.ledger import heads_of, verify

    opened = seatrial.open(project)
    if heads:
        show_json(heads_of(opened))
        return
    entries, faults = verify(opened, against)
    if not faults:
        show(
            [
                line(
                    f"{entries:,} entries, each what its digest names, in the order they were written."
                )
            ]
        )
        return
    show([line(str(fault)) for fault in faults])
    raise typer.Exit(1)


@ledger_app.command("pull")
def ledger_pull(
    source: Annotated[str, typer.Argument(help="A ledger's file or URL.")], *, project: Where = HERE
) -> None:
    """Merge the chains of another ledger into this one."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line
    from seatrial.verbs.ledger import pull

    added = pull(seatrial.open(project), source)
    show([line(f"{sum(added.values()):,} entries of {len(added)} chains were added.")])


@ledger_app.command("rebuild")
def ledger_rebuild(*, project: Where = HERE) -> None:
    """Make every table but the entries again, from the entries."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line

    seatrial.open(project).ledger.rebuild()
    show([line("Every projection was made again from the entries.")])


@claim_app.command("waive")
def claim_waive(
    claim: Annotated[str, typer.Argument(help="Id of a claim.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it is set aside.")],
    by: Annotated[str, typer.Option("--by", help="Who answers for that.")],
    until: Annotated[str, typer.Option("--until", help="Last day; then it fails by itself.")],
    project: Where = HERE,
) -> None:
    """Set a claim aside until a day; the plan's comments stay."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line, next_command
    from seatrial.verbs.claim import waive

    last = day(until)
    assert last is not None
    waive(seatrial.open(project), claim, reason=reason, by=by, until=last)
    show([line(f"{claim} is waived until {until}."), next_command("seatrial check")])


@claim_app.command("sign")
def claim_sign(
    claim: Annotated[str, typer.Argument(help="Id of a drafted claim, or `all`.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who signs.")],
    project: Where = HERE,
) -> None:
    """Sign a drafted claim: its bound is meant."""
    import seatrial
    from seatrial.cli.console import show
    from seatrial.reports.lines import line, next_command
    from seatrial.verbs.claim import sign

    signed = sign(seatrial.open(project), claim, by=by)
    show([line(f"Signed by {by}: {', '.join(signed)}."), next_command("seatrial check")])


@runs_app.command("list")
def runs_list(
    *,
    project: Where = HERE,
    where: Annotated[
        str | None, typer.Option("--where", help="A condition on parameters and metrics.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Tracked runs, the newest first; those of other trackers are marked as foreign."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.runs import listed
    from seatrial.verbs.runs import foreign, runs

    opened = seatrial.open(project)
    found = runs(opened, where=where, limit=limit)
    pulled = foreign(opened, where=where, limit=limit)
    if as_json:
        show_json(
            {
                "runs": [each.to_json() for each in found],
                "foreign": [each.to_json() for each in pulled],
            }
        )
        return
    rows = [*(each.row for each in found), *(each.row for each in pulled)]
    show(listed(sorted(rows, key=lambda row: row.at, reverse=True)[:limit]))


@runs_app.command("compare")
def runs_compare(first: str, second: str, *, project: Where = HERE, as_json: Json = False) -> None:
    """Which of code, data, hyperparameters and environment differ between two runs, and what moved."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.runs import compared
    from seatrial.verbs.runs import compare

    found = compare(seatrial.open(project), first, second)
    if as_json:
        show_json(found.to_json())
        return
    show(
        compared(
            found.names,
            found.changed,
            found.parameters,
            found.difference,
            found.metric,
            found.foreign,
            found.figures,
            iteration=found.iteration,
        )
    )


@runs_app.command("history")
def runs_history(
    *,
    project: Where = HERE,
    metric: Annotated[
        str | None, typer.Option("--metric", help="A metric of predictions; the optimised one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Every candidate that was kept, measured on the dev rows of now: what each step changed and gained."""
    import seatrial
    from seatrial.cli.console import Progress, show, show_json
    from seatrial.reports.runs import history
    from seatrial.verbs.iterations import iterations

    with Progress() as progress:
        progress.say("Asking the candidates that were kept")
        found = iterations(seatrial.open(project), metric=metric)
    if as_json:
        show_json(found.to_json())
        return
    show(history(found))


@runs_app.command("rerun")
def runs_rerun(run: str, *, project: Where = HERE) -> None:
    """Train a run again from what is there now; say whether the same archive came out."""
    import seatrial
    from seatrial.cli.console import Progress, show
    from seatrial.reports.lines import line
    from seatrial.verbs.runs import rerun

    with Progress() as progress:
        progress.say("Training again")
        same, was, now = rerun(seatrial.open(project), run)
    said = (
        "the same archive, byte for byte"
        if same
        else f"another archive: {now[:6]} instead of {was[:6]}"
    )
    show([line(f"Training {run} again gave {said}.")])
    raise typer.Exit(0 if same else 3)
