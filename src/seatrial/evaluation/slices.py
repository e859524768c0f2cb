"""Search every slice to a depth for the ones where a metric is worse than elsewhere.

A slice is a value of up to three columns at once. All of them are counted, exactly, by adding up one
number a row in the cells of each combination of columns; a score test tells which are worse than
chance explains, and the number that was looked at is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seatrial.core.errors import UserError
from seatrial.evaluation.facets import Facet
from seatrial.evaluation.metrics import linearise
from seatrial.evaluation.predictions import Floats, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.evaluation.slice_cells import (
    DEPTH,
    Cells,
    Losses,
    Places,
    condition,
    count,
    taken_apart,
)
from seatrial.evaluation.slice_tests import Tests
from seatrial.records.condition import Node
from seatrial.records.metrics import GLOSSARY

LEAST_ROWS = 50
"""Relevant rows that a slice must have, unless it is said otherwise."""
LEVEL = 0.05
"""Chance that any slice is named where none is worse."""
_SHORTLIST = 400
"""Slices whose units are looked at; the test that takes rows for units ranks them before."""
_OF_EACH = 2
"""Of each combination of columns that are on the shortlist whatever the others are."""


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
    tests = Tests(given, np.ones(len(given.loss), dtype=bool))
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
    for place, at in taken_apart(made, cells, code):
        met &= made[place].codes == at
    return condition(made, cells, code), np.flatnonzero(met)


def _adds(tests: Tests, rows: Places, least: int, looked_at: int) -> bool:
    """Whether a slice is bad beyond the rows that those before it explain."""
    remaining = rows[tests.left[rows]]
    if len(remaining) == len(rows):
        return True
    if len(remaining) < max(least, len(rows) / 2):
        return False
    return tests.worse(remaining)[0] * looked_at <= LEVEL
