"""What the candidate answered on the test part, counted: from answers on file, nothing is asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.records.candidate import Candidate
from seatrial.records.evidence import GroupEstimate
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.evaluation.confidence import Answered, Bin, Level

PART = "test"
MOST_HITS = 5
"""Classes of which the truth may be one; nobody reads a longer list."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Answers to the test part beside the truth.

    Attributes:
        rows: How many.
        classes: Names of the classes, the positive one last; () for regression.
        confusion: Rows by true class and decided class, in the order of ``classes``.
        recall: By class: how many of it were found.
        precision: By class: how many called so are.
        errors: Of two classes the false positive and the false negative rate; of numbers the mean and the
            mean absolute error, and how far off half, 90 % and 99 % of the answers are at most; by name.
        costs: Cost of each kind of error for 1,000 decisions, by name; empty without costs.
        bins: Stated and observed probability.
        answered: Risk over coverage.
        levels: Said and true numbers; of classes none.
        hits: How often the truth is among the first 1, 2 ... classes; of more than two classes alone.
    """

    rows: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    recall: tuple[GroupEstimate, ...]
    precision: tuple[GroupEstimate, ...]
    errors: Mapping[str, Estimate]
    costs: Mapping[str, Estimate]
    bins: tuple[Bin, ...]
    answered: tuple[Answered, ...]
    levels: tuple[Level, ...] = ()
    hits: tuple[Estimate, ...] = ()


def counted(chain: Chain, candidate: Candidate) -> Counted | None:
    """Count a candidate's answers to the test part; None if it was never asked about it."""
    materials = Materials(chain)
    if materials.predictions_digest(candidate, PART) is None:
        return None
    predictions = materials.predictions(candidate, PART)
    if predictions.task == "regression":
        return _of_numbers(chain, predictions)
    from seatrial.evaluation import measure
    from seatrial.evaluation.confidence import reliability, risk_coverage
    from seatrial.evaluation.confusion import confusion

    table = confusion(predictions).astype(int).tolist()
    return Counted(
        rows=len(predictions),
        classes=predictions.classes,
        confusion=tuple(tuple(row) for row in table),
        recall=measure("recall", predictions, by="class").groups,
        precision=measure("precision", predictions, by="class").groups,
        errors=_errors(predictions),
        costs=_costs(chain, predictions),
        bins=reliability(predictions),
        answered=risk_coverage(predictions),
        hits=_hits(predictions),
    )


def _of_numbers(chain: Chain, predictions: Predictions) -> Counted:
    from seatrial.evaluation import measure
    from seatrial.evaluation.confidence import levels
    from seatrial.stats import quantile

    unit = chain.plan.text.task.unit or ""
    errors = {name: measure(name, predictions).estimate for name in ("mean_error", "mae")}
    if len(np.unique(predictions.units)) == len(predictions):  # else rows of a unit are alike
        off = np.abs(predictions.errors)
        errors |= {f"p{at}": quantile(off, at / 100) for at in (50, 90, 99)}
    named = {name: replace(each, unit=unit) for name, each in errors.items()}
    rows = len(predictions)
    return Counted(rows, (), (), (), (), named, {}, (), (), levels(predictions))


def _hits(predictions: Predictions) -> tuple[Estimate, ...]:
    from seatrial.evaluation import measure

    if predictions.task == "binary" or not predictions.states_probabilities:
        return ()
    most = min(MOST_HITS, len(predictions.classes) - 1)
    return tuple(
        measure("top_k_accuracy", predictions, arguments={"k": k}).estimate
        for k in range(1, most + 1)
    )


def _errors(predictions: Predictions) -> dict[str, Estimate]:
    from seatrial.evaluation import measure

    if predictions.task != "binary":
        return {}
    names = ("false_positive_rate", "false_negative_rate")
    return {name: measure(name, predictions).estimate for name in names}


def _costs(chain: Chain, predictions: Predictions) -> dict[str, Estimate]:
    """What each kind of error costs, and both together, for 1,000 decisions."""
    from seatrial.evaluation import measure

    errors = chain.plan.text.task.errors
    if errors is None or predictions.task != "binary":
        return {}
    each = {"false_positive": errors.false_positive, "false_negative": errors.false_negative}
    ways = {name: dict.fromkeys(each, 0.0) | {name: cost} for name, cost in each.items()}
    found = {
        name: measure("expected_cost", predictions, costs=costs).estimate
        for name, costs in {**ways, "all": each}.items()
    }
    return {name: replace(estimate, unit=errors.unit) for name, estimate in found.items()}
