"""Set a claim aside until a day, or sign a drafted one; both are written into the plan."""

from __future__ import annotations

from datetime import date

from seatrial.core.errors import ConflictError, UserError
from seatrial.plan.edit import change_claims
from seatrial.verbs.project import Project

EVERY = "all"


def waive(project: Project, name: str, *, reason: str, by: str, until: date) -> None:
    """Set a claim aside; after the day it is judged again, and fails by itself.

    Raises:
        NotFoundError: no claim has this id.
        UserError: there is no reason or no name, or the day is past.
    """
    plan = project.plan
    place = plan.claims.index(plan.claim(name))
    if not reason.strip() or not by.strip():
        raise UserError(
            "a waiver needs a reason and a name", hint="--reason TEXT --by NAME --until DAY"
        )
    if until < project.clock.now().date():
        raise UserError(f"{until} is past", hint="name the last day on which it counts")
    change_claims(plan.path, {place: {"waived": {"reason": reason, "by": by, "until": until}}})
    project.ledger.append(
        "waiver",
        {
            "claim": name,
            "reason": reason,
            "by": project.ledger.remember(by),
            "until": until.isoformat(),
        },
        key=name,
    )


def sign(project: Project, name: str, *, by: str) -> tuple[str, ...]:
    """Take the word draft off a claim, or off all of them.

    Returns:
        Ids of the claims that were signed.

    Raises:
        NotFoundError: no claim has this id.
        ConflictError: there is no draft to sign.
        UserError: there is no name.
    """
    plan = project.plan
    if not by.strip():
        raise UserError("a signature needs a name", hint="--by NAME")
    wanted = plan.claims if name == EVERY else (plan.claim(name),)
    drafts = [claim for claim in wanted if claim.draft]
    if not drafts:
        raise ConflictError(
            f"{name} is no draft",
            hint="drafts: " + (", ".join(each.id for each in plan.claims if each.draft) or "none"),
        )
    change_claims(plan.path, {plan.claims.index(claim): {"draft": None} for claim in drafts})
    for claim in drafts:
        project.ledger.append(
            "signature",
            {"claim": claim.id, "text": str(claim), "by": project.ledger.remember(by)},
            key=claim.id,
        )
    return tuple(claim.id for claim in drafts)
