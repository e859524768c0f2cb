"""A job of a scheduler: when, which commands, for which claims, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.records.cadence import Cadence


@dataclass(frozen=True, slots=True)
class Job:
    """What runs so often.

    Attributes:
        cadence: How often.
        at: When, as a crontab has it, in five fields; empty at each push.
        on_calendar: The same for systemd.
        commands: Arguments of ``seatrial``, one command after the other; the first that fails ends it.
        claims: Ids of the claims that are measured so often.
        seconds: What a run cost, as it was measured last, training included.
        lasts: Greatest age of what it measures, for claims that say `every` themselves.
    """

    cadence: Cadence
    at: str
    on_calendar: str
    commands: tuple[tuple[str, ...], ...]
    claims: tuple[str, ...]
    seconds: float
    lasts: str

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "cadence": self.cadence,
            "at": self.at,
            "commands": [" ".join(("seatrial", *each)) for each in self.commands],
            "claims": list(self.claims),
            "cost": {"value": round(self.seconds, 1), "unit": "s"},
        }
