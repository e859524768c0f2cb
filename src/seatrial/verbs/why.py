"""Why a claim is stale, failing or not known: the inputs that changed, and what the evidence says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.judging.staleness import changes
from seatrial.records.claim import Claim
from seatrial.records.evidence import Changed, Evidence, Judgement
from seatrial.records.metrics import Metric
from seatrial.reports.numbers import whole
from seatrial.verbs.check import checked
from seatrial.verbs.look import newest
from seatrial.verbs.measuring import Measuring, Wanted
from seatrial.verbs.project import Project


@dataclass(frozen=True, slots=True)
class Reason:
    """What is known of one claim.

    Attributes:
        claim: The claim.
        metric: What the glossary says of its metric.
        judgement: What is held now, without measuring.
        stale: Whether what is wanted now is not on file.
        changed: Root inputs that differ from the nearest evidence; empty if there is none.
        nearest: The evidence that ``changed`` compares with, or the current one.
        same: Inputs that didn't change.
        command: What to do next.
        finding: What changed in the world, in one sentence; empty where that isn't known.
    """

    claim: Claim
    metric: Metric
    judgement: Judgement
    stale: bool
    changed: tuple[Changed, ...]
    nearest: Evidence | None
    same: tuple[str, ...]
    command: str
    finding: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial why --json``; see ``docs/json.md``."""
        return {
            "claim": self.claim.id,
            "stale": self.stale,
            "changed": [
                {"input": each.input, "was": each.was, "now": each.now} for each in self.changed
            ],
        }


def why(project: Project, name: str) -> Reason:
    """Compare what a claim wants now with the nearest evidence on file. Measures nothing.

    Raises:
        NotFoundError: no claim has this id.
        PlanError: the plan is not valid, or doesn't fit the data.
    """
    claim = project.plan.claim(name)
    measuring = Measuring(project)
    metric = project.plan.metrics[claim.measure.metric]
    result = checked(measuring, only=[name], measure=False)
    judgement, served = result.judgements[0], result.served[0]
    if served is not None and served.verdict == "fail":
        return _since_served(project, claim, metric, judgement, served)
    if judgement.stage != "offline" or judgement.verdict == "not applicable":
        return Reason(
            claim,
            metric,
            judgement,
            stale=False,
            changed=(),
            nearest=None,
            same=(),
            command="seatrial next",
        )
    wanted = measuring.wanted(claim.measure, make=False)
    nearest = judgement.evidence or _nearest(measuring, claim)
    stale = judgement.evidence is None
    was = nearest.leaves if nearest else {}
    first = measuring.chain.snapshot.sources[0].name
    changed = changes(was, wanted.leaves, first=first) if stale and nearest else ()
    same = tuple(name for name, value in wanted.leaves.items() if was.get(name) == value)
    return Reason(
        claim,
        metric,
        judgement,
        stale,
        changed,
        nearest,
        same,
        _command(claim, wanted, judgement, stale=stale),
    )


def _since_served(
    project: Project, claim: Claim, metric: Metric, offline: Judgement, served: Judgement
) -> Reason:
    """A claim that held offline and fails where it is served: what moved between the two."""
    seen = newest(project)
    assert seen is not None
    moved = [
        Changed(f"{each.feature}, {_KINDS[each.shift]}", each.was, each.now)
        for each in seen.moved
        if each.verdict == "fail"
    ]
    was = offline.evidence.estimate if offline.evidence else None
    measured = served.evidence.estimate if served.evidence else None
    figures = (
        [Changed(claim.measure.metric, whole(was), whole(measured))] if was and measured else []
    )
    return Reason(
        claim,
        metric,
        served,
        stale=False,
        changed=(*figures, *moved),
        nearest=offline.evidence,
        same=(),
        command="seatrial next",
        finding=seen.advice,
    )


_KINDS = {"distance": "median", "missing": "missing", "new level": "new levels", "unit": "unit"}


def stale_claims(project: Project) -> tuple[str, ...]:
    """Ids of the claims whose evidence is not of what is there now. Measures nothing."""
    result = checked(Measuring(project), measure=False)
    return tuple(
        each.claim
        for each in result.judgements
        if each.stage == "offline" and not each.fresh and each.verdict != "not applicable"
    )


def measured(project: Project, name: str) -> list[Evidence]:
    """Everything that was ever measured for a claim, of whatever was there then; the newest first.

    Raises:
        NotFoundError: no claim has this id.
    """
    subject = str(project.plan.claim(name).measure)
    return [
        Evidence.from_json(entry.payload, digest=entry.digest, at=entry.at)
        for entry in project.ledger.search("evidence", [("subject", "=", subject)])
    ]


def _nearest(measuring: Measuring, claim: Claim) -> Evidence | None:
    """What was last held of this claim; else the newest measurement of the same thing anywhere."""
    ledger = measuring.project.ledger
    project = measuring.chain.plan.text.project
    for entry in ledger.find("verdicts", project, limit=20):
        for each in entry.payload["claims"]:
            digest = each["stages"][0]["evidence"] if each["id"] == claim.id else None
            if digest:
                found = ledger.get(digest)
                return Evidence.from_json(found.payload, digest=found.digest, at=found.at)
    subject = str(claim.measure).partition(" where ")[0]
    for entry in ledger.search(
        "evidence", [("probe", "=", measuring.project.registry.probe(claim.measure.metric).name)]
    ):
        if str(entry.payload["subject"]).partition(" where ")[0] == subject:
            return Evidence.from_json(entry.payload, digest=entry.digest, at=entry.at)
    return None


def _command(claim: Claim, wanted: Wanted, judgement: Judgement, *, stale: bool) -> str:
    if wanted.missing is not None and wanted.missing.command == "seatrial train":
        return "seatrial train"
    if stale:
        return f"seatrial check {claim.id}"
    return "seatrial next" if judgement.verdict in {"fail", "unknown"} else "seatrial check"
