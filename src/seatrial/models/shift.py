"""Whether two parts of the data are alike: a classifier that tries to tell them apart names what isn't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation import Predictions, measure
from seatrial.models.ladder import known_columns
from seatrial.records.contract import Contract

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
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    units: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    seed: int = 0,
) -> Shift:
    """Try to tell the rows of two parts apart.

    Boosted trees are trained on half of the rows of both, and asked about the other half, each way
    round. Units stay whole. Interval and features respect the units.

    Args:
        contract: Names the columns of the matrices.
        first: (n_first, n_inputs).
        second: (n_second, n_inputs).
        units: The unit of each row, of both.
        seed: For everything random.

    Source:
        Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR,
        doi:10.48550/arXiv.1610.06545.
    """
    if min(len(first), len(second)) < FEWEST_ROWS:
        reason = f"needs {FEWEST_ROWS} rows of each part"
        return Shift(not_measured(reason, n=min(len(first), len(second))), ())
    random = np.random.default_rng(seed)
    kept = [np.sort(random.permutation(len(each))[:MOST_ROWS]) for each in (first, second)]
    matrix = known_columns(np.vstack([first[kept[0]], second[kept[1]]]))
    part = np.repeat([0, 1], [len(each) for each in kept])
    own, other = units[0][kept[0]], units[1][kept[1]] + int(units[0].max()) + 1
    unit = np.concatenate([own, other])
    halves = _halves(unit, random)
    fitted = [
        _classifier(seed).fit(matrix[halves == each], part[halves == each]) for each in (0, 1)
    ]
    told = _told(fitted, matrix, halves)
    auc = measure("roc_auc", _predictions(told, part, unit)).estimate
    names = [each.name for each in contract.inputs]
    level = 1.0 - 0.01 / len(names)
    found: list[tuple[str, Estimate]] = []
    if auc.low is not None and auc.low > NOTABLE:
        for place in _promising(fitted, matrix, halves, random):
            mixed = matrix.copy()
            mixed[:, place] = matrix[random.permutation(len(matrix)), place]
            less = measure(
                "roc_auc",
                _predictions(told, part, unit),
                versus=_predictions(_told(fitted, mixed, halves), part, unit),
                level=level,
            ).estimate
            if less.low is not None and less.low > 0.01:  # noqa: PLR2004 — a hundredth is of no account
                found.append((names[place], less))
    found.sort(key=lambda each: -(each[1].value or 0.0))
    return Shift(auc, tuple(found))


def _halves(unit: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Half of each row, whole units together."""
    found, codes = np.unique(unit, return_inverse=True)
    drawn: NDArray[np.int64] = random.permutation(len(found))[codes] % 2
    return drawn


def _classifier(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=60, max_depth=4, min_samples_leaf=30, early_stopping=False, random_state=seed
    )


def _told(
    fitted: list[Any], matrix: NDArray[np.float64], halves: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Probability of the second part, by the classifier that was not trained on the row."""
    told = np.empty(len(matrix))
    for half, other in ((0, 1), (1, 0)):
        told[halves == half] = fitted[other].predict_proba(matrix[halves == half])[:, 1]
    return told


def _promising(
    fitted: list[Any],
    matrix: NDArray[np.float64],
    halves: NDArray[np.int64],
    random: np.random.Generator,
) -> list[int]:
    """Columns whose shuffling changes what is told, the most first; at most 20."""
    some = np.sort(random.permutation(len(matrix))[:1000])
    before = _told(fitted, matrix[some], halves[some])
    changes = []
    for place in range(matrix.shape[1]):
        mixed = matrix[some].copy()
        mixed[:, place] = mixed[random.permutation(len(some)), place]
        after = _told(fitted, mixed, halves[some])
        changes.append(float(np.abs(after - before).mean()))
    order = np.argsort(changes)[::-1][:20]
    return [int(place) for place in order if changes[place] > 0]


def _predictions(
    told: NDArray[np.float64], part: NDArray[np.int64], unit: NDArray[np.int64]
) -> Predictions:
    scores = np.column_stack([1.0 - told, told])
    decided = (told >= 0.5).astype(np.int64)  # noqa: PLR2004 — of two parts
    return Predictions("binary", ("first", "second"), scores, decided, part, unit)
