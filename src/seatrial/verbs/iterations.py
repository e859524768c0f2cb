"""The candidates that were kept, one after the other: what each step changed, and what it gained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from seatrial.core.clock import parse_iso
from seatrial.core.digest import short
from seatrial.judging.staleness import changes
from seatrial.records.candidate import Candidate
from seatrial.records.iteration import Iterations, Step, Turn
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import estimated
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.released import recorded, unanswering
from seatrial.verbs.runs import Comparison, first_source, parameters_of
from seatrial.verbs.slices import metric_asked

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

_PART = "dev"
_LOOKS = ("slices", "error-groups", "tag")
"""What is filed when somebody looks at the wrong answers."""


def iterations(project: Project, *, metric: str | None = None) -> Iterations:
    """Ask every candidate that was ever kept about the dev rows of now, under one metric.

    A metric that was changed since thus tells of the old candidates too.

    Args:
        project: The project.
        metric: A metric of predictions; the optimised one if None.

    Raises:
        PlanError: it is no metric.
        UserError: it is no metric of predictions.
    """
    chain = Chain(project)
    materials, asked = Materials(chain), metric_asked(chain, metric, _PART)
    steps: list[Step] = []
    looked, read = _moments(project, _LOOKS), _moments(project, ("snapshot",))
    before: Candidate | None = None
    last: Predictions | None = None
    for at, candidate in kept(project):
        comparison = _compared(project, before, candidate) if before else None
        reason = unanswering(chain, materials, candidate)
        answers = None if reason else materials.predictions(candidate, _PART)
        steps.append(
            Step(
                at=at,
                name=candidate.name,
                family=candidate.family,
                kind=comparison.iteration if comparison else "",
                changed=_named(comparison) if comparison else (),
                estimate=estimated(chain, asked, answers) if answers else None,
                gain=estimated(chain, asked, answers, last) if answers and last else None,
                reason=reason,
                turn=_turn(steps[-1].at, at, looked, read, candidate) if steps else None,
            )
        )
        before, last = candidate, answers or last
    better = project.registry.metrics[asked.metric].higher_is_better
    return Iterations(asked.subject, len(materials.truth(_PART)), better, tuple(steps))


def _moments(project: Project, kinds: Sequence[str]) -> list[datetime]:
    """When something of these kinds was filed, in order."""
    return sorted(parse_iso(each.at) for kind in kinds for each in project.ledger.find(kind))


def _turn(
    since: str,
    until: str,
    looked: Sequence[datetime],
    read: Sequence[datetime],
    candidate: Candidate,
) -> Turn:
    start, end = parse_iso(since), parse_iso(until)

    def after(moments: Sequence[datetime]) -> float | None:
        first = next((each for each in moments if start < each <= end), None)
        return None if first is None else (first - start).total_seconds()

    return Turn((end - start).total_seconds(), after(looked), after(read), candidate.seconds)


def kept(project: Project) -> Iterator[tuple[str, Candidate]]:
    """When each candidate was kept, and its record; the oldest first, each once in a row."""
    last = ""
    for entry in reversed(project.ledger.find("selection", project.plan.text.project)):
        chosen = entry.payload["chosen"]
        artefact = entry.payload["dev"][chosen]["artefact"]
        candidate = recorded(project, entry.payload["recipes"][chosen], artefact)
        if candidate is not None and artefact != last:
            last = artefact
            yield entry.at, candidate


def _compared(project: Project, one: Candidate, two: Candidate) -> Comparison:
    return Comparison(
        names=(short(one.artefact), short(two.artefact)),
        families=(one.family, two.family),
        changed=changes(one.leaves, two.leaves, first=first_source(project)),
        parameters=parameters_of(one, two),
        difference=None,
        metric=project.plan.text.optimize,
    )


def _named(comparison: Comparison) -> tuple[str, ...]:
    inputs = (each.input for each in comparison.changed)
    plan = [each for each in inputs if not each.startswith("train.parameters.")]  # named below
    named = [*plan, *(each.input for each in comparison.parameters)]
    family = ["family"] if comparison.families[0] != comparison.families[1] else []
    return (*family, *named)
