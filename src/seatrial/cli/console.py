"""What reaches the terminal: answers on stdout, talk on stderr, colour only where it is seen."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Self, TextIO

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
    for pieces in lines:
        text = "".join(_styled(piece.text, piece.style if coloured else "") for piece in pieces)
        out.write(f"{_writable(text, out).rstrip()}\n")
    out.flush()


def _writable(text: str, stream: TextIO) -> str:
    """Text in signs that the stream's encoding has."""
    if _is_unicode(stream):
        return text
    encoding = getattr(stream, "encoding", None) or "ascii"
    return _in_ascii(text).encode(encoding, "replace").decode(encoding)


def _in_ascii(text: str) -> str:
    """Text without the signs; one that becomes longer takes its room from the padding behind it."""
    written: list[str] = []
    owed = 0
    for sign in text:
        if owed and sign == " " and written[-1] == " ":
            owed -= 1
            continue
        written.append(sign.translate(ASCII))
        owed += len(written[-1]) - 1
    return "".join(written)


def _is_unicode(stream: TextIO) -> bool:
    return "utf" in (getattr(stream, "encoding", None) or "ascii").lower()


def show_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    escaped = not _is_unicode(sys.stdout)
    sys.stdout.write(f"{json.dumps(document, indent=2, ensure_ascii=escaped, allow_nan=False)}\n")
    sys.stdout.flush()


def has_colour(stream: TextIO) -> bool:
    """Whether a stream shows colour: a Unicode terminal, ``NO_COLOR`` (no-color.org) unset."""
    if os.environ.get("NO_COLOR") or not _is_unicode(stream):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _styled(text: str, style: str) -> str:
    codes = ";".join(_CODES[each] for each in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text.strip() else text


def leave() -> NoReturn:
    """End the process at once, after an HTTP server ran in it and everything was closed.

    The server's threads may still call into an interpreter that is being taken down, and abort the process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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
        """Say what is being measured, how far it is, and how long it will take."""
        self.count_of(f"Measuring {what}", done, total)

    def count_of(self, what: str, done: int, total: int) -> None:
        """Say what is being done, how far it is, and how long it will take; a total of 0 isn't known."""
        took = time.perf_counter() - self._started
        left = f"  {took / done * (total - done):.0f} s left" if done and took > _QUIET_S else ""
        self.say(f"{what}  {done} of {total}{left}" if total else f"{what}  {done}")

    def erase(self) -> None:
        """Take the line away."""
        if self._written:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._written = False
