"""The target of each row: a class or a number, or not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.core.errors import DataError
from seatrial.data import query
from seatrial.plan.grammar import parse_condition
from seatrial.plan.schema import Task
from seatrial.records.condition import Column
from seatrial.records.contract import TaskKind
from seatrial.records.dataset import Snapshot
from seatrial.store import Tables

MOST_CLASSES = 1_000
"""Distinct values of a classification target; more are a number, a name or a text."""

_WHERE = "task.target"
_BINARY = 2


@dataclass(frozen=True, slots=True)
class Labels:
    """The target of each row of a snapshot.

    Attributes:
        task: Kind of answer.
        values: (n_rows,) int64 codes into ``classes``, -1 where not known; for regression (n_rows,)
            float64, NaN where not known.
        classes: Names of the classes, the positive one last; empty for regression.
        known: (n_rows,) bool.
    """

    task: TaskKind
    values: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    classes: tuple[str, ...]
    known: npt.NDArray[np.bool_]


def label(snapshot: Snapshot, task: Task, tables: Tables) -> Labels:
    """Read or compute the target.

    A condition gives the classes ``false`` and ``true``. A column with two values gives these,
    sorted, so that the greater number or the later word is the positive class; one with more gives
    a class for each, sorted. For regression and forecasts the column's numbers are the target.

    Raises:
        DataError: the target has one value only, a class with a single row, more than
            :data:`MOST_CLASSES` classes, or isn't a number where one is wanted.
        PlanError: it names a column that isn't there, or isn't a condition.
    """
    node = (
        Column(task.target)
        if task.target in snapshot.kinds
        else parse_condition(task.target, where=_WHERE)
    )
    is_number = task.kind in {"regression", "forecast"}
    if isinstance(node, Column):
        query.demand_columns({_WHERE: node.name}, snapshot.kinds)
        values = query.columns(snapshot, [node.name], tables).to_series()
        return numbers(values) if is_number else classes(values)
    if is_number:
        fact = f"`{task.target}` is a condition, and {task.kind} predicts a number"
        raise DataError(fact, where=_WHERE, hint="name a column, or write `kind: classification`")
    told = query.codes(snapshot, node, tables).astype(np.int64)
    return _checked(Labels("binary", told, ("false", "true"), told >= 0), task.target)


def numbers(column: pl.Series) -> Labels:
    """Take a column's numbers as the target.

    Raises:
        DataError: they are no numbers, all missing, or all equal.
    """
    if not column.dtype.is_numeric():
        given = column.drop_nulls().head(1).to_list()
        fact = f"{column.name} isn't a number{f' but {given[0]!r}' if given else ''}"
        raise DataError(fact, where=_WHERE, hint="name a number, or write `kind: classification`")
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    labels = Labels("regression", values, (), ~np.isnan(values))
    _demand_variety(len(np.unique(values[labels.known])), labels, column.name)
    return labels


def classes(column: pl.Series) -> Labels:
    """Take a column's values as classes.

    Raises:
        DataError: there is one value, a class with a single row, or too many values.

    >>> labels = classes(pl.Series("churn", ["No", "Yes", None, "No", "Yes"]))
    >>> labels.classes, labels.values.tolist()
    (('No', 'Yes'), [0, 1, -1, 0, 1])
    """
    levels = column.drop_nulls().unique().sort()
    if len(levels) > MOST_CLASSES:
        way_out = "`kind: regression`" if column.dtype.is_numeric() else "a column with fewer"
        fact = f"{column.name} has {len(levels):,} different values"
        looks = "looks like regression" if column.dtype.is_numeric() else "looks like a text or id"
        raise DataError(f"{fact}: it {looks}", where=_WHERE, hint=f"write {way_out}")
    codes = (column.rank("dense").cast(pl.Int64) - 1).fill_null(-1).to_numpy()
    kind: TaskKind = "binary" if len(levels) == _BINARY else "multiclass"
    names = tuple(class_name(level) for level in levels.to_list())
    return _checked(Labels(kind, codes, names, codes >= 0), column.name)


def class_name(value: object) -> str:
    """Write a class as text.

    >>> class_name(True), class_name(2.0), class_name("a")
    ('true', '2', 'a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _checked(labels: Labels, name: str) -> Labels:
    rows = np.bincount(labels.values[labels.known].astype(np.int64), minlength=len(labels.classes))
    _demand_variety(int((rows > 0).sum()), labels, name)
    single = [each for each, count in zip(labels.classes, rows, strict=True) if count == 1]
    if single:
        fact = f"of {name}, {', '.join(single[:5])} stands in a single row"
        hint = "it can't be both learned and judged: get more, or exclude it in `data.exclude`"
        raise DataError(fact, where=_WHERE, hint=hint)
    return labels


def _demand_variety(different: int, labels: Labels, name: str) -> None:
    if different > 1:
        return
    rows = int(labels.known.sum())
    fact = f"{name} has one value only in {rows:,} rows" if different else f"{name} is never known"
    raise DataError(fact, where=_WHERE, hint="there is nothing to predict: check column and bound")
