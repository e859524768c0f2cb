"""The most valuable next steps, read off the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.judging.rollout import repair
from seatrial.judging.steps import Known
from seatrial.judging.steps import steps as rank
from seatrial.records.step import Step
from seatrial.verbs.augment import unused
from seatrial.verbs.doctor import repairs
from seatrial.verbs.look import newest_of
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project
from seatrial.verbs.readiness import readiness
from seatrial.verbs.release import rollout_steps
from seatrial.verbs.roles import Missing

UNKNOWN_TRAINING_S = 20.0
"""What training costs, about, before it was ever done."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What can be done, best first."""

    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial next --json``; see ``docs/json.md``."""
        return {"steps": [each.to_json() for each in self.steps]}


def steps(project: Project) -> Steps:
    """Rank what can be done. Measures nothing.

    Raises:
        PlanError: the plan is not valid, or doesn't fit the data.
    """
    measuring = Measuring(project)
    ready = readiness(project)
    result = ready.checked
    known = _known(measuring, ready.costs)
    ranked = rank(result.claims, result.judgements, result.metrics, ready.score, known)
    failing = sum(each.verdict == "fail" for each in result.judgements)
    served = repair(newest_of(project, result.candidate), known.train_s)
    found = repairs(measuring) if known.is_current else ()
    better = unused(measuring.chain, known.chosen) if known.is_current and known.chosen else ()
    first = (*served, *ranked[:failing], *found, *rollout_steps(project))
    return Steps((*first, *better, *ranked[failing:]))


def _known(measuring: Measuring, test_costs: dict[str, float]) -> Known:
    chain = measuring.chain
    selection = chain.selection
    candidate = measuring.roles.candidate()
    trained = None if isinstance(candidate, Missing) else candidate
    dev = selection["dev"] if selection else {}
    ladder = {
        family: {name: Estimate.from_json(each) for name, each in found["metrics"].items()}
        for family, found in dev.items()
    }
    runs = chain.project.ledger.find("run", limit=len(ladder) or 1)
    seconds = sum(float(run.facts.get("seconds", 0.0)) for run in runs)
    return Known(
        ladder=ladder,
        chosen=str(selection["chosen"]) if selection else None,
        curve=trained.curve if trained else {},
        costs={claim.id: measuring.seconds(claim.measure) for claim in chain.plan.claims},
        test_costs=test_costs,
        train_s=seconds or UNKNOWN_TRAINING_S,
        is_current=trained is not None,
    )
