"""The follower: read the decision log from where it stopped, score the shadow, keep tables, seal segments.

It resumes at a stored offset, in bounded memory, and counts nothing twice: a batch becomes a table's
part under a name of its own, and only the state file, replaced by rename, says which parts count and up
to where the log was read. What a killed follower left half done is not in the state, and is removed.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from seatrial.core.digest import digest_file
from seatrial.core.errors import ConflictError, StoreError
from seatrial.runtime.segments import is_sealed, read, segments, was_closed
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.project import Project
from seatrial.verbs.shadow import Shadow

if TYPE_CHECKING:
    import polars as pl

BATCH = 20_000
"""Records that are held in memory at once."""
TABLES = ("decisions", "aftermath")
_STATE = "state.json"

Writer = Literal["writes", "closed", "gone", "unknown"]
"""Somebody writes the log; the last one ended it; the last one was killed or crashed; it can't be seen."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a segment was read.

    Attributes:
        offset: First byte that wasn't.
        records: Records before it.
        parts: Files of each table, in order.
        sealed: Digest of the whole segment once nobody writes it any more and it is filed.
    """

    offset: int = 0
    records: int = 0
    parts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TABLES})
    sealed: str = ""


class Tables:
    """What was read of a project's log, as the newest follower left it."""

    def __init__(self, project: Project) -> None:
        self._folder = project.state / "follow"
        self._state = self._read_state()

    def table(self, name: str) -> pl.LazyFrame | None:
        """All rows of ``decisions`` or ``aftermath``; None without any."""
        import polars as pl

        parts = [part for each in self._state.values() for part in each.parts[name]]
        frames = [pl.scan_parquet(self._folder / part) for part in parts]
        return pl.concat(frames, how="diagonal_relaxed") if frames else None

    @property
    def root(self) -> str:
        """Name of all that was read so far: it changes with every record."""
        from seatrial.core.digest import digest

        return digest({name: each.offset for name, each in sorted(self._state.items())})

    def _read_state(self) -> dict[str, Followed]:
        path = self._folder / _STATE
        if not path.exists():
            return {}
        try:
            return {name: Followed(**each) for name, each in json.loads(path.read_text()).items()}
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"{path} can't be read: {error}",
                hint="delete its folder; the log is then read from its start",
            ) from error


class Follower(Tables):
    """The one follower of a project's log. A second one refuses to start.

    Raises:
        ConflictError: another one is at work.
    """

    def __init__(self, project: Project, *, log: Path | None = None) -> None:
        self.project = project
        self.log = log or serving_folder(project).path / "log"
        self._sees_writers = log is None  # a lock is seen on the machine that holds it
        (project.state / "follow").mkdir(parents=True, exist_ok=True)
        self.log.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.log / "follower.lock")
        try:
            super().__init__(project)
            self._remove_strays()
        except BaseException:
            self.close()
            raise
        self._shadow = Shadow(project)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another one follow."""
        os.close(self._lock)

    def read_on(self) -> int:
        """Read what was logged since; seal what nobody writes any more.

        Returns:
            Records that were read.

        Raises:
            TamperedError: a record is not what was written.
        """
        done = 0
        for path in segments(self.log):
            followed = self._state.get(path.name, Followed())
            if followed.sealed:
                continue
            is_over = is_sealed(path)  # asked before it is read, so that nothing comes in between
            for batch in _batches(read(path, followed.offset)):
                followed = self._keep(path, followed, batch)
                done += len(batch)
            if is_over:
                self._seal(path, followed)
        return done

    @property
    def writer(self) -> Writer:
        """What became of those who write the log, as far as it can be seen from here."""
        found = segments(self.log) if self._sees_writers else []
        if not found:
            return "unknown"
        known = {path: self._state.get(path.name, Followed()) for path in found}
        if not all(each.sealed or is_sealed(path) for path, each in known.items()):
            return "writes"
        return "closed" if was_closed(found[-1], known[found[-1]].offset) else "gone"

    def _keep(
        self, path: Path, followed: Followed, batch: list[tuple[dict[str, Any], int]]
    ) -> Followed:
        records, end = [record for record, _ in batch], batch[-1][1]
        tables = self._shadow.tables(records)
        parts = {name: list(followed.parts[name]) for name in TABLES}
        for name, frame in tables.items():
            if frame.height:
                part = f"{path.stem}.{followed.offset:012d}.{name}.parquet"
                _write(frame, self._folder / part)
                parts[name].append(part)
        kept = Followed(end, followed.records + len(records), parts)
        self._state[path.name] = kept
        self._write_state()
        return kept

    def _seal(self, path: Path, followed: Followed) -> None:
        """Make one table of a segment's parts, and file what it held."""
        import polars as pl

        project, whole = self.project, digest_file(path)
        old = [part for parts in followed.parts.values() for part in parts]
        parts: dict[str, list[str]] = {name: [] for name in TABLES}
        blobs = {}
        for name in TABLES:
            frames = [pl.read_parquet(self._folder / part) for part in followed.parts[name]]
            if not frames:
                continue
            part = f"{path.stem}.{name}.parquet"
            _write(pl.concat(frames, how="diagonal_relaxed"), self._folder / part)
            blobs[name] = project.blobs.put_file(self._folder / part)
            parts[name] = [part]
        if project.ledger.newest("segment", whole) is None:
            record = {"segment": path.name, "records": followed.records, "tables": blobs}
            project.ledger.append("segment", record, key=whole)
        self._state[path.name] = replace(followed, parts=parts, sealed=whole)
        self._write_state()
        for part in old:
            (self._folder / part).unlink(missing_ok=True)

    def _write_state(self) -> None:
        plain = {name: asdict(each) for name, each in self._state.items()}
        path = self._folder / _STATE
        half = path.with_suffix(".half")
        with half.open("w") as stream:
            json.dump(plain, stream)
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(path)

    def _remove_strays(self) -> None:
        counted = {
            part for each in self._state.values() for parts in each.parts.values() for part in parts
        }
        for path in self._folder.glob("*.parquet*"):
            if path.name not in counted:
                path.unlink()


def _locked(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        hint = "the follower writes beside the log and in .seatrial/"
        raise StoreError(f"{path} can't be written: {error.strerror}", hint=hint) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConflictError(
            "another follower reads this log",
            where=str(path.parent),
            hint="one log has one follower, and it looks by itself: see seatrial check, or release",
        ) from None
    return descriptor


def _batches(
    records: Iterator[tuple[dict[str, Any], int]],
) -> Iterator[list[tuple[dict[str, Any], int]]]:
    while batch := list(itertools.islice(records, BATCH)):
        yield batch


def _write(frame: pl.DataFrame, path: Path) -> None:
    half = path.with_name(f"{path.name}.half")
    frame.write_parquet(half)
    with half.open("rb") as stream:
        os.fsync(stream.fileno())
    half.replace(path)
