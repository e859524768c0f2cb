"""The newest look at production, as it was filed. A query: it reads no log and measures nothing."""

from __future__ import annotations

from seatrial.records.candidate import Candidate
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.look import Look, Series
from seatrial.verbs.project import Project

KIND = "look"


def newest(project: Project) -> Look | None:
    """The newest look of the project; None before the first."""
    entry = project.ledger.newest(KIND, project.plan.text.project)
    return Look.from_json(entry.payload) if entry is not None else None


def newest_of(project: Project, candidate: Candidate | None) -> Look | None:
    """The newest look, if it looked at this candidate; None else."""
    seen = newest(project)
    name = f"{candidate.family} {candidate.name}" if candidate else None
    return seen if seen is not None and seen.candidate == name else None


def judgement_of(claim: Claim, seen: Look | None) -> Judgement | None:
    """What a look found of a claim; None if it didn't judge it.

    A claim of a stage that its release isn't at is unknown, and says where the release is.
    """
    found = next((each for each in seen.claims if each.claim == claim.id), None) if seen else None
    if seen is not None and found is not None:
        return _judgement(claim, found, seen)
    if claim.stage in {None, "offline"}:
        return None
    reason = f"release {seen.release} is at {seen.rung}" if seen else "nothing was watched yet"
    return Judgement(claim.id, str(claim.stage), "unknown", reason, None, fresh=False, blocks=False)


def _judgement(claim: Claim, found: Series, seen: Look) -> Judgement:
    evidence = None
    if found.newest is not None and found.newest.measured:
        subject = f"{claim.measure} in {found.stage}"
        evidence = Evidence(
            "", subject, "production", found.newest, at=seen.at, digest=found.evidence
        )
    return Judgement(
        claim.id,
        found.stage,
        found.verdict,
        found.reason,
        evidence,
        fresh=evidence is not None,
        blocks=found.blocks and found.verdict == "fail",
    )
