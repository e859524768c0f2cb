"""What may help a claim that fails: read off the evidence, the ladder and the curve on dev."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate, brief
from seatrial.records.bounds import limit, shortfall
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, GroupEstimate
from seatrial.records.metrics import Metric
from seatrial.records.step import Step


@dataclass(frozen=True, slots=True)
class Training:
    """What the last training found on dev.

    Attributes:
        ladder: Estimates by family and metric.
        chosen: The family that was kept.
        curve: Metrics over thresholds.
        seconds: What it took.
    """

    ladder: Mapping[str, Mapping[str, Estimate]]
    chosen: str
    curve: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Case:
    """A claim that fails, with all that speaks to it."""

    claim: Claim
    evidence: Evidence
    metric: Metric
    training: Training

    @property
    def fact(self) -> str:
        """How far it is from its bound."""
        estimate = self.evidence.estimate
        missed = shortfall(self.claim, self.metric, estimate) or 0.0
        return f"{self.claim.measure} is {brief(estimate.value)} and misses its bound by {brief(missed)}"

    def keeps(self, estimate: Estimate | None) -> bool:
        """Whether a value, measured elsewhere, keeps the bound."""
        missed = shortfall(self.claim, self.metric, estimate) if estimate else None
        return missed is not None and missed <= 0

    def step(
        self, title: str, because: str, gain: str, command: str, cost_s: float | None = None
    ) -> Step:
        """A step that rests on the claim's evidence."""
        why = f"{self.fact}; {because}"
        return Step(title, why, (self.evidence.digest,), None, gain, cost_s, command)


def remedy(claim: Claim, evidence: Evidence, metric: Metric, training: Training) -> Step:
    """The most promising thing to do for a claim that fails.

    In this order: what the probe found, the reference that is better, the group that pulls it down,
    dev that promised what test doesn't keep, a threshold that keeps it, a family that keeps it.

    Args:
        claim: The claim.
        evidence: What breaks it, or leaves it on the wrong side of its bound.
        metric: What the glossary says of its metric.
        training: What the last training found on dev.
    """
    if claim.bound is None:
        return _repair(claim, evidence)
    case = _Case(claim, evidence, metric, training)
    ways: Sequence[Callable[[_Case], Step | None]] = (
        _reference,
        _group,
        _dev_promised,
        _threshold,
        _family,
    )
    found = (way(case) for way in ways)
    return next((step for step in found if step is not None), None) or _nothing_reaches(case)


def _repair(claim: Claim, evidence: Evidence) -> Step:
    found = "; ".join(evidence.findings[:2]) or "its probe says no, and no more"
    return Step(
        f"Repair what breaks `{claim}`",
        found,
        (evidence.digest,),
        None,
        "1 claim holds",
        None,
        f"seatrial check {claim.id}",
    )


def _reference(case: _Case) -> Step | None:
    other = case.claim.measure.versus
    if other is None or case.claim.measure.quantifier is not None:
        return None
    return case.step(
        f"Find out what {other} knows and {case.training.chosen} doesn't",
        f"{other} is the better one here; if it stays so, let it decide",
        "not known before it is tried",
        f"seatrial runs compare {other} {case.training.chosen}",
    )


def _group(case: _Case) -> Step | None:
    settled = [
        each for each in case.evidence.groups if each.settled and each.estimate.value is not None
    ]
    if not case.evidence.groups:
        return None
    if not settled:
        return case.step(
            f"Collect rows of each group of {_by(case.claim)}",
            "no group has enough rows to tell",
            "not known before it is tried",
            f"seatrial why {case.claim.id}",
        )
    worst, best = _ends(settled, case.metric)
    return case.step(
        f"Look at the rows of {worst.label}",
        f"{_figure(worst)}, {_figure(best)}",
        f"{case.metric.name} of {worst.label} {brief(worst.estimate.value)} → {brief(best.estimate.value)}"
        ", if it catches up",
        f"seatrial why {case.claim.id}",
    )


def _by(claim: Claim) -> str:
    return ", ".join(claim.measure.by)


def _ends(groups: Sequence[GroupEstimate], metric: Metric) -> tuple[GroupEstimate, GroupEstimate]:
    """The worst group and the best."""
    ranked = sorted(
        groups, key=lambda each: each.estimate.value or 0.0, reverse=not metric.higher_is_better
    )
    return ranked[0], ranked[-1]


def _figure(group: GroupEstimate) -> str:
    return f"{group.label} has {brief(group.estimate.value)} of {group.estimate.n:,}"


def _dev_promised(case: _Case) -> Step | None:
    on_dev = case.training.ladder.get(case.training.chosen, {}).get(str(case.claim.measure))
    if on_dev is None or not case.keeps(on_dev):
        return None
    return case.step(
        "Find out how test differs from dev",
        f"on dev, where {case.training.chosen} was chosen, it is {brief(on_dev.value)}",
        f"{case.metric.name} {brief(case.evidence.estimate.value)} → {brief(on_dev.value)}, if test were "
        "like dev",
        f"seatrial why {case.claim.id}",
    )


def _threshold(case: _Case) -> Step | None:
    moved = _better_threshold(case)
    if moved is None:
        return None
    threshold, reached, recall = moved
    return case.step(
        "Choose the threshold again, under the bounds of the plan",
        f"on dev a threshold of {brief(threshold)} gives {brief(reached)} at recall {brief(recall)}",
        f"{case.metric.name} {brief(reached)} on dev, read off the curve; no interval before it is tried",
        "seatrial train",
        case.training.seconds,
    )


def _better_threshold(case: _Case) -> tuple[float, float, float] | None:
    """A threshold on dev that keeps the bound, with what it gives and the most recall."""
    measure, bound, curve = case.claim.measure, case.claim.bound, case.training.curve
    narrow = measure.where is not None or measure.is_of_scenarios
    plain = not (measure.quantifier or measure.versus or narrow or measure.arguments)
    name = case.metric.name
    if bound is None or not plain or name not in curve or "threshold" not in curve:
        return None
    at, least = limit(bound, case.metric), bound.sign in {">=", ">"}
    rows = zip(curve["threshold"], curve[name], curve.get("recall", curve[name]), strict=True)
    keeps = [
        (recall or 0.0, threshold, value)
        for threshold, value, recall in rows
        if value is not None and (value >= at if least else value <= at)
    ]
    if not keeps:
        return None
    recall, threshold, value = max(keeps)
    return threshold, value, recall


def _family(case: _Case) -> Step | None:
    chosen = case.training.chosen
    for family, found in case.training.ladder.items():
        estimate = found.get(str(case.claim.measure))
        if family != chosen and estimate is not None and case.keeps(estimate):
            return case.step(
                f"Compare with {family}, which keeps this bound on dev",
                f"{family} has {brief(estimate.value)} on dev",
                f"{case.metric.name} {brief(estimate.value)} on dev; what else it breaks is seen there",
                f"seatrial runs compare {chosen} {family}",
            )
    return None


def _nothing_reaches(case: _Case) -> Step:
    claim = case.claim
    if case.metric.subject != "predictions":
        return case.step(
            f"Bring {claim.measure} within its bound",
            "; ".join(case.evidence.findings[:1]) or "nothing that was measured explains it",
            "not known before it is tried",
            f"seatrial check {claim.id}",
        )
    figures = {name for found in case.training.ladder.values() for name in found}
    if claim.measure.where is None and figures and str(claim.measure) not in figures:
        return case.step(
            "Train again: the claim is newer than the candidate",
            "no threshold and no family was chosen under it yet",
            "a candidate that keeps it on dev, if there is one",
            "seatrial train",
            case.training.seconds,
        )
    because = "no threshold and no other family reaches it on dev"
    if nearest := _nearest(case):
        because += f"; the nearest is {nearest[0]} with {brief(nearest[1].value)}"
    apart = "" if "regression" in case.metric.tasks else " that tell the classes apart"
    where = f" where {claim.measure.where}" if claim.measure.where is not None else ""
    return case.step(
        f"Add features or rows{apart}{where}",
        because,
        "not known before it is tried; the other way is a bound that can be kept",
        f"seatrial why {claim.id}",
    )


def _nearest(case: _Case) -> tuple[str, Estimate] | None:
    """The family that comes nearest to the bound on dev, with what it has there."""
    reached = [
        (shortfall(case.claim, case.metric, estimate) or 0.0, family, estimate)
        for family, found in case.training.ladder.items()
        if (estimate := found.get(str(case.claim.measure))) is not None and estimate.measured
    ]
    return min(reached, key=lambda each: each[0])[1:] if reached else None
