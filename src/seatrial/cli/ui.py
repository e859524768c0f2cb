"""``seatrial ui``: the pages in the browser, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer


def ui(
    *,
    project: Annotated[
        Path, typer.Option("--project", "-p", help="Folder of the project.")
    ] = Path(),
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="The port; the next free one from 8765 if none."
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", help="The address to listen on; any but 127.0.0.1 needs a token."),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option("--token", help="What must be shown; one is made if none is given."),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Don't open the browser.")] = False,
) -> None:
    """Show the project in the browser: what holds, what doesn't, what to do next."""
    import seatrial
    from seatrial.cli.console import leave
    from seatrial.web.access import LOOPBACK
    from seatrial.web.server import start

    opened = seatrial.open(project)
    if token is None and host not in LOOPBACK:
        token = secrets.token_urlsafe(24)
    handle = start(opened, port, host=host, token=token)
    sys.stdout.write(f"{handle.address}\n")
    sys.stdout.flush()
    sys.stderr.write("Ctrl-C stops the pages.\n")
    if not no_open and sys.stdout.isatty() and os.environ.get("SEATRIAL_UI") != "0":
        webbrowser.open(handle.address)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        handle.stop()
        opened.close()
        leave()
