"""A next step: what to do, why, what it gives, what it costs, what to type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        title: A verb first.
        why: One sentence, with the figure that it rests on.
        evidence: Digests of what it rests on.
        gain: What it gives; None with a reason where nobody can know yet.
        gain_reason: What becomes known, or why the gain isn't.
        cost_s: Machine time, in seconds; None if it is a person's.
        command: What to type.
    """

    title: str
    why: str
    evidence: tuple[str, ...]
    gain: Estimate | None
    gain_reason: str
    cost_s: float | None
    command: str

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "title": self.title,
            "why": self.why,
            "evidence": list(self.evidence),
            "gain": self.gain.to_json() if self.gain else None,
            "gain_reason": self.gain_reason,
            "cost": None if self.cost_s is None else {"value": round(self.cost_s, 1), "unit": "s"},
            "command": self.command,
        }
