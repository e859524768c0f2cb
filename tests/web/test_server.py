"""Serving: a port, a thread, a command."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import seatrial
from seatrial.core.errors import ConflictError
from seatrial.web.server import start

COMMAND = "import typer; from seatrial.cli.ui import ui; typer.run(ui)"


@pytest.fixture
def project(trained):
    found = seatrial.open(trained)
    yield found
    found.close()


def status(address):
    with urllib.request.urlopen(address) as answer:
        return answer.status


def test_it_answers_until_it_is_stopped(project):
    handle = start(project, 0)
    assert status(handle.address) == 200
    handle.stop()
    with pytest.raises(OSError, match="refused"):
        status(handle.address)


def test_it_can_be_started_again(project):
    for _ in range(2):
        handle = start(project, 0)
        assert status(f"{handle.address}index.json") == 200
        handle.stop()


def test_this_machine_may_be_called_localhost(project):
    handle = start(project, 0, host="localhost")
    assert status(handle.address.replace("127.0.0.1", "localhost")) == 200
    handle.stop()


def test_a_taken_port_is_said(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"port {port} is taken"):
            start(project, port)


def test_without_a_port_the_next_free_one_is_taken(project):
    one, two = start(project), start(project)
    try:
        assert one.address != two.address
        assert status(one.address) == status(two.address) == 200
    finally:
        one.stop()
        two.stop()


@pytest.fixture
def command(trained):
    """Run `seatrial ui` in a process of its own; give it and the address that it prints."""
    running = []

    def run(*options):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--project", str(trained), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SEATRIAL_UI": "0"},
        )
        running.append(process)
        return process, process.stdout.readline().strip()

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_the_command_prints_the_address_and_stops_when_told(command):
    process, address = command()
    assert status(address) == 200
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=20)
    assert process.returncode == 0
    assert talk == "Ctrl-C stops the pages.\nStopped.\n"


def test_on_another_host_the_command_makes_a_token(command):
    _, address = command("--host", "0.0.0.0")
    bare, _, token = address.replace("0.0.0.0", "127.0.0.1").partition("?token=")
    assert len(token) >= 32
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        status(bare)
    refused.value.close()
    asked = urllib.request.Request(bare, headers={"Authorization": f"Bearer {token}"})
    assert status(asked) == 200
