"""Count slices: one number a row, added up in the cells of each combination of columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from seatrial.evaluation.facets import Facet
from seatrial.evaluation.predictions import Codes, Floats, Mask
from seatrial.records.condition import Both, Node

Places = npt.NDArray[np.intp]

DEPTH = 3
_MOST_CELLS = 4_000_000
"""Of one combination of columns; one with more is not looked at."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What is added up.

    Attributes:
        loss: (n_rows,) float64, more is worse; 0 or 1 if ``is_share``.
        relevant: (n_rows,) bool, the rows that the metric looks at.
        units: (n_rows,) int64, the unit that a row belongs to.
        is_share: Whether the metric is hits over relevant rows.
        expected: (n_rows,) chance that each row is a hit, where that is known; ``loss`` is then a hit
            less that chance.
    """

    loss: Floats
    relevant: Mask
    units: Codes
    is_share: bool
    expected: Floats | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """The slices of one combination of columns that have enough rows.

    Attributes:
        places: Of the columns.
        codes: (n_cells,) int64, code of each slice in the combination.
        n: (n_cells,) float64, relevant rows.
        loss: (n_cells,) float64, sum of the losses.
    """

    places: tuple[int, ...]
    codes: Places
    n: Floats
    loss: Floats


def count(made: Sequence[Facet], given: Losses, *, depth: int, least: int) -> Iterator[Cells]:
    """Count every slice to a depth; those with fewer relevant rows are left out.

    Args:
        made: Columns, cut into slices.
        given: What is added up.
        depth: Columns in one condition, 1 to 3.
        least: Relevant rows that a slice must have, at least 1.

    Raises:
        ValueError: depth or least is out of range.
    """
    if not 1 <= depth <= DEPTH or least < 1:
        message = f"depth must lie in [1, {DEPTH}] and least be 1 or more, got {depth} and {least}"
        raise ValueError(message)
    rows = given.relevant
    codes = [_places(each)[rows] for each in made]
    sizes = [len(each.slices) + 1 for each in made]
    adder = _Adder(given.loss[rows], is_share=given.is_share, least=least)

    def deeper(joined: Places, first: tuple[int, ...], cells: int) -> Iterator[Cells]:
        for place in range(first[-1] + 1 if first else 0, len(made)):
            wider = cells * sizes[place]
            if wider > _MOST_CELLS:
                continue
            both = joined * sizes[place] + codes[place] if first else codes[place]
            places = (*first, place)
            found = adder.add(both, places, [sizes[each] for each in places])
            if found is not None:
                yield found
                if len(places) < depth:
                    yield from deeper(both, places, wider)

    yield from deeper(np.empty(0, dtype=np.intp), (), 1)


def joined(made: Sequence[Facet], places: Sequence[int]) -> tuple[Places, list[int]]:
    """Code of each row in a combination of columns, (n_rows,) int64, and the shape of its cells."""
    shape = [len(made[place].slices) + 1 for place in places]
    codes = reduce(
        lambda known, each: known * each[1] + _places(made[each[0]]),
        list(zip(places, shape, strict=True))[1:],
        _places(made[places[0]]),
    )
    return codes, shape


def condition(made: Sequence[Facet], cells: Cells, code: int) -> Node:
    """The condition of one slice of a combination."""
    parts = [made[place].slices[at] for place, at in taken_apart(made, cells, code)]
    return reduce(Both, parts)


def taken_apart(made: Sequence[Facet], cells: Cells, code: int) -> list[tuple[int, int]]:
    """Place of each column and of its value."""
    found: list[tuple[int, int]] = []
    for place in reversed(cells.places):
        code, at = divmod(code, len(made[place].slices) + 1)
        found.insert(0, (place, at))
    return found


def _places(facet: Facet) -> Places:
    """Codes from 0, the last of them for rows in no slice."""
    return np.where(facet.codes < 0, len(facet.slices), facet.codes).astype(np.intp)


@dataclass(frozen=True, slots=True)
class _Adder:
    """Adds losses up by cell."""

    loss: Floats
    is_share: bool
    least: int

    def add(self, joined: Places, places: tuple[int, ...], shape: Sequence[int]) -> Cells | None:
        """The cells of a combination; None if none has enough rows."""
        cells = math.prod(shape)
        if self.is_share:
            pairs = np.bincount(joined * 2 + self.loss.astype(np.intp), minlength=2 * cells)
            n, loss = pairs[::2] + pairs[1::2], pairs[1::2]
        else:
            n = np.bincount(joined, minlength=cells)
            loss = np.bincount(joined, weights=self.loss, minlength=cells)
        inside = np.zeros(shape, dtype=bool)
        inside[tuple(slice(size - 1) for size in shape)] = True
        kept = np.flatnonzero((n >= self.least) & inside.ravel())
        if not len(kept):
            return None
        return Cells(places, kept, n[kept].astype(np.float64), loss[kept].astype(np.float64))
