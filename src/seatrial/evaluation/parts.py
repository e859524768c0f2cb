"""The error on test in four parts: what can't be helped, bias, variance, overfitting of the choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation.measurement import measure
from seatrial.evaluation.predictions import Predictions
from seatrial.evaluation.question import Question
from seatrial.records.metrics import GLOSSARY
from seatrial.stats.mover import Span, span, weighted_sum

PartName = Literal["irreducible", "avoidable bias", "variance", "validation overfitting"]


@dataclass(frozen=True, slots=True)
class Parts:
    """An error in parts that sum to it.

    Attributes:
        metric: As a claim writes it; its complement where more of it is better.
        total: The error on test; on dev where the test part was not asked about.
        parts: By name, in the order in which they arise. Where nobody's error is known,
            ``irreducible`` is not measured, and the bias is all of the error on train.
        is_on_test: Whether the total is that of test.
    """

    metric: str
    total: Estimate
    parts: tuple[tuple[PartName, Estimate], ...]
    is_on_test: bool

    @property
    def dominant(self) -> PartName | None:
        """The greatest part that is proved to be there; None if none is."""
        proved = [(each.value or 0.0, name) for name, each in self.parts if (each.low or 0.0) > 0]
        return max(proved)[1] if proved else None


def error_parts(
    question: Question,
    train: Predictions,
    dev: Predictions,
    test: Predictions | None,
    *,
    reference: Estimate | None = None,
) -> Parts:
    """Take the error apart.

    The irreducible part is the error of the best that is known: people, or a published figure.
    Avoidable bias is what the error on train is above it, variance what dev is above train, and
    overfitting of the validation set what test is above dev, on which the candidate and its
    threshold were chosen. The parts sum to the error on test. Rows of the parts are independent of
    each other, so their intervals are put together (:mod:`seatrial.stats.mover`).

    Args:
        question: The metric.
        train: Answers to the rows that it was trained on.
        dev: Answers to the rows that it was chosen on.
        test: Answers to the rows that judge; None if they are not to be looked at.
        reference: The metric of people, or of the best that is known.

    Source:
        Ng (2018), Machine Learning Yearning, chapters 20-24 and 40-43.
    """
    errors = [_error(question, each) for each in (train, dev) if each is not None]
    on_test = _error(question, test) if test is not None else None
    unit = GLOSSARY[question.metric].unit
    if any(not each.measured for each in errors) or (on_test is not None and not on_test.measured):
        reason = next(each for each in (*errors, on_test) if each and not each.measured)
        return Parts(question.metric, reason, (), is_on_test=on_test is not None)
    on_train, on_dev = errors
    known = None if reference is None else _turned(question, reference)
    least = known or not_measured("nobody's error is known on these rows", unit=unit)
    bias = _difference(on_train, known) if known is not None else on_train
    made: list[tuple[PartName, Estimate]] = [
        ("irreducible", least),
        ("avoidable bias", bias),
        ("variance", _difference(on_dev, on_train)),
    ]
    if on_test is not None:
        made.append(("validation overfitting", _difference(on_test, on_dev)))
    return Parts(question.metric, on_test or on_dev, tuple(made), is_on_test=on_test is not None)


def _error(question: Question, answers: Predictions) -> Estimate:
    found = measure(
        question.metric,
        answers,
        arguments=question.arguments,
        costs=question.costs,
        confidence=question.confidence,
    ).estimate
    return _turned(question, found)


def _turned(question: Question, found: Estimate) -> Estimate:
    """The metric as an error: its complement where more of it is better."""
    if not GLOSSARY[question.metric].higher_is_better or not found.measured:
        return found
    value, low, high = span(found)
    return replace(found, value=1.0 - value, low=1.0 - high, high=1.0 - low)


def _difference(more: Estimate, less: Estimate) -> Estimate:
    found: Span = weighted_sum([(1.0, span(more)), (-1.0, span(less))])
    return Estimate(*found, min(more.n, less.n), "mover-95", more.unit)
