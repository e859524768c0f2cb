"""Load the kept candidate's server up to the rate that is required of it, on schedule whatever it answers."""

from __future__ import annotations

import http.client
import os
import platform
import re
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from seatrial.core.errors import UserError
from seatrial.runtime.folder import ServingFolder
from seatrial.verbs.bundle import Bundle
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.replay import Answering, sent, serving
from seatrial.verbs.slices import candidate_of

PART = "dev"
STEPS = (0.25, 0.5, 1.0)
"""Shares of the required rate, one after the other."""
SUSTAINED = 0.98
"""Share of the rate that must be reached."""
_MOST_BODIES = 2_000
_MOST_RATE = 20_000
_HIGH_WATER = re.compile(r"VmHWM:\s+(\d+) kB")

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rate, held for a while.

    Attributes:
        rate: Requests a second that were asked for.
        sent: Requests.
        reached: Answers a second.
        refused: Requests without an answer, by status or error.
        fallback: Answers that the fallback gave, by the server's reason.
        latency_ms: ``p50``, ``p95``, ``p99``, from the moment at which a request was due.
        asking: Share of a core that asking took; near 1 the test itself could ask no faster.
    """

    rate: float
    sent: int
    reached: float
    refused: Mapping[str, int]
    fallback: Mapping[str, int]
    latency_ms: Mapping[str, float]
    asking: float

    @property
    def holds(self) -> bool:
        """Whether every request was answered by the model, and at that rate."""
        return not self.refused and not self.fallback and self.reached >= SUSTAINED * self.rate


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load test.

    Attributes:
        candidate: Short name.
        steps: By rate, the required one last.
        cold_ms: Time of the very first answer.
        peak_mb: Peak resident memory of the server.
        connections: Requests that may be open at one time.
        host: Machine and cores that the server and the test shared.
    """

    candidate: str
    steps: tuple[Step, ...]
    cold_ms: float
    peak_mb: float
    connections: int
    host: str

    @property
    def holds(self) -> bool:
        """Whether the required rate was reached."""
        return self.steps[-1].holds

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release load --json``; see ``docs/json.md``."""
        return {
            "candidate": self.candidate,
            "steps": [{**asdict(each), "holds": each.holds} for each in self.steps],
            "cold_ms": self.cold_ms,
            "peak_mb": self.peak_mb,
            "connections": self.connections,
            "host": self.host,
            "holds": self.holds,
        }


def load(
    project: Project,
    *,
    rate: float,
    seconds: float = 5.0,
    connections: int = 8,
    tell: Counted = lambda _what, _done, _of: None,
) -> Loaded:
    """Ask the kept candidate's own server about rows of dev, at a quarter, half and all of a rate.

    Requests are due at even distances and are late if all connections wait, so a server that stalls is
    charged with all that queued behind it. Nothing that serves is touched.

    Args:
        project: The project.
        rate: Requests a second that are required.
        seconds: Of each of the three steps.
        connections: Requests that may be open at one time.
        tell: Told how far it is.

    Raises:
        NotFoundError: there is no candidate.
        UserError: a rate, time or number that can't be.
        ConflictError: the server doesn't get ready.
    """
    for what, value, most in (
        ("the rate", rate, _MOST_RATE),
        ("the seconds", seconds, 3_600),
        ("the connections", connections, 256),
    ):
        if not 0 < value <= most:
            raise UserError(f"{what} must lie in (0, {most:,}], got {value:g}")
    chain = Chain(project)
    materials = Materials(chain)
    candidate = candidate_of(chain, materials)
    scratch = Path(tempfile.mkdtemp(prefix="seatrial-"))
    try:
        bundle = Bundle(chain, materials, ServingFolder(scratch))
        manifest = bundle.rehearsed(candidate, project.root)
        bundle.publish(manifest)
        features, context = manifest.contract.features, manifest.context
        frame = materials.frame(PART, [each.name for each in (*features, *context)])
        rows = frame.head(_MOST_BODIES).iter_rows(named=True) if frame.width else [{}]
        bodies = [
            msgspec.json.encode(
                {"key": place, "features": sent(features, row), "context": sent(context, row)}
            )
            for place, row in enumerate(rows)
        ]
        with serving(scratch) as server:
            cold = _asked(server.address, bodies[0])
            steps = []
            for done, share in enumerate(STEPS):
                tell(f"Asking {rate * share:g} a second", done, len(STEPS))
                steps.append(_step(server, bodies, rate * share, seconds, connections))
            peak = _peak_mb(server)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    host = f"{platform.machine()}, {os.cpu_count()} cores, shared with the test"
    return Loaded(candidate.name, tuple(steps), 1e3 * cold, peak, connections, host)


def _asked(address: str, body: bytes) -> float:
    """Seconds to an answer on a connection of its own."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    finally:
        connection.close()
    return time.perf_counter() - started


def _step(
    server: Answering, bodies: list[bytes], rate: float, seconds: float, connections: int
) -> Step:
    total = max(round(rate * seconds), 1)
    clients = [_Client(server.address, bodies) for _ in range(min(connections, total))]
    begins, worked = time.perf_counter() + 0.05, time.process_time()
    turns = iter(range(total))
    lock = threading.Lock()

    def go(client: _Client) -> None:
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            client.ask(turn, due=begins + turn / rate)

    threads = [threading.Thread(target=go, args=(each,)) for each in clients]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for client in clients:
        client.close()
    took = max(max(each.last for each in clients) - begins, total / rate)
    late = 1e3 * np.concatenate([each.seconds for each in clients])
    refused = sum((each.refused for each in clients), Counter[str]())
    fallback = sum((each.fallback for each in clients), Counter[str]())
    return Step(
        rate,
        total,
        (total - refused.total()) / took,
        dict(refused),
        dict(fallback),
        {f"p{at}": float(np.percentile(late, at)) for at in (50, 95, 99)},
        (time.process_time() - worked) / took,
    )


class _Client:
    """One connection: asks when a request is due, or as soon as it can after."""

    def __init__(self, address: str, bodies: list[bytes]) -> None:
        self._http, self._bodies = http.client.HTTPConnection(address, timeout=60), bodies
        self.seconds: list[float] = []
        self.refused: Counter[str] = Counter()
        self.fallback: Counter[str] = Counter()
        self.last = 0.0

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def ask(self, turn: int, *, due: float) -> None:
        """Ask at a moment, or at once if it is over."""
        time.sleep(max(due - time.perf_counter(), 0.0))
        try:
            body = self._bodies[turn % len(self._bodies)]
            self._http.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = self._http.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            self.refused[type(error).__name__] += 1
        else:
            if answer.status != http.client.OK:
                self.refused[str(answer.status)] += 1
            elif (said := msgspec.json.decode(data))["decided_by"] != "model":
                self.fallback[str(said.get("failure", said["decided_by"]))] += 1
        self.last = time.perf_counter()
        self.seconds.append(self.last - due)


def _peak_mb(server: Answering) -> float:
    found = _HIGH_WATER.search(Path(f"/proc/{server.pid}/status").read_text())
    return int(found[1]) / 1e3 if found else float("nan")
