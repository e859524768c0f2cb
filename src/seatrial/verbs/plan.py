"""What changed in the plan and what each change asks for; what a reviewer would say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import Fault, NotFoundError
from seatrial.judging.staleness import changes
from seatrial.plan.leaves import leaves
from seatrial.plan.lint import advice
from seatrial.plan.load import load
from seatrial.records.evidence import Changed
from seatrial.records.hazard import covered
from seatrial.verbs.project import Project
from seatrial.verbs.untested import untested


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed.

    Attributes:
        changed: Leaves that differ.
        measured_again: Claims that have no evidence any more.
        judged_again: Claims whose bound, owner or strength changed.
    """

    changed: tuple[Changed, ...]
    measured_again: tuple[str, ...]
    judged_again: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial plan diff --json``; see ``docs/json.md``."""
        return {
            "changed": [
                {"path": each.input, "was": each.was, "now": each.now} for each in self.changed
            ],
            "measured_again": list(self.measured_again),
            "judged_again": list(self.judged_again),
        }


def diff(project: Project, other: Path | None = None) -> Difference:
    """Compare the plan with another file, or with the one that was judged last.

    Raises:
        NotFoundError: nothing was judged yet, and no file is named.
        PlanError: one of the plans is not valid.
    """
    now = leaves(project.plan.text)
    was = (
        leaves(load(other, metrics=project.registry.metrics).text)
        if other
        else _judged_last(project)
    )
    changed = changes(was, now)
    from seatrial.verbs.why import stale_claims

    stale = stale_claims(project)
    places = {each.input.split(".")[0] for each in changed if each.input.startswith("claims[")}
    touched = [
        claim.id for place, claim in enumerate(project.plan.claims) if f"claims[{place}]" in places
    ]
    return Difference(changed, stale, tuple(name for name in touched if name not in stale))


def _judged_last(project: Project) -> dict[str, str]:
    entry = project.ledger.newest("verdicts", project.plan.text.project)
    if entry is None:
        raise NotFoundError(
            "no plan was judged yet", hint="run seatrial check, or name a file to compare with"
        )
    found: dict[str, str] = entry.payload["leaves"]
    return found


def lint(project: Project) -> list[Fault]:
    """What a careful reviewer would say of the plan, its hazards as judged last, and its code."""
    plan = project.plan
    found = advice(plan.text, plan.claims, plan.metrics)
    return [*found, *_hazards(project), *(each.fault for each in untested(plan))]


def _hazards(project: Project) -> Iterator[Fault]:
    """Hazards whose claim doesn't hold. Nothing is judged for it: the verdicts are those on file."""
    entry = project.ledger.newest("verdicts", project.plan.text.project)
    if entry is None:
        return
    verdicts = {each["id"]: each["stages"][0]["verdict"] for each in entry.payload["claims"]}
    for hazard in covered(project.plan.text.hazards, verdicts):
        if hazard.verdict == "fail":
            fact = f"the hazard `{hazard.what}` is shown by {hazard.claim}, which fails"
            yield Fault(fact, hint=f"seatrial why {hazard.claim}")
        if hazard.verdict == "unknown":
            fact = f"the hazard `{hazard.what}` is shown by {hazard.claim}, which is not known"
            yield Fault(fact, hint=f"seatrial check {hazard.claim}")
