"""Fit and ask an estimator on few rows, and refuse rows that can tell nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.models.asking import CannotTellError

Build = Callable[[int], Any]
"""Makes an unfitted scikit-learn estimator from a seed."""
Matrix = NDArray[np.float64]
Truth = NDArray[Any]

FEWEST = 2
MOST = 500
"""Rows that a fit is tried on; a bug of an implementation shows on fewer."""


def usable(matrix: Any, truth: Any, classes: Sequence[str]) -> tuple[Matrix, Truth]:
    """Take rows as they are wanted.

    Args:
        matrix: (n_rows, n_inputs) numbers; NaN for missing, never infinite.
        truth: (n_rows,) class codes or numbers.
        classes: Names of the classes, in the order of their codes; empty for a number.

    Returns:
        The matrix as float64, and the truth as int64 codes or float64.

    Raises:
        CannotTellError: nothing can be told of an estimator from such rows; says why.
    """
    try:
        matrix, truth = np.asarray(matrix, np.float64), np.asarray(truth, np.float64)
    except (TypeError, ValueError):
        raise CannotTellError("the matrix and the truth must hold numbers") from None
    if matrix.ndim != 2 or truth.shape != matrix.shape[:1]:  # noqa: PLR2004 — rows and columns
        shapes = f"got shapes {matrix.shape} and {truth.shape}"
        raise CannotTellError(f"a matrix of rows and columns and one truth a row: {shapes}")
    if len(matrix) < FEWEST or matrix.shape[1] == 0:
        raise CannotTellError(f"{matrix.shape[0]} rows of {matrix.shape[1]} columns tell nothing")
    if np.isinf(matrix).any():
        raise CannotTellError("the matrix holds infinite values")
    if not np.isfinite(truth).all():
        raise CannotTellError("the truth holds values that are missing or infinite")
    if _all_alike(matrix):
        raise CannotTellError("every row of the matrix is the same")
    if classes:
        truth = _codes(truth, classes)
    if np.ptp(truth) == 0:
        raise CannotTellError("every row has the same truth")
    return matrix, truth


def _all_alike(matrix: Matrix) -> bool:
    return bool(((matrix == matrix[0]) | (np.isnan(matrix) & np.isnan(matrix[0]))).all())


def _codes(truth: Truth, classes: Sequence[str]) -> Truth:
    codes = truth.astype(np.int64)
    if (codes != truth).any() or codes.min() < 0 or codes.max() >= len(classes):
        span = f"got {truth.min():g} to {truth.max():g}"
        raise CannotTellError(f"the truth must hold codes 0 to {len(classes) - 1}, {span}")
    return codes


def fitted(build: Build, seed: int, matrix: Matrix, truth: Truth) -> Any:
    """Build an estimator and fit it."""
    estimator = build(seed)
    if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
        raise CannotTellError(f"the builder gave {type(estimator).__name__}, no estimator")
    estimator.fit(matrix, truth)
    return estimator


def answers(estimator: Any, matrix: Matrix, classes: Sequence[str]) -> Matrix:
    """What a fitted estimator says of rows.

    Returns:
        (n_rows, n_classes) probabilities, else (n_rows, 1) what it predicts.

    Raises:
        CannotTellError: it says too little, too much, or what is no finite number.
    """
    has_probabilities = bool(classes) and hasattr(estimator, "predict_proba")
    said = estimator.predict_proba(matrix) if has_probabilities else estimator.predict(matrix)
    given = np.asarray(said, np.float64)
    given = given.reshape(-1, 1) if given.ndim == 1 else given
    if given.ndim != 2 or len(given) != len(matrix):  # noqa: PLR2004 — rows and columns
        raise CannotTellError(f"it gave shape {given.shape} for {len(matrix)} rows")
    if not np.isfinite(given).all():
        raise CannotTellError("it predicts what is no finite number")
    return given


def by_code(estimator: Any, given: Matrix, classes: Sequence[str]) -> Matrix:
    """Scores with one column a class, in the order of the contract; (n_rows, n_classes)."""
    scores = np.zeros((len(given), len(classes)))
    if given.shape[1] == 1:
        scores[np.arange(len(given)), given[:, 0].astype(np.int64)] = 1.0
    else:
        scores[:, np.asarray(estimator.classes_, dtype=np.int64)] = given
    return scores


def a_few(matrix: Matrix, truth: Truth, random: np.random.Generator) -> tuple[Matrix, Truth]:
    """At most :data:`MOST` rows, drawn at random."""
    if len(matrix) <= MOST:
        return matrix, truth
    chosen = random.choice(len(matrix), MOST, replace=False)
    return matrix[chosen], truth[chosen]


def area(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve; ties count half.

    >>> area(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True]))
    0.875
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    hits = int(positive.sum())
    misses = len(positive) - hits
    return float((ranks[positive].sum() - hits * (hits + 1) / 2.0) / (hits * misses))
