"""A server process, and a client for it."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = """\
{before}
from seatrial.cli.main import main
main()
"""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


class Served:
    """A server in a process of its own; ready when this returns."""

    def __init__(self, folder: Path, *options: str, before: str = "") -> None:
        self.folder, self.port = folder, free_port()
        command = ["serve", "--from", str(folder), "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(before=before), *command],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # feature code prints there, and a pipe that nobody reads fills
            text=True,
        )
        self.first_line = self.said = self.process.stderr.readline()

    def ask(self, path: str, value: Any = None, *, method: str = "POST", **headers: str) -> Answer:
        """Ask on a connection of its own; bytes are sent as they are."""
        body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"content-type": "application/json", **headers})
            return read(connection)
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """Ask with GET."""
        return self.ask(path, method="GET")

    def metric(self, line: str) -> float:
        """One number of /metrics."""
        text = self.get("/metrics").body
        return float(next(each for each in text.splitlines() if each.startswith(line)).split()[-1])

    def log(self, *options: str) -> list[dict]:
        """What ``seatrial log --jsonl`` prints."""
        return [json.loads(line) for line in run_log(self.folder, "--jsonl", *options).splitlines()]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Send a signal, wait, give the exit code."""
        self.process.send_signal(with_signal)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end, keep what it said, give the exit code."""
        code = self.process.wait(30)
        self.said = self.first_line + self.process.stderr.read()
        return code

    def end(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def run_log(folder: Path, *options: str) -> str:
    """Standard output of ``seatrial log``."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=""), "log", "--from", str(folder), *options],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def read(connection: http.client.HTTPConnection) -> Answer:
    """Read the answer to what was asked."""
    response = connection.getresponse()
    data = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_json = headers.get("content-type") == "application/json"
    return Answer(response.status, json.loads(data) if is_json else data.decode(), headers)


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
