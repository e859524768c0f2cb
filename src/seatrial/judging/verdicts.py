"""Judge a claim by its evidence: admission needs proof of good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from seatrial.core.clock import parse_iso
from seatrial.core.estimate import Estimate
from seatrial.core.units import duration
from seatrial.records.bounds import limit, sides
from seatrial.records.cadence import ADVERBS
from seatrial.records.claim import Bound, Claim, Stage
from seatrial.records.evidence import Evidence, Judgement, Verdict
from seatrial.records.metrics import Metric
from seatrial.stats import critical

TOO_FEW = "too few to tell"
"""How a finding begins that names groups which were not judged."""
_MISSED = 0.05
"""Of intervals that don't cover."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What the ledger holds for a claim.

    Attributes:
        evidence: Of the key that is wanted now; None if there is none.
        why_not: Why there is none: stale, never measured, can't be measured; empty otherwise.
    """

    evidence: Evidence | None
    why_not: str = ""


def judge(
    claim: Claim,
    metric: Metric,
    filed: Filed,
    *,
    stage: Stage,
    now: datetime,
    readers: int = 1,
) -> Judgement:
    """Judge one claim at one stage.

    Args:
        claim: The claim.
        metric: What the glossary says of its metric.
        filed: What was measured.
        stage: Where.
        now: Decides whether evidence is too old and a waiver has expired.
        readers: Candidates whose answers to the test part were looked at, this one's included.
    """
    verdict, reason = _verdict(claim, metric, filed, now)
    if verdict == "pass" and readers > 1 and _wears_out(claim, metric):
        verdict, reason = _for_many(claim, metric, filed, reason, readers)
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


def _wears_out(claim: Claim, metric: Metric) -> bool:
    """Whether one candidate after the other may be tried until chance lets one keep the claim."""
    measure = claim.measure
    on_test = metric.subject == "predictions" and measure.part == "test"
    return on_test and claim.bound is not None and claim.commitment == "guarantee"


def _for_many(
    claim: Claim, metric: Metric, filed: Filed, reason: str, readers: int
) -> tuple[Verdict, str]:
    """A guarantee that holds, judged by the interval that leaves chance to none of so many candidates.

    Source:
        Dunn (1961), Journal of the American Statistical Association 56(293), 52-64,
        doi:10.1080/01621459.1961.10482090.
    """
    assert claim.bound is not None
    assert filed.evidence is not None
    if sides(claim.bound, metric, widened(filed.evidence.estimate, readers))[0]:
        return "pass", reason
    level = f"{100 - 5 / readers:.3g} %"
    return "unknown", (
        f"{readers} candidates were tried on the test part, and it doesn't hold with the interval "
        f"for so many, {level}; a fresh test part settles it"
    )


def widened(estimate: Estimate, times: int) -> Estimate:
    """An estimate with the interval that covers in 95 % of cases although so many were looked at.

    >>> widened(Estimate(0.5, 0.4, 0.6, 100, "wilson-95"), 5)
    0.5 [0.369, 0.631] (n=100, wilson-95)
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    by = critical(1 - _MISSED / times) / critical(1 - _MISSED)
    low = estimate.value - by * (estimate.value - estimate.low)
    return replace(estimate, low=low, high=estimate.value + by * (estimate.high - estimate.value))


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
