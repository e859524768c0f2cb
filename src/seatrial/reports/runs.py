"""Runs for people: a table, and two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Changed
from seatrial.records.iteration import Iterations, Step
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrapped


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run, as a row."""

    name: str
    at: str
    family: str
    candidate: str
    seconds: float | None
    peak_mb: float | None
    code: str


FOREIGN = "foreign"
"""What stands for the candidate of a run that another tracker holds; its names may be of any length."""
FigureRow = tuple[str, Estimate | None, Estimate | None]
"""A figure's name, and what each of two runs has of it."""
_MOST_NAME = 24
_MOST_CHANGED = 2


def listed(rows: Sequence[RunRow]) -> list[Line]:
    """The table of runs."""
    if not rows:
        return [line("No run is on file."), next_command("seatrial train")]
    cells: list[list[Piece | str]] = [
        [
            Piece(each, DIM)
            for each in ("run", "when", "family", "candidate", "took", "peak", "code")
        ]
    ]
    for row in rows:
        when = row.at[:16].replace("T", " ")
        cells.append(
            [
                row.name,
                when,
                _cut(row.family) if row.candidate == FOREIGN else row.family,
                row.candidate,
                "" if row.seconds is None else numbers.seconds(row.seconds),
                "" if row.peak_mb is None else f"{row.peak_mb:.0f} MB",
                _cut(row.code) if row.candidate == FOREIGN else row.code,
            ]
        )
    return [*table(cells, right=[4, 5]), line(""), next_command("seatrial runs compare RUN RUN")]


_STEPS = {
    "data-centric": "A data-centric step: data alone changed.",
    "model-centric": "A model-centric step: the data are the same.",
    "both": "Data and model both changed.",
    "environment": "Versions alone changed.",
}


def compared(
    names: tuple[str, str],
    changed: Sequence[Changed],
    parameters: Sequence[Changed],
    difference: Estimate | None,
    metric: str,
    foreign: Sequence[str] = (),
    figures: Sequence[FigureRow] = (),
    *,
    iteration: str = "none",
) -> list[Line]:
    """Two runs: what differs, what moved, what kind of step it was."""
    if foreign:
        return _side_by_side(names, parameters, foreign, figures)
    step = "" if iteration == "none" else f" {_STEPS[iteration]}"
    lines = [line(f"{_moved(difference, metric)}{step}"), line("")]
    for title, found in (("Input", changed), ("Parameter", parameters)):
        if found:
            rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in (title, *names)]]
            rows += [
                [each.input, each.was or "not there", each.now or "not there"] for each in found
            ]
            lines += [*table(rows), line("")]
    if not changed and not parameters:
        same = "the same" if iteration == "none" else "the same data, code and versions"
        lines += [line(f"They are made of {same}."), line("")]
    return [*lines, next_command("seatrial check")]


def history(found: Iterations) -> list[Line]:
    """Every candidate that was kept, what led to it and what it gained; then what each kind of step came to."""
    if not found.steps:
        return [line("No candidate was kept yet."), next_command("seatrial train")]
    lines = [
        line(f"{found.metric} on the {numbers.count(found.rows)} rows that dev has now."),
        line(""),
    ]
    titles = ("kept", "candidate", "family", _cut(found.metric), "moved it by")
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in titles]]
    for step in found.steps:
        figure = "not asked" if step.reason else _figure(step.estimate)
        moved = numbers.plus_minus(step.gain) if step.gain and step.gain.measured else ""
        when = step.at[:16].replace("T", " ")
        rows.append([when, step.name, _cut(step.family), _cut(figure), moved])
    head, *told = table(rows)
    lines.append(head)
    for row, step in zip(told, found.steps, strict=True):
        lines.append(row)
        for said in filter(None, (_step(step), step.reason)):
            lines += wrapped(said, indent=4, style=DIM)
    lines.append(line(""))
    for each in found.sums:
        settled = f"{each.better} better and {each.worse} worse beyond noise"
        steps = f"{each.steps} step{'s' if each.steps > 1 else ''}"
        total = f"{each.total:+.3g}".replace("-", "\u2212")
        lines.append(
            line(f"{each.kind.capitalize()}: {steps}, {settled}; in all {total}, + being better.")
        )
    lines += _turns(found)
    return [
        *lines,
        *([line("")] if len(found.steps) > 1 else []),
        next_command("seatrial runs compare RUN RUN"),
    ]


def _turns(found: Iterations) -> list[Line]:
    newest = found.steps[-1].turn
    if found.turn_s is None or newest is None:
        return []
    parts = [
        ("wrong answers were looked at after", newest.looked_s),
        ("other data was read after", newest.data_s),
        ("the fit took", newest.fit_s),
    ]
    told = ", ".join(f"{what} {numbers.seconds(took)}" for what, took in parts if took is not None)
    whole = numbers.seconds(newest.whole_s)
    median = numbers.seconds(found.turn_s)
    said = f"From one kept candidate to the next: {median} in the median. The newest took {whole}: {told}."
    return wrapped(said, indent=0)


def _step(step: Step) -> str:
    if not step.kind:
        return "the first"
    if not step.changed:
        return step.kind
    more = len(step.changed) - _MOST_CHANGED
    named = ", ".join(step.changed[:_MOST_CHANGED])
    return f"{step.kind}: {named}{f' and {more} more' if more > 0 else ''}"


def _side_by_side(
    names: tuple[str, str],
    parameters: Sequence[Changed],
    foreign: Sequence[str],
    figures: Sequence[FigureRow],
) -> list[Line]:
    """Figures of two runs of which one is foreign."""
    who = " and ".join(foreign)
    said = "are foreign: their" if len(foreign) > 1 else "is foreign: its"
    lines = [
        line(f"{who} {said} figures are told by a tracker, and were not measured here."),
        line(""),
    ]
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in ("Figure", *names)]]
    rows += [[_cut(name), _figure(one), _figure(two)] for name, one, two in figures]
    lines += [*table(rows), line("")] if figures else [line("Neither has a figure."), line("")]
    if parameters:
        rows = [[Piece(each, DIM) for each in ("Parameter", *names)]]
        rows += [
            [_cut(each.input), _cut(each.was or "not there"), _cut(each.now or "not there")]
            for each in parameters
        ]
        lines += [*table(rows), line("")]
    return [*lines, next_command("seatrial runs list")]


def _figure(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not there"
    if estimate.value is None:
        return "no number"
    if estimate.low is None:
        return f"{estimate.value:.4g}, no interval"
    return numbers.whole(estimate)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_NAME else f"{text[: _MOST_NAME - 1]}…"


def _moved(difference: Estimate | None, metric: str) -> str:
    if difference is None:
        return "One of them can't be asked about the rows of dev as they are now, so their figures can't be paired."
    if difference.low is None or difference.high is None:
        return f"{metric} can't be compared: {difference.method}."
    noise = "beyond noise" if difference.low > 0 or difference.high < 0 else "within noise"
    return f"{metric} on dev moved by {numbers.plus_minus(difference)}: {noise}."
