"""A candidate's answers to a part, the sample of them that is looked at, and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.digest import digest, short
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate
from seatrial.evaluation.error_groups import ErrorGroup, Trait, error_groups
from seatrial.evaluation.priorities import (
    Order,
    Priority,
    Sample,
    difference,
    mean_of_tag,
    order,
    priorities,
    rows_to_collect,
    stands_apart,
)
from seatrial.records.candidate import GIVEN
from seatrial.verbs.chain import Chain
from seatrial.verbs.error_records import (
    PART,
    PARTS,
    PRODUCTION,
    Action,
    Case,
    Errors,
    FoundGroup,
    PartErrors,
    TagRow,
    TagThere,
)
from seatrial.verbs.error_rows import ranks, rows_of, told, wrong_of
from seatrial.verbs.iterations import kept
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.released import unanswering
from seatrial.verbs.slices import candidate_of, columns_to_cut

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.records.candidate import Candidate

SAMPLED = 100
"""Wrong answers that are drawn to be looked at, and right ones."""
_GROUPS_VERSION = 3


class Desk:
    """A candidate's answers to a part, the sample of them, and what was said of it.

    Args:
        project: The project.
        part: One of :data:`PARTS`.
        look: Whether what is not on file is measured: answers to train, the log, groups.

    Raises:
        UserError: there is no such part.
        NotFoundError: there is no candidate, or nothing of that part is on file.
    """

    def __init__(self, project: Project, part: str = PART, *, look: bool = True) -> None:
        self.project, self.part, self._look = project, part, look
        self.chain = Chain(project)
        self.materials = Materials(self.chain)
        self.candidate: Candidate = candidate_of(self.chain, self.materials)
        self._rows = rows_of(project, self.materials, self.candidate, part, look=look)

    @cached_property
    def answers(self) -> Predictions:
        """The answers."""
        return self._rows.answers

    @cached_property
    def wrong(self) -> Any:
        """(n_rows,) bool; of numbers those that are off by more than four fifths of dev's answers."""
        if self.part == PART or self.answers.task != "regression":
            return wrong_of(self.answers)
        return wrong_of(self.answers, like=self.materials.predictions(self.candidate, PART))

    @cached_property
    def hashes(self) -> Any:
        """Keyed hash of each row's key, (n_rows,) uint64: its name, and its place in the draw."""
        from seatrial.store.rows import row_hashes

        return row_hashes(self._rows.keys, secret=bytes.fromhex(self.project.salt))

    @cached_property
    def places(self) -> Any:
        """Rows of the sample: wrong ones first, each kind in the order of its hashes."""
        ordered = np.argsort(self.hashes, kind="stable")
        wrong = self.wrong[ordered]
        return np.concatenate([ordered[wrong][:SAMPLED], ordered[~wrong][:SAMPLED]])

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
        every = self._rows.frame(columns_to_cut(self.chain))
        lies = {each.name: ranks(each, places) for each in every if each.dtype.is_numeric()}
        rows = list(every[places].iter_rows(named=True)) if every.width else [{}] * len(places)
        return [
            self._case(int(place), fields, {name: float(each[at]) for name, each in lies.items()})
            for at, (place, fields) in enumerate(zip(places, rows, strict=True))
        ]

    def _case(self, place: int, fields: Mapping[str, Any], lies: Mapping[str, float]) -> Case:
        answers, name = self.answers, f"{int(self.hashes[place]):016x}"
        said, truth, loss = told(answers, place)
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

    @cached_property
    def _seen(self) -> list[Case]:
        return [each for each in self.cases if each.is_seen]

    @cached_property
    def _sample(self) -> Sample:
        is_wrong = np.array([each.is_wrong for each in self._seen], dtype=bool)
        return Sample(is_wrong, int(self.wrong.sum()), int((~self.wrong).sum()))

    @cached_property
    def _masks(self) -> dict[str, Any]:
        """(n_seen,) bool by tag."""
        tags = dict.fromkeys(name for each in self._seen for name in each.tags)
        return {
            name: np.array([name in each.tags for each in self._seen], dtype=bool) for name in tags
        }

    def errors(self, against: str | None = None) -> Errors:
        """All that is known of the wrong ones."""
        references = self._references(against)
        found = priorities(self._masks, self._sample, references)
        rows = sorted((self._row(each) for each in found), key=lambda each: -each.rank)
        return Errors(
            part=self.part,
            candidate=short(self._rows.artefact),
            wrong=int(self.wrong.sum()),
            is_number=self.answers.task == "regression",
            rows=len(self.answers),
            cases=self.cases,
            tags=tuple(rows),
            order=self._order(found, references),
            groups=self._groups() if self.part == PART else (),
            against=against or "no error at all",
        )

    def beside(self, dev: Sequence[TagRow]) -> PartErrors:
        """The figures of the tags here, each held against those of dev."""
        there = {each.priority.tag: each.priority.error_rate for each in dev}
        found = priorities(self._masks, self._sample, {})
        among = len(found) * (len(PARTS) - 1)
        return PartErrors(
            part=self.part,
            candidate=short(self._rows.artefact),
            is_kept=self._rows.artefact == self.candidate.artefact,
            rows=len(self.answers),
            wrong=int(self.wrong.sum()),
            seen=len(self._seen),
            tags=tuple(_there(each, there.get(each.tag), among) for each in found),
        )

    def _order(self, found: Sequence[Priority], references: Mapping[str, Estimate]) -> Order | None:
        if len(found) < 2:  # noqa: PLR2004 — an order is one of two and more
            return None
        allowed = [
            references[each.tag].value or 0.0 if each.tag in references else 0.0
            for each in found[:2]
        ]
        first, second = (self._masks[each.tag] for each in found[:2])
        return order(first, second, self._sample, allowed)

    def _references(self, against: str | None) -> dict[str, Estimate]:
        """Error rate of another candidate in each tag, over all rows with it."""
        if against is None:
            return {}
        other = wrong_of(self._other(against), like=self.answers)
        hits = other[[each.place for each in self._seen]].astype(np.float64)
        return {name: mean_of_tag(mask, self._sample, hits) for name, mask in self._masks.items()}

    def _other(self, family: str) -> Predictions:
        family = f"{GIVEN}{family}" if family in self.chain.given else family
        if self.part == PRODUCTION:
            fact = f"{family} did not answer in production"
            raise UserError(fact, hint="--against goes with --on dev or train")
        ladder = (self.chain.selection or {}).get("ladder", [])
        if family not in ladder:
            fact = f"no candidate is called {family}"
            raise NotFoundError(fact, hint=f"there are {', '.join(ladder)}")
        known = self.chain.on_file(self.chain.recipe(family))
        if known is None:
            raise NotFoundError(f"{family} is not made of what is there now", hint="seatrial train")
        return self.materials.predictions(known, self.part)

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
        if entry is None or self.part != PART:
            return None
        payload = entry.payload
        change = None
        if payload["artefact"] != self.candidate.artefact:
            change = self._change(tag, payload["artefact"], entry.at)
        asked = payload.get("rows")
        return Action(
            payload["action"],
            self.project.ledger.name_of(payload["by"]) or "somebody",
            payload["reason"],
            entry.at,
            Estimate.from_json(payload["before"]),
            change,
            short(payload["artefact"]),
            asked,
            None if asked is None else self.chain.snapshot.rows - payload["snapshot_rows"],
        )

    def _change(self, tag: str, artefact: str, until: str) -> Estimate | None:
        """Change of the error of the rows with a tag that dev has now; None if it can't be told.

        Of classes the change of the error rate, of numbers of the mean absolute error. Wrong and right answers
        of the candidate of then were drawn apart, so each counts for as many as it stands for.
        """
        then = self._of_then(artefact)
        if then is None:
            return None
        looked = {
            int(entry.payload["row"], 16)
            for entry in self.project.ledger.find("tag")
            if entry.at <= until
        }
        seen = np.flatnonzero(np.isin(self.hashes, np.array(sorted(looked), dtype=np.uint64)))
        was_wrong = wrong_of(then)
        sample = Sample(was_wrong[seen], int(was_wrong.sum()), int((~was_wrong).sum()))
        tagged = np.isin(seen, self._tagged(tag))
        moved = np.abs(self.answers.errors[seen]) - np.abs(then.errors[seen])
        unit = self.chain.plan.text.task.unit or "" if then.task == "regression" else "fraction"
        return mean_of_tag(tagged, sample, moved, unit=unit)

    def _of_then(self, artefact: str) -> Predictions | None:
        """What an earlier candidate says of the rows that dev has now; data that came since changed them."""
        earlier = (each for _, each in kept(self.project) if each.artefact == artefact)
        then = next(earlier, None)
        if then is None:
            return None
        is_filed = self.materials.predictions_digest(then, PART) is not None
        if not (self._look or is_filed) or unanswering(self.chain, self.materials, then):
            return None
        return self.materials.predictions(then, PART)

    def wanted(self, tag: str) -> int | None:
        """Rows of a tag to collect; None if it isn't known how many there are."""
        found = priorities({tag: self._mask(tag)}, self._sample, {})[0]
        rows, dev = self.chain.snapshot.rows, self.chain.plan.text.data.split.dev
        return rows_to_collect(found, rows=rows, on_dev=len(self.answers), dev=dev)

    def _mask(self, tag: str) -> Any:
        return self._masks.get(tag, np.zeros(len(self._seen), dtype=bool))

    def _tagged(self, tag: str) -> Any:
        has = [int(name, 16) for name, tags in self.given.items() if tag in tags]
        return np.flatnonzero(np.isin(self.hashes, np.array(has, dtype=np.uint64)))

    def rate_of(self, tag: str) -> Estimate:
        """Share of the rows with a tag that are wrong."""
        return priorities({tag: self._mask(tag)}, self._sample, {})[0].error_rate

    def _groups(self) -> tuple[FoundGroup, ...] | None:
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
        if known is None and not self._look:
            return None
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


def _there(found: Priority, on_dev: Estimate | None, among: int) -> TagThere:
    less = None if on_dev is None else difference(found.error_rate, on_dev)
    is_apart = less is not None and stands_apart(less, among=among)
    return TagThere(found.tag, found.share_of_errors, found.error_rate, less, is_apart)


def _group_json(group: ErrorGroup) -> dict[str, Any]:
    return {
        "errors": group.errors,
        "error_rate": group.error_rate.to_json(),
        "traits": [
            {"where": each.where, "share": each.share, "overall": each.overall}
            for each in group.traits
        ],
    }
