"""Time a candidate's archive in a process of its own: ``python -m seatrial.scoring.timing``.

Reads a JSON request on standard input: the archive's path, the project's folder, raw rows, how many
answers. Writes a JSON report on standard output. Nothing is imported that answering doesn't need,
so that the peak memory is that of a process that answers.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from seatrial.core.errors import ArchiveError, SeatrialError

WARM_UP = 50
_MOST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Timing:
    """One run.

    Attributes:
        milliseconds: Wall time of each answer, one row each.
        peak_mb: Peak resident memory of the process, in MB.
        busy: Wall time over processor time of the run; 1 on a quiet host.
    """

    milliseconds: tuple[float, ...]
    peak_mb: float
    busy: float


def run(archive: Path, rows: Sequence[Mapping[str, Any]], *, root: Path, answers: int) -> Timing:
    """Answer rows one by one in a new process, and time each.

    Args:
        archive: The archive's file.
        rows: Raw rows, used in turn.
        root: The project's folder.
        answers: How many.

    Raises:
        ArchiveError: the archive can't be opened, or answering failed.
    """
    request = {"archive": str(archive), "root": str(root), "rows": list(rows), "answers": answers}
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.scoring.timing"],
        input=json.dumps(request, default=_plain),
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
        env=_environment(),
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise ArchiveError(
            f"the archive did not answer: {lines[-1] if lines else 'no reason given'}"
        )
    report = json.loads(done.stdout)
    return Timing(tuple(report["milliseconds"]), report["peak_mb"], report["busy"])


@dataclass(slots=True)
class Runs:
    """Runs of one archive, made once for all that is read off them.

    Attributes:
        archive: The archive's file.
        rows: Raw rows, used in turn.
        root: The project's folder.
        made: Those that were made.
    """

    archive: Path
    rows: Sequence[Mapping[str, Any]]
    root: Path
    made: list[Timing] = field(default_factory=list)

    def first(self, count: int, *, answers: int) -> list[Timing]:
        """The first so many; those that are not there yet are made now.

        Raises:
            ArchiveError: the archive can't be opened, or answering failed.
        """
        while len(self.made) < count:
            self.made.append(run(self.archive, self.rows, root=self.root, answers=answers))
        return self.made[:count]


def _environment() -> dict[str, str]:
    import os

    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads}


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def measure(request: Mapping[str, Any]) -> dict[str, Any]:
    """Open the archive and answer, as :func:`run` asks."""
    from seatrial.scoring.archive import open_archive

    data = Path(request["archive"]).read_bytes()
    scorer = open_archive(data, root=Path(request["root"]))
    del data
    payload = [{name: [value] for name, value in row.items()} for row in request["rows"]]
    for place in range(WARM_UP):
        scorer.answer(payload[place % len(payload)])
    took, started, worked = [], time.perf_counter(), time.process_time()
    for place in range(request["answers"]):
        before = time.perf_counter()
        scorer.answer(payload[place % len(payload)])
        took.append((time.perf_counter() - before) * 1000)
    wall, worked = time.perf_counter() - started, time.process_time() - worked
    return {"milliseconds": took, "peak_mb": peak_memory_mb(), "busy": wall / max(worked, 1e-9)}


def peak_memory_mb(pid: int | None = None) -> float:
    """Peak resident memory of this process, or of another where there is /proc, in MB.

    With /proc it is the mark since the program started, or since it was set back; the one of getrusage
    would hold that of the parent too.

    Args:
        pid: Number of another process.

    Returns:
        MB; NaN if another process can't be looked at.
    """
    try:
        lines = Path(f"/proc/{pid or 'self'}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
    except (OSError, StopIteration):
        if pid is not None:
            return float("nan")
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> int:
    """Answer a request on standard input."""
    try:
        report = measure(json.load(sys.stdin))
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(report, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
