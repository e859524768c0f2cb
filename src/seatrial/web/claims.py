"""All claims, and one claim alone: since when, at which stage, where not, on what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.digest import short
from seatrial.core.estimate import Estimate
from seatrial.records.bounds import limit
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, GroupEstimate, Verdict
from seatrial.records.metrics import Metric
from seatrial.reports import numbers
from seatrial.verbs.why import Reason
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.hazards import Hazards, hazards
from seatrial.web.head import Fact, Head, explained, following, headline
from seatrial.web.production import WIDTHS, Production, production
from seatrial.web.shown import Figure, Row, figure, rows, series_of, tally

_DIGEST = 64
"""Signs of a whole digest."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The page of all claims."""

    head: Head
    tally: Mapping[Verdict, int]
    rows: tuple[Row, ...]
    hazards: Hazards


@dataclass(frozen=True, slots=True)
class Measured:
    """The claim somewhere: at a stage, in a group, at an earlier time."""

    name: str
    where: str
    verdict: Verdict
    figure: Figure | None
    at: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A root input that changed, as people read it."""

    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain that the verdict rests on."""

    name: str
    note: str
    href: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class ClaimView:
    """The page of one claim.

    Attributes:
        head: The claim, what its metric means, facts.
        row: The claim as in a list.
        chip: Verdict and stage in words.
        by: What its groups are.
        grouped: Whether the bound holds for each group.
        stages: At every stage that it was judged at.
        groups: Worst first; those that are too few to tell, last.
        findings: Sentences that explain the evidence.
        history: Earlier evidence, the newest first.
        production: Its own series; None without one.
        table: Whether figures are asked for as tables.
        windows: How many windows were asked for; 0 for all.
        chain: What the verdict rests on, older first.
        evidence: Short digest of the evidence; empty without.
        changed: Inputs that aren't what they were.
        since: When it was measured, for the heading of the table.
        inputs: Every root input of the evidence, by name and short value.
        command: What to type.
    """

    head: Head
    row: Row
    chip: str
    by: str
    grouped: bool
    stages: tuple[Measured, ...]
    groups: tuple[Measured, ...]
    findings: tuple[str, ...]
    history: tuple[Measured, ...]
    production: Production | None
    table: bool
    windows: int
    chain: tuple[Link, ...]
    evidence: str
    changed: tuple[Input, ...]
    since: str
    inputs: tuple[tuple[str, str], ...]
    command: str


def view(facts: Facts, asked: Mapping[str, str]) -> Claims:  # noqa: ARG001 — all pages are asked alike
    """What the page of all claims shows."""
    found = rows(facts)
    title = headline(found, facts.standing, trained=facts.checked.candidate is not None)
    told = (
        Fact("Judged on", f"{numbers.count(facts.checked.rows)} rows that training never saw"),
        Fact("Stands in", "", "plan.yaml", "plan"),
        following(facts),
    )
    return Claims(
        Head(title, explained(found, facts), told), tally(found), found, hazards(facts, found)
    )


def one(facts: Facts, asked: Mapping[str, str]) -> ClaimView:
    """What the page of one claim shows.

    Raises:
        NotFoundError: no claim has this id.
    """
    reason = facts.why(asked["name"])
    claim = reason.claim
    row = next(each for each in rows(facts) if each.id == claim.id)
    evidence = reason.nearest
    last = WIDTHS.get(asked.get("windows", ""), 0)
    return ClaimView(
        head=Head(row.text, _meaning(reason), _told(facts, claim, row)),
        row=row,
        chip=_chip(row, facts),
        by=", ".join(claim.measure.by) or "feature",
        grouped=claim.measure.quantifier in {None, "worst"},
        stages=_stages(facts, row),
        groups=_groups(evidence, claim, reason.metric) if evidence else (),
        findings=tuple(words.sentence(each) for each in evidence.findings) if evidence else (),
        history=tuple(_earlier(each, facts) for each in facts.earlier(claim.id)),
        production=_alone(facts, claim, last),
        table=asked.get("table") == "1",
        windows=last,
        chain=_chain(facts, reason),
        evidence=short(evidence.digest) if evidence else "",
        changed=tuple(
            Input(each.input, _value(each.was), _value(each.now)) for each in reason.changed
        ),
        since=words.when(evidence.at, facts.now) if evidence else "",
        inputs=tuple((name, _value(value)) for name, value in evidence.leaves.items())
        if evidence
        else (),
        command=f"seatrial why {claim.id}",
    )


def _meaning(reason: Reason) -> str:
    """What the metric means, where, and what is said of the verdict."""
    measure = reason.claim.measure
    groups = " and ".join(measure.by)
    opening = {
        "gap": f"The greatest less the least by {groups}: ",
        "ratio": f"The least over the greatest by {groups}: ",
        "worst": f"The worst by {groups}: ",
    }
    cases = f", on the cases of {measure.part}" if measure.is_of_scenarios else ""
    slice_ = cases + (f", {measure.slice}" if measure.slice else "")
    versus = f", less that of the {measure.versus} on the same rows" if measure.versus else ""
    said = f"{opening.get(measure.quantifier or '', '')}{reason.metric.meaning}{slice_}{versus}."
    return words.capital(said)


def _told(facts: Facts, claim: Claim, row: Row) -> tuple[Fact, ...]:
    commitments = {
        "guarantee": "guarantee: the whole interval must hold",
        "target": "target: goes by the point, blocks nothing",
        "observe": "observed: blocks nothing",
    }
    told = [
        Fact("Commitment", commitments[claim.commitment]),
        Fact("Owner", row.owner),
        Fact(
            "Stands in",
            "",
            f"{facts.project.plan.path.name}:{claim.line}",
            f"plan#line-{claim.line}",
        ),
    ]
    if row.blocks:
        told.append(Fact("Blocks", "any level above shadow"))
    if claim.waiver:
        told.append(
            Fact(
                "Waived", f"by {claim.waiver.by} until {claim.waiver.until}: {claim.waiver.reason}"
            )
        )
    if claim.draft:
        told.append(Fact("Signed", "by nobody: the bound is a draft"))
    return tuple(told)


def _chip(row: Row, facts: Facts) -> str:
    series = series_of(facts.watched, row.id)
    stage = series.stage if series and series.verdict == row.verdict else "offline"
    where = f"in {stage}" if stage != "offline" else stage
    state = {"unknown": "not settled" if row.newest else "not known", "pass": "holds"}
    return f"{state.get(row.verdict, words.STATES[row.verdict])} {where}"


def _stages(facts: Facts, row: Row) -> tuple[Measured, ...]:
    """Newest last."""
    found = []
    judged = next(each for each in facts.checked.judgements if each.claim == row.id)
    if judged.stage == "offline":
        evidence = judged.evidence
        name = facts.checked.candidate.name if facts.checked.candidate else ""
        where = f"test, held out{f', candidate {name}' if name else ''}"
        found.append(
            Measured(
                "Offline",
                where if evidence else words.capital(judged.reason),
                judged.verdict,
                figure(evidence.estimate) if evidence else None,
                words.when(evidence.at, facts.now) if evidence else "",
            )
        )
    seen, series = facts.watched, series_of(facts.watched, row.id)
    if seen is not None and series is not None:
        found.append(
            Measured(
                series.stage.capitalize(),
                f"release {seen.release}, newest windows",
                series.verdict,
                figure(series.newest) if series.newest else None,
                words.when(seen.at, facts.now),
            )
        )
    return tuple(found)


def _groups(evidence: Evidence, claim: Claim, metric: Metric) -> tuple[Measured, ...]:
    bound = limit(claim.bound, metric) if claim.bound else None
    low_first = 1.0 if metric.higher_is_better else -1.0
    ranked = sorted(
        evidence.groups,
        key=lambda each: (
            not (each.settled and each.estimate.measured),
            low_first * (each.estimate.value or 0.0),
        ),
    )
    judged = claim.measure.quantifier in {None, "worst"}
    return tuple(_group(each, bound if judged else None, claim) for each in ranked)


def _group(group: GroupEstimate, bound: float | None, claim: Claim) -> Measured:
    shown = figure(group.estimate)
    if not group.settled:
        n = numbers.count(group.estimate.n)
        return Measured(group.label, f"too few to tell, n = {n}", "unknown", None, "")
    return Measured(group.label, "", _side(group.estimate, bound, claim), shown, "")


def _side(found: Estimate, bound: float | None, claim: Claim) -> Verdict:
    """Where a group's interval lies beside the bound."""
    if bound is None or claim.bound is None or found.low is None or found.high is None:
        return "not applicable"
    low, high = found.low - bound, found.high - bound
    if claim.bound.sign[0] == "<":
        low, high = -high, -low
    return "pass" if low >= 0 else "fail" if high < 0 else "unknown"


def _earlier(evidence: Evidence, facts: Facts) -> Measured:
    return Measured(
        words.when(evidence.at, facts.now),
        evidence.probe,
        "not applicable",
        figure(evidence.estimate),
        evidence.at,
        short(evidence.digest),
    )


def _alone(facts: Facts, claim: Claim, last: int) -> Production | None:
    if series_of(facts.watched, claim.id) is None:
        return None
    from dataclasses import replace

    found = production(facts, last=last)
    own = tuple(each for each in found.claims if each.claim == claim.id)
    return replace(found, claims=own, figures=())


def _chain(facts: Facts, reason: Reason) -> tuple[Link, ...]:
    """Snapshot, split, candidate, release, evidence: what is older at the left."""
    moved = {each.input.split()[0] for each in reason.changed}
    snapshot, split = facts.chain.snapshot, facts.project.plan.text.data.split
    data = ", ".join(each.name for each in snapshot.sources)
    links = [
        Link(data, f"snapshot {short(snapshot.id)}", "data", bool(moved & {"column", "rows"})),
        Link(f"split by {split.by}", f"{split.train:g}, {split.dev:g}, {split.test:g}", "data"),
    ]
    candidate = facts.checked.candidate
    if candidate is not None:
        from seatrial.verbs.comparison import spoken

        code = bool(moved & {"code", "environment"})
        links.append(
            Link(spoken(candidate.family), f"candidate {candidate.name}", "candidates", code)
        )
    if facts.standing is not None and series_of(facts.watched, reason.claim.id) is not None:
        standing = facts.standing
        links.append(
            Link(f"release {standing.release}", words.rung_text(standing.rung), "releases")
        )
    if reason.nearest is not None:
        n = numbers.count(reason.nearest.estimate.n)
        links.append(Link(f"evidence {short(reason.nearest.digest)}", f"n = {n}", "", reason.stale))
    return tuple(links)


def _value(value: str | None) -> str:
    if value is None:
        return "not there"
    return short(value) if len(value) == _DIGEST else value
