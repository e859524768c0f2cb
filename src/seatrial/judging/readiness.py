"""The ML Test Score: 28 tests in four sections, each earned by evidence.

Half a point for a test that is done by hand with a record, one for a test that is measured and fresh.
The sum of each section is shown; the score is the smallest of the four.

Source:
    Breck, Cai, Nielsen, Salib and Sculley (2017), The ML Test Score, IEEE Big Data,
    doi:10.1109/BigData.2017.8258038.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement

Section = Literal["data", "model", "infrastructure", "monitoring"]
SECTIONS: tuple[Section, ...] = ("data", "model", "infrastructure", "monitoring")
POINTS_A_SECTION = 7


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the rubric.

    Attributes:
        id: As in the catalogue, ``RD-01``.
        section: Where it counts.
        title: What must be so.
        measure: What measures it, as a claim writes it; None where a kind of claim does, or nothing.
        claims: ``slice`` or ``group``: the claims of the plan that earn it.
    """

    id: str
    section: Section
    title: str
    measure: str | None = None
    claims: Literal["slice", "group"] | None = None

    @property
    def has_probe(self) -> bool:
        """Whether it can be measured at all, today."""
        return self.measure is not None or self.claims is not None


TESTS: tuple[Test, ...] = (
    Test("RD-01", "data", "Feature expectations are captured in a schema", "schema"),
    Test("RD-02", "data", "Every feature is beneficial", "worst benefit by feature"),
    Test("RD-03", "data", "No feature costs too much"),
    Test("RD-04", "data", "Features adhere to meta-level requirements", "allowed_features"),
    Test("RD-05", "data", "The pipeline has privacy controls"),
    Test("RD-06", "data", "New features can be added quickly"),
    Test("RD-07", "data", "All input feature code is tested"),
    Test("RD-08", "model", "Model specs are reviewed and submitted"),
    Test("RD-09", "model", "Offline and online metrics correlate"),
    Test("RD-10", "model", "All hyperparameters have been tuned"),
    Test("RD-11", "model", "The impact of staleness is known"),
    Test("RD-12", "model", "A simpler model is not better", "{optimize} vs simplest"),
    Test("RD-13", "model", "Quality is sufficient on important slices", claims="slice"),
    Test("RD-14", "model", "Tested for considerations of inclusion", claims="group"),
    Test("RD-15", "infrastructure", "Training is reproducible", "reproducible"),
    Test("RD-16", "infrastructure", "Model specs are unit tested"),
    Test("RD-17", "infrastructure", "The pipeline is integration tested"),
    Test("RD-18", "infrastructure", "Quality is validated before serving"),
    Test("RD-19", "infrastructure", "The model can be debugged"),
    Test("RD-20", "infrastructure", "Models are canaried before serving"),
    Test("RD-21", "infrastructure", "Serving models can be rolled back"),
    Test("RD-22", "monitoring", "Dependency changes notify"),
    Test("RD-23", "monitoring", "Data invariants hold in training and serving inputs"),
    Test("RD-24", "monitoring", "Training and serving are not skewed"),
    Test("RD-25", "monitoring", "Models are not too stale"),
    Test("RD-26", "monitoring", "The model is numerically stable", "numerically_stable"),
    Test("RD-27", "monitoring", "Computing performance has not regressed"),
    Test("RD-28", "monitoring", "Prediction quality has not regressed on served data"),
)


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


@dataclass(frozen=True, slots=True)
class Result:
    """One test, scored.

    Attributes:
        test: The test.
        points: 0, 0.5 or 1.
        evidence: Digest of what earned the points; None without any.
        missing: What would earn the rest, in words; empty at 1.
    """

    test: Test
    points: float
    evidence: str | None
    missing: str


@dataclass(frozen=True, slots=True)
class Score:
    """All tests, and what they add up to."""

    results: tuple[Result, ...]

    @property
    def sections(self) -> dict[Section, float]:
        """Sum of the points of each section."""
        return {
            section: sum(each.points for each in self.results if each.test.section == section)
            for section in SECTIONS
        }

    @property
    def score(self) -> float:
        """The smallest of the sections."""
        return min(self.sections.values())

    @property
    def smallest(self) -> Section:
        """The section that decides."""
        return min(SECTIONS, key=lambda section: self.sections[section])


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
