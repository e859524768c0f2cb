"""Claims and figures over the windows of a release: what was measured, and what is held of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from seatrial.core.clock import iso, parse_iso
from seatrial.core.digest import digest
from seatrial.core.estimate import Estimate, not_measured
from seatrial.core.units import duration
from seatrial.judging.holding import Held, held, point, window_level
from seatrial.probes.production import LATENCY, Watched, estimate, watched
from seatrial.records.bounds import limit
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Verdict
from seatrial.records.look import Look, Point, Series, Window
from seatrial.records.metrics import Metric
from seatrial.records.release import Guard
from seatrial.stats import wilson
from seatrial.verbs.watching import Watching

NEWEST = timedelta(days=28)
"""How far back the newest estimate of a claim looks that doesn't say so itself (``over 28d``)."""
JUDGED = timedelta(days=7)
"""Stretch that is judged at once where a claim has no sequence. Windows that people see grow with the time
that they cover, and judging those would look at the same rows at every width."""
FAILURES = ("raised", "stalled", "not a number", "gate expired")
"""Reasons for which the fallback answered that are faults."""
_SINCE = "; nothing in shadow has proved it good since"


def claims(watching: Watching) -> tuple[Series, ...]:
    """The plan's claims that the release's present stage can judge."""
    stage = watching.stretch.rung.stage
    return tuple(
        _series(watching, claim)
        for claim in watching.plan.claims
        if claim.stage in {None, stage} and _suits(watching, claim)
    )


def figures(watching: Watching) -> tuple[Series, ...]:
    """What is watched and not claimed."""
    found = []
    classes = watching.terms.contract.classes
    if classes:
        target, positive = watching.plan.text.task.target, classes[-1]
        named = f"where {target}" if positive == "true" else positive
        found.append(_figure(f"share {named}", _prevalence(watching)))
    found.append(_figure("share answered by the fallback for a fault", _faults(watching)))
    return tuple(found)


def _suits(watching: Watching, claim: Claim) -> bool:
    metric = watching.plan.metrics[claim.measure.metric]
    is_served = metric.subject == "predictions" or metric.name == LATENCY
    references = {"rule": "rule", "people": "people", "archive": "champion"}
    told = {None, "reference", references[watching.terms.reference]}
    suits_task = watching.terms.contract.task in metric.tasks
    is_of_requests = not claim.measure.is_of_scenarios
    return is_served and is_of_requests and claim.measure.versus in told and suits_task


def _series(watching: Watching, claim: Claim) -> Series:
    metric = watching.plan.metrics[claim.measure.metric]
    stage = watching.stretch.rung.stage
    newest = _newest(watching, claim)
    found = watched(watching.stage, claim, limit(claim.bound, metric)) if claim.bound else None
    guard = _guard(claim, newest, found)
    judged = held(
        claim,
        metric,
        newest,
        stage=stage,
        now=watching.now,
        broken_at=_broken_at(watching, claim, metric, found),
        guard=guard,
        cleared=_cleared(watching.before, claim, stage),
    )
    judged = _still_broken(watching, claim, judged)
    if guard is not None and found is not None:
        against = found.peak if judged.verdict == "fail" else found.against
        guard = replace(guard, verdict=_decided(judged), against=against)
    return Series(
        name=str(claim),
        claim=claim.id,
        owner=watching.plan.owner(claim),
        stage=stage,
        points=_points(watching, claim, metric),
        newest=newest,
        verdict=judged.verdict,
        settled=judged.settled,
        blocks=claim.commitment == "guarantee",
        reason=judged.reason,
        guard=guard,
        evidence=_file(watching, claim, newest),
        cleared=iso(judged.cleared) if judged.cleared else "",
    )


def _newest(watching: Watching, claim: Claim) -> Estimate:
    served, is_latency = watching.stage, claim.measure.metric == LATENCY
    mature = served.frame["@mature"].to_numpy()
    rows = np.ones(len(mature), dtype=bool) if is_latency else mature
    if not rows.any():
        within = watching.plan.text.watch.outcome_within
        waits = within is not None and len(rows) > 0
        return not_measured(
            f"no outcome is due yet; they have {within}" if waits else "nothing was served yet"
        )
    over = duration(claim.measure.over) if claim.measure.over else NEWEST
    recent = rows & (served.at > served.at[rows].max() - np.timedelta64(over))
    return estimate(served, claim.measure, recent)


def _guard(claim: Claim, newest: Estimate, found: Watched | None) -> Guard | None:
    """The claim's sequence, not yet judged; None where it has none."""
    if found is None:
        return None
    return Guard(claim.id, str(claim), newest, found.against, found.limit, found.n, "unknown")


def _broken_at(
    watching: Watching, claim: Claim, metric: Metric, found: Watched | None
) -> datetime | None:
    """When the claim was last broken: by its sequence, or by a stretch where it has none."""
    if found is None:
        return _broken_stretch(watching, claim, metric)
    at = found.broken_at
    return at.replace(tzinfo=watching.now.tzinfo) if at else None


def _broken_stretch(watching: Watching, claim: Claim, metric: Metric) -> datetime | None:
    """The end of the newest stretch that excludes the bound; each counts once, when all of it is mature."""
    served = watching.stage
    if claim.bound is None or not len(served.at):
        return None
    mature = np.datetime64((watching.now - watching.waits).replace(tzinfo=None), "us")
    start, step = served.at[0].astype("datetime64[D]"), np.timedelta64(JUDGED)
    broken = None
    for place in range(1, int((mature - start) / step) + 1):
        end = start + place * step
        rows = (served.at >= end - step) & (served.at < end)
        found = estimate(served, claim.measure, rows, level=window_level(place))
        if point(claim, metric, found).verdict == "fail":
            broken = end.astype("datetime64[us]").item().replace(tzinfo=watching.now.tzinfo)
    return broken


def _cleared(before: Look | None, claim: Claim, stage: str) -> datetime | None:
    """When the break was that an earlier look at this stage found to be over."""
    series = before.claims if before else ()
    told = (each.cleared for each in series if (each.claim, each.stage) == (claim.id, stage))
    found = next(told, "")
    return parse_iso(found) if found else None


def _still_broken(watching: Watching, claim: Claim, judged: Held) -> Held:
    """What took the candidate back to shadow is broken until something there proves it good."""
    if watching.stretch.rung.stage != "shadow" or judged.settled in {"pass", "waived"}:
        return judged
    series = watching.of_candidate.claims if watching.of_candidate else ()
    old = next((each for each in series if each.claim == claim.id), None)
    if old is None or old.verdict != "fail" or judged.verdict == "fail":
        return judged
    return replace(judged, verdict="fail", reason=f"{old.reason.partition(_SINCE)[0]}{_SINCE}")


def _decided(judged: Held) -> Verdict:
    """A guard's verdict: it takes back, lets advance, or is not settled."""
    if judged.verdict == "fail":
        return "fail"
    return "pass" if judged.settled in {"pass", "waived"} else "unknown"


def _points(watching: Watching, claim: Claim, metric: Metric) -> tuple[Point, ...]:
    old, served = _old_points(watching.before, claim), watching.whole
    return tuple(
        old.get(window)
        or point(claim, metric, estimate(served, claim.measure, watching.rows_of(served, span)))
        for window, span in zip(watching.windows, watching.spans, strict=True)
    )


def _old_points(before: Look | None, claim: Claim) -> Mapping[Window, Point]:
    """Points of the last look; a window that is counted the same is the same."""
    if before is None:
        return {}
    found = next((each for each in before.claims if each.name == str(claim)), None)
    return dict(zip(before.windows, found.points if found else (), strict=False))


def _file(watching: Watching, claim: Claim, newest: Estimate) -> str:
    """File the newest estimate as evidence, if it isn't what was filed last; give its digest."""
    if not newest.measured:
        return ""
    ledger, stands = watching.project.ledger, watching.stretch.newest
    subject, root = f"{claim.measure} in {watching.stretch.rung.stage}", watching.read.root
    key = digest(
        {
            "subject": subject,
            "release": stands.release,
            "artefact": stands.artefact,
            "log": root,
            "until": str(watching.stage.at.max()),
        }
    )
    on_file = ledger.newest("evidence", key)
    if on_file is not None:
        return on_file.digest
    leaves = {"release": f"{stands.release} {stands.went}", "decisions and outcomes": root[:6]}
    evidence = Evidence(key, subject, "production", newest, leaves=leaves)
    facts: dict[str, float | str] = {"subject": subject, "probe": "production", "seconds": 0.0}
    return ledger.append("evidence", evidence.to_json(), key=key, facts=facts).digest


def _prevalence(watching: Watching) -> list[Estimate | None]:
    served = watching.whole
    code, known = len(watching.terms.contract.classes) - 1, ~np.isnan(served.truth)
    found: list[Estimate | None] = []
    for span in watching.spans:
        truth = served.truth[watching.rows_of(served, span) & known]
        found.append(wilson(int((truth == code).sum()), len(truth)) if len(truth) else None)
    return found


def _faults(watching: Watching) -> list[Estimate | None]:
    import polars as pl

    found: list[Estimate | None] = []
    for span in watching.spans:
        inside = watching.frame.filter((pl.col("@at") >= span.start) & (pl.col("@at") < span.end))
        failed = int(inside["@failure"].is_in(FAILURES).sum())
        found.append(wilson(failed, inside.height) if inside.height else None)
    return found


def _figure(name: str, values: Sequence[Estimate | None]) -> Series:
    points = tuple(Point(each, "not applicable") for each in values)
    newest = next((each for each in reversed(values) if each is not None), None)
    return Series(name, None, "", "", points, newest, "not applicable")
