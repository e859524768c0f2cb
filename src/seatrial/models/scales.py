"""Are the columns that reach an estimator of one scale, if it minds?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seatrial.models.asking import CannotTellError, Question, counted, listed
from seatrial.models.overfitting import known_as, predictor
from seatrial.models.trial import Matrix
from seatrial.records.check import Check

ORDERS = 100.0
"""Ratio of two columns' spreads from which the greater drowns the smaller."""
_INDICATOR = 0.5
"""Spread of an even indicator; that of a rare one says how rare it is, and nothing of its scale."""
_MINDS = frozenset(
    {
        "LogisticRegression", "Ridge", "RidgeClassifier", "Lasso", "ElasticNet", "SGDClassifier",
        "SGDRegressor", "LinearSVC", "LinearSVR", "SVC", "SVR", "NuSVC", "NuSVR",
        "KNeighborsClassifier", "KNeighborsRegressor", "MLPClassifier", "MLPRegressor",
        "GaussianProcessClassifier", "GaussianProcessRegressor", "KernelRidge",
    }
)  # fmt: skip
_MINDS_NOT = frozenset(
    {
        "LinearRegression", "DecisionTreeClassifier", "DecisionTreeRegressor",
        "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier",
        "ExtraTreesRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
        "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "GaussianNB",
        "LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "DummyClassifier",
        "DummyRegressor",
    }
)  # fmt: skip


def compare_scales(
    question: Question, estimator: Any, rows: Matrix, columns: Sequence[str]
) -> Check:
    """Compare the spreads of what reaches the last step of a fitted estimator."""
    last = predictor(estimator)
    if known_as(last, _MINDS_NOT):
        return question.is_not_for(f"{type(last).__name__} doesn't mind scales")
    if not known_as(last, _MINDS):
        raise CannotTellError(f"whether {type(last).__name__} minds scales is not known")
    matrix = _reaching(estimator, rows)
    spreads = np.nanstd(matrix, axis=0)
    wide = (spreads > 0) & np.array([_has_many_values(column) for column in matrix.T])
    compared = np.append(spreads[wide], _INDICATOR) if (~wide).any() else spreads[wide]
    ratio = float(compared.max() / compared.min())
    estimate = counted(ratio, len(matrix), "ratio of spreads")
    if ratio < ORDERS:
        return question.passes(f"spreads differ by a factor of {ratio:.3g}", estimate)
    middle = float(np.exp(np.median(np.log(compared))))
    far = np.abs(np.log(np.where(wide, spreads, middle) / middle))
    names = _names(estimator, matrix.shape[1], columns)
    named = [names[place] for place in np.argsort(-far) if far[place] > np.log(ORDERS) / 2]
    reason = f"spreads differ by a factor of {ratio:.3g}; far from the others: {listed(named)}"
    repair = "Put a StandardScaler before it, inside of the pipeline"
    return question.fails(reason, repair=repair, estimate=estimate)


def _has_many_values(column: Matrix) -> bool:
    return len(np.unique(column[~np.isnan(column)])) > 2  # noqa: PLR2004 — an indicator has two


def _reaching(estimator: Any, rows: Matrix) -> Matrix:
    """The matrix that the last step of a pipeline is given, missing values apart."""
    if getattr(estimator, "steps", None) and len(estimator.steps) > 1:
        rows = estimator[:-1].transform(rows)
    dense = rows.toarray() if hasattr(rows, "toarray") else rows
    return np.asarray(dense, dtype=np.float64)


def _names(estimator: Any, width: int, columns: Sequence[str]) -> list[str]:
    """Names of the columns that reach the last step, as well as they are known."""
    places = [f"column {place}" for place in range(width)]
    if not getattr(estimator, "steps", None) or len(estimator.steps) == 1:
        return list(columns) if len(columns) == width else places
    try:
        given = np.asarray(columns, dtype=object) if len(columns) else None
        names = [str(each) for each in estimator[:-1].get_feature_names_out(given)]
    except Exception:  # noqa: BLE001 — many transformers know no names, in ways of their own
        return places
    return names if len(names) == width else places
