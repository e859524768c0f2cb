"""Find the best rule of one column: what answers before there is a model.

Source:
    Holte (1993), Very simple classification rules perform well on most commonly used datasets,
    Machine Learning 11, 63-91, doi:10.1023/A:1022631118932.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.records.condition import Column, Compare, Constant, Node, OneOf
from seatrial.records.rule import Rule

CUTS = 20
"""Thresholds that are tried on a number."""
MOST_LEVELS = 30
MOST_LISTED = 10
FEWEST_ROWS = 20
"""Rows that a case must have to be believed."""
_DIGITS = 4

Columns = Mapping[str, NDArray[Any]]


def find_rule(columns: Columns, truth: NDArray[Any], classes: Sequence[str]) -> Rule | None:
    """Find the rule of one column that tells the truth best on these rows; the first true case answers.

    Binary: the condition with the greatest informedness, recall plus specificity less 1. Several
    classes and numbers: one answer for each level, or for each quarter of a number, that is right
    most often or leaves the least variance.

    Args:
        columns: Raw columns by name: float64 with NaN, or objects with None.
        truth: (n_rows,) class codes, or float64.
        classes: Names of the classes; empty for a number.

    Returns:
        The rule, or None if no column tells anything.
    """
    if len(classes) == 2:  # noqa: PLR2004 — binary
        found = [
            (_informedness(mask, truth == 1), node)
            for node, mask in _conditions(columns, truth == 1)
        ]
        best = max(found, key=lambda each: each[0], default=None)
        return Rule(((best[1], True),), otherwise=False) if best and best[0] > 0 else None
    gains = [
        (gain, rule)
        for gain, rule in (_list(name, values, truth, classes) for name, values in columns.items())
        if rule
    ]
    best_list = max(gains, key=lambda each: each[0], default=None)
    return best_list[1] if best_list and best_list[0] > 0 else None


def _informedness(said: NDArray[np.bool_], positive: NDArray[np.bool_]) -> float:
    if said.sum() < FEWEST_ROWS or (~said).sum() < FEWEST_ROWS:
        return -1.0
    return float(said[positive].mean() - said[~positive].mean())


def _conditions(
    columns: Columns, positive: NDArray[np.bool_]
) -> Iterator[tuple[Node, NDArray[np.bool_]]]:
    for name, values in columns.items():
        if values.dtype == object:
            yield from _level_sets(name, values, positive)
            continue
        for cut in _cuts(values):
            yield Compare(">=", Column(name), Constant(cut)), values >= cut
            yield Compare("<", Column(name), Constant(cut)), values < cut


def _level_sets(
    name: str, values: NDArray[Any], positive: NDArray[np.bool_]
) -> Iterator[tuple[Node, NDArray[np.bool_]]]:
    levels = _levels(values)
    rates = {level: float(positive[values == level].mean()) for level in levels}
    ranked = sorted(levels, key=lambda level: (-rates[level], str(level)))
    for size in range(1, min(len(ranked), MOST_LISTED + 1)):
        chosen = ranked[:size]
        said = np.isin(values, chosen)
        column = Column(name)
        one = Column(name) if chosen == [True] else Compare("=", column, Constant(chosen[0]))
        node = (
            one
            if size == 1
            else OneOf(column, tuple(Constant(each) for each in sorted(chosen, key=str)))
        )
        yield node, said


def _levels(values: NDArray[Any]) -> list[Any]:
    known, counts = np.unique([value for value in values if value is not None], return_counts=True)
    levels = [level.item() if isinstance(level, np.generic) else level for level in known]
    kept = [level for level, count in zip(levels, counts, strict=True) if count >= FEWEST_ROWS]
    return kept if len(kept) <= MOST_LEVELS else []


def _cuts(values: NDArray[Any]) -> list[float | int]:
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return []
    every = np.unique(known)
    points = (
        every[1:]
        if len(every) <= CUTS
        else np.unique(np.quantile(known, np.linspace(0, 1, CUTS + 2)[1:-1]))
    )
    return [_tidy(point) for point in points]


def _tidy(value: float) -> float | int:
    rounded = float(f"{value:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _list(
    name: str, values: NDArray[Any], truth: NDArray[Any], classes: Sequence[str]
) -> tuple[float, Rule | None]:
    cases = [(node, mask) for node, mask in _cells(name, values) if mask.sum() >= FEWEST_ROWS]
    if len(cases) < 2:  # noqa: PLR2004 — one case tells nothing
        return 0.0, None
    answered = np.full(len(truth), _best_answer(truth, classes), dtype=truth.dtype)
    left = np.ones(len(truth), dtype=bool)
    listed: list[tuple[Node, str | float]] = []
    for node, mask in cases:
        mine = mask & left
        if mine.sum() >= FEWEST_ROWS:
            answered[mine] = _best_answer(truth[mine], classes)
            listed.append((node, _named(_best_answer(truth[mine], classes), classes)))
            left &= ~mask
    otherwise = _named(_best_answer(truth, classes), classes)
    if classes:
        gain = float((answered == truth).mean() - (truth == _best_answer(truth, classes)).mean())
    else:
        gain = float(1 - ((truth - answered) ** 2).mean() / truth.var())
    return gain, Rule(tuple(listed), otherwise)


def _cells(name: str, values: NDArray[Any]) -> Iterator[tuple[Node, NDArray[np.bool_]]]:
    column = Column(name)
    if values.dtype == object:
        for level in _levels(values):
            yield Compare("=", column, Constant(level)), values == level
        return
    known = values[~np.isnan(values)]
    for cut in (
        sorted({_tidy(each) for each in np.quantile(known, [0.25, 0.5, 0.75])})
        if len(known)
        else ()
    ):
        yield Compare("<", column, Constant(cut)), values < cut
    yield (
        Compare(
            ">=", column, Constant(_tidy(float(np.quantile(known, 0.75))) if len(known) else 0)
        ),
        ~np.isnan(values),
    )


def _best_answer(truth: NDArray[Any], classes: Sequence[str]) -> Any:
    return np.bincount(truth).argmax() if classes else truth.mean()


def _named(answer: Any, classes: Sequence[str]) -> str | float:
    return classes[int(answer)] if classes else float(_tidy(float(answer)))
