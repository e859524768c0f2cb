"""Metrics of stated probabilities: how far they are from what happened, and how often they are high."""

from __future__ import annotations

import math

import numpy as np

from seatrial.evaluation.predictions import Codes, Floats, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.stats import POSITIVE, Linear, Scale

METRICS = ("log_loss", "brier", "calibration_error", "coverage", "top_k_accuracy")

CALIBRATION_BINS = 15


def linearise(question: Question, predictions: Predictions) -> Linear:
    """Measure a metric of probabilities, with the influence of each row.

    Raises:
        UndefinedError: there are no rows or no probabilities.
    """
    if not predictions.states_probabilities:
        reason = "needs probabilities"
        raise UndefinedError(reason)
    if question.metric == "calibration_error":
        return _calibration_error(predictions)
    if question.metric == "coverage":
        threshold = float(question.arguments.get("confidence", question.confidence))
        given = _of_class(predictions, predictions.decided)
        return mean_of((given >= threshold).astype(np.float64), is_share=True)
    if question.metric == "top_k_accuracy":
        return _top_k(predictions, int(question.arguments["k"]))
    if question.metric == "log_loss":
        given = _of_class(predictions, predictions.truth)
        return mean_of(-np.log(np.clip(given, _LEAST, 1.0 - _LEAST)), scale=POSITIVE)
    return _brier(predictions)


def _top_k(predictions: Predictions, k: int) -> Linear:
    """Rows whose true class has fewer than k classes ahead of it; of equals the first named is ahead."""
    order = np.argsort(-predictions.scores, axis=1, kind="stable")[:, :k]
    hits = (order == predictions.truth[:, None]).any(axis=1)
    return mean_of(hits.astype(np.float64), is_share=True)


def mean_of(rows: Floats, *, scale: Scale = Scale(0.0, 1.0), is_share: bool = False) -> Linear:  # noqa: B008 - frozen
    """The mean of one number a row."""
    value = float(rows.mean())
    return Linear(value, (rows - value) / len(rows), scale=scale, is_share=is_share)


def _of_class(predictions: Predictions, codes: np.ndarray) -> Floats:
    given: Floats = predictions.scores[np.arange(len(codes)), codes]
    return given


def _brier(predictions: Predictions) -> Linear:
    """Mean squared error of the positive class's probability, in [0, 1].

    Of more than two classes it is summed over the classes, in [0, 2], as scikit-learn does.
    """
    if predictions.task == "binary":
        return mean_of((predictions.scores[:, 1] - predictions.truth) ** 2)
    given = _of_class(predictions, predictions.truth)
    squares = np.einsum("ij,ij->i", predictions.scores, predictions.scores)
    return mean_of(squares - 2.0 * given + 1.0, scale=Scale(0.0, 2.0))


def _calibration_error(predictions: Predictions) -> Linear:
    """Mean gap over bins of (nearly) equal numbers of rows; equal probabilities share a bin.

    The probability is the positive class's; of more than two classes, the decided class's, and
    what happened is whether the decision was right. Chance opens gaps even where the probabilities
    are perfect, so the lower end of the interval is moved down by the gap to be expected then.

    Source:
        Kumar, Liang and Ma (2019), Verified Uncertainty Calibration, NeurIPS 32,
        doi:10.48550/arXiv.1909.10155 (equal-mass bins; the bias of the plug-in).
    """
    if predictions.task == "binary":
        stated, happened = predictions.scores[:, 1], predictions.truth == 1
    else:
        stated = _of_class(predictions, predictions.decided)
        happened = predictions.truth == predictions.decided
    n = len(stated)
    edges = np.quantile(stated, np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS)
    bins = np.searchsorted(edges, stated, side="left")
    excess = stated - happened
    sums = np.bincount(bins, weights=excess, minlength=CALIBRATION_BINS)
    value = float(np.abs(sums).sum() / n)
    influence = (np.sign(sums)[bins] * excess - value) / n
    bias = _gap_by_chance(excess, bins, predictions.units)
    return Linear(value, influence, bias=bias)


def _gap_by_chance(excess: Floats, bins: Codes, units: Codes) -> float:
    """Expected mean gap of perfect probabilities: a normal deviate is sqrt(2 / pi) in the mean."""
    _, codes = np.unique(units, return_inverse=True)
    keys, cells = np.unique(codes * CALIBRATION_BINS + bins, return_inverse=True)
    sums = np.bincount(cells, weights=excess)  # by unit and bin
    squares = np.bincount(keys % CALIBRATION_BINS, weights=sums**2)
    return float(np.sqrt(squares).sum() * math.sqrt(2.0 / math.pi) / len(excess))


_LEAST = float(np.finfo(np.float64).eps)
"""Probabilities are moved this far from 0 and 1, as scikit-learn does, or one row would decide."""
