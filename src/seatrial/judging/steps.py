"""What to do next: failing claims, then unknown ones by cost, then the smallest section of the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.records.bounds import limit, shortfall
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.metrics import Metric
from seatrial.records.readiness import Result, Score
from seatrial.records.step import Step


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the training, for advice.

    Attributes:
        ladder: Estimates on dev by family and metric.
        chosen: Family of the candidate.
        on_train: The candidate's claimed metrics on train, by metric; where they were measured.
        curve: Metrics over thresholds on dev.
        costs: Seconds that measuring each claim costs, by id.
        test_costs: Seconds that measuring each readiness test costs, by id.
        train_s: Seconds that the last training took.
    """

    ladder: Mapping[str, Mapping[str, Estimate]]
    chosen: str | None
    curve: Mapping[str, Any]
    costs: Mapping[str, float]
    test_costs: Mapping[str, float]
    train_s: float


def steps(
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    metrics: Mapping[str, Metric],
    score: Score,
    known: Known,
) -> tuple[Step, ...]:
    """Rank what can be done.

    Args:
        claims: Claims of the plan.
        judgements: One for each claim.
        metrics: The glossary.
        score: The readiness score.
        known: What is known of the training.
    """
    pairs = list(zip(claims, judgements, strict=True))
    if known.chosen is None:
        return (_train("no candidate has been trained", known, len(claims)),)
    stale = [claim for claim, judgement in pairs if judgement.reason == "stale"]
    failing = [
        _fix(claim, judgement, metrics[claim.measure.metric], known)
        for claim, judgement in pairs
        if judgement.verdict == "fail"
    ]
    unknown = [
        _settle(claim, judgement, metrics[claim.measure.metric], known)
        for claim, judgement in pairs
        if judgement.verdict == "unknown"
        and judgement.reason != "stale"
        and judgement.stage == "offline"
    ]
    unknown.sort(key=lambda step: (step.cost_s is None, step.cost_s or 0.0))
    retrain = (
        [
            _train(
                f"{len(stale)} claims are stale: what the candidate was made of has changed",
                known,
                len(stale),
            )
        ]
        if stale
        else []
    )
    return (*failing, *retrain, *unknown, *_readiness(score, known))


def _train(why: str, known: Known, claims: int) -> Step:
    return Step(
        "Train the candidates",
        why,
        (),
        None,
        f"{claims} claims become known",
        known.train_s,
        "seatrial train",
    )


def _fix(claim: Claim, judgement: Judgement, metric: Metric, known: Known) -> Step:
    evidence = judgement.evidence
    assert evidence is not None
    estimate = evidence.estimate
    text = str(claim)
    rests_on = (evidence.digest,)
    if claim.bound is None:
        found = evidence.findings[0] if evidence.findings else "it says no"
        return Step(
            f"Repair what breaks `{text}`",
            found,
            rests_on,
            None,
            "not known before it is tried",
            None,
            f"seatrial why {claim.id}",
        )
    missed = shortfall(claim, metric, estimate) or 0.0
    why = f"{claim.measure} is {estimate.value:.3g} and misses its bound by {missed:.3g}"
    if moved := _better_threshold(claim, metric, known):
        threshold, reached, price = moved
        gain = Estimate(
            reached - (estimate.value or 0.0),
            None,
            None,
            0,
            "read off the curve on dev",
            estimate.unit,
        )
        return Step(
            "Choose the threshold again under the bounds of the plan",
            f"{why}; on dev a threshold of {threshold:.3g} gives {reached:.3g}{price}",
            rests_on,
            gain if gain.measured and gain.low is not None else None,
            f"{metric.name} {reached:.3g} on dev, read off the curve; no interval before it is tried",
            known.train_s,
            "seatrial train",
        )
    if other := _better_family(claim, metric, known):
        name, there = other
        return Step(
            f"Look at {name}, which keeps this bound on dev",
            f"{why}; {name} has {there.value:.3g} on dev",
            rests_on,
            None,
            "not known before it is judged",
            known.train_s,
            "seatrial train",
        )
    if evidence.groups:
        worst = _extreme(evidence, metric)
        return Step(
            f"Look at {worst[0]}",
            f"{why}; {worst[1]}",
            rests_on,
            None,
            "not known before it is tried",
            None,
            f"seatrial why {claim.id}",
        )
    return Step(
        f"Raise {claim.measure}",
        f"{why}; no threshold and no other candidate reaches it on dev",
        rests_on,
        None,
        "not known before it is tried: add features or rows",
        None,
        f"seatrial why {claim.id}",
    )


def _better_threshold(
    claim: Claim, metric: Metric, known: Known
) -> tuple[float, float, str] | None:
    """A threshold on dev that keeps the bound, with the least loss of recall; and that loss."""
    curve, bound = known.curve, claim.bound
    plain = not (
        claim.measure.quantifier
        or claim.measure.versus
        or claim.measure.where
        or claim.measure.arguments
    )
    if bound is None or not plain or metric.name not in curve or "threshold" not in curve:
        return None
    at = limit(bound, metric)
    rows = zip(
        curve["threshold"], curve[metric.name], curve.get("recall", curve[metric.name]), strict=True
    )
    keeps = [
        (recall or 0.0, threshold, value)
        for threshold, value, recall in rows
        if value is not None and (value >= at if bound.sign in {">=", ">"} else value <= at)
    ]
    if not keeps:
        return None
    recall, threshold, value = max(keeps)
    return threshold, value, f" at recall {recall:.3g}"


def _better_family(claim: Claim, metric: Metric, known: Known) -> tuple[str, Estimate] | None:
    for family, found in known.ladder.items():
        estimate = found.get(str(claim.measure))
        if family != known.chosen and estimate is not None and estimate.measured:
            missed = shortfall(claim, metric, estimate)
            if missed is not None and missed <= 0:
                return family, estimate
    return None


def _extreme(evidence: Evidence, metric: Metric) -> tuple[str, str]:
    settled = [each for each in evidence.groups if each.settled and each.estimate.value is not None]
    if not settled:
        return "more rows of each group", "no group has enough rows to tell"
    ranked = sorted(
        settled, key=lambda each: each.estimate.value or 0.0, reverse=not metric.higher_is_better
    )
    low, high = ranked[0], ranked[-1]
    return (
        low.label,
        f"{low.label} has {low.estimate.value:.3g} of {low.estimate.n:,}, {high.label} {high.estimate.value:.3g}",
    )


def _settle(claim: Claim, judgement: Judgement, metric: Metric, known: Known) -> Step:
    evidence = judgement.evidence
    cost = known.costs.get(claim.id)
    if evidence is None:
        return Step(
            f"Measure `{claim}`",
            judgement.reason or "it was never measured",
            (),
            None,
            "1 claim becomes known",
            cost,
            f"seatrial check {claim.id}",
        )
    if not evidence.estimate.measured:
        return Step(
            f"Make `{claim}` measurable",
            evidence.estimate.method,
            (evidence.digest,),
            None,
            "1 claim becomes known",
            None,
            f"seatrial why {claim.id}",
        )
    if not judgement.fresh:
        return Step(
            f"Measure `{claim}` again",
            judgement.reason,
            (evidence.digest,),
            None,
            "1 claim known again",
            cost,
            f"seatrial check {claim.id} --again",
        )
    missed = shortfall(claim, metric, evidence.estimate) or 0.0
    side = "right" if missed <= 0 else "wrong"
    why = f"{claim.measure} is on the {side} side of its bound, and the interval is too wide: {judgement.reason}"
    return Step(
        f"Get more rows to settle `{claim}`",
        why,
        (evidence.digest,),
        None,
        "1 claim becomes settled",
        None,
        f"seatrial why {claim.id}",
    )


def _readiness(score: Score, known: Known) -> list[Step]:
    """Tests that would raise the smallest section, the cheapest first; then those of the others."""
    sections = score.sections
    open_ = [each for each in score.results if each.points < 1 and not each.test.needs_service]
    ranked = sorted(
        open_,
        key=lambda each: (
            sections[each.test.section],
            not each.test.has_probe,
            known.test_costs.get(each.test.id, 0.0),
        ),
    )
    return [
        _earn(each, sections[each.test.section], known)
        for each in ranked
        if each.test.has_probe or each.points == 0
    ]


def _earn(result: Result, section: float, known: Known) -> Step:
    test = result.test
    rests_on = (result.evidence,) if result.evidence else ()
    why = f"{test.section} has {section:g} of 7: {result.missing}"
    worth = 1 - result.points if test.has_probe else 0.5
    gain = Estimate(worth, 0.0, worth, 1, "points of the ML Test Score", "points")
    if test.claims is not None:
        return Step(
            f"Claim: {test.title.lower()}", why, rests_on, gain, "", None, "seatrial plan lint"
        )
    if (
        test.measure is not None
        and "fails" not in result.missing
        and "better" not in result.missing
    ):
        return Step(
            f"Measure: {test.title.lower()}",
            why,
            rests_on,
            gain,
            "",
            known.test_costs.get(test.id),
            f"seatrial readiness --measure {test.id}",
        )
    command = f"seatrial readiness --record {test.id} --by NAME --note TEXT"
    return Step(
        f"Do by hand, and record: {test.title.lower()}", why, rests_on, gain, "", None, command
    )
