"""What every page shows of a measured number and of a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.bounds import limit
from seatrial.records.claim import Claim
from seatrial.records.evidence import VERDICTS, Judgement, Verdict
from seatrial.records.look import Look, Series
from seatrial.records.release import Standing
from seatrial.reports import numbers
from seatrial.web import words
from seatrial.web.facts import Facts

STAGES = ("offline", "shadow", "canary", "production")
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate as people read it.

    Attributes:
        value: With its unit; ``not measured`` without one.
        interval: In brackets; empty where it is exact.
        n: Relevant observations; empty where nothing was measured.
        estimate: The estimate itself.
    """

    value: str
    interval: str
    n: str
    estimate: Estimate


def figure(estimate: Estimate) -> Figure:
    """Write an estimate for people.

    >>> found = figure(Estimate(0.308, 0.295, 0.322, 4642, ""))
    >>> found.value, found.interval, found.n
    ('0.308', '[0.295, 0.322]', '4,642')
    """
    value = numbers.value(estimate).replace(" ", words.SPACE if estimate.measured else " ")
    n = numbers.count(estimate.n) if estimate.measured else ""
    return Figure(value, numbers.interval(estimate), n, estimate)


@dataclass(frozen=True, slots=True)
class Row:
    """A claim in a list.

    Attributes:
        id: Its name.
        text: The claim as people read it.
        name: The claim without its bound.
        verdict: The worst of what is held offline and in production.
        reason: Why, and whether it blocks; empty if there is nothing to say.
        commitment: ``guarantee``, ``target``, ``observe``.
        owner: Who answers for it.
        blocks: Whether it keeps a gate shut.
        bound: In the metric's unit; None if the probe answers yes or no.
        sign: Of the bound.
        by_ratio: Whether distances from the bound count as ratios.
        needs: What the bound asks for, in words.
        newest: The newest figure; None if nothing was measured.
        offline: The figure as judged offline, if the newest is of production.
        stages: Verdict at each stage that it was judged at.
    """

    id: str
    text: str
    name: str
    verdict: Verdict
    reason: str
    commitment: str
    owner: str
    blocks: bool
    bound: float | None
    sign: str
    by_ratio: bool
    needs: str
    newest: Figure | None
    offline: Figure | None
    stages: Mapping[str, Verdict]


def rows(facts: Facts) -> tuple[Row, ...]:
    """Every claim: failing first, then in the plan's order."""
    checked = facts.checked
    found = [
        _row(claim, judgement, owner, facts)
        for claim, judgement, owner in zip(
            checked.claims, checked.judgements, checked.owners, strict=True
        )
    ]
    return tuple(sorted(found, key=lambda row: VERDICTS.index(row.verdict)))


def tally(found: Sequence[Row]) -> dict[Verdict, int]:
    """How many claims have each verdict, all five."""
    return {verdict: sum(row.verdict == verdict for row in found) for verdict in VERDICTS}


def series_of(look: Look | None, claim: str) -> Series | None:
    """What production says of a claim; None if it says nothing."""
    return next((each for each in look.claims if each.claim == claim), None) if look else None


def _row(claim: Claim, judgement: Judgement, owner: str, facts: Facts) -> Row:
    metric = facts.checked.metrics[claim.measure.metric]
    series = series_of(facts.watched, claim.id)
    stages = _stages(judgement, series, facts.standing)
    verdict = _worst([judgement.verdict, *([series.verdict] if series else [])], claim)
    if claim.stage not in {None, "offline"} and series is not None:
        verdict = series.verdict
    judged = judgement.evidence.estimate if judgement.evidence else None
    live = series.newest if series and series.newest and series.newest.measured else None
    newest = live or judged
    offline = judged if live and judgement.stage == "offline" else None
    blocks = judgement.blocks or bool(series and series.blocks and series.verdict == "fail")
    return Row(
        id=claim.id,
        text=words.claimed(claim),
        name=words.name_of(claim),
        verdict=verdict,
        reason=_reason(claim, judgement, series, verdict, blocks=blocks),
        commitment=claim.commitment,
        owner=owner,
        blocks=blocks,
        bound=limit(claim.bound, metric) if claim.bound else None,
        sign=claim.bound.sign if claim.bound else "",
        by_ratio=metric.spread is None,
        needs=words.needs(claim.bound) if claim.bound else "",
        newest=figure(newest) if newest else None,
        offline=figure(offline) if offline and offline.measured else None,
        stages=stages,
    )


def _worst(verdicts: Sequence[Verdict], claim: Claim) -> Verdict:
    found = min(verdicts, key=VERDICTS.index)
    return "waived" if claim.waiver and "waived" in verdicts else found


def _stages(
    judgement: Judgement, series: Series | None, standing: Standing | None
) -> dict[str, Verdict]:
    """Verdicts by stage: offline now, where the release stands now, and as gates found them before."""
    found: dict[str, Verdict] = {}
    for check in [move.gate for move in reversed(standing.history)] if standing else []:
        for each in check.requirements:
            stage = each.what.rpartition(", ")[2]
            if each.claim == judgement.claim and stage in STAGES:
                found[stage] = each.verdict
    if judgement.stage == "offline":
        found["offline"] = judgement.verdict
    if series is not None and series.stage:
        found[series.stage] = series.verdict
    return {stage: found[stage] for stage in STAGES if stage in found}


def _reason(
    claim: Claim, judgement: Judgement, series: Series | None, verdict: Verdict, *, blocks: bool
) -> str:
    """Why a claim is not a plain pass, in sentences."""
    said = series.reason if series and series.verdict == verdict else ""
    said = said or judgement.reason
    if not said and verdict == "fail" and judgement.evidence:
        said = "; ".join(judgement.evidence.findings[:1])
    if verdict in {"pass", "not applicable", "waived"}:
        return words.sentence(said)
    measured = judgement.evidence is not None or series is not None
    if not measured:
        return words.sentence(said) if said != NOT_MEASURED else ""
    closing = "Blocks every level above shadow." if blocks else ""
    if claim.commitment != "guarantee":
        kind = {"target": "A target", "observe": "Only observed"}[claim.commitment]
        closing = f"{kind}: shown, does not block."
    return " ".join(filter(None, [words.sentence(said), closing]))


def label(row: Row) -> str:
    """A claim's line in a sentence, for those who can't see it.

    >>> found = figure(Estimate(0.308, 0.295, 0.322, 4642, ""))
    >>> label(Row("p", "", "", "fail", "", "", "", True, 0.45, ">=", False, "needs at least 0.45", found, None, {}))
    '0.308, from 0.295 to 0.322, needs at least 0.45: fails'
    """
    assert row.newest is not None
    ends = row.newest.interval.strip("[]").replace(", ", " to ")
    span = f", from {ends}" if ends else ""
    return f"{row.newest.value}{span}, {row.needs}: {words.STATES[row.verdict]}"
