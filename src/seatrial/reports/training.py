"""The ladder as a table: one row each from the simplest up, the kept one marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, WIDTH, Line, Piece, line, table, wrapped

MOST_METRICS = 2
"""Columns of figures that fit in a line."""


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One family on dev, or a figure of others, which took no time; ``note`` says what kept it out, or that it was not trained again."""

    name: str
    metrics: Mapping[str, Estimate]
    against_best: Estimate | None
    seconds: float | None
    kept: bool
    note: str


def ladder(rows: Sequence[LadderRow]) -> list[Line]:
    """The table."""
    shown = list(rows[0].metrics)[:MOST_METRICS]
    heading = ["", "", *shown, "against the kept", "took", ""]
    cells: list[list[Piece | str]] = [[Piece(each, DIM) for each in heading]]
    for row in rows:
        figures = [_figure(row.metrics.get(name)) for name in shown]
        difference = numbers.plus_minus(row.against_best) if row.against_best else ""
        mark = Piece("●", "green") if row.kept else " "
        cells.append(
            [
                mark,
                row.name,
                *figures,
                difference,
                "" if row.seconds is None else numbers.seconds(row.seconds),
                Piece(row.note, DIM),
            ]
        )
    lines = table(cells, indent=0)
    if all(sum(len(piece.text) for piece in each) <= WIDTH for each in lines):
        return lines
    bare = table([each[:-1] for each in cells], indent=0)
    notes = [wrapped(row.note, indent=3, style=DIM) if row.note else [] for row in rows]
    below = [each for one, note in zip(bare[1:], notes, strict=True) for each in (one, *note)]
    return [bare[0], *below]


def _figure(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return numbers.whole(estimate) if estimate.measured else "undefined"


def closing(
    rows: int, *, name: str, digest: str, why: str, tried: str = "", unlabelled: int = 0
) -> list[Line]:
    """What was kept, or would be with a config that was tried, and what it was judged on."""
    kept = f"Kept {name}, candidate {digest}: {why}."
    if tried:
        kept = f"With {tried}, {name} ({digest}) would be kept: {why}."
    blank = "rows have no target; they are in no training and no metric."
    note = [f"{unlabelled:,} {blank}"] if unlabelled else []
    note += ["Nothing else is judged now: `train:` in plan.yaml decides."] if tried else []
    return [
        *wrapped(kept, indent=0),
        *(line(each) for each in note),
        line(
            f"Compared on {rows:,} rows of dev that training never saw. The test part was not read."
        ),
    ]
