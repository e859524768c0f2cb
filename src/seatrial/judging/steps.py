"""What to do next: failing claims, then unknown ones by cost, then the smallest section of the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate, brief
from seatrial.judging.by_hand import BY_HAND
from seatrial.judging.remedies import Training, remedy
from seatrial.records.bounds import shortfall, sides
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, Judgement
from seatrial.records.metrics import Metric
from seatrial.records.readiness import POINTS_A_SECTION, Result, Score
from seatrial.records.step import Step

Pair = tuple[Claim, Judgement]

CAN_BE_MEASURED = frozenset({"stale", "not measured"})
"""Reasons for which a claim is unknown that measuring it takes away."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the training and of costs, for advice.

    Attributes:
        ladder: Estimates on dev by family and metric.
        chosen: Family of the candidate; None before the first training.
        curve: Metrics over thresholds on dev.
        costs: Seconds that measuring each claim costs, by id.
        test_costs: Seconds that measuring each readiness test costs, by id.
        train_s: Seconds that the last training took.
        is_current: Whether the candidate is made of what is there now.
    """

    ladder: Mapping[str, Mapping[str, Estimate]]
    chosen: str | None
    curve: Mapping[str, Any]
    costs: Mapping[str, float]
    test_costs: Mapping[str, float]
    train_s: float
    is_current: bool = True


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
        return (_train("no candidate has been trained", len(claims), known),)
    unknown = [
        pair for pair in pairs if pair[1].verdict == "unknown" and pair[1].stage == "offline"
    ]
    return (
        *_failing(pairs, metrics, known),
        *_stale(unknown, known),
        *_unknown(unknown, metrics, known),
        *_drafts(claims),
        *_readiness(score, known),
    )


def _failing(pairs: Sequence[Pair], metrics: Mapping[str, Metric], known: Known) -> list[Step]:
    """Guarantees first: they keep the gate shut."""
    failing = [pair for pair in pairs if pair[1].verdict == "fail"]
    failing.sort(key=lambda pair: not pair[1].blocks)
    return [
        remedy(claim, _evidence(judgement), metrics[claim.measure.metric], _training(known))
        for claim, judgement in failing
    ]


def _evidence(judgement: Judgement) -> Evidence:
    assert judgement.evidence is not None
    return judgement.evidence


def _training(known: Known) -> Training:
    return Training(known.ladder, known.chosen or "", known.curve, known.train_s)


def _stale(unknown: Sequence[Pair], known: Known) -> list[Step]:
    stale = [claim for claim, judgement in unknown if judgement.reason == "stale"]
    if known.is_current or not stale:
        return []
    why = (
        f"the candidate is not made of what is there now, so {_claims(len(stale))} can't be judged"
    )
    return [_train(why, len(stale), known)]


def _train(why: str, claims: int, known: Known) -> Step:
    again = "again" if known.chosen else "the candidates"
    gain = f"{_claims(claims)} can be measured"
    return Step(f"Train {again}", why, (), None, gain, known.train_s, "seatrial train")


def _claims(number: int) -> str:
    return f"{number} claim{'s' if number != 1 else ''}"


def _unknown(unknown: Sequence[Pair], metrics: Mapping[str, Metric], known: Known) -> list[Step]:
    """One step for all that has only to be measured, and one for each of the others, by cost."""
    due = [
        claim
        for claim, judgement in unknown
        if judgement.evidence is None
        and judgement.reason in CAN_BE_MEASURED
        and (known.is_current or judgement.reason != "stale")
    ]
    found = [_measure(due, known)] if due else []
    found += [
        _settle(claim, judgement, metrics[claim.measure.metric], known)
        for claim, judgement in unknown
        if judgement.evidence is not None or judgement.reason not in CAN_BE_MEASURED
    ]
    return sorted(found, key=lambda step: (step.cost_s is None, step.cost_s or 0.0))


def _measure(due: Sequence[Claim], known: Known) -> Step:
    cost = sum(known.costs.get(claim.id, 0.0) for claim in due)
    gain = f"{_claims(len(due))} known"
    if len(due) == 1:
        why = "nothing on file is of what is there now"
        command = f"seatrial check {due[0].id}"
        return Step(f"Measure `{due[0]}`", why, (), None, gain, cost, command)
    named = ", ".join(claim.id for claim in due[:3])
    more = f" and {len(due) - 3} more" if len(due) > 3 else ""  # noqa: PLR2004 — as many as are named
    why = f"nothing on file is of what is there now for {named}{more}"
    return Step(f"Measure {_claims(len(due))}", why, (), None, gain, cost, "seatrial check")


def _settle(claim: Claim, judgement: Judgement, metric: Metric, known: Known) -> Step:
    evidence = judgement.evidence
    if evidence is None:
        return _impossible(claim, judgement.reason, ())
    if not evidence.estimate.measured:
        return _impossible(claim, evidence.estimate.method, (evidence.digest,))
    if not judgement.fresh:
        return Step(
            f"Measure `{claim}` again",
            judgement.reason,
            (evidence.digest,),
            None,
            "1 claim known again",
            known.costs.get(claim.id),
            f"seatrial check {claim.id} --again",
        )
    if (shortfall(claim, metric, evidence.estimate) or 0.0) > 0:
        return remedy(claim, evidence, metric, _training(known))
    assert claim.bound is not None
    if sides(claim.bound, metric, evidence.estimate)[0]:
        return _fresh_part(claim, judgement, evidence)
    return _more_rows(claim, judgement, evidence)


def _fresh_part(claim: Claim, judgement: Judgement, evidence: Evidence) -> Step:
    """What holds alone is held up by how many candidates were tried on the test part."""
    return Step(
        f"Give `{claim}` a fresh test part: another `data.split`, then train",
        judgement.reason,
        (evidence.digest,),
        None,
        "1 claim settled by rows that no candidate was tried on",
        None,
        "seatrial train",
    )


def _impossible(claim: Claim, reason: str, rests_on: tuple[str, ...]) -> Step:
    return Step(
        f"Change `{claim}` or its data, so that it can be measured",
        reason,
        rests_on,
        None,
        "1 claim can be measured",
        None,
        f"seatrial check {claim.id}",
    )


def _more_rows(claim: Claim, judgement: Judgement, evidence: Evidence) -> Step:
    estimate = evidence.estimate
    assert claim.bound is not None
    why = (
        f"{claim.measure} is {_span(estimate)} on {estimate.n:,}, on the right side of its bound; "
        f"{judgement.reason}"
    )
    at_least = claim.bound.sign in {">=", ">"}
    proved = estimate.low if at_least else estimate.high
    side = "at least" if at_least else "at most"
    gain = f"1 claim settled; what is proved today is {side} {brief(proved)}"
    return Step(
        f"Add rows to settle `{claim}`, or claim what is proved",
        why,
        (evidence.digest,),
        None,
        gain if claim.bound.sign != "=" else "1 claim settled",
        None,
        f"seatrial check {claim.id}",
    )


def _span(estimate: Estimate) -> str:
    return f"{brief(estimate.value)} [{brief(estimate.low)}, {brief(estimate.high)}]"


def _drafts(claims: Sequence[Claim]) -> list[Step]:
    drafts = [claim.id for claim in claims if claim.draft]
    if not drafts:
        return []
    which = "all" if len(drafts) > 1 else drafts[0]
    return [
        Step(
            f"Sign or change {len(drafts)} drafted bound{'s' if len(drafts) > 1 else ''}",
            "they were read off dev, and nobody has said that they are what is needed",
            (),
            None,
            "the bounds are meant",
            None,
            f"seatrial claim sign {which} --by NAME",
        )
    ]


def _readiness(score: Score, known: Known) -> list[Step]:
    """Tests of the smallest section, the cheapest to measure first; then those of the others."""
    ways = {"measure": 0, "repair": 1, "claim": 2, "record": 3}
    open_ = [
        each
        for each in score.results
        if each.lack in ways and (each.points == 0 or each.test.has_probe)
    ]
    open_.sort(
        key=lambda each: (
            score.sections[each.test.section],
            ways[each.lack],
            known.test_costs.get(each.test.id, 0.0),
        )
    )
    return [_earn(each, score, known) for each in open_]


def _earn(result: Result, score: Score, known: Known) -> Step:
    test = result.test
    statement = test.title[0].lower() + test.title[1:]
    points = score.sections[test.section]
    standing = f"{test.section} has {points:g} of {POINTS_A_SECTION}"
    match result.lack:
        case "measure":
            title, why = f"Measure whether {statement}", f"{standing}; {result.missing}"
            command = f"seatrial readiness --measure {test.id}"
        case "repair":
            title, why = f"Repair: {statement}", f"{standing}; {result.missing}"
            command = (
                f"seatrial readiness --measure {test.id}" if test.measure else "seatrial watch"
            )
        case "claim":
            title, why = f"Claim that {statement}", f"{standing}; {result.missing}"
            command = "seatrial check"
        case _:
            title, why = BY_HAND[test.id], f"{standing}, and nothing shows yet that {statement}"
            command = f"seatrial readiness --record {test.id} --by NAME --note TEXT"
    seen = tuple(each for each in (result.seen, result.evidence) if each)
    cost = known.test_costs.get(test.id) if result.lack == "measure" else None
    return Step(title, why, seen, *_gain(result, score), cost, command)


def _gain(result: Result, score: Score) -> tuple[Estimate | None, str]:
    """Points: known for a record by hand; for what has to be measured or claimed, if it holds."""
    section = result.test.section
    worth = 0.5 if result.lack == "record" else 1 - result.points
    points = score.sections[section]
    others = [each for name, each in score.sections.items() if name != section]
    whole = min([points + worth, *others])
    said = f"{section} {points:g} → {points + worth:g}"
    said += f", the score {score.score:g} → {whole:g}" if whole > score.score else ""
    if result.lack == "record":
        return Estimate(worth, worth, worth, 1, "the rubric of the ML Test Score", "points"), said
    return None, f"{said}, if it holds"
