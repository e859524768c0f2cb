"""What reaches the terminal: answers on stdout, talk on stderr, colour only where it is seen."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self, TextIO

from seatrial.reports.lines import ASCII, Line

_QUIET_S = 1.0
"""Seconds of work before anything is said of it."""
_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
}


def show(lines: Iterable[Line], *, stream: TextIO | None = None) -> None:
    """Print styled lines."""
    out = stream or sys.stdout
    coloured = has_colour(out)
    encoding = (getattr(out, "encoding", None) or "ascii").lower()
    for pieces in lines:
        text = "".join(_styled(piece.text, piece.style if coloured else "") for piece in pieces)
        text = text if "utf" in encoding else text.translate(ASCII)
        out.write(f"{text.rstrip()}\n")
    out.flush()


def show_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    sys.stdout.write(f"{json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)}\n")
    sys.stdout.flush()


def has_colour(stream: TextIO) -> bool:
    """Whether a stream shows colour: a terminal, with ``NO_COLOR`` (no-color.org) unset."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _styled(text: str, style: str) -> str:
    codes = ";".join(_CODES[each] for each in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text.strip() else text


class Progress:
    """One line on stderr that says what is going on; erased when it is done, silent elsewhere.

    Args:
        stream: Where it is written; nothing is if that isn't a terminal.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._started = time.perf_counter()
        self._written = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.erase()

    def say(self, what: str) -> None:
        """Say what is being done, for as long as it takes."""
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{what} ...")
            self._stream.flush()
            self._written = True

    def count(self, what: str, done: int, total: int) -> None:
        """Say what is being done, how far it is, and how long it will take."""
        took = time.perf_counter() - self._started
        left = f"  {took / done * (total - done):.0f} s left" if done and took > _QUIET_S else ""
        self.say(f"Measuring {what}  {done} of {total}{left}")

    def erase(self) -> None:
        """Take the line away."""
        if self._written:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._written = False
