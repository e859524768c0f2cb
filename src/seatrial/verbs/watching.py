"""Decisions of the newest release, joined with what came after, and cut into windows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.clock import iso
from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.core.units import duration
from seatrial.monitoring.outcomes import joined
from seatrial.monitoring.windows import Span, cut
from seatrial.probes.production import paired
from seatrial.probes.served import Mask, Served, Terms
from seatrial.records.look import Look, Window
from seatrial.records.manifest import Manifest
from seatrial.records.release import Move, Rung
from seatrial.stats import wilson
from seatrial.verbs.desk import history
from seatrial.verbs.follow import Tables
from seatrial.verbs.project import Project

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Stretch:
    """Moves of the newest release, the oldest first, and where its present stage begins among them."""

    moves: tuple[Move, ...]
    stage_from: int

    @property
    def newest(self) -> Move:
        """The move in force."""
        return self.moves[-1]

    @property
    def rung(self) -> Rung:
        """Where the release stands."""
        return Rung.parse(self.newest.went)

    @classmethod
    def of(cls, moves: Sequence[Move]) -> Stretch:
        """Of all moves of the project, the newest first."""
        own = tuple(move for move in reversed(moves) if move.release == moves[0].release)
        stages = [Rung.parse(move.went).stage for move in own]
        start = len(own) - 1
        while start > 0 and stages[start - 1] == stages[-1]:
            start -= 1
        return cls(own, start)


class Watching:
    """Decisions of the newest release, as they are on the log now.

    Args:
        project: The project.
        read: What was read of the log.
        before: The look before this one; what can't have changed since is taken from it.

    Raises:
        NotFoundError: nothing is released, or the release has answered nothing yet.
    """

    def __init__(self, project: Project, read: Tables, *, before: Look | None) -> None:
        self.project, self.plan, self.read = project, project.plan, read
        moves = history(project)
        if not moves:
            raise NotFoundError("nothing is released", hint="start with: seatrial release propose")
        self.stretch = Stretch.of(moves)
        self.now = project.clock.now()
        same = before is not None and before.release == self.stretch.newest.release
        self.before = before if same else None
        is_candidate = before is not None and before.candidate == self.stretch.newest.candidate
        self.of_candidate = before if is_candidate else None

    @cached_property
    def manifest(self) -> Manifest:
        """The newest manifest of the release that has a candidate."""
        names = [move.manifest for move in reversed(self.stretch.moves)]
        found = [Manifest.from_json(json.loads(self.project.blobs.get(name))) for name in names]
        return next(manifest for manifest in found if manifest.candidate is not None)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Every decision of the release, joined with what came after, by event time."""
        import polars as pl

        table = self.read.table("decisions")
        names = [move.manifest for move in self.stretch.moves]
        if table is None:
            raise _silent(self.stretch)
        mature = self.now - self.waits
        found = (
            joined(table, self.read.table("aftermath"))
            .filter(pl.col("@release").is_in(names))
            .with_columns((pl.col("@at") <= mature).alias("@mature"))
            .sort("@at", "@id")  # decisions of one moment stand in the same order at every look
            .collect()
        )
        if found.is_empty():
            raise _silent(self.stretch)
        return found

    @property
    def waits(self) -> timedelta:
        """How long outcomes have."""
        within = self.plan.text.watch.outcome_within
        return duration(within) if within else timedelta()

    @cached_property
    def _counts(self) -> Mask:
        """Rows on which the candidate is judged: its own arm, and all of shadow's."""
        silent = self.frame["@level"].is_in(["human", "shadow"])
        return (silent | (self.frame["@arm"] == "candidate")).to_numpy()

    @cached_property
    def _in_stage(self) -> Mask:
        names = [move.manifest for move in self.stretch.moves[self.stretch.stage_from :]]
        return self.frame["@release"].is_in(names).to_numpy()

    def _served(self, rows: Mask) -> Served:
        import polars as pl

        return Served(self.frame.filter(pl.Series(rows)), self.terms)

    @cached_property
    def whole(self) -> Served:
        """Rows of the release on which its candidate is judged."""
        return self._served(self._counts)

    @cached_property
    def stage(self) -> Served:
        """Of those, the rows of the present stage."""
        return self._served(self._counts & self._in_stage)

    @cached_property
    def terms(self) -> Terms:
        """What the plan says that measuring needs."""
        text = self.plan.text
        errors = text.task.errors
        return Terms(
            contract=self.manifest.contract,
            costs=errors.model_dump(include={"false_negative", "false_positive"})
            if errors
            else None,
            cost_unit=errors.unit if errors else "cost",
            confidence=self.manifest.policy.confidence,
            unit=text.data.unit,
            reference=self.manifest.reference.kind,
            every=duration(text.watch.every),
            now=self.now,
            waits=self.waits,
        )

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The windows' ends."""
        at = self.frame["@at"]
        return cut(at.min(), at.max())  # type: ignore[arg-type]

    def rows_of(self, served: Served, span: Span) -> Mask:
        """Rows of a window; (n_rows,) bool."""
        start, end = (
            np.datetime64(each.replace(tzinfo=None), "us") for each in (span.start, span.end)
        )
        inside: Mask = (served.at >= start) & (served.at < end)
        return inside

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The windows, counted."""
        import polars as pl

        rungs = {move.manifest: move.went for move in self.stretch.moves}
        found = []
        for span in self.spans:
            inside = self.frame.filter((pl.col("@at") >= span.start) & (pl.col("@at") < span.end))
            known = int(inside["@outcome"].is_not_null().sum())
            is_over = span.end <= self.now
            is_mature = is_over and bool(inside["@mature"].all())
            rung = rungs[inside["@release"][-1]] if inside.height else ""
            found.append(
                Window(iso(span.start), iso(span.end), inside.height, known, is_mature, rung)
            )
        return tuple(found)

    @cached_property
    def known(self) -> Estimate:
        """Share of the mature decisions whose outcome is known."""
        mature = self.frame["@mature"].to_numpy()
        outcomes = self.frame["@outcome"].is_not_null().to_numpy()
        n = int(mature.sum())
        return wilson(int((mature & outcomes).sum()), n) if n else not_measured("nothing is mature")

    @cached_property
    def delay_h(self) -> float | None:
        """Median hours from decision to outcome."""
        delays = (self.frame["@outcome_at"] - self.frame["@at"]).drop_nulls()
        median = delays.median()
        return median.total_seconds() / 3600.0 if isinstance(median, timedelta) else None

    @cached_property
    def paired(self) -> Estimate:
        """Candidate less reference in the optimised metric, over the present stage."""
        return paired(self.stage, self.plan.optimise)


def _silent(stretch: Stretch) -> NotFoundError:
    return NotFoundError(
        f"release {stretch.newest.release} has answered nothing yet",
        hint="seatrial serve --port 8080",
    )
