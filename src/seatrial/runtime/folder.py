"""The serving folder: written by a release, read by the answering process, checked on every read."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from seatrial.core.digest import digest, digest_bytes
from seatrial.core.errors import ArchiveError, ConflictError, NotFoundError, StoreError
from seatrial.records.contract import Contract, Feature
from seatrial.records.manifest import Arm, Gate, LogRules, Manifest, Policy, Versions
from seatrial.runtime.admission import audit_contract, audit_policy, audit_right
from seatrial.scoring.archive import audit
from seatrial.scoring.format import Header

CURRENT, MANIFESTS, ARCHIVES, CODE, LOG = "current", "manifests", "archives", "code", "log"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KINDS: Mapping[str, Any] = {
    "project": str,
    "release": int,
    "at": str,
    "candidate": Arm | None,
    "reference": Arm,
    "contract": Contract,
    "context": tuple[Feature, ...],
    "policy": Policy,
    "log": LogRules,
    "versions": Versions,
    "gate": Gate,
    "heads": dict[str, Any],
}
"""What stands at each name of a manifest; the fallback is read by ``rule_from_json``."""


class ServingFolder:
    """Releases on disk, laid out as ``records/manifest.py`` says.

    Every file is written beside its place, synced and renamed, so that a reader sees it whole or not
    at all.

    Args:
        path: The folder; it is made by the first write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def log(self) -> Path:
        """Where the decision log is, unless another place was named."""
        return self.path / LOG

    def put_archive(self, name: str, data: bytes) -> str:
        """Keep a candidate's archive; give its path from the folder.

        Raises:
            ValueError: the name isn't the digest of the bytes.
        """
        if digest_bytes(data) != name:
            raise ValueError(f"{name} is not the digest of these bytes")
        return self._put(f"{ARCHIVES}/{name}.zip", data)

    def put_code(self, files: Mapping[str, bytes]) -> str:
        """Keep the modules that an archive needs; give their folder's path from the folder.

        Args:
            files: Bytes by relative path, ``flight_delays/features.py``.
        """
        outside = [place for place in files if not _is_below(place)]
        if outside or not files:
            raise ValueError(f"no files that stay inside of their folder: {outside}")
        name = code_digest(files)
        target = self.path / CODE / name
        partial = target.with_name(f".{name}.{secrets.token_hex(6)}")
        for place, data in files.items():
            _write(partial / place, data)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
        _sync(target.parent)
        return f"{CODE}/{name}"

    def put_manifest(self, manifest: Manifest) -> str:
        """Keep a manifest; give its digest."""
        data = manifest.to_bytes()
        name = digest_bytes(data)
        self._put(f"{MANIFESTS}/{name}.json", data)
        return name

    def point(self, name: str) -> None:
        """Put a manifest that is kept here in force.

        Raises:
            ConflictError: it isn't kept here.
        """
        if not _DIGEST.fullmatch(name) or not (self.path / MANIFESTS / f"{name}.json").is_file():
            raise ConflictError(f"{name} is no manifest of this folder", where=str(self.path))
        _write(self.path / CURRENT, f"{name}\n".encode())

    def current(self) -> str | None:
        """Digest of the manifest in force; None if none is.

        Raises:
            ArchiveError: the pointer holds something else.
        """
        try:
            text = (self.path / CURRENT).read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.path / CURRENT, error) from error
        if not _DIGEST.fullmatch(text):
            hint = "release again; that writes it anew"
            raise ArchiveError(
                "the pointer holds no digest", where=str(self.path / CURRENT), hint=hint
            )
        return text

    def load(self, name: str, *, now: datetime) -> Manifest:
        """Read a manifest, and refuse it before anything is built from what it names.

        Args:
            name: Its digest.
            now: Decides whether its gate is still valid.

        Raises:
            ArchiveError: it may not be put in force; says why.
            NotFoundError: it isn't here.
        """
        path = self.path / MANIFESTS / f"{name}.json"
        if not _DIGEST.fullmatch(name):
            raise ArchiveError(
                f"{name[:80]!r} is not the digest of a manifest", where=str(self.path)
            )
        data = _read(path)
        if digest_bytes(data) != name:
            hint = "release again, or restore the file"
            raise ArchiveError(
                "the manifest was changed: its digest differs", where=str(path), hint=hint
            )
        manifest = _parsed(data, path)
        audit_right(manifest, path, now=now)
        audit_policy(manifest, path)
        for arm in (manifest.candidate, manifest.reference):
            if arm is not None and arm.kind == "archive":
                self._audit_arm(arm, manifest, path)
        return manifest

    def archive(self, arm: Arm) -> bytes:
        """The bytes of an arm's archive.

        Raises:
            ArchiveError: they aren't what was judged, or lie outside of the folder.
        """
        place = self._inside(arm.archive)
        data = _read(place)
        if digest_bytes(data) != arm.artefact:
            hint = "release again, or restore the file"
            raise ArchiveError(
                "the archive is not the one that was judged: its digest differs",
                where=str(place),
                hint=hint,
            )
        return data

    def code(self, arm: Arm) -> Path | None:
        """Where the modules of an arm's archive are; None if it needs none."""
        return self._inside(arm.code) if arm.code else None

    def _audit_arm(self, arm: Arm, manifest: Manifest, path: Path) -> None:
        header = audit(self.archive(arm), expected=arm.artefact)
        audit_contract(header, manifest, path)
        root = self.code(arm)
        if root is not None:
            _audit_code(root)
        elif _needs_code(header):
            hint = "release again; that brings the modules along"
            raise ArchiveError(
                f"{arm.name} needs modules that are not here", where=str(path), hint=hint
            )

    def _inside(self, relative: str) -> Path:
        root = self.path.resolve()
        place = (root / relative).resolve() if _is_below(relative) else root
        if place == root or not place.is_relative_to(root):
            hint = "a release names files of its serving folder alone"
            raise ArchiveError(
                f"the manifest names a path outside of its folder: {relative[:80]!r}",
                where=str(self.path),
                hint=hint,
            )
        return place

    def _put(self, relative: str, data: bytes) -> str:
        _write(self.path / relative, data)
        return relative


def code_digest(files: Mapping[str, bytes]) -> str:
    """Name modules by their paths and bytes.

    >>> code_digest({"a.py": b"x = 1"})[:6]
    '46b8ee'
    """
    return digest({place: digest_bytes(data) for place, data in files.items()})


def _audit_code(root: Path) -> None:
    """Every file counts, a compiled one too: Python would run it in place of its source."""
    files: dict[str, bytes] = {}
    for place in sorted(root.rglob("*")):
        if place.is_symlink():
            raise ArchiveError("a link stands among the modules", where=str(place))
        if place.is_file():
            files[place.relative_to(root).as_posix()] = _read(place)
    if code_digest(files) != root.name:
        hint = "release again, or restore the files"
        raise ArchiveError(
            "the modules were changed: their digest differs", where=str(root), hint=hint
        )


def _needs_code(header: Header) -> bool:
    return bool(header.code or header.contract.code)


def _parsed(data: bytes, path: Path) -> Manifest:
    hint = "a newer Seatrial may read it; or release again with this one"
    try:
        plain = json.loads(data)
        manifest = Manifest.from_json(plain)
        for name, kind in _KINDS.items():
            msgspec.convert(plain[name], kind)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        fact = f"this is no manifest of a known format: {type(error).__name__} {error}"
        raise ArchiveError(fact, where=str(path), hint=hint) from None
    return manifest


def _is_below(relative: str) -> bool:
    parts = PurePosixPath(relative)
    return bool(relative) and not parts.is_absolute() and ".." not in parts.parts


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        hint = "release again; that writes it anew"
        raise NotFoundError(
            "a file of the release is not there", where=str(path), hint=hint
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"it can't be read: {error.strerror}", where=str(path))


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
        _sync(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        hint = "make room, or choose a folder that can be written"
        raise StoreError(
            f"it can't be written: {error.strerror}", where=str(path), hint=hint
        ) from error


def _sync(folder: Path) -> None:
    # A rename is on the disk when the folder that lists it is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
