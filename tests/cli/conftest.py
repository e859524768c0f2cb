"""A command run in this process, and screens made of records by hand."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from seatrial.cli.main import main
from seatrial.verbs import project


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in a folder; give its exit code, stdout and stderr."""

    def command(*arguments: str, folder: Path | None = None) -> Told:
        if folder is not None:
            monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["seatrial", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        captured = capsys.readouterr()
        return Told(code, captured.out, captured.err)

    return command


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """A folder that belongs to no project, whatever lies above it."""
    monkeypatch.setattr(project, "PLAN", "plan-of-nobody.yaml")
    return tmp_path


class Stream(io.TextIOWrapper):
    """What a terminal or a pipe is to a program."""

    def __init__(self, *, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@pytest.fixture
def stream(monkeypatch):
    """Make a stream; no variable of the caller's decides on colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Stream
