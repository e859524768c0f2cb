"""Sign-offs as people read them: who, as what, on which claims, and whether it still stands."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.core.digest import short
from seatrial.verbs.sign_off import SignOff
from seatrial.web import words
from seatrial.web.facts import Facts


@dataclass(frozen=True, slots=True)
class Signed:
    """One sign-off.

    Attributes:
        by: Who.
        role: As whom.
        at: When, ISO.
        when: The same for people.
        about: The claims that were shown, in words.
        note: What was said.
        stands: Whether it counts.
        state: ``stands``, or why it is void; a sentence.
        moved: Ids of the claims that no longer rest on what was shown.
        digest: Short name of the record.
    """

    by: str
    role: str
    at: str
    when: str
    about: str
    note: str
    stands: bool
    state: str
    moved: tuple[str, ...]
    digest: str


def signed(facts: Facts) -> tuple[Signed, ...]:
    """Every sign-off that counts or counted, the newest first."""
    return tuple(_signed(each, facts) for each in facts.sign_offs)


def _signed(found: SignOff, facts: Facts) -> Signed:
    return Signed(
        by=found.by,
        role=found.role,
        at=found.at,
        when=words.when(found.at, facts.now),
        about=_about(found),
        note=found.note,
        stands=found.stands,
        state=_state(found),
        moved=found.moved,
        digest=short(found.digest),
    )


def _about(found: SignOff) -> str:
    count = len(found.claims)
    if found.is_whole:
        return "every claim" if count > 1 else f"`{found.claims[0]}`"
    return ", ".join(f"`{each}`" for each in found.claims)


def _state(found: SignOff) -> str:
    if not found.stands:
        return words.sentence(f"void: {found.why_not}")
    until = f" until {found.until}" if found.until else ""
    return f"Stands{until}: all that was shown is what there is now."
