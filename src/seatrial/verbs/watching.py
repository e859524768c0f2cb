"""What is known of a release's decisions: its rows, windows and claims, measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.clock import iso, parse_iso
from seatrial.core.digest import digest
from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.core.units import duration
from seatrial.judging.holding import Held, held, point, window_level
from seatrial.monitoring.outcomes import joined
from seatrial.monitoring.windows import Span, cut
from seatrial.probes.production import LATENCY, Watched, estimate, paired, watched
from seatrial.probes.served import Mask, Served, Terms
from seatrial.records.bounds import limit
from seatrial.records.claim import Claim, Measure
from seatrial.records.evidence import Verdict
from seatrial.records.look import Look, Point, Series, Window
from seatrial.records.manifest import Manifest
from seatrial.records.metrics import Metric
from seatrial.records.release import Guard, Move, Rung
from seatrial.stats import wilson
from seatrial.verbs.follow import Follower
from seatrial.verbs.project import Project
from seatrial.verbs.release import history

if TYPE_CHECKING:
    import polars as pl

NEWEST = timedelta(days=28)
"""How far back the newest estimate of a claim looks that doesn't say so itself (``over 28d``)."""
_SINCE = "; nothing in shadow has proved it good since"
FAILURES = ("raised", "stalled", "not a number", "gate expired")
"""Reasons for which the fallback answered that are faults."""


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
        follower: Has read the log.
        before: The look before this one; what can't have changed since is taken from it.

    Raises:
        NotFoundError: nothing is released, or the release has answered nothing yet.
    """

    def __init__(self, project: Project, follower: Follower, *, before: Look | None) -> None:
        self.project, self.plan, self._follower = project, project.plan, follower
        moves = history(project)
        if not moves:
            raise NotFoundError("nothing is released", hint="start with: seatrial release propose")
        self.stretch = Stretch.of(moves)
        self.now = project.clock.now()
        same = before is not None and before.release == self.stretch.newest.release
        self._before = before if same else None
        is_candidate = before is not None and before.candidate == self.stretch.newest.candidate
        self._of_candidate = before if is_candidate else None

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

        table = self._follower.table("decisions")
        names = [move.manifest for move in self.stretch.moves]
        if table is None:
            raise _silent(self.stretch)
        mature = self.now - self._waits
        found = (
            joined(table, self._follower.table("aftermath"))
            .filter(pl.col("@release").is_in(names))
            .with_columns((pl.col("@at") <= mature).alias("@mature"))
            .sort("@at", "@id")  # decisions of one moment stand in the same order at every look
            .collect()
        )
        if found.is_empty():
            raise _silent(self.stretch)
        return found

    @property
    def _waits(self) -> timedelta:
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

        return Served(self.frame.filter(pl.Series(rows)), self._terms)

    @cached_property
    def whole(self) -> Served:
        """Rows of the release on which its candidate is judged."""
        return self._served(self._counts)

    @cached_property
    def stage(self) -> Served:
        """Of those, the rows of the present stage."""
        return self._served(self._counts & self._in_stage)

    @cached_property
    def _terms(self) -> Terms:
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
            waits=self._waits,
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

    def claims(self) -> tuple[Series, ...]:
        """The plan's claims that this stage can judge."""
        stage = self.stretch.rung.stage
        return tuple(
            self._series(claim)
            for claim in self.plan.claims
            if claim.stage in {None, stage} and self._suits(claim)
        )

    def _suits(self, claim: Claim) -> bool:
        metric = self.plan.metrics[claim.measure.metric]
        is_served = metric.subject == "predictions" or metric.name == LATENCY
        references = {"rule": "rule", "people": "people", "archive": "champion"}
        versus = claim.measure.versus
        told = {None, "reference", references[self._terms.reference]}
        return is_served and versus in told and self._terms.contract.task in metric.tasks

    def _series(self, claim: Claim) -> Series:
        metric = self.plan.metrics[claim.measure.metric]
        stage = self.stretch.rung.stage
        newest = self._newest(claim)
        found = self._watched(claim, metric)
        guard, broken_at = self._guard(claim, metric, found, newest)
        cleared = self._cleared(claim)
        if broken_at is not None and cleared is not None and broken_at <= cleared:
            broken_at = None
        judged = held(
            claim, metric, newest, stage=stage, now=self.now, broken_at=broken_at, guard=guard
        )
        judged = self._still_broken(claim, judged)
        if guard is not None and found is not None:
            against = found.peak if judged.verdict == "fail" else found.against
            guard = replace(guard, verdict=_decided(judged), against=against)
        return Series(
            name=str(claim),
            claim=claim.id,
            owner=self.plan.owner(claim),
            stage=stage,
            points=self._points(str(claim), claim, metric),
            newest=newest,
            verdict=judged.verdict,
            settled=judged.settled,
            blocks=claim.commitment == "guarantee",
            reason=judged.reason,
            guard=guard,
            evidence=self._file(claim, newest),
            cleared=_over(judged, broken_at, cleared),
        )

    def _still_broken(self, claim: Claim, judged: Held) -> Held:
        """What took the release back to shadow is broken until something there proves it good."""
        if self.stretch.rung.stage != "shadow" or judged.settled in {"pass", "waived"}:
            return judged
        claims = self._of_candidate.claims if self._of_candidate else ()
        old = next((each for each in claims if each.claim == claim.id), None)
        if old is None or old.verdict != "fail" or judged.verdict == "fail":
            return judged
        return Held("fail", judged.settled, f"{old.reason.partition(_SINCE)[0]}{_SINCE}")

    def _cleared(self, claim: Claim) -> datetime | None:
        """When the break was that an earlier look at this stage found to be over."""
        stage = self.stretch.rung.stage
        claims = self._before.claims if self._before else ()
        told = (each.cleared for each in claims if (each.claim, each.stage) == (claim.id, stage))
        found = next(told, "")
        return parse_iso(found) if found else None

    def _newest(self, claim: Claim) -> Estimate:
        mature = self.stage.frame["@mature"].to_numpy()
        rows = mature if claim.measure.metric != LATENCY else np.ones(len(mature), dtype=bool)
        if not rows.any():
            within = self.plan.text.watch.outcome_within
            waits = within is not None and len(rows) > 0
            return not_measured(
                f"no outcome is due yet; they have {within}" if waits else "nothing was served yet"
            )
        end = self.stage.at[rows].max()
        over = duration(claim.measure.over) if claim.measure.over else NEWEST
        recent = rows & (self.stage.at > end - np.timedelta64(over))
        return estimate(self.stage, claim.measure, recent)

    def _watched(self, claim: Claim, metric: Metric) -> Watched | None:
        if claim.bound is None:
            return None
        return watched(self.stage, claim, limit(claim.bound, metric))

    def _guard(
        self, claim: Claim, metric: Metric, found: Watched | None, newest: Estimate
    ) -> tuple[Guard | None, datetime | None]:
        """The claim's sequence, and when it was last broken, by it or by a window."""
        if found is None:
            return None, self._broken_window(claim, metric)
        verdict: Verdict = "unknown"
        guard = Guard(claim.id, str(claim), newest, found.against, found.limit, found.n, verdict)
        at = found.broken_at
        return guard, at.replace(tzinfo=self.now.tzinfo) if at else None

    def _broken_window(self, claim: Claim, metric: Metric) -> datetime | None:
        if claim.bound is None:
            return None
        broken = None
        mature = [
            span for span, window in zip(self.spans, self.windows, strict=True) if window.is_mature
        ]
        for place, span in enumerate(mature, start=1):
            rows = self.rows_of(self.stage, span)
            found = estimate(self.stage, claim.measure, rows, level=window_level(place))
            if point(claim, metric, found).verdict == "fail":
                broken = span.end
        return broken

    def _points(self, name: str, claim: Claim, metric: Metric) -> tuple[Point, ...]:
        old = self._old_points(name)
        return tuple(
            old.get(window) or point(claim, metric, self._at(claim.measure, span))
            for window, span in zip(self.windows, self.spans, strict=True)
        )

    def _old_points(self, name: str) -> Mapping[Window, Point]:
        """Points of the last look; a window that is counted the same is the same."""
        if self._before is None:
            return {}
        found = next((each for each in self._before.claims if each.name == name), None)
        points = found.points if found else ()
        return dict(zip(self._before.windows, points, strict=False))

    def _at(self, measure: Measure, span: Span) -> Estimate:
        return estimate(self.whole, measure, self.rows_of(self.whole, span))

    def _file(self, claim: Claim, newest: Estimate) -> str:
        """File the newest estimate as evidence, if it isn't what was filed last; give its digest."""
        if not newest.measured:
            return ""
        ledger, stage = self.project.ledger, self.stretch.rung.stage
        subject = f"{claim.measure} in {stage}"
        key = digest(
            {
                "subject": subject,
                "release": self.stretch.newest.release,
                "artefact": self.stretch.newest.artefact,
                "log": self._follower.root,
                "until": str(self.stage.at.max()),
            }
        )
        on_file = ledger.newest("evidence", key)
        if on_file is not None:
            return on_file.digest
        record: dict[str, Any] = {
            "key": key,
            "subject": subject,
            "probe": "production",
            "estimate": newest.to_json(),
            "statistics": {},
            "groups": [],
            "leaves": {
                "release": f"{self.stretch.newest.release} {self.stretch.newest.went}",
                "decisions and outcomes": self._follower.root[:6],
            },
            "findings": [],
            "seconds": 0.0,
        }
        entry = ledger.append(
            "evidence",
            record,
            key=key,
            facts={"subject": subject, "probe": "production", "seconds": 0},
        )
        return entry.digest

    def figures(self) -> tuple[Series, ...]:
        """What is watched and not claimed."""
        found = []
        classes = self._terms.contract.classes
        if classes:
            positive = classes[-1]
            shares = [self._prevalence(span) for span in self.spans]
            named = f"where {self.plan.text.task.target}" if positive == "true" else positive
            found.append(_figure(f"share {named}", shares))
        found.append(_figure("share answered by the fallback for a fault", self._faults()))
        return tuple(found)

    def _prevalence(self, span: Span) -> Estimate | None:
        rows = self.rows_of(self.whole, span) & ~np.isnan(self.whole.truth)
        if not rows.any():
            return None
        code = len(self._terms.contract.classes) - 1
        return wilson(int((self.whole.truth[rows] == code).sum()), int(rows.sum()))

    def _faults(self) -> list[Estimate | None]:
        import polars as pl

        found: list[Estimate | None] = []
        for span in self.spans:
            inside = self.frame.filter((pl.col("@at") >= span.start) & (pl.col("@at") < span.end))
            failed = int(inside["@failure"].is_in(FAILURES).sum())
            found.append(wilson(failed, inside.height) if inside.height else None)
        return found


def _figure(name: str, values: Sequence[Estimate | None]) -> Series:
    points = tuple(Point(each, "not applicable") for each in values)
    newest = next((each for each in reversed(values) if each is not None), None)
    return Series(name, None, "", "", points, newest, "not applicable")


def _over(judged: Held, broken_at: datetime | None, cleared: datetime | None) -> str:
    """The newest break that is over, ISO; empty if there is none."""
    over = broken_at if judged.settled == "pass" and broken_at is not None else cleared
    return iso(over) if over is not None else ""


def _decided(judged: Held) -> Verdict:
    """A guard's verdict: it takes back, lets advance, or is not settled."""
    if judged.verdict == "fail":
        return "fail"
    return "pass" if judged.settled in {"pass", "waived"} else "unknown"


def _silent(stretch: Stretch) -> NotFoundError:
    return NotFoundError(
        f"release {stretch.newest.release} has answered nothing yet",
        hint="seatrial serve --port 8080",
    )
