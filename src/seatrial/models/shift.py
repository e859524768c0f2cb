"""Whether two parts of the data are alike: a classifier that tries to tell them apart names what isn't."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation import Predictions, measure
from seatrial.models.estimators import linear
from seatrial.models.ladder import known_columns
from seatrial.records.contract import Contract
from seatrial.scoring.encode import spans

MOST_ROWS = 10_000
"""Of each part."""
FEWEST_ROWS = 50
NOTABLE = 0.55
"""Area under the ROC curve from which the parts differ by more than is of no account."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How well two parts can be told apart.

    Attributes:
        auc: Area under the ROC curve of telling the part; 0.5 if they are alike.
        features: What tells them apart, the most telling first: the fall of that area if a feature's
            values are shuffled; those that are proved to.
    """

    auc: Estimate
    features: tuple[tuple[str, Estimate], ...]

    @property
    def is_notable(self) -> bool:
        """Whether they are proved to differ by more than is of no account."""
        return self.auc.low is not None and self.auc.low > NOTABLE


def shift(
    contract: Contract,
    first: NDArray[Any],
    second: NDArray[Any],
    units: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    seed: int = 0,
) -> Shift:
    """Try to tell the rows of two parts apart.

    Boosted trees (of texts: the linear model) are trained on half of the rows of both, and asked about
    the other half, each way round. Units stay whole. Interval and features respect the units.

    Args:
        contract: Names the columns of the matrices.
        first: (n_first, n_columns), as :func:`seatrial.scoring.encode.encode` gives them.
        second: (n_second, n_columns).
        units: The unit of each row, of both.
        seed: For everything random.

    Source:
        Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR,
        doi:10.48550/arXiv.1610.06545.
    """
    apart = _tell(contract, first, second, units, seed)
    if apart is None:
        return Shift(_too_few(first, second), ())
    names = [each.name for each, place in spans(contract) for _ in range(place.start, place.stop)]
    level = 1.0 - 0.01 / len(names)
    found: list[tuple[str, Estimate]] = []
    if apart.auc.low is not None and apart.auc.low > NOTABLE:
        random = np.random.default_rng([seed, 1])
        for place in apart.promising(random):
            less = apart.without(place, random, level)
            if less.low is not None and less.low > 0.01:  # noqa: PLR2004 — a hundredth is of no account
                found.append((names[place], less))
    found.sort(key=lambda each: -(each[1].value or 0.0))
    return Shift(apart.auc, tuple(found))


def told_apart(
    contract: Contract,
    first: NDArray[Any],
    second: NDArray[Any],
    units: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    seed: int = 0,
) -> Estimate:
    """Area under the ROC curve of telling two sets of encoded rows apart, as :func:`shift` does."""
    apart = _tell(contract, first, second, units, seed)
    return _too_few(first, second) if apart is None else apart.auc


def _too_few(first: NDArray[Any], second: NDArray[Any]) -> Estimate:
    reason = f"needs {FEWEST_ROWS} rows of each part"
    return not_measured(reason, n=min(len(first), len(second)))


@dataclass(frozen=True)
class _Apart:
    """Classifiers that tell the part of a row, each trained on the half that it isn't asked about."""

    fitted: list[Any]
    matrix: NDArray[Any]
    halves: NDArray[np.int64]
    part: NDArray[np.int64]
    unit: NDArray[np.int64]

    @cached_property
    def _own(self) -> Predictions:
        return self._predictions(self.matrix)

    @property
    def auc(self) -> Estimate:
        """How well they tell it."""
        return measure("roc_auc", self._own).estimate

    def without(self, place: int, random: np.random.Generator, level: float) -> Estimate:
        """The fall of that, if a column is shuffled."""
        mixed = self.matrix.copy()
        mixed[:, place] = self.matrix[random.permutation(len(mixed)), place]
        return measure("roc_auc", self._own, versus=self._predictions(mixed), level=level).estimate

    def promising(self, random: np.random.Generator) -> list[int]:
        """Columns whose shuffling changes what is told, the most first; at most 20."""
        some = np.sort(random.permutation(len(self.matrix))[:1000])
        rows, halves = self.matrix[some], self.halves[some]
        before = self._told(rows, halves)
        changes = []
        for place in range(rows.shape[1]):
            mixed = rows.copy()
            mixed[:, place] = mixed[random.permutation(len(some)), place]
            changes.append(float(np.abs(self._told(mixed, halves) - before).mean()))
        order = np.argsort(changes)[::-1][:20]
        return [int(place) for place in order if changes[place] > 0]

    def _told(self, matrix: NDArray[Any], halves: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of the second part, by the classifier that was not trained on the row."""
        told = np.empty(len(matrix))
        for half, other in ((0, 1), (1, 0)):
            told[halves == half] = self.fitted[other].predict_proba(matrix[halves == half])[:, 1]
        return told

    def _predictions(self, matrix: NDArray[Any]) -> Predictions:
        told = self._told(matrix, self.halves)
        scores = np.column_stack([1.0 - told, told])
        decided = (told >= 0.5).astype(np.int64)  # noqa: PLR2004 — of two parts
        return Predictions("binary", ("first", "second"), scores, decided, self.part, self.unit)


def _tell(
    contract: Contract,
    first: NDArray[Any],
    second: NDArray[Any],
    units: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> _Apart | None:
    """Train on each half of both parts; None with too few rows."""
    if min(len(first), len(second)) < FEWEST_ROWS:
        return None
    random = np.random.default_rng(seed)
    kept = [np.sort(random.permutation(len(each))[:MOST_ROWS]) for each in (first, second)]
    matrix = known_columns(np.vstack([first[kept[0]], second[kept[1]]]))
    part = np.repeat([0, 1], [len(each) for each in kept])
    own, other = units[0][kept[0]], units[1][kept[1]] + int(units[0].max()) + 1
    unit = np.concatenate([own, other])
    halves = _halves(unit, random)
    fitted = [
        _classifier(contract, matrix, seed).fit(matrix[halves == each], part[halves == each])
        for each in (0, 1)
    ]
    return _Apart(fitted, matrix, halves, part, unit)


def _halves(unit: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Half of each row, whole units together."""
    found, codes = np.unique(unit, return_inverse=True)
    drawn: NDArray[np.int64] = random.permutation(len(found))[codes] % 2
    return drawn


def _classifier(contract: Contract, matrix: NDArray[Any], seed: int) -> Any:
    """Boosted trees; where texts stand in the matrix as they are, the linear model, by their words."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    if matrix.dtype == object:
        return linear(replace(contract, task="binary", classes=("first", "second")), seed=seed)
    return HistGradientBoostingClassifier(
        max_iter=60, max_depth=4, min_samples_leaf=30, early_stopping=False, random_state=seed
    )
