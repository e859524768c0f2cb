"""The digest of a source's bytes; an unchanged file costs a look at its size and time."""

from __future__ import annotations

import json
import os
from pathlib import Path

from seatrial.core.digest import digest, digest_bytes, digest_file, merge
from seatrial.data.locations import Location, read_bytes, speaking


class Fingerprints:
    """SHA-256 of files, remembered by size, time of change and inode.

    Args:
        file: JSON file to remember in; it is made when it isn't there, and made again when it
            can't be read, because all that is in it can be computed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _load(file)

    def of(self, location: Location) -> str:
        """Name a source by its bytes.

        Raises:
            DataError: it can't be read.
        """
        if location.labels is not None:
            return merge([self._of(location), self._of(location.labels)])
        return self._of(location)

    def _of(self, location: Location) -> str:
        path = location.path
        if path is None:
            return digest_bytes(read_bytes(location))
        if path.is_dir():
            return self._of_folder(path)
        with speaking(location.name):
            stamp = _stamp(path)
            known = self._known.get(str(path))
            if known and known[:-1] == stamp:
                return str(known[-1])
            found = digest_file(path)
            self._remember(path, [*stamp, found])
        return found

    def _of_folder(self, path: Path) -> str:
        """Names and bytes of all files; an unchanged folder costs a look at each."""
        with speaking(path.name):
            files = sorted(each for each in path.rglob("*") if each.is_file())
            names = [str(each.relative_to(path)) for each in files]
            looks = [_stamp(each) for each in files]
            stamp: list[int | str] = [digest([names, looks])]
            known = self._known.get(str(path))
            if known and known[:-1] == stamp:
                return str(known[-1])
            found = digest([names, [digest_file(each) for each in files]])
            self._remember(path, [*stamp, found])
        return found

    def _remember(self, path: Path, known: list[int | str]) -> None:
        self._known[str(path)] = known
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        half.write_text(json.dumps(self._known, sort_keys=True))
        half.replace(self._file)


def _stamp(path: Path) -> list[int | str]:
    seen = path.stat()
    return [seen.st_size, seen.st_mtime_ns, seen.st_ino]


def _load(file: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {path: stamp for path, stamp in known.items() if isinstance(stamp, list)}
