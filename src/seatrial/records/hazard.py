"""A way to go wrong, and what the claim that would show it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from seatrial.records.evidence import Verdict

_OTHERS: Mapping[Verdict, str] = {
    "fail": "one that fails",
    "unknown": "one that is not known",
    "waived": "one that is waived",
    "not applicable": "one that does not apply",
}


class Named(Protocol):
    """A hazard as the plan names it."""

    @property
    def what(self) -> str:
        """What would go wrong."""
        ...

    @property
    def claim(self) -> str | None:
        """Id of the claim that would show it."""
        ...


@dataclass(frozen=True, slots=True)
class Covered:
    """A hazard and its claim.

    Attributes:
        what: What would go wrong.
        claim: Id of the claim that would show it; None without one.
        verdict: What is held of that claim; None without one.
    """

    what: str
    claim: str | None
    verdict: Verdict | None


def covered(hazards: Sequence[Named], verdicts: Mapping[str, Verdict]) -> tuple[Covered, ...]:
    """Each hazard with the verdict of its claim.

    Args:
        hazards: As the plan names them.
        verdicts: Of each claim, by id; one that isn't there is not known.
    """
    return tuple(
        Covered(
            each.what,
            each.claim,
            None if each.claim is None else verdicts.get(each.claim, "unknown"),
        )
        for each in hazards
    )


def coverage(found: Sequence[Covered]) -> str:
    """How many hazards have a claim that holds, and what the others have; a sentence.

    >>> coverage([Covered("a", "p", "pass"), Covered("b", "q", "fail"), Covered("c", None, None)])
    '1 of 3 hazards has a claim that holds; 1 has one that fails, 1 has none.'
    >>> coverage([])
    'No hazard is named.'
    """
    if not found:
        return "No hazard is named."
    holding = sum(each.verdict == "pass" for each in found)
    hazards = f"hazard{'s' if len(found) > 1 else ''}"
    said = f"{holding} of {len(found)} {hazards} {_has(holding)} a claim that holds"
    counts = [(sum(each.verdict == name for each in found), text) for name, text in _OTHERS.items()]
    counts.append((sum(each.claim is None for each in found), "none"))
    others = [f"{count} {_has(count)} {text}" for count, text in counts if count]
    return f"{said}; {', '.join(others)}." if others else f"{said}."


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
