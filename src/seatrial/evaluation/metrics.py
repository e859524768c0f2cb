"""Every metric of predictions by name, and the numbers that let one be judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from seatrial.core.errors import UserError
from seatrial.evaluation import confusion, probabilities, ranking, regression
from seatrial.evaluation.predictions import Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.records.metrics import GLOSSARY
from seatrial.stats import Linear, Summary

_HOMES: Mapping[str, Callable[[Question, Predictions], Linear]] = MappingProxyType(
    {
        metric: home.linearise
        for home in (confusion, ranking, probabilities, regression)
        for metric in home.METRICS
    }
)

MEASURES: frozenset[str] = frozenset(_HOMES)
"""Metrics that are measured here."""


def linearise(question: Question, predictions: Predictions) -> Linear:
    """Measure a metric, with the influence of each row.

    Raises:
        UndefinedError: the rows don't define it.
        UserError: the metric doesn't suit the task, or there is no such class.
        ValueError: the metric is not one of predictions.
    """
    require_task(question.metric, predictions)
    if len(predictions) == 0:
        reason = "no rows"
        raise UndefinedError(reason)
    return _HOMES[question.metric](question, predictions)


def require_task(metric: str, predictions: Predictions) -> None:
    """Refuse a metric that doesn't suit the task.

    Raises:
        UserError: it suits other tasks.
        ValueError: it is not a metric of predictions.
    """
    if metric not in MEASURES:
        message = f"{metric!r} is not a metric of predictions"
        raise ValueError(message)
    tasks = GLOSSARY[metric].tasks
    if predictions.task not in tasks:
        message = f"`{metric}` doesn't suit a {predictions.task} task"
        raise UserError(message, hint=f"it suits {' and '.join(tasks)}")


def sufficient(predictions: Predictions, summary: Summary | None) -> dict[str, Any]:
    """Counts and sums from which the metric, or one like it, can be had without the rows.

    Returns:
        JSON-able: ``rows``; ``confusion`` (n_classes true by n_classes decided) or ``sums``; and if
        the metric is defined its ``value`` and ``variance`` (None if unknown) with ``units``, the
        number of units that hold the ``relevant`` rows.
    """
    found: dict[str, Any] = {"rows": len(predictions)}
    if predictions.task == "regression":
        found["sums"] = _sums(predictions)
    else:
        found["classes"] = list(predictions.classes)
        found["confusion"] = confusion.confusion(predictions).astype(int).tolist()
    if summary is not None:
        variance = summary.variance if np.isfinite(summary.variance) else None
        found |= {"value": summary.value, "variance": variance}
        found |= {"relevant": summary.n, "units": summary.clusters}
    return found


def _sums(predictions: Predictions) -> dict[str, float]:
    error = predictions.errors
    return {
        "error": float(error.sum()),
        "absolute_error": float(np.abs(error).sum()),
        "squared_error": float(error @ error),
        "truth": float(predictions.truth.sum()),
        "squared_truth": float(predictions.truth @ predictions.truth),
    }
