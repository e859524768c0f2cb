"""Replay what came later over real HTTP: requests in the order of their time, outcomes a day after."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.core.clock import ManualClock, Stopwatch
from seatrial.core.digest import short
from seatrial.core.errors import ConflictError, StoreError
from seatrial.records.contract import Feature
from seatrial.records.manifest import Manifest

if TYPE_CHECKING:
    import polars as pl

AFTER = timedelta(days=1)
"""When an outcome is told, after the event."""
ROWS = 1_000
"""Rows of one request, at most."""
_READY_S = 60.0


@dataclass(slots=True)
class Answered:
    """What a replayed stretch came to.

    Attributes:
        decisions: Requests that were answered.
        outcomes: Outcomes that were told.
        seconds: Wall time.
    """

    decisions: int = 0
    outcomes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answering:
    """A server of its own: ``host:port``, and the number of its process."""

    address: str
    pid: int


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Answering]:
    """Answer from a serving folder in a process of its own, as ``seatrial serve``.

    Args:
        folder: The serving folder.
        options: Of the command, as in ``--replay``.

    Raises:
        ConflictError: it doesn't get ready.
    """
    port = _free_port()
    command = [sys.executable, "-m", "seatrial.cli.main", "serve", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 — our own command, on a folder of the caller
        [*command, "--from", str(folder), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1"},
    ) as server:
        try:
            _wait(server, port)
            yield Answering(f"127.0.0.1:{port}", server.pid)
        finally:
            server.terminate()


class Replay:
    """Asks a server about rows as their time comes.

    Args:
        address: ``host:port``.
        rows: By time: the columns of a request, ``time`` and ``outcome``.
        manifest: Says what a request holds.
        time: Column of the event's time.
        outcome: Column of what turned out; null where nothing does.
        key: Columns that name a row.
        clock: Set to the time that the replay has reached.
    """

    def __init__(
        self,
        address: str,
        rows: pl.DataFrame,
        manifest: Manifest,
        *,
        time: str,
        outcome: str,
        key: Sequence[str],
        clock: ManualClock,
    ) -> None:
        self._http = http.client.HTTPConnection(address, timeout=60)
        self._rows, self._time, self._outcome, self._key = rows, time, outcome, tuple(key)
        self._features, self._context = manifest.contract.features, manifest.context
        self._clock = clock
        self._owed: list[tuple[datetime, list[dict[str, Any]]]] = []
        self._encode = msgspec.json.Encoder().encode

    def until(self, end: datetime) -> Answered:
        """Go on up to a moment: an hour's requests together, then the outcomes that are due."""
        import polars as pl

        watch, done = Stopwatch(), Answered()
        at = pl.col(self._time)
        due = self._rows.filter((at >= self._clock.at) & (at < end))
        for hour in due.partition_by(self._time, maintain_order=True):
            moment = hour[self._time][0]
            self._clock.at = moment
            done.outcomes += self._tell(moment)
            done.decisions += self._ask(hour, moment)
        self._clock.at = end
        done.outcomes += self._tell(end)
        done.seconds = watch.seconds
        return done

    def wait_for(self, release: str) -> None:
        """Wait until a manifest is in force; a replay runs faster than the pointer is looked at.

        Raises:
            ConflictError: it doesn't come into force.
        """
        watch = Stopwatch()
        while self._get("/ready")["release"] != release:
            if watch.seconds > _READY_S:
                raise ConflictError(f"{short(release)} did not come into force")
            time.sleep(0.05)

    def _get(self, path: str) -> Any:
        self._http.request("GET", path)
        return self._read(path)

    def _ask(self, hour: pl.DataFrame, moment: datetime) -> int:
        plain = hour.to_dicts()
        for start in range(0, len(plain), ROWS):
            part = plain[start : start + ROWS]
            rows = [
                {
                    "key": [_json(row[name]) for name in self._key],
                    "features": sent(self._features, row),
                    "context": sent(self._context, row),
                    "at": moment.isoformat(),
                }
                for row in part
            ]
            answers = self._post("/predict", {"rows": rows})["rows"]
            told = (moment + AFTER).isoformat()
            owed = [
                {"decision_id": answer["decision_id"], "outcome": row[self._outcome], "at": told}
                for answer, row in zip(answers, part, strict=True)
                if row[self._outcome] is not None
            ]
            self._owed.append((moment + AFTER, owed))
        return len(plain)

    def _tell(self, now: datetime) -> int:
        due = [owed for when, owed in self._owed if when <= now]
        self._owed = [each for each in self._owed if each[0] > now]
        rows = [row for owed in due for row in owed]
        for start in range(0, len(rows), ROWS):
            self._post("/outcome", {"rows": rows[start : start + ROWS]})
        return len(rows)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        self._http.request("POST", path, self._encode(body), {"Content-Type": "application/json"})
        return self._read(path)

    def _read(self, path: str) -> Any:
        answer = self._http.getresponse()
        data = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise StoreError(
                f"{path} answered {answer.status}: {data[:300].decode(errors='replace')}"
            )
        return msgspec.json.decode(data)


def sent(features: Sequence[Feature], row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a row as a request holds them."""
    return {each.name: _json(row[each.name]) for each in features}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    watch = Stopwatch()
    while watch.seconds < _READY_S and server.poll() is None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
                connection.request("GET", "/ready")
                if connection.getresponse().status == http.client.OK:
                    return
        except OSError:
            pass  # it isn't listening yet
        time.sleep(0.05)
    server.kill()
    said = server.stderr.read().decode(errors="replace") if server.stderr else ""
    raise ConflictError(f"the server did not get ready: {said.strip()[-300:] or 'no reason given'}")
