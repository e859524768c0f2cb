"""Wrong answers for people: what the tags say, groups that were found, the worst answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrap, wrapped

WORST = 8
_CELL = 60
_NAME, _SAID, _SHOWN, _VALUE = 16, 22, 34, 20
"""Signs of a tag and a class, of an answer, of what a row has, and of one of its values; the page has all."""


@dataclass(frozen=True, slots=True)
class TagLine:
    """One tag, with what is shown of it."""

    name: str
    share_of_errors: Estimate
    error_rate: Estimate
    share_of_data: Estimate
    gain: Estimate
    ease: int | None
    importance: int | None
    action: str


@dataclass(frozen=True, slots=True)
class WrongLine:
    """One wrong answer."""

    id: str
    said: str
    truth: str
    loss: float
    fields: Mapping[str, Any]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Beside:
    """A tag in several parts: its error rate by part, and where it is beyond noise that rate less the one on dev."""

    name: str
    rates: Mapping[str, Estimate]
    less_dev: Mapping[str, Estimate]


def errors(
    *,
    name: str,
    part: str,
    wrong: int,
    is_number: bool,
    rows: int,
    seen: int,
    drawn: int,
    against: str,
    tags: Sequence[TagLine],
    settled: str,
    groups: Sequence[tuple[int, str, Estimate]],
    beside: Sequence[Beside],
    others: Mapping[str, str],
    worst: Sequence[WrongLine],
) -> list[Line]:
    """All of it.

    Args:
        name: The candidate, for people.
        part: Where: dev, train or production.
        wrong: Wrong answers there.
        is_number: Whether the furthest fifth counts as wrong.
        rows: Rows there.
        seen: Wrong answers of the sample that somebody looked at.
        drawn: Wrong answers of the sample.
        against: What the room to improve is counted against.
        tags: The one most worth working on first.
        settled: What is known of their order; empty with fewer than two.
        groups: Number of wrong answers, what sets them apart, how often such rows are wrong.
        beside: The tags in several parts; empty where only one was looked at.
        others: By part, the candidate that answered there, if it is another one.
        worst: Wrong answers of the sample, the worst first.
    """
    rate = wrong / rows if rows else 0.0
    said = f"{name} is wrong in {wrong:,} of {rows:,} rows of {part}, {rate:.1%}."
    if is_number:
        said = f"The fifth of the answers of {name} that is furthest off, {wrong:,} of {rows:,} rows of {part}."
    lines = [
        line(said),
        line(f"{seen} of a sample of {drawn} wrong answers are tagged."),
        line(""),
    ]
    if tags:
        lines += [*_tags(tags, against, is_number), *wrapped(settled, indent=2), line("")]
    if beside:
        lines += [line("The same tags elsewhere: errors within"), *_beside(beside)]
        lines += [line(f"  {part} was answered by {who}.") for part, who in others.items()]
        lines += [line("")]
    if groups:
        lines += [line("Groups found without tags"), *_groups(groups), line("")]
    lines += [line("The worst of the sample"), *_worst(worst), line("")]
    if part != "dev":
        return [*lines, next_command(f"seatrial errors tag ROW TAG --on {part}")]
    command = "seatrial ui" if seen < drawn else "seatrial errors act TAG --action collect"
    return [*lines, next_command(command)]


def _tags(tags: Sequence[TagLine], against: str, is_number: bool) -> list[Line]:  # noqa: FBT001 — of two texts
    heads = (
        "tag",
        "share of errors",
        "errors within",
        "share of data",
        "points to gain",
        "ease, imp.",
    )
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in heads]]
    rows += [
        [
            each.name[:_NAME],
            numbers.whole(each.share_of_errors),
            _short(each.error_rate),
            _short(each.share_of_data),
            numbers.whole(each.gain).replace(" points", ""),
            ", ".join("–" if one is None else str(one) for one in (each.ease, each.importance)),
        ]
        for each in tags
    ]
    what = "Points of the rows that are so far off" if is_number else "Points of accuracy"
    actions = [
        one
        for each in tags
        if each.action
        for one in wrapped(f"{each.name}: {each.action}.", indent=2)
    ]
    return [*table(rows), line(f"  {what}, against {against}."), *actions]


def _beside(beside: Sequence[Beside]) -> list[Line]:
    parts = list(dict.fromkeys(part for each in beside for part in each.rates))
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in ("tag", *parts)]]
    rows += [
        [each.name[:_NAME], *(_whole(each.rates.get(part)) for part in parts)] for each in beside
    ]
    said = [
        apart(each.name, part, difference)
        for each in beside
        for part, difference in each.less_dev.items()
    ]
    return [*table(rows), *(one for each in said for one in wrapped(each, indent=2))]


def grown(rows: int) -> str:
    """By how much data has grown.

    >>> grown(1200), grown(-3)
    ('1,200 rows more', '3 rows fewer')
    """
    return f"{abs(rows):,} rows {'fewer' if rows < 0 else 'more'}"


def apart(tag: str, part: str, less_dev: Estimate) -> str:
    """What a difference from dev beyond noise says.

    >>> apart("rain", "train", Estimate(-0.2, -0.3, -0.1, 200, ""))
    'rain is wrong less often on train than on dev, −0.20 ± 0.10: the candidate learnt those rows, not the kind; more of them, or less freedom.'
    """
    by = numbers.plus_minus(less_dev)
    is_more = (less_dev.value or 0.0) > 0
    often = "more" if is_more else "less"
    told = f"{tag} is wrong {often} often on {part} than on dev, {by}"
    if part == "train" and not is_more:
        return (
            f"{told}: the candidate learnt those rows, not the kind; more of them, or less freedom."
        )
    if part == "production" and is_more:
        return f"{told}: there they are not what dev has; collect them there."
    return f"{told}."


def _whole(estimate: Estimate | None) -> str:
    return numbers.whole(estimate) if estimate and estimate.measured else "–"


def _short(estimate: Estimate) -> str:
    return numbers.value(estimate) if estimate.measured else "–"


def _groups(groups: Sequence[tuple[int, str, Estimate]]) -> list[Line]:
    rows: list[list[Piece | str]] = [
        [Piece(each, DIM) for each in ("errors", "where most of them lie", "wrong there")]
    ]
    for size, where, rate in groups:
        first, *rest = wrap(true_signs(where), _CELL)
        rows.append([str(size), first, numbers.whole(rate)])
        rows += [["", each] for each in rest]
    return table(rows, right=[0])


def _worst(worst: Sequence[WrongLine]) -> list[Line]:
    rows: list[list[Piece | str]] = [
        [Piece(each, DIM) for each in ("row", "said", "true", "loss", "it has")]
    ]
    for each in worst[:WORST]:
        said, true = each.said[:_SAID], each.truth[:_NAME]
        rows.append([each.id[:8], said, true, f"{each.loss:.3g}", _fields(each.fields)])
    return table(rows, right=[3])


def _fields(fields: Mapping[str, Any]) -> str:
    """The first of the columns; of a text as much as fits."""
    if len(fields) == 1:
        return _cell(next(iter(fields.values())))[:_SHOWN]
    told = (f"{name} {_cell(value)[:_VALUE]}" for name, value in list(fields.items())[:4])
    return ", ".join(told)[:_SHOWN]


def _cell(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())
