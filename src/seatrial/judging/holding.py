"""Judge a claim in production: taking back needs proof of bad.

A claim that passed its gate holds until an anytime-valid sequence excludes its bound, which happens by
chance at most once in 90 days of looking. A metric that has no such sequence (a gap between groups, an F1)
is looked at once every seven days, each stretch at a level that shrinks so that all together err as rarely:
0.05 / (k (k + 1)) for the k-th. What was broken holds again when its newest estimate proves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seatrial.core.clock import iso
from seatrial.core.estimate import Estimate
from seatrial.judging.verdicts import Filed, judge
from seatrial.records.bounds import sides
from seatrial.records.claim import Claim, Stage
from seatrial.records.evidence import Evidence, Verdict
from seatrial.records.look import Point
from seatrial.records.metrics import Metric
from seatrial.records.release import Guard

ALL_WINDOWS = 0.05
"""Chance that any of a healthy claim's windows is called broken."""


def window_level(place: int) -> float:
    """Two-sided coverage at which the k-th mature window is judged; they add up to :data:`ALL_WINDOWS`.

    >>> round(1 - window_level(1), 3), round(1 - window_level(4), 4)
    (0.025, 0.0025)
    """
    return 1.0 - ALL_WINDOWS / (place * (place + 1))


def point(claim: Claim, metric: Metric, estimate: Estimate | None) -> Point:
    """One window, judged by itself."""
    if estimate is None or estimate.value is None:
        return Point(estimate, "unknown")
    if claim.bound is None:
        return Point(estimate, "pass" if estimate.value >= 1 else "fail")
    good, bad = sides(claim.bound, metric, estimate)
    return Point(estimate, "pass" if good else "fail" if bad else "unknown")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a claim in production.

    Attributes:
        verdict: ``pass`` while nothing proves it broken.
        settled: What the newest estimate proves by itself, as at a gate.
        reason: Why; empty if there is nothing to say.
        cleared: When the break was that is over; it doesn't count again. None without one.
    """

    verdict: Verdict
    settled: Verdict
    reason: str
    cleared: datetime | None = None


def held(
    claim: Claim,
    metric: Metric,
    newest: Estimate | None,
    *,
    stage: Stage,
    now: datetime,
    broken_at: datetime | None,
    guard: Guard | None,
    cleared: datetime | None = None,
) -> Held:
    """Judge a claim at the stage where its release stands.

    Args:
        claim: The claim.
        metric: What the glossary says of its metric.
        newest: The estimate over the newest mature stretch; None without any.
        stage: Where the release stands.
        now: Decides whether a waiver has expired.
        broken_at: When its sequence, or one of its windows, last excluded its bound.
        guard: The sequence; None where each window is judged once.
        cleared: When the break was that an earlier look found to be over.
    """
    if broken_at is not None and cleared is not None and broken_at <= cleared:
        broken_at = None
    if newest is None or newest.value is None:
        reason = newest.method if newest is not None else "no mature outcome"
        return Held("unknown", "unknown", reason, cleared)
    evidence = Evidence("", str(claim.measure), "production", newest, at=iso(now))
    settled = judge(claim, metric, Filed(evidence), stage=stage, now=now)
    if broken_at is None:
        unproved = _unproved(settled.verdict, settled.reason)
        return Held("pass", settled.verdict, unproved, cleared)
    if settled.verdict == "pass":
        again = f"holds again; it was broken on {broken_at:%-d %b}"
        return Held("pass", "pass", again, broken_at)
    if settled.verdict == "waived":
        return Held("waived", "waived", settled.reason, cleared)
    how = f"evidence against it reached {guard.limit:,.0f}" if guard else "a window excludes it"
    return Held("fail", settled.verdict, f"broken since {broken_at:%-d %b}: {how}", cleared)


def _unproved(settled: Verdict, reason: str) -> str:
    if settled == "pass":
        return ""
    if settled == "fail":
        return "still held: the newest stretch breaks its bound, and no sequence has proved it yet"
    return f"holds; {reason or 'not settled'}"
