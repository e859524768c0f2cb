"""Draft the data section of a plan from a table: what is what, and the figure that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import polars as pl

from seatrial.data import hindsight
from seatrial.data.foresight import known_ahead
from seatrial.data.free_text import free_text, told_image
from seatrial.data.key_guess import guess_key
from seatrial.data.kinship import is_group_like, likeness, named_like_a_group
from seatrial.data.lags import moments
from seatrial.data.protected import protected
from seatrial.data.schema import MOST_LEVELS
from seatrial.data.seasons import Course, find_course
from seatrial.data.snapshot import DAY
from seatrial.data.target_guess import TargetGuess, guess_target

_ANSWER = re.compile(r"(^|_)(y_?(pred|hat|prob)|pred|prediction|predicted|predicted_probability)$")
_FEWEST_MOMENTS = 10
_MOST_MISSING_TIMES = 0.01
_MOST_SUMMED = 40
_TEXT_SHARE = 0.5
_FEW_REPEATED = 0.005


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice, and the figure that speaks for it; ``value`` is None for "none"."""

    value: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns of a table are.

    Attributes:
        task: As the plan's kind: ``text`` if the model reads texts alone, ``image`` if it sees
            images, ``forecast`` if the target is a series in time.
        target: As the plan writes it: a column or a condition.
        target_column: The column that it is computed from; never a feature.
        target_because: Why.
        key: Columns that name a row; ``("row",)`` for the number of the row.
        key_because: Why.
        time: The column that says when.
        unit: What is resampled: a column, or ``day``.
        split: ``time``, ``group`` or ``hash``.
        group: The column whose rows stay together; only with ``group``.
        drop: Columns that don't help.
        forbid: Columns that know the target.
        context: Columns to log and slice by, not to show to the model.
        text: Columns of free text.
        images: Columns of images.
        course: How the target runs in time; forecasts only.
    """

    task: Literal["classification", "regression", "forecast", "text", "image"]
    target: str
    target_column: str
    target_because: str
    key: tuple[str, ...]
    key_because: str
    time: Choice
    unit: Choice
    split: Choice
    group: str | None
    drop: tuple[Choice, ...]
    forbid: tuple[Choice, ...]
    context: tuple[Choice, ...]
    text: tuple[Choice, ...] = ()
    images: tuple[Choice, ...] = ()
    course: Course | None = None


def roles(frame: pl.DataFrame, *, target: str | None = None, name: str = "") -> Roles:
    """Say what is what in a table.

    Sex and age stay features, because whether they may be used depends on the use; race, religion
    and nationality are suggested as context.

    Args:
        frame: As :func:`seatrial.data.sources.read` gives it.
        target: The column to predict; None to guess.
        name: The file, for messages.

    Raises:
        DataError: no column looks like a target, or the one that was named can't be one.
    """
    goal = guess_target(frame, target=target, name=name)
    others = frame.drop(goal.column)
    images = tuple(Choice(each.name, why) for each in others if (why := told_image(each)))
    text = tuple(Choice(each.name, why) for each in others if (why := free_text(each)))
    read = {str(each.value) for each in (*images, *text)}
    time = _time(others)
    key = guess_key(frame, without=[goal.column, *read], time=time.value)
    repeated = _repeated(others, read, time.value)
    unit = repeated or _unit(others.drop(read), goal, time.value, key.columns)
    split = _split(others, time.value, unit.value)
    course = _course(others.drop(read), goal, time.value)
    is_day = time.value is not None and unit.value == DAY
    out = {*key.columns, time.value, *read}
    inputs = [column for column in others if column.name not in out]
    forbid = _forbidden(inputs, goal)
    if course is not None:
        assert time.value is not None
        forbid = (*forbid, *_unforeseen(others, inputs, forbid, course, time.value))
    left = [column for column in inputs if column.name not in {each.value for each in forbid}]
    context = _context(left)
    left = [column for column in left if column.name not in {each.value for each in context}]
    dropped = tuple(_dropped(left, None if is_day else unit.value))
    shown = {column.name for column in left} - {each.value for each in dropped}
    return Roles(
        task=_kind(goal, course, images, has_text=bool(text), has_others=bool(shown)),
        target=goal.text,
        target_column=goal.column,
        target_because=goal.because,
        key=key.columns,
        key_because=key.because,
        time=time,
        unit=unit,
        split=split,
        group=unit.value if split.value == "group" else None,
        drop=dropped,
        forbid=forbid,
        context=context,
        text=text,
        images=images,
        course=course,
    )


def _kind(
    goal: TargetGuess,
    course: Course | None,
    images: tuple[Choice, ...],
    *,
    has_text: bool,
    has_others: bool,
) -> Literal["classification", "regression", "forecast", "text", "image"]:
    if course is not None:
        return "forecast"
    if goal.task == "regression":
        return "regression"
    if images:
        return "image"
    return "text" if has_text and not has_others else "classification"


def _course(frame: pl.DataFrame, goal: TargetGuess, time: str | None) -> Course | None:
    if time is None or goal.task != "regression" or goal.text != goal.column:
        return None
    return find_course(frame, goal.labels, time=time)


def _unforeseen(
    frame: pl.DataFrame,
    inputs: list[pl.Series],
    forbid: tuple[Choice, ...],
    course: Course,
    time: str,
) -> Iterator[Choice]:
    """Columns that nobody knows yet when the forecast is made."""
    at = moments(frame, course.hour, time=time)
    by = [frame[name] for name in course.by]
    known = {each.value for each in forbid} | {*course.by, course.hour}
    for column in inputs:
        if column.name not in known and not known_ahead(column, at, by=by):
            yield Choice(
                column.name,
                f"no calendar tells it, so {course.step} before it isn't known; allow it if it is",
            )


def _repeated(frame: pl.DataFrame, read: set[str], time: str | None) -> Choice | None:
    """A column of texts or images that stand in several rows; equal ones are one case."""
    if time is not None:
        return None
    for name in (column.name for column in frame if column.name in read):
        again = len(frame[name]) - frame[name].n_unique()
        if again > _FEW_REPEATED * len(frame):
            return Choice(
                name, f"{again:,} rows repeat the {name} of another; equal ones are one case"
            )
    return None


def _time(frame: pl.DataFrame) -> Choice:
    moments = [
        column
        for column in frame.select(pl.col(pl.Datetime))
        if column.null_count() <= _MOST_MISSING_TIMES * len(column)
        and column.n_unique() >= _FEWEST_MOMENTS
    ]
    if not moments:
        return Choice(None, f"no column holds {_FEWEST_MOMENTS} moments or more")
    best = min(moments, key=lambda column: column.null_count())
    first, last = best.drop_nulls().sort()[[0, -1]].dt.strftime("%Y-%m-%d").to_list()
    span = f"{best.n_unique():,} moments from {first} to {last}"
    return Choice(best.name, f"{span}, {best.null_count():,} missing")


def _unit(frame: pl.DataFrame, goal: TargetGuess, time: str | None, key: tuple[str, ...]) -> Choice:
    if time is not None:
        days = frame[time].dt.truncate("1d")
        alike = likeness(days, goal.labels)
        if alike.proven:
            return Choice(DAY, f"rows of a day are alike: {alike}")
    singles = set(key) if len(key) == 1 else set()
    suspects = [each for each in frame if each.name not in singles and is_group_like(each)]
    found = [(likeness(column, goal.labels), column) for column in suspects]
    proven = [(alike, column) for alike, column in found if alike.proven]
    if not suspects:
        others = (
            f"{frame.width} columns, and none names" if frame.width else "no other column names"
        )
        return Choice(None, f"{others} groups of rows")
    if not proven:
        return Choice(
            None, f"rows are not alike in any of {len(suspects)} columns that name groups"
        )
    alike, column = max(proven, key=lambda each: each[0].low)
    groups = column.n_unique()
    return Choice(column.name, f"rows of one of its {groups:,} values are alike: {alike}")


def _split(frame: pl.DataFrame, time: str | None, unit: str | None) -> Choice:
    if time is not None:
        return Choice("time", f"{time} spans {frame[time].n_unique():,} moments")
    if unit is not None:
        return Choice("group", f"rows of one of {frame[unit].n_unique():,} groups stay together")
    return Choice("hash", f"{frame.height:,} rows, without a time and without groups")


def _forbidden(inputs: list[pl.Series], goal: TargetGuess) -> tuple[Choice, ...]:
    everything = np.ones(len(goal.labels.values), dtype=np.bool_)
    found = {}
    for column in inputs:
        power = hindsight.one_column_power(column, goal.labels, everything)
        if power.is_the_target:
            found[column.name] = f"it is the target in other words: {power}"
        elif _ANSWER.search(column.name.lower()):
            found[column.name] = f"it is named like a model's answer: {power}"
    for first, second, share in _summands(inputs, goal):
        for name, other in ((first, second), (second, first)):
            found[name] = f"with {other} it adds up to the target in {share:.1%} of the rows"
    return tuple(Choice(name, because) for name, because in found.items())


def _summands(inputs: list[pl.Series], goal: TargetGuess) -> Iterator[tuple[str, str, float]]:
    """Pairs of columns whose sum is the target."""
    if goal.task != "regression":
        return
    known = goal.labels.known
    truth = goal.labels.values[known]
    numeric = [column for column in inputs if column.dtype.is_numeric()][:_MOST_SUMMED]
    values = {
        column.name: column.cast(pl.Float64).fill_null(float("nan")).to_numpy()[known]
        for column in numeric
    }
    for (first, left), (second, right) in combinations(values.items(), 2):
        share = float(np.isclose(left + right, truth).mean())
        if share > hindsight.NEARLY_ALL:
            yield first, second, share


def _context(columns: list[pl.Series]) -> tuple[Choice, ...]:
    """Columns that tell a protected ground: compared, and not shown to the model."""
    found = []
    for column in columns:
        levels = column.drop_nulls().unique()
        few = levels.sort().to_list() if len(levels) <= MOST_LEVELS else []
        ground = protected(column.name, few)
        if ground is not None:
            found.append(Choice(column.name, f"tells {ground}; {len(levels)} values to compare"))
    return tuple(found)


def _dropped(columns: list[pl.Series], unit: str | None) -> Iterator[Choice]:
    for column in columns:
        known = column.drop_nulls()
        levels = known.n_unique()
        rows = f"{len(known):,} rows"
        if levels < 2:  # noqa: PLR2004 - one value tells nothing
            yield Choice(column.name, f"{levels} value in {rows}")
        elif column.name == unit:
            yield Choice(column.name, f"it names {levels:,} groups, and new ones will come")
        elif column.dtype == pl.String and levels > max(MOST_LEVELS, _TEXT_SHARE * len(known)):
            yield Choice(column.name, f"{levels:,} different texts in {rows}")
        elif column.dtype == pl.String and levels > MOST_LEVELS:
            yield Choice(
                column.name, f"{levels:,} levels, more than the {MOST_LEVELS} that are kept"
            )
        elif column.dtype.is_integer() and levels == len(known) and named_like_a_group(column.name):
            yield Choice(column.name, f"a number of its own in each of {rows}")
