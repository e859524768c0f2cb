"""What the answering process and its workers say to each other: a length, then MessagePack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from seatrial.runtime.model import Answer, Broken

LENGTH_BYTES = 4
"""Of the little-endian length in front of each message."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is started with.

    Attributes:
        archive: Path of the archive.
        artefact: Digest that it must have.
        code: Folder of the modules that it needs; empty without.
        threshold: The release's own threshold; None: the archive's.
    """

    archive: str
    artefact: str
    code: str
    threshold: float | None

    @property
    def root(self) -> Path | None:
        """Folder of the modules; None without."""
        return Path(self.code) if self.code else None


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker's first message.

    Attributes:
        form: How its model answers; empty if it can't.
        fault: Why it can't; empty if it can.
    """

    form: str
    fault: str = ""


encode = msgspec.msgpack.Encoder().encode
decode_ready = msgspec.msgpack.Decoder(Ready).decode
decode_rows = msgspec.msgpack.Decoder(list[dict[str, Any]]).decode
_decode_answers = msgspec.msgpack.Decoder(list[Answer | Broken]).decode


def decode_answers(data: bytes) -> list[Answer | Broken]:
    """Read a worker's answers."""
    return _decode_answers(data)


def packed(message: Any) -> bytes:
    """A message with its length in front."""
    data = encode(message)
    return len(data).to_bytes(LENGTH_BYTES, "little") + data


def unpacked(buffer: bytearray) -> Iterator[bytes]:
    """Take whole messages off the front of a buffer.

    >>> buffer = bytearray(packed([1]) + b"x")
    >>> [len(message) for message in unpacked(buffer)], bytes(buffer)
    ([2], b'x')
    """
    while len(buffer) >= LENGTH_BYTES:
        end = LENGTH_BYTES + int.from_bytes(buffer[:LENGTH_BYTES], "little")
        if len(buffer) < end:
            return
        message = bytes(buffer[LENGTH_BYTES:end])
        del buffer[:end]
        yield message
