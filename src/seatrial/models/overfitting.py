"""Can an estimator learn a few rows by heart? What can't do that has a bug, or isn't let.

Source:
    Karpathy (2019), A recipe for training neural networks: overfit one batch; the capacity of a
    linear model, which separates any labelling of rows in general position if they are at most one
    more than its inputs: Cover (1965), IEEE Trans. Electronic Computers EC-14(3), 326-334.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.models.asking import CannotTellError, counted
from seatrial.models.asking import Question as Asked
from seatrial.models.trial import Build, Matrix, Truth, fitted
from seatrial.records.check import Check

BATCH = 8
"""Rows that are learnt by heart."""
LEFT = 0.05
"""Root mean square error, relative to the spread of the truth, that counts as learnt."""
_CANDIDATES = 400
_APART = 0.1
"""Share of a row that no other rows add up to, from which it counts as a direction of its own."""

_TREE = {
    "max_depth": None,
    "min_samples_leaf": 1,
    "min_samples_split": 2,
    "max_leaf_nodes": None,
    "min_impurity_decrease": 0.0,
    "min_weight_fraction_leaf": 0.0,
    "max_features": None,
    "ccp_alpha": 0.0,
}
_FOREST = {**_TREE, "bootstrap": False, "max_samples": None, "oob_score": False}
_ROUNDS = {"learning_rate": 0.1, "n_iter_no_change": None}
_GRADIENT = {**_TREE, **_ROUNDS, "max_depth": 3, "subsample": 1.0, "n_estimators": 300}
_HISTOGRAM = {
    "min_samples_leaf": 1,
    "l2_regularization": 0.0,
    "early_stopping": False,
    "max_leaf_nodes": None,
    "max_depth": None,
    "max_features": 1.0,
    "max_iter": 300,
    "learning_rate": 0.1,
}
_NETWORK = {"alpha": 0.0, "early_stopping": False, "solver": "lbfgs", "max_iter": 2_000}
_FREE: Mapping[str, Mapping[str, Any]] = {
    "LinearRegression": {},
    "LogisticRegression": {"C": 1e8, "max_iter": 10_000},
    "Ridge": {"alpha": 1e-9},
    "RidgeClassifier": {"alpha": 1e-9},
    "LinearSVC": {"C": 1e6, "max_iter": 100_000},
    "SVC": {"C": 1e6, "gamma": "scale"},
    "SVR": {"C": 1e6, "epsilon": 1e-3, "gamma": "scale"},
    "KNeighborsClassifier": {"n_neighbors": 1},
    "KNeighborsRegressor": {"n_neighbors": 1},
    "DecisionTreeClassifier": _TREE,
    "DecisionTreeRegressor": _TREE,
    "RandomForestClassifier": _FOREST,
    "RandomForestRegressor": _FOREST,
    "ExtraTreesClassifier": _FOREST,
    "ExtraTreesRegressor": _FOREST,
    "GradientBoostingClassifier": _GRADIENT,
    "GradientBoostingRegressor": _GRADIENT,
    "HistGradientBoostingClassifier": _HISTOGRAM,
    "HistGradientBoostingRegressor": _HISTOGRAM,
    "MLPClassifier": _NETWORK,
    "MLPRegressor": _NETWORK,
}
"""What lets an estimator of scikit-learn learn by heart, by its class."""
_BENDS = frozenset(
    name
    for name in _FREE
    if any(each in name for each in ("Tree", "Forest", "Neigh", "Boosting", "MLP"))
)
"""Those that can tell any two rows apart; a linear one needs a direction for each."""


def learn_by_heart(
    question: Asked,
    build: Build,
    matrix: Matrix,
    truth: Truth,
    classes: Sequence[str],
    seed: int,
) -> Check:
    """Fit an estimator, freed of its regularisation, on a few rows, and ask it for them."""
    bends = known_as(predictor(build(seed)), _BENDS) is not None
    random = np.random.default_rng(seed)
    rows = tiny_batch(matrix, truth, classes, random, bends=bends)
    batch, wanted = matrix[rows], truth[rows]
    freed: list[str] = []
    estimator = fitted(lambda each: _freed(build(each), freed), seed, batch, wanted)
    said = np.asarray(estimator.predict(batch), np.float64).reshape(len(batch), -1)[:, 0]
    right, figure = _learnt(said, wanted, classes)
    estimate = counted(figure, len(rows))
    if right:
        return question.passes(f"{_said(figure, classes)} on {len(rows)} rows", estimate)
    reason = f"{_said(figure, classes)} on the {len(rows)} rows that it was fitted on"
    if not freed:
        name = type(predictor(estimator)).__name__
        raise CannotTellError(f"{reason}; what holds {name} back is not known")
    repair = "Look for a dead input, a step that loses it, or labels that are mapped wrongly"
    return question.fails(reason, repair=repair, estimate=estimate)


def _learnt(said: Truth, wanted: Truth, classes: Sequence[str]) -> tuple[bool, float]:
    if not np.isfinite(said).all():
        raise CannotTellError("it predicts what is no finite number")
    if classes:
        share = float((said == wanted).mean())
        return share == 1.0, share
    error = float(np.sqrt(((said - wanted) ** 2).mean()) / wanted.std())
    return error <= LEFT, error


def _said(figure: float, classes: Sequence[str]) -> str:
    return f"accuracy {figure:.2f}" if classes else f"error {figure:.2g} of the spread"


def predictor(estimator: Any) -> Any:
    """The estimator that answers in the end: past pipelines and transformed targets."""
    while True:
        if steps := getattr(estimator, "steps", None):
            estimator = steps[-1][1]
        elif getattr(estimator, "regressor", None) is not None:
            estimator = estimator.regressor
        else:
            return estimator


def known_as(estimator: Any, names: Mapping[str, Any] | frozenset[str]) -> str | None:
    """The class of scikit-learn among these that an estimator is, or is derived from."""
    for base in type(estimator).__mro__:
        if base.__module__.startswith("sklearn.") and base.__name__ in names:
            return base.__name__
    return None


def _freed(estimator: Any, freed: list[str]) -> Any:
    """Take the regularisation away; notes the class in ``freed`` if it is a known one."""
    last = predictor(estimator)
    name = known_as(last, _FREE)
    if name is not None:
        settings = last.get_params(deep=False)
        last.set_params(**{key: each for key, each in _FREE[name].items() if key in settings})
        freed.append(name)
    return estimator


def tiny_batch(
    matrix: Matrix,
    truth: Truth,
    classes: Sequence[str],
    random: np.random.Generator,
    *,
    bends: bool,
) -> NDArray[np.int64]:
    """Choose rows that even a linear model can tell apart, whatever their truth.

    Each adds a direction of its own to those before it; for a model that bends, it is enough that
    it differs from them. Classes take turns.

    Returns:
        (n_chosen,) places of rows, 2 to :data:`BATCH`.

    Raises:
        CannotTellError: no two rows of different truth differ.
    """
    drawn = random.permutation(len(matrix))[:_CANDIDATES]
    whole = drawn[~np.isnan(matrix[drawn]).any(axis=1)]
    drawn = whole if len(whole) >= 2 * BATCH else drawn
    order = _in_turns(truth[drawn]) if classes else np.arange(len(drawn))
    plain = _standardised(matrix[drawn])
    chosen = _differing(plain, order) if bends else _independent(plain, order)
    rows = drawn[chosen]
    if len(rows) == 0 or np.ptp(truth[rows]) == 0:
        raise CannotTellError("no two rows of different truth could be told apart")
    return rows


def _differing(plain: Matrix, order: NDArray[np.int64]) -> list[int]:
    _, firsts = np.unique(plain[order].round(6), axis=0, return_index=True)
    return [int(order[place]) for place in np.sort(firsts)[:BATCH]]


def _independent(plain: Matrix, order: NDArray[np.int64]) -> list[int]:
    """Places of rows that each point out of the plane of those before (Gram and Schmidt)."""
    chosen: list[int] = []
    basis = np.empty((0, plain.shape[1] + 1))
    for place in order:
        row = np.append(plain[place], 1.0)
        row /= np.linalg.norm(row)
        row -= row @ basis.T @ basis
        row -= row @ basis.T @ basis  # once more: the first time leaves rounding errors
        length = float(np.linalg.norm(row))
        if length > _APART and len(chosen) < BATCH:
            chosen.append(int(place))
            basis = np.vstack([basis, row / length])
    return chosen


def _in_turns(codes: Truth) -> NDArray[np.int64]:
    """Places so that the classes take turns; (n,)."""
    turn = np.zeros(len(codes), dtype=np.int64)
    for code in np.unique(codes):
        mine = codes == code
        turn[mine] = np.arange(mine.sum())
    return np.lexsort((codes, turn)).astype(np.int64)


def _standardised(matrix: Matrix) -> Matrix:
    centre, spread = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
    plain = (matrix - centre) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.nan_to_num(plain, nan=0.0))
