"""The checks of augmentations for people: a line each, whether it is used, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict
from seatrial.reports import numbers
from seatrial.reports.lines import (
    DIM,
    GLYPHS,
    STYLES,
    WORDS,
    Line,
    Piece,
    line,
    next_command,
    pad,
    wrap,
)

_CHECKS = {
    "people": "people still can",
    "detectable": "looks real",
    "error": "model is poor on it",
}
_INDENT = 36


@dataclass(frozen=True, slots=True)
class AugmentedRow:
    """One augmentation for one family, as it is shown; ``gain`` is of the optimised metric."""

    name: str
    family: str
    verdicts: Mapping[str, tuple[Verdict, str]]
    is_used: bool
    gain: Estimate | None
    is_harmful: bool


def augmented(rows: Sequence[AugmentedRow], *, metric: str) -> list[Line]:
    """Each augmentation with its three checks, and what to do next."""
    lines: list[Line] = []
    for row in rows:
        lines += [line(f"{row.name} for {row.family}: ", *_state(row, metric))]
        for check, (verdict, said) in row.verdicts.items():
            first, *rest = wrap(f"{said[:1].upper()}{said[1:]}.", 96 - _INDENT)
            mark = Piece(
                f"{GLYPHS[verdict]} {pad(WORDS.get(verdict, verdict), 9)}", STYLES[verdict]
            )
            lines += [line("  ", mark, Piece(pad(_CHECKS[check], 23), DIM), first)]
            lines += [line(" " * _INDENT, each) for each in rest]
        lines += [line("")]
    return [*lines, next_command(_next(rows))]


def _state(row: AugmentedRow, metric: str) -> list[Piece]:
    if not row.is_used:
        return [Piece("not used", DIM)]
    if row.gain is None:
        return [Piece("used by the next training", DIM)]
    told = f", {metric} {numbers.plus_minus(row.gain)} on dev"
    if row.is_harmful:
        return [Piece("used", "green"), Piece(f"{told}: take it out of train.augment", "red bold")]
    return [Piece("used", "green"), Piece(told, DIM)]


def _next(rows: Sequence[AugmentedRow]) -> str:
    unasked = [row.name for row in rows if row.verdicts["people"][0] == "unknown"]
    if unasked:
        return f"seatrial augment sheet {unasked[0]} --out {unasked[0]}.csv"
    waits = any(row.is_used and row.gain is None for row in rows)
    return "seatrial train" if waits else "seatrial check"


def written(*, path: str, rows: int, classes: Sequence[str], target: str) -> list[Line]:
    """What to do with a sheet."""
    may = f"one of {', '.join(classes)}" if classes else "a number"
    may += f" ({target})"
    return [
        line(f"Wrote {rows} rows into {path}, changed and real ones mixed."),
        line(f"People fill in the column `answer`, {may}, without knowing which is which."),
        next_command(f"seatrial augment answers {path} --by NAME"),
    ]


def answered(name: str, *, people: Estimate, real: Estimate, empty: int) -> list[Line]:
    """What came back."""
    beside = f", {numbers.whole(real)} of the real ones" if real.measured else ""
    blank = [line(f"{empty} rows have no answer.")] if empty else []
    told = f"{name}: {numbers.whole(people)} of the changed rows are answered rightly{beside}."
    return [line(told), *blank, next_command("seatrial augment")]
