"""A model in a worker process, with a hard deadline and a warm spare."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from seatrial.core.errors import ArchiveError
from seatrial.runtime.model import Answer, Broken, Row
from seatrial.serving.wiring import Ready, Task, decode_answers, decode_ready, packed, unpacked

START_S = 120.0
"""Seconds in which a worker must have opened its archive."""
PATIENCE = 1.5
"""Deadlines that a request waits for its turn: one that hangs before it, and some."""
_RETRY_S = 1.0
_log = logging.getLogger(__name__)
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"), "1"
)


class Worker(asyncio.Protocol):
    """One process and the connection to it."""

    def __init__(self, task: Task) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 — our own module, by our own interpreter
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "seatrial.serving.worker",
                    str(theirs.fileno()),
                    msgspec.json.encode(task).decode(),
                    str(os.getpid()),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
            )
        self._socket, self._buffer = ours, bytearray()
        self._transport: asyncio.WriteTransport | None = None
        self.pool: ModelPool | None = None

    def wait_until_ready(self) -> Ready:
        """Wait for the first message; blocks.

        Raises:
            ArchiveError: the worker could not open its archive, or did not in time.
        """
        self._socket.settimeout(START_S)
        try:
            while True:
                data = self._socket.recv(1 << 16)
                self._buffer += data
                for message in unpacked(self._buffer):
                    return _checked(decode_ready(message))
                if not data:
                    raise ArchiveError("the worker ended before it was ready")
        except TimeoutError:
            fact = f"the archive was not open within {START_S:.0f} s"
            raise ArchiveError(
                fact, hint="look at what its modules do when they are imported"
            ) from None
        finally:
            self._socket.settimeout(0.0)

    async def connect(self, pool: ModelPool) -> None:
        """Read what it answers from the event loop, for a pool."""
        self.pool = pool
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=self._socket)

    def send(self, rows: Sequence[Row]) -> None:
        """Have rows answered."""
        assert self._transport is not None
        self._transport.write(packed(list(rows)))

    def kill(self) -> None:
        """End it, whatever it does."""
        self.pool = None
        self._process.kill()
        if self._transport is not None:
            self._transport.abort()
        else:
            self._socket.close()
        self._process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to it."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand whole answers to the pool."""
        self._buffer += data
        for message in unpacked(self._buffer):
            if self.pool is not None:
                self.pool.answered(decode_answers(message))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        """Tell the pool that it died by itself."""
        if self.pool is not None:
            self.pool.died(self)


@dataclass(slots=True, eq=False)
class Job:
    """Rows of one request, on their way through a worker."""

    rows: Sequence[Row]
    done: asyncio.Future[list[Answer | Broken]]
    timer: asyncio.TimerHandle | None = field(default=None)

    def resolve(self, answers: list[Answer | Broken]) -> None:
        """Give the answers to who waits."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.done.done():
            self.done.set_result(answers)

    def fail(self, why: Broken) -> None:
        """Say why there is no answer."""
        self.resolve([why] * len(self.rows))


class ModelPool:
    """One worker that answers, one request after the other, and a spare that is ready to.

    Made in any thread by :meth:`open`, attached to the event loop by :meth:`attach`, used there.

    Args:
        task: What workers open.
        first: A worker that is ready.
        form: How its model answers.
        deadline_s: Seconds that one request may take; then the worker is killed.
    """

    def __init__(self, task: Task, first: Worker, form: str, *, deadline_s: float) -> None:
        self._task, self._deadline_s = task, deadline_s
        self.form = form
        self._worker: Worker | None = first
        self._spare: Worker | None = None
        self._coming: Worker | None = None
        self._start: asyncio.Task[None] | None = None
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._is_closed = False

    @classmethod
    def open(cls, task: Task, *, deadline_s: float) -> ModelPool:
        """Start a worker and wait until it is ready; blocks.

        Raises:
            ArchiveError: it could not open its archive.
        """
        worker = Worker(task)
        try:
            ready = worker.wait_until_ready()
        except ArchiveError:
            worker.kill()
            raise
        return cls(task, worker, ready.form, deadline_s=deadline_s)

    async def attach(self) -> None:
        """Connect the worker to the running loop, and begin to start the spare."""
        assert self._worker is not None
        await self._worker.connect(self)
        self._start_another()

    @property
    def has_spare(self) -> bool:
        """Whether a worker that hangs could be replaced at once."""
        return self._spare is not None

    def ask(self, rows: Sequence[Row]) -> asyncio.Future[list[Answer | Broken]]:
        """Have the rows of one request answered, or be told why not, within 2.5 deadlines."""
        loop = asyncio.get_running_loop()
        job = Job(rows, loop.create_future())
        job.timer = loop.call_later(PATIENCE * self._deadline_s, job.fail, "stalled")
        self._waiting.append(job)
        self._next()
        return job.done

    def close(self) -> None:
        """End the workers; what still waits is told so."""
        self._is_closed = True
        for worker in (self._worker, self._spare, self._coming):
            if worker is not None:
                worker.kill()
        self._worker = self._spare = None
        for job in (*self._waiting, *([self._running] if self._running else [])):
            job.fail("stalled")
        self._waiting.clear()

    async def drained(self) -> None:
        """Return once nothing waits any more."""
        while self._waiting or self._running is not None:
            last = self._waiting[-1] if self._waiting else self._running
            assert last is not None
            await asyncio.wait([last.done])

    def answered(self, answers: list[Answer | Broken]) -> None:
        """Take the worker's answers to what it was given."""
        job, self._running = self._running, None
        if job is not None:
            job.resolve(answers)
        self._next()

    def died(self, worker: Worker) -> None:
        """Replace a worker that ended by itself; its request counts as raised."""
        if worker is self._spare:
            self._spare = None
            self._start_another()
        elif worker is self._worker:
            self._replace("raised")

    def _next(self) -> None:
        """Give the worker the next request, if it is free."""
        while self._waiting and self._waiting[0].done.done():
            self._waiting.popleft()
        if self._worker is None or self._running is not None or not self._waiting:
            return
        job = self._running = self._waiting.popleft()
        if job.timer is not None:
            job.timer.cancel()
        loop = asyncio.get_running_loop()
        job.timer = loop.call_later(self._deadline_s, self._stall)
        self._worker.send(job.rows)

    def _stall(self) -> None:
        _log.warning("worker_stalled: killed after %.0f ms", self._deadline_s * 1000)
        self._replace("stalled")

    def _replace(self, why: Broken) -> None:
        """Put the spare in the worker's place, and start another."""
        job, self._running = self._running, None
        if self._worker is not None:
            self._worker.kill()
        self._worker, self._spare = self._spare, None
        if job is not None:
            job.fail(why)
        self._start_another()
        self._next()

    def _start_another(self) -> None:
        if not self._is_closed and (self._start is None or self._start.done()):
            self._start = asyncio.get_running_loop().create_task(self._bring())

    async def _bring(self) -> None:
        """Start workers until one answers and one is spare; a failure is tried again after a second."""
        loop = asyncio.get_running_loop()
        while not self._is_closed and (self._worker is None or self._spare is None):
            worker = self._coming = Worker(self._task)
            try:
                await loop.run_in_executor(None, worker.wait_until_ready)
            except ArchiveError as error:
                worker.kill()
                if not self._is_closed:
                    _log.warning("worker_not_started: %s", error)
                    await asyncio.sleep(_RETRY_S)
                continue
            self._coming = None
            await worker.connect(self)
            if self._worker is None:
                self._worker = worker
                self._next()
            else:
                self._spare = worker


def _checked(ready: Ready) -> Ready:
    if ready.fault:
        raise ArchiveError(ready.fault)
    return ready
