"""A project on disk: its plan, its ledger, its blobs, and every command as a method."""

from __future__ import annotations

import getpass
import json
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.clock import Clock, SystemClock
from seatrial.core.digest import keyed_hash
from seatrial.core.errors import NotFoundError

if TYPE_CHECKING:
    from seatrial.data.fingerprint import Fingerprints
    from seatrial.plan.load import Plan
    from seatrial.probes.registry import Registry
    from seatrial.records.metrics import Metric
    from seatrial.store import Blobs, Ledger, Tables
    from seatrial.verbs.answering import Answering
    from seatrial.verbs.dataset import Dataset

PLAN = "plan.yaml"
STATE = ".seatrial"
INSTALLATION = "installation.json"


class Project:
    """One project. Nothing is read before it is needed.

    Args:
        root: The folder that holds ``plan.yaml``.
        clock: Says what time it is.
    """

    def __init__(self, root: Path, *, clock: Clock | None = None) -> None:
        self.root = root.resolve()
        self.clock = clock or SystemClock()

    @property
    def state(self) -> Path:
        """The folder for what Seatrial writes."""
        return self.root / STATE

    @cached_property
    def registry(self) -> Registry:
        """Metrics and probes: the built-in ones, those of entry points, and the project's own."""
        from seatrial.probes.registry import load

        return load(self.root)

    @cached_property
    def plan(self) -> Plan:
        """The plan.

        Raises:
            PlanError: it is not valid.
        """
        from seatrial.plan.load import load

        return load(self.root / PLAN, metrics=self.registry.metrics)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: ``SEATRIAL_LEDGER`` if it is set, else a file in the project."""
        from seatrial.store import Ledger

        me = self._installation
        self.state.mkdir(parents=True, exist_ok=True)
        return Ledger.open(
            os.environ.get("SEATRIAL_LEDGER") or str(self.state / "ledger.db"),
            installation=me["id"],
            clock=self.clock,
            actor=actor(),
            secret=bytes.fromhex(me["secret"]),
        )

    @cached_property
    def blobs(self) -> Blobs:
        """The blobs: ``SEATRIAL_BLOBS`` if it is set, else a folder in the project."""
        from seatrial.store import Blobs

        return Blobs.open(
            os.environ.get("SEATRIAL_BLOBS") or str(self.state / "blobs"),
            cache=self.state / "cache",
        )

    @cached_property
    def tables(self) -> Tables:
        """The tables, on top of the blobs."""
        from seatrial.store import Tables

        return Tables(self.blobs)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Digests of source files, remembered by size and time."""
        from seatrial.data.fingerprint import Fingerprints

        return Fingerprints(self.state / "fingerprints.json")

    @property
    def salt(self) -> str:
        """Secret of this installation that says which keys a share of the decisions takes; hexadecimal."""
        return keyed_hash(bytes.fromhex(self._installation["secret"]), "which keys a share takes")

    @cached_property
    def _installation(self) -> Mapping[str, str]:
        path = self.state / INSTALLATION
        if not path.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            me = {"id": secrets.token_hex(6), "secret": secrets.token_hex(32)}
            half = path.with_name(f"{path.name}.{os.getpid()}")
            half.write_text(json.dumps(me))
            try:
                os.link(half, path)
            except FileExistsError:
                pass
            finally:
                half.unlink()
        return json.loads(path.read_text())  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let go of the ledger."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    def train(self, **options: Any) -> Any:
        """Train the ladder; see :func:`seatrial.verbs.train.train`."""
        from seatrial.verbs.train import train

        return train(self, **options)

    def dataset(self) -> Dataset:
        """Rows of train and dev, encoded as every candidate sees them."""
        from seatrial.verbs.dataset import Dataset

        return Dataset(self)

    def kept(self) -> Answering:
        """The candidate that was kept, ready to answer; see :func:`seatrial.verbs.answering.kept`."""
        from seatrial.verbs.answering import kept

        return kept(self)

    def check(self, **options: Any) -> Any:
        """Measure what is due and judge each claim; see :func:`seatrial.verbs.check.check`."""
        from seatrial.verbs.check import check

        return check(self, **options)

    def quick(self) -> Any:
        """Try a few essential cases; see :func:`seatrial.verbs.quick.quick`."""
        from seatrial.verbs.quick import quick

        return quick(self)

    def schedule(self) -> Any:
        """What runs at each push, nightly and weekly; see :func:`seatrial.verbs.schedule.schedule`."""
        from seatrial.verbs.schedule import schedule

        return schedule(self)

    def why(self, claim: str) -> Any:
        """Say why a claim is stale or failing; see :func:`seatrial.verbs.why.why`."""
        from seatrial.verbs.why import why

        return why(self, claim)

    def readiness(self, **options: Any) -> Any:
        """The ML Test Score, from evidence; see :func:`seatrial.verbs.readiness.readiness`."""
        from seatrial.verbs.readiness import readiness

        return readiness(self, **options)

    def next(self) -> Any:
        """The most valuable next steps; see :func:`seatrial.verbs.steps.steps`."""
        from seatrial.verbs.steps import steps

        return steps(self)


def known_metrics(path: str | Path = ".") -> list[Metric]:
    """Every metric that a claim may name here: those of the project, or the built-in ones."""
    from seatrial.probes.registry import load

    try:
        root = open(path).root
    except NotFoundError:
        root = Path(path)
    return list(load(root).metrics.values())


def actor() -> str:
    """Who is at work: ``SEATRIAL_ACTOR`` if it is set, else the user of the machine."""
    try:
        return os.environ.get("SEATRIAL_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def open(path: str | Path = ".", *, clock: Clock | None = None) -> Project:  # noqa: A001 — seatrial.open
    """Open the project that a folder belongs to.

    Args:
        path: The project's folder, one below it, or its ``plan.yaml``.
        clock: Says what time it is; the machine's if None.

    Raises:
        NotFoundError: neither the folder nor one above it holds ``plan.yaml``.
    """
    start = Path(path).resolve()
    for folder in (start, *start.parents):
        if (folder / PLAN).is_file():
            return Project(folder, clock=clock)
    hint = "start with: seatrial init NAME --data FILE --target COLUMN"
    raise NotFoundError(f"there is no {PLAN} in {start} or above it", hint=hint)
