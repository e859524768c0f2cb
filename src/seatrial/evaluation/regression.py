"""Metrics of numbers: how far predictions are from the truth."""

from __future__ import annotations

import math

import numpy as np

from seatrial.evaluation.predictions import Predictions
from seatrial.evaluation.probabilities import mean_of
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.stats import AT_MOST_ONE, POSITIVE, REAL, Linear

METRICS = ("mae", "rmse", "r2", "mean_error", "mape", "within")


def linearise(question: Question, predictions: Predictions) -> Linear:
    """Measure a metric of numbers, with the influence of each row.

    Raises:
        UndefinedError: the metric divides by something that is 0 here.
    """
    error = predictions.errors
    match question.metric:
        case "mae":
            return mean_of(np.abs(error), scale=POSITIVE)
        case "mean_error":
            return mean_of(error, scale=REAL)
        case "within":
            distance = float(question.arguments["distance"])
            return mean_of((np.abs(error) <= distance).astype(np.float64), is_share=True)
        case "mape":
            return _mape(predictions)
        case "rmse":
            return _rmse(predictions)
        case _:
            return _r2(predictions)


def _mape(predictions: Predictions) -> Linear:
    if not np.all(predictions.truth):
        reason = "a true value is 0, and no error is a share of that"
        raise UndefinedError(reason)
    error = predictions.errors
    return mean_of(np.abs(error / predictions.truth), scale=POSITIVE)


def _rmse(predictions: Predictions) -> Linear:
    squared = predictions.errors**2
    mean = float(squared.mean())
    value = math.sqrt(mean)
    slope = 2.0 * value * len(squared)
    influence = (squared - mean) / slope if slope > 0.0 else np.zeros(len(squared))
    return Linear(value, influence, scale=POSITIVE)


def _r2(predictions: Predictions) -> Linear:
    """1 minus the squared error over the squared deviation of the truth from its mean.

    The interval is made on the logarithm of 1 - r2, not by Fisher's z: out of sample r2 is no
    squared correlation, and may be less than -1.
    """
    squared = predictions.errors**2
    truth = predictions.truth.astype(np.float64, copy=False)
    deviation = (truth - truth.mean()) ** 2
    total = float(deviation.sum())
    if total <= 0.0:
        reason = "the truth does not vary"
        raise UndefinedError(reason)
    unexplained = float(squared.sum()) / total
    influence = (unexplained * deviation - squared) / total
    return Linear(1.0 - unexplained, influence, scale=AT_MOST_ONE)
