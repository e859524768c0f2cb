"""The decision log's writer: whole batches or nothing, on disk before an answer leaves.

A segment is a file ``<start>-<writer>-<number>.seg``: the line :data:`HEADER`, then frames. A frame is
two little-endian unsigned 32-bit numbers, the length of its payload and a CRC-32, and the payload, one
JSON object in UTF-8. The top bit of the length is set if the batch goes on in the next frame: a reader
takes a batch whole or not at all. The CRC-32 is over those four bytes of length and the payload. The
last frame of a segment that was closed has kind ``end``. See ``docs/serving.md``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from seatrial.core.clock import Clock, iso
from seatrial.core.errors import StoreError
from seatrial.records.decision import Aftermath, Decision

HEADER = b"seatrial-log 1\n"
SUFFIX = ".seg"
END = "end"
"""Kind of the frame that closes a segment."""
FRAME = struct.Struct("<II")
GOES_ON = 1 << 31
"""Bit of the length: the batch goes on in the next frame."""
MOST_PAYLOAD = 16 << 20
"""Bytes of one payload; a length above that is no length."""
ROTATE_BYTES = 64 << 20
"""Size from which a new segment is begun."""

_PROBE_BYTES = 4096
_encode = msgspec.json.Encoder().encode


def payload(record: Decision | Aftermath) -> bytes:
    """Write a record as the JSON object of its frame."""
    return _encode(record)


def frame(data: bytes, *, goes_on: bool = False) -> bytes:
    """Put a payload into its frame."""
    length = (len(data) | GOES_ON if goes_on else len(data)).to_bytes(4, "little")
    return length + zlib.crc32(data, zlib.crc32(length)).to_bytes(4, "little") + data


class LogWriter:
    """Appends batches to segments of its own.

    An exclusive ``flock`` on the segment that is being written tells readers that its writer lives; the
    kernel takes it away from a writer that was killed.

    Args:
        folder: Where segments are; made if it isn't there.
        clock: Names the segments.
        rotate_bytes: Size from which a new segment is begun.
        fdatasync: Whether each batch is also waited for until the disk has it.

    Raises:
        StoreError: the first segment can't be made.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        rotate_bytes: int = ROTATE_BYTES,
        fdatasync: bool = False,
    ) -> None:
        self._folder, self._clock = folder, clock
        self._rotate_bytes, self._fdatasync = rotate_bytes, fdatasync
        self._name, self._number = secrets.token_hex(4), 0
        self._handle: int | None = None
        self._size = self._records = 0
        self.bytes_written = 0
        self._begin()

    def write(self, payloads: Sequence[bytes]) -> None:
        """Append payloads as one batch; it is with the kernel when this returns.

        Raises:
            StoreError: it could not be written; nothing of it is left behind.
            ValueError: a payload is over 16 MiB.
        """
        if not payloads:
            return
        if max(map(len, payloads)) > MOST_PAYLOAD:
            raise ValueError(f"a record is over {MOST_PAYLOAD:,} bytes")
        last = len(payloads) - 1
        data = b"".join([frame(each, goes_on=at < last) for at, each in enumerate(payloads)])
        if self._handle is None or self._size >= self._rotate_bytes:
            self._begin()
        self._append(data)
        self._records += len(payloads)

    def is_writable(self) -> bool:
        """Whether there is room for another record where segments are; tried, not guessed."""
        probe = self._folder / f".probe-{self._name}"
        try:
            probe.write_bytes(bytes(_PROBE_BYTES))
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                probe.unlink()
        return True

    def close(self) -> None:
        """Write the closing frame and let go of the segment."""
        if self._handle is None:
            return
        closing = _encode({"kind": END, "records": self._records})
        # A disk that is full now leaves an unclosed segment, which reads like any other.
        with contextlib.suppress(StoreError):
            self._append(frame(closing))
        self._abandon()

    def _begin(self) -> None:
        self.close()
        self._number += 1
        start = re.sub(r"[-:]", "", iso(self._clock.now()))
        target = self._folder / f"{start}-{self._name}-{self._number:06d}{SUFFIX}"
        partial = target.with_name(f".{target.name}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._handle = os.open(partial, flags, 0o640)
            # Locked before it has its name, so that no reader ever takes it for an abandoned one.
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            self._size = self._records = 0
            self._append(HEADER)
            partial.rename(target)
            _sync(self._folder)
        except OSError as error:
            raise self._given_up(partial, error) from error
        except StoreError:
            self._given_up(partial, None)
            raise

    def _append(self, data: bytes) -> None:
        assert self._handle is not None
        before, rest = self._size, memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            self._take_back(before)
            raise _unwritten(self._folder, error) from error
        self._size += len(data)
        self.bytes_written += len(data)
        if self._fdatasync:
            try:
                os.fdatasync(self._handle)
            except OSError as error:
                # What the kernel lost it won't tell twice: nothing more goes into this segment.
                self._abandon()
                raise _unwritten(self._folder, error) from error

    def _take_back(self, size: int) -> None:
        assert self._handle is not None
        try:
            os.ftruncate(self._handle, size)
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _given_up(self, partial: Path, error: OSError | None) -> StoreError:
        self._abandon()
        with contextlib.suppress(OSError):
            partial.unlink()
        return _unwritten(self._folder, error or OSError())


def _unwritten(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the decision log can't be written: {error.strerror}",
        where=str(folder),
        hint="make room, or name another place with --log; nothing was half-written",
    )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
