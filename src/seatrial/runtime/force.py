"""A release in force: its manifest, checked and made ready to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from seatrial.core.digest import keyed_hash
from seatrial.records.manifest import Arm, Manifest
from seatrial.records.rule import Answer as RuleAnswer
from seatrial.runtime.admission import ASKING, has_expired
from seatrial.runtime.folder import ServingFolder
from seatrial.runtime.model import Model, Row, open_model
from seatrial.runtime.policy import ArmName, named
from seatrial.runtime.request import RequestReader

Opener = Callable[[ServingFolder, Arm, Manifest], Model]
"""Opens an arm's archive; where it answers is the opener's choice."""


@dataclass(frozen=True, slots=True)
class Force:
    """All that a decision is made with; never changed, replaced as a whole.

    Attributes:
        digest: Of the manifest.
        manifest: The release.
        reader: Reads its requests.
        secret: Keys the hashes of keys and decisions.
        candidate: The candidate's model; None where it isn't asked.
        reference: The reference's model; None where a rule or people are the reference.
        rule: The fallback, compiled.
        levels: Levels that training saw, by feature.
        hidden: Columns that are logged as null.
    """

    digest: str
    manifest: Manifest
    reader: RequestReader
    secret: bytes
    candidate: Model | None
    reference: Model | None
    rule: Callable[[Row], RuleAnswer]
    levels: tuple[tuple[str, frozenset[str]], ...]
    hidden: frozenset[str]

    def fallback(self, row: Row) -> str | float:
        """What the rule answers; what can't be compared is neither true nor false."""
        try:
            answer = self.rule(row)
        except TypeError:
            answer = self.manifest.fallback.otherwise
        return named(answer, self.manifest.contract.classes)

    def is_expired(self, now: datetime) -> bool:
        """Whether only the fallback may answer."""
        return has_expired(self.manifest.gate, now)

    def hashed(self, key: str) -> str:
        """A key as it is routed and logged."""
        return keyed_hash(self.secret, key)

    def model_of(self, arm: ArmName) -> Model | None:
        """The model of an arm."""
        return self.candidate if arm == "candidate" else self.reference

    def artefact_of(self, arm: ArmName) -> str:
        """Digest of the archive that answers for an arm; empty without one."""
        manifest = self.manifest
        chosen = manifest.candidate if arm == "candidate" else manifest.reference
        return chosen.artefact if chosen else ""


def put_in_force(
    folder: ServingFolder, digest: str, *, now: datetime, replay: bool, opener: Opener
) -> Force:
    """Check a manifest, then build what it names.

    Raises:
        ArchiveError: it may not be put in force; says why.
        NotFoundError: a file of it isn't there.
        CodeError: its modules can't be loaded.
    """
    manifest = folder.load(digest, now=now)
    policy, arm = manifest.policy, manifest.candidate
    is_asked = arm is not None and policy.level in ASKING and policy.share > 0
    candidate = opener(folder, arm, manifest) if arm is not None and is_asked else None
    reference = manifest.reference
    opened = opener(folder, reference, manifest) if reference.kind == "archive" else None
    columns = (*manifest.contract.features, *manifest.context)
    return Force(
        digest=digest,
        manifest=manifest,
        reader=RequestReader(manifest.contract, manifest.context, replay=replay),
        secret=bytes.fromhex(policy.salt),
        candidate=candidate,
        reference=opened,
        rule=manifest.fallback.compiled(),
        levels=tuple((each.name, frozenset(each.levels)) for each in columns if each.levels),
        hidden=frozenset(manifest.log.redact),
    )


def open_here(folder: ServingFolder, arm: Arm, manifest: Manifest) -> Model:
    """Open an arm's archive in this process."""
    is_candidate = arm == manifest.candidate
    threshold = manifest.policy.threshold if is_candidate else None
    return open_model(folder.archive(arm), arm, code=folder.code(arm), threshold=threshold)
