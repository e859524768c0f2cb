"""Choose from which probability on a row is called positive."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.core.errors import UserError
from seatrial.evaluation import confusion
from seatrial.evaluation.metrics import linearise, require_task
from seatrial.evaluation.predictions import Codes, Floats, Predictions
from seatrial.evaluation.question import Question, UndefinedError

Bound = tuple[str, Mapping[str, Any], str, float]
"""Metric, arguments, operator, bound: ``("precision", {}, ">=", 0.4)``."""

MOST_CANDIDATES = 512
CURVE_POINTS = 101


def decide(scores: Floats, threshold: float) -> Codes:
    """Call the rows positive whose probability is at least the threshold.

    Args:
        scores: (n_rows, 2) float64, negative and positive.
        threshold: Least probability of a row that is called positive.

    Returns:
        (n_rows,) int64, 1 for positive.

    >>> decide(np.array([[0.6, 0.4], [0.5, 0.5]]), 0.5).tolist()
    [0, 1]
    """
    return (scores[:, 1] >= threshold).astype(np.int64)


def choose_threshold(
    predictions: Predictions,
    *,
    optimise: str,
    higher: bool,
    costs: Mapping[str, float] | None = None,
    bounds: Sequence[Bound] = (),
    confidence: float = 0.70,
) -> tuple[float, Mapping[str, Any]]:
    """Choose the threshold of a binary task.

    With costs it is the one of least expected cost. Without, it is the best of the optimised metric
    among those whose point estimates keep every bound; if none does, the one whose largest
    shortfall, as a share of its bound, is least. Of equals it is the middle one.

    Args:
        predictions: Of a binary task, with probabilities.
        optimise: Metric to optimise.
        higher: Whether more of it is better.
        costs: ``false_negative`` and ``false_positive``.
        bounds: Claims that may depend on the threshold.
        confidence: Probability from which a decision counts as covered.

    Returns:
        The threshold, and a JSON-able record: ``chosen_by`` (``expected_cost``, the optimised
        metric, or ``shortfall``), ``candidates``, and for pictures ``curve``: at most 101
        ``threshold`` with the values there of each metric that was looked at (None: not defined).

    Raises:
        UserError: there are no probabilities or no rows.
        ValueError: the task is not binary, or an operator is unknown.
    """
    _check(predictions)
    thresholds = _candidates(predictions.scores[:, 1])
    sweep = _Sweep(predictions, thresholds, costs, confidence)
    curve = {"recall": sweep("recall"), "precision": sweep("precision")}
    curve["selection_rate"] = sweep("selection_rate")
    if costs is not None:
        curve["expected_cost"] = sweep("expected_cost")
        loss, chosen_by = curve["expected_cost"], "expected_cost"
    else:
        curve[optimise] = sweep(optimise)
        loss, chosen_by = -curve[optimise] if higher else curve[optimise], optimise
        shortfall = _largest_shortfall(sweep, bounds)
        if np.any(shortfall <= 0.0):
            loss = np.where(shortfall <= 0.0, loss, np.inf)
        else:
            loss, chosen_by = shortfall, "shortfall"
    chosen = _middle_of_least(loss)
    record = {
        "chosen_by": chosen_by,
        "candidates": len(thresholds),
        "curve": _thin({"threshold": thresholds, **curve}, chosen),
    }
    return float(thresholds[chosen]), MappingProxyType(record)


class _Sweep:
    """Values of metrics at many thresholds: each is (n_thresholds,) float64, NaN if undefined."""

    def __init__(
        self,
        predictions: Predictions,
        thresholds: Floats,
        costs: Mapping[str, float] | None,
        confidence: float,
    ) -> None:
        self._predictions = predictions
        self._thresholds = thresholds
        self._costs = costs
        self._confidence = confidence
        positive = predictions.truth == 1
        self._scores = np.sort(predictions.scores[:, 1])
        self._tables = np.empty((len(thresholds), 2, 2))
        for code, rows in enumerate((~positive, positive)):
            scores = np.sort(predictions.scores[rows, 1])
            below = np.searchsorted(scores, thresholds, side="left")
            self._tables[:, code, 0] = below
            self._tables[:, code, 1] = len(scores) - below

    def __call__(self, metric: str, arguments: Mapping[str, Any] | None = None) -> Floats:
        question = Question(metric, arguments or {}, self._costs, self._confidence)
        require_task(metric, self._predictions)
        try:
            if metric == "coverage":
                return self._coverage(question)
            if metric in confusion.METRICS:
                return confusion.values(question, self._predictions.classes, self._tables)
            constant = linearise(question, self._predictions).value
        except UndefinedError:
            constant = np.nan
        return np.full(len(self._thresholds), constant)

    def _coverage(self, question: Question) -> Floats:
        needed = float(question.arguments.get("confidence", question.confidence))
        scores, n = self._scores, len(self._scores)
        high = np.searchsorted(scores, np.maximum(self._thresholds, needed), side="left")
        negative = np.sort(self._predictions.scores[:, 0])[::-1]  # in the order of `scores`
        sure = n - np.searchsorted(negative[::-1], needed, side="left")
        below = np.searchsorted(scores, self._thresholds, side="left")
        return (n - high + np.minimum(below, sure)) / n


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
)


def _check(predictions: Predictions) -> None:
    if predictions.task != "binary":
        message = f"a {predictions.task} task has no threshold"
        raise ValueError(message)
    if len(predictions) == 0 or not predictions.states_probabilities:
        message = "a threshold can't be chosen without rows that have probabilities"
        raise UserError(message, hint="a rule decides by itself and needs none")


def _candidates(scores: Floats) -> Floats:
    """Halfway between neighbouring scores, so that rounding a score flips no decision."""
    every = np.unique(scores)
    found = every
    if len(every) > MOST_CANDIDATES:
        steps = np.linspace(0.0, 1.0, MOST_CANDIDATES)
        found = np.unique(np.quantile(scores, steps, method="inverted_cdf"))
    below = np.searchsorted(every, found) - 1
    lower = np.where(below >= 0, every[below], 0.0)
    halfway: Floats = (found + lower) / 2
    return halfway


def _largest_shortfall(sweep: _Sweep, bounds: Sequence[Bound]) -> Floats:
    """How far the worst bound is missed, as a share of it: (n_thresholds,), 0 if all are kept."""
    largest = np.zeros(len(sweep("selection_rate")))
    for metric, arguments, sign, bound in bounds:
        if sign not in _OPERATORS:
            message = f"unknown operator {sign!r}"
            raise ValueError(message)
        value = sweep(metric, arguments)
        missed = np.abs(value - bound) / (abs(bound) or 1.0)
        short = np.maximum(np.nan_to_num(missed, nan=np.inf), _TINY)
        largest = np.maximum(largest, np.where(_OPERATORS[sign](value, bound), 0.0, short))
    return largest


def _middle_of_least(loss: Floats) -> int:
    known = np.where(np.isnan(loss), np.inf, loss)
    least = known.min()
    equal = np.flatnonzero(known <= least + _TINY * max(1.0, abs(least)))
    return int(equal[(len(equal) - 1) // 2])


_TINY = 1e-12
"""Values closer than this, relatively, are the same number added up in another order."""


def _thin(curve: Mapping[str, npt.NDArray[np.float64]], keep: int) -> dict[str, list[float | None]]:
    n = len(curve["threshold"])
    places = np.unique(np.linspace(0, n - 1, min(n, CURVE_POINTS - 1)).round().astype(int))
    places = np.union1d(places, [keep])
    return {
        name: [float(value) if np.isfinite(value) else None for value in values[places]]
        for name, values in curve.items()
    }
