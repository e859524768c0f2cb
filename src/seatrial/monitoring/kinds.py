"""Did the inputs move, or did what follows from them? Data drift and concept drift told apart.

Inputs are compared column by column. The relation is that of outcome to score: training's outcomes
give what to expect at each score, and the current outcomes are judged against that *given their
score*, so that other scores alone change nothing. What is looked for in the surprises is a level, a
slope and a bend over the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seatrial.core.errors import DataError
from seatrial.monitoring.drift import DriftReport, drift
from seatrial.monitoring.reference import Reference
from seatrial.monitoring.tables import Source

Drift = Literal["none", "data", "concept", "both"]

BINS = 20
"""Groups of about equally many scores of the reference, within which one outcome is expected."""

SURPRISE = 0.1
"""Mean surprise, in standard deviations of the reference's outcomes, from which on it counts."""

LEVEL = 0.01
"""p-value from which on a surprise is no chance."""

_SHAPES = 3  # level, slope and bend
_LEAST = 20  # units on either side

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was answered and what turned out to be true.

    Attributes:
        features: A table of the inputs, a row for each score.
        scores: (n_rows,) the model's scores or predictions.
        outcomes: (n_rows,) what turned out: 0 or 1, or a number.
        units: (n_rows,) which unit a row belongs to, such as its day, if rows of one are alike.
    """

    features: Source
    scores: npt.NDArray[Any]
    outcomes: npt.NDArray[Any]
    units: npt.NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """How outcomes follow from scores, now and in the reference.

    Attributes:
        surprise: Root mean square of what the outcomes differ from what was expected given their
            score, in standard deviations of the reference's outcomes.
        p: Chance of so much.
        bias: Mean difference, in units of the outcome: above 0 where more came than expected.
    """

    surprise: float
    p: float
    bias: float

    @property
    def has_changed(self) -> bool:
        """Whether the surprise is large and no chance."""
        return self.surprise >= SURPRISE and self.p <= LEVEL


@dataclass(frozen=True, slots=True)
class Told:
    """Which kind of drift there is, with its evidence.

    Attributes:
        drift: ``data``: the inputs moved; ``concept``: what follows from them; or both, or none.
        inputs: The inputs, column by column.
        relation: Of outcomes to scores.
    """

    drift: Drift
    inputs: DriftReport
    relation: Relation

    def __str__(self) -> str:
        return _SENTENCES[self.drift]


_SENTENCES = {
    "none": "neither the inputs nor what follows from them have moved",
    "data": "the inputs moved, what follows from a score didn't",
    "concept": "what follows from a score changed, the inputs didn't move",
    "both": "the inputs moved, and what follows from a score changed",
}


def tell_apart(reference: Outcomes, current: Outcomes, *, design_effect: float = 1.0) -> Told:
    """Tell data drift from concept drift.

    Args:
        reference: Rows that the model wasn't fitted on, such as the test part: on training rows
            its scores are too good.
        current: Rows whose outcomes are known.
        design_effect: Of the inputs; see :func:`~seatrial.monitoring.drift.drift`.

    Raises:
        DataError: a side has too few rows or units, or its outcomes are all equal.

    Source:
        The terms: Moreno-Torres et al. (2012), Pattern Recognit. 45(1), 521-530,
        doi:10.1016/j.patcog.2011.06.019. Calibration in level and slope: Cox (1958), Biometrika
        45(3-4), 562-565, doi:10.2307/2333203.

    >>> rng = np.random.default_rng(0)
    >>> score = rng.random(2_000)
    >>> happened = rng.random(2_000) < score
    >>> before = Outcomes({"x": score}, score, happened)
    >>> print(tell_apart(before, Outcomes({"x": score}, score, ~happened)))
    what follows from a score changed, the inputs didn't move
    """
    inputs = drift(
        Reference.build(reference.features), current.features, design_effect=design_effect
    )
    return told(inputs, compare_relation(reference, current))


def told(inputs: DriftReport, relation: Relation) -> Told:
    """Put both findings together."""
    which: dict[tuple[bool, bool], Drift] = {
        (False, False): "none",
        (True, False): "data",
        (False, True): "concept",
        (True, True): "both",
    }
    return Told(which[inputs.has_moved, relation.has_changed], inputs, relation)


def compare_relation(reference: Outcomes, current: Outcomes) -> Relation:
    """Compare how outcomes follow from scores.

    The Wald test of a regression of the surprises on level, slope and bend over the score's rank,
    with the variance summed by unit on both sides.

    Raises:
        DataError: a side has too few rows or units, or its outcomes are all equal.

    Source:
        Variance by unit: Liang and Zeger (1986), Biometrika 73(1), 13-22, doi:10.2307/2336267;
        F with as many degrees of freedom as the smaller side has units: Cameron and Miller (2015),
        J. Hum. Resour. 50(2), 317-372, doi:10.3368/jhr.50.2.317.
    """
    from scipy.special import fdtrc

    before, after = (_floats(each) for each in (reference, current))
    deviation = float(before[1].std())
    if deviation == 0.0:
        raise DataError("all outcomes of the reference are equal", hint="take a longer stretch")
    ordered = np.sort(before[0])
    expected = _expected(before, ordered)
    fits = [_fit(side, ordered, expected) for side in (before, after)]
    apart = fits[1].weights - fits[0].weights
    covariance = fits[0].covariance + fits[1].covariance
    wald = float(apart @ np.linalg.pinv(covariance) @ apart)
    df = min(fit.units for fit in fits) - _SHAPES
    surprises = fits[1].shapes @ apart
    return Relation(
        surprise=float(np.sqrt(np.mean(surprises**2))) / deviation,
        p=float(fdtrc(_SHAPES, df, wald / _SHAPES)),
        bias=float(surprises.mean()),
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    weights: Floats  # (3,) of level, slope and bend
    covariance: Floats  # (3, 3)
    shapes: Floats  # (n_rows, 3)
    units: int


_Side = tuple[Floats, Floats, npt.NDArray[np.intp]]


def _floats(side: Outcomes) -> _Side:
    scores = np.asarray(side.scores, dtype=np.float64)
    outcomes = np.asarray(side.outcomes, dtype=np.float64)
    units = np.arange(len(scores)) if side.units is None else np.asarray(side.units)
    if not len(scores) == len(outcomes) == len(units):
        message = "scores, outcomes and units must be of one length"
        raise ValueError(message)
    distinct, codes = np.unique(units, return_inverse=True)
    if len(distinct) < _LEAST:
        raise DataError(
            f"{len(distinct)} units with a known outcome are too few to tell what follows from a score",
            hint=f"{_LEAST} are enough",
        )
    return scores, outcomes, codes


def _ranks(scores: Floats, ordered: Floats) -> Floats:
    """Where scores stand among those of the reference, from 0 to 1."""
    low = np.searchsorted(ordered, scores, side="left")
    high = np.searchsorted(ordered, scores, side="right")
    found: Floats = (low + high) / (2.0 * len(ordered))
    return found


def _expected(before: _Side, ordered: Floats) -> Floats:
    """(n_bins,) mean outcome of the reference by its scores' rank."""
    bins = _bin(_ranks(before[0], ordered))
    rows = np.bincount(bins, minlength=BINS)
    sums = np.bincount(bins, weights=before[1], minlength=BINS)
    middles = np.arange(BINS)
    filled = rows > 0
    found: Floats = np.interp(middles, middles[filled], sums[filled] / rows[filled])
    return found


def _bin(ranks: Floats) -> npt.NDArray[np.int64]:
    return np.minimum(ranks * BINS, BINS - 1).astype(np.int64)


def _fit(side: _Side, ordered: Floats, expected: Floats) -> _Fit:
    scores, outcomes, codes = side
    ranks = _ranks(scores, ordered)
    surprises = outcomes - expected[_bin(ranks)]
    centred = 2.0 * ranks - 1.0
    shapes = np.column_stack([np.ones_like(centred), centred, centred**2 - 1.0 / 3.0])
    bread = np.linalg.pinv(shapes.T @ shapes)
    weights = bread @ (shapes.T @ surprises)
    errors = (surprises - shapes @ weights)[:, None] * shapes
    units = int(codes.max()) + 1
    sums = np.column_stack([np.bincount(codes, weights=each) for each in errors.T])  # (n_units, 3)
    covariance = bread @ (sums.T @ sums) @ bread * units / (units - 1)
    return _Fit(weights, covariance, shapes, units)
