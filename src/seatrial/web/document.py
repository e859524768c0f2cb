"""A document as JSON or as a file: whole or not at all, and whatever stands against it is said before any work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.errors import UserError


def demand_place(out: Path | None, *, endings: Sequence[str], command: str) -> Path:
    """Refuse a path that can't become the document.

    Args:
        out: The file; None if none was named.
        endings: What its name may end in, as ``.html``.
        command: What is run, for the hint.

    Raises:
        UserError: no file is named, it is a folder, it ends in something else, or can't be written.
    """
    example = f"{command} --out {command.rpartition(' ')[2]}{endings[0]}"
    if out is None:
        raise UserError(f"`{command}` needs a file to write to", hint=f"as in: {example}")
    try:
        if out.is_dir():
            raise UserError(f"{out} is a folder", hint=f"name a file, as in: {example}")
        if out.suffix.lower() not in endings:
            fact = f"{out.name} ends in {out.suffix or 'nothing'}, and must end in {' or '.join(endings)}"
            raise UserError(fact, hint=f"as in: {example}")
        if not out.absolute().parent.is_dir():
            raise UserError(f"there is no folder {out.absolute().parent}", hint="make it first")
        target = out if out.exists() else out.absolute().parent
    except OSError as error:
        raise UserError(f"{out} can't be written: {error.strerror}") from error
    if not os.access(target, os.W_OK):
        raise UserError(f"{out} can't be written: {target} is read-only", hint="name another place")
    return out


def builtins(view: Any) -> dict[str, Any]:
    """A view as a JSON object."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(view))
    return found


def write(out: Path, text: str) -> int:
    """Write a document; what was there before stays until the whole of it is on disk.

    Returns:
        Its size, in bytes.

    Raises:
        UserError: it can't be written; nothing is left of it.
    """
    data = text.encode()
    half = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise UserError(
            f"{out} can't be written: {error.strerror}", hint="name another place"
        ) from error
    return len(data)
