"""Which column is to be predicted, as what, and how the plan writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from seatrial.core.errors import DataError
from seatrial.data.cells import kind_of
from seatrial.data.free_text import free_text
from seatrial.data.query import unknown_column
from seatrial.data.target import Labels, classes, numbers
from seatrial.records.condition import Column, Compare, Constant, Kind

_NAMES = (
    r"target|label|y|outcome|ground_?truth",
    r"churn(ed)?|attrition|exited",
    r"survived|survival|died|deceased|death",
    r"default(ed)?|fraud|is_fraud|spam|is_spam|late|is_late|clicked|converted|readmitted|diagnosis",
    r"employed|income|approved|bought|purchased|subscribed",
    r"species|variety",
    r"median_house_value|price|sale_?price|cost|amount|demand|sales|rating|quality|score",
    r"cnt|count",
    r"class|category|type",
)
_YES = {"yes", "y", "true", "t", "positive", "pos", "spam", "fraud", "bad", "late", "1", ">50k"}
_MOST_LEVELS = 20
_BINARY = 2
_LISTED = 8


@dataclass(frozen=True, slots=True)
class TargetGuess:
    """The target and why.

    Attributes:
        column: The column that it is computed from.
        text: As the plan writes it: the column, or a condition on it.
        task: Kind of the plan's task.
        labels: Its values.
        because: A sentence with a measured figure.
    """

    column: str
    text: str
    task: Literal["classification", "regression"]
    labels: Labels
    because: str


def guess_target(frame: pl.DataFrame, *, target: str | None, name: str) -> TargetGuess:
    """Find what is to be predicted.

    Without ``target``, the first column with a name that targets have is taken, or else the last
    column if it has 2 to 20 values, or else the only one that has, if all others are texts. Two values become a condition for the likelier "yes" (or the
    greater number, or the rarer word); numbers with more than 20 values are regression.

    Args:
        frame: The table.
        target: The column, if the user named it.
        name: The file, for messages.

    Raises:
        DataError: no column looks like a target, the named one isn't there or has one value only.
    """
    if target is not None and target not in frame.columns:
        kinds: dict[str, Kind] = {column.name: kind_of(column.dtype) for column in frame}
        fault = unknown_column(target, kinds, name)
        raise DataError(fault.fact, where=fault.where, hint=fault.hint)
    chosen, reason = (target, "it was named") if target else _by_name(frame, name)
    return _described(frame[chosen], reason)


def _by_name(frame: pl.DataFrame, name: str) -> tuple[str, str]:
    for pattern in _NAMES:
        for column in frame:
            if re.fullmatch(pattern, column.name.lower()) and column.n_unique() > 1:
                return column.name, "targets are often named so"
    last = frame[frame.columns[-1]]
    if _BINARY <= last.drop_nulls().n_unique() <= _MOST_LEVELS:
        return last.name, "it is the last column"
    fitting = [
        column.name for column in frame if _BINARY <= column.drop_nulls().n_unique() <= _MOST_LEVELS
    ]
    listed = ", ".join((fitting or frame.columns)[:_LISTED])
    if len(fitting) == 1 and all(free_text(each) for each in frame.drop(fitting)):
        return fitting[0], f"it is the only column with 2 to {_MOST_LEVELS} values beside texts"
    hint = f"say which with --target; with 2 to {_MOST_LEVELS} values: {listed}"
    raise DataError("no column looks like the target", where=name, hint=hint)


def _described(column: pl.Series, reason: str) -> TargetGuess:
    levels = column.drop_nulls().unique().sort()
    count = len(levels)
    if column.dtype.is_numeric() and (count > _MOST_LEVELS or not _is_whole(levels)):
        span = f"{count:,} different numbers from {levels[0]:,} to {levels[-1]:,}"
        return TargetGuess(
            column.name, _quoted(column), "regression", numbers(column), f"{reason}; {span}"
        )
    labels = classes(column)
    if count != _BINARY:
        sizes = column.drop_nulls().value_counts()["count"].sort()
        because = f"{reason}; {count} classes of {sizes[0]:,} to {sizes[-1]:,} rows"
        return TargetGuess(column.name, _quoted(column), "classification", labels, because)
    positive = _positive(column, levels)
    share = float((column == positive).sum() / (len(column) - column.null_count()))
    text = str(Compare("=", Column(column.name), Constant(positive)))
    because = f"{reason}; two values, and {share:.1%} of {len(column):,} rows are {positive!r}"
    return TargetGuess(column.name, text, "classification", labels, because)


def _positive(column: pl.Series, levels: pl.Series) -> str | float:
    least, greatest = levels.to_list()
    if column.dtype != pl.String:
        return int(greatest) if isinstance(greatest, float) and _is_whole(levels) else greatest
    saying_yes = [each for each in (least, greatest) if each.lower() in _YES]
    if len(saying_yes) == 1:
        return str(saying_yes[0])
    rarer = min((greatest, least), key=lambda each: int((column == each).sum()))
    return str(rarer)


def _is_whole(levels: pl.Series) -> bool:
    return bool((levels.cast(pl.Float64) % 1 == 0).all())


def _quoted(column: pl.Series) -> str:
    return str(Column(column.name))
