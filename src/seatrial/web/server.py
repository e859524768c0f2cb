"""The pages on a port: in the background, or until it is stopped."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from granian.constants import Interfaces
from granian.server.embed import Server

from seatrial.core.errors import ConflictError
from seatrial.verbs.project import Project
from seatrial.web.access import LOOPBACK, Access
from seatrial.web.app import create

HOST, PORT = "127.0.0.1", 8765
_TRIED = 20
"""Ports that are tried one after the other."""
_STARTS_S = 10.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Handle:
    """Pages that are being served.

    Attributes:
        address: Where, with the token if one is needed.
        stop: Ends it, and waits until it has ended.
    """

    address: str
    stop: Callable[[], None]


def start(
    project: Project,
    port: int | None = None,
    *,
    host: str = HOST,
    token: str | None = None,
) -> Handle:
    """Serve the pages from a thread of this process.

    Args:
        project: The project.
        port: The port; the next free one from 8765 if None.
        host: The address to listen on.
        token: What must be shown; needed on any other host than this machine's own.

    Raises:
        ConflictError: the port is taken, or no port is free.
        ValueError: another host without a token.
    """
    if host not in LOOPBACK and not token:
        raise ValueError(host)
    host = HOST if host == "localhost" else host
    chosen = _free(host, port)
    app = create(project, access=Access(token))
    server = Server(
        app,
        address=host,
        port=chosen,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, server), daemon=True, name="seatrial-ui")
    thread.start()
    _await(host, chosen, thread)

    def stop() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(server.stop)
            thread.join(_STARTS_S)

    return Handle(_address(host, chosen, token), stop)


def _run(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    asyncio.set_event_loop(loop)
    with closing(loop):
        loop.run_until_complete(server.serve())


def _free(host: str, port: int | None) -> int:
    ports = [port] if port is not None else range(PORT, PORT + _TRIED)
    for each in ports:
        found = _bound(host, each)
        if found is not None:
            return found
    what = (
        f"port {port} is taken"
        if port is not None
        else f"ports {PORT} to {PORT + _TRIED - 1} are taken"
    )
    raise ConflictError(f"{what} on {host}", hint="seatrial ui --port NUMBER")


def _bound(host: str, port: int) -> int | None:
    """The port, if it is free; for 0 any that is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host.strip("[]"), port))
        except OSError:
            return None
        return int(trial.getsockname()[1])


def _await(host: str, port: int, thread: threading.Thread) -> None:
    """Wait until it answers."""
    near = {"0.0.0.0": HOST, "::": "::1"}.get(host, host)  # noqa: S104 — every address is this one, too
    for _ in range(round(_STARTS_S / _LOOK_S)):
        try:
            socket.create_connection((near, port), timeout=1).close()
        except OSError:
            thread.join(_LOOK_S)
            if not thread.is_alive():
                break
        else:
            return
    raise ConflictError(f"nothing answers on {host}:{port}", hint="seatrial ui --port NUMBER")


def _address(host: str, port: int, token: str | None) -> str:
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{name}:{port}/{f'?token={token}' if token else ''}"
