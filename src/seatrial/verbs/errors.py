"""Wrong answers: a sample to look at, the tags that people gave them, which kind is worth working on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.digest import digest
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate
from seatrial.evaluation.error_groups import ErrorGroup, Trait, error_groups
from seatrial.evaluation.priorities import Order, Priority, Sample, order, priorities
from seatrial.reports import numbers
from seatrial.reports.errors import TagLine, WrongLine
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.slices import candidate_of, columns_to_cut

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.records.candidate import Candidate

SAMPLED = 100
"""Wrong answers that are drawn to be looked at, and right ones."""
PART = "dev"
"""Where: wrong answers on the test part are not to be looked at, or it would be worn out."""
MOST_TAG = 60
"""Signs of a tag."""
FAR = 0.8
"""Of numbers: answers further off than this share of all are taken for wrong."""
ACTIONS = ("collect", "augment", "fix labels", "features", "leave")
"""What can be done about a tag."""
_GROUPS_VERSION = 1


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
            "fields": {name: _plain(value) for name, value in self.fields.items()},
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
        change: Paired change of that error rate by the newest candidate; None while it is the same one.
        candidate: Short name of the candidate then.
    """

    action: str
    by: str
    reason: str
    at: str
    before: Estimate
    change: Estimate | None
    candidate: str


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
        action = self.action
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
            "action": None
            if action is None
            else {
                "action": action.action,
                "by": action.by,
                "reason": action.reason,
                "at": action.at,
                "before": action.before.to_json(),
                "change": action.change.to_json() if action.change else None,
                "candidate": action.candidate,
            },
        }


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Wrong answers that lie close together: how many, how often such rows are wrong, what sets them apart."""

    errors: int
    error_rate: Estimate
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    """What is known of the wrong answers.

    Attributes:
        candidate: Short name.
        wrong: Wrong answers on dev.
        is_number: Whether a number is predicted, and the furthest fifth counts as wrong.
        rows: Rows of dev.
        cases: The sample: wrong answers first, in the order in which they were drawn, then right ones.
        tags: The one most worth working on first.
        order: Whether the first of them is proved to be first; None with fewer than two.
        groups: Groups that were found without anybody's tags.
        against: What the room to improve is counted against.
    """

    candidate: str
    wrong: int
    is_number: bool
    rows: int
    cases: tuple[Case, ...]
    tags: tuple[TagRow, ...]
    order: Order | None
    groups: tuple[FoundGroup, ...]
    against: str

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
            "part": PART,
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
            "groups": [
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
            "sample": [each.to_json() for each in self.cases],
        }


def errors(project: Project, *, against: str | None = None) -> Errors:
    """What is known of the kept candidate's wrong answers on dev. Groups are looked for once.

    Args:
        project: The project.
        against: A family of the ladder whose error rate is the room's end; None: no error at all.

    Raises:
        NotFoundError: there is no candidate, or no such family.
    """
    return _Desk(project).errors(against)


def report_lines(found: Errors) -> dict[str, Any]:
    """What the terminal shows of it."""
    return {
        "name": found.candidate,
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
            for each in found.groups
        ],
        "worst": [
            WrongLine(each.id, each.said, each.truth, each.loss, each.fields, each.tags)
            for each in found.worst
        ],
    }


def settled(found: Errors) -> str:
    """What is known of the order of the tags, as a sentence; empty with fewer than two."""
    known = found.order
    if known is None:
        return ""
    lead = numbers.whole(known.lead)
    if known.is_settled:
        return f"The first is ahead of the next by {lead} points: the order is settled."
    if known.more is None:
        return "The first two have the same room as far as the sample tells: their order isn't settled."
    return (
        f"The first is ahead by {lead} points: the order isn't settled; about {known.more:,} more tagged "
        "rows would settle it."
    )


def _tag_line(row: TagRow) -> TagLine:
    one, action = row.priority, row.action
    said = "" if action is None else action.action
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


def tag(project: Project, name: str, tags: Sequence[str]) -> Case:
    """Give a row of the sample its tags; those that it had before are replaced, and stay on the record.

    Args:
        project: The project.
        name: First signs of the row's name.
        tags: None says that somebody looked and found nothing to say.

    Raises:
        UserError: a tag is empty or too long.
        NotFoundError: no such row.
    """
    desk = _Desk(project)
    case = _find(desk.cases, name)
    cleaned = list(dict.fromkeys(_tag(one) for each in tags for one in each.split(",")))
    record = {"row": case.id, "tags": cleaned, "candidate": desk.candidate.name}
    project.ledger.append("tag", record, key=case.id)
    return case


def case_of(project: Project, name: str) -> Case:
    """A row of the sample by the first signs of its name.

    Raises:
        NotFoundError: none has it, or several do.
    """
    return _find(_Desk(project).cases, name)


def rows_where(project: Project, where: str, *, most: int = 50) -> tuple[int, int, list[Case]]:
    """Rows of dev that meet a condition.

    Returns:
        How many there are, how many of them are wrong, and the worst of them.

    Raises:
        PlanError: it is no condition on these columns.
    """
    desk = _Desk(project)
    met = np.flatnonzero(desk.materials.mask(PART, where))
    wrong = int(desk.wrong[met].sum())
    order_ = sorted(met.tolist(), key=lambda place: -_told(desk.answers, place)[2])[:most]
    return len(met), wrong, desk.cases_at(np.array(order_, dtype=np.intp))


@dataclass(frozen=True, slots=True)
class TagChange:
    """A row was given a tag, or it was taken away."""

    at: str
    row: str
    given: bool


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
    for what, value in (("ease", ease), ("importance", importance)):
        if value is not None and not 1 <= value <= 5:  # noqa: PLR2004 — as stated
            raise UserError(
                f"{what} must lie in [1, 5], got {value}",
                hint="5 is the easiest, the most important",
            )
    if not reason.strip():
        raise UserError("a reason is missing", hint="--reason TEXT: it stays on the record")
    record = {"tag": name, "ease": ease, "importance": importance, "reason": reason.strip()}
    project.ledger.append("tag-weight", record, key=f"weight {name}")


def act(project: Project, name: str, action: str, *, by: str, reason: str) -> None:
    """Record what is done about a tag; the next candidate's change of its errors is held against it.

    Raises:
        UserError: no such action, or nobody and no reason.
        NotFoundError: nobody gave that tag.
    """
    _demand_tag(project, name)
    if action not in ACTIONS:
        raise UserError(f"`{action}` is no action", hint=f"one of {', '.join(ACTIONS)}")
    if not by.strip() or not reason.strip():
        raise UserError("who, or why, is missing", hint="--by NAME --reason TEXT")
    desk = _Desk(project)
    before = desk.rate_of(name, desk.answers)
    record = {
        "tag": name,
        "action": action,
        "by": project.ledger.remember(by.strip()),
        "reason": reason.strip(),
        "before": before.to_json(),
        "artefact": desk.candidate.artefact,
        "scores": desk.materials.predictions_digest(desk.candidate, PART),
    }
    project.ledger.append("tag-action", record, key=f"action {name}")


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
    return cleaned


class _Desk:
    """The kept candidate's answers to dev, the sample of them, and what was said of it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.chain = Chain(project)
        self.materials = Materials(self.chain)
        self.candidate: Candidate = candidate_of(self.chain, self.materials)

    @cached_property
    def answers(self) -> Predictions:
        return self.materials.predictions(self.candidate, PART)

    @cached_property
    def wrong(self) -> Any:
        """(n_rows,) bool."""
        return wrong_of(self.answers)

    @cached_property
    def hashes(self) -> Any:
        """Keyed hash of each row's key, (n_rows,) uint64: its name, and its place in the draw."""
        from seatrial.store.rows import row_hashes

        keys = self.materials.frame(PART, self.chain.plan.text.data.keys)
        return row_hashes(keys, secret=bytes.fromhex(self.project.salt))

    @cached_property
    def places(self) -> Any:
        """Rows of the sample: wrong ones first, each kind in the order of its hashes."""
        ordered = np.argsort(self.hashes, kind="stable")
        wrong = self.wrong[ordered]
        return np.concatenate([ordered[wrong][:SAMPLED], ordered[~wrong][:SAMPLED]])

    def name(self, place: int) -> str:
        """Name of a row."""
        return f"{int(self.hashes[place]):016x}"

    @cached_property
    def given(self) -> dict[str, tuple[str, ...]]:
        """Tags by row, the newest that were given."""
        found: dict[str, tuple[str, ...]] = {}
        for entry in self.project.ledger.find("tag"):
            found.setdefault(entry.payload["row"], tuple(entry.payload["tags"]))
        return found

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The sample."""
        return tuple(self.cases_at(self.places))

    def cases_at(self, places: Any) -> list[Case]:
        """Rows at some places."""
        shown = columns_to_cut(self.chain)
        every = self.materials.frame(PART, shown)
        lies = {
            name: _ranks(every[name], places) for name in shown if every[name].dtype.is_numeric()
        }
        rows = list(every[places].iter_rows(named=True)) if shown else [{}] * len(places)
        return [
            self._case(int(place), fields, {name: float(each[at]) for name, each in lies.items()})
            for at, (place, fields) in enumerate(zip(places, rows, strict=True))
        ]

    def _case(self, place: int, fields: Mapping[str, Any], lies: Mapping[str, float]) -> Case:
        answers, name = self.answers, self.name(place)
        said, truth, loss = _told(answers, place)
        return Case(
            name,
            place,
            bool(self.wrong[place]),
            said,
            truth,
            loss,
            fields,
            {each: share for each, share in lies.items() if share == share},  # noqa: PLR0124 — not NaN
            self.given.get(name, ()),
            name in self.given,
        )

    def errors(self, against: str | None) -> Errors:
        seen = [each for each in self.cases if each.is_seen]
        is_wrong = np.array([each.is_wrong for each in seen], dtype=bool)
        sample = Sample(is_wrong, int(self.wrong.sum()), int((~self.wrong).sum()))
        tags = list(dict.fromkeys(name for each in seen for name in each.tags))
        masks = {name: np.array([name in each.tags for each in seen], dtype=bool) for name in tags}
        references = self._references(against, seen, masks)
        found = priorities(masks, sample, references)
        rows = sorted((self._row(each) for each in found), key=lambda each: -each.rank)
        return Errors(
            self.candidate.name,
            int(self.wrong.sum()),
            self.answers.task == "regression",
            len(self.answers),
            self.cases,
            tuple(rows),
            self._order(found, masks, sample, references),
            self._groups(),
            against or "no error at all",
        )

    def _order(
        self,
        found: Sequence[Priority],
        masks: Mapping[str, Any],
        sample: Sample,
        references: Mapping[str, Estimate],
    ) -> Order | None:
        if len(found) < 2:  # noqa: PLR2004 — an order is one of two and more
            return None
        allowed = [
            references[each.tag].value or 0.0 if each.tag in references else 0.0
            for each in found[:2]
        ]
        return order(masks[found[0].tag], masks[found[1].tag], sample, allowed)

    def _references(
        self, against: str | None, seen: Sequence[Case], masks: Mapping[str, Any]
    ) -> dict[str, Estimate]:
        """Error rate of another candidate in each tag, on the rows that were looked at."""
        from seatrial.stats import wilson

        if against is None:
            return {}
        other = wrong_of(self._other(against), like=self.answers)
        found = {}
        for name, mask in masks.items():
            hits = [bool(other[each.place]) for each, has in zip(seen, mask, strict=True) if has]
            if hits:
                found[name] = wilson(sum(hits), len(hits))
        return found

    def _other(self, family: str) -> Predictions:
        ladder = (self.chain.selection or {}).get("ladder", [])
        if family not in ladder:
            fact = f"no candidate is called {family}"
            raise NotFoundError(fact, hint=f"there are {', '.join(ladder)}")
        known = self.chain.on_file(self.chain.recipe(family))
        if known is None:
            raise NotFoundError(f"{family} is not made of what is there now", hint="seatrial train")
        return self.materials.predictions(known, PART)

    def _row(self, priority: Priority) -> TagRow:
        ledger = self.project.ledger
        weight = ledger.newest("tag-weight", f"weight {priority.tag}")
        said: Mapping[str, Any] = weight.payload if weight else {}
        return TagRow(
            priority,
            said.get("ease"),
            said.get("importance"),
            said.get("reason", ""),
            self._action(priority.tag),
        )

    def _action(self, tag: str) -> Action | None:
        entry = self.project.ledger.newest("tag-action", f"action {tag}")
        if entry is None:
            return None
        payload = entry.payload
        change = None
        if payload["artefact"] != self.candidate.artefact:
            change = self._change(tag, payload["scores"])
        return Action(
            payload["action"],
            self.project.ledger.name_of(payload["by"]) or "somebody",
            payload["reason"],
            entry.at,
            Estimate.from_json(payload["before"]),
            change,
            payload["artefact"][:6],
        )

    def _change(self, tag: str, scores: str) -> Estimate | None:
        """Paired change of the error rate of the tagged rows since then; None if dev is another one."""
        from seatrial.evaluation import measure

        then = self.materials.answers_on_file(scores, PART)
        if then is None:
            return None
        places = self._tagged(tag)
        if not len(places) or self.answers.task == "regression":
            return None
        now, before = self.answers.take(places), then.take(places)
        found = measure("accuracy", before, versus=now).estimate
        return found if found.measured else None

    def _tagged(self, tag: str) -> Any:
        has = [int(name, 16) for name, tags in self.given.items() if tag in tags]
        return np.flatnonzero(np.isin(self.hashes, np.array(has, dtype=np.uint64)))

    def rate_of(self, tag: str, answers: Predictions) -> Estimate:
        """Share of the tagged rows that are wrong."""
        from seatrial.core.estimate import not_measured
        from seatrial.stats import wilson

        places = self._tagged(tag)
        if not len(places):
            return not_measured("no row of dev has it")
        return wilson(int(wrong_of(answers)[places].sum()), len(places))

    def _groups(self) -> tuple[FoundGroup, ...]:
        """Groups of wrong answers, looked for once for these answers and columns."""
        names, split = columns_to_cut(self.chain), self.chain.split.parts[PART]
        columns = [(name, split.columns[name]) for name in names]
        scores = self.materials.predictions_digest(self.candidate, PART)
        key = digest(
            {
                "version": _GROUPS_VERSION,
                "scores": scores,
                "truth": split.target,
                "columns": columns,
            }
        )
        known = self.project.ledger.newest("error-groups", key)
        if known is None:
            record = {"groups": [_group_json(each) for each in self._found_groups(names)]}
            known = self.project.ledger.append("error-groups", record, key=key)
        return tuple(
            FoundGroup(
                each["errors"],
                Estimate.from_json(each["error_rate"]),
                tuple(Trait(**one) for one in each["traits"]),
            )
            for each in known.payload["groups"]
        )

    def _found_groups(self, names: tuple[str, ...]) -> tuple[ErrorGroup, ...]:
        from seatrial.evaluation.facets import facets
        from seatrial.scoring.encode import encode, spans

        scorer = self.materials.scorer(self.candidate)
        contract = scorer.header.contract
        if scorer.header.form != "estimator":
            return ()
        asked = [each.name for each in contract.features]
        matrix = encode(contract, self.materials.raw(PART, asked), scorer.functions)
        if matrix.dtype != np.float64:
            return ()
        made = facets(self.materials.raw(PART, names), least=10)
        kinds = [
            each.kind == "category"
            for each, columns in spans(contract)
            for _ in range(columns.start, columns.stop)
        ]
        return error_groups(matrix, kinds, self.wrong, made)


def _group_json(group: ErrorGroup) -> dict[str, Any]:
    return {
        "errors": len(group.rows),
        "error_rate": group.error_rate.to_json(),
        "traits": [
            {"where": each.where, "share": each.share, "overall": each.overall}
            for each in group.traits
        ],
    }


def _ranks(column: Any, places: Any) -> Any:
    """Share of all values that lie below those at some places; NaN for a missing one."""
    values = column.cast(float).to_numpy()
    known = np.sort(values[~np.isnan(values)])
    found = np.searchsorted(known, values[places]) / max(len(known) - 1, 1)
    return np.where(np.isnan(values[places]), np.nan, np.minimum(found, 1.0))


def wrong_of(answers: Predictions, *, like: Predictions | None = None) -> Any:
    """Which answers are wrong, (n_rows,) bool.

    Of numbers those that are further off than four fifths of the answers are, or of those they are held against.
    """
    if answers.task != "regression":
        return np.asarray(answers.decided) != answers.truth
    return np.abs(answers.errors) > np.quantile(np.abs((like or answers).errors), FAR)


def _told(answers: Predictions, place: int) -> tuple[str, str, float]:
    """What was said, what is true, and how wrong it is."""
    if answers.task == "regression":
        said, truth = float(answers.decided[place]), float(answers.truth[place])
        return f"{said:.4g}", f"{truth:.4g}", abs(said - truth)
    decided, truth = int(answers.decided[place]), int(answers.truth[place])
    names = answers.classes
    if not answers.states_probabilities:
        return names[decided], names[truth], float(decided != truth)
    given = answers.scores[place]
    loss = -float(np.log(max(float(given[truth]), 1e-12)))
    return f"{names[decided]}, {given[decided]:.2f}", names[truth], loss


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
