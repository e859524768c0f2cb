"""What ``seatrial init`` says: what it read, what it assumed and why, what it wrote."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from seatrial.reports.lines import DIM, WIDTH, Line, Piece, line, next_command, pad

_LEFT = 38


def drafted(
    rows: int,
    columns: int,
    assumptions: Sequence[tuple[str, str]],
    written: Sequence[Path],
    claims: int,
    name: str,
) -> list[Line]:
    """The report."""
    lines = [line(f"Read {rows:,} rows, {columns} columns."), line("")]
    left = min(max(len(assumed) for assumed, _ in assumptions), _LEFT)
    lines.append(line("  ", Piece(pad("Assumed", left), DIM), "  ", Piece("Because", DIM)))
    for assumed, because in assumptions:
        first = textwrap.wrap(assumed, left) or [""]
        second = textwrap.wrap(because, WIDTH - left - 4) or [""]
        for place in range(max(len(first), len(second))):
            one = first[place] if place < len(first) else ""
            two = second[place] if place < len(second) else ""
            lines.append(line("  ", pad(one, left), "  ", two))
    lines += [
        line(""),
        line(
            f"Wrote {written[0]} with {claims} claims, and {len(written) - 1} files beside it. Every bound is a draft until somebody signs it."
        ),
    ]
    return [*lines, next_command(f"cd {name} && seatrial train")]
