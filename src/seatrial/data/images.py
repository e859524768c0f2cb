"""Images with their labels as a table: IDX files, and folders whose names are the classes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from seatrial.core.errors import DataError, MissingExtraError
from seatrial.data.locations import Location, read_bytes, speaking
from seatrial.records.image import Pixels, write

IMAGE, LABEL, FILE = "image", "label", "file"
"""Columns of the table; ``file`` only where there are files."""

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
MOST_SIDE = 224
"""Pixels of a side; larger images are shrunk to it, because pretrained networks see no more."""

_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
"""Unsigned bytes in three dimensions and in one (LeCun, the MNIST database)."""


def read_images(location: Location) -> pl.DataFrame:
    """Read images and their labels.

    An IDX file ``...images-idx3-ubyte`` has its labels beside it in ``...labels-idx1-ubyte``. In a
    folder, or a zip archive of one, each folder is a class; all images are brought to one size and
    to gray if all of them are gray.

    Returns:
        Columns ``image`` (see :mod:`seatrial.records.image`), ``label``, and ``file`` for a folder.

    Raises:
        DataError: the files are damaged, or don't fit each other.
        MissingExtraError: pictures are read with the extra ``image``.
    """
    return _idx(location) if location.format == "idx" else _folder(location)


def _idx(location: Location) -> pl.DataFrame:
    beside = location.labels
    assert beside is not None
    images = _idx_values(read_bytes(location), location.name, magic=_IMAGES_MAGIC, dimensions=3)
    if beside.path is not None and not beside.path.is_file():
        hint = f"IDX images have their labels beside them: {beside.name}"
        raise DataError("the labels are not there", where=beside.name, hint=hint)
    labels = _idx_values(read_bytes(beside), beside.name, magic=_LABELS_MAGIC, dimensions=1)
    if len(images) != len(labels):
        fact = f"there are {len(images):,} images and {len(labels):,} labels"
        raise DataError(fact, where=location.name, hint="take the files of one set")
    cells = [write(each[:, :, None]) for each in images]
    return pl.DataFrame({IMAGE: cells, LABEL: labels.astype(np.int64)})


def _idx_values(raw: bytes, name: str, *, magic: int, dimensions: int) -> Pixels:
    start = 4 * (1 + dimensions)
    found, *shape = struct.unpack_from(f">{1 + dimensions}I", raw) if len(raw) >= start else (0,)
    if found != magic:
        kind = "images" if dimensions > 1 else "labels"
        hint = f"it should start with the number {magic}; copy it again"
        raise DataError(f"it is no IDX file of {kind}", where=name, hint=hint)
    if len(raw) - start != int(np.prod(shape, dtype=np.int64)) or not shape[0]:
        fact = f"it should hold {'x'.join(map(str, shape))} bytes and holds {len(raw) - start:,}"
        raise DataError(fact, where=name, hint="copy the file again")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def _folder(location: Location) -> pl.DataFrame:
    files = dict(_files(location))
    if not files:
        hint = f"put {', '.join(sorted(ENDINGS))} into one folder a class"
        raise DataError(
            "there is no image in a folder of its class", where=location.name, hint=hint
        )
    sizes = {name: _opened(raw, name) for name, raw in files.items()}
    height, width = _common(Counter(each.shape[:2] for each in sizes.values()))
    is_gray = all(_is_gray(each) for each in sizes.values())
    cells = [_fitted(each, height, width, is_gray=is_gray) for each in sizes.values()]
    return pl.DataFrame(
        {FILE: list(files), IMAGE: cells, LABEL: [PurePosixPath(name).parts[-2] for name in files]}
    )


def _files(location: Location) -> Iterator[tuple[str, bytes]]:
    """Name from the top folder, and bytes, of each image that stands in a folder; by name."""
    path = location.path
    if path is not None and path.is_dir():
        with speaking(location.name):
            for each in sorted(path.rglob("*")):
                if _is_image(each.relative_to(path).as_posix()):
                    yield each.relative_to(path).as_posix(), each.read_bytes()
        return
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(location))) as archive:
            for name in sorted(archive.namelist()):
                if _is_image(name):
                    yield name, archive.read(name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        hint = "copy it again; images stand in folders of their class"
        raise DataError(f"it is no zip archive: {error}", where=location.name, hint=hint) from error


def _is_image(name: str) -> bool:
    path = Path(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in ENDINGS and len(path.parts) > 1 and not is_hidden


def _opened(raw: bytes, name: str) -> Pixels:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtraError("reading pictures", extra="image") from None
    try:
        with Image.open(io.BytesIO(raw)) as picture:
            picture.thumbnail((MOST_SIDE, MOST_SIDE))
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        hint = "open it with another program, or take it out"
        raise DataError("it is a damaged image", where=name, hint=hint) from error


def _common(sizes: Counter[tuple[int, ...]]) -> tuple[int, int]:
    """The size that most images have."""
    (height, width), _ = max(sizes.items(), key=lambda each: (each[1], each[0]))
    return height, width


def _is_gray(image: Pixels) -> bool:
    return bool(
        (image[:, :, 0] == image[:, :, 1]).all() and (image[:, :, 1] == image[:, :, 2]).all()
    )


def _fitted(image: Pixels, height: int, width: int, *, is_gray: bool) -> str:
    from PIL import Image

    if image.shape[:2] != (height, width):
        image = np.asarray(Image.fromarray(image).resize((width, height)))
    return write(image[:, :, :1] if is_gray else image)
