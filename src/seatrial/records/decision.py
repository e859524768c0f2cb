"""A decision, and what came after it, as the log holds them from its first version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Kind = Literal["decision", "person", "outcome", "event"]
KINDS: tuple[Kind, ...] = ("decision", "person", "outcome", "event")
Decider = Literal["model", "reference", "person", "fallback"]
Failure = Literal["", "raised", "stalled", "not a number", "gate expired", "unsure", "queue full"]


class Decision(msgspec.Struct, frozen=True, tag_field="kind", tag="decision"):
    """One answered request; written with ``"kind": "decision"`` in front.

    Attributes:
        decision_id: Its name; outcomes and what people did refer to it.
        at: When the event happened, ISO: the clock's time, or the request's own in a replay.
        key_hash: Keyed hash of the request's key.
        features: Raw inputs as they came; redacted ones are null.
        context: What was sent beside them.
        output: What the model said: scores by class, or a number; None if it wasn't asked or failed.
        decision: What was answered: a class, a number; None where a person must decide.
        confidence: Probability of the model's class; None without one.
        level: Of the policy in force.
        arm: ``candidate`` or ``reference``: where the key was routed.
        propensity: Probability with which a key gets this arm and, where decisions are explored, this
            decision.
        explored: Whether the decision was made at random.
        decided_by: Who or what decided.
        failure: Why the fallback answered, or a person was asked; empty otherwise.
        audit: Whether a person is asked as well.
        release: Digest of the manifest in force.
        candidate: Digest of the candidate's archive; empty without one.
        form: How the model answered: ``onnx``, ``estimator``, ``rule``, ``constant``; empty if not.
        latency_us: From the request's arrival to its record, in microseconds.
    """

    decision_id: str
    at: str
    key_hash: str
    features: Mapping[str, Any]
    context: Mapping[str, Any]
    output: Mapping[str, float] | float | None
    decision: str | float | None
    confidence: float | None
    level: str
    arm: Literal["candidate", "reference"]
    propensity: float
    explored: bool
    decided_by: Decider
    failure: Failure
    audit: bool
    release: str
    candidate: str
    form: str
    latency_us: int


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came after a decision.

    Attributes:
        kind: ``person``: what somebody decided; ``outcome``: what turned out to be true; ``event``: a
            repeat, a redo, a complaint.
        at: When, ISO. Of several outcomes of one decision the one with the last ``at`` counts.
        decision_id: Of the decision; empty if it is told by key.
        key_hash: Keyed hash of the key; empty if it is told by decision.
        value: The class, the number, or the event's name.
        note: Anything that was sent with it.
    """

    kind: Kind
    at: str
    decision_id: str
    key_hash: str
    value: str | float | bool | None
    note: Mapping[str, Any]
