"""Slices that were looked at: the worst first, a thousand of them in a page that opens at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict
from seatrial.records.metrics import Metric
from seatrial.reports import numbers
from seatrial.verbs.slices import Slices
from seatrial.web.shown import Figure, figure

SIGNIFICANT = 0.05
"""Corrected p from which a slice is marked as worse than the whole."""
FIRST, A_DRAWER = 25, 100
"""Rows that are seen at once, and rows of each drawer below them."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice, as a search found it.

    Attributes:
        where: Its condition.
        metric: What was measured in it.
        estimate: Of the slice; not measured if its rows are too few.
        overall: Of all rows.
        n: Rows of the slice.
        p_adjusted: Chance of such a difference if there is none, corrected for every slice that was
            looked at; None where it wasn't tested.
    """

    where: str
    metric: str
    estimate: Estimate
    overall: Estimate
    n: int
    p_adjusted: float | None


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice in the table; ``verdict`` is None where nothing has to be said of it."""

    where: str
    verdict: Verdict | None
    figure: Figure | None
    n: str
    p: str


@dataclass(frozen=True, slots=True)
class SliceTable:
    """Slices of one metric.

    Attributes:
        metric: Its name.
        overall: Of all rows.
        bound: Value of ``overall``, which the slices are drawn beside; None if it wasn't measured.
        sign: Side of it that is better.
        aside: How many were looked at, and how many are worse.
        rows: Those that are seen at once.
        drawers: The others, with what each drawer holds.
    """

    metric: str
    overall: Figure
    bound: float | None
    sign: str
    aside: str
    rows: tuple[SliceRow, ...]
    drawers: tuple[tuple[str, tuple[SliceRow, ...]], ...]

    @property
    def figures(self) -> list[Figure | None]:
        """Of all rows, for one axis."""
        return [
            each.figure for each in (*self.rows, *(row for _, rows in self.drawers for row in rows))
        ]


def tables(
    found: Sequence[Slice], metrics: Mapping[str, Metric], *, looked_at: int | None = None
) -> tuple[SliceTable, ...]:
    """A table for each metric, in the order in which they come.

    Args:
        found: The slices, in any order.
        metrics: The glossary, which says which way is better.
        looked_at: How many were looked at to find them; None: these.
    """
    names = dict.fromkeys(each.metric for each in found)
    return tuple(
        _table([each for each in found if each.metric == name], metrics, looked_at)
        for name in names
    )


def of_search(found: Slices) -> tuple[Slice, ...]:
    """The slices of a search."""
    return tuple(
        Slice(
            each.where, found.metric, each.estimate, found.overall, each.estimate.n, each.p_adjusted
        )
        for each in found.slices
    )


def _table(
    found: Sequence[Slice], metrics: Mapping[str, Metric], looked_at: int | None
) -> SliceTable:
    name, overall = found[0].metric, found[0].overall
    sense = 1 if metrics[name.partition("(")[0].partition(" ")[0]].higher_is_better else -1
    ranked = sorted(found, key=lambda each: _badness(each, sense))
    rows = [_row(each, sense) for each in ranked]
    worse = sum(row.verdict == "fail" for row in rows)
    seen = numbers.count(len(rows) if looked_at is None else looked_at)
    told = f"{seen} looked at, {numbers.count(worse)} worse than the whole"
    rest = range(FIRST, len(rows), A_DRAWER)
    return SliceTable(
        metric=name,
        overall=figure(overall),
        bound=overall.value,
        sign=">=" if sense > 0 else "<=",
        aside=f"{told}; p is corrected for all of them",
        rows=tuple(rows[:FIRST]),
        drawers=tuple(_drawer(rows, start) for start in rest),
    )


def _drawer(rows: Sequence[SliceRow], start: int) -> tuple[str, tuple[SliceRow, ...]]:
    held = tuple(rows[start : start + A_DRAWER])
    first, last = numbers.count(start + 1), numbers.count(start + len(held))
    return f"Slices {first} to {last}", held


def _badness(found: Slice, sense: int) -> tuple[bool, float, str]:
    value = found.estimate.value
    return value is None, sense * (value or 0.0), found.where


def _row(found: Slice, sense: int) -> SliceRow:
    value, whole, n = found.estimate.value, found.overall.value, numbers.count(found.n)
    if value is None:
        return SliceRow(found.where, "unknown", None, n, "")
    p = found.p_adjusted
    is_worse = whole is not None and sense * (value - whole) < 0
    marked = p is not None and p < SIGNIFICANT and is_worse
    return SliceRow(found.where, "fail" if marked else None, figure(found.estimate), n, _p(p))


def _p(p: float | None) -> str:
    """A corrected p.

    >>> _p(0.0312), _p(0.00001), _p(None)
    ('0.031', '< 0.001', '')
    """
    least = 0.001
    if p is None:
        return ""
    return f"< {least}" if p < least else f"{p:.3f}"
