"""What a manifest must hold before anything is built from it: a right, and a policy that fits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from seatrial.core.clock import parse_iso
from seatrial.core.errors import ArchiveError
from seatrial.records.contract import Contract
from seatrial.records.manifest import Gate, Manifest
from seatrial.scoring.format import Header

ASKING = frozenset({"assist", "partial", "full"})
"""Levels at which the answering process asks the candidate."""
_AGAIN = "release again; the gate is looked at anew"
_MISMATCH = "release again; a release is made from one plan and one candidate"


def audit_right(manifest: Manifest, path: Path, *, now: datetime) -> None:
    """Refuse a release whose gate gives it no right to answer.

    Raises:
        ArchiveError: the gate neither passed nor was overridden by name and reason, or is no longer valid.
    """
    gate = manifest.gate
    override = gate.override
    if not gate.passed and not (override and override.by.strip() and override.why.strip()):
        fact = f"the gate of {gate.rung} did not pass, and nobody overrode it by name and reason"
        raise ArchiveError(fact, where=str(path), hint="seatrial release says what is missing")
    try:
        expired = has_expired(gate, now)
    except ValueError:
        fact = f"the gate is valid until {gate.valid_until!r}, which is no moment"
        raise ArchiveError(fact, where=str(path), hint=_AGAIN) from None
    if expired:
        fact = f"the gate of {gate.rung} was valid until {gate.valid_until}"
        raise ArchiveError(fact, where=str(path), hint=_AGAIN)


def has_expired(gate: Gate, now: datetime) -> bool:
    """Whether a gate is past the moment that it was valid until.

    Raises:
        ValueError: that is no moment.
    """
    if gate.valid_until is None:
        return False
    until = parse_iso(gate.valid_until)
    return now >= (until if until.tzinfo else until.replace(tzinfo=UTC))


def audit_policy(manifest: Manifest, path: Path) -> None:
    """Refuse a policy, or a fallback, that can't be meant for this contract.

    Raises:
        ArchiveError: a share outside [0, 1], a threshold where there are no two classes ...
    """
    facts = chain(_of_arms(manifest), _of_policy(manifest), _of_fallback(manifest))
    fact = next(facts, None)
    if fact is not None:
        raise ArchiveError(fact, where=str(path), hint=_MISMATCH)


def audit_contract(header: Header, manifest: Manifest, path: Path) -> None:
    """Refuse an archive that asks for, or answers, something else than the release promises.

    Raises:
        ArchiveError: says what.
    """
    promised, needed = manifest.contract, header.contract
    known = {each.name: each.kind for each in promised.features}
    lacking = [each.name for each in needed.features if known.get(each.name) != each.kind]
    if lacking:
        fact = (
            f"the archive reads {', '.join(lacking)}, which a request of this release doesn't hold"
        )
        raise ArchiveError(fact, where=str(path), hint=_MISMATCH)
    if (needed.task, needed.classes) != (promised.task, promised.classes):
        fact = f"the archive answers {_answers(needed)}, the release promises {_answers(promised)}"
        raise ArchiveError(fact, where=str(path), hint=_MISMATCH)


def _of_arms(manifest: Manifest) -> Iterator[str]:
    candidate, reference, level = manifest.candidate, manifest.reference, manifest.policy.level
    if candidate is None and level in ASKING:
        yield f"the level is {level}, and there is no candidate"
    if candidate is not None and candidate.kind != "archive":
        yield f"the candidate is of kind {candidate.kind}, and only an archive can be one"
    for arm in (candidate, reference):
        if arm is not None and arm.kind == "archive" and not (arm.artefact and arm.archive):
            yield f"{arm.family} has no archive"
    if bool(manifest.contract.classes) == (manifest.contract.task == "regression"):
        yield f"the task is {manifest.contract.task}, with {len(manifest.contract.classes)} classes"


def _of_policy(manifest: Manifest) -> Iterator[str]:
    policy, classes = manifest.policy, manifest.contract.classes
    shares = {name: getattr(policy, name) for name in ("share", "confidence", "audit", "explore")}
    yield from (
        f"{name} is {value:g}, and must lie in [0, 1]"
        for name, value in shares.items()
        if not 0 <= value <= 1
    )
    if policy.threshold is not None and manifest.contract.task != "binary":
        yield f"there is a threshold, and the task is {manifest.contract.task}"
    if policy.threshold is not None and not math.isfinite(policy.threshold):
        yield "the threshold is no number"
    if policy.explore and not classes:
        yield "decisions are explored, and there are no classes to choose from"
    if not (math.isfinite(policy.queue_per_hour) and policy.queue_per_hour >= 0):
        yield f"people can take {policy.queue_per_hour} cases an hour"
    try:
        salted = bool(bytes.fromhex(policy.salt))
    except ValueError:
        salted = False
    if not salted:
        yield "the salt is no secret in hexadecimal"


def _of_fallback(manifest: Manifest) -> Iterator[str]:
    contract, rule = manifest.contract, manifest.fallback
    sent = {each.name for each in (*contract.features, *manifest.context)}
    strange = [name for name in rule.columns if name not in sent]
    if strange:
        yield f"the fallback reads {', '.join(strange)}, which a request doesn't hold"
    for answer in (*(each for _, each in rule.cases), rule.otherwise):
        if not _fits(answer, contract):
            yield f"the fallback may answer {answer!r}, which is no answer to {contract.target or 'the task'}"


def _fits(answer: object, contract: Contract) -> bool:
    if isinstance(answer, bool):
        return contract.task == "binary"
    if contract.classes:
        return answer in contract.classes
    return isinstance(answer, (int, float)) and math.isfinite(answer)


def _answers(contract: Contract) -> str:
    return f"{contract.task} {', '.join(contract.classes)}".strip()
