"""What the candidate answered on the test part, counted: from answers on file, nothing is asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seatrial.core.estimate import Estimate
from seatrial.records.candidate import Candidate
from seatrial.records.evidence import GroupEstimate
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.evaluation.confidence import Answered, Bin

PART = "test"


@dataclass(frozen=True, slots=True)
class Counted:
    """Answers to the test part beside the truth.

    Attributes:
        rows: How many.
        classes: Names of the classes, the positive one last; () for regression.
        confusion: Rows by true class and decided class, in the order of ``classes``.
        recall: By class: how many of it were found.
        precision: By class: how many called so are.
        errors: False positive and false negative rate by name; binary only.
        costs: Cost of each kind of error for 1,000 decisions, by name; empty without costs.
        bins: Stated and observed probability.
        answered: Risk over coverage.
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


def counted(chain: Chain, candidate: Candidate) -> Counted | None:
    """Count a candidate's answers to the test part; None if it was never asked about it."""
    materials = Materials(chain)
    if materials.predictions_digest(candidate, PART) is None:
        return None
    predictions = materials.predictions(candidate, PART)
    if predictions.task == "regression":
        return Counted(len(predictions), (), (), (), (), {}, {}, (), ())
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
