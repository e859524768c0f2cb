"""Commands around the answering process: serve, and what it logged."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from seatrial.reports.lines import Line, Piece

Where = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.")]
From = Annotated[
    Path | None, typer.Option("--from", help="Serving folder, where there is no project.")
]
LogFolder = Annotated[
    Path | None, typer.Option("--log", help="Folder of the decision log; log/ beside the release.")
]
HERE = Path()
_SHOWN = 20


def serve(
    *,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")
    ] = 8080,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    project: Where = HERE,
    folder: From = None,
    log_folder: LogFolder = None,
    deadline: Annotated[
        float, typer.Option("--deadline", min=1, help="Milliseconds for a model in a worker.")
    ] = 250.0,
    replay: Annotated[
        bool, typer.Option("--replay", help="Let requests say when they happened.")
    ] = False,
    fdatasync: Annotated[
        bool, typer.Option("--fdatasync", help="Wait for the disk before each answer.")
    ] = False,
) -> None:
    """Answer over HTTP with the release in force; every decision is logged before it is told."""
    # Before numpy is loaded: two threads on one row cost more than they give.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    from seatrial.cli.console import leave
    from seatrial.serving.server import serve as answer

    def say() -> None:
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(
            f"Answering at http://{shown}:{port}; /openapi.json says what it is asked.\n"
        )
        sys.stderr.flush()

    answer(
        _serving(project, folder),
        host=host,
        port=port,
        log=log_folder,
        deadline_ms=deadline,
        replay=replay,
        fdatasync=fdatasync,
        on_ready=say,
    )
    leave()


def log(
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Every decision, one JSON object a line, in order.")
    ] = False,
    outcomes: Annotated[
        bool,
        typer.Option("--outcomes", help="With what turned out to be true, and what people did."),
    ] = False,
    project: Where = HERE,
    folder: From = None,
    log_folder: LogFolder = None,
) -> None:
    """Decisions that were answered: the newest, or all of them as JSON lines."""
    place = log_folder or _serving(project, folder) / "log"
    if jsonl:
        _write(place, outcomes=outcomes)
        return
    from seatrial.cli.console import show
    from seatrial.runtime.history import decisions_with_outcomes, newest

    if not outcomes:
        show(_listed(newest(place, _SHOWN)))
        return
    from collections import deque

    show(_listed(list(deque(decisions_with_outcomes(place), maxlen=_SHOWN))))


def _serving(project: Path, folder: Path | None) -> Path:
    return folder or project / ".seatrial" / "serving"


def _write(place: Path, *, outcomes: bool) -> None:
    import msgspec

    from seatrial.runtime.history import decisions, decisions_with_outcomes

    found = decisions_with_outcomes(place) if outcomes else decisions(place)
    encode, out = msgspec.json.Encoder().encode, sys.stdout.buffer
    for record in found:
        out.write(encode(record))
        out.write(b"\n")
    out.flush()


def _listed(records: Sequence[Mapping[str, Any]]) -> list[Line]:
    from seatrial.reports.lines import DIM, Piece, line, next_command, table

    if not records:
        return [line("No decision is logged."), next_command("seatrial serve")]
    names = ["when", "decision", "by", "confidence", "level", "arm", "failure", "took"]
    known = "outcome" in records[0]
    rows: list[list[Piece | str]] = [
        [Piece(each, DIM) for each in (*names, *(["outcome"] * known))]
    ]
    rows += [_cells(each, with_outcome=known) for each in records]
    shown = "decision" if len(records) == 1 else "decisions"
    heading = line(f"The newest {len(records)} {shown}")
    return [
        heading,
        line(""),
        *table(rows, right=[3, 7]),
        line(""),
        next_command("seatrial log --jsonl"),
    ]


def _cells(record: Mapping[str, Any], *, with_outcome: bool) -> list[Piece | str]:
    confidence = record["confidence"]
    cells: list[Piece | str] = [
        record["at"][:19].replace("T", " "),
        _shown(record["decision"]),
        record["decided_by"],
        "–" if confidence is None else f"{confidence:.3f}",
        record["level"],
        record["arm"],
        record["failure"] or "–",
        f"{record['latency_us'] / 1000:.1f} ms",
    ]
    return [*cells, _shown(record["outcome"])] if with_outcome else cells


def _shown(value: str | float | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.4g}"
