"""Wrong answers: a sample to look at, the tags that people gave them, which kind is worth working on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate
from seatrial.records.image import Pixels, read
from seatrial.reports import numbers
from seatrial.reports.errors import Beside, TagLine, WrongLine, grown
from seatrial.verbs.chain import Chain
from seatrial.verbs.error_desk import Desk
from seatrial.verbs.error_records import (
    PART,
    PARTS,
    PRODUCTION,
    Case,
    Errors,
    PartErrors,
    TagChange,
    TagRow,
)
from seatrial.verbs.error_rows import told
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project

MOST_TAG = 60
"""Signs of a tag."""
COLLECT = "collect"
ACTIONS = (COLLECT, "augment", "fix labels", "features", "leave")
"""What can be done about a tag."""


def errors(
    project: Project, *, part: str = PART, against: str | None = None, look: bool = True
) -> Errors:
    """What is known of the wrong answers: of the kept candidate's, or in production of the released one's.

    Args:
        project: The project.
        part: One of :data:`PARTS`.
        against: A family of the ladder whose error rate is the room's end; None: no error at all.
        look: Whether what is not on file is measured: answers to train, the log, groups; it takes seconds.

    Raises:
        UserError: there is no such part, or the family did not answer there.
        NotFoundError: there is no candidate, no such family, or nothing of that part is on file.
    """
    found = Desk(project, part, look=look).errors(against)
    return replace(found, elsewhere=_elsewhere(project, found, look=look))


def _elsewhere(project: Project, dev: Errors, *, look: bool) -> tuple[PartErrors, ...]:
    """The tags in the other parts in which somebody tagged; nothing of one that can't be asked any more."""
    if dev.part != PART:
        return ()
    tagged = {entry.payload.get("part", PART) for entry in project.ledger.find("tag")}
    found = []
    for part in PARTS[1:]:
        if part in tagged:
            with suppress(NotFoundError):
                found.append(Desk(project, part, look=look).beside(dev.tags))
    return tuple(found)


def report_lines(found: Errors) -> dict[str, Any]:
    """What the terminal shows of it."""
    return {
        "name": found.candidate,
        "part": found.part,
        "wrong": found.wrong,
        "is_number": found.is_number,
        "rows": found.rows,
        "seen": found.seen,
        "drawn": found.drawn,
        "against": found.against,
        "tags": [_tag_line(each) for each in found.tags],
        "settled": settled(found),
        "groups": [
            (each.errors, " and ".join(one.where for one in each.traits), each.error_rate)
            for each in found.groups or ()
        ],
        "beside": _beside(found),
        "others": {each.part: each.candidate for each in found.elsewhere if not each.is_kept},
        "worst": [
            WrongLine(each.id, each.said, each.truth, each.loss, each.fields, each.tags)
            for each in found.worst
        ],
    }


def _beside(found: Errors) -> list[Beside]:
    """Tags of dev with their error rate in each part; of train and production also of those dev has none of."""
    rates = {each.priority.tag: {PART: each.priority.error_rate} for each in found.tags}
    apart: dict[str, dict[str, Estimate]] = {name: {} for name in rates}
    for part in found.elsewhere:
        for each in part.tags:
            rates.setdefault(each.tag, {})[part.part] = each.error_rate
            if each.less_dev is not None and each.is_apart:
                apart.setdefault(each.tag, {})[part.part] = each.less_dev
    if not found.elsewhere:
        return []
    return [Beside(name, each, apart.get(name, {})) for name, each in rates.items()]


def settled(found: Errors) -> str:
    """What is known of the order of the tags, as a sentence; empty with fewer than two."""
    known = found.order
    if known is None:
        return ""
    lead = numbers.whole(known.lead)
    if known.is_settled:
        return f"The first is ahead of the next by {lead} points: the order is settled."
    if known.more is None:
        return (
            f"The first is ahead by {lead} points: the order isn't settled, and no sample of these rows "
            "would settle it."
        )
    return (
        f"The first is ahead by {lead} points: the order isn't settled; about {known.more:,} more tagged "
        "rows would settle it."
    )


def _tag_line(row: TagRow) -> TagLine:
    one, action = row.priority, row.action
    said = "" if action is None else action.action
    if action is not None and action.rows is not None:
        said += f" {action.rows:,}; the data has {grown(action.came or 0)}"
    if action is not None and action.change is not None:
        said += f", errors {numbers.plus_minus(action.change)}"
    return TagLine(
        one.tag,
        one.share_of_errors,
        one.error_rate,
        one.share_of_data,
        one.gain,
        row.ease,
        row.importance,
        said,
    )


def tag(project: Project, name: str, tags: Sequence[str], *, part: str = PART) -> Case:
    """Give a row of the sample its tags; those that it had before are replaced, and stay on the record.

    Args:
        project: The project.
        name: First signs of the row's name.
        tags: None says that somebody looked and found nothing to say.
        part: Where the row is.

    Raises:
        UserError: a tag is empty or too long, or there is no such part.
        NotFoundError: no such row.
    """
    desk = Desk(project, part, look=False)
    case = _find(desk.cases, name)
    cleaned = list(dict.fromkeys(_tag(one) for each in tags for one in each.split(",")))
    record = {"row": case.id, "tags": cleaned, "candidate": desk.candidate.name, "part": part}
    project.ledger.append("tag", record, key=case.id)
    return case


def case_of(project: Project, name: str | None = None) -> Case:
    """A row of the sample by the first signs of its name; the worst wrong answer without one.

    Raises:
        NotFoundError: none has it, or several do; or no answer of the sample is wrong.
    """
    cases = Desk(project).cases
    if name is not None:
        return _find(cases, name)
    wrong = [each for each in cases if each.is_wrong]
    if not wrong:
        hint = f"name a row, as in seatrial trace {cases[0].id[:8]}" if cases else "seatrial errors"
        raise NotFoundError("no answer of the sample is wrong", hint=hint)
    return max(wrong, key=lambda each: each.loss)


def pictures(project: Project, case: Case, *, part: str = PART) -> dict[str, Pixels]:
    """The images of a row of the sample, by column; none where it has none, and none of the log."""
    if project.plan.text.task.kind != "image" or part == PRODUCTION:
        return {}
    chain = Chain(project)
    frame = Materials(chain).frame(part, chain.images)
    cells = frame[case.place].row(0, named=True)
    return {name: read(cell) for name, cell in cells.items() if cell is not None}


def rows_where(project: Project, where: str, *, most: int = 50) -> tuple[int, int, list[Case]]:
    """Rows of dev that meet a condition.

    Returns:
        How many there are, how many of them are wrong, and the worst of them.

    Raises:
        PlanError: it is no condition on these columns.
    """
    desk = Desk(project)
    met = np.flatnonzero(desk.materials.mask(PART, where))
    wrong = int(desk.wrong[met].sum())
    order_ = sorted(met.tolist(), key=lambda place: -told(desk.answers, place)[2])[:most]
    return len(met), wrong, desk.cases_at(np.array(order_, dtype=np.intp))


def history(project: Project, tag: str) -> list[TagChange]:
    """When which row was given a tag, or lost it; the newest first."""
    had: dict[str, bool] = {}
    found: list[TagChange] = []
    for entry in reversed(list(project.ledger.find("tag"))):
        row, has = entry.payload["row"], tag in entry.payload["tags"]
        if has != had.get(row, False):
            found.append(TagChange(entry.at, row, has))
        had[row] = has
    return found[::-1]


def weigh(
    project: Project, name: str, *, ease: int | None, importance: int | None, reason: str
) -> None:
    """Say how easy a tag is to mend and how much it matters, 1 to 5, and why.

    Raises:
        UserError: out of range, or no reason.
        NotFoundError: nobody gave that tag.
    """
    _demand_tag(project, name)
    if ease is None and importance is None:
        raise UserError("nothing is said of it", hint="--ease 1 to 5, --importance 1 to 5, or both")
    for what, value in (("ease", ease), ("importance", importance)):
        if value is not None and not 1 <= value <= 5:  # noqa: PLR2004 — as stated
            raise UserError(
                f"{what} must lie in [1, 5], got {value}",
                hint="5 is the easiest, the most important",
            )
    if not reason.strip():
        raise UserError("a reason is missing", hint="--reason TEXT: it stays on the record")
    before = project.ledger.newest("tag-weight", f"weight {name}")
    said = before.payload if before else {}
    record = {
        "tag": name,
        "ease": said.get("ease") if ease is None else ease,
        "importance": said.get("importance") if importance is None else importance,
        "reason": reason.strip(),
    }
    project.ledger.append("tag-weight", record, key=f"weight {name}")


def act(
    project: Project, name: str, action: str, *, by: str, reason: str, rows: int | None = None
) -> int | None:
    """Record what is done about a tag; the next candidate's change of its errors is held against it.

    Args:
        project: The project.
        name: The tag.
        action: One of :data:`ACTIONS`.
        by: Who does it.
        reason: Why.
        rows: Rows of the tag to collect; if None, as many as :meth:`Desk.wanted` says.

    Returns:
        The rows to collect; None for another action.

    Raises:
        UserError: no such action, nobody and no reason, or it isn't known how many rows.
        NotFoundError: nobody gave that tag.
    """
    _demand_tag(project, name)
    if action not in ACTIONS:
        raise UserError(f"`{action}` is no action", hint=f"one of {', '.join(ACTIONS)}")
    if not by.strip() or not reason.strip():
        raise UserError("who, or why, is missing", hint="--by NAME --reason TEXT")
    desk = Desk(project)
    wanted = _to_collect(desk, name, action, rows)
    before = desk.rate_of(name)
    record = {
        "tag": name,
        "action": action,
        "by": project.ledger.remember(by.strip()),
        "reason": reason.strip(),
        "before": before.to_json(),
        "artefact": desk.candidate.artefact,
        "rows": wanted,
        "snapshot_rows": desk.chain.snapshot.rows,
    }
    project.ledger.append("tag-action", record, key=f"action {name}")
    return wanted


def _to_collect(desk: Desk, name: str, action: str, rows: int | None) -> int | None:
    if action != COLLECT:
        if rows is not None:
            raise UserError(f"`{action}` collects no rows", hint=f"--rows goes with {COLLECT}")
        return None
    if rows is not None and rows < 1:
        raise UserError(f"`--rows` must be 1 or more, got {rows}", hint="as in --rows 400")
    wanted = rows or desk.wanted(name)
    if wanted is None:
        fact = (
            f"how many rows of {name!r} there are is not known: too few rows of dev were looked at"
        )
        raise UserError(fact, hint="look at right answers too in seatrial ui, or say --rows N")
    return wanted


def _find(cases: Sequence[Case], name: str) -> Case:
    found = [each for each in cases if name and each.id.startswith(name)]
    if len(found) != 1:
        fact = f"{len(found)} rows of the sample have a name that begins with {name!r}"
        raise NotFoundError(fact, hint="seatrial errors lists them")
    return found[0]


def _demand_tag(project: Project, name: str) -> None:
    known = {each for entry in project.ledger.find("tag") for each in entry.payload["tags"]}
    if name not in known:
        hint = f"tags: {', '.join(sorted(known))}" if known else "seatrial errors tag ROW TAG"
        raise NotFoundError(f"nobody gave the tag {name!r}", hint=hint)


def _tag(text: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > MOST_TAG:
        raise UserError(f"a tag has 1 to {MOST_TAG} signs, got {len(cleaned)}")
    if not cleaned.isprintable():
        raise UserError("a tag has signs that can't be printed", hint="letters, digits, spaces")
    return cleaned
