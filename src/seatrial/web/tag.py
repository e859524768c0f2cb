"""One tag of wrong answers: its figures, its rows, when each was given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.errors import NotFoundError
from seatrial.reports import numbers
from seatrial.reports.trace import cell
from seatrial.verbs.error_records import PART, Case, TagRow
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head


@dataclass(frozen=True, slots=True)
class TaggedRow:
    """A row that has a tag."""

    id: str
    place: int
    kind: str
    said: str
    truth: str
    loss: str
    fields: str


@dataclass(frozen=True, slots=True)
class TagPage:
    """One tag: its figures, its rows, its history."""

    head: Head
    rows: tuple[TaggedRow, ...]
    history: tuple[tuple[str, str, str], ...]


def view(facts: Facts, asked: Mapping[str, str]) -> TagPage:
    """What the page of a tag shows.

    Raises:
        NotFoundError: no row has that tag, and none had.
    """
    name = asked["name"]
    found = facts.errors_on(PART)
    history = facts.tag_history(name)
    if isinstance(found, NotFoundError) or not history:
        raise NotFoundError(
            f"no row has the tag {name}", hint="the tags stand on the page of the errors"
        )
    row = next((each for each in found.tags if each.priority.tag == name), None)
    told = _tag_facts(row) if row else ()
    title = f"{words.capital(name)}: {row.priority.rows if row else 0} rows of the sample have it."
    lede = "The rows, the worst first; then when each was given the tag, or lost it."
    places = {"wrong": 0, "right": 0}
    rows = []
    for case in found.cases:
        kind = "wrong" if case.is_wrong else "right"
        places[kind] += 1
        if name in case.tags:
            rows.append((case.loss, _tagged_row(case, places[kind], kind)))
    rows.sort(key=lambda each: -each[0])
    changes = tuple(
        (words.when(each.at, facts.now), each.row[:8], "given" if each.given else "taken away")
        for each in history
    )
    return TagPage(Head(title, lede, told), tuple(each for _, each in rows), changes)


def _tag_facts(row: TagRow) -> tuple[Fact, ...]:
    one = row.priority
    figures = (
        ("Share of errors", one.share_of_errors),
        ("Errors within", one.error_rate),
        ("Share of data", one.share_of_data),
        ("Points to gain", one.gain),
    )
    return tuple(Fact(name, numbers.whole(each)) for name, each in figures)


def _tagged_row(case: Case, place: int, kind: str) -> TaggedRow:
    shown = ", ".join(f"{name} {cell(value)}" for name, value in list(case.fields.items())[:6])
    return TaggedRow(case.id, place, kind, case.said, case.truth, f"{case.loss:.3g}", shown)
