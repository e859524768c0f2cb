"""What the archive itself must be before it enters any rung: whole, safe, complete, small enough."""

from __future__ import annotations

from seatrial.core.digest import digest
from seatrial.core.errors import SeatrialError
from seatrial.judging.gates import offline_requirement
from seatrial.records.candidate import Candidate
from seatrial.records.evidence import Verdict
from seatrial.records.release import Requirement
from seatrial.scoring.archive import ALLOWED_TYPES, audit, audit_types, estimator_of
from seatrial.scoring.format import Header
from seatrial.verbs.check import Checked
from seatrial.verbs.project import Project

_AUDIT = "audit"


def form(project: Project, candidate: Candidate, offline: Checked) -> tuple[Requirement, ...]:
    """Requirements on a candidate's archive.

    Args:
        project: The project.
        candidate: The candidate.
        offline: The claims, judged offline; those on memory count here.
    """
    what = "the archive is what was judged, and holds nothing unsafe"
    try:
        header = _audited(project, candidate)
    except SeatrialError as error:
        return (Requirement(what, "fail", str(error)),)
    parity = header.parity
    told = "the estimator itself answers"
    if parity is not None and parity.proved:
        told = f"{parity.rows + parity.edge_rows:,} rows, no decision flipped"
    named = {each.name for each in (*header.contract.features, *header.contract.derived)}
    complete: Verdict = "pass" if named >= set(candidate.features) else "fail"
    return (
        Requirement(what, "pass", evidence=candidate.artefact),
        Requirement("its contract names every input", complete),
        Requirement("its fast form answers the same", "pass", told),
        *_memory(offline),
    )


def _audited(project: Project, candidate: Candidate) -> Header:
    """The header of an audited archive; which types it holds is looked at once, and kept on file."""
    data = project.blobs.get(candidate.artefact)
    header = audit(data, expected=candidate.artefact)
    key = digest([candidate.artefact, sorted(ALLOWED_TYPES)])
    if header.form == "estimator" and project.ledger.newest(_AUDIT, key) is None:
        types = audit_types(estimator_of(data), header)
        project.ledger.append(_AUDIT, {"artefact": candidate.artefact, "types": types}, key=key)
    return header


def _memory(offline: Checked) -> list[Requirement]:
    found = [
        offline_requirement(claim, judgement)
        for claim, judgement in zip(offline.claims, offline.judgements, strict=True)
        if claim.measure.metric == "memory_mb" and judgement.stage == "offline"
    ]
    return found or [Requirement("its memory", "not applicable", "nothing is claimed of it")]
