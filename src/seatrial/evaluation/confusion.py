"""Metrics of decisions: functions of how often each class was decided for each true one.

All but one are means of ratios ``sum(top * table) / sum(bottom * table)``; correlation is the one.
None changes when every count is doubled, so the derivative by a cell of the table is the influence
of each of its rows, and these sum to 0 (Euler).
"""

from __future__ import annotations

import numpy as np

from seatrial.core.errors import UserError
from seatrial.evaluation.predictions import Floats, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.stats import CORRELATION, POSITIVE, Linear, Scale

Weights = tuple[Floats, Floats]

PER_CLASS = (
    "recall",
    "precision",
    "specificity",
    "f1",
    "false_positive_rate",
    "false_negative_rate",
    "selection_rate",
    "prevalence",
)
"""Metrics that ask about one class against the rest."""

METRICS = (*PER_CLASS, "accuracy", "balanced_accuracy", "matthews_corrcoef", "expected_cost")

DECISIONS_COSTED = 1000
"""Decisions that an expected cost is stated for."""


def confusion(predictions: Predictions) -> Floats:
    """Count the rows of each pair of classes: (n_classes true, n_classes decided) float64."""
    size = len(predictions.classes)
    cells = predictions.truth * size + predictions.decided
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.float64)


def linearise(question: Question, predictions: Predictions) -> Linear:
    """Measure a metric of decisions, with the influence of each row.

    Raises:
        UndefinedError: no row is relevant.
        UserError: there is no such class, or one must be named.
    """
    table = confusion(predictions)
    cells = predictions.truth * len(table) + predictions.decided  # (n_rows,)
    if question.metric == "matthews_corrcoef":
        value, gradient = _correlation(table)
        return Linear(value, gradient.ravel()[cells], scale=CORRELATION)
    ratios = _ratios(question, predictions.classes, table)
    value, gradient = _mean_of_ratios(table, ratios)
    influence = gradient.ravel()[cells]
    counts = [int(table[bottom > 0].sum()) for _, bottom in ratios]
    is_single = len(ratios) == 1
    bottom = ratios[0][1]
    relevant = None if not is_single or bottom.all() else (bottom.ravel() > 0)[cells]
    return Linear(
        value,
        influence,
        relevant,
        scale=_scale(question),
        is_share=is_single and question.metric not in {"f1", "expected_cost"},
        scarce=max(min(counts), 1),  # a class that is never called has no row to count
    )


def values(question: Question, classes: tuple[str, ...], tables: Floats) -> Floats:
    """Values of a metric of decisions for many tables at once; NaN where it isn't defined.

    Args:
        question: The metric.
        classes: (negative, positive); many tables are looked at for a threshold only.
        tables: (n_tables, 2, 2) float64.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if question.metric == "matthews_corrcoef":
            return _correlations(tables)
        if question.metric == "balanced_accuracy":
            pairs = [_one_against_rest("recall", code, 2) for code in (0, 1)]
        else:
            pairs = [weights(question, classes, len(classes))]
        ratios = [
            (tables * top).sum(axis=(1, 2)) / (tables * bottom).sum(axis=(1, 2))
            for top, bottom in pairs
        ]
    means: Floats = np.mean(ratios, axis=0)
    return means


def _ratios(question: Question, classes: tuple[str, ...], table: Floats) -> list[Weights]:
    metric, size = question.metric, len(classes)
    if metric in {"accuracy", "expected_cost"}:
        return [weights(question, classes, size)]
    code = question.class_code(classes)
    if metric != "balanced_accuracy" and code is not None:
        pair = _one_against_rest(metric, code, size)
        if not table[pair[1] > 0].any():
            raise UndefinedError(_reason(metric, classes[code]))
        return [pair]
    if metric in {"selection_rate", "prevalence"}:
        raise _unnamed(metric, classes)
    return _per_class_ratios("recall" if metric == "balanced_accuracy" else metric, classes, table)


def _unnamed(metric: str, classes: tuple[str, ...]) -> UserError:
    message = f"`{metric}` of {len(classes)} classes needs to say of which"
    return UserError(message, hint=f"write `{metric}(class={classes[0]})`")


def _per_class_ratios(metric: str, classes: tuple[str, ...], table: Floats) -> list[Weights]:
    """One ratio for each class that occurs in the truth."""
    present = np.flatnonzero(table.sum(axis=1))
    if len(present) < 2:  # noqa: PLR2004 - a mean over classes needs two
        only = f"every row is truly {classes[present[0]]}" if len(present) else "no rows"
        raise UndefinedError(only)
    return [_one_against_rest(metric, int(code), len(classes)) for code in present]


def weights(question: Question, classes: tuple[str, ...], size: int) -> Weights:
    """What each cell of the table adds to a ratio's numerator and denominator.

    Raises:
        UserError: a metric of several classes names none.
    """
    if question.metric == "accuracy":
        return np.eye(size), np.ones((size, size))
    if question.metric == "expected_cost":
        return _costs(question, classes) * DECISIONS_COSTED, np.ones((size, size))
    code = question.class_code(classes)
    if code is None:
        raise _unnamed(question.metric, classes)
    return _one_against_rest(question.metric, code, size)


def _one_against_rest(metric: str, code: int, size: int) -> Weights:
    true, called = np.zeros((size, size)), np.zeros((size, size))
    true[code, :] = 1.0
    called[:, code] = 1.0
    everything = np.ones((size, size))
    return {
        "recall": (true * called, true),
        "precision": (true * called, called),
        "specificity": ((1 - true) * (1 - called), 1 - true),
        "false_positive_rate": ((1 - true) * called, 1 - true),
        "false_negative_rate": (true * (1 - called), true),
        "f1": (2 * true * called, true + called),
        "selection_rate": (called, everything),
        "prevalence": (true, everything),
    }[metric]


def _costs(question: Question, classes: tuple[str, ...]) -> Floats:
    if question.costs is None:
        reason = "the plan states no costs of errors"
        raise UndefinedError(reason)
    if len(classes) != 2:  # noqa: PLR2004 - the two kinds of error of a binary task
        reason = "the costs of false negatives and false positives need a task of two classes"
        raise UndefinedError(reason)
    costs = question.costs
    return np.array([[0.0, costs["false_positive"]], [costs["false_negative"], 0.0]])


def _scale(question: Question) -> Scale:
    if question.metric != "expected_cost" or question.costs is None:
        return Scale(0.0, 1.0)
    worst = max(question.costs["false_negative"], question.costs["false_positive"])
    return Scale(0.0, worst * DECISIONS_COSTED) if worst > 0 else POSITIVE


def _reason(metric: str, name: str) -> str:
    if metric == "precision":
        return f"nothing was called {name}"
    if metric == "f1":
        return f"no row is {name} or was called so"
    if metric in {"specificity", "false_positive_rate"}:
        return f"every row is truly {name}"
    return f"no row is truly {name}"


def _mean_of_ratios(table: Floats, ratios: list[Weights]) -> tuple[float, Floats]:
    """The mean, and its derivative by each cell: (n_classes, n_classes).

    A ratio without a denominator (the precision of a class that occurs and is never called) is 0.
    """
    value, gradient = 0.0, np.zeros_like(table)
    for top, bottom in ratios:
        below = float((bottom * table).sum())
        if below > 0.0:
            ratio = float((top * table).sum()) / below
            value += ratio / len(ratios)
            gradient += (top - ratio * bottom) / (below * len(ratios))
    return value, gradient


def _correlations(tables: Floats) -> Floats:
    total = tables.sum(axis=(1, 2))
    true, called = tables.sum(axis=2), tables.sum(axis=1)  # (n_tables, n_classes) each
    right = np.trace(tables, axis1=1, axis2=2)
    spreads = (total**2 - (called**2).sum(axis=1)) * (total**2 - (true**2).sum(axis=1))
    result: Floats = (right * total - (true * called).sum(axis=1)) / np.sqrt(spreads)
    return result


def _correlation(table: Floats) -> tuple[float, Floats]:
    """Correlation of decision and truth, and its derivative by each cell.

    Source:
        Gorodkin (2004), Comput. Biol. Chem. 28(5-6), 367-374,
        doi:10.1016/j.compbiolchem.2004.09.006.
    """
    total, right = table.sum(), np.trace(table)
    true, called = table.sum(axis=1), table.sum(axis=0)
    spread_called = total**2 - called @ called
    spread_true = total**2 - true @ true
    if spread_called <= 0 or spread_true <= 0:
        reason = "all rows are of one class" if spread_true <= 0 else "all decisions are the same"
        raise UndefinedError(reason)
    scale = np.sqrt(spread_called * spread_true)
    value = (right * total - true @ called) / scale
    change = total * np.eye(len(table)) + right - called[:, None] - true[None, :]
    shrink = (total - called)[None, :] / spread_called + (total - true)[:, None] / spread_true
    return float(value), change / scale - value * shrink
