"""The rows of a project for its own experiments: split and encoded as every candidate sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seatrial.core.estimate import Estimate
from seatrial.records.claim import arguments_of
from seatrial.records.contract import Contract
from seatrial.reports.dataset import described
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import Project
from seatrial.verbs.trainer import Trainer

Seen = Literal["train", "dev"]
"""Parts that an experiment may look at; test is for ``seatrial check``."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with their truth.

    Attributes:
        matrix: (n_rows, n_inputs) float64, NaN for missing.
        truth: (n_rows,) class codes int64, or float64.
    """

    matrix: NDArray[np.float64]
    truth: NDArray[Any]

    def batches(self, size: int, *, seed: int) -> Iterator[Part]:
        """The rows in a shuffled order, some at a time; the same seed gives the same batches."""
        order = np.random.default_rng(seed).permutation(len(self.truth))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            yield Part(self.matrix[rows], self.truth[rows])


class Dataset:
    """A project's data, through the plan's sources, split and features."""

    def __init__(self, project: Project) -> None:
        self._chain = Chain(project)
        self._materials = Materials(self._chain)

    @cached_property
    def _asked(self) -> Any:
        return Trainer(self._chain, self._materials).contract("linear")

    @property
    def contract(self) -> Contract:
        """Names, kinds and levels of the matrix's columns."""
        contract: Contract = self._asked[0]
        return contract

    def preprocess(self) -> Any:
        """What a builder is given as ``preprocess``: impute, scale, one column a level; unfitted."""
        from seatrial.models.estimators import preprocess

        return preprocess(self.contract)

    def part(self, name: Seen) -> Part:
        """The rows of train or dev.

        Raises:
            ValueError: another part was asked for.
        """
        from seatrial.scoring.encode import encode

        if name not in {"train", "dev"}:
            message = f"an experiment may look at train and dev, not at {name}"
            raise ValueError(message)
        contract, functions = self._asked
        raw = self._materials.raw(name, [feature.name for feature in contract.features])
        return Part(encode(contract, raw, functions), self._materials.truth(name))

    def quality(self, estimator: Any) -> Estimate:
        """The metric that the plan optimises, on dev, at the estimator's own decisions."""
        from seatrial.evaluation import measure
        from seatrial.scoring.archive import finish
        from seatrial.scoring.format import Header
        from seatrial.scoring.forms import EstimatorForm

        chain, contract = self._chain, self.contract
        scores = EstimatorForm(contract, estimator).scores(self.part("dev").matrix, {})
        answers = finish(Header("estimator", "", contract), scores)
        joined = np.column_stack([answers.scores.reshape(len(scores), -1), answers.decided])
        truth, units = self._materials.truth("dev"), self._materials.units("dev")
        optimise, errors = chain.plan.optimise, chain.plan.text.task.errors
        return measure(
            optimise.metric,
            as_predictions(chain, joined, truth, units, rule=False),
            arguments=arguments_of(optimise),
            costs=errors.model_dump(exclude={"unit"}) if errors else None,
        ).estimate

    def describe(self) -> str:
        """Rows, columns and sources in Markdown, for the project's README."""
        text, snapshot = self._chain.plan.text, self._chain.snapshot
        return described(
            rows=snapshot.rows,
            columns=[each.name for each in snapshot.columns],
            sources={name: each.uri for name, each in text.data.sources.items()},
            target=text.task.target,
            key=text.data.keys,
        )
