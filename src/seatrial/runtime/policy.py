"""Who decides: a key to its arm, a model's answer to a decision, by the release's policy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from seatrial.core.digest import keyed_hash
from seatrial.records.decision import Decider, Failure
from seatrial.records.manifest import Policy
from seatrial.records.rule import Answer as RuleAnswer
from seatrial.runtime.admission import ASKING
from seatrial.runtime.model import Answer, Broken

ArmName = Literal["candidate", "reference"]
_HASH_SIGNS = 16
"""Hexadecimal signs of a hash that make a place: 64 bits."""
_PLACES = 2.0**64
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy made of an answer.

    Attributes:
        decision: What is answered; None where a person decides.
        decided_by: Who or what decided.
        failure: Why the fallback answered, or a person was asked.
        explored: Whether the class was drawn.
    """

    decision: str | float | None
    decided_by: Decider
    failure: Failure = ""
    explored: bool = False


@dataclass(slots=True)
class Queue:
    """How many cases people can still take: a bucket that fills at a rate, and holds an hour's work.

    Attributes:
        per_hour: Cases an hour; 0: nobody takes any.
    """

    per_hour: float
    _left: float = field(init=False)
    _seen: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._left = self.per_hour

    def take(self, at: datetime) -> bool:
        """Take one case's place, if there is one."""
        if self._seen is not None:
            passed = max((at - self._seen).total_seconds(), 0.0)
            self._left = min(self.per_hour, self._left + passed * self.per_hour / _SECONDS_PER_HOUR)
        self._seen = max(at, self._seen or at)
        if self._left < 1:
            return False
        self._left -= 1
        return True


def unit_interval(secret: bytes, text: str) -> float:
    """A text's place in [0, 1), by its keyed hash: the same in every process and release.

    >>> 0 <= unit_interval(b"secret", "ada") < 1
    True
    """
    return place_of(keyed_hash(secret, text))


def place_of(hashed: str) -> float:
    """A keyed hash's place in [0, 1).

    >>> place_of("8" + "0" * 63)
    0.5
    """
    return int(hashed[:_HASH_SIGNS], 16) / _PLACES


def share_of(policy: Policy) -> float:
    """Share of the keys that the candidate answers; none where it isn't asked."""
    return policy.share if policy.level in ASKING else 0.0


def route(policy: Policy, key_hash: str) -> tuple[ArmName, float]:
    """The arm of a key, and the probability with which a key gets that arm.

    A key that was in at 5 % is in at 25 %: its place stays, the share grows over it.
    """
    share = share_of(policy)
    return ("candidate", share) if place_of(key_hash) < share else ("reference", 1 - share)


def explored_class(
    policy: Policy, classes: tuple[str, ...], secret: bytes, decision_id: str
) -> str | None:
    """The class that is drawn for a decision, each as likely; None for one that isn't explored."""
    if not policy.explore or policy.level not in {"partial", "full"}:
        return None
    if unit_interval(secret, f"explore {decision_id}") >= policy.explore:
        return None
    return classes[int(unit_interval(secret, f"class {decision_id}") * len(classes))]


def propensity(policy: Policy, ruling: Ruling, answer: Answer | Broken, n_classes: int) -> float:
    """Probability with which a key gets the candidate's arm and, where classes are drawn, this decision.

    Source:
        Li, Chu, Langford, Wang (2011), WSDM, 297-306, doi:10.1145/1935826.1935878: what a replayed
        policy is weighted by.
    """
    share, explore = share_of(policy), policy.explore
    if not explore or ruling.decided_by != "model":
        return share
    drawn = explore / n_classes
    is_own = isinstance(answer, Answer) and ruling.decision == answer.decided
    return share * (drawn + (1 - explore if is_own else 0.0))


def judge(
    policy: Policy, answer: Answer | Broken, *, drawn: str | None, queue: Queue, at: datetime
) -> Ruling | Failure:
    """What becomes of the candidate's answer.

    Args:
        policy: The release's.
        answer: What it said, or why it said nothing.
        drawn: The class that exploring drew.
        queue: What people can still take.
        at: When the case came.

    Returns:
        The ruling; or why the fallback must answer.
    """
    if policy.level == "assist":
        failure = answer if isinstance(answer, str) else ""
        return Ruling(None, "person", failure)
    if isinstance(answer, str):
        return answer
    if drawn is not None:
        return Ruling(drawn, "model", explored=True)
    is_sure = answer.confidence is None or answer.confidence >= policy.confidence
    if policy.level == "full" or is_sure:
        return Ruling(answer.decided, "model")
    if not queue.per_hour:
        return "unsure"
    return Ruling(None, "person", "unsure") if queue.take(at) else "queue full"


def named(answer: RuleAnswer, classes: tuple[str, ...]) -> str | float:
    """A rule's answer as a decision: yes is the positive class, which stands last.

    >>> named(True, ("no", "yes")), named(3, ())
    ('yes', 3.0)
    """
    if isinstance(answer, bool):
        return classes[int(answer)]
    return answer if isinstance(answer, str) else float(answer)


def redacted(values: Mapping[str, Any], hidden: frozenset[str]) -> Mapping[str, Any]:
    """Values as they are logged."""
    if not hidden:
        return values
    return {name: None if name in hidden else value for name, value in values.items()}
