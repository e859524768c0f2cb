"""A claim: one thing that must be true of the system, as the plan states it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from seatrial.records.cadence import Cadence, stale_after
from seatrial.records.condition import Column, Node
from seatrial.records.dataset import PARTS

Quantifier = Literal["gap", "ratio", "worst"]
Commitment = Literal["guarantee", "target", "observe"]
Stage = Literal["offline", "shadow", "canary", "production"]

_SPOKEN = {">=": "ge", "<=": "le", ">": "gt", "<": "lt", "!=": "ne", "=": ""}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A claim that is set aside: why, by whom, until when. After that day it fails by itself."""

    reason: str
    by: str
    until: date


@dataclass(frozen=True, slots=True)
class Measure:
    """The part of a claim that is measured: all of it but the bound.

    Attributes:
        metric: A name in the glossary.
        arguments: What stands in its brackets, by name.
        quantifier: ``gap``, ``ratio`` or ``worst`` over the groups.
        by: Columns, or ``class`` or ``feature``, that make the groups.
        versus: The reference that it is compared with, row by row.
        part: What it is measured on offline: a part of the split, or a scenario set of the plan.
        over: Width of a production window, as written, ``28d``.
        where: The slice.
    """

    metric: str
    arguments: tuple[tuple[str, str | float], ...] = ()
    quantifier: Quantifier | None = None
    by: tuple[str, ...] = ()
    versus: str | None = None
    part: str = "test"
    over: str | None = None
    where: Node | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.subject, self.clauses, self.slice]))

    @property
    def subject(self) -> str:
        """The quantifier and the metric with its arguments."""
        listed = ", ".join(_argument(name, value) for name, value in self.arguments)
        return " ".join(
            filter(None, [self.quantifier, self.metric + (f"({listed})" if listed else "")])
        )

    @property
    def clauses(self) -> str:
        """What stands between the metric and the bound."""
        words = [
            f"by {', '.join(str(Column(name)) for name in self.by)}" if self.by else "",
            f"vs {Column(self.versus)}" if self.versus else "",
        ]
        words += [
            f"on {Column(self.part)}" if self.part != "test" else "",
            f"over {self.over}" if self.over else "",
        ]
        return " ".join(filter(None, words))

    @property
    def is_of_scenarios(self) -> bool:
        """Whether it is measured on a scenario set."""
        return self.part not in PARTS

    @property
    def slice(self) -> str:
        """The condition, as a clause."""
        return f"where {self.where}" if self.where is not None else ""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measured value is held against; ``tolerance`` only with ``=``."""

    sign: Literal[">=", "<=", ">", "<", "="]
    value: float
    unit: str | None = None
    tolerance: float | None = None

    def __str__(self) -> str:
        margin = f" +- {number(self.tolerance)}" if self.tolerance is not None else ""
        unit = {None: "", "%": "%"}.get(self.unit, f" {self.unit}")
        return f"{self.sign} {number(self.value)}{unit}{margin}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A measure, its bound, and who answers for it.

    Attributes:
        id: Its name for life.
        measure: What is measured.
        bound: What it must reach; None if the probe answers yes or no.
        stage: The only stage it is judged at; None: at every stage.
        commitment: ``guarantee`` needs proof of good, ``target`` goes by the point estimate,
            ``observe`` never blocks.
        owner: Who answers for it.
        fresh: Greatest age of its evidence, as written, ``7d``.
        every: When it is measured, as the plan says; None: as often as its metric is by itself.
        draft: Whether its bound was drafted by ``init`` and nobody has signed it.
        waiver: Whether it is set aside.
        line: Line of the plan file, from 1.
    """

    id: str
    measure: Measure
    bound: Bound | None
    stage: Stage | None = None
    commitment: Commitment = "guarantee"
    owner: str = "default"
    fresh: str | None = None
    every: Cadence | None = None
    draft: bool = False
    waiver: Waiver | None = None
    line: int = 0

    @property
    def lasts(self) -> str | None:
        """Greatest age of its evidence: ``fresh``, else what ``every`` allows; None: any age."""
        return self.fresh or stale_after(self.every)

    def __str__(self) -> str:
        stage = f"in {self.stage}" if self.stage else ""
        bound = str(self.bound) if self.bound else ""
        measure = self.measure
        return " ".join(
            filter(None, [measure.subject, measure.clauses, stage, bound, measure.slice])
        )


def claim_id(measure: Measure, stage: Stage | None) -> str:
    """The name of a claim that gives itself none: its text without the bound.

    >>> claim_id(Measure("recall", versus="rule"), None)
    'recall.vs-rule'
    """
    words = [measure.subject, *_clauses(measure), f"in {stage}" if stage else "", measure.slice]
    return ".".join(filter(None, (_slug(word) for word in words)))


def _clauses(measure: Measure) -> list[str]:
    return re.split(r" (?=by |vs |on |over )", measure.clauses)


def _slug(text: str) -> str:
    spoken = re.sub(r">=|<=|!=|>|<|=", lambda sign: f" {_SPOKEN[sign[0]]} ", text)
    return re.sub(r"[^a-z0-9_.]+", "-", spoken.lower()).strip("-.")


def _argument(name: str, value: str | float) -> str:
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_][\w.]*", value) is not None
        text = value if plain else "'" + value.replace("'", "''") + "'"
        return text if name in {"percentile", "column", "feature"} else f"{name}={text}"
    return f"{name}={number(value)}"


def number(value: float) -> str:
    """Write a number as people do: no needless digits.

    >>> number(500.0), number(0.45)
    ('500', '0.45')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def arguments_of(measure: Measure) -> Mapping[str, Any]:
    """The arguments by name."""
    return dict(measure.arguments)
