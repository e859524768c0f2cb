"""The plan file, with the verdict of each claim in the margin of its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.records.evidence import Verdict
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head
from seatrial.web.shown import rows


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line: its number, its text, and the claim that stands on it."""

    number: int
    text: str
    claim: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The page."""

    head: Head
    lines: tuple[PlanLine, ...]
    command: str


def view(facts: Facts, asked: Mapping[str, str]) -> PlanView:  # noqa: ARG001 — all pages are asked alike
    """What the page of the plan shows."""
    plan = facts.project.plan
    verdicts = {row.id: row.verdict for row in rows(facts)}
    at = {claim.line: claim for claim in plan.claims}
    drafts = [claim for claim in plan.claims if claim.draft]
    text = plan.path.read_text(encoding="utf-8")
    owners = sorted({plan.owner(claim) for claim in plan.claims})
    told = (
        Fact("Claims", str(len(plan.claims))),
        Fact("Owners", ", ".join(owners) or "nobody"),
        Fact("To raise", "", str(plan.optimise)),
        Fact("Drafted bounds", str(len(drafts)) if drafts else "none"),
    )
    signed = (
        "and every bound is signed"
        if not drafts
        else f"and {words.listed([each.id for each in drafts])} wait for a signature"
    )
    return PlanView(
        Head(
            f"{plan.path.name} is valid, {signed}.",
            "What was promised, by whom, with what holds of it in the margin.",
            told,
        ),
        tuple(
            PlanLine(
                number,
                line,
                at[number].id if number in at else "",
                verdicts[at[number].id] if number in at else None,
            )
            for number, line in enumerate(text.splitlines(), start=1)
        ),
        "seatrial plan lint",
    )
