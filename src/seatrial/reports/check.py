"""What ``seatrial check`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatrial.records.candidate import Candidate
from seatrial.records.claim import Claim
from seatrial.records.evidence import Judgement
from seatrial.records.metrics import Metric
from seatrial.reports.claims import blocked, claims_table, tally
from seatrial.reports.lines import Line, Piece, line, next_command


def report(
    project: str,
    candidate: Candidate | None,
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    metrics: Mapping[str, Metric],
    *,
    rows: int,
    uses: int,
    standing: str = "",
) -> list[Line]:
    """The claims on the line, their tally, what blocks, the next command."""
    who = (
        f"candidate {candidate.name} ({candidate.family})"
        if candidate
        else "no candidate of what is there now"
    )
    read = f"test, {rows:,} rows, read by {uses} candidate{'s' if uses != 1 else ''}"
    where = standing or read
    lines = [line(Piece(project, "bold"), f"   {who}   {where}"), line("")]
    if not claims:
        return [*lines, line("The plan has no claims."), next_command("seatrial plan lint")]
    lines += claims_table(claims, judgements, metrics)
    lines += [line(""), line(f"{tally(judgements)}{_drafts(claims)}")]
    shut = blocked(claims, judgements, metrics)
    lines += (
        [shut]
        if shut
        else [line("Nothing blocks: every guarantee that can be measured offline holds.")]
    )
    return [*lines, next_command(_next(candidate, judgements))]


def none_due(turn: str) -> list[Line]:
    """What is said where no claim has this turn."""
    return [
        line(f"No claim of the plan is measured by {turn}, or more often."),
        next_command("seatrial schedule"),
    ]


def _drafts(claims: Sequence[Claim]) -> str:
    drafts = sum(claim.draft for claim in claims)
    return f" Drafts that nobody signed: {drafts}." if drafts else ""


def _next(candidate: Candidate | None, judgements: Sequence[Judgement]) -> str:
    if candidate is None:
        return "seatrial train"
    failing = [each for each in judgements if each.verdict == "fail"]
    return f"seatrial why {failing[0].claim}" if failing else "seatrial next"
