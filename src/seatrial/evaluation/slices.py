"""Search every slice to a depth for the ones where a metric is worse than elsewhere.

A slice is a value of up to three columns at once. All of them are counted, exactly, by adding up one
number a row in the cells of each combination of columns; a score test tells which are worse than
chance explains, and the number that was looked at is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from seatrial.core.errors import UserError
from seatrial.evaluation.facets import Facet
from seatrial.evaluation.metrics import linearise
from seatrial.evaluation.predictions import Codes, Floats, Mask, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.records.condition import Both, Node
from seatrial.records.metrics import GLOSSARY

Places = npt.NDArray[np.intp]

LEAST_ROWS = 50
"""Relevant rows that a slice must have, unless it is said otherwise."""
DEPTH = 3
LEVEL = 0.05
"""Chance that any slice is named where none is worse."""
_SHORTLIST = 400
"""Slices whose units are looked at; the test that takes rows for units ranks them before."""
_OF_EACH = 2
"""Of each combination of columns that are on the shortlist whatever the others are."""
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


def losses(question: Question, predictions: Predictions) -> Losses:
    """What each row adds to a metric; of one that is no mean over rows, its influence.

    Raises:
        UserError: the rows don't define the metric.

    >>> codes = np.array([1, 0, 0, 1])
    >>> rule = Predictions(
    ...     "binary", ("no", "yes"), np.eye(2)[codes], codes, np.array([1, 1, 0, 0]), np.arange(4)
    ... )
    >>> losses(Question("recall"), rule).loss.tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    try:
        linear = linearise(question, predictions)
    except UndefinedError as error:
        raise UserError(f"{question.metric} can't be measured: {error}") from None
    relevant = np.ones(len(predictions), bool) if linear.relevant is None else linear.relevant
    pull = int(relevant.sum()) * linear.influence
    sense = -1.0 if GLOSSARY[question.metric].higher_is_better else 1.0
    if linear.is_share:
        hits = np.rint(pull + linear.value * relevant)
        loss = np.where(relevant, 1.0 - hits, 0.0) if sense < 0 else hits
        return Losses(loss, relevant, predictions.units, is_share=True)
    return Losses(sense * pull, relevant, predictions.units, is_share=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice that was found.

    Attributes:
        where: Its condition.
        rows: (n,) positions of its relevant rows.
        score: What it was ranked by: a standardised deviation, or SliceLine's score.
        p_adjusted: Chance that as many slices, none of them worse than the rest, hold one that looks
            as bad; NaN where they were not tested.
    """

    where: Node
    rows: Places
    score: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: how many slices had enough rows, and the worst of them first."""

    looked_at: int
    slices: tuple[Slice, ...]


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


def search(
    made: Sequence[Facet],
    given: Losses,
    *,
    depth: int = DEPTH,
    least: int = LEAST_ROWS,
    most: int = 20,
) -> Found:
    """Find the slices that are worst beyond chance.

    Each is held against the rest by a test in which the units of the rows are what varies, exact for
    a share of rows; its p-value is multiplied by the number of slices that were looked at
    (Bonferroni). So in data without a bad slice, 95 searches of 100 name none. A slice that is bad
    only because it lies in, or around, a worse one is left out.

    Args:
        made: Columns, cut into slices.
        given: What is added up.
        depth: Columns in one condition, 1 to 3.
        least: Relevant rows that a slice must have.
        most: Slices that are given.

    Source:
        Exact: Fisher (1922), J. R. Stat. Soc. 85(1), 87-94, doi:10.2307/2340521. Score test of
        clustered rows: Rotnitzky and Jewell (1990), Biometrika 77(3), 485-497,
        doi:10.1093/biomet/77.3.485.
    """
    counted = list(count(made, given, depth=depth, least=least))
    looked_at = sum(len(each.codes) for each in counted)
    tests = _Tests(given, np.ones(len(given.loss), dtype=bool))
    tested = [(*tests.worse(rows), node, rows) for node, rows in _shortlist(made, given, counted)]
    tested.sort(key=lambda each: (each[0], -each[1]))
    chosen: list[Slice] = []
    remaining = tests
    for p, score, node, rows in tested:
        if len(chosen) == most:
            break
        adjusted = min(p * looked_at, 1.0)
        if _adds(remaining, rows, least, looked_at if adjusted <= LEVEL else 1):
            chosen.append(Slice(node, rows, score, adjusted))
            remaining = remaining.without(rows)
    return Found(looked_at, tuple(chosen))


def rank(
    made: Sequence[Facet],
    errors: Floats,
    *,
    alpha: float = 0.6,
    depth: int = DEPTH,
    least: int = LEAST_ROWS,
    most: int = 20,
) -> Found:
    """Rank slices by SliceLine's score, which weighs how bad a slice is against how small it is.

    Args:
        made: Columns, cut into slices.
        errors: (n_rows,) float64, at least 0.
        alpha: Weight of the badness, in (0, 1].
        depth: Columns in one condition, 1 to 3.
        least: Rows that a slice must have.
        most: Slices that are given; those with a score of 0 or less are not.

    Source:
        Sagadeeva and Boehm (2021), SliceLine, SIGMOD, 2290-2299, doi:10.1145/3448016.3457323.
    """
    n = len(errors)
    given = Losses(errors, np.ones(n, bool), np.arange(n), is_share=False)
    counted = list(count(made, given, depth=depth, least=least))
    mean = float(errors.mean())
    found: list[tuple[float, Cells, int]] = []
    for cells in counted:
        worse = cells.loss / cells.n / mean - 1.0 if mean > 0 else np.zeros(len(cells.n))
        scores = alpha * worse - (1.0 - alpha) * (n / cells.n - 1.0)
        best = np.argsort(-scores, kind="stable")[:most]
        found += [(float(scores[at]), cells, int(at)) for at in best if scores[at] > 0]
    found.sort(key=lambda each: -each[0])
    listed = tuple(
        Slice(node, rows, score, math.nan)
        for score, cells, at in found[:most]
        for node, rows in [_cell(made, given, cells, int(cells.codes[at]))]
    )
    return Found(sum(len(each.codes) for each in counted), listed)


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


def _shortlist(
    made: Sequence[Facet], given: Losses, counted: Sequence[Cells]
) -> Iterator[tuple[Node, Places]]:
    """The cells that deviate most, as conditions and rows: of all, and of each combination."""
    if not counted:
        return
    relevant = given.loss[given.relevant]
    mean, spread, total = float(relevant.mean()), float(relevant.std()), len(relevant)
    if spread == 0.0:
        return
    scores = [
        (each.loss - mean * each.n)
        / (spread * np.sqrt(each.n * np.maximum(1.0 - each.n / total, 1.0 / total)))
        for each in counted
    ]
    every = np.concatenate(scores)
    bar = np.partition(every, -_SHORTLIST)[-_SHORTLIST] if len(every) > _SHORTLIST else -np.inf
    for cells, score in zip(counted, scores, strict=True):
        best = np.argsort(-score, kind="stable")
        for at in best[: max(int((score >= bar).sum()), _OF_EACH)]:
            if score[at] > 0:
                yield _cell(made, given, cells, int(cells.codes[at]))


def _cell(made: Sequence[Facet], given: Losses, cells: Cells, code: int) -> tuple[Node, Places]:
    met = given.relevant.copy()
    for place, at in _taken_apart(made, cells, code):
        met &= made[place].codes == at
    return condition(made, cells, code), np.flatnonzero(met)


def condition(made: Sequence[Facet], cells: Cells, code: int) -> Node:
    """The condition of one slice of a combination."""
    parts = [made[place].slices[at] for place, at in _taken_apart(made, cells, code)]
    return reduce(Both, parts)


def _taken_apart(made: Sequence[Facet], cells: Cells, code: int) -> list[tuple[int, int]]:
    """Place of each column and of its value."""
    found: list[tuple[int, int]] = []
    for place in reversed(cells.places):
        code, at = divmod(code, len(made[place].slices) + 1)
        found.insert(0, (place, at))
    return found


class _Tests:
    """Tests of slices of some rows against the rest of them.

    Args:
        given: What is added up.
        left: (n_rows,) bool, the rows that there are.
        numbered: (n_rows,) the place of each row's unit, and how many units there are, if known.
    """

    def __init__(
        self, given: Losses, left: Mask, numbered: tuple[Places, int] | None = None
    ) -> None:
        self._given, self.left = given, left
        there = given.relevant & left
        self._total, self._hits = int(there.sum()), float(given.loss[there].sum())
        mean = self._hits / max(self._total, 1)
        self._residual = np.where(there, given.loss - mean, 0.0)
        self._numbered = _numbered(given.units) if numbered is None else numbered
        self._units, units = self._numbered
        self._is_single = units == len(given.units)
        self._by_unit = np.bincount(self._units, weights=self._residual, minlength=units)
        self._squares = float(self._by_unit @ self._by_unit)

    def without(self, rows: Places) -> _Tests:
        """The same with some rows taken away."""
        left = self.left.copy()
        left[rows] = False
        return _Tests(self._given, left, self._numbered)

    def worse(self, rows: Places) -> tuple[float, float]:
        """Chance of so bad a slice, or a worse one, if it is like the rest; and its deviation."""
        score = self._score(rows)
        if self._given.is_share and self._is_single:
            found = float(self._given.loss[rows].sum())
            return _hypergeometric(self._total, self._hits, len(rows), found), score
        if self._given.expected is not None and self._is_single:
            return self._beyond_expected(rows, self._given.expected), score
        from scipy.special import ndtr

        return float(ndtr(-score)), score

    def _beyond_expected(self, rows: Places, expected: Floats) -> float:
        """Chance of so many hits, each row having its own chance of one.

        A binomial with the mean chance has the heavier tail: Hoeffding (1956), Ann. Math. Stat. 27(3),
        713-721, doi:10.1214/aoms/1177728178. What is off by one factor everywhere is off in no slice.
        """
        from scipy.special import bdtrc

        there = self._given.relevant & self.left
        everywhere = float(expected[there].sum())
        hits = float((self._given.loss + expected)[rows].sum())
        factor = (self._hits + everywhere) / everywhere if everywhere > 0 else 1.0
        chance = min(float(expected[rows].mean()) * factor, 1.0)
        return float(bdtrc(round(hits) - 1, len(rows), chance)) if hits >= 1 else 1.0

    def _score(self, rows: Places) -> float:
        """Sum of the residuals over its standard error, ``sum_unit (inside - share * all)^2``."""
        inside = self._residual[rows]
        share = len(rows) / self._total
        units, all_ = self._units[rows], inside
        if not self._is_single:
            units, places = np.unique(units, return_inverse=True)
            all_ = np.bincount(places, weights=inside)
        cross = float(all_ @ self._by_unit[units])
        variance = float(all_ @ all_) - 2.0 * share * cross + share**2 * self._squares
        return float(inside.sum()) / math.sqrt(variance) if variance > 0 else 0.0


def _numbered(units: Places) -> tuple[Places, int]:
    found, places = np.unique(units, return_inverse=True)
    return places, len(found)


def _hypergeometric(total: int, hits: float, n: int, found: float) -> float:
    """Chance that at least ``found`` of ``n`` rows drawn from ``total`` are among the ``hits``."""
    from scipy.special import gammaln

    def choose(of: Floats | float, take: Floats) -> Floats:
        ways: Floats = gammaln(of + 1.0) - gammaln(take + 1.0) - gammaln(of - take + 1.0)
        return ways

    at = np.arange(found, min(n, hits) + 1)
    at = at[n - at <= total - hits]
    every = choose(float(total), np.array([float(n)]))
    logs = choose(hits, at) + choose(total - hits, n - at) - every
    return min(float(np.exp(logs).sum()), 1.0)


def _adds(tests: _Tests, rows: Places, least: int, looked_at: int) -> bool:
    """Whether a slice is bad beyond the rows that those before it explain."""
    remaining = rows[tests.left[rows]]
    if len(remaining) == len(rows):
        return True
    if len(remaining) < max(least, len(rows) / 2):
        return False
    return tests.worse(remaining)[0] * looked_at <= LEVEL
