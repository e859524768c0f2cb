"""Columns that name a group, groups that stand in several parts, and how alike their rows are."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.data.target import Labels
from seatrial.stats import intraclass_correlation

_NAMES = re.compile(
    r"(^|_)(id|ids|uuid|user|customer|client|patient|person|subject|member|household|family|device"
    r"|machine|session|store|school|speaker|author|driver|account|tailnum|group)(_?(id|no|nr|num))?$"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FEWEST_GROUPS = 10
_LEAST_ALIKE = 0.05
_CONFIDENCE = 0.9999
_MOST_ROWS_EACH = 50
_MOST_CLASSES = 10
_FEWEST_ROWS_EACH = 1.5


@dataclass(frozen=True, slots=True)
class Shared:
    """Groups in training and elsewhere, and rows of dev and test in them."""

    groups: int
    rows: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """Intraclass correlation of the target in groups, with the lower end of its interval."""

    value: float
    low: float

    @property
    def proven(self) -> bool:
        """Whether it is beyond chance and large enough to matter."""
        return self.low > 0.0 and self.value >= _LEAST_ALIKE

    def __str__(self) -> str:
        return f"intraclass correlation of the target {self.value:.2f}, at least {self.low:.2f}"


def is_group_like(column: pl.Series) -> bool:
    """Whether a column names groups: by its name, or a text with few rows a value.

    >>> is_group_like(pl.Series("patient_id", [1, 1, 2, 2, 3, 3] * 5))
    False
    >>> is_group_like(pl.Series("patient_id", list(range(15)) * 2))
    True
    """
    is_named = named_like_a_group(column.name)
    if column.dtype.is_float() or not (is_named or column.dtype == pl.String):
        return False
    groups = column.n_unique()
    each = len(column) / max(groups, 1)
    if groups < _FEWEST_GROUPS or each < _FEWEST_ROWS_EACH:
        return False
    return is_named or each <= _MOST_ROWS_EACH


def named_like_a_group(name: str) -> bool:
    """Whether a name is one that ids have.

    >>> named_like_a_group("customerID"), named_like_a_group("humid")
    (True, False)
    """
    return _NAMES.search(_CAMEL.sub("_", name).lower()) is not None


def shared_groups(column: pl.Series, codes: npt.NDArray[np.uint8]) -> Shared:
    """Count groups of training that stand in dev or test; a missing value is no group."""
    known = column.is_not_null().to_numpy()
    in_train = column.filter(pl.Series(known & (codes == 0))).unique()
    elsewhere = column.filter(pl.Series(known & (codes > 0)))
    again = elsewhere.filter(elsewhere.is_in(in_train.implode()))
    return Shared(again.n_unique(), len(again))


def likeness(column: pl.Series, labels: Labels) -> Likeness:
    """Measure how alike the target is in rows of one value of a column; of classes, the most alike."""
    groups = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    known = labels.known & (groups > 0)
    return max(
        (_correlation(values[known], groups[known]) for values in outcomes(labels)),
        key=lambda found: found.low,
    )


def outcomes(labels: Labels) -> list[npt.NDArray[np.float64]]:
    """Write the target as numbers, each (n_rows,) float64.

    Returns:
        The target itself for regression; whether it is the positive class for two classes; else,
        for each of the 10 most frequent classes, whether it is that class.
    """
    if not labels.classes:
        return [labels.values.astype(np.float64)]
    if labels.task == "binary":
        return [(labels.values == 1).astype(np.float64)]
    sizes = np.bincount(labels.values[labels.known].astype(np.int64))
    frequent = np.argsort(-sizes, kind="stable")[:_MOST_CLASSES]
    return [(labels.values == code).astype(np.float64) for code in frequent]


def _correlation(values: npt.NDArray[np.float64], groups: npt.NDArray[np.int64]) -> Likeness:
    measured = intraclass_correlation(values, groups, confidence=_CONFIDENCE)
    if measured.value is None or measured.low is None:
        return Likeness(0.0, 0.0)
    return Likeness(measured.value, measured.low)
