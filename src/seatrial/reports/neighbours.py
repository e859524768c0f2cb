"""What was exchanged with another tracker."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table

ModelRow = tuple[str, str, str, Sequence[str], str]
"""Name and version of a registered model, its candidate, its aliases, where its release stands."""


def pushed(
    server: str, experiment: str, added: int, there: int, models: Sequence[ModelRow]
) -> list[Line]:
    """What a push did."""
    lines = [
        line(f"{_runs(added)} written to {server}, experiment {experiment}; {_there(there)}."),
        line(""),
    ]
    if models:
        rows: list[list[Piece | str]] = [
            [Piece(each, DIM) for each in ("model", "version", "candidate", "aliases", "release")]
        ]
        rows += [
            [name, version, candidate, ", ".join(aliases) or "none", rung or "none"]
            for name, version, candidate, aliases, rung in models
        ]
        lines += [*table(rows), line("")]
    return [*lines, next_command("seatrial runs list")]


def pulled(
    server: str, experiment: str, *, added: int, changed: int, same: int, own: int
) -> list[Line]:
    """What a pull did."""
    known = [
        f"{numbers.count(changed)} changed since the last pull" if changed else "",
        f"{numbers.count(same)} on file already" if same else "",
        f"{numbers.count(own)} pushed from here, and not foreign" if own else "",
    ]
    new = "1 new run" if added == 1 else f"{numbers.count(added)} new runs"
    said = "; ".join(filter(None, known))
    return [
        line(f"{new} of {server}, experiment {experiment}{f'; {said}' if said else ''}."),
        line("They are foreign: listed and compared, and no evidence."),
        line(""),
        next_command("seatrial runs list"),
    ]


def _runs(count: int) -> str:
    return f"{numbers.count(count)} {'run was' if count == 1 else 'runs were'}"


def _there(count: int) -> str:
    return f"{numbers.count(count)} {'was' if count == 1 else 'were'} there already"
