"""The switch: routes a request, asks the model, applies the policy, logs the decision, answers."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from seatrial.core.clock import Clock, SystemClock, iso
from seatrial.core.errors import ArchiveError, CodeError, NotFoundError, SeatrialError, StoreError
from seatrial.records.decision import Aftermath, Decision, Failure
from seatrial.runtime.aftermath import AfterKind, read_aftermath
from seatrial.runtime.folder import ServingFolder
from seatrial.runtime.force import Force, Opener, open_here, put_in_force
from seatrial.runtime.log import LogWriter, payload
from seatrial.runtime.model import Answer, Broken, HereModel, Model, Row
from seatrial.runtime.policy import (
    ArmName,
    Queue,
    Ruling,
    explored_class,
    judge,
    propensity,
    redacted,
    route,
    unit_interval,
)
from seatrial.runtime.request import Request
from seatrial.runtime.tally import Tally

LOOK_EVERY_S = 0.5
"""Seconds between two looks at the pointer."""
_log = logging.getLogger(__name__)


class Case(msgspec.Struct, frozen=True):
    """A request on its way through.

    Attributes:
        request: What was sent.
        key_hash: Keyed hash of its key.
        arm: Where the key was routed.
        chance: Probability with which a key gets this arm.
        model: What must be asked; None if nothing.
    """

    request: Request
    key_hash: str
    arm: ArmName
    chance: float
    model: Model | None


class Turn(msgspec.Struct, frozen=True):
    """Requests that are decided together, by one release.

    Attributes:
        force: The release that was in force when they came.
        cases: One for each request, in order.
        has_expired: Whether only the fallback may answer.
    """

    force: Force
    cases: tuple[Case, ...]
    has_expired: bool


class Switch:
    """Decides in this process; what a server does with HTTP, a program can do with a call.

    Made by :meth:`open`. A decision is on disk before it is given. Safe to call from several threads.
    """

    def __init__(
        self,
        folder: ServingFolder,
        writer: LogWriter,
        *,
        clock: Clock,
        replay: bool,
        opener: Opener,
    ) -> None:
        self._folder, self._writer, self._clock = folder, writer, clock
        self._replay, self._opener = replay, opener
        self._lock = threading.Lock()
        self._queue = Queue(0.0)
        self._force: Force | None = None
        self._refused = self._reported = ""
        self._looked_at = 0.0
        self.tally = Tally()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock | None = None,
        log: Path | None = None,
        fdatasync: bool = False,
        replay: bool = True,
        opener: Opener = open_here,
    ) -> Self:
        """Put the release that a serving folder points at in force.

        Args:
            folder: The serving folder.
            clock: The time; the machine's by default.
            log: Where decisions are logged; ``log`` in the folder by default.
            fdatasync: Whether a decision also waits for the disk.
            replay: Whether a request may say when it happened.
            opener: Opens the archives; here by default.

        Raises:
            NotFoundError: nothing is released there.
            ArchiveError: what is released may not be put in force; says why.
            StoreError: the log can't be written.
        """
        time_of, place = clock or SystemClock(), ServingFolder(folder)
        name = place.current()
        if name is None:
            hint = "seatrial release propose puts a candidate in force"
            raise NotFoundError("nothing is released here", where=str(folder), hint=hint)
        force = put_in_force(place, name, now=time_of.now(), replay=replay, opener=opener)
        writer = LogWriter(log or place.log, clock=time_of, fdatasync=fdatasync)
        switch = cls(place, writer, clock=time_of, replay=replay, opener=opener)
        switch.swap(force)
        return switch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the log; nothing can be decided afterwards."""
        with self._lock:
            self._writer.close()

    @property
    def force(self) -> Force:
        """The release in force."""
        assert self._force is not None
        return self._force

    @property
    def is_writable(self) -> bool:
        """Whether the log could take a record now."""
        return self._writer.is_writable()

    @property
    def log_bytes(self) -> int:
        """Bytes that were logged since the switch was opened."""
        return self._writer.bytes_written

    def decide(
        self,
        *,
        key: Any,
        features: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> Decision:
        """Decide about one thing.

        Args:
            key: Names it; a text, a number, or a list of such.
            features: Raw inputs by name; None stands for a missing value.
            context: What is logged beside them.
            at: When it happened, ISO; now by default.

        Raises:
            DataError: the contract asks for something else; holds every fault.
            StoreError: the decision could not be logged.
        """
        self.refresh()
        force = self.force
        request = force.reader.one(key=key, features=features, context=context, at=at)
        return self.decide_many([request], force)[0]

    def decide_many(self, requests: Sequence[Request], force: Force) -> list[Decision]:
        """Decide about several things together: models are asked once, the log is written once.

        Args:
            requests: As the release's reader gave them.
            force: That release.

        Raises:
            StoreError: the decisions could not be logged.
        """
        turn = self.begin(requests, force)
        return self.finish(turn, ask(turn))

    def begin(self, requests: Sequence[Request], force: Force) -> Turn:
        """Route requests that a release's reader gave; what must be asked stands in the cases' models."""
        has_expired = force.is_expired(self._clock.now())
        return Turn(force, tuple(_case(force, each, has_expired) for each in requests), has_expired)

    def finish(self, turn: Turn, answers: Sequence[Answer | Broken | None]) -> list[Decision]:
        """Apply the policy to what the models said, log it, and count it.

        Args:
            turn: What :meth:`begin` gave.
            answers: One for each case; None where no model is asked.

        Raises:
            StoreError: the decisions could not be logged, and the release demands that they are.
        """
        now = self._clock.now()
        stamp = iso(now)
        with self._lock:
            made = [
                self._decided(turn, case, answer, now, stamp)
                for case, answer in zip(turn.cases, answers, strict=True)
            ]
            self._keep([payload(each) for each in made], turn.force)
        for each, case in zip(made, turn.cases, strict=True):
            self._count(each, case, turn.force)
        return made

    def person(self, plain: Any) -> list[Aftermath]:
        """Log what a person decided: ``{"decision_id", "decision", "by"?}``, or rows of such."""
        return self._after(plain, "person")

    def outcome(self, plain: Any) -> list[Aftermath]:
        """Log what turned out to be true: ``{"decision_id" | "key", "outcome", "at"?}``, or rows."""
        return self._after(plain, "outcome")

    def event(self, plain: Any) -> list[Aftermath]:
        """Log a repeat, a redo, a complaint: ``{"decision_id" | "key", "event", "note"?}``, or rows."""
        return self._after(plain, "event")

    def refresh(self) -> None:
        """Look at the pointer, at most twice a second, and follow it.

        A manifest that is refused is reported once, and the one in force stays.
        """
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            force = self.prepare()
            if force is not None:
                self.swap(force)

    def prepare(self) -> Force | None:
        """Make the release that the pointer names ready, if it is another one; None if not, or refused."""
        name = ""
        try:
            name = self._folder.current() or ""
            if not name:
                raise NotFoundError("the pointer is gone", where=str(self._folder.path))
            if name in {self.force.digest, self._refused}:
                return None
            return put_in_force(
                self._folder, name, now=self._clock.now(), replay=self._replay, opener=self._opener
            )
        except (ArchiveError, CodeError) as error:
            self._refused = name
            self._report(name, error)
        except SeatrialError as error:
            self._report(name, error)  # a file that is not there yet may come
        return None

    def swap(self, force: Force) -> None:
        """Put a release that is ready in force; calls in flight keep the one that they began with."""
        with self._lock:
            per_hour = force.manifest.policy.queue_per_hour
            if per_hour != self._queue.per_hour:
                self._queue = Queue(per_hour)
            self._force, self._refused, self._reported = force, "", ""

    def _report(self, name: str, error: SeatrialError) -> None:
        if self._reported != (name or "gone"):
            self._reported = name or "gone"
            self.tally.refused_manifests += 1
            _log.warning("manifest_refused: %s; %s stays in force", error, self.force.digest)

    def _decided(
        self, turn: Turn, case: Case, answer: Answer | Broken | None, now: datetime, stamp: str
    ) -> Decision:
        force, request = turn.force, case.request
        policy, name = force.manifest.policy, secrets.token_hex(16)
        ruling, chance = self._ruling(turn, case, answer, name, request.at or now)
        said = answer if isinstance(answer, Answer) else None
        is_audited = (
            bool(policy.audit)
            and ruling.decided_by == "model"
            and unit_interval(force.secret, f"audit {name}") < policy.audit
        )
        return Decision(
            decision_id=name,
            at=iso(request.at) if request.at else stamp,
            key_hash=case.key_hash,
            features=redacted(request.features, force.hidden),
            context=redacted(request.context, force.hidden),
            output=said.output if said else None,
            decision=ruling.decision,
            confidence=said.confidence if said else None,
            level=policy.level,
            arm=case.arm,
            propensity=chance,
            explored=ruling.explored,
            decided_by=ruling.decided_by,
            failure=ruling.failure,
            audit=is_audited,
            release=force.digest,
            candidate=force.artefact_of("candidate"),
            form=case.model.form if case.model else "",
            latency_us=(time.perf_counter_ns() - request.arrived_ns) // 1000,
        )

    def _ruling(
        self, turn: Turn, case: Case, answer: Answer | Broken | None, name: str, at: datetime
    ) -> tuple[Ruling, float]:
        force, row = turn.force, case.request.row
        if turn.has_expired:
            return Ruling(force.fallback(row), "fallback", "gate expired"), case.chance
        if case.arm == "reference":
            return _of_reference(force, row, answer), case.chance
        policy, classes = force.manifest.policy, force.manifest.contract.classes
        assert answer is not None
        drawn = explored_class(policy, classes, force.secret, name)
        ruling = judge(policy, answer, drawn=drawn, queue=self._queue, at=at)
        if isinstance(ruling, str):
            ruling = Ruling(force.fallback(row), "fallback", ruling)
        return ruling, propensity(policy, ruling, answer, len(classes))

    def _after(self, plain: Any, kind: AfterKind) -> list[Aftermath]:
        force = self.force
        records = read_aftermath(
            plain,
            kind,
            contract=force.manifest.contract,
            secret=force.secret,
            now=iso(self._clock.now()),
        )
        with self._lock:
            self._keep([payload(each) for each in records], force)
        return records

    def _keep(self, payloads: Sequence[bytes], force: Force) -> None:
        try:
            self._writer.write(payloads)
        except StoreError as error:
            self.tally.unlogged += len(payloads)
            if force.manifest.log.required:
                raise
            _log.warning("decisions_not_logged: %s", error)

    def _count(self, made: Decision, case: Case, force: Force) -> None:
        tally = self.tally
        tally.decisions[made.arm, made.decided_by, made.failure] += 1
        tally.took(made.latency_us / 1e6)
        tally.queued += made.decided_by == "person" and made.failure == "unsure"
        row = case.request.row
        for name, seen in force.levels:
            value = row.get(name)
            if value is not None and value not in seen:
                tally.unseen[name] += 1


def ask(turn: Turn) -> list[Answer | Broken | None]:
    """Ask each model of this process once, with all rows that are for it.

    Returns:
        One entry for each case; None where no model is asked, or one that answers elsewhere.
    """
    answers: list[Answer | Broken | None] = [None] * len(turn.cases)
    for model in (turn.force.candidate, turn.force.reference):
        places = [at for at, each in enumerate(turn.cases) if each.model is model]
        if isinstance(model, HereModel) and places:
            said = model.answer([turn.cases[at].request.row for at in places])
            for at, answer in zip(places, said, strict=True):
                answers[at] = answer
    return answers


def _case(force: Force, request: Request, has_expired: bool) -> Case:  # noqa: FBT001
    key_hash = force.hashed(request.key)
    arm, chance = route(force.manifest.policy, key_hash)
    return Case(request, key_hash, arm, chance, None if has_expired else force.model_of(arm))


def _of_reference(force: Force, row: Row, answer: Answer | Broken | None) -> Ruling:
    if force.manifest.reference.kind == "rule":
        return Ruling(force.fallback(row), "reference")
    if isinstance(answer, Answer):
        return Ruling(answer.decided, "reference")
    if answer is None:
        return Ruling(None, "person")
    failure: Failure = answer
    return Ruling(force.fallback(row), "fallback", failure)
