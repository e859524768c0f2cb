"""How far what is stated can be relied on: probabilities and numbers by bin, and risk over coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate
from seatrial.evaluation.measurement import measure
from seatrial.evaluation.predictions import Floats, Predictions

BINS = 10
SHARES = tuple(each / 10 for each in range(10, 0, -1))
"""Shares of the rows, the surest first, that the risk is looked at for."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of (nearly) the same stated probability.

    Attributes:
        stated: Mean of what was stated, in [0, 1].
        observed: How often it happened.
    """

    stated: float
    observed: Estimate


@dataclass(frozen=True, slots=True)
class Answered:
    """What comes of answering only from a confidence on.

    Attributes:
        confidence: Least probability of the decided class.
        coverage: Share of the rows that have it.
        risk: Share of these whose decision is wrong.
    """

    confidence: float
    coverage: Estimate
    risk: Estimate


def reliability(predictions: Predictions, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Stated and observed probability, in bins of (nearly) equal numbers of rows; lowest first.

    The probability is the positive class's; of more than two classes, the decided class's, and what
    happened is whether the decision was right. Equal probabilities share a bin, as in
    ``calibration_error``.

    Returns:
        At most ``bins``; () without probabilities or rows.
    """
    if not predictions.states_probabilities or not len(predictions):
        return ()
    is_binary = predictions.task == "binary"
    stated = predictions.scores[:, 1] if is_binary else confidence(predictions)
    metric = "prevalence" if is_binary else "accuracy"
    return tuple(
        Bin(float(stated[rows].mean()), measure(metric, predictions.take(rows)).estimate)
        for rows in _alike(stated, bins)
    )


@dataclass(frozen=True, slots=True)
class Level:
    """Rows of which (nearly) the same number was said.

    Attributes:
        said: Mean of what was said.
        true: Mean of what was true.
        off: Mean distance of the two.
    """

    said: float
    true: Estimate
    off: Estimate


def levels(predictions: Predictions, *, bins: int = BINS) -> tuple[Level, ...]:
    """Said and true numbers, in bins of (nearly) equal numbers of rows; lowest first.

    Args:
        predictions: Answers that are numbers, and the truth.
        bins: How many at most; equal answers share one.

    Returns:
        () for classes, and without rows.
    """
    if predictions.task != "regression" or not len(predictions):
        return ()
    return tuple(
        _level(predictions.take(rows))
        for rows in _alike(predictions.decided.astype(np.float64), bins)
    )


def _level(rows: Predictions) -> Level:
    said, more = float(rows.decided.mean()), measure("mean_error", rows).estimate
    value, low, high = (
        None if each is None else said - each for each in (more.value, more.high, more.low)
    )
    true = replace(more, value=value, low=low, high=high)
    return Level(said, true, measure("mae", rows).estimate)


def _alike(stated: Floats, bins: int) -> list[npt.NDArray[np.intp]]:
    """Rows of each bin, the lowest first; equal values share one."""
    edges = np.quantile(stated, np.arange(1, bins) / bins)
    places = np.searchsorted(edges, stated, side="left")
    return [np.flatnonzero(places == place) for place in np.unique(places)]


def risk_coverage(
    predictions: Predictions, *, shares: Sequence[float] = SHARES
) -> tuple[Answered, ...]:
    """Share of wrong decisions among the rows that are sure enough, from all rows to the surest.

    Args:
        predictions: Answers with probabilities, and the truth.
        shares: Shares of the rows to look at; equal probabilities go together, so that two of them
            may be one.

    Returns:
        One for each confidence; () without probabilities or rows.

    Source:
        El-Yaniv and Wiener (2010), On the Foundations of Noise-free Selective Classification,
        JMLR 11, 1605-1641.
    """
    if not predictions.states_probabilities or not len(predictions):
        return ()
    sure = confidence(predictions)
    cuts = np.quantile(sure, [1 - share for share in shares], method="lower")
    return tuple(_answered(predictions, sure, float(cut)) for cut in dict.fromkeys(cuts))


def confidence(predictions: Predictions) -> Floats:
    """Probability of the decided class: (n_rows,)."""
    given: Floats = predictions.scores[np.arange(len(predictions)), predictions.decided]
    return given


def _answered(predictions: Predictions, sure: Floats, cut: float) -> Answered:
    right = measure("accuracy", predictions.take(sure >= cut)).estimate
    covered = measure("coverage", predictions, arguments={"confidence": cut}).estimate
    return Answered(cut, covered, _complement(right))


def _complement(share: Estimate) -> Estimate:
    """The share of the others.

    >>> _complement(Estimate(0.9, 0.8, 0.95, 10, "wilson-95"))
    0.1 [0.05, 0.2] (n=10, wilson-95)
    """
    if share.value is None or share.low is None or share.high is None:
        return share
    return replace(share, value=1 - share.value, low=1 - share.high, high=1 - share.low)
