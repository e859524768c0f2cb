"""What could go wrong, and what the claim that would show it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.records.evidence import Verdict
from seatrial.records.hazard import coverage, covered
from seatrial.web.facts import Facts
from seatrial.web.shown import Row


@dataclass(frozen=True, slots=True)
class HazardRow:
    """One hazard.

    Attributes:
        what: What would go wrong.
        claim: Id of the claim that would show it; None without one.
        text: That claim as people read it; empty without one.
        verdict: What is held of it; None without one.
    """

    what: str
    claim: str | None
    text: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Hazards:
    """All of the plan's hazards in its order, and how many are covered, in a sentence."""

    sentence: str
    rows: tuple[HazardRow, ...]


def hazards(facts: Facts, found: Sequence[Row]) -> Hazards:
    """The hazards beside the claims as they stand."""
    known = {row.id: row for row in found}
    each = covered(facts.project.plan.text.hazards, {row.id: row.verdict for row in found})
    return Hazards(
        coverage(each),
        tuple(
            HazardRow(one.what, one.claim, known[one.claim].text if one.claim else "", one.verdict)
            for one in each
        ),
    )
