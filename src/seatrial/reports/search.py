"""A search for people: where it looked, the best trials, and what the best is really worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, table, wrapped

_METER = 10
"""Signs of a full share of importance."""


@dataclass(frozen=True, slots=True)
class KnobShown:
    """One hyperparameter: its ranges by round, in words, how much it matters (None: not told), its best value."""

    name: str
    unit: str
    ranges: tuple[str, ...]
    share: float | None
    own: str
    best: str


@dataclass(frozen=True, slots=True)
class Found:
    """What came out.

    Attributes:
        family: As people say it.
        metric: The optimised one.
        trials: How many.
        out: How many of them failed or broke a claim.
        own: With the family's own values, on dev.
        best: The best trial on dev; None if none betters the family's own.
        corrected: What the best is expected to have on other rows.
        difference: Best less the family's own, paired.
        is_beyond_noise: Whether that is more than chance.
    """

    family: str
    metric: str
    trials: int
    out: int
    own: Estimate
    best: Estimate | None
    corrected: Estimate | None
    difference: Estimate | None
    is_beyond_noise: bool


def found(knobs: Sequence[KnobShown], result: Found) -> list[Line]:
    """The hyperparameters as a table, and the outcome in sentences."""
    rounds = max(len(each.ranges) for each in knobs)
    heading = ["", "matters", "round 1", *(["round 2"] if rounds > 1 else []), "own", "best"]
    cells: list[list[Piece | str]] = [[Piece(each, DIM) for each in heading]]
    for each in knobs:
        meter = Piece("not told", DIM) if each.share is None else Piece(_meter(each.share))
        cells.append([each.name, meter, *each.ranges, each.own, Piece(each.best, "bold")])
    return [*table(cells, indent=0), line(""), *_outcome(result)]


def _meter(share: float) -> str:
    return "■" * max(round(share * _METER), 1) if share > 0 else "–"


def _outcome(result: Found) -> list[Line]:
    own = f"{result.family} with its own values: {result.metric} {numbers.whole(result.own)}."
    tried = f"{result.trials:,} trials on train, each looked at on dev"
    out = f", {result.out:,} of them failed or broke a claim" if result.out else ""
    last = f"{tried}{out}. The test part was not read."
    if result.best is None or result.corrected is None or result.difference is None:
        said = f"No trial betters {own}"
        return [*wrapped(said, indent=0), *wrapped(last, indent=0, style=DIM)]
    noise = "better beyond noise" if result.is_beyond_noise else "not better beyond noise"
    said = (
        f"The best trial has {numbers.whole(result.best)} on dev, "
        f"{numbers.plus_minus(result.difference)} against its own: {noise}."
    )
    corrected = numbers.whole(result.corrected) if result.corrected.measured else "not known"
    honest = (
        f"It was picked for that figure, so the figure is too good: on other rows {corrected} is "
        f"expected, and the difference shrinks alike."
    )
    return [
        *wrapped(own, indent=0),
        *wrapped(said, indent=0),
        *wrapped(honest, indent=0),
        *wrapped(last, indent=0, style=DIM),
    ]


def kept(family: str, parameters: Mapping[str, object]) -> list[Line]:
    """What was written into the plan."""
    values = ", ".join(f"{name}: {value}" for name, value in parameters.items())
    return wrapped(f"Wrote train.parameters.{family} into plan.yaml: {{{values}}}.", indent=0)
