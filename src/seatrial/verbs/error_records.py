"""What is known of the wrong answers: rows of the sample, tags with their figures, groups, actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.evaluation.error_groups import Trait
from seatrial.evaluation.priorities import Order, Priority

PART, PRODUCTION = "dev", "production"
PARTS = (PART, "train", PRODUCTION)
"""Where: wrong answers on the test part are not to be looked at, or it would be worn out."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the sample.

    Attributes:
        id: Its name: a keyed hash of its key.
        place: Position among the rows of the part.
        is_wrong: Whether the answer is wrong.
        said: What the candidate said, with its probability or number.
        truth: What is true.
        loss: How wrong it is: negative log-likelihood, or the absolute error.
        fields: What the candidate was shown, and the context, by column.
        lies: Of the fields that are numbers, the share of all rows that lie below.
        tags: Those that it was given.
        is_seen: Whether somebody looked at it.
    """

    id: str
    place: int
    is_wrong: bool
    said: str
    truth: str
    loss: float
    fields: Mapping[str, Any]
    lies: Mapping[str, float]
    tags: tuple[str, ...]
    is_seen: bool

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "id": self.id,
            "wrong": self.is_wrong,
            "said": self.said,
            "truth": self.truth,
            "loss": round(self.loss, 6),
            "fields": {name: plain(value) for name, value in self.fields.items()},
            "tags": list(self.tags),
            "seen": self.is_seen,
        }


@dataclass(frozen=True, slots=True)
class Action:
    """What is done about a tag, and what came of it.

    Attributes:
        action: One of :data:`ACTIONS`.
        by: Who chose it.
        reason: Why.
        at: When, ISO.
        before: Error rate of the tagged rows when it was chosen.
        change: Paired change by the newest candidate, of that error rate or, of numbers, of the mean absolute
            error; None while it is the same one.
        candidate: Short name of the candidate then.
        rows: Rows that are to be collected; None if none are.
        came: Rows that the data has more since; None if none are to be collected.
    """

    action: str
    by: str
    reason: str
    at: str
    before: Estimate
    change: Estimate | None
    candidate: str
    rows: int | None
    came: int | None

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "action": self.action,
            "by": self.by,
            "reason": self.reason,
            "at": self.at,
            "before": self.before.to_json(),
            "change": self.change.to_json() if self.change else None,
            "candidate": self.candidate,
            "rows": self.rows,
            "came": self.came,
        }


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with its figures, what people think of it, and what is done about it."""

    priority: Priority
    ease: int | None
    importance: int | None
    reason: str
    action: Action | None

    @property
    def rank(self) -> float:
        """Room, weighed by ease and importance, 3 of 5 where nobody said."""
        gain = self.priority.gain.value or 0.0
        return gain * (self.ease or 3) * (self.importance or 3) / 9.0

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        one = self.priority
        return {
            "tag": one.tag,
            "rows": one.rows,
            "share_of_errors": one.share_of_errors.to_json(),
            "error_rate": one.error_rate.to_json(),
            "share_of_data": one.share_of_data.to_json(),
            "gain": one.gain.to_json(),
            "ease": self.ease,
            "importance": self.importance,
            "reason": self.reason,
            "action": self.action.to_json() if self.action else None,
        }


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Wrong answers that lie close together: how many, how often such rows are wrong, what sets them apart."""

    errors: int
    error_rate: Estimate
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class TagThere:
    """A tag in another part.

    Attributes:
        tag: Its name.
        share_of_errors: Share of the wrong answers there that have it.
        error_rate: Share of the rows there with it whose answer is wrong.
        less_dev: That rate less the one on dev; None if no row of dev has it.
        is_apart: Whether that is beyond noise, all tags and parts being looked at.
    """

    tag: str
    share_of_errors: Estimate
    error_rate: Estimate
    less_dev: Estimate | None
    is_apart: bool

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "tag": self.tag,
            "share_of_errors": self.share_of_errors.to_json(),
            "error_rate": self.error_rate.to_json(),
            "less_dev": self.less_dev.to_json() if self.less_dev else None,
            "apart": self.is_apart,
        }


@dataclass(frozen=True, slots=True)
class PartErrors:
    """The tags in another part than dev.

    Attributes:
        part: ``train`` or ``production``.
        candidate: Short name of the one that answered there.
        is_kept: Whether it is the one that answered dev.
        rows: Rows there.
        wrong: Wrong answers there.
        seen: Rows of the sample there that somebody looked at.
        tags: The one with the most room first.
    """

    part: str
    candidate: str
    is_kept: bool
    rows: int
    wrong: int
    seen: int
    tags: tuple[TagThere, ...]

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "part": self.part,
            "candidate": self.candidate,
            "is_kept": self.is_kept,
            "rows": self.rows,
            "wrong": self.wrong,
            "seen": self.seen,
            "tags": [each.to_json() for each in self.tags],
        }


@dataclass(frozen=True, slots=True)
class Errors:
    """What is known of the wrong answers.

    Attributes:
        part: One of :data:`PARTS`.
        candidate: Short name.
        wrong: Wrong answers there.
        is_number: Whether a number is predicted, and the furthest fifth counts as wrong.
        rows: Rows there.
        cases: The sample: wrong answers first, in the order in which they were drawn, then right ones.
        tags: The one most worth working on first.
        order: Whether the first of them is proved to be first; None with fewer than two.
        groups: Groups that were found without anybody's tags; None if they were not looked for.
        against: What the room to improve is counted against.
        elsewhere: The same tags in the other parts in which somebody tagged; of dev only.
    """

    part: str
    candidate: str
    wrong: int
    is_number: bool
    rows: int
    cases: tuple[Case, ...]
    tags: tuple[TagRow, ...]
    order: Order | None
    groups: tuple[FoundGroup, ...] | None
    against: str
    elsewhere: tuple[PartErrors, ...] = ()

    @property
    def seen(self) -> int:
        """Wrong answers of the sample that somebody looked at."""
        return sum(each.is_seen and each.is_wrong for each in self.cases)

    @property
    def drawn(self) -> int:
        """Wrong answers of the sample."""
        return sum(each.is_wrong for each in self.cases)

    @property
    def worst(self) -> tuple[Case, ...]:
        """Wrong answers of the sample, the worst first."""
        wrong = (each for each in self.cases if each.is_wrong)
        return tuple(sorted(wrong, key=lambda each: -each.loss))

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial errors --json``; see ``docs/json.md``."""
        settled = self.order
        return {
            "candidate": self.candidate,
            "part": self.part,
            "rows": self.rows,
            "wrong": self.wrong,
            "drawn": self.drawn,
            "seen": self.seen,
            "against": self.against,
            "tags": [each.to_json() for each in self.tags],
            "order": None
            if settled is None
            else {
                "settled": settled.is_settled,
                "lead": settled.lead.to_json(),
                "more": settled.more,
            },
            "groups": None
            if self.groups is None
            else [
                {
                    "errors": each.errors,
                    "error_rate": each.error_rate.to_json(),
                    "traits": [
                        {"where": one.where, "share": one.share, "overall": one.overall}
                        for one in each.traits
                    ],
                }
                for each in self.groups
            ],
            "elsewhere": [each.to_json() for each in self.elsewhere],
            "sample": [each.to_json() for each in self.cases],
        }


@dataclass(frozen=True, slots=True)
class TagChange:
    """A row was given a tag, or it was taken away."""

    at: str
    row: str
    given: bool


def plain(value: Any) -> Any:
    """A value of a row as JSON has it."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
