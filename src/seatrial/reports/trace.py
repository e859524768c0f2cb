"""One row's way through the candidate, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.records.image import shape_of
from seatrial.reports.lines import DIM, STYLES, Line, Piece, line, next_command, table

_CELL = 28


def trace(
    *,
    row: str,
    truth: str,
    inputs: Mapping[str, Any],
    encoded: Mapping[str, float | str],
    classes: Sequence[str],
    trained: Sequence[float],
    served: Sequence[float],
    decision: str,
    threshold: float | None,
    is_same: bool,
    pushes: Sequence[tuple[str, Any, Any, float]],
) -> list[Line]:
    """Inputs with what became of them, both answers, what pushed it.

    Args:
        row: Its name.
        truth: What is true.
        inputs: Raw columns.
        encoded: What the model's matrix holds of each input.
        classes: Names of the classes; empty for a number.
        trained: Scores by the way of training.
        served: Scores by the way of serving.
        decision: What is decided.
        threshold: Least score of the positive class; None without one.
        is_same: Whether both ways give the same.
        pushes: Feature, value, typical value, change of the score.
    """
    names = list(dict.fromkeys([*inputs, *encoded]))
    cells: list[list[Piece | str]] = [[Piece(each, DIM) for each in ("column", "input", "encoded")]]
    cells += [
        [
            name[:_CELL],
            cell(inputs[name]) if name in inputs else "derived",
            cell(encoded[name]) if name in encoded else "not shown to the model",
        ]
        for name in names
    ]
    lines = [line(f"Row {row}"), line(""), *table(cells), line("")]
    outputs: list[list[Piece | str]] = [
        [Piece(each, DIM) for each in ("answer", "training", "serving")]
    ]
    outputs += [
        [name, f"{one:.6g}", f"{two:.6g}"]
        for name, one, two in zip(classes or ["value"], trained, served, strict=True)
    ]
    same = "the same" if is_same else "NOT the same"
    at = f", threshold {threshold:.3g}" if threshold is not None else ""
    lines += [*table(outputs, right=[1, 2]), line("")]
    verdict = Piece(f"Training and serving give {same}", "" if is_same else STYLES["fail"])
    lines += [line(verdict, f"; decided: {decision}{at}; true: {truth}."), line("")]
    if pushes:
        moved: list[list[Piece | str]] = [
            [Piece(each, DIM) for each in ("pushed by", "is", "instead of", "score")]
        ]
        moved += [
            [name[:_CELL], cell(value), cell(typical), f"{change:+.3g}".replace("-", "−")]
            for name, value, typical, change in pushes
        ]
        lines += [*table(moved, right=[3]), line("")]
    return [*lines, next_command(f"seatrial errors tag {row[:8]} TAG")]


def cell(value: Any) -> str:
    """A value of a row, for people.

    >>> cell(None), cell(1234.56789), cell(True), cell("1x2x1:AAA=")
    ('missing', '1235', 'true', '1 × 2')
    """
    if value is None or value != value:  # noqa: PLR0124 — NaN
        return "missing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}"
    shape = shape_of(value) if isinstance(value, str) else None
    return f"{shape[0]} × {shape[1]}" if shape else str(value)[:_CELL]
