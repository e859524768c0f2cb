"""A worker: ``python -m seatrial.serving.worker FD TASK PARENT``. Runs the model's Python, so that it may hang.

It opens one archive, says that it is ready, and answers rows until its connection closes. Standard
output stays the user's own: what feature code prints mixes with nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.errors import SeatrialError
from seatrial.runtime.model import HereModel
from seatrial.runtime.wire import moment
from seatrial.scoring.archive import open_archive
from seatrial.serving.wiring import LENGTH_BYTES, Ready, Task, decode_rows, packed

_LOOK_EVERY_S = 1.0


def main() -> int:
    """Serve the connection that was handed over."""
    # A signal to the whole group drains the server, which still needs its answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=[int(sys.argv[3])], daemon=True).start()
    task = msgspec.json.decode(sys.argv[2], type=Task)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        try:
            model, moments = _opened(task)
        except SeatrialError as error:
            connection.sendall(packed(Ready("", str(error))))
            return error.exit_code
        connection.sendall(packed(Ready(model.form)))
        while (message := _received(connection)) is not None:
            rows = [_typed(row, moments) for row in decode_rows(message)]
            connection.sendall(packed(model.answer(rows)))
    return 0


def _opened(task: Task) -> tuple[HereModel, list[str]]:
    data = Path(task.archive).read_bytes()
    scorer = open_archive(data, root=task.root, expected=task.artefact)
    model = HereModel(scorer, threshold=task.threshold)
    model.warm()
    features = scorer.header.contract.features
    return model, [each.name for each in features if each.kind == "moment"]


def _typed(row: Mapping[str, Any], moments: list[str]) -> Mapping[str, Any]:
    return {**row, **{name: moment(row[name]) for name in moments if row[name]}}


def _received(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, LENGTH_BYTES)
    return head and _exactly(connection, int.from_bytes(head, "little"))


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = connection.recv(count - len(parts))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def _leave_with(parent: int) -> None:
    """A server that was killed can't stop a worker that hangs: the worker sees that it is alone."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
