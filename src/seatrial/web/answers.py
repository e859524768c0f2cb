"""What the candidate answered on the test part: confusion, errors and their cost, calibration, risk over coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate, brief
from seatrial.evaluation.confidence import Answered, Bin, Level
from seatrial.records.evidence import GroupEstimate
from seatrial.reports import numbers
from seatrial.verbs.answered import Counted
from seatrial.web.figures import axis
from seatrial.web.shown import Figure, figure

MOST_CLASSES = 12
"""A table of more classes than this can't be read; what is found of each stands beside it."""
TOP, FOOT = 8.0, 168.0
"""Edges of a figure, in pixels."""
_NAMES = {
    "false_positive_rate": "Negative rows that are called positive",
    "false_negative_rate": "Positive rows that are missed",
    "false_positive": "Calling positive what isn't",
    "false_negative": "Missing what is positive",
    "all": "Both together",
    "mean_error": "Too high in the mean; below 0, too low",
    "mae": "Off in the mean",
    "p50": "Half of the answers are off by at most",
    "p90": "90 % are off by at most",
    "p99": "99 % are off by at most",
}


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One true class: rows by decided class, how many were found, how many called so are."""

    name: str
    counts: tuple[str, ...]
    recall: Figure | None
    precision: Figure | None


@dataclass(frozen=True, slots=True)
class Named:
    """A figure with its name."""

    name: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Spot:
    """A point with its interval: x in per cent, heights in pixels."""

    x: float
    y: float
    top: float
    foot: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares over shares.

    Attributes:
        foot: Height of the axis across.
        spots: Points.
        heights: Height and text of each label at the left.
        widths: Place and text of each label below.
        diagonal: Heights of the line of agreement at both ends; None without one.
    """

    foot: float
    spots: tuple[Spot, ...]
    heights: tuple[tuple[float, str], ...]
    widths: tuple[tuple[float, str], ...]
    diagonal: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One row beneath a curve: what stands across, and what was found there."""

    across: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Answers:
    """The section.

    Attributes:
        rows: Rows of the test part.
        classes: Their names; () for regression, or where they are too many for a table.
        table: One row for each true class.
        errors: Rates of each kind of error.
        costs: Their cost for 1,000 decisions.
        calibration: Stated and observed; None without probabilities.
        bins: The same as a table.
        risk: Risk over coverage; None without probabilities.
        answered: The same as a table; across stands the least confidence and the coverage.
        said: Said and true numbers; None for classes.
        levels: The same as a table.
        off: By level: how far off they are in the mean.
        hits: How often the truth is among the first 1, 2 ... classes.
    """

    rows: str
    classes: tuple[str, ...]
    table: tuple[ClassRow, ...]
    errors: tuple[Named, ...]
    costs: tuple[Named, ...]
    calibration: Curve | None
    bins: tuple[Pair, ...]
    risk: Curve | None
    answered: tuple[Pair, ...]
    said: Curve | None
    levels: tuple[Pair, ...]
    off: tuple[Figure, ...]
    hits: tuple[Named, ...]


def answers(found: Counted) -> Answers:
    """Write counted answers for people."""
    few = len(found.classes) <= MOST_CLASSES
    return Answers(
        rows=numbers.count(found.rows),
        classes=found.classes if few else (),
        table=tuple(_class(found, place, few=few) for place in range(len(found.classes))),
        errors=tuple(Named(_NAMES[name], figure(each)) for name, each in found.errors.items()),
        costs=tuple(Named(_NAMES[name], figure(each)) for name, each in found.costs.items()),
        calibration=_calibration(found.bins),
        bins=tuple(Pair(f"{each.stated:.3f}", figure(each.observed)) for each in found.bins),
        risk=_risk(found.answered),
        answered=tuple(
            Pair(f"{each.confidence:.3f}", figure(each.risk)) for each in found.answered
        ),
        said=_said(found.levels),
        levels=tuple(Pair(brief(each.said), figure(each.true)) for each in found.levels),
        off=tuple(figure(each.off) for each in found.levels),
        hits=tuple(
            Named(f"the first {place}" if place > 1 else "the first", figure(each))
            for place, each in enumerate(found.hits, start=1)
        ),
    )


def _class(found: Counted, place: int, *, few: bool) -> ClassRow:
    counts = found.confusion[place] if few else ()
    return ClassRow(
        found.classes[place],
        tuple(numbers.count(each) for each in counts),
        _settled(found.recall[place]),
        _settled(found.precision[place]),
    )


def _settled(group: GroupEstimate) -> Figure | None:
    """Its figure; None where its rows are too few to tell."""
    return figure(group.estimate) if group.settled else None


def _calibration(bins: Sequence[Bin]) -> Curve | None:
    points = [(each.stated, each.observed) for each in bins]
    return _curve(points, highest=1.0, diagonal=True) if points else None


def _risk(found: Sequence[Answered]) -> Curve | None:
    points = [(each.coverage.value or 0.0, each.risk) for each in found]
    worst = max((each.risk.high or 0.0 for each in found), default=0.0)
    highest = next(each for each in (0.05, 0.1, 0.2, 0.5, 1.0) if each >= min(worst, 1.0))
    return _curve(points, highest=highest, diagonal=False) if points else None


def _said(found: Sequence[Level]) -> Curve | None:
    """Both numbers on axes with the same ends."""
    if not found:
        return None
    said = [Estimate(each.said, None, None, 0, "") for each in found]
    wide = axis([*said, *(each.true for each in found)])
    points = [((each.said - wide.low) / (wide.high - wide.low), each.true) for each in found]
    return _curve(points, lowest=wide.low, highest=wide.high, diagonal=True)


def _curve(
    points: Sequence[tuple[float, Estimate]],
    *,
    highest: float,
    diagonal: bool,
    lowest: float = 0.0,
) -> Curve:
    """A figure of estimates over shares of its width."""
    span = highest - lowest

    def y(value: float) -> float:
        return round(FOOT - (value - lowest) / span * (FOOT - TOP), 1)

    spots = tuple(
        Spot(
            round(x * 100, 2),
            y(each.value),
            y(each.high if each.high is not None else each.value),
            y(each.low if each.low is not None else each.value),
        )
        for x, each in points
        if each.value is not None
    )
    values = [(share, lowest + span * share) for share in (0, 0.5, 1)]
    heights = tuple((y(value), _label(value)) for _, value in values)
    across = values if diagonal else [(share, share) for share, _ in values]
    widths = tuple((share * 100, _label(value)) for share, value in across)
    return Curve(FOOT, spots, heights, widths, (y(lowest), y(highest)) if diagonal else None)


def _label(value: float) -> str:
    """A label that is short enough to stand beside an axis.

    >>> _label(0.5), _label(250000.0)
    ('0.5', '250k')
    """
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:g}"  # noqa: PLR2004 — five signs
