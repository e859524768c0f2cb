"""A release's path: its rungs in a line, where it stands, what it lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.records.manifest import LEVELS
from seatrial.records.release import Rung
from seatrial.reports.lines import WIDTH, Line, Piece, line

_JOINT = " ── "
_INDENT = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is said beneath a rung: a sign that stands under its middle, words beside it."""

    rung: Rung
    sign: Piece
    words: str = ""


def rung_text(rung: Rung | str) -> str:
    """A rung as people read it.

    >>> rung_text("partial 5%"), rung_text(Rung.parse("shadow"))
    ('partial 5 %', 'shadow')
    """
    text = str(rung)
    return "assist" if text == "assist 100%" else text.replace("%", " %")


def place(rung: Rung) -> str:
    """Where a release is that stands there, for a sentence.

    >>> place(Rung.parse("shadow")), place(Rung.parse("partial 5%"))
    ('in shadow', 'at partial 5 %')
    """
    if rung.level == "human":
        return "with people"
    return f"{'in' if rung.level in {'shadow', 'assist'} else 'at'} {rung_text(rung)}"


def drawn(path: Sequence[Rung], marks: Sequence[Mark] = ()) -> list[Line]:
    """The path, with marks beneath; in several rows where it is long.

    A rung that is marked but has left the plan's path stands where it would.
    """
    rungs = list(path)
    for mark in marks:
        if mark.rung not in rungs:
            rungs.insert(sum(_height(each) < _height(mark.rung) for each in rungs), mark.rung)
    lines: list[Line] = []
    for row in _rows(rungs, _labels(rungs)):
        lines.append(line(" " * _INDENT, "".join(text for _, text, _ in row).rstrip(" ")))
        middles = {rung: middle for rung, _, middle in row}
        lines += _beneath([(middles[mark.rung], mark) for mark in marks if mark.rung in middles])
    return lines


def _height(rung: Rung) -> tuple[int, float]:
    return LEVELS.index(rung.level), rung.share


def _labels(rungs: Sequence[Rung]) -> list[str]:
    """Names of the rungs; a level is named once in a run of shares where there is no room."""
    names = [rung_text(each) for each in rungs]
    if _INDENT + len(_JOINT.join(names)) <= WIDTH:
        return names
    return [
        name.removeprefix(f"{rung.level} ")
        if number and rungs[number - 1].level == rung.level
        else name
        for number, (rung, name) in enumerate(zip(rungs, names, strict=True))
    ]


def _rows(rungs: Sequence[Rung], labels: Sequence[str]) -> list[list[tuple[Rung, str, int]]]:
    """Rungs in rows: each with its text, the joint to the next, and the column of its middle."""
    rows: list[list[tuple[Rung, str, int]]] = [[]]
    column = _INDENT
    for number, (rung, label) in enumerate(zip(rungs, labels, strict=True), start=1):
        text = label + (_JOINT if number < len(labels) else "")
        if column + len(text.rstrip()) > WIDTH:
            rows.append([])
            column = _INDENT
        rows[-1].append((rung, text, column + (len(label) - 1) // 2))
        column += len(text)
    return rows


def _beneath(marks: Sequence[tuple[int, Mark]]) -> list[Line]:
    """Marks under their columns, in one line if they don't meet."""
    lines: list[Line] = []
    end = WIDTH
    for middle, mark in sorted(marks, key=lambda each: each[0]):
        start, pieces = _placed(middle, mark)
        if start <= end:
            lines.append(())
            end = -1
        lines[-1] = (*lines[-1], Piece(" " * (start - max(end, 0))), *pieces)
        end = start + sum(len(each.text) for each in pieces)
    return lines


def _placed(middle: int, mark: Mark) -> tuple[int, Line]:
    """Where a mark begins, and its pieces: the words to the left if the right has no room."""
    if not mark.words:
        return middle, (mark.sign,)
    if middle + 2 + len(mark.words) <= WIDTH:
        return middle, line(mark.sign, f" {mark.words}")
    return max(middle - len(mark.words) - 1, 0), line(f"{mark.words} ", mark.sign)
