"""Ways in which the rows that judge are known to those that train, or a column to the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.data import duplicates, hindsight, kinship
from seatrial.data.target import Labels
from seatrial.records.dataset import PARTS

LeakKind = Literal["duplicate", "group", "time", "target", "shift"]
Codes = npt.NDArray[np.uint8]

_TEST = PARTS.index("test")  # its targets aren't looked at to accuse a column


@dataclass(frozen=True, slots=True)
class Leak:
    """One way in which the answer is known before it is asked.

    Attributes:
        kind: ``duplicate``: rows of training stand in dev or test; ``group``: rows of one group
            do; ``time``: training knows the future; ``target``: a column is the target in other
            words; ``shift``: it is the target of another row.
        fact: A sentence with the measured figures.
        columns: Columns that it is about.
        rows: Rows of dev and test that it touches.
        share: The same, of all rows of dev and test.
        evidence: The measured figures.
    """

    kind: LeakKind
    fact: str
    columns: tuple[str, ...] = ()
    rows: int = 0
    share: float = 0.0
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows were divided, and what the plan knows of them.

    Attributes:
        codes: (n_rows,) uint8: 0 train, 1 dev, 2 test.
        by: ``time``, ``group`` or ``hash``.
        time: (n_rows,) when each row was; None without a time.
        groups: Columns that the plan names as unit or group, by name; rows of one value are alike.
    """

    codes: Codes
    by: Literal["time", "group", "hash"]
    time: pl.Series | None = None
    groups: Mapping[str, pl.Series] = field(default_factory=dict)

    @property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """(n_rows,) bool, rows of dev and test."""
        held: npt.NDArray[np.bool_] = self.codes > 0
        return held


def find_leaks(features: pl.DataFrame, labels: Labels, layout: Layout) -> tuple[Leak, ...]:
    """Look for five kinds of leak.

    A finding must be far beyond chance *and* large, so that healthy data stays quiet: each kind's
    rate of false alarms is measured in ``tests/data/test_leakage.py``.

    Args:
        features: (n_rows, n_features), columns that the model may see, and columns such as ids
            that may name a group; without key and target.
        labels: The target.
        layout: Parts, time and declared groups.

    Returns:
        Leaks, in the order duplicate, group, time, target, shift.
    """
    return (
        *_duplicates(features, labels, layout),
        *_groups(features, labels, layout),
        *_time(labels, layout),
        *_targets(features, labels, layout),
        *_shifts(features, labels, layout),
    )


def _duplicates(features: pl.DataFrame, labels: Labels, layout: Layout) -> list[Leak]:
    found = duplicates.shared_rows(features, labels.values, layout.codes)
    if found is None:
        return []
    share = found.rows / max(int(layout.held_out.sum()), 1)
    fact = (
        f"{found.rows:,} rows of dev and test ({share:.1%}) stand in training too, apart from the "
        f"key and the last digits; chance explains {found.by_chance:,.0f}"
    )
    evidence = {"by_chance": found.by_chance}
    return [Leak("duplicate", fact, tuple(features.columns), found.rows, share, evidence)]


def _groups(features: pl.DataFrame, labels: Labels, layout: Layout) -> list[Leak]:
    if layout.by == "time":
        # A customer who comes back later is what a model meets in service, too.
        return []
    suspects = {each.name: each for each in features if kinship.is_group_like(each)}
    leaks = []
    for name, column in {**suspects, **layout.groups}.items():
        shared = kinship.shared_groups(column, layout.codes)
        if shared.rows == 0:
            continue
        declared = name in layout.groups
        alike = kinship.likeness(column, labels)
        if not declared and not alike.proven:
            continue
        reason = "the plan says that they are alike" if declared else str(alike)
        share = shared.rows / max(int(layout.held_out.sum()), 1)
        fact = (
            f"{shared.groups:,} groups of {name} stand in training and in {shared.rows:,} rows of "
            f"dev and test ({share:.1%}); {reason}"
        )
        evidence = {"groups": float(shared.groups), "likeness": alike.value}
        leaks.append(Leak("group", fact, (name,), shared.rows, share, evidence))
    return leaks


def _time(labels: Labels, layout: Layout) -> list[Leak]:
    if layout.time is None:
        return []
    ranks = layout.time.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    known = ranks > 0
    train = ranks[known & (layout.codes == 0)]
    held_out = known & layout.held_out
    if not len(train) or not held_out.any():
        return []
    early = held_out & (ranks < train.max())
    rows, share = int(early.sum()), float(early.sum() / held_out.sum())
    name = layout.time.name
    if rows == 0:
        return []
    if layout.by == "time":
        fact = f"{rows:,} rows of dev and test ({share:.1%}) are older than the newest of training"
        return [Leak("time", fact, (name,), rows, share)]
    drift = hindsight.drift(labels, ranks)
    if not drift.proven:
        return []
    fact = (
        f"the target depends on {name} ({drift}), and {rows:,} rows of dev and test ({share:.1%}) "
        f"are older than the newest of training"
    )
    return [Leak("time", fact, (name,), rows, share, {"explained": drift.explained})]


def _targets(features: pl.DataFrame, labels: Labels, layout: Layout) -> list[Leak]:
    seen = layout.codes != _TEST
    leaks = []
    for column in features:
        power = hindsight.one_column_power(column, labels, seen)
        if power.is_the_target:
            share = 1.0 - column.null_count() / max(len(column), 1)
            fact = f"{column.name} alone tells the target ({power})"
            evidence = {power.measure: power.value}
            leaks.append(Leak("target", fact, (column.name,), power.rows, share, evidence))
    return leaks


def _shifts(features: pl.DataFrame, labels: Labels, layout: Layout) -> list[Leak]:
    if layout.time is None:
        return []
    seen = layout.codes != _TEST
    orders = hindsight.orders(layout.time, layout.groups)
    leaks = []
    for column in features:
        shift = hindsight.shifted_target(column, labels, orders, seen)
        if shift is not None:
            when = "later" if shift.by > 0 else "earlier"
            fact = (
                f"{column.name} is the target of {abs(shift.by)} row(s) {when} in the order of "
                f"{shift.order} (correlation {shift.correlation:.4f}, {shift.expected:.2f} expected)"
            )
            evidence = {"by": float(shift.by), "correlation": shift.correlation}
            leaks.append(Leak("shift", fact, (column.name,), shift.rows, 1.0, evidence))
    return leaks
