"""``seatrial report``, ``card`` and ``sign-off``: what there is, in a file, and who found it enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
HERE = Path()


def report(
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The HTML file to write; may be left out with --json."),
    ] = None,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """The audit report: everything on file, in one HTML file. Measures nothing."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.documents import written
    from seatrial.web.document import demand_place, write
    from seatrial.web.report import as_json as document
    from seatrial.web.report import render

    opened = seatrial.open(project)
    place = (
        demand_place(out, endings=(".html",), command="seatrial report")
        if out or not as_json
        else None
    )
    shown, text = render(opened)
    size = write(place, text) if place else 0
    if as_json:
        show_json(document(shown))
        return
    show(written(str(place), size, shown.head.title, next_="seatrial card --out card.md"))


def card(
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The .md or .html file to write; may be left out with --json."),
    ] = None,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """The model card, from plan and ledger, in Markdown or HTML. Measures nothing."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.reports.documents import unstated, written
    from seatrial.web import card as cards
    from seatrial.web.document import demand_place, write

    opened = seatrial.open(project)
    endings = (".md", ".html")
    place = (
        demand_place(out, endings=endings, command="seatrial card") if out or not as_json else None
    )
    shown = cards.card(opened)
    size = 0
    if place is not None:
        is_html = place.suffix.lower() == ".html"
        size = write(place, cards.as_html(shown) if is_html else cards.as_markdown(shown))
    if as_json:
        show_json(cards.as_json(shown))
        return
    lines = written(str(place), size, shown.sentence, next_="seatrial report --out report.html")
    show([*lines[:-1], *unstated(shown.unstated), lines[-1]])


def sign_off(
    *,
    by: Annotated[str, typer.Option("--by", help="Who signs.")],
    role: Annotated[str, typer.Option("--role", help="As whom: product owner, security ...")],
    note: Annotated[str, typer.Option("--note", help="What they say.")],
    claim: Annotated[
        list[str] | None,
        typer.Option("--claim", help="Id of a claim; all if none. Can be repeated."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Last day on which it counts, as 2026-12-31.")
    ] = None,
    project: Where = HERE,
    as_json: Json = False,
) -> None:
    """Record that somebody finds the evidence enough; void once it is other evidence."""
    import seatrial
    from seatrial.cli.console import show, show_json
    from seatrial.cli.groups import day
    from seatrial.reports.documents import signed
    from seatrial.verbs.sign_off import sign_off as sign

    found = sign(
        seatrial.open(project), by=by, role=role, note=note, claims=claim or (), until=day(until)
    )
    if as_json:
        show_json(found.to_json())
        return
    show(signed(found.by, found.role, found.claims, whole=found.is_whole))
