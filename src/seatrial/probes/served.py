"""Logged decisions of one stage, as predictions whose truth came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seatrial.probes.predictions import groups_of
from seatrial.records.claim import Measure
from seatrial.records.condition import Node, to_closure
from seatrial.records.condition import columns as columns_of
from seatrial.records.contract import Contract

if TYPE_CHECKING:
    import polars as pl

    from seatrial.evaluation import Predictions

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan says that measuring needs.

    Attributes:
        contract: What the candidate is asked and answers.
        costs: Cost of one error, by kind; None if the plan states none.
        cost_unit: Their unit.
        confidence: Probability from which a decision counts as covered.
        unit: What is resampled: a column, ``day``, or None for the row.
        reference: What the reference arm is: ``rule``, ``people``, ``archive``.
        every: How often production is looked at.
        now: When it is looked at; None: after everything.
        waits: How long outcomes have.
    """

    contract: Contract
    costs: Mapping[str, float] | None
    cost_unit: str
    confidence: float
    unit: str | None
    reference: str
    every: timedelta
    now: datetime | None = None
    waits: timedelta = timedelta()


class Unanswerable(Exception):  # noqa: N818 — a reason, not a fault
    """The log doesn't hold what a claim asks about; the message says what."""


class Served:
    """Decisions of one stage, in the order of event time, with their outcomes as far as known.

    Args:
        frame: ``@at``, ``@scores``, ``@decided``, ``@reference``, ``@outcome``, ``@person``,
            ``@latency_us``, ``@mature`` and the raw columns, sorted by ``@at``.
        terms: What the plan says.
    """

    def __init__(self, frame: pl.DataFrame, terms: Terms) -> None:
        self.frame, self.terms = frame, terms
        self._slices: dict[str, Mask] = {}

    @cached_property
    def at(self) -> npt.NDArray[np.datetime64]:
        """When each was decided; (n_rows,) datetime64[us]."""
        moments: npt.NDArray[np.datetime64] = (
            self.frame["@at"].dt.replace_time_zone(None).to_numpy()
        )
        return moments

    @cached_property
    def truth(self) -> npt.NDArray[np.float64]:
        """Class codes or numbers; (n_rows,) float64, NaN where not known."""
        return self._coded("@outcome")

    @cached_property
    def judged(self) -> Mask:
        """Rows that claims are measured on: mature, outcome known, the candidate answered."""
        decided = self.frame["@decided"].is_not_null().to_numpy()
        mature: Mask = self.frame["@mature"].to_numpy() & decided & ~np.isnan(self.truth)
        return mature

    @cached_property
    def units(self) -> npt.NDArray[np.int64]:
        """The resampled unit of each row; (n_rows,) int64."""
        import polars as pl

        unit = self.terms.unit
        if unit == "day":
            return self.at.astype("datetime64[D]").astype(np.int64)
        if unit is None or unit not in self.frame.columns:
            return np.arange(self.frame.height)
        return (
            self.frame[unit].cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
        )

    @cached_property
    def scores(self) -> npt.NDArray[np.float64]:
        """Probabilities by class; (n_rows, n_classes), rows sum to 1, NaN where none are stated."""
        import polars as pl

        each = [
            pl.col("@scores").list.get(code, null_on_oob=True).alias(str(code))
            for code in range(len(self.terms.contract.classes))
        ]
        given = self.frame.select(each).fill_null(np.nan).to_numpy()
        scores: npt.NDArray[np.float64] = given / given.sum(axis=1, keepdims=True)
        return scores

    def predictions(self, rows: Mask, *, versus: str | None = None) -> Predictions:
        """The candidate's answers to some rows, or those of a reference.

        Raises:
            Unanswerable: nothing of this reference is on the log.
        """
        from seatrial.evaluation import Predictions

        contract = self.terms.contract
        decided = self._decided(versus)[rows]
        if np.isnan(decided).any():
            raise Unanswerable(f"{versus} did not answer every request")
        truth, units = self.truth[rows], self.units[rows]
        if not contract.classes:
            return Predictions(contract.task, (), decided, decided, truth, units)
        scores = np.full((int(rows.sum()), len(contract.classes)), np.nan)
        if versus is None:
            scores = self.scores[rows]
        return Predictions(
            contract.task,
            contract.classes,
            scores,
            decided.astype(np.int64),
            truth.astype(np.int64),
            units,
        )

    def where(self, measure: Measure) -> Mask:
        """Rows of a claim's slice; (n_rows,) bool.

        Raises:
            Unanswerable: a column isn't on the log.
        """
        if measure.where is None:
            return np.ones(self.frame.height, dtype=bool)
        text = str(measure.where)
        if text not in self._slices:
            self._slices[text] = self._met(measure.where)
        return self._slices[text]

    def _met(self, condition: Node) -> Mask:
        """Asked once of each combination of values that occurs."""
        import polars as pl

        names = list(columns_of(condition))
        self._demand(names)
        is_true = to_closure(condition)
        distinct = self.frame.select(names).unique()
        met = pl.Series("@met", [bool(is_true(row)) for row in distinct.iter_rows(named=True)])
        joined = self.frame.select(names).join(
            distinct.with_columns(met),
            on=names,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        found: Mask = joined["@met"].to_numpy().astype(bool)
        return found

    def groups(self, measure: Measure, rows: Mask) -> Any:
        """Groups of some rows, as the claim names them.

        Raises:
            Unanswerable: a column isn't on the log.
        """
        named = [name for name in measure.by if name != "class"]
        self._demand(named)
        return groups_of(measure.by, [self.frame[name].filter(_series(rows)) for name in named])

    def _demand(self, names: Sequence[str]) -> None:
        absent = [name for name in names if name not in self.frame.columns]
        if absent:
            raise Unanswerable(f"{', '.join(absent)} is not on the log")

    def _decided(self, versus: str | None) -> npt.NDArray[np.float64]:
        if versus is None:
            return self._numbers("@decided")
        kinds = {"rule": "rule", "people": "people", "champion": "archive", "previous": "archive"}
        if kinds.get(versus) != self.terms.reference and versus != "reference":
            raise Unanswerable(f"{versus} is not the reference of this release")
        if self.terms.reference == "people":
            return self._coded("@person")
        return self._numbers("@reference")

    def _numbers(self, name: str) -> npt.NDArray[np.float64]:
        values: npt.NDArray[np.float64] = self.frame[name].fill_null(float("nan")).to_numpy()
        return values

    def _coded(self, name: str) -> npt.NDArray[np.float64]:
        import polars as pl

        classes = self.terms.contract.classes
        if not classes:
            return (
                self.frame[name].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
            )
        codes = {each: float(code) for code, each in enumerate(classes)}
        return np.array([codes.get(each, np.nan) for each in self.frame[name]], dtype=np.float64)


def _series(rows: Mask) -> pl.Series:
    import polars as pl

    return pl.Series(rows)
