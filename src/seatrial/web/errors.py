"""Wrong answers: one to tag, what the tags say, groups that were found without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate
from seatrial.reports.errors import apart, grown
from seatrial.verbs.error_records import PART, PARTS, Case, Errors, TagRow
from seatrial.verbs.errors import settled
from seatrial.web import words
from seatrial.web.error_case import Shown, shown
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head
from seatrial.web.shown import Figure, figure


@dataclass(frozen=True, slots=True)
class TagFigures:
    """A tag as a row of the table."""

    name: str
    rows: int
    share_of_errors: Figure
    error_rate: Figure
    share_of_data: Figure
    gain: Figure
    ease: str
    importance: str
    action: str


@dataclass(frozen=True, slots=True)
class Place:
    """A part that can be looked at, and whether it is."""

    name: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A tag in another part: its figures there, and the error rate less the one on dev."""

    tag: str
    part: str
    share_of_errors: Figure
    error_rate: Figure
    less_dev: Figure | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group that was found: a title, and how often such rows are wrong."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class ErrorsPage:
    """The page; ``case`` is None where nothing is to be looked at."""

    head: Head
    part: str
    parts: tuple[Place, ...]
    seen: int
    drawn: int
    case: Shown | None
    tags: tuple[TagFigures, ...]
    settled: str
    groups: tuple[Group, ...] | None
    against: str
    beside: tuple[Beside, ...]
    apart: tuple[str, ...]
    missing: str = ""


def view(facts: Facts, asked: Mapping[str, str]) -> ErrorsPage:
    """What the page of the wrong answers shows.

    Args:
        facts: The facts.
        asked: ``on``: the part; ``case``: place of the row, from 1; ``of``: ``wrong`` or ``right``.

    Raises:
        UserError: there is no such part, or it is not to be looked at.
    """
    part = asked.get("on", PART)
    found = facts.errors_on(part)
    parts = tuple(Place(each, each == part) for each in PARTS)
    if isinstance(found, NotFoundError):
        return _nothing(found, part, parts)
    kind = "right" if asked.get("of") == "right" else "wrong"
    cases = [each for each in found.cases if each.is_wrong is (kind == "wrong")]
    place = _place(asked.get("case"), cases)
    return ErrorsPage(
        head=Head(_title(found), _lede(found), _facts(found)),
        part=part,
        parts=parts,
        seen=found.seen,
        drawn=found.drawn,
        case=shown(facts, found, cases, place, kind) if cases else None,
        tags=tuple(tag_figures(each) for each in found.tags),
        settled=settled(found),
        groups=None
        if found.groups is None
        else tuple(_group(each.errors, each.traits, each.error_rate) for each in found.groups),
        against=found.against,
        beside=_beside(found),
        apart=tuple(
            apart(one.tag, each.part, one.less_dev)
            for each in found.elsewhere
            for one in each.tags
            if one.less_dev and one.is_apart
        ),
    )


def _nothing(why: NotFoundError, part: str, parts: tuple[Place, ...]) -> ErrorsPage:
    if part == PART:
        title = "Nothing is trained yet, so nothing is wrong yet."
        lede = "Wrong answers are those of a trained candidate on dev."
        head = Head(title, lede, (Fact("Next", "", "seatrial train"),))
    else:
        title = f"Nothing is known of wrong answers on {part}."
        head = Head(title, words.sentence(words.capital(why.faults[0].fact)))
    hint = (why.faults[0].hint or "").removeprefix("start with: ")
    missing = hint if hint.startswith("seatrial ") else f"seatrial errors --on {part}"
    return ErrorsPage(head, part, parts, 0, 0, None, (), "", (), "", (), (), missing)


def _beside(found: Errors) -> tuple[Beside, ...]:
    there = (
        Beside(
            one.tag,
            each.part,
            figure(one.share_of_errors),
            figure(one.error_rate),
            figure(one.less_dev) if one.less_dev else None,
        )
        for each in found.elsewhere
        for one in each.tags
    )
    return tuple(sorted(there, key=lambda each: each.tag))


def tagged(
    facts: Facts,
    row: str,
    tags: Sequence[str],
    *,
    toggle: str,
    new: str,
    case: str,
    kind: str,
    part: str,
    is_next: bool,
) -> str:
    """Give a row its tags, and say which page comes next.

    Args:
        facts: The facts.
        row: Name of the row.
        tags: Those that it has.
        toggle: One that is given, or taken away if it has it; empty for none.
        new: One more; empty for none.
        case: Place of the row, from 1.
        kind: ``wrong`` or ``right``.
        part: Where the row is; dev if empty.
        is_next: Whether the next row is wanted.

    Raises:
        NotFoundError: no such row.
        UserError: a tag is too long.
    """
    from seatrial.verbs.errors import tag

    kept = [each for each in tags if each != toggle]
    kept += [toggle] if toggle and toggle not in tags else []
    kept += [new] if new.strip() else []
    part = part or PART
    tag(facts.project, row, kept, part=part)
    place = int(case) if case.isdigit() else 0
    of = "right" if kind == "right" else "wrong"
    return f"../errors?on={part}&of={of}&case={place + is_next}"


def _place(asked: str | None, cases: Sequence[Case]) -> int:
    """The row that is asked for; else the first that nobody looked at."""
    if asked is not None and asked.isdigit() and 1 <= int(asked) <= len(cases):
        return int(asked) - 1
    return next((at for at, each in enumerate(cases) if not each.is_seen), 0)


def _title(found: Errors) -> str:
    tagged = f"{found.seen} of {found.drawn} errors tagged"
    if not found.tags:
        return f"{tagged}. Nothing is known yet of what kind they are."
    first = found.tags[0].priority.tag
    if len(found.tags) == 1 or (found.order is not None and found.order.is_settled):
        return f"{tagged}. {words.capital(first)} leads."
    return f"{tagged}. {words.capital(first)} and {found.tags[1].priority.tag} lead, in no settled order."


def _lede(found: Errors) -> str:
    rate = words.per_cent(found.wrong / max(found.rows, 1))
    return (
        f"{found.drawn} answers of {found.candidate} that are wrong, drawn at random from {found.wrong:,} on "
        f"{found.part} ({rate} of {found.rows:,} rows). The test part is not looked at."
    )


def _facts(found: Errors) -> tuple[Fact, ...]:
    right = [each for each in found.cases if not each.is_wrong]
    looked = sum(each.is_seen for each in right)
    return (
        Fact("Candidate", "", found.candidate),
        Fact(
            "Right answers looked at",
            f"{looked} of {len(right)}",
            href=f"errors?on={found.part}&of=right",
        ),
        Fact("Room counted against", found.against),
    )


def tag_figures(row: TagRow) -> TagFigures:
    """A tag as a row of the table."""
    one, action = row.priority, row.action
    said = ""
    if action is not None:
        said = action.action
        if action.rows is not None:
            said = f"{said} {action.rows:,} rows (the data has {grown(action.came or 0)})"
        if action.change is not None:
            moved = figure(action.change)
            said = f"{said}: errors {moved.value} {moved.interval}"
    return TagFigures(
        one.tag,
        one.rows,
        figure(one.share_of_errors),
        figure(one.error_rate),
        figure(one.share_of_data),
        figure(one.gain),
        "" if row.ease is None else str(row.ease),
        "" if row.importance is None else str(row.importance),
        said,
    )


def _group(errors: int, traits: Sequence[Any], rate: Estimate) -> Group:
    told = figure(rate)
    where = " and ".join(each.where for each in traits)
    few = " Too few to tell." if errors < 30 else ""  # noqa: PLR2004 — as everywhere
    return Group(
        f"{errors} wrong answers where {where}",
        f"Of such rows {told.value} {told.interval} are wrong.{few}",
    )
