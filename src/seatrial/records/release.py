"""A release on its path: rungs, what a gate demands, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict
from seatrial.records.manifest import Level, Override

Action = Literal["propose", "advance", "rollback", "override", "renew"]
WHOLE = 1.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the path.

    Attributes:
        level: How much the model may do.
        share: Share of the keys that its arm gets; 0 in shadow.

    >>> str(Rung.parse("partial 5%")), str(Rung.parse("shadow")), Rung.parse("full").share
    ('partial 5%', 'shadow', 1.0)
    """

    level: Level
    share: float

    @classmethod
    def parse(cls, text: str) -> Rung:
        """Read a rung as the plan writes it."""
        level, _, share = text.partition(" ")
        silent = 0.0 if level in {"human", "shadow"} else WHOLE
        return cls(level, float(share.rstrip("%")) / 100 if share else silent)  # type: ignore[arg-type]

    def __str__(self) -> str:
        if self.level in {"human", "shadow", "full"} and self.share in {0.0, WHOLE}:
            return self.level
        return f"{self.level} {self.share * 100:g}%"

    @property
    def stage(self) -> Literal["shadow", "canary", "production"]:
        """The stage at which claims are judged on it."""
        if self.level in {"human", "shadow"}:
            return "shadow"
        is_whole = self.share >= WHOLE and self.level != "assist"  # where people decide still
        return "production" if is_whole else "canary"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a gate demands.

    Attributes:
        what: As people read it: ``precision ≥ 0.25, offline``, ``the archive is what was judged``.
        verdict: Whether it is met; anything but pass, waived and not applicable keeps the gate shut.
        reason: Why not; empty if there is nothing to say.
        claim: Id of the claim; None if it is none.
        evidence: Digest of what it rests on; empty without.
    """

    what: str
    verdict: Verdict
    reason: str = ""
    claim: str | None = None
    evidence: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it lets pass."""
        return self.verdict in {"pass", "waived", "not applicable"}


@dataclass(frozen=True, slots=True)
class GateCheck:
    """A gate, looked at.

    Attributes:
        rung: What would be entered.
        requirements: What it demands.
    """

    rung: Rung
    requirements: tuple[Requirement, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is met."""
        return all(each.is_met for each in self.requirements)

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What keeps it shut."""
        return tuple(each for each in self.requirements if not each.is_met)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "rung": str(self.rung),
            "passed": self.passed,
            "requirements": [asdict(each) for each in self.requirements],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GateCheck:
        """Read what :meth:`to_json` wrote."""
        return cls(
            Rung.parse(data["rung"]), tuple(Requirement(**each) for each in data["requirements"])
        )


@dataclass(frozen=True, slots=True)
class Guard:
    """A claim that may take a release back, as it stands.

    Attributes:
        claim: Its id.
        text: As people read it.
        seen: The estimate on the rows that the guard has seen; None if there are none.
        against: Evidence against the claim: an e-value; 1 is none, ``limit`` takes back.
        limit: Evidence that takes the release back.
        n: Rows that it has seen.
        verdict: ``fail`` takes back, ``pass`` lets advance, ``unknown`` is not settled.
    """

    claim: str
    text: str
    seen: Estimate | None
    against: float
    limit: float
    n: int
    verdict: Verdict

    @property
    def decision(self) -> str:
        """In words."""
        words = {"fail": "roll back", "pass": "may advance", "unknown": "not settled"}
        return words.get(self.verdict, self.verdict)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        seen = self.seen.to_json() if self.seen else None
        return {**asdict(self), "seen": seen, "decision": self.decision}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Guard:
        """Read what :meth:`to_json` wrote."""
        given = {name: value for name, value in data.items() if name != "decision"}
        return cls(**{**given, "seen": Estimate.from_json(data["seen"]) if data["seen"] else None})


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a release, as the ledger holds it.

    Attributes:
        at: When, ISO.
        action: What was done.
        release: Number of the release.
        candidate: Name of its candidate, ``boosted 7be1c0``; empty if it has none.
        artefact: Digest of the candidate's archive.
        came: Rung before; empty for the first.
        went: Rung after.
        by: Who did it: a person, or ``guard``.
        reason: Why; a sentence.
        gate: The gate that was looked at.
        override: Set if it was entered against the gate.
        manifest: Digest of the manifest that came into force.
        claim: Id of the claim that took it back; empty if none did.
        digest: Of the ledger's entry.
    """

    at: str
    action: Action
    release: int
    candidate: str
    artefact: str
    came: str
    went: str
    by: str
    reason: str
    gate: GateCheck
    override: Override | None
    manifest: str
    claim: str = ""
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        override = asdict(self.override) if self.override else None
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "digest"}
        return {**plain, "gate": self.gate.to_json(), "override": override}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, digest: str) -> Move:
        """Read what :meth:`to_json` wrote."""
        override = Override(**data["override"]) if data["override"] else None
        gate = GateCheck.from_json(data["gate"])
        return cls(**{**data, "gate": gate, "override": override, "digest": digest})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands.

    Attributes:
        project: Name of the project.
        release: Number of the release in force; 0: none, the rule or people decide.
        candidate: Name of its candidate; empty without one.
        rung: Where it stands.
        path: The plan's path.
        decider: Who decides now, for people: ``rule hour >= 17``, ``people``, ``boosted 7be1c0``.
        next: The next rung's gate, as it is now; None at the end of the path.
        guards: Guards as they stand; () before anything was watched.
        history: Moves of the project's releases, the newest first.
        manifest: Digest of the manifest in force; empty without one.
        valid_until: ISO; None: until it is taken back.
        sticky_by: Columns of the key that routes a request.
    """

    project: str
    release: int
    candidate: str
    rung: Rung
    path: tuple[Rung, ...]
    decider: str
    next: GateCheck | None
    guards: tuple[Guard, ...]
    history: tuple[Move, ...]
    manifest: str
    valid_until: str | None
    sticky_by: tuple[str, ...]

    @property
    def override(self) -> Override | None:
        """The override that the release in force rests on; shown wherever the release is shown."""
        newest = next((move for move in self.history if move.release == self.release), None)
        return newest.override if newest else None

    @property
    def lost(self) -> Move | None:
        """The move that took the release in force back, if it stands where that left it."""
        newest = next((move for move in self.history if move.release == self.release), None)
        return newest if newest is not None and newest.action == "rollback" else None

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release --json``; see ``docs/json.md``."""
        return {
            "project": self.project,
            "release": self.release,
            "candidate": self.candidate,
            "level": self.rung.level,
            "share": self.rung.share,
            "rung": str(self.rung),
            "path": [str(each) for each in self.path],
            "decider": self.decider,
            "next": self.next.to_json() if self.next else None,
            "guards": [each.to_json() for each in self.guards],
            "history": [{**each.to_json(), "digest": each.digest} for each in self.history],
            "override": asdict(self.override) if self.override else None,
            "manifest": self.manifest,
            "valid_until": self.valid_until,
        }
