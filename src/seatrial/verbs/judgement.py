"""What a person said of what was shown: bound to the digests of all of it, and current while none has changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from seatrial.core.digest import digest
from seatrial.records.candidate import Candidate
from seatrial.store import Entry
from seatrial.verbs.chain import Chain
from seatrial.verbs.project import Project

KIND = "judgement"
_SAID_ELSEWHERE = {"claims", "owners", "card"}
"""Sections of the plan that change nothing of what a person sees of data and candidate."""


def shown(chain: Chain, candidate: Candidate | None) -> dict[str, str]:
    """Digests of what a person sees when answering: plan, data, candidate."""
    plan = chain.plan.text.model_dump(mode="json", exclude=_SAID_ELSEWHERE)
    return {
        "plan": digest(plan),
        "data": chain.snapshot.id,
        "candidate": candidate.artefact if candidate is not None else "",
    }


def file_judgement(
    project: Project,
    key: str,
    *,
    question: str,
    note: str,
    by: str,
    shown: Mapping[str, str],
    until: date | None = None,
    role: str | None = None,
) -> Entry:
    """Record an answer; the name is kept where it can be forgotten.

    Args:
        project: The project.
        key: What was asked: id of a readiness test, or that of the sign-offs.
        question: In words.
        note: The answer.
        by: Who answered.
        shown: Digests of all that was shown, by name.
        until: Last day on which it counts; None: until something shown changes.
        role: As whom; None where that isn't asked.
    """
    record: dict[str, Any] = {
        "question": question,
        "note": note,
        "by": project.ledger.remember(by),
        "shown": dict(shown),
        "until": until.isoformat() if until else None,
    }
    return project.ledger.append(KIND, record | ({"role": role} if role else {}), key=key)


def ended(payload: Mapping[str, Any], today: date) -> str:
    """Why a record that had a last day no longer counts; empty if it does."""
    until = payload["until"]
    return f"it counted until {until}" if until and date.fromisoformat(until) < today else ""
