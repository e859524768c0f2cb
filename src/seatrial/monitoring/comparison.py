"""A column before and now: every distance, with what chance explains; nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seatrial.monitoring.counts import Counts, Floats, Levels, Numbers, Whole
from seatrial.monitoring.reference import Column
from seatrial.monitoring.units import UnitChange, unit_change
from seatrial.records.condition import Kind
from seatrial.stats.distances import (
    chi_square_p,
    jensen_shannon,
    kolmogorov_p,
    kolmogorov_smirnov,
    population_stability,
    rates_p,
)

GROUPS = 10
"""Groups of about equally many rows of the reference, for the population stability index."""

FEW = 20
"""A column of so many different numbers or levels is compared value by value."""

SPARSE = 0.1
"""Share of rows with rare levels from which on levels, such as ids, aren't compared by distance."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured of a column; None where it can't be.

    Attributes:
        kind: Of its values.
        rows_was: Rows of the reference.
        rows_now: Rows that are compared with it.
        missing_was: Share of rows without a value, in the reference.
        missing_now: The same now.
        missing_p: Chance of such a difference.
        psi: Population stability index over ten groups of the reference, one below and one above its
            range; of levels over the 20 most frequent, the others, and those that are as good as new.
        jensen_shannon: Distance to base 2 over the same groups.
        distance_p: Of the Kolmogorov-Smirnov distance; of levels of the chi-square test.
        ks: Kolmogorov-Smirnov distance, right to 1/4,000.
        wasserstein: Mean distance that a value moved, in standard deviations of the reference.
        median_was: Of numbers.
        median_now: Of numbers.
        below: Share of the numbers below the reference's least.
        above: Share above its greatest.
        range_was: Its least and greatest number.
        change: The unit that explains the difference; None if none does.
        new_share: Share of rows with a level that the reference lacks.
        new_expected: What one expects of it, after Good and Turing.
        new_p: Chance of so many.
        new: Rows of such levels, the most frequent.
        level: The level whose share changed most, with its share before and now; empty for numbers.
    """

    kind: Kind
    rows_was: int
    rows_now: int
    missing_was: float
    missing_now: float
    missing_p: float
    psi: float | None = None
    jensen_shannon: float | None = None
    distance_p: float = 1.0
    ks: float | None = None
    wasserstein: float | None = None
    median_was: float | None = None
    median_now: float | None = None
    below: float = 0.0
    above: float = 0.0
    range_was: tuple[float, float] | None = None
    change: UnitChange | None = None
    new_share: float | None = None
    new_expected: float = 0.0
    new_p: float = 1.0
    new: Mapping[str, int] = field(default_factory=dict)
    level: tuple[str, float, float] | None = None


def compare(column: Column, now: Counts, *, design: float = 1.0) -> Comparison:
    """Compare the counts of a column with its reference.

    Args:
        column: What it was like.
        now: Counts over its edges or levels.
        design: How many times fewer rows count in p-values.

    Source:
        Distances: :mod:`seatrial.stats.distances`. Levels never seen: Good (1953), Biometrika
        40(3-4), 237-264, doi:10.2307/2333344.
    """
    was = column.counts
    rows = (was.missing + was.known, now.missing + now.known)
    measured: dict[str, Any] = {
        "kind": column.kind,
        "rows_was": rows[0],
        "rows_now": rows[1],
        "missing_was": was.missing / rows[0],
        "missing_now": now.missing / max(rows[1], 1),
        "missing_p": _rates_p((was.missing, rows[0]), (now.missing, rows[1]), design),
    }
    if was.known and now.known and isinstance(was, Numbers) and isinstance(now, Numbers):
        measured |= _numbers(column.edges, was, now, design)
    elif was.known and now.known and isinstance(was, Levels) and isinstance(now, Levels):
        measured |= _levels(column, was, now, design)
    return Comparison(**measured)


def _numbers(edges: Floats, was: Numbers, now: Numbers, design: float) -> dict[str, Any]:
    ks = max(kolmogorov_smirnov(was.counts, now.counts), now.under / now.known)
    before, after = _grouped(was, was), _grouped(was, now)
    spread = was.deviation or 1.0
    return {
        "psi": population_stability(before, after),
        "jensen_shannon": jensen_shannon(before, after),
        "ks": ks,
        "distance_p": kolmogorov_p(ks, was.known / design, now.known / design),
        "wasserstein": _wasserstein(edges, was, now) / spread,
        "median_was": float(was.points[len(was.points) // 2]),
        "median_now": float(now.points[len(now.points) // 2]),
        "below": now.under / now.known,
        "above": now.over / now.known,
        "range_was": (float(edges[0]), float(edges[-1])),
        "change": unit_change(was.points, now.points),
    }


def _grouped(was: Numbers, counted: Numbers) -> Whole:
    """Rows below the range, in groups of the reference, and above the range."""
    inside = was.counts[:-1]
    if len(inside) <= FEW:
        groups = np.arange(len(inside))
    else:
        middles = inside.cumsum() - inside / 2.0
        groups = np.minimum(middles * GROUPS / inside.sum(), GROUPS - 1).astype(np.int64)
    counts = counted.counts[:-1].copy()
    counts[0] -= counted.under
    sums = np.bincount(groups, weights=counts).astype(np.int64)
    return np.concatenate([[counted.under], sums[np.unique(groups)], [counted.over]])


def _wasserstein(edges: Floats, was: Numbers, now: Numbers) -> float:
    """Area between the distribution functions, exact where every value is an edge."""
    apart = np.abs(was.counts.cumsum() / was.known - now.counts.cumsum() / now.known)
    inside = float((apart[:-2] * np.diff(edges)).sum())
    return inside + (now.under_by + now.over_by) / now.known


def _levels(column: Column, was: Levels, now: Levels, design: float) -> dict[str, Any]:
    measured: dict[str, Any] = {"new": now.new}
    if not was.other:  # a reference that couldn't keep all of its levels can't say which are new
        seen = (column.singletons, was.known)
        measured |= {
            "new_share": now.other / now.known,
            "new_expected": seen[0] / seen[1],
            "new_p": _rates_p(seen, (now.other, now.known), design),
        }
    ordered = [level for level in _by_frequency(was) if was.counts[level] > 1]
    before, after = _by_level(was, ordered), _by_level(now, ordered)
    if before[-1] > SPARSE * was.known:
        return measured
    return measured | {
        "psi": population_stability(_few(before), _few(after)),
        "jensen_shannon": jensen_shannon(_few(before), _few(after)),
        "distance_p": chi_square_p(before, after, design=design),
        "level": _changed_most(ordered, before, after),
    }


def _by_frequency(counts: Levels) -> list[str]:
    return sorted(counts.counts, key=lambda level: (-counts.counts[level], level))


def _by_level(counts: Levels, ordered: list[str]) -> Whole:
    """Rows of each level, at the end of all others.

    A level that stood in a single row is among the others: to the rest of the reference it was as
    new as a level that comes now for the first time.
    """
    named = [counts.counts.get(each, 0) for each in ordered]
    return np.array([*named, counts.known - sum(named)], np.int64)


def _few(counts: Whole) -> Whole:
    """The most frequent levels of the reference, its less frequent ones together, and the rest."""
    return np.array([*counts[:-1][:FEW], counts[:-1][FEW:].sum(), counts[-1]], np.int64)


def _changed_most(ordered: list[str], before: Whole, after: Whole) -> tuple[str, float, float]:
    was, now = before / before.sum(), after / after.sum()
    most = int(np.abs(now - was)[:-1].argmax())
    return ordered[most], float(was[most]), float(now[most])


def _rates_p(was: tuple[int, int], now: tuple[int, int], design: float) -> float:
    if not was[1] or not now[1]:
        return 1.0
    return rates_p(was[0] / design, was[1] / design, now[0] / design, now[1] / design)
