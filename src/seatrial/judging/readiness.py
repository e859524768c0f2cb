"""Score the system: half a point for a test done by hand with a record, one when measured and fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.readiness import TESTS, Result, Score, Test


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
    """What was measured for a test; None where nothing on file is of what is there now."""

    evidence: Evidence | None
    why_not: str = ""


def score(
    proofs: Mapping[str, Proof],
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    by_hand: Mapping[str, ByHand],
) -> Score:
    """Score the system.

    Args:
        proofs: What was measured, by test.
        claims: Claims of the plan.
        judgements: One for each claim.
        by_hand: The newest record of each test that has one.
    """
    results = []
    for test in TESTS:
        earned, missing = _measured(test, proofs, claims, judgements)
        hand = by_hand.get(test.id)
        if earned is not None:
            results.append(Result(test, 1.0, earned, ""))
        elif hand is not None and hand.current:
            results.append(Result(test, 0.5, hand.digest, f"done by hand; {missing}"))
        else:
            old = f"the record by hand is out of date: {hand.why_not}; " if hand else ""
            results.append(Result(test, 0.0, None, old + missing))
    return Score(tuple(results))


def _measured(
    test: Test,
    proofs: Mapping[str, Proof],
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
) -> tuple[str | None, str]:
    if test.claims is not None:
        return _by_claims(test, claims, judgements)
    if test.measure is None:
        return None, "nothing measures it yet"
    proof = proofs.get(test.id, Proof(None, "not measured"))
    if proof.evidence is None:
        return None, proof.why_not
    estimate = proof.evidence.estimate
    if estimate.value is None:
        return None, estimate.method
    if estimate.unit == "yes or no" and estimate.value < 1:
        return None, "; ".join(["measured, and it fails", *proof.evidence.findings[:1]])
    if test.id == "RD-12" and (estimate.high or 0.0) < 0:
        return None, "measured, and a simpler model is better"
    return proof.evidence.digest, ""


def _by_claims(
    test: Test, claims: Sequence[Claim], judgements: Sequence[Judgement]
) -> tuple[str | None, str]:
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
        return None, f"no claim asks it, as in `{example}`"
    open_ = [
        claim.id for claim, judgement in pairs if judgement.verdict != "pass" or not judgement.fresh
    ]
    if open_:
        return None, f"{', '.join(open_[:3])} not passed"
    evidence = pairs[0][1].evidence
    return (evidence.digest if evidence else None), ""


def _counts(test: Test, claim: Claim) -> bool:
    if test.claims == "slice":
        return claim.measure.where is not None or (
            claim.measure.quantifier == "worst" and claim.measure.by != ("feature",)
        )
    return claim.measure.quantifier in {"gap", "ratio"}
