"""A small server that answers as it is told to, and remembers what it was asked."""

import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from seatrial.cli.main import main


@dataclass
class Answering:
    """Where the server is, what it answers to a call, and what it was asked."""

    address: str = ""
    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def on(self, call: str, *answers, status: int = 200, **headers) -> None:
        """Answer a call: with each of some documents in turn, then with the last one again."""
        self.answers[call] = [(status, each, headers) for each in answers]

    def next(self, call: str):
        waiting = self.answers.get(call, [(404, "<html>Not Found</html>", {})])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def server():
    """A server that knows nothing until it is told what to answer."""
    found = Answering()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = urlsplit(self.path).path.removeprefix("/api/2.0/mlflow/").lstrip("/")
            found.asked.append((self.command, call, dict(self.headers), body))
            status, document, headers = found.next(call)
            data = document if isinstance(document, str) else json.dumps(document)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data.encode())))
            self.end_headers()
            self.wfile.write(data.encode())

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 — the base class calls these

        def log_message(self, *_) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    found.address = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture(autouse=True)
def _nobodys_credentials(monkeypatch):
    for name in ("USERNAME", "PASSWORD", "TOKEN", "INSECURE_TLS", "SERVER_CERT_PATH"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in a folder; give its exit code, stdout and stderr."""

    def command(*arguments: str, folder: Path) -> SimpleNamespace:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["seatrial", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return command
