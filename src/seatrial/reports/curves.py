"""Learning curves for people: a row a size with its picture, then what more rows would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, table, wrapped

PICTURE = 24
"""Signs of a row's picture."""


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One size: rows, the metric on them and on dev, seconds of a fit."""

    rows: int
    train: Estimate
    dev: Estimate
    seconds: float


@dataclass(frozen=True, slots=True)
class CurveShown:
    """One family.

    Attributes:
        name: As people say it.
        rows: By size.
        forecast: The metric expected with ``1``, ``2`` and ``10`` times the rows.
        gain: How much better that is than now.
        is_flat: Whether twice the rows give next to nothing.
        seconds: Of one fit with ``2`` and ``10`` times the rows.
        goal: A bound that isn't met yet, and the rows it would take; None without one.
        note: What is to be said besides.
    """

    name: str
    rows: tuple[CurveRow, ...]
    forecast: Mapping[str, Estimate]
    gain: Mapping[str, Estimate]
    is_flat: bool
    seconds: Mapping[str, float]
    goal: tuple[str, Estimate] | None
    note: str


def curves(shown: Sequence[CurveShown], *, metric: str) -> list[Line]:
    """The table of all families, drawn on one scale, and a sentence for each."""
    ends = _ends(shown)
    heading = ["", "rows", f"{metric} on them", f"{metric} on dev", "", "took"]
    cells: list[list[Piece | str]] = [[Piece(each, DIM) for each in heading]]
    for family in shown:
        for place, row in enumerate(family.rows):
            cells.append(
                [
                    family.name if place == 0 else "",
                    numbers.count(row.rows),
                    numbers.whole(row.train),
                    numbers.whole(row.dev),
                    _drawn(row.dev, *ends),
                    Piece(numbers.seconds(row.seconds), DIM),
                ]
            )
        for times, text in (("2", "× 2"), ("10", "× 10")):
            cells.append(
                [
                    "",
                    text,
                    Piece("expected", DIM),
                    numbers.whole(family.forecast[times]),
                    _drawn(family.forecast[times], *ends, hollow=True),
                    Piece(numbers.seconds(family.seconds[times]), DIM),
                ]
            )
    lines = table(cells, right=[1], indent=0)
    for family in shown:
        lines += [line(""), *wrapped(_sentence(family, metric), indent=0)]
    return lines


def closing(gains_most: str, *, rows: int, kept_together: str, repeats: int) -> list[Line]:
    """Which family gains most, and what was fitted and measured."""
    whole = "" if kept_together == "row" else f" of whole {kept_together}s"
    what = f"{repeats} random subsets{whole} of each size, up to all {rows:,} rows of train."
    return [
        line(""),
        line(gains_most),
        *wrapped(f"{what} Measured on dev; the test part was not read.", indent=0, style=DIM),
    ]


def _sentence(family: CurveShown, metric: str) -> str:
    now, twice, gain = family.forecast["1"], family.forecast["2"], family.gain["2"]
    places = numbers.decimals(twice)
    moved = (
        f"{metric} {numbers.value(now, places=places)} → {numbers.value(twice, places=places)} "
        f"{numbers.interval(twice, places=places)}"
    )
    if family.is_flat:
        said = f"{family.name} is flat: twice the data would give next to nothing, {moved}."
    else:
        cost = numbers.seconds(family.seconds["2"])
        said = f"{family.name}: twice the data would give {moved}, better by {numbers.whole(gain)}, for {cost} a training."
    if family.goal is not None:
        claim, rows = family.goal
        reached = f"expected with {numbers.whole(rows)} rows" if rows.measured else rows.method
        said += f" {claim}: {reached}."
    return f"{said} {family.note}".rstrip()


def _ends(shown: Sequence[CurveShown]) -> tuple[float, float]:
    found = [
        each
        for family in shown
        for estimate in (*(row.dev for row in family.rows), *family.forecast.values())
        for each in (estimate.low, estimate.high)
        if each is not None
    ]
    return min(found), max(found)


def _drawn(estimate: Estimate, low: float, high: float, *, hollow: bool = False) -> str:
    """An estimate between two ends: its interval, and its point in it."""

    def at(value: float | None) -> int:
        share = ((value or 0.0) - low) / ((high - low) or 1.0)
        return round(min(max(share, 0.0), 1.0) * (PICTURE - 1))

    signs = [" "] * PICTURE
    for place in range(at(estimate.low), at(estimate.high) + 1):
        signs[place] = "━"
    signs[at(estimate.value)] = "○" if hollow else "●"
    return "".join(signs)
