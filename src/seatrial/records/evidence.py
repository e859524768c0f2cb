"""Evidence: what a probe measured, with the digests of everything that it depended on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from seatrial.core.digest import digest
from seatrial.core.estimate import Estimate

Verdict = Literal["pass", "fail", "unknown", "not applicable", "waived"]
VERDICTS: tuple[Verdict, ...] = ("fail", "unknown", "waived", "pass", "not applicable")
"""In the order in which people should see them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a probe: all that decides the answer, and none of what judges it.

    Attributes:
        probe: Its name.
        version: Of the probe; a new one makes its old evidence stale.
        params: Metric, arguments, quantifier, groups, reference.
        roles: What it may read, by role; nothing else is given to it.
        plan: Values of the plan that it uses, by path.
        where: The slice, as text.
        frame: The window or load that it is measured in.
    """

    probe: str
    version: int
    params: Mapping[str, Any]
    roles: tuple[str, ...]
    plan: Mapping[str, Any] = field(default_factory=dict)
    where: str | None = None
    frame: str | None = None

    def key(self, inputs: Mapping[str, str]) -> str:
        """The name of the evidence that answers it, given the digest of each role."""
        return digest(
            {
                "probe": self.probe,
                "version": self.version,
                "params": self.params,
                "inputs": {role: inputs[role] for role in self.roles},
                "plan": self.plan,
                "where": self.where,
                "frame": self.frame,
            }
        )


@dataclass(frozen=True, slots=True)
class GroupEstimate:
    """A metric in one group.

    Attributes:
        label: The group's name.
        estimate: The metric of its rows.
        settled: Whether it has at least 30 relevant rows; else it is too few to tell.
    """

    label: str
    estimate: Estimate
    settled: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measurement.

    Attributes:
        key: Name of what was asked, of what.
        digest: Of the ledger's entry; empty before it is filed.
        subject: What was measured, as the claim writes it, the bound left out.
        probe: Name of the probe.
        estimate: What was measured; for a yes or no, 1 or 0.
        statistics: Sufficient statistics, for judging or pooling later.
        groups: The metric in each group.
        leaves: Every root input by name and short value: plan paths, columns, code, environment.
        findings: Sentences that explain it.
        seconds: What measuring it took.
        at: When, ISO.
    """

    key: str
    subject: str
    probe: str
    estimate: Estimate
    statistics: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[GroupEstimate, ...] = ()
    leaves: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    seconds: float = 0.0
    at: str = ""
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object, without the digest that filing it gives."""
        return {
            "key": self.key,
            "subject": self.subject,
            "probe": self.probe,
            "estimate": self.estimate.to_json(),
            "statistics": dict(self.statistics),
            "groups": [
                {"label": each.label, "estimate": each.estimate.to_json(), "settled": each.settled}
                for each in self.groups
            ],
            "leaves": dict(self.leaves),
            "findings": list(self.findings),
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, digest: str, at: str) -> Evidence:
        """Read what :meth:`to_json` wrote."""
        groups = tuple(
            GroupEstimate(each["label"], Estimate.from_json(each["estimate"]), each["settled"])
            for each in data["groups"]
        )
        read = {
            "estimate": Estimate.from_json(data["estimate"]),
            "groups": groups,
            "findings": tuple(data["findings"]),
        }
        return cls(**{**data, **read, "digest": digest, "at": at})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim at one stage: what is held of it, and on what.

    Attributes:
        claim: Its id.
        stage: Where it is judged.
        verdict: What is held.
        reason: One sentence; empty when there is nothing to say.
        evidence: What it rests on; None without any.
        fresh: Whether the evidence is of what is there now.
        blocks: Whether it keeps the next gate shut.
    """

    claim: str
    stage: str
    verdict: Verdict
    reason: str
    evidence: Evidence | None
    fresh: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """One root input that is not what it was; None where it was not there."""

    input: str
    was: str | None
    now: str | None
