"""A share as a sum of rows over a count of rows, so that it can be watched as rows come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seatrial.evaluation.metrics import linearise
from seatrial.evaluation.predictions import Codes, Floats, Predictions
from seatrial.evaluation.question import Question, UndefinedError

_SHARES = frozenset(
    {
        "accuracy",
        "recall",
        "specificity",
        "false_positive_rate",
        "false_negative_rate",
        "selection_rate",
        "coverage",
        "within",
    }
)
"""Shares of rows that don't depend on what was decided: two candidates' have one denominator."""
_ALONE = _SHARES | {"precision", "prevalence"}
_COST = "expected_cost"


@dataclass(frozen=True, slots=True)
class Terms:
    """What each cluster of rows adds to a share.

    Attributes:
        units: (n_units,) int64, sorted.
        sums: (n_units,) float64, sum of the values of the relevant rows.
        sizes: (n_units,) int64, relevant rows.
        low: Least value that a row can have.
        high: Greatest value that a row can have.
    """

    units: Codes
    sums: Floats
    sizes: Codes
    low: float
    high: float


def terms(
    question: Question, predictions: Predictions, versus: Predictions | None = None
) -> Terms | None:
    """Take a metric apart into what each unit adds.

    Args:
        question: The metric.
        predictions: What a candidate answered, and what was true.
        versus: Another candidate's answers to the same rows; the terms are then paired differences.

    Returns:
        None if the metric is no mean over rows of a stated range.

    >>> codes = np.array([1, 1, 0, 1])
    >>> rule = Predictions(
    ...     "binary", ("no", "yes"), np.eye(2)[codes], codes, np.ones(4, int), np.array([0, 0, 0, 1])
    ... )
    >>> found = terms(Question("recall"), rule)
    >>> found.sums.tolist(), found.sizes.tolist()
    ([2.0, 1.0], [3, 1])
    """
    if question.metric not in (_ALONE if versus is None else _SHARES) | {_COST}:
        return None
    values, relevant = _rows(question, predictions)
    reach = (
        1.0 if question.metric != _COST else 1000.0 * max((question.costs or {"": 0.0}).values())
    )
    low = 0.0
    if versus is not None:
        values, low = values - _rows(question, versus)[0], -reach
    units, places = np.unique(predictions.units[relevant], return_inverse=True)
    sums = np.bincount(places, weights=values[relevant], minlength=len(units))
    sizes = np.bincount(places, minlength=len(units)).astype(np.int64)
    edges = (low * sizes, reach * sizes)
    return Terms(units, np.clip(sums, *edges), sizes, low, reach)  # rounding may step over them


def _rows(question: Question, predictions: Predictions) -> tuple[Floats, np.ndarray]:
    """The value of each row, and whether it is relevant: ``value = n influence + mean``."""
    try:
        linear = linearise(question, predictions)
    except UndefinedError:
        nothing = np.zeros(len(predictions))
        return nothing, nothing.astype(bool)
    relevant = np.ones(len(predictions), dtype=bool) if linear.relevant is None else linear.relevant
    return int(relevant.sum()) * linear.influence + linear.value * relevant, relevant
