"""Runs for people: a table, and two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Changed
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run, as a row."""

    name: str
    at: str
    family: str
    candidate: str
    seconds: float
    peak_mb: float
    code: str


def listed(rows: Sequence[RunRow]) -> list[Line]:
    """The table of runs."""
    if not rows:
        return [line("No run is on file."), next_command("seatrial train")]
    cells: list[list[Piece | str]] = [
        [
            Piece(each, DIM)
            for each in ("run", "when", "family", "candidate", "took", "peak", "code")
        ]
    ]
    for row in rows:
        when = row.at[:16].replace("T", " ")
        cells.append(
            [
                row.name,
                when,
                row.family,
                row.candidate,
                numbers.seconds(row.seconds),
                f"{row.peak_mb:.0f} MB",
                row.code,
            ]
        )
    return [*table(cells, right=[4, 5]), line(""), next_command("seatrial runs compare RUN RUN")]


def compared(
    names: tuple[str, str],
    changed: Sequence[Changed],
    parameters: Sequence[Changed],
    difference: Estimate | None,
    metric: str,
) -> list[Line]:
    """Two runs: what differs, what moved."""
    lines = [line(_moved(difference, metric)), line("")]
    for title, found in (("Input", changed), ("Parameter", parameters)):
        if found:
            rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in (title, *names)]]
            rows += [
                [each.input, each.was or "not there", each.now or "not there"] for each in found
            ]
            lines += [*table(rows), line("")]
    if not changed and not parameters:
        lines += [line("They are made of the same."), line("")]
    return [*lines, next_command("seatrial check")]


def _moved(difference: Estimate | None, metric: str) -> str:
    if difference is None:
        return "They were not asked about the same rows, so their figures can't be paired."
    if difference.low is None or difference.high is None:
        return f"{metric} can't be compared: {difference.method}."
    noise = "beyond noise" if difference.low > 0 or difference.high < 0 else "within noise"
    return f"{metric} on dev moved by {numbers.plus_minus(difference)}: {noise}."
