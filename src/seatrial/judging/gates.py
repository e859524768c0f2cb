"""The gate table: what a candidate must have proved to enter a rung.

==========================  ===============================================================================
To enter                    must pass
==========================  ===============================================================================
shadow                      the archive's audit, its contract, the parity of its form, its memory
assist, a share under 100%  that, a known value of the business measure (if any), every guarantee measured
                            offline, a paired comparison that doesn't prove it worse, and no claim proved
                            broken; after a guard took it back also proof of every guarantee where it stands
100 %                       that, with proof of every guarantee on what it served where it stands
==========================  ===============================================================================

Where it stands is shadow or canary. Fail and unknown both keep a gate shut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.claim import Claim
from seatrial.records.evidence import Judgement, Verdict
from seatrial.records.look import Series
from seatrial.records.release import GateCheck, Requirement, Rung

BUSINESS = "the business measure has a value"
FEWEST_PAIRS = 100
"""Decisions with an outcome that a paired comparison needs before it can clear anybody."""


@dataclass(frozen=True, slots=True)
class Paired:
    """The candidate against the reference, on the same requests.

    Attributes:
        reference: Name of the reference arm.
        metric: The optimised metric.
        difference: Candidate less reference; None if it can't be measured.
        higher_is_better: Which way is good.
        why_not: Why there is no difference.
        evidence: Digest of what it rests on.
    """

    reference: str
    metric: str
    difference: Estimate | None
    higher_is_better: bool = True
    why_not: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a gate looks at.

    Attributes:
        form: Requirements on the archive itself: audit, contract, parity, memory.
        claims: The plan's claims.
        judgements: One for each claim, offline.
        stands: Stage at which the release stands; None before it has one.
        taken_back: Whether a guard took it back to where it stands.
        measured: Claims on what it served, as last looked at.
        paired: The comparison with the reference where it stands; None before anything was watched.
        measure: Name of the business measure whose value is open; empty if it is known, None if the
            plan names no measure.
    """

    form: tuple[Requirement, ...]
    claims: Sequence[Claim]
    judgements: Sequence[Judgement]
    stands: str | None
    taken_back: bool
    measured: Sequence[Series]
    paired: Paired | None
    measure: str | None

    @property
    def where(self) -> str:
        """Stage at which proof is looked for."""
        return self.stands or "shadow"


def gate(rung: Rung, facts: Facts) -> GateCheck:
    """Look at the gate of a rung."""
    if rung.stage == "shadow":
        return GateCheck(rung, facts.form)
    demanded = [*facts.form, _business(facts.measure), *_offline(facts)]
    if rung.stage == "production" or facts.taken_back:
        demanded += _proved(facts)
    else:
        demanded += [_proof(claim, facts) for claim in _asked(facts) if claim.stage is not None]
    named = {each.claim for each in demanded if each.claim and not each.is_met}
    demanded += [each for each in _broken(facts) if each.claim not in named]
    return GateCheck(rung, (*demanded, _compared(facts)))


def renewal(rung: Rung, facts: Facts) -> GateCheck:
    """What must hold for a gate that was passed to count longer: what it rests on offline, measured anew."""
    return GateCheck(rung, (*facts.form, *_offline(facts)))


def offline_requirement(claim: Claim, judgement: Judgement) -> Requirement:
    """A claim as it was judged offline, as a gate demands it."""
    evidence = judgement.evidence.digest if judgement.evidence else ""
    return Requirement(f"{claim}, offline", judgement.verdict, judgement.reason, claim.id, evidence)


def _business(measure: str | None) -> Requirement:
    if measure is None:
        return Requirement(BUSINESS, "not applicable", "`problem.measure` names none")
    if not measure:
        return Requirement(BUSINESS, "pass")
    return Requirement(BUSINESS, "unknown", f"`problem.measure.today` of {measure} is open")


def _offline(facts: Facts) -> list[Requirement]:
    """Guarantees that are measured offline."""
    return [
        offline_requirement(claim, judgement)
        for claim, judgement in zip(facts.claims, facts.judgements, strict=True)
        if claim.commitment == "guarantee" and judgement.stage == "offline"
    ]


def _asked(facts: Facts) -> list[Claim]:
    """Guarantees that what is served where the release stands can prove."""
    found = {each.claim for each in facts.measured if each.stage == facts.where}
    return [
        claim
        for claim in facts.claims
        if claim.commitment == "guarantee"
        and (claim.stage == facts.where or (claim.stage is None and claim.id in found))
    ]


def _proved(facts: Facts) -> list[Requirement]:
    asked = _asked(facts)
    if not asked:
        what = f"the guarantees, {facts.where}"
        return [Requirement(what, "unknown", "nothing was watched there yet")]
    return [_proof(claim, facts) for claim in asked]


def _proof(claim: Claim, facts: Facts) -> Requirement:
    """Entering needs proof of good: the newest estimate, not merely that nothing was proved bad."""
    what = f"{claim}, {facts.where}"
    found = (each for each in facts.measured if (each.claim, each.stage) == (claim.id, facts.where))
    series = next(found, None)
    if series is None or series.newest is None:
        reason = series.reason if series and series.reason else "not measured there yet"
        return Requirement(what, "unknown", reason, claim.id)
    verdict: Verdict = "fail" if series.verdict == "fail" else series.settled
    reason = "" if verdict == "pass" else series.reason or "not settled"
    return Requirement(what, verdict, reason, claim.id, series.evidence)


def _broken(facts: Facts) -> list[Requirement]:
    """Claims that were proved broken by what was served."""
    return [
        Requirement(f"{each.name}, {each.stage}", "fail", each.reason, each.claim, each.evidence)
        for each in facts.measured
        if each.verdict == "fail" and each.blocks
    ]


def _compared(facts: Facts) -> Requirement:
    paired, stage = facts.paired, facts.where
    if paired is None:
        return Requirement(
            f"compared with the reference, {stage}", "unknown", "nothing was watched there yet"
        )
    what = f"{paired.metric} not worse than {paired.reference}, paired, {stage}"
    found = paired.difference
    if found is None or found.low is None or found.high is None:
        return Requirement(what, "unknown", paired.why_not, evidence=paired.evidence)
    if found.n < FEWEST_PAIRS:
        reason = f"{found.n:,} outcomes that the metric counts; at least {FEWEST_PAIRS} are needed"
        return Requirement(what, "unknown", reason, evidence=paired.evidence)
    best = found.high if paired.higher_is_better else -found.low
    verdict: Verdict = "fail" if best < 0 else "pass"
    reason = "" if verdict == "pass" else f"it is worse by {found!r}"
    return Requirement(what, verdict, reason, evidence=paired.evidence)
