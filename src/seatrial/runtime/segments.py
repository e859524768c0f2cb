"""The decision log's reader: segments in order, record by record, in bounded memory."""

from __future__ import annotations

import fcntl
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from seatrial.core.errors import NotFoundError, StoreError, TamperedError
from seatrial.runtime.log import END, FRAME, GOES_ON, HEADER, MOST_PAYLOAD, SUFFIX

_OPENING = b'{"kind":'
"""How every payload begins; by it a whole frame behind a broken one is found."""
_READ_BYTES = 1 << 20
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def segments(folder: Path) -> list[Path]:
    """The segments of a log, by when they were begun; none if there is no log yet."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def read(path: Path, start: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Read a segment's records, and where each ends.

    Ends quietly at a tail that was torn when its writer was killed, and at a batch that isn't whole yet:
    reading on from the last offset later gives what came meanwhile.

    Args:
        path: The segment.
        start: An offset that this function gave; 0 for the beginning.

    Yields:
        The record, of kind ``decision``, ``person``, ``outcome`` or ``event``, and the offset after it.

    Raises:
        TamperedError: bytes were changed; names the offset.
        NotFoundError: there is no such segment.
    """
    try:
        stream = path.open("rb", buffering=_READ_BYTES)
    except FileNotFoundError:
        raise NotFoundError("there is no such segment", where=str(path)) from None
    except OSError as error:
        raise StoreError(f"it can't be read: {error.strerror}", where=str(path)) from error
    with stream:
        if start == 0:
            if stream.read(len(HEADER)) != HEADER:
                hint = "a newer Seatrial may read it"
                raise TamperedError(
                    "this is no segment of a known format", where=str(path), hint=hint
                )
            start = len(HEADER)
        yield from _records(stream, path, start)


def is_sealed(path: Path) -> bool:
    """Whether a segment is final: it was closed, or its writer is gone."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def was_closed(path: Path, start: int) -> bool:
    """Whether a segment's writer ended it, and was not killed.

    Args:
        path: The segment.
        start: An offset that :func:`read` gave; 0 for the beginning.
    """
    at = start or len(HEADER)
    with path.open("rb") as stream:
        stream.seek(at)
        while (found := _frame(stream, path, at)) is not None:
            data, _ = found
            if _decode(data)["kind"] == END:
                return True
            at += FRAME.size + len(data)
    return False


def _records(stream: BinaryIO, path: Path, start: int) -> Iterator[tuple[dict[str, Any], int]]:
    stream.seek(start)
    batch: list[tuple[dict[str, Any], int]] = []
    at, count = start, 0
    while (found := _frame(stream, path, at)) is not None:
        data, goes_on = found
        at += FRAME.size + len(data)
        record = _decode(data)
        if record["kind"] == END:
            _check_end(record, path, at, count if start == len(HEADER) else None)
            return
        count += 1
        batch.append((record, at))
        if not goes_on:
            yield from batch
            batch.clear()


def _check_end(record: dict[str, Any], path: Path, at: int, count: int | None) -> None:
    """A frame that was cut out leaves every other one whole, and the closing one's count wrong."""
    if count is not None and record["records"] != count:
        raise _changed(path, at)


def _frame(stream: BinaryIO, path: Path, at: int) -> tuple[bytes, bool] | None:
    """The next frame's payload and whether its batch goes on; None at the end, or at a torn tail."""
    head = stream.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    word, checksum = FRAME.unpack(head)
    length = word & ~GOES_ON
    if length > MOST_PAYLOAD:
        raise _changed(path, at)
    data = stream.read(length)
    if len(data) == length and zlib.crc32(data, zlib.crc32(head[:4])) == checksum:
        return data, bool(word & GOES_ON)
    if _goes_on(stream, at + 1):
        raise _changed(path, at)
    return None


def _goes_on(stream: BinaryIO, start: int) -> bool:
    """Whether a whole frame stands anywhere behind an offset; a torn tail has none."""
    stream.seek(start)
    rest = stream.read()
    place = rest.find(_OPENING, FRAME.size)
    while place >= 0:
        found = io.BytesIO(rest[place - FRAME.size : place + MOST_PAYLOAD])
        word, checksum = FRAME.unpack(found.read(FRAME.size))
        data = found.read(word & ~GOES_ON)
        if len(data) == word & ~GOES_ON and (
            zlib.crc32(data, zlib.crc32(word.to_bytes(4, "little"))) == checksum
        ):
            return True
        place = rest.find(_OPENING, place + 1)
    return False


def _changed(path: Path, at: int) -> TamperedError:
    hint = "restore the segment from a copy; what stands before that offset is whole"
    return TamperedError(f"the log was changed at offset {at}", where=str(path), hint=hint)
