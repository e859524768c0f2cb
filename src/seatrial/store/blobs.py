"""Blobs: bytes named by their digest, in a folder, in memory or in an object store.

``<root>/<first two signs>/<digest>`` holds the bytes. A blob is there whole or not at all: in a
folder it is written under another name, synced and renamed; an object store shows an object when
all of it has arrived. fsspec is imported when blobs are opened, not when this module is.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seatrial.core.digest import digest_bytes, digest_file
from seatrial.core.errors import MissingExtraError, NotFoundError, StoreError, TamperedError

_DIGEST = re.compile("[0-9a-f]{64}")
_COPY_BYTES = 1 << 20
_PARTIAL = ".partial"
_EXTRAS = {"s3": "s3", "s3a": "s3"}


class Blobs:
    """An open store of blobs; see :meth:`open`."""

    def __init__(self, system: Any, root: str, *, place: str, cache: Path | None) -> None:
        self._system = system
        self._root = root.rstrip("/")
        self._place = place
        self._folder = Path(root) if "file" in _protocols(system) else None
        self._cache_folder = cache
        self._verified: dict[str, tuple[int, int, int]] = {}

    @classmethod
    def open(cls, url: str, *, cache: Path | None = None, **options: Any) -> Blobs:
        """Open a store; nothing is made before the first blob is put.

        Args:
            url: A folder's path, ``memory://name``, ``s3://bucket/prefix`` or any other address
                that fsspec knows.
            cache: Where :meth:`local_path` keeps copies of what is stored elsewhere. None: a
                folder of the user's, ``~/.cache/seatrial/blobs``.
            options: What fsspec passes on, as ``endpoint_url``.

        Raises:
            MissingExtraError: what the address needs is not installed.
            StoreError: fsspec doesn't know such an address.
        """
        from fsspec.core import url_to_fs

        protocol = url.partition("://")[0] if "://" in url else "file"
        if protocol != "file":
            options.setdefault("use_listings_cache", False)
        try:
            system, root = url_to_fs(url, **options)
        except ImportError as error:
            if protocol in _EXTRAS:
                raise MissingExtraError(f"Storing in {url}", extra=_EXTRAS[protocol]) from error
            raise StoreError(str(error), where=url) from error
        except ValueError as error:
            raise StoreError(str(error), where=url) from error
        return cls(system, root, place=url, cache=cache)

    def put(self, data: bytes) -> str:
        """Store bytes and return their digest; bytes that are there already are left alone."""
        name = digest_bytes(data)
        if self.has(name):
            return name
        with self._in_words(name):
            if self._folder is not None:
                _receive(self._folder, [data])
            else:
                self._system.pipe_file(self._path(name), data)
        return name

    def put_file(self, path: Path) -> str:
        """Store a file and return the digest of its bytes, without holding them in memory.

        Raises:
            NotFoundError: there is no such file.
        """
        if not path.is_file():
            raise NotFoundError("there is no such file", where=str(path))
        name = digest_file(path)
        if self.has(name):
            return name
        with self._in_words(name):
            if self._folder is not None:
                return _receive(self._folder, _chunks(path))
            self._system.put_file(str(path), self._path(name))
        return name

    def get(self, name: str) -> bytes:
        """Read a blob and check it against its digest.

        Raises:
            NotFoundError: it isn't there.
            TamperedError: what is there isn't what was stored.
        """
        with self._in_words(name):
            data: bytes = self._system.cat_file(self._path(name))
        self._check(name, digest_bytes(data))
        return data

    def has(self, name: str) -> bool:
        """Whether a blob is there, unread."""
        with self._in_words(name):
            there: bool = self._system.exists(self._path(name))
        return there

    def delete(self, name: str) -> None:
        """Remove a blob; one that isn't there is gone already."""
        with self._in_words(name):
            if self._system.exists(self._path(name)):
                self._system.rm_file(self._path(name))

    def digests(self) -> Iterator[str]:
        """Name every blob, in order."""
        with self._in_words("every blob"):
            paths = self._system.find(self._root) if self._system.exists(self._root) else []
        names = (path.rpartition("/")[2] for path in paths)
        yield from sorted(name for name in names if _DIGEST.fullmatch(name))

    def local_path(self, name: str) -> Path:
        """Give a file that holds the blob, checked against its digest; it is not to be written to.

        Raises:
            NotFoundError: it isn't there.
            TamperedError: what is there isn't what was stored.
        """
        if self._folder is None:
            return self._cached(name)
        path = Path(self._path(name))
        with self._in_words(name):
            state = path.stat()
            seen = (state.st_ino, state.st_size, state.st_mtime_ns)
            if self._verified.get(name) != seen:
                self._check(name, digest_file(path))
                self._verified[name] = seen
        return path

    def _cached(self, name: str) -> Path:
        cache = Blobs.open(str(self._cache_folder or _user_cache()))
        try:
            return cache.local_path(name)
        except (NotFoundError, TamperedError):
            cache.delete(name)
        with tempfile.TemporaryDirectory() as folder, self._in_words(name):
            fetched = Path(folder, name)
            self._system.get_file(self._path(name), str(fetched))
            self._check(name, cache.put_file(fetched))
        return cache.local_path(name)

    def _path(self, name: str) -> str:
        if not _DIGEST.fullmatch(name):
            raise ValueError(f"{name!r} is not a digest")
        return f"{self._root}/{name[:2]}/{name}"

    def _check(self, name: str, found: str) -> None:
        if found != name:
            hint = "delete it and put it again, or restore a copy"
            raise TamperedError(f"the blob {name} was changed", where=self._place, hint=hint)

    @contextmanager
    def _in_words(self, name: str) -> Iterator[None]:
        try:
            yield
        except (StoreError, NotFoundError, ValueError):
            raise
        except FileNotFoundError as error:
            hint = "bring it back; or, in a project, remove .seatrial and train and check again"
            fact = f"there is no blob {name}"
            raise NotFoundError(fact, where=self._place, hint=hint) from error
        except Exception as error:
            # Each object store has exceptions of its own, which fsspec doesn't bring together.
            raise _sentence(error, self._place) from error


def _sentence(error: Exception, place: str) -> StoreError:
    known = {
        errno.ENOSPC: ("the disk is full", "make room; nothing was half-written"),
        errno.EACCES: ("access is denied", "give yourself the right to read and write there"),
        errno.EROFS: ("the disk can only be read", "choose another place"),
    }
    fact, hint = known.get(getattr(error, "errno", None) or 0, (str(error), ""))
    return StoreError(f"blobs can't be reached: {fact}", where=place, hint=hint)


def _protocols(system: Any) -> tuple[str, ...]:
    protocol = system.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seatrial" / "blobs"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_COPY_BYTES):
            yield chunk


def _receive(folder: Path, chunks: Iterable[bytes]) -> str:
    """Write chunks beside the blobs, then rename them to their digest."""
    partial = folder / _PARTIAL / uuid.uuid4().hex
    partial.parent.mkdir(parents=True, exist_ok=True)
    total = hashlib.sha256()
    try:
        with partial.open("xb") as stream:
            for chunk in chunks:
                total.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        name = total.hexdigest()
        target = folder / name[:2] / name
        target.parent.mkdir(exist_ok=True)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    _sync(target.parent)
    _sync(folder)
    return name


def _sync(folder: Path) -> None:
    # A rename is on the disk when the folder that lists it is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
