"""Where a source lies, its bytes, and what keeps it from being read, in sentences."""

from __future__ import annotations

import difflib
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from seatrial.core.errors import DataError

Format = Literal["csv", "tsv", "parquet", "idx", "images"]

_BY_SUFFIX: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".zip": "images",
}
_IDX_IMAGES, _IDX_LABELS = re.compile(r"images([.-])idx3-ubyte$"), r"labels\g<1>idx1-ubyte"
_SIGNATURES = (
    (b"PAR1", "a Parquet file", "name it .parquet, or write `format: parquet`"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet", "save the sheet as CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV or Parquet"),
    (b"\x89HDF", "an HDF5 file", "export the table as CSV or Parquet"),
    (b"%PDF", "a PDF", "give the table that it was made from"),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8"),
    (b"\x1f\x8b", "compressed with gzip", "end its name in .gz"),
)


@dataclass(frozen=True, slots=True)
class Location:
    """One file: its address, how to name it to a person, how to read it.

    Attributes:
        uri: A path, or an address that fsspec opens.
        name: The last part of the address, for messages.
        format: What it is read as.
        zipped: Whether it is compressed with gzip.
    """

    uri: str
    name: str
    format: Format
    zipped: bool

    @property
    def path(self) -> Path | None:
        """The local file; None for an address."""
        return None if "://" in self.uri else Path(self.uri)

    @property
    def labels(self) -> Location | None:
        """The file with the labels of IDX images, beside them; None for anything else."""
        if self.format != "idx":
            return None
        stem = self.uri.removesuffix(".gz")
        found = _IDX_IMAGES.sub(_IDX_LABELS, stem) + self.uri[len(stem) :]
        return Location(found, PurePosixPath(found).name, "idx", self.zipped)


def locate(uri: str, *, root: Path, format: Format | None = None) -> Location:  # noqa: A002 - as in the plan
    """Find a source.

    Args:
        uri: As in the plan: a path from ``root``, or an address that fsspec opens.
        root: Folder of the plan file.
        format: Overrides what the name's ending says.

    Raises:
        DataError: it isn't there, is a folder, may not be read, or its ending says nothing.
    """
    name = PurePosixPath(uri).name
    zipped = name.endswith(".gz")
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix.lower()
    found = format or _BY_SUFFIX.get(suffix)
    if _IDX_IMAGES.search(name.removesuffix(".gz")):
        found = format or "idx"
    if "://" in uri:
        return Location(uri, name, _known(found, name, suffix), zipped)
    path = root / uri
    if found in {None, "images"} and _holds_folders(path):
        return Location(str(path), path.name, "images", zipped=False)
    _demand_file(path)
    return Location(str(path), path.name, _known(found, name, suffix), zipped)


def read_bytes(location: Location) -> bytes:
    """Read a whole file, unpacked.

    Raises:
        DataError: it can't be read, or its compression is cut off.
    """
    with speaking(location.name):
        raw = _raw(location)
    if not location.zipped:
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        fact = "its gzip compression is damaged or cut off"
        raise DataError(fact, where=location.name, hint="copy the file again") from error


def recognise(head: bytes) -> tuple[str, str] | None:
    """What kind of file starts like this, and the way out; None for what may be text."""
    for signature, kind, hint in _SIGNATURES:
        if head.startswith(signature):
            return kind, hint
    return None


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Turn what the file system raises into a sentence."""
    try:
        yield
    except PermissionError as error:
        hint = "ask for the right to read it, or copy it to where you may"
        raise DataError("it may not be read", where=name, hint=hint) from error
    except FileNotFoundError as error:
        raise DataError("there is no such file", where=name, hint="check the address") from error
    except OSError as error:
        fact = f"it can't be read: {error.strerror or error}"
        raise DataError(fact, where=name, hint="check the disk or the connection") from error
    except ImportError as error:
        raise DataError(
            f"it can't be reached: {error}", where=name, hint="pip install it"
        ) from error


def _raw(location: Location) -> bytes:
    if location.path is not None:
        return location.path.read_bytes()
    import fsspec

    try:
        opened = fsspec.open(location.uri, "rb")
    except ValueError as error:
        hint = "write a path, or an address that fsspec knows, as s3://bucket/rows.parquet"
        raise DataError(f"it can't be reached: {error}", where=location.name, hint=hint) from error
    with opened as stream:
        raw: bytes = stream.read()
    return raw


def _known(found: Format | None, name: str, suffix: str) -> Format:
    if found is not None:
        return found
    ending = f"the ending {suffix}" if suffix else "a name without an ending"
    hint = "write `format: csv`, `tsv` or `parquet` in the plan, or save it as one of them"
    raise DataError(f"{ending} doesn't say how to read it", where=name, hint=hint)


def _holds_folders(path: Path) -> bool:
    with speaking(path.name):
        return path.is_dir() and any(
            each.is_dir() and not each.name.startswith(".") for each in path.iterdir()
        )


def _demand_file(path: Path) -> None:
    with speaking(path.name):
        if path.is_dir():
            hint = f"name a file in it: {_listed(path)}"
            raise DataError("it is a folder, not a file", where=str(path), hint=hint)
        if path.is_file():
            with path.open("rb"):
                return
    raise DataError("there is no such file", where=str(path), hint=_nearest(path))


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} isn't there either; paths start at the plan file"
    near = difflib.get_close_matches(path.name, [each.name for each in folder.iterdir()], n=1)
    return f"nearest: {near[0]}" if near else f"the folder holds: {_listed(folder)}"


def _listed(folder: Path) -> str:
    names = sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    return ", ".join(names[:8]) or "nothing"
