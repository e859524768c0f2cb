"""Score the system: half a point for a test done by hand with a record, one when measured and fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seatrial.judging.service import Service, of_service
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.readiness import TESTS, Lack, Result, Score, Test


@dataclass(frozen=True, slots=True)
class ByHand:
    """A person's answer, with what was shown; current while nothing shown has changed.

    Attributes:
        test: Id of the test.
        digest: Of the record.
        note: What was done.
        current: Whether all that was shown is what is there now, and it hasn't expired.
        why_not: Why it isn't current.
    """

    test: str
    digest: str
    note: str
    current: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was measured for a test; None where nothing on file is of what is there now.

    Attributes:
        evidence: The measurement.
        why_not: Why there is none.
        higher_is_better: Whether more of what was measured is better.
    """

    evidence: Evidence | None
    why_not: str = ""
    higher_is_better: bool = True


def score(
    proofs: Mapping[str, Proof],
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    by_hand: Mapping[str, ByHand],
    service: Service | None = None,
) -> Score:
    """Score the system.

    A record by hand gives half a point while nothing was measured; what was measured and fails gives
    none, whatever a person says.

    Args:
        proofs: What was measured, by test.
        claims: Claims of the plan.
        judgements: One for each claim.
        by_hand: The newest record of each test that has one.
        service: The release in force; None before the first.
    """
    shown = of_service(service) if service else {}
    measured = [
        shown.get(test.id) or _measured(test, proofs, claims, judgements, released=bool(service))
        for test in TESTS
    ]
    return Score(tuple(_with_record(each, by_hand.get(each.test.id)) for each in measured))


def _with_record(found: Result, hand: ByHand | None) -> Result:
    if found.points == 1 or found.lack == "repair" or hand is None:
        return found
    if hand.current:
        missing = f"done by hand; {found.missing}"
        return replace(found, points=0.5, evidence=hand.digest, missing=missing)
    old = f"the record by hand is out of date: {hand.why_not}; "
    return replace(found, missing=old + found.missing)


def _measured(
    test: Test,
    proofs: Mapping[str, Proof],
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    *,
    released: bool,
) -> Result:
    if test.claims is not None:
        return _by_claims(test, claims, judgements)
    if test.measure is None:
        lack: Lack = "release" if test.needs_service and not released else "record"
        return Result(test, 0.0, None, "nothing measures it yet", lack)
    proof = proofs.get(test.id, Proof(None, "not measured"))
    if proof.evidence is None:
        return Result(test, 0.0, None, proof.why_not, "measure")
    if not proof.evidence.estimate.measured:
        return Result(test, 0.0, None, proof.evidence.estimate.method, "measure")
    fault = _fault(test, proof.evidence, higher_is_better=proof.higher_is_better)
    if fault:
        return Result(test, 0.0, None, fault, "repair", proof.evidence.digest)
    return Result(test, 1.0, proof.evidence.digest, "")


def _fault(test: Test, evidence: Evidence, *, higher_is_better: bool) -> str:
    """What a measurement shows to be wrong; empty if nothing."""
    estimate = evidence.estimate
    found = "; ".join(["measured, and it fails", *evidence.findings[:1]])
    if estimate.unit == "yes or no":
        return found if (estimate.value or 0.0) < 1 else ""
    if test.id == _BENEFIT:
        return "" if (estimate.low or 0.0) > 0 else found
    sense = 1.0 if higher_is_better else -1.0
    ends = [sense * (each or 0.0) for each in (estimate.low, estimate.high)]
    return "measured, and a simpler model is better" if max(ends) < 0 else ""


_BENEFIT = "RD-02"
"""Its measurement is that of the least useful feature, whose whole interval must lie above 0."""


def _by_claims(test: Test, claims: Sequence[Claim], judgements: Sequence[Judgement]) -> Result:
    pairs = [
        (claim, judgement)
        for claim, judgement in zip(claims, judgements, strict=True)
        if _counts(test, claim)
    ]
    if not pairs:
        example = (
            "recall >= 0.5 where COLUMN = 'VALUE'"
            if test.claims == "slice"
            else "gap recall by COLUMN <= 0.1"
        )
        return Result(test, 0.0, None, f"no claim asks it, as in `{example}`", "claim")
    open_ = [
        claim.id for claim, judgement in pairs if judgement.verdict != "pass" or not judgement.fresh
    ]
    if open_:
        return Result(test, 0.0, None, f"{', '.join(open_[:3])} not passed", "claims not passed")
    evidence = pairs[0][1].evidence
    return Result(test, 1.0, evidence.digest if evidence else None, "")


def _counts(test: Test, claim: Claim) -> bool:
    if test.claims == "slice":
        return claim.measure.where is not None or (
            claim.measure.quantifier == "worst" and claim.measure.by != ("feature",)
        )
    return claim.measure.quantifier in {"gap", "ratio"}
