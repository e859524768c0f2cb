"""Inputs and answers of production against training, and the same requests through the training path."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.clock import iso
from seatrial.core.errors import DataError, SeatrialError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.judging.service import SKEW
from seatrial.records.evidence import Verdict
from seatrial.records.look import Moved, Point, Series
from seatrial.scoring.archive import open_archive
from seatrial.stats import design_effect, intraclass_correlation, wilson
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.materials import raw
from seatrial.verbs.profile import outcomes_of, output_of, profile_of
from seatrial.verbs.series import NEWEST
from seatrial.verbs.watching import Watching

if TYPE_CHECKING:
    import polars as pl

    from seatrial.monitoring.drift import DriftReport
    from seatrial.monitoring.inputs import InputWatch
    from seatrial.monitoring.kinds import Relation
    from seatrial.monitoring.reference import Reference

NEWEST_DAYS = (7, 14, 28)
"""Stretches that are compared with training: the shortest that has enough rows."""
ENOUGH = 1_000
"""Rows that make a stretch worth comparing."""
REPLAYED = 500
"""Newest answers that are given again by the training path."""
ALIKE = 1e-5
"""Greatest difference of a score that is the same answer, as when a fast form is proved."""


class Inputs:
    """What came in, beside what training had.

    Args:
        watching: Decisions of the release in force.
    """

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._project = watching.project

    @cached_property
    def _profile(self) -> Reference | None:
        return profile_of(self._project, self._watching.stretch.newest.artefact)

    @property
    def reference_name(self) -> str:
        """What production is compared with, for people."""
        return f"training, {self._profile.rows:,} rows" if self._profile else "training"

    @cached_property
    def newest(self) -> pl.DataFrame:
        """Decisions of the newest whole days: of a week, or of up to four if that is too few."""
        import polars as pl

        frame, day = self._watching.frame, timedelta(days=1)
        end = self._watching.now.replace(hour=0, minute=0, second=0, microsecond=0)
        last = frame["@at"].max()
        assert isinstance(last, datetime)
        end = min(end, last.replace(hour=0, minute=0, second=0, microsecond=0) + day)
        found = frame.clear()
        for days in NEWEST_DAYS:
            found = frame.filter((pl.col("@at") >= end - days * day) & (pl.col("@at") < end))
            if found.height >= ENOUGH:
                break
        return found

    @cached_property
    def _told(self) -> pl.DataFrame:
        """The newest rows with what the candidate said as a column."""
        return self._with_output(self.newest)

    def _with_output(self, frame: pl.DataFrame) -> pl.DataFrame:
        classes = self._watching.manifest.contract.classes
        return frame.with_columns(output_of(frame["@scores"], frame["@decided"], classes))

    @cached_property
    def _report(self) -> DriftReport | None:
        from seatrial.monitoring.drift import drift

        if self._profile is None or self.newest.is_empty():
            return None
        return drift(self._profile, self._told, design_effect=self._design_effects())

    def moved(self) -> tuple[Moved, ...]:
        """Inputs and answers against training, those that moved first; nothing without a profile."""
        from seatrial.monitoring.drift import moved

        if self._profile is None:
            return ()
        found = self._crossed()
        known = {(each.feature, each.shift) for each in found}
        compared = moved(self._report) if self._report else ()
        return (*found, *(each for each in compared if (each.feature, each.shift) not in known))

    def _crossed(self) -> list[Moved]:
        """Rates that a sequence shows to have risen: missing values, new levels, far tails.

        A sequence takes rows to be independent, so there is none where the plan says that they are alike
        by day or by group; there whole stretches are compared, with rows counting for fewer.
        """
        if self._watching.plan.text.data.unit is not None:
            return []
        return [
            Moved(
                feature=each.feature,
                shift=each.shift,
                was=f"up to {each.bound:.1%}",
                now=f"{each.rate:.1%}",
                effect=each.rate,
                limit=each.bound,
                p=1.0 / each.against,
                verdict="fail",
                reading=each.reading,
            )
            for each in self._rates().crossed
        ]

    def _rates(self) -> InputWatch:
        """The sequences, a day's rows at a time; rows that came since are fed to what was kept."""
        import polars as pl

        from seatrial.monitoring.inputs import InputWatch

        assert self._profile is not None
        path = self._project.state / "follow" / "inputs.json"
        artefact = self._watching.stretch.newest.artefact
        kept = json.loads(path.read_text()) if path.exists() else {}
        frame, watch = self._watching.frame, InputWatch.of(self._profile)
        if kept.get("artefact") == artefact:
            watch = InputWatch.from_json(kept["watch"])
            frame = frame.filter(pl.col("@at") > datetime.fromisoformat(kept["until"]))
        if frame.is_empty():
            return watch
        frame = self._with_output(frame)
        inputs = frame.select(name for name in self._profile.columns if name in frame.columns)
        days = inputs.with_columns(frame["@at"].dt.date().alias("@day"))
        for rows in days.partition_by("@day", maintain_order=True, include_key=False):
            watch = watch.look(rows, self._profile)
        until = frame["@at"].max()
        assert isinstance(until, datetime)
        half = path.with_suffix(".half")
        half.write_text(
            json.dumps({"artefact": artefact, "until": iso(until), "watch": watch.to_json()})
        )
        half.replace(path)
        return watch

    def _design_effects(self) -> dict[str, float]:
        """How many times fewer the rows of a column count for, being alike within the plan's unit."""
        import polars as pl

        if self._watching.plan.text.data.unit is None:
            return {}
        assert self._profile is not None
        units = self._units()
        _, sizes = np.unique(units, return_counts=True)
        found = {}
        for name in self._profile.columns:
            column = self._told[name]
            if column.dtype.is_numeric():
                values = column.cast(pl.Float64).fill_null(strategy="mean").to_numpy()
            else:
                values = column.cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(float)
            if len(sizes) > 1 and np.ptp(values) > 0:
                alike = intraclass_correlation(values, units).value or 0.0
                found[name] = design_effect(max(alike, 0.0), sizes)
        return found

    def _units(self) -> Any:
        unit = self._watching.plan.text.data.unit
        if unit == "day":
            return self._told["@at"].dt.date().rank("dense").to_numpy().astype(np.int64)
        assert unit is not None
        import polars as pl

        return (
            self._told[unit].cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
        )

    @cached_property
    def skew(self) -> Estimate:
        """Share of the newest answers that the training path gives otherwise."""
        import polars as pl

        answered = self._watching.frame.filter(pl.col("@decided").is_not_null()).tail(REPLAYED)
        arm = self._watching.manifest.candidate
        if answered.is_empty() or arm is None:
            return not_measured("the candidate answered nothing yet")
        folder = serving_folder(self._project).path
        try:
            scorer = open_archive(
                self._project.blobs.get(arm.artefact),
                root=folder / arm.code if arm.code else None,
                expected=arm.artefact,
                fast=False,
            )
            names = [each.name for each in scorer.header.contract.features]
            columns = {name: raw(answered[name]) for name in names}
            again = scorer.answer(columns or {"": [None] * answered.height})
        except SeatrialError as error:
            return not_measured(str(error))
        rows = answered.height
        was = np.array(answered["@scores"].to_list(), dtype=np.float64).reshape(rows, -1)
        scores = again.scores.reshape(rows, -1)
        spread = 1.0 if scorer.header.contract.classes else max(float(np.std(scores)), ALIKE)
        same = np.isclose(scores, was, atol=ALIKE * spread, rtol=0.0, equal_nan=True).all(axis=1)
        same &= again.decided.astype(float) == answered["@decided"].to_numpy()
        return wilson(int((~same).sum()), rows)

    def figures(self) -> tuple[Series, ...]:
        """The skew between training and serving."""
        blank = tuple(Point(None, "not applicable") for _ in self._watching.windows)
        points = (*blank[:-1], Point(self.skew, "not applicable"))
        verdict: Verdict = "not applicable"
        return (Series(SKEW, None, "", "", points, self.skew, verdict),)

    def advice(self) -> str:
        """What changed in the world, in one sentence; empty where nothing did, or it can't be told."""
        from seatrial.monitoring.kinds import told

        relation = self._relation()
        if self._report is None or relation is None:
            return ""
        found = told(self._report, relation)
        if found.drift == "none":
            return ""
        sentence = f"{str(found)[0].upper()}{str(found)[1:]}"
        if not relation.has_changed:
            return f"{sentence}."
        more = "more" if relation.bias > 0 else "less"
        return f"{sentence}: {abs(relation.bias):.3g} {more} than its scores say."

    def _relation(self) -> Relation | None:
        """How outcomes follow from scores, on dev and now; None where it can't be told."""
        from seatrial.monitoring.kinds import Outcomes, compare_relation

        before = outcomes_of(self._project, self._watching.stretch.newest.artefact)
        served = self._watching.whole
        if before is None or not served.judged.any():
            return None
        recent = served.judged & (
            served.at > served.at[served.judged].max() - np.timedelta64(NEWEST)
        )
        now = served.predictions(recent)
        scores = now.scores if now.task == "regression" else now.scores[:, -1]
        sides = [
            Outcomes({}, *(before[name].to_numpy() for name in ("score", "outcome", "unit"))),
            Outcomes({}, scores, now.truth, now.units),
        ]
        try:
            return compare_relation(*sides)
        except DataError:
            return None  # too few units to tell
