"""Metrics of order: whether the scores put positive rows before negative ones."""

from __future__ import annotations

import numpy as np

from seatrial.evaluation.predictions import Floats, Mask, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.stats import Linear

METRICS = ("roc_auc", "average_precision")


def linearise(question: Question, predictions: Predictions) -> Linear:
    """Measure a metric of order, with the influence of each row.

    Of more than two classes, the area is the mean over the classes that occur, each against the
    rest.

    Raises:
        UndefinedError: there are no probabilities, or positive or negative rows are missing.
    """
    if not predictions.states_probabilities:
        reason = "needs probabilities"
        raise UndefinedError(reason)
    counts = np.bincount(predictions.truth, minlength=len(predictions.classes))
    present = np.flatnonzero(counts)
    if len(present) < 2:  # noqa: PLR2004 - order needs both kinds
        raise UndefinedError(f"every row is truly {predictions.classes[present[0]]}")
    measured = _average_precision if question.metric == "average_precision" else _roc_area
    codes = [1] if predictions.task == "binary" else present.tolist()
    value, influence = 0.0, np.zeros(len(predictions))
    for code in codes:
        area, shares = measured(predictions.scores[:, code], predictions.truth == code)
        value += area / len(codes)
        influence += shares / len(codes)
    return Linear(value, influence, scarce=int(counts[present].min()))


def _roc_area(scores: Floats, positive: Mask) -> tuple[float, Floats]:
    """Area under the ROC curve, and the influence of each row by its placement.

    Source:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845, doi:10.2307/2531595.
    """
    order, starts, group = _ties(scores)
    hit = positive[order]
    positives = np.add.reduceat(hit, starts, dtype=np.float64)  # (distinct scores,)
    negatives = np.diff(np.append(starts, len(order))) - positives
    n_positive, n_negative = positives.sum(), negatives.sum()
    below = (np.cumsum(negatives) - negatives / 2.0) / n_negative
    above = (n_positive - np.cumsum(positives) + positives / 2.0) / n_positive
    area = float(positives @ below / n_positive)
    by_score = (
        (above - area) / n_negative,  # a negative row
        (below - area) / n_positive,  # a positive row
    )
    influence = np.empty(len(scores))
    influence[order] = np.where(hit, by_score[1][group], by_score[0][group])
    return area, influence


def _average_precision(scores: Floats, positive: Mask) -> tuple[float, Floats]:
    """Mean, over the positive rows, of the precision among rows that score at least as high.

    The influence of a row is the derivative by its weight: it counts for itself, if positive, and
    it changes the precision at each positive row that scores no higher.
    """
    order, starts, group = _ties(scores)
    hit = positive[order]
    positives = np.add.reduceat(hit, starts, dtype=np.float64)  # (distinct scores,)
    rows = np.diff(np.append(starts, len(order))).astype(np.float64)
    reached = np.cumsum(rows[::-1])[::-1]  # rows that score at least this
    precision = np.cumsum(positives[::-1])[::-1] / reached
    total = positives.sum()
    area = float(positives @ precision / total)
    raised = np.cumsum(positives / reached)
    lowered = np.cumsum(positives * precision / reached)
    influence = np.empty(len(scores))
    own = hit * (precision[group] - area + raised[group])
    influence[order] = (own - lowered[group]) / total
    return area, influence


def _ties(scores: Floats) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order by score; where each distinct score starts in it; which one each place holds."""
    order = np.argsort(scores)
    ordered = scores[order]
    fresh = np.empty(len(scores), dtype=bool)
    fresh[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return order, np.flatnonzero(fresh), np.cumsum(fresh) - 1
