"""What the doctor looks for: each check answers yes or no, or says why it can't be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.estimate import brief
from seatrial.probes.probe import Inputs
from seatrial.probes.symptom_inputs import (
    LEVEL,
    MOST_ROWS,
    MOST_WORK,
    SANITY_ROWS,
    SHARE_OF_ERROR,
    Found,
    loss_metric,
    matrices,
    some_rows,
    spoken,
    too_few,
    turned,
    why_untrained,
)
from seatrial.reports import numbers
from seatrial.reports.slices import p_value

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

NOTABLE_FLIPS = 0.03
NOTABLE_GAP = 0.03
"""Calibration error that is of account."""


def labels_are_consistent(inputs: Inputs) -> Found:
    """No class has labels that contradict what is sure."""
    from seatrial.evaluation.label_noise import flipped_labels

    if reason := why_untrained(inputs):
        return Found(None, reason)
    dev: Predictions = inputs["predictions/dev"]
    if dev.task == "regression":
        return Found(None, "the target is a number, and no class can be flipped")
    linear = _linear_on_dev(inputs, dev)
    if dev.states_probabilities and _is_worse(linear, dev):
        return Found(None, "no linear score describes these classes, so flips can't be told")
    found = [each for each in flipped_labels(linear) if each.share.measured]
    if not found:
        return Found(None, "too few rows of each class on dev")
    worst = max(found, key=lambda each: each.share.low or 0.0)
    accused = [
        each
        for each in found
        if each.p < LEVEL / len(found) and (each.share.low or 0.0) > NOTABLE_FLIPS
    ]
    if not accused:
        reason = f"flips explain at most {worst.share.high:.1%} of any class"
        return Found(True, reason, worst.share)
    named = max(accused, key=lambda each: each.share.value or 0.0)
    reason = (
        f"of the rows that are {named.name} by their features, {numbers.whole(named.share)} are labelled "
        f"otherwise however sure the score is (p {p_value(named.p)})"
    )
    repair = (
        f"Label the surest contradictions of {named.name} again, and settle what the class means"
    )
    return Found(False, reason, named.share, repair)


def _linear_on_dev(inputs: Inputs, dev: Predictions) -> Predictions:
    """A linear model's answers to dev."""
    from dataclasses import replace

    from seatrial.models import estimators

    contract, (train, rows) = matrices(inputs, "train", "dev")
    kept = some_rows(len(train))[: MOST_ROWS if train.shape[1] <= MOST_WORK else SANITY_ROWS]
    fitted = estimators.linear(contract, seed=0).fit(train[kept], inputs["truth/train"][kept])
    scores = np.zeros((len(rows), len(contract.classes)))
    scores[:, np.asarray(fitted.classes_, dtype=int)] = fitted.predict_proba(rows)
    return replace(dev, scores=scores, decided=scores.argmax(axis=1).astype(np.int64))


def _is_worse(linear: Predictions, dev: Predictions) -> bool:
    from seatrial.evaluation import measure

    more = measure("log_loss", linear, versus=dev).estimate
    return more.low is not None and more.low > SHARE_OF_ERROR


def parts_are_alike(inputs: Inputs) -> Found:
    """Train and test can't be told apart by the features."""
    from seatrial.models.shift import NOTABLE, shift

    contract, (train, test) = matrices(inputs, "train", "test")
    if inputs.plan("data.split")["by"] == "time":
        if train.dtype == object:
            return Found(None, "texts of different times are not compared")
        train, test = _without_calendar(train, test)
    found = shift(contract, train, test, (inputs["units/train"], inputs["units/test"]))
    if not found.auc.measured:
        return Found(None, found.auc.method)
    told = f"a classifier tells them apart with an area under the ROC curve of {numbers.whole(found.auc)}"
    if not found.is_notable:
        return Found(True, f"{told}, {NOTABLE:g} being of no account", found.auc)
    named = ", ".join(name for name, _ in found.features[:5]) or "no single feature"
    repair = "Find out why they differ; train on rows like those to come, or weight them so"
    return Found(False, f"{told}, by {named}", found.auc, repair)


CALENDAR_LEVELS = 31
"""Values up to which a number may be a part of a date."""


def _without_calendar(train: Any, test: Any) -> tuple[Any, Any]:
    """The parts without columns that tell the time of a split by time: few values, and other ones later."""
    train, test = train.copy(), test.copy()
    for place in range(train.shape[1]):
        levels = np.unique(np.concatenate([train[:, place], test[:, place]]))
        shares = [
            np.array([(side[:, place] == level).mean() for level in levels])
            for side in (train, test)
        ]
        if (
            len(levels) <= CALENDAR_LEVELS
            and np.abs(shares[0] - shares[1]).sum() / 2 > CALENDAR_SHIFT
        ):
            train[:, place] = test[:, place] = 0.0
    return train, test


CALENDAR_SHIFT = 0.5
"""Share of the rows that another value would be needed for, from which a column is a part of the date."""


def every_class_is_predicted(inputs: Inputs) -> Found:
    """Each class that occurs is decided for some row."""
    from seatrial.evaluation.measurement import FEWEST_RELEVANT

    dev: Predictions = inputs["predictions/dev"]
    if dev.task == "regression":
        return Found(None, "the target is a number")
    size = len(dev.classes)
    true = np.bincount(dev.truth, minlength=size)
    decided = np.bincount(np.asarray(dev.decided, dtype=np.int64), minlength=size)
    never = [
        (int(true[code]), dev.classes[code])
        for code in range(size)
        if decided[code] == 0 and true[code] >= FEWEST_RELEVANT
    ]
    if not never:
        few = int((true < FEWEST_RELEVANT).sum())
        more = f"; {few} have too few rows to tell" if few else ""
        return Found(True, f"each of {size - few} classes is decided for some row{more}")
    rows, name = max(never)
    reason = f"{name} is never decided, and {rows:,} of {len(dev):,} rows of dev are {name}"
    repair = f"Weight {name} more in training, choose its threshold, or collect rows of it"
    return Found(False, reason, repair=repair)


def better_than_constant(inputs: Inputs) -> Found:
    """It is proved better than the answer that is always the same."""
    from seatrial.evaluation import measure

    dev: Predictions = inputs["predictions/dev"]
    if reason := too_few(dev):
        return Found(None, reason)
    metric = loss_metric(dev)
    saved = measure(metric, _constant(dev, inputs["truth/train"]), versus=dev).estimate
    if metric == "balanced_accuracy":
        saved = turned(saved) if saved.measured else saved
    if not saved.measured:
        return Found(None, saved.method)
    figure = (
        f"its {spoken(metric)} is better than that of the constant answer by {numbers.whole(saved)}"
    )
    if (saved.low or 0.0) > 0:
        return Found(True, figure, saved)
    repair = "Look for features that tell the target; nothing that is shown does yet"
    return Found(False, f"not proved: {figure}", saved, repair)


def _constant(dev: Predictions, truth: Any) -> Predictions:
    """The best answer without features, as learned from train."""
    from dataclasses import replace

    if dev.task == "regression":
        answer = np.full(len(dev), float(np.median(truth)))
        return replace(dev, scores=answer, decided=answer)
    shares = np.bincount(truth, minlength=len(dev.classes)) / len(truth)
    scores = np.broadcast_to(shares, (len(dev), len(shares))).copy()
    return replace(dev, scores=scores, decided=np.full(len(dev), int(shares.argmax())))


def calibrated(inputs: Inputs) -> Found:
    """Its probabilities are those with which things happen."""
    from seatrial.evaluation import measure

    dev: Predictions = inputs["predictions/dev"]
    if reason := too_few(dev):
        return Found(None, reason)
    if not dev.states_probabilities:
        return Found(None, "it states no probabilities")
    found = measure("calibration_error", dev, level=1.0 - LEVEL).estimate
    if not found.measured:
        return Found(None, found.method)
    figure = f"stated and observed probability differ by {numbers.whole(found)} in the mean"
    if (found.low or 0.0) <= NOTABLE_GAP:
        return Found(True, figure, found)
    stated = float(dev.scores.max(axis=1).mean())
    right = float((dev.scores.argmax(axis=1) == dev.truth).mean())
    how = f"it is {stated:.1%} sure in the mean, and right in {right:.1%}"
    repair = "Calibrate it on dev: sklearn.calibration.CalibratedClassifierCV in a builder"
    return Found(False, f"{figure}: {how}", found, repair)


def no_unexpected_slice(inputs: Inputs) -> Found:
    """No slice is worse than the candidate itself expects."""
    from seatrial.evaluation.facets import facets
    from seatrial.evaluation.slice_cells import Losses
    from seatrial.evaluation.slices import LEAST_ROWS, search

    dev: Predictions = inputs["predictions/dev"]
    if dev.task != "regression" and not dev.states_probabilities:
        return Found(None, "it states no probabilities, so what it expects isn't known")
    made = facets(inputs["frame/dev"], least=LEAST_ROWS)
    searched = [
        search(
            made,
            Losses(excess, np.ones(len(dev), bool), dev.units, is_share=False, expected=expected),
            most=1,
        )
        for excess, expected in _excesses(dev)
    ]
    looked_at = sum(each.looked_at for each in searched)
    if not looked_at:
        return Found(None, f"no slice has {LEAST_ROWS} rows")
    found = [each for one in searched for each in one.slices]
    worst = min(found, key=lambda each: each.p_adjusted, default=None)
    if worst is None or worst.p_adjusted * len(searched) > LEVEL:
        nearest = f"; the nearest has p {p_value(worst.p_adjusted)}" if worst else ""
        return Found(True, f"none of {looked_at:,} slices is beyond chance{nearest}")
    reason = (
        f"where {worst.where} ({len(worst.rows):,} rows) {_told(dev, worst.rows)} "
        f"(p {p_value(worst.p_adjusted)}, corrected for {looked_at:,} slices)"
    )
    repair = (
        f"Look at the rows where {worst.where}: their labels, and what no feature tells of them"
    )
    return Found(False, reason, repair=repair)


def _excesses(dev: Predictions) -> list[tuple[Any, Any]]:
    """By how much each row is worse than expected, (n_rows,), and what is expected.

    Of numbers, how much they are too high, and too low; nothing is expected of their errors.
    """
    if dev.task == "regression":
        return [(dev.errors, None), (-dev.errors, None)]
    best = dev.scores.argmax(axis=1)
    wrong = (best != dev.truth).astype(np.float64)
    expected = 1.0 - dev.scores[np.arange(len(dev)), best]
    return [(wrong - expected, expected)]


def _told(dev: Predictions, rows: Any) -> str:
    if dev.task == "regression":
        return f"its mean error is {brief(float(dev.errors[rows].mean()))}, over all rows {brief(float(dev.errors.mean()))}"
    wrong = float((dev.scores[rows].argmax(axis=1) != dev.truth[rows]).mean())
    expected = float(1.0 - dev.scores[rows].max(axis=1).mean())
    return f"{wrong:.1%} are wrong, and it expects {expected:.1%}"
