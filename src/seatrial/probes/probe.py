"""What a probe is: it says what it needs, is given that and nothing else, and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from seatrial.core.errors import ProbeError
from seatrial.core.estimate import Estimate
from seatrial.plan.load import Plan
from seatrial.records.claim import Measure
from seatrial.records.evidence import Ask, GroupEstimate


@dataclass(frozen=True, slots=True)
class Reading:
    """What a probe found.

    Attributes:
        estimate: The answer; for a yes or no, 1 or 0.
        statistics: Sufficient statistics, JSON-able.
        groups: The answer in each group.
        findings: Sentences that explain it, the most telling first.
        retry: Whether it says nothing of what was asked (a busy host), and isn't to be filed.
    """

    estimate: Estimate
    statistics: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[GroupEstimate, ...] = ()
    findings: tuple[str, ...] = ()
    retry: bool = False


class Inputs:
    """What a probe is given: the roles that it declared, loaded when they are first read."""

    def __init__(self, ask: Ask, load: Callable[[str], Any]) -> None:
        self._ask, self._load = ask, load

    def __getitem__(self, role: str) -> Any:
        """Read a role.

        Raises:
            ProbeError: it wasn't declared, so a change of it would go unnoticed.
        """
        if role not in self._ask.roles:
            raise ProbeError(
                f"the probe {self._ask.probe} read `{role}`, which it did not declare",
                hint=f"it declared {', '.join(self._ask.roles)}",
            )
        return self._load(role)

    def plan(self, path: str) -> Any:
        """Read a value of the plan.

        Raises:
            ProbeError: it wasn't declared.
        """
        if path not in self._ask.plan:
            raise ProbeError(
                f"the probe {self._ask.probe} read `{path}` of the plan, which it did not declare",
                hint=f"it declared {', '.join(self._ask.plan) or 'nothing of the plan'}",
            )
        return self._ask.plan[path]


class Probe(Protocol):
    """A function that measures, and what it reads."""

    @property
    def name(self) -> str:
        """Its name, in evidence."""
        ...

    @property
    def version(self) -> int:
        """Raised when it answers something else."""
        ...

    @property
    def seconds(self) -> float:
        """What it costs, about, on a small project; once measured, the ledger knows better."""
        ...

    def ask(self, measure: Measure, plan: Plan) -> Ask:
        """Say what is needed to measure this."""
        ...

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it."""
        ...


def yes(n: int, *findings: str) -> Reading:
    """A probe that says yes after looking at ``n`` things."""
    return Reading(Estimate(1.0, 1.0, 1.0, n, "all were looked at", "yes or no"), findings=findings)


def no(n: int, *findings: str) -> Reading:
    """A probe that says no after looking at ``n`` things, and why."""
    return Reading(Estimate(0.0, 0.0, 0.0, n, "all were looked at", "yes or no"), findings=findings)
