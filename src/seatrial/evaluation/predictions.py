"""What a candidate answered, and what was true: all that evaluation ever sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seatrial.records.metrics import Task

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers of one candidate to rows whose truth is known.

    Attributes:
        task: Kind of task.
        classes: Names of the classes; of a binary task (negative, positive); () for regression.
        scores: (n_rows, n_classes) float64, rows sum to 1, columns in the order of ``classes``; all
            NaN for a candidate that states no probabilities. For regression (n_rows,).
        decided: (n_rows,) int64 codes of the decided classes; float64 predictions for regression.
        truth: (n_rows,) int64 codes of the true classes; float64 for regression.
        units: (n_rows,) int64, the unit that a row belongs to; rows of one unit are alike.

    Raises:
        ValueError: shapes don't fit, a code is not that of a class, or a number is not finite.
    """

    task: Task
    classes: tuple[str, ...]
    scores: Floats
    decided: npt.NDArray[np.int64] | Floats
    truth: npt.NDArray[np.int64] | Floats
    units: Codes

    def __post_init__(self) -> None:
        n = len(self.truth)
        shape = (n,) if self.task == "regression" else (n, len(self.classes))
        _require(self.scores.shape == shape, f"scores have shape {self.scores.shape}, not {shape}")
        for name in ("decided", "truth", "units"):
            found = getattr(self, name).shape
            _require(found == (n,), f"{name} has shape {found}, not {(n,)}")
        _require(self.units.dtype.kind == "i", "units must be integers")
        if self.task == "regression":
            finite = np.isfinite(self.decided).all() and np.isfinite(self.truth).all()
            _require(bool(finite), "decided and truth must be finite")
        else:
            self._check_classes()

    @property
    def states_probabilities(self) -> bool:
        """Whether the scores are probabilities, not a rule's blanks."""
        return self.task != "regression" and not np.isnan(self.scores[:1]).any()

    @property
    def errors(self) -> Floats:
        """What went wrong in each row: 1 for a wrong decision; of numbers prediction minus truth."""
        if self.task == "regression":
            return np.subtract(self.decided, self.truth, dtype=np.float64)
        return np.not_equal(self.decided, self.truth).astype(np.float64)

    def take(self, rows: npt.NDArray[np.intp] | Mask) -> Predictions:
        """Keep some rows, by mask or by position."""
        return Predictions(
            self.task,
            self.classes,
            self.scores[rows],
            self.decided[rows],
            self.truth[rows],
            self.units[rows],
        )

    def __len__(self) -> int:
        return len(self.truth)

    def _check_classes(self) -> None:
        least, most = (2, 2) if self.task == "binary" else (2, None)
        count = len(self.classes)
        fits = count >= least and (most is None or count <= most)
        _require(fits, f"a {self.task} task can't have {count} classes")
        for name in ("decided", "truth"):
            codes = getattr(self, name)
            _require(codes.dtype.kind == "i", f"{name} must be integer codes")
            inside = not len(codes) or (codes.min() >= 0 and codes.max() < count)
            _require(bool(inside), f"{name} holds a code that is not of {count} classes")
        blank = np.isnan(self.scores)
        _require(bool(blank.all() or not blank.any()), "scores are NaN in some places only")
        if self.states_probabilities:
            drift = np.abs(self.scores.sum(axis=1) - 1.0).max(initial=0.0)
            _require(bool(drift < _SUM_TOLERANCE), "the scores of a row must sum to 1")


@dataclass(frozen=True, slots=True)
class Group:
    """Which group each row belongs to.

    Attributes:
        labels: Names of the groups.
        codes: (n_rows,) int64, position in ``labels``; -1 for a row in no group.

    Raises:
        ValueError: a code has no label.
    """

    labels: tuple[str, ...]
    codes: Codes

    def __post_init__(self) -> None:
        known = not len(self.codes) or int(self.codes.max()) < len(self.labels)
        _require(known, f"a code has none of the {len(self.labels)} labels")

    def members(self) -> list[npt.NDArray[np.intp]]:
        """Positions of the rows of each group, in the order of the labels."""
        order = np.argsort(self.codes, kind="stable")
        cuts = np.searchsorted(self.codes[order], np.arange(len(self.labels) + 1))
        return [order[cuts[i] : cuts[i + 1]] for i in range(len(self.labels))]


_SUM_TOLERANCE = 1e-3
"""Probabilities that a model states in float32 sum to 1 within this, whatever the classes."""


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - a condition, not a switch
    if not holds:
        raise ValueError(message)
