"""Judge a claim by its evidence: admission needs proof of good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seatrial.core.clock import parse_iso
from seatrial.core.estimate import Estimate
from seatrial.core.units import duration
from seatrial.records.bounds import limit, sides
from seatrial.records.cadence import ADVERBS
from seatrial.records.claim import Bound, Claim, Stage
from seatrial.records.evidence import Evidence, Judgement, Verdict
from seatrial.records.metrics import Metric

TOO_FEW = "too few to tell"
"""How a finding begins that names groups which were not judged."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What the ledger holds for a claim.

    Attributes:
        evidence: Of the key that is wanted now; None if there is none.
        why_not: Why there is none: stale, never measured, can't be measured; empty otherwise.
    """

    evidence: Evidence | None
    why_not: str = ""


def judge(claim: Claim, metric: Metric, filed: Filed, *, stage: Stage, now: datetime) -> Judgement:
    """Judge one claim at one stage.

    Args:
        claim: The claim.
        metric: What the glossary says of its metric.
        filed: What was measured.
        stage: Where.
        now: Decides whether evidence is too old and a waiver has expired.
    """
    verdict, reason = _verdict(claim, metric, filed, now)
    if verdict == "pass" and not reason and filed.evidence is not None:
        reason = next((each for each in filed.evidence.findings if each.startswith(TOO_FEW)), "")
    if claim.waiver is not None and verdict != "pass":
        verdict, reason = _waived(claim, verdict, reason, now)
    blocks = verdict in {"fail", "unknown"} and claim.commitment == "guarantee"
    fresh = filed.evidence is not None and not is_older(filed.evidence, claim.lasts, now=now)
    return Judgement(claim.id, stage, verdict, reason, filed.evidence, fresh, blocks)


def is_older(evidence: Evidence, age: str | None, *, now: datetime) -> bool:
    """Whether evidence is older than a claim allows, ``7d``; None allows any age."""
    return age is not None and now - parse_iso(evidence.at) > duration(age)


def _verdict(claim: Claim, metric: Metric, filed: Filed, now: datetime) -> tuple[Verdict, str]:
    evidence = filed.evidence
    if evidence is None:
        return "unknown", filed.why_not
    if is_older(evidence, claim.lasts, now=now):
        return "unknown", _too_old(claim, evidence, now)
    estimate = evidence.estimate
    if estimate.value is None:
        return "unknown", estimate.method
    if claim.bound is None:
        found = "; ".join(evidence.findings[:1])
        return ("pass", "") if estimate.value >= 1.0 else ("fail", found)
    return _held(claim, claim.bound, metric, estimate)


def _too_old(claim: Claim, evidence: Evidence, now: datetime) -> str:
    if claim.fresh is not None or claim.every is None:
        return f"measured {evidence.at[:10]}, and must be newer than {claim.fresh}"
    age = now - parse_iso(evidence.at)
    hours = f"{age.total_seconds() / 3600:.0f} h"
    return f"{ADVERBS[claim.every]}, last measured {f'{age.days} d' if age.days else hours} ago"


def _held(claim: Claim, bound: Bound, metric: Metric, estimate: Estimate) -> tuple[Verdict, str]:
    good, bad = sides(bound, metric, estimate)
    if claim.commitment != "guarantee":
        at_point = Estimate(
            estimate.value, estimate.value, estimate.value, estimate.n, "", estimate.unit
        )
        kept = sides(bound, metric, at_point)[0]
        settled = "" if good or bad else "not settled by the interval"
        return ("pass", settled) if kept else ("fail", settled)
    if good:
        return "pass", ""
    if bad:
        return "fail", ""
    return "unknown", _unsettled(bound, metric, estimate)


def _unsettled(bound: Bound, metric: Metric, estimate: Estimate) -> str:
    from seatrial.evaluation import rows_to_settle

    rows = rows_to_settle(estimate, limit(bound, metric))
    if rows is None or rows <= estimate.n:
        return "not settled"
    rows = int(float(f"{rows:.2g}"))  # it is a guess
    return f"not settled; about {rows:,} instead of {estimate.n:,} would probably settle it"


def _waived(claim: Claim, verdict: Verdict, reason: str, now: datetime) -> tuple[Verdict, str]:
    assert claim.waiver is not None
    until = claim.waiver.until
    if now.date() <= until:
        return "waived", f"{claim.waiver.reason} ({claim.waiver.by}, until {until})"
    expired = f"the waiver expired on {until}"
    return verdict, f"{expired}; {reason}" if reason else expired
