"""The answering process: start, follow the pointer, drain, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from seatrial.core.clock import Clock
from seatrial.core.errors import ConflictError
from seatrial.runtime.force import Force
from seatrial.runtime.switch import LOOK_EVERY_S, Switch
from seatrial.serving.app import MOST_BODY_BYTES, App
from seatrial.serving.opening import WhereItFits, pools

DEADLINE_MS = 250.0
"""Milliseconds that a model in a worker may take for one request."""
GRACE_S = 1.0
"""Seconds for which a server that stops still answers, telling each client not to come back on its
connection: one that is closed while it is idle could meet a request that is already on its way."""
_MOST_DRAIN_S = 30.0
_CONNECTIONS = 4096
_log = logging.getLogger(__name__)


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    log: Path | None = None,
    deadline_ms: float = DEADLINE_MS,
    replay: bool = False,
    fdatasync: bool = False,
    max_body: int = MOST_BODY_BYTES,
    clock: Clock | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer over HTTP until SIGTERM or SIGINT.

    Args:
        folder: The serving folder.
        host: Address to listen at.
        port: Port to listen at.
        log: Where decisions are logged; ``log`` in the folder by default.
        deadline_ms: Milliseconds that a model in a worker may take for one request.
        replay: Whether a request may say when it happened.
        fdatasync: Whether a decision also waits for the disk.
        max_body: Bytes of the largest body.
        clock: The time; the machine's by default.
        on_ready: Called once connections are accepted.

    Raises:
        NotFoundError: nothing is released there.
        ArchiveError: what is released may not be put in force; says why.
        StoreError: the log can't be written.
        ConflictError: something else listens at that port.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # two threads on a row cost more than they give
    _check_port(host, port)
    opener = WhereItFits(deadline_s=deadline_ms / 1000)
    switch = Switch.open(
        folder, clock=clock, log=log, fdatasync=fdatasync, replay=replay, opener=opener
    )
    app = App(switch, max_body=max_body, replay=replay)
    try:
        uvloop.run(_answer(app, switch, host, port, on_ready))
    finally:
        switch.close()


async def _answer(
    app: App, switch: Switch, host: str, port: int, on_ready: Callable[[], None]
) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=_CONNECTIONS,
        backpressure=_CONNECTIONS,
    )
    await _attach(switch.force)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    besides = [
        loop.create_task(_follow(switch)),
        loop.create_task(_drain(app, server, stopped)),
        loop.create_task(_announce(host, port, on_ready)),
    ]
    try:
        await server.serve()
    finally:
        for task in besides:
            task.cancel()
        await asyncio.gather(*besides, return_exceptions=True)
        for pool in pools(switch.force):
            pool.close()


async def _drain(app: App, server: Server, stopped: asyncio.Event) -> None:
    """Once told to stop: answer what came, let clients go, then stop."""
    await stopped.wait()
    app.is_draining = True
    waited = GRACE_S
    await asyncio.sleep(GRACE_S)
    while app.busy and waited < _MOST_DRAIN_S:
        await asyncio.sleep(_TICK_S)
        waited += _TICK_S
    server.stop()  # type: ignore[no-untyped-call]  # granian has no types here


async def _follow(switch: Switch) -> None:
    """Look at the pointer, and put what it names in force while the old release still answers."""
    loop = asyncio.get_running_loop()
    retired: set[asyncio.Task[None]] = set()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            force = await loop.run_in_executor(None, switch.prepare)
        except Exception as error:  # noqa: BLE001 — the release in force stays, whatever the new one does
            _log.error("pointer_not_followed: %s", type(error).__name__, exc_info=error)
            continue
        if force is None:
            continue
        await _attach(force)
        old = switch.force
        switch.swap(force)
        _log.info("release_in_force: %s", force.digest)
        task = loop.create_task(_retire(old))
        retired.add(task)
        task.add_done_callback(retired.discard)


async def _attach(force: Force) -> None:
    for pool in pools(force):
        await pool.attach()


async def _retire(force: Force) -> None:
    """End the workers of a release once nothing waits for them any more."""
    await asyncio.sleep(LOOK_EVERY_S)
    for pool in pools(force):
        await pool.drained()
        pool.close()


async def _announce(host: str, port: int, on_ready: Callable[[], None]) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            break
        await asyncio.sleep(_TICK_S)
    on_ready()


def _check_port(host: str, port: int) -> None:
    """Linux lets several servers share a port, and each would get a part of the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = "choose another with --port"
            fact = f"port {port} can't be used: {error.strerror}"
            raise ConflictError(fact, where=host, hint=hint) from None


_TICK_S = 0.02
