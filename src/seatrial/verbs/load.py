"""Load the kept candidate's server up to the rate that is required of it, on schedule whatever it answers."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.client import OK, HTTPConnection, HTTPException

import msgspec
import numpy as np

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import UserError
from seatrial.records.rehearsal import Load, LoadStep
from seatrial.scoring.timing import peak_memory_mb
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.rehearsal import (
    PART,
    asked_columns,
    post,
    request,
    served,
    why_fallback,
)
from seatrial.verbs.replay import Answering
from seatrial.verbs.slices import candidate_of

STEPS = (0.25, 0.5, 1.0)
"""Shares of the required rate, one after the other."""
_MOST_BODIES = 2_000
_MOST_RATE = 20_000

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


def load(
    project: Project,
    *,
    rate: float,
    seconds: float = 5.0,
    connections: int = 8,
    tell: Counted = lambda _what, _done, _of: None,
) -> Load:
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
    with served(chain, materials, candidate, project.root) as (manifest, server):
        frame = materials.frame(PART, asked_columns(manifest))
        rows = frame.head(_MOST_BODIES).iter_rows(named=True) if frame.width else [{}]
        bodies = [request(manifest, place, row) for place, row in enumerate(rows)]
        with closing(HTTPConnection(server.address, timeout=60)) as first:
            watch = Stopwatch()
            post(first, bodies[0])
            cold = watch.seconds
        steps = []
        for done, share in enumerate(STEPS):
            tell(f"Asking {rate * share:g} a second", done, len(STEPS))
            steps.append(_step(server, bodies, rate * share, seconds, connections))
        peak = peak_memory_mb(server.pid)
    host = f"{platform.machine()}, {os.cpu_count()} cores, shared with the test"
    return Load(candidate.name, tuple(steps), 1e3 * cold, peak, connections, host)


def _step(
    server: Answering, bodies: list[bytes], rate: float, seconds: float, connections: int
) -> LoadStep:
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
    return LoadStep(
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
        self._http, self._bodies = HTTPConnection(address, timeout=60), bodies
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
            status, data = post(self._http, self._bodies[turn % len(self._bodies)])
        except (OSError, HTTPException) as error:
            self._http.close()
            self.refused[type(error).__name__] += 1
        else:
            if status != OK:
                self.refused[str(status)] += 1
            elif why := why_fallback(msgspec.json.decode(data)):
                self.fallback[why] += 1
        self.last = time.perf_counter()
        self.seconds.append(self.last - due)
