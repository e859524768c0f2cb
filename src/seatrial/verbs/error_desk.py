"""The kept candidate's answers to dev, the sample of them that is looked at, and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.digest import digest
from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate
from seatrial.evaluation.error_groups import ErrorGroup, Trait, error_groups
from seatrial.evaluation.priorities import Order, Priority, Sample, order, priorities
from seatrial.verbs.chain import Chain
from seatrial.verbs.error_records import PART, Action, Case, Errors, FoundGroup, TagRow
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.slices import candidate_of, columns_to_cut

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.records.candidate import Candidate

SAMPLED = 100
"""Wrong answers that are drawn to be looked at, and right ones."""
FAR = 0.8
"""Of numbers: answers further off than this share of all are taken for wrong."""
_GROUPS_VERSION = 2


class Desk:
    """The kept candidate's answers to dev, the sample of them, and what was said of it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.chain = Chain(project)
        self.materials = Materials(self.chain)
        self.candidate: Candidate = candidate_of(self.chain, self.materials)

    @cached_property
    def answers(self) -> Predictions:
        """Its answers."""
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

    def errors(self, against: str | None, *, look: bool) -> Errors:
        """All that is known of the wrong ones; groups that are not on file are looked for if asked to."""
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
            self._groups(look=look),
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

    def _groups(self, *, look: bool) -> tuple[FoundGroup, ...] | None:
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
        if known is None and not look:
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


def _group_json(group: ErrorGroup) -> dict[str, Any]:
    return {
        "errors": group.errors,
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


def told(answers: Predictions, place: int) -> tuple[str, str, float]:
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
