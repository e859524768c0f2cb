"""Measure claims on what was served: logged decisions whose outcomes are known, release by release.

A window is measured once it is mature, its outcomes having had their time. A guard watches what each unit
of rows adds, in the order of time, by a sequence that stays valid however often one looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.probes.served import Mask, Served, Unanswerable
from seatrial.records.claim import Claim, Measure, arguments_of
from seatrial.stats.sequential import Detector, Operator

FALSE_ALARM_DAYS = 90.0
"""Days of looking in which a claim that holds raises at most one false alarm on average."""
LATENCY = "latency_ms"


def estimate(served: Served, measure: Measure, rows: Mask, *, level: float = 0.95) -> Estimate:
    """A claim's metric on some rows; not measured, with a reason, where they don't allow it."""
    from seatrial.evaluation import measure as measured

    terms = served.terms
    try:
        if measure.metric == LATENCY:
            return _latency(served, measure, rows, level)
        asked = rows & served.judged & served.where(measure)
        if not asked.any():
            return not_measured("no mature outcome")
        found = measured(
            measure.metric,
            served.predictions(asked),
            arguments=arguments_of(measure),
            by=served.groups(measure, asked),
            spread=measure.quantifier,
            versus=served.predictions(asked, versus=measure.versus) if measure.versus else None,
            costs=terms.costs if measure.metric == "expected_cost" else None,
            confidence=terms.confidence,
            level=level,
        )
    except Unanswerable as reason:
        return not_measured(str(reason))
    unit = terms.cost_unit if measure.metric == "expected_cost" else found.estimate.unit
    return replace(found.estimate, unit=unit)


def paired(served: Served, optimise: Measure) -> Estimate:
    """The optimised metric, candidate less reference, on all mature rows."""
    return estimate(
        served, replace(optimise, versus="reference"), np.ones(served.frame.height, dtype=bool)
    )


def _latency(served: Served, measure: Measure, rows: Mask, level: float) -> Estimate:
    from seatrial.stats import quantile

    asked = rows & served.where(measure)
    if not asked.any():
        return not_measured("no decision", unit="ms")
    milliseconds = served.frame["@latency_us"].to_numpy()[asked] / 1000.0
    return quantile(milliseconds, _probability(measure), confidence=level, unit="ms")


def _probability(measure: Measure) -> float:
    return float(str(arguments_of(measure).get("percentile", "p99")).lstrip("p")) / 100.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A claim's sequence, run over all that is mature.

    Attributes:
        against: Evidence against the claim now, since the sequence was last started.
        limit: Evidence that breaks it.
        n: Rows that it has seen.
        peak: The evidence at its last break; that of now if it was never broken.
        broken_at: When it was last broken; None if it never was.
    """

    against: float
    limit: float
    n: int
    peak: float
    broken_at: datetime | None


def watched(served: Served, claim: Claim, bound: float) -> Watched | None:
    """Run a claim's sequence over all mature rows, unit by unit; None where there is no such sequence.

    Each unit is seen once, in the order in which units were complete; what is complete in one look's
    time is one look. Started again after each break.

    Args:
        served: The stage's rows.
        claim: The claim.
        bound: Its bound, in the metric's unit.
    """
    measure = claim.measure
    if claim.bound is None or claim.bound.sign == "=" or measure.quantifier is not None:
        return None
    period = max(
        served.terms.every, timedelta(days=1) if served.terms.unit == "day" else timedelta()
    )
    limit = max(timedelta(days=FALSE_ALARM_DAYS) / period, 2.0)
    try:
        found = (
            _late_answers(served, measure, bound)
            if measure.metric == LATENCY
            else _added(served, measure, bound)
        )
    except Unanswerable:
        return None
    if found is None:
        return None
    ends, sums, sizes, low, high, at = found
    over = _whole(served, ends, waits=measure.metric != LATENCY)
    ends, sums, sizes = ends[over], sums[over], sizes[over]
    operator: Operator = (
        ">=" if claim.bound.sign in {">=", ">"} and measure.metric != LATENCY else "<="
    )
    if not low < at < high or not len(ends):
        return None
    is_rows = bool((sizes == 1).all()) and served.terms.unit is None
    make = Detector.of_rows if is_rows else Detector.of_clusters
    fresh = make(operator, at, limit=limit, low=low, high=high)
    return _run(fresh, ends, sums, None if is_rows else sizes, period)


def _whole(served: Served, ends: npt.NDArray[np.datetime64], *, waits: bool) -> Mask:
    """Units to which nothing can be added any more: a day counts once all of it is mature."""
    terms = served.terms
    if terms.unit != "day" or terms.now is None:
        return np.ones(len(ends), dtype=bool)
    until = (terms.now - (terms.waits if waits else timedelta())).replace(tzinfo=None)
    over: Mask = ends.astype("datetime64[D]") < np.datetime64(until, "D")
    return over


def _run(
    fresh: Detector,
    ends: npt.NDArray[np.datetime64],
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64] | None,
    period: timedelta,
) -> Watched:
    detector, broken_at, peak, n = fresh, None, 0.0, 0
    looks = ends.astype("datetime64[us]").astype(np.int64) // int(period.total_seconds() * 1e6)
    edges = [0, *(np.flatnonzero(np.diff(looks)) + 1).tolist(), len(looks)]
    for start, end in pairwise(edges):
        if detector.has_crossed:
            detector = fresh
        part = slice(start, end)
        detector = detector.update(sums[part], None if sizes is None else sizes[part])
        n += end - start if sizes is None else int(sizes[part].sum())
        if detector.has_crossed:
            broken_at = ends[end - 1].astype("datetime64[us]").item()
            peak = detector.against
    return Watched(detector.against, fresh.limit, n, peak or detector.against, broken_at)


Added = tuple[
    npt.NDArray[np.datetime64],
    npt.NDArray[np.float64],
    npt.NDArray[np.int64],
    float,
    float,
    float,
]
"""Of each unit when it was complete, its sum and size; least and greatest value of a row; the bound."""


def _added(served: Served, measure: Measure, bound: float) -> Added | None:
    from seatrial.evaluation.question import Question
    from seatrial.evaluation.terms import terms

    asked = served.judged & served.where(measure)
    if not asked.any():
        return None
    known = served.terms
    question = Question(measure.metric, arguments_of(measure), known.costs, known.confidence)
    versus = served.predictions(asked, versus=measure.versus) if measure.versus else None
    found = terms(question, served.predictions(asked), versus)
    if found is None or not len(found.units):
        return None
    return (
        *_in_time(served, asked, found.units, found.sums, found.sizes),
        found.low,
        found.high,
        bound,
    )


def _late_answers(served: Served, measure: Measure, bound: float) -> Added | None:
    """A percentile's bound as a share: at most 1 % of answers take longer than the bound of a p99."""
    asked = served.where(measure)
    if not asked.any():
        return None
    slow = served.frame["@latency_us"].to_numpy()[asked] / 1000.0 > bound
    units, places = np.unique(served.units[asked], return_inverse=True)
    sums = np.bincount(places, weights=slow, minlength=len(units)).astype(np.float64)
    sizes = np.bincount(places, minlength=len(units)).astype(np.int64)
    return *_in_time(served, asked, units, sums, sizes), 0.0, 1.0, 1.0 - _probability(measure)


def _in_time(
    served: Served,
    asked: Mask,
    units: npt.NDArray[np.int64],
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Units in the order in which they were complete."""
    places = np.searchsorted(units, served.units[asked])
    inside = (places < len(units)) & (
        units[np.minimum(places, len(units) - 1)] == served.units[asked]
    )
    ends = np.zeros(len(units), dtype=np.int64)
    np.maximum.at(ends, places[inside], served.at[asked][inside].astype(np.int64))
    order = np.argsort(ends, kind="stable")
    return ends[order].astype("datetime64[us]"), sums[order], sizes[order]
