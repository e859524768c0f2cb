"""Facets: a column cut into a few values, each of which is a slice of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.records.condition import Both, Column, Compare, Constant, IsNull, Node

RANGES = 5
"""Ranges of equal size that a number is cut into, if it has more distinct values."""
MOST_LEVELS = 50
"""Levels of a category that are slices, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A column as slices that don't overlap.

    Attributes:
        name: Of the column.
        slices: The condition of each slice.
        codes: (n_rows,) int32, place in ``slices``; -1 for rows in none of them.
    """

    name: str
    slices: tuple[Node, ...]
    codes: npt.NDArray[np.int32]


def facets(columns: Mapping[str, npt.NDArray[Any]], *, least: int) -> tuple[Facet, ...]:
    """Cut columns into slices; a moment, and a column that makes fewer than two, is left out.

    Args:
        columns: Raw columns by name: (n_rows,) float64 with NaN, datetime64, or objects with None.
        least: Rows that a slice must have.

    >>> made = facets({"origin": np.array(["EWR", "LGA", None, "LGA"], dtype=object)}, least=1)
    >>> [str(each) for each in made[0].slices], made[0].codes.tolist()
    (["origin = 'LGA'", "origin = 'EWR'", 'origin is null'], [1, 0, 2, 0])
    """
    cut = {name: values for name, values in columns.items() if values.dtype.kind != "M"}
    made = (_facet(name, values, least) for name, values in cut.items())
    return tuple(each for each in made if len(each.slices) > 1)


def _facet(name: str, values: npt.NDArray[Any], least: int) -> Facet:
    if values.dtype == object:
        return _levels(name, _coded(values), least)
    known = np.unique(values[~np.isnan(values)])
    if len(known) > 2 * RANGES:
        return _ranges(name, values, known, least)
    codes = np.where(np.isnan(values), -1, np.searchsorted(known, values))
    levels = [int(each) if each.is_integer() else each for each in known.tolist()]
    return _levels(name, (levels, codes), least)


def _coded(values: npt.NDArray[Any]) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Levels in their order, and the place of each row's; -1 for a missing value."""
    listed = values.tolist()
    levels = sorted(set(listed) - {None}, key=lambda each: (str(type(each)), each))
    places = {level: place for place, level in enumerate(levels)} | {None: -1}
    return levels, np.fromiter(map(places.__getitem__, listed), np.int64, count=len(listed))


def _levels(name: str, coded: tuple[list[Any], npt.NDArray[np.int64]], least: int) -> Facet:
    """The frequent levels, the most frequent first, and missing values."""
    levels, codes = coded
    sizes = np.bincount(codes + 1, minlength=len(levels) + 1)
    order = np.argsort(-sizes[1:], kind="stable")
    kept = [int(each) for each in order[:MOST_LEVELS] if sizes[each + 1] >= least]
    column = Column(name)
    slices: list[Node] = [_is(column, levels[each]) for each in kept]
    renamed = np.full(len(levels) + 1, -1, dtype=np.int32)
    renamed[np.array(kept, dtype=np.int64) + 1] = np.arange(len(kept))
    if sizes[0] >= max(least, 1):
        renamed[0] = len(slices)
        slices.append(IsNull(column))
    return Facet(name, tuple(slices), renamed[codes + 1])


def _is(column: Column, level: Any) -> Node:
    return column if level is True else Compare("=", column, Constant(level))


def _ranges(
    name: str, values: npt.NDArray[np.float64], known: npt.NDArray[np.float64], least: int
) -> Facet:
    """Ranges of about equal size, and missing values."""
    present = np.sort(values[~np.isnan(values)])
    cuts = np.unique(present[[place * len(present) // RANGES for place in range(1, RANGES)]])
    cuts = cuts[cuts > known[0]]
    if not len(cuts):  # most values are the least one: it against all others
        cuts = known[1:2]
    below = known[np.searchsorted(known, cuts) - 1]
    cuts = np.array([_shortest(*each) for each in zip(below.tolist(), cuts.tolist(), strict=True)])
    codes = np.searchsorted(cuts, values, side="right").astype(np.int64)
    codes[np.isnan(values)] = -1
    slices = _between(Column(name), cuts.tolist())
    sizes = np.bincount(codes + 1, minlength=len(slices) + 1)
    if sizes[0] >= max(least, 1):
        codes[codes < 0] = len(slices)
        slices.append(IsNull(Column(name)))
    return Facet(name, tuple(slices), codes.astype(np.int32))


def _shortest(below: float, cut: float) -> float:
    """A number with few digits that cuts the values as ``cut`` does: above the value below it, and not above it.

    >>> _shortest(0.3088, 0.31235844070463376)
    0.31
    """
    rounded = (float(f"{cut:.{digits}g}") for digits in range(1, 18))
    return next(near for near in rounded if below < near <= cut)


def _between(column: Column, cuts: Sequence[float]) -> list[Node]:
    ends = [int(each) if float(each).is_integer() else each for each in cuts]
    under: list[Node] = [Compare("<", column, Constant(ends[0]))]
    inner: list[Node] = [
        Both(Compare(">=", column, Constant(low)), Compare("<", column, Constant(high)))
        for low, high in pairwise(ends)
    ]
    return [*under, *inner, Compare(">=", column, Constant(ends[-1]))]
