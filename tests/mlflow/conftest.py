"""A real MLflow server on a free port: SQLite behind it, artifacts in a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager

import mlflow
import pytest
from mlflow import MlflowClient

STARTS_S = 90


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@contextmanager
def started(command, url, log):
    """A server that answers at an address, until it is no longer needed."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command],
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},  # noqa: PTH120
        )
    try:
        ends = time.monotonic() + STARTS_S
        while not answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> str:
    root = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    command = [
        *("server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{root}/mlflow.db"),
        *("--artifacts-destination", str(root / "artifacts")),
    ]
    address = f"http://127.0.0.1:{port}"
    with started(command, f"{address}/health", root / "server.log"):
        yield address


@pytest.fixture
def client(server) -> MlflowClient:
    """MLflow's own client, to see what it sees."""
    mlflow.set_tracking_uri(server)
    mlflow.set_registry_uri(server)
    return MlflowClient(server)


@pytest.fixture
def served(server, tmp_path, monkeypatch):
    """Serve a model as MLflow does; give where it answers."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    with ExitStack() as stack:

        def serve(model: str) -> str:
            port = str(free_port())
            local = ("--env-manager", "local", "--host", "127.0.0.1", "--port", port)
            command = ["models", "serve", "--model-uri", model, *local]
            address = f"http://127.0.0.1:{port}"
            stack.enter_context(started(command, f"{address}/ping", tmp_path / "serve.log"))
            return f"{address}/invocations"

        yield serve
