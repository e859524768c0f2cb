"""Images as cells of a table: their size and their pixels in one text, and back."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import DataError
from seatrial.records.contract import Shape

Pixels = NDArray[np.uint8]
"""(height, width, channels) or (n_images, height, width, channels), 0 to 255."""

_CELL = re.compile(r"(\d{1,4})x(\d{1,4})x([13]):([A-Za-z0-9+/]*={0,2})")


def write(image: Pixels) -> str:
    """Write an image as a cell: ``28x28x1:`` and its bytes, row by row, in base64.

    >>> write(np.zeros((1, 2, 1), dtype=np.uint8))
    '1x2x1:AAA='
    """
    height, width, channels = image.shape
    return f"{height}x{width}x{channels}:{base64.b64encode(image.tobytes()).decode()}"


def shape_of(cell: str) -> Shape | None:
    """Height, width and channels of a cell; None if it is no image."""
    found = _CELL.fullmatch(cell)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def read(cell: str) -> Pixels:
    """Read what :func:`write` wrote.

    Raises:
        DataError: it is no image, or has another number of pixels than it says.
    """
    found = _CELL.fullmatch(cell)
    if found is None:
        hint = "write HEIGHTxWIDTHxCHANNELS: and the pixels, row by row, in base64"
        raise DataError(f"{cell[:20]!r} is no image", hint=hint)
    shape = int(found[1]), int(found[2]), int(found[3])
    try:
        raw = base64.b64decode(found[4], validate=True)
    except binascii.Error as error:
        raise DataError(f"the pixels of an image are no base64: {error}") from error
    if len(raw) != shape[0] * shape[1] * shape[2] or not raw:
        raise DataError(f"an image of {found[1]}x{found[2]}x{found[3]} has {len(raw):,} bytes")
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


def png(image: Pixels) -> bytes:
    """Write an image as a PNG file, so that a browser can show it.

    Source:
        W3C (2003), Portable Network Graphics, ISO/IEC 15948.

    >>> png(np.zeros((1, 2, 1), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width, channels = image.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), image.reshape(height, -1)])
    gray, colour = 0, 2
    head = struct.pack(">IIBBBBB", width, height, 8, gray if channels == 1 else colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def from_request(value: Any, shape: Shape) -> str:
    """Bring what a caller sent to a cell of one shape.

    Args:
        value: A cell; or the pixels in base64; or nested lists of whole numbers from 0 to 255,
            without the last level if there is one channel.
        shape: That the candidate was trained on.

    Raises:
        DataError: it is none of these, or of another shape.
    """
    wanted = "x".join(str(each) for each in shape)
    if isinstance(value, str):
        cell = value if ":" in value else f"{wanted}:{value}"
        if shape_of(cell) != shape:
            raise DataError(f"an image of {wanted} is expected")
        read(cell)
        return cell
    try:
        array = np.array(value)
    except ValueError:
        array = np.empty(0)
    if array.shape == shape[:2] and shape[2] == 1:
        array = array[:, :, None]
    fits = array.shape == shape and array.dtype.kind in "iu" and 0 <= array.min() <= array.max()
    if not fits or array.max() > np.iinfo(np.uint8).max:
        raise DataError(f"whole numbers from 0 to 255 are expected, {wanted} of them")
    return write(array.astype(np.uint8))
