"""Whether a model has the capacity that the data want: less and more of it are tried and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.models import estimators
from seatrial.models.ladder import known_columns
from seatrial.records.contract import Contract
from seatrial.scoring.forms import EstimatorForm, Scores


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to have less or more capacity.

    Attributes:
        name: For people, ``boosted trees of depth 3``.
        more: Whether it is more than what it is compared with.
        estimator: Unfitted.
    """

    name: str
    more: bool
    estimator: Any


def variants(family: str, contract: Contract, *, seed: int) -> tuple[Variant, ...]:
    """Ways to have less and more capacity than a family of the ladder.

    Less: a linear model with a tenth and a hundredth of the freedom; fewer, shallower trees. More:
    trees where the model is linear; twice as many, larger trees. What a user's own family is can't
    be seen, so linear and shallow trees are less, and trees are more.

    Args:
        family: Name of the family.
        contract: What it is asked and answers.
        seed: For everything random.
    """
    shallow = Variant("a few shallow trees", more=False, estimator=_trees(contract, seed, 60, 3))
    tight = [
        Variant(f"linear, {1 / strength:g} times the penalty", False, _linear(contract, strength))
        for strength in (0.1, 0.01)
    ]
    trees = Variant("boosted trees", more=True, estimator=_trees(contract, seed, 200, None))
    if family in {"linear", "tfidf"}:
        return (*tight, trees)
    if family == "boosted":
        more = Variant("twice the trees", more=True, estimator=_trees(contract, seed, 400, None))
        return (shallow, *tight[:1], more)
    return (shallow, *tight[:1], trees)


def answers(
    variant: Variant,
    contract: Contract,
    train: tuple[NDArray[np.float64], NDArray[Any]],
    rows: NDArray[np.float64],
) -> Scores:
    """Fit a variant and answer rows.

    Args:
        variant: The variant.
        contract: What it is asked and answers.
        train: Matrix, (n_rows, n_inputs), and truth, (n_rows,).
        rows: (n_asked, n_inputs) what it is asked.
    """
    fitted = variant.estimator.fit(known_columns(train[0]), train[1])
    return EstimatorForm(contract, fitted).scores(rows, {})


def _linear(contract: Contract, strength: float) -> Any:
    """The linear family with a share of its freedom."""
    estimator = estimators.linear(contract, seed=0)
    name = "logisticregression__C" if contract.classes else "ridge__alpha"
    known: Mapping[str, Any] = estimator.get_params()
    given = known[name] * strength if contract.classes else known[name] / strength
    return estimator.set_params(**{name: given})


def _trees(contract: Contract, seed: int, rounds: int, depth: int | None) -> Any:
    estimator = estimators.boosted(contract, seed=seed)
    settings: dict[str, Any] = {"max_iter": rounds, "max_depth": depth}
    if depth is not None:
        settings["min_samples_leaf"] = 40
    trees = estimator.steps[-1][1] if contract.reads_words else estimator
    trees.set_params(**settings)
    return estimator
