"""The release manifest: all that an answering process knows of plan, candidate and verdicts.

A manifest is one canonical JSON document whose file bears its own SHA-256 as its name, so that a
changed byte is seen before anything is built from it. A serving folder holds::

    current                     the digest of the manifest in force; replaced by rename
    manifests/<digest>.json     manifests, never changed
    archives/<digest>.zip       candidates' archives
    code/<digest>/              the user's feature modules that an archive needs
    log/                        segments of the decision log
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from seatrial.core.digest import canonical, digest_bytes, short
from seatrial.records.condition_json import rule_from_json, rule_to_json
from seatrial.records.contract import Contract, Feature, feature_from_json, feature_to_json
from seatrial.records.rule import Rule

Level = Literal["human", "shadow", "assist", "partial", "full"]
LEVELS: tuple[Level, ...] = ("human", "shadow", "assist", "partial", "full")
"""From people alone to the model alone."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Arm:
    """Something that can decide.

    Attributes:
        kind: ``archive`` (a candidate), ``rule`` (the fallback), ``people``.
        family: The candidate's family; the kind, for the others.
        recipe: Digest of what the candidate was made of; empty for the others.
        artefact: Digest of its archive; empty for the others.
        archive: Path of its archive, from the serving folder; empty for the others.
        code: Path of the feature modules that it needs, from the serving folder; empty without.
    """

    kind: Literal["archive", "rule", "people"]
    family: str
    recipe: str = ""
    artefact: str = ""
    archive: str = ""
    code: str = ""

    @property
    def name(self) -> str:
        """What people call it: ``boosted 7be1c0``, ``rule``, ``people``."""
        return f"{self.family} {short(self.artefact)}" if self.artefact else self.family


@dataclass(frozen=True, slots=True)
class Policy:
    """Who decides what.

    Attributes:
        level: How much the model may do.
        share: Share of keys that the candidate's arm gets, in [0, 1]; 0 in shadow.
        salt: Secret of the keyed hash that routes a key and hides it in the log, in hexadecimal; the
            same in every release of a project, so that a key that was in at 5 % stays in at 25 %.
        threshold: Least score of the positive class to be called positive; binary only.
        confidence: Least probability of the decided class for a decision without a person.
        audit: Share of the model's decisions that also go to a person.
        explore: Share of decisions made at random, to learn what the model never tries.
        queue_per_hour: Cases an hour that people can take; 0: nobody reviews, so that an unsure case
            gets the fallback.
    """

    level: Level
    share: float
    salt: str
    threshold: float | None
    confidence: float
    audit: float = 0.0
    explore: float = 0.0
    queue_per_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class LogRules:
    """What the decision log holds.

    Attributes:
        required: Whether an answer may leave without its record; it may not, if True.
        redact: Features and context that are logged as null.
        retain_days: Days after which a segment may be deleted; None: never.
    """

    required: bool = True
    redact: tuple[str, ...] = ()
    retain_days: int | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """Digests of the five things that decide what is served."""

    training_set: str
    validation_set: str
    features: str
    parameters: str
    configuration: str


@dataclass(frozen=True, slots=True)
class Override:
    """A gate that was shut and passed all the same: by whom, why, when (ISO)."""

    by: str
    why: str
    at: str


@dataclass(frozen=True, slots=True)
class Gate:
    """By what right the release is in force.

    Attributes:
        rung: The rung that was entered, as the plan writes it, ``partial 5%``.
        plan: Digest of the plan that asked.
        verdicts: Digest of the ledger's entry that holds the gate's requirements.
        passed: Whether every requirement was met.
        valid_until: ISO; from then on only the fallback answers. None: until it is taken back.
        override: Set if the gate didn't pass.
    """

    rung: str
    plan: str
    verdicts: str
    passed: bool
    valid_until: str | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One release at one rung.

    Attributes:
        project: Name of the project.
        release: Number of the release, from 1; every rung of one candidate has the same.
        at: When it was made, ISO.
        candidate: The candidate; None while only the rule or people answer.
        reference: What decides where the candidate may not.
        contract: What a request must hold and what an answer is.
        context: Columns that may be sent, are logged and sliced by, and that the model isn't shown.
        policy: Who decides what.
        fallback: The rule that answers when everything else fails.
        log: What is logged.
        versions: Digests of what is served.
        gate: By what right.
        heads: Heads of the ledger's chains when it was made: ``{chain: [seq, digest]}``.
    """

    project: str
    release: int
    at: str
    candidate: Arm | None
    reference: Arm
    contract: Contract
    context: tuple[Feature, ...]
    policy: Policy
    fallback: Rule
    log: LogRules
    versions: Versions
    gate: Gate
    heads: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON."""
        return canonical(
            {
                **{
                    name: asdict(part) if part is not None else None
                    for name, part in (
                        ("candidate", self.candidate),
                        ("reference", self.reference),
                        ("policy", self.policy),
                        ("log", self.log),
                        ("versions", self.versions),
                        ("gate", self.gate),
                    )
                },
                "format": FORMAT,
                "project": self.project,
                "release": self.release,
                "at": self.at,
                "contract": self.contract.to_json(),
                "context": [feature_to_json(each) for each in self.context],
                "fallback": rule_to_json(self.fallback),
                "heads": dict(self.heads),
            }
        )

    @property
    def digest(self) -> str:
        """Name of its bytes."""
        return digest_bytes(self.to_bytes())

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Read what :meth:`to_bytes` wrote, parsed.

        Raises:
            KeyError: something is missing.
            TypeError: something is of the wrong kind, or has no business there.
            ValueError: it is of another format.
        """
        given = dict(data)
        version = given.pop("format")
        if version != FORMAT:
            raise ValueError(version)
        log, gate = dict(given["log"]), dict(given["gate"])
        override = gate.pop("override")
        return cls(
            **{
                **given,
                "candidate": Arm(**given["candidate"]) if given["candidate"] else None,
                "reference": Arm(**given["reference"]),
                "contract": Contract.from_json(given["contract"]),
                "context": tuple(feature_from_json(each) for each in given["context"]),
                "policy": Policy(**given["policy"]),
                "fallback": rule_from_json(given["fallback"]),
                "log": LogRules(**{**log, "redact": tuple(log["redact"])}),
                "versions": Versions(**given["versions"]),
                "gate": Gate(**gate, override=Override(**override) if override else None),
            }
        )
