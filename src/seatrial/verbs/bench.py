"""Fit a family on some rows of train and look at it on dev: nothing is archived, nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import NotFoundError
from seatrial.models.ladder import Fitted, Sample, fit
from seatrial.records.candidate import is_baseline
from seatrial.records.claim import arguments_of
from seatrial.records.contract import Contract
from seatrial.scoring.archive import finish
from seatrial.scoring.encode import Functions, encode
from seatrial.scoring.format import Header
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.trainer import Trainer

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

_UNDECIDED = 0.5
"""Threshold before one is chosen on dev."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A family, fitted once.

    Attributes:
        dev: Its answers to dev.
        train: Its answers to the rows that it was fitted on.
        threshold: Chosen on dev; binary only.
        seconds: Wall time of the fit.
    """

    dev: Predictions
    train: Predictions
    threshold: float | None
    seconds: float


class Bench:
    """Fits families; what they share is read and encoded once.

    The contract is that of the whole of train: a level that a subset lacks is still known.
    """

    def __init__(self, chain: Chain, materials: Materials | None = None) -> None:
        self.chain = chain
        self.materials = materials or Materials(chain)
        self._trainer = Trainer(chain, self.materials)
        self._given: dict[str, _Given] = {}

    def attempt(
        self,
        family: str,
        *,
        rows: NDArray[np.intp] | None = None,
        seed: int | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """Fit a family.

        Args:
            family: One of the plan's candidates.
            rows: Places in train of the rows to fit on; None for all.
            seed: For everything random in the fit; the plan's if None.
            parameters: Hyperparameters; the plan's if None.

        Raises:
            CodeError: the fit failed.
            PlanError: the family has no such hyperparameter.
        """
        chain, given = self.chain, self._for(family)
        settings = chain.plan.text.train
        places = np.arange(len(given.truth)) if rows is None else rows
        sample = Sample(_taken(given.train, places), given.truth[places])
        fitted = fit(
            family,
            given.contract,
            self._trainer.augmented(chain.recipe(family), given.contract, sample),
            given.functions,
            seed=settings.seed if seed is None else seed,
            root=chain.project.root,
            parameters=settings.parameters.get(family, {}) if parameters is None else parameters,
        )
        dev = self._answers(fitted, given, given.dev, given.matrix, "dev", None)
        threshold = None
        if chain.task == "binary":
            threshold, _ = self._trainer.best_threshold(dev, self._trainer.chosen_under(family))
            dev = self._answers(fitted, given, given.dev, given.matrix, "dev", None, threshold)
        matrix = encode(given.contract, sample.columns, given.functions)
        train = self._answers(fitted, given, sample.columns, matrix, "train", places, threshold)
        return Attempt(dev, train, threshold, fitted.seconds)

    def influence(self, predictions: Predictions) -> tuple[float, NDArray[np.float64]]:
        """The optimised metric of answers to dev, and what each unit adds to its error.

        Returns:
            The value, and (n_units,) float64, which sums to 0.

        Raises:
            UndefinedError: the answers don't define it.
        """
        from seatrial.evaluation.metrics import linearise
        from seatrial.evaluation.question import Question

        text, optimise = self.chain.plan.text, self.chain.plan.optimise
        costs = text.task.errors.model_dump(exclude={"unit"}) if text.task.errors else None
        question = Question(optimise.metric, arguments_of(optimise), costs, text.release.confidence)
        linear = linearise(question, predictions)
        _, units = np.unique(predictions.units, return_inverse=True)
        return linear.value, np.bincount(units, weights=linear.influence).astype(np.float64)

    def _for(self, family: str) -> _Given:
        if family not in self._given:
            contract, functions = self._trainer.contract(family)
            asked = [feature.name for feature in contract.features]
            dev = self.materials.raw("dev", asked)
            self._given[family] = _Given(
                contract,
                functions,
                self.materials.raw("train", asked),
                self.materials.truth("train"),
                dev,
                encode(contract, dev, functions),
            )
        return self._given[family]

    def _answers(
        self,
        fitted: Fitted,
        given: _Given,
        columns: Mapping[str, Any],
        matrix: NDArray[np.float64],
        part: str,
        places: NDArray[np.intp] | None,
        threshold: float | None = None,
    ) -> Predictions:
        scores = fitted.form.scores(matrix, columns)
        cut = None
        if self.chain.task == "binary":
            cut = _UNDECIDED if threshold is None else threshold
        answers = finish(Header(fitted.kind, fitted.family, given.contract, cut), scores)
        joined = np.column_stack([scores, answers.decided])
        truth, units = self.materials.truth(part), self.materials.units(part)
        if places is not None:
            truth, units = truth[places], units[places]
        return as_predictions(self.chain, joined, truth, units, rule=False)


@dataclass(frozen=True, slots=True)
class _Given:
    contract: Contract
    functions: Functions
    train: Mapping[str, Any]
    truth: NDArray[Any]
    dev: Mapping[str, Any]
    matrix: NDArray[np.float64]


def demand_candidate(chain: Chain, family: str) -> None:
    """Refuse a family that the plan doesn't train.

    Raises:
        NotFoundError: names those that it does.
    """
    known = chain.plan.text.train.candidates
    if family not in known or is_baseline(family):
        hint = f"candidates: {', '.join(known)}"
        raise NotFoundError(f"the plan trains no {family}", where="train.candidates", hint=hint)


def without_parameters(chain: Chain) -> Chain:
    """The same chain as if the plan set no hyperparameters."""
    train = chain.plan.text.train.model_copy(update={"parameters": {}})
    text = chain.plan.text.model_copy(update={"train": train})
    return Chain(chain.project, plan=replace(chain.plan, text=text))


def _taken(columns: Mapping[str, Any], places: NDArray[np.intp]) -> dict[str, Any]:
    return {
        name: values[places]
        if isinstance(values, np.ndarray)
        else [values[place] for place in places]
        for name, values in columns.items()
    }
