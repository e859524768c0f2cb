"""Measure one metric of predictions: over all rows, by group, against another candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from seatrial.core.errors import UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation.confusion import PER_CLASS
from seatrial.evaluation.metrics import linearise, require_task, sufficient
from seatrial.evaluation.predictions import Codes, Group, Mask, Predictions
from seatrial.evaluation.question import Question, UndefinedError
from seatrial.records.evidence import GroupEstimate
from seatrial.records.metrics import GLOSSARY
from seatrial.stats import (
    Linear,
    Summary,
    correlation,
    difference,
    gap,
    interval,
    ratio,
    summarise,
    worst,
)

Spread = Literal["gap", "ratio", "worst"]

FEWEST_RELEVANT = 30
"""A group with fewer relevant rows is listed as too few to tell, and used for no spread."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured, with the numbers that let it be judged again.

    Attributes:
        estimate: The metric, or its spread over groups, or its difference from another candidate.
        groups: Each group, settled or not; () if none were asked for.
        statistics: JSON-able sufficient statistics: see :func:`metrics.sufficient`; those of the
            groups under ``groups``, by label; those of the other candidate under ``versus``.
    """

    estimate: Estimate
    groups: tuple[GroupEstimate, ...]
    statistics: Mapping[str, Any]


def measure(
    metric: str,
    predictions: Predictions,
    *,
    arguments: Mapping[str, Any] | None = None,
    rows: Mask | None = None,
    by: Group | Literal["class"] | None = None,
    spread: Spread | None = None,
    versus: Predictions | None = None,
    costs: Mapping[str, float] | None = None,
    confidence: float = 0.70,
    level: float = 0.95,
) -> Measurement:
    """Measure one metric of predictions.

    Args:
        metric: A name in the glossary whose subject is predictions.
        predictions: What a candidate answered, and what was true.
        arguments: Arguments of the metric by name: ``class``, ``confidence``, ``distance``.
        rows: (n_rows,) bool, the rows to look at; None for all.
        by: Groups of rows to list; ``"class"`` for each class against the rest.
        spread: Make the estimate that of the groups: the greatest value minus the least, the least
            over the greatest, or that of the worst group. Settled groups only.
        versus: Another candidate's answers to the same rows in the same order; the estimate is
            then the difference, the first minus the other, with a paired interval.
        costs: ``false_negative`` and ``false_positive``, for ``expected_cost``.
        confidence: Probability from which a decision counts as covered.
        level: Two-sided coverage of the intervals, in (0, 1).

    Returns:
        The measurement; its estimate is not measured, with a reason, if the rows don't define it.

    Raises:
        UserError: the metric doesn't suit the task, there is no such class, or the clauses don't
            go together.
        ValueError: an unknown metric, or arrays that don't fit one another.

    >>> codes = np.array([1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
    >>> sure = np.eye(2)[codes]
    >>> rule = Predictions("binary", ("no", "yes"), sure, codes, np.ones(10, int), np.arange(10))
    >>> measure("recall", rule).estimate
    0.6 [0.313, 0.832] (n=10, wilson-95)
    """
    question = Question(metric, arguments or {}, costs, confidence)
    _check(question, predictions, by, spread, versus)
    if rows is not None:
        predictions = predictions.take(rows)
        versus = None if versus is None else versus.take(rows)
        by = Group(by.labels, by.codes[rows]) if isinstance(by, Group) else by
    whole = _answer(question, predictions, versus, level)
    parts = [] if by is None else list(_parts(question, predictions, versus, by, level))
    estimate = whole.estimate if spread is None else _spread(question, spread, parts, level)
    statistics = whole.statistics
    if by is not None:
        statistics = statistics | {"groups": {part.label: part.answer.statistics for part in parts}}
    listed = tuple(
        GroupEstimate(part.label, part.answer.estimate, part.answer.settled) for part in parts
    )
    return Measurement(estimate, listed, statistics)


@dataclass(frozen=True, slots=True)
class _Answer:
    estimate: Estimate
    statistics: dict[str, Any]
    linear: Linear | None = None
    summary: Summary | None = None

    @property
    def settled(self) -> bool:
        enough = self.summary is not None and self.summary.scarce >= FEWEST_RELEVANT
        return enough and self.estimate.measured


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    units: Codes
    answer: _Answer


def _check(
    question: Question,
    predictions: Predictions,
    by: Group | str | None,
    spread: Spread | None,
    versus: Predictions | None,
) -> None:
    require_task(question.metric, predictions)
    if isinstance(by, Group) and len(by.codes) != len(predictions):
        message = f"{len(by.codes)} rows are grouped, but {len(predictions)} are predicted"
        raise ValueError(message)
    if spread is not None and by is None:
        message = f"a {spread} needs groups"
        raise ValueError(message)
    if spread is not None and versus is not None:
        message = f"a {spread} over groups can't be compared with another candidate's"
        raise UserError(message, hint="claim the two apart: one with `by`, one with `vs`")
    if by == "class" and question.metric not in PER_CLASS:
        message = f"`{question.metric}` can't be taken by class"
        raise UserError(message, hint=f"these can: {', '.join(PER_CLASS)}")
    if versus is not None and not np.array_equal(versus.truth, predictions.truth):
        message = "both candidates must have answered the same rows in the same order"
        raise ValueError(message)


def _answer(
    question: Question, predictions: Predictions, versus: Predictions | None, level: float
) -> _Answer:
    unit = GLOSSARY[question.metric].unit
    try:
        linear = linearise(question, predictions)
        other = None if versus is None else linearise(question, versus)
    except UndefinedError as error:
        reason = not_measured(str(error), unit=unit)
        return _Answer(reason, sufficient(predictions, None))
    summary = summarise(linear, predictions.units)
    statistics = sufficient(predictions, summary)
    if versus is None or other is None:
        return _Answer(interval(summary, confidence=level, unit=unit), statistics, linear, summary)
    theirs = summarise(other, versus.units)
    statistics["versus"] = sufficient(versus, theirs)
    estimate = difference(linear, other, predictions.units, confidence=level, unit=unit)
    fewest = replace(summary, scarce=min(summary.scarce, theirs.scarce))
    return _Answer(estimate, statistics, linear, fewest)


def _parts(
    question: Question,
    predictions: Predictions,
    versus: Predictions | None,
    by: Group | str,
    level: float,
) -> Iterator[_Part]:
    if isinstance(by, Group):
        for label, members in zip(by.labels, by.members(), strict=True):
            theirs = None if versus is None else versus.take(members)
            ours = predictions.take(members)
            yield _Part(label, ours.units, _answer(question, ours, theirs, level))
        return
    for name in predictions.classes:
        of_class = replace(question, arguments={**question.arguments, "class": name})
        yield _Part(name, predictions.units, _answer(of_class, predictions, versus, level))


def _spread(question: Question, spread: Spread, parts: list[_Part], level: float) -> Estimate:
    facts = GLOSSARY[question.metric]
    settled = [part for part in parts if part.answer.settled]
    summaries = [part.answer.summary for part in settled if part.answer.summary is not None]
    needed = 1 if spread == "worst" else 2
    if len(settled) < needed:
        some = "no group has" if not settled else "only one group has"
        return not_measured(f"{some} {FEWEST_RELEVANT} relevant rows", unit=facts.unit)
    influences = [part.answer.linear.influence for part in settled if part.answer.linear]
    together = correlation(influences, [part.units for part in settled])
    if spread == "gap":
        return gap(summaries, together, confidence=level, unit=facts.unit)
    if spread == "worst":
        better = facts.higher_is_better
        return worst(
            summaries, together, higher_is_better=better, confidence=level, unit=facts.unit
        )
    values = [summary.value for summary in summaries]
    if min(values) < 0.0 or max(values) <= 0.0:
        return not_measured("a ratio needs values of 0 or more, and one above 0")
    return ratio(summaries, together, confidence=level)
