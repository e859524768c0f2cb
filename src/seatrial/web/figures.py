"""Where things stand in a figure: x in per cent of its width, y in pixels, so that text keeps its size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict
from seatrial.reports.claims import position
from seatrial.reports.numbers import figure
from seatrial.web.shown import Row

MIDDLE, REACH = 50.0, 47.0
"""The bound's place in a claim's line, and the way from it to an end of the scale, in per cent."""
_BEYOND = 4.0
"""Evidence axes end at so many times the limit."""
_APART = 13.0
"""Least distance of two labels on an axis, in pixels."""
_NOTHING = 1e-9
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """An estimate on an axis.

    Attributes:
        x: Of the point; None if it lies beyond an end.
        start: Of the interval.
        width: Of the interval.
        beyond: ``left`` or ``right`` if the point lies beyond that end; empty if it doesn't.
        ghost: Of the hollow point: as judged offline; None without one.
    """

    x: float | None
    start: float
    width: float
    beyond: str = ""
    ghost: float | None = None


def on_line(row: Row) -> Mark | None:
    """A claim on the line that all claims share; None where there is nothing to draw."""
    if row.bound is None or row.newest is None or not row.newest.estimate.measured:
        return None
    found = row.newest.estimate
    point = _place(found.value, row)
    ends = sorted(_inside(_place(each, row)) for each in (found.low, found.high))
    ghost = _place(row.offline.estimate.value, row) if row.offline else None
    beyond = "right" if point > MIDDLE + REACH else "left" if point < MIDDLE - REACH else ""
    return Mark(
        None if beyond else round(point, 2),
        round(ends[0], 2),
        round(max(ends[1] - ends[0], 0.6), 2),
        beyond,
        None if ghost is None else round(_inside(ghost), 2),
    )


def _place(value: float | None, row: Row) -> float:
    assert row.bound is not None
    where = position(value or 0.0, row.bound, row.sign, by_ratio=row.by_ratio)
    return MIDDLE + where * REACH


def _inside(x: float) -> float:
    return min(max(x, MIDDLE - REACH), MIDDLE + REACH)


@dataclass(frozen=True, slots=True)
class Axis:
    """A true axis: its ends, and a bound on it.

    Attributes:
        low: Value at 0 %.
        high: Value at 100 %.
        bound: The bound's value; None without one.
        holds: Side of the bound that holds: ``right``, ``left``, or empty.
        step: Between its labels.
    """

    low: float
    high: float
    bound: float | None
    holds: str
    step: float

    def x(self, value: float) -> float:
        """Per cent of the width."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    @property
    def good(self) -> tuple[float, float] | None:
        """Start and width of the side that holds."""
        if self.bound is None or not self.holds:
            return None
        at = self.x(self.bound)
        return (at, round(100 - at, 2)) if self.holds == "right" else (0.0, at)

    def mark(self, estimate: Estimate) -> Mark | None:
        """An estimate on it; None if nothing was measured."""
        if estimate.value is None:
            return None
        low, high = (
            self.x(estimate.value if each is None else each)
            for each in (estimate.low, estimate.high)
        )
        return Mark(self.x(estimate.value), low, round(max(high - low, 0.6), 2))

    def text(self, value: float) -> str:
        """A label."""
        return figure(value, _places(self.step)) if abs(value) > _NOTHING else "0"

    @property
    def labels(self) -> list[tuple[float, str, bool]]:
        """Place and text of each step; with a bound, of both ends and of the bound, which is bold.

        An end that is too near the bound is left out.
        """
        if self.bound is None:
            count = round((self.high - self.low) / self.step)
            values = [self.low + place * self.step for place in range(count + 1)]
            return [(self.x(each), self.text(each), False) for each in values]
        found = [(0.0, self.text(self.low), False), (100.0, self.text(self.high), False)]
        at = self.x(self.bound)
        far = [each for each in found if abs(each[0] - at) > _APART]
        return sorted([*far, (at, f"{self.bound:g}".replace("-", "−"), True)])


def axis(estimates: Sequence[Estimate], *, bound: float | None = None, sign: str = "") -> Axis:
    """An axis with room for all of the estimates and the bound.

    >>> found = axis([Estimate(0.3, 0.28, 0.33, 9, "")], bound=0.45, sign=">=")
    >>> found.low, found.high, found.x(0.45)
    (0.25, 0.5, 80.0)
    """
    values = [
        each
        for one in estimates
        for each in (one.low, one.value, one.high)
        if each is not None and math.isfinite(each)
    ]
    values += [bound] if bound is not None else []
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = low - abs(low or 1.0) / 2, high + abs(high or 1.0) / 2
    step = _step((high - low) / 4)
    start, end = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if bound is not None:  # both of its sides are seen
        start -= step * (bound - start < step / 2)
        end += step * (end - bound < step / 2)
    holds = {">": "right", "<": "left"}.get(sign[:1], "")
    return Axis(round(start, 10), round(end, 10), bound, holds, step)


def _places(step: float) -> int:
    """Decimals that a multiple of a step needs."""
    return next(each for each in range(12) if math.isclose(step, round(step, each), rel_tol=1e-6))


def _step(rough: float) -> float:
    """A round number at or above a rough one."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in _STEPS if each * power >= rough * (1 - 1e-9))


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a series: ``kind`` is ``fail``, ``unknown`` or ``plain``."""

    x: float
    y: float
    top: float
    foot: float
    kind: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A series over windows.

    Attributes:
        top: Upper edge of the plot.
        foot: Lower edge.
        good: Top and height of the side that holds; None without a bound.
        bound: Height of the bound; None without one.
        runs: Windows that were measured, those in a row together: a missing one breaks the line.
        labels: Height, text and whether it is the bound, for the axis at the left.
    """

    top: float
    foot: float
    good: tuple[float, float] | None
    bound: float | None
    runs: tuple[tuple[Dot, ...], ...]
    labels: list[tuple[float, str, bool]]

    @property
    def dots(self) -> list[Dot]:
        """All points."""
        return [dot for run in self.runs for dot in run]

    @property
    def line(self) -> str:
        """The joining line, as the data of a path."""
        return "".join("M" + "L".join(f"{dot.x} {dot.y}" for dot in run) for run in self.runs)

    @property
    def bars(self) -> dict[str, str]:
        """The intervals of each kind, as the data of a path."""
        return {
            kind: "".join(f"M{dot.x} {dot.top}V{dot.foot}" for dot in self.dots if dot.kind == kind)
            for kind in dict.fromkeys(dot.kind for dot in self.dots)
        }


def centre(place: int, count: int) -> float:
    """The middle of a window, in per cent of the width."""
    return round((place + 0.5) / count * 100, 2)


def plot(
    points: Sequence[tuple[Estimate | None, Verdict]],
    *,
    bound: float | None,
    sign: str,
    top: float,
    foot: float,
) -> Plot:
    """Draw a series.

    Args:
        points: Estimate and verdict in each window; no estimate: no point, and the line breaks.
        bound: In the metric's unit; None for a figure that nothing is claimed of.
        sign: Of the bound.
        top: Upper edge, in pixels.
        foot: Lower edge.
    """
    measured = [each for each, _ in points if each is not None and each.measured]
    scale = axis(
        measured if bound is not None else [*measured, *_zero(measured)], bound=bound, sign=sign
    )

    def y(value: float) -> float:
        return round(foot - scale.x(value) / 100 * (foot - top), 1)

    runs: list[list[Dot]] = [[]]
    for place, (each, verdict) in enumerate(points):
        if each is None or each.value is None:
            runs.append([])
            continue
        kind = verdict if bound is not None and verdict in {"fail", "unknown"} else "plain"
        low, high = (each.value if end is None else end for end in (each.low, each.high))
        runs[-1].append(Dot(centre(place, len(points)), y(each.value), y(high), y(low), kind))
    at = y(bound) if bound is not None else None
    good = None
    if at is not None and scale.holds:
        good = (top, round(at - top, 1)) if scale.holds == "right" else (at, round(foot - at, 1))
    found = tuple(tuple(run) for run in runs if run)
    return Plot(top, foot, good, at, found, _labels(scale, y, at))


def _zero(measured: Sequence[Estimate]) -> list[Estimate]:
    """Zero belongs to the axis of a figure that is never negative."""
    if any((each.low or 0.0) < 0 for each in measured):
        return []
    return [Estimate(0.0, 0.0, 0.0, 0, "")]


def _labels(
    scale: Axis, y: Callable[[float], float], at: float | None
) -> list[tuple[float, str, bool]]:
    ends = [(y(each), scale.text(each), False) for each in (scale.low, scale.high)]
    if at is None or scale.bound is None:
        return ends
    far = [each for each in ends if abs(each[0] - at) >= _APART]
    return [*far, (at, f"{scale.bound:g}".replace("-", "−"), True)]


def evidence(value: float, limit: float) -> float:
    """Length of the evidence against a claim on a log scale, in per cent; the limit's is fixed.

    >>> evidence(1.0, 20.0), evidence(20.0, 20.0), evidence(1e9, 20.0)
    (1.0, 68.36, 100.0)
    """
    if value <= 1:
        return 1.0
    share = math.log(value) / math.log(limit * _BEYOND) if math.isfinite(value) else 1.0
    return round(min(max(share * 100, 1.0), 100.0), 2)
