"""Where the candidate is worse than its average says: every slice to a depth, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.core.digest import digest
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate
from seatrial.plan.claims import parse_claim
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Measure, arguments_of
from seatrial.records.dataset import PARTS
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.roles import Missing, Roles

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.evaluation.question import Question

VERSION = 2
PEOPLE = "people"
"""The baseline that is what people reach."""
CUT = frozenset({"number", "text", "boolean"})
"""Kinds of columns that are cut into slices."""
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice.

    Attributes:
        where: Its condition, as the plan writes it.
        estimate: The metric in it.
        p_adjusted: Chance that so bad a slice, or a worse one, is found where none is bad; None where
            slices were ranked by a score.
        score: What it was ranked by.
        people: What people reach in it; None if the plan has no answers of theirs.
    """

    where: str
    estimate: Estimate
    p_adjusted: float | None
    score: float
    people: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Slices:
    """What was found.

    Attributes:
        metric: The measure, as a claim writes it.
        part: Part of the split that was looked at.
        overall: The metric of all of its rows.
        looked_at: Slices with enough rows.
        columns: Columns that were cut.
        least: Relevant rows that a slice had to have.
        depth: Columns in one condition.
        slices: The worst first.
        higher_is_better: Which way of the metric is good.
        digest: Of the ledger's entry.
        people: What people reach on all rows; None if the plan has no answers of theirs.
    """

    metric: str
    part: str
    overall: Estimate
    looked_at: int
    columns: tuple[str, ...]
    least: int
    depth: int
    slices: tuple[SliceRow, ...]
    higher_is_better: bool
    digest: str = ""
    people: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial slices --json``; see ``docs/json.md``."""
        return {
            "looked_at": self.looked_at,
            "part": self.part,
            "columns": list(self.columns),
            "least": self.least,
            "depth": self.depth,
            "higher_is_better": self.higher_is_better,
            "overall": self.overall.to_json(),
            "people": self.people.to_json() if self.people else None,
            "slices": [
                {
                    "where": each.where,
                    "metric": self.metric,
                    "estimate": each.estimate.to_json(),
                    "overall": self.overall.to_json(),
                    "n": each.estimate.n,
                    "p_adjusted": each.p_adjusted,
                    "score": each.score,
                    "people": each.people.to_json() if each.people else None,
                }
                for each in self.slices
            ],
        }


def slices(
    project: Project,
    *,
    metric: str | None = None,
    part: str = "dev",
    depth: int = 3,
    least: int = 50,
    most: int = 20,
    alpha: float | None = None,
    tell: Told = lambda _line: None,
) -> Slices:
    """Search the slices in which the kept candidate is worst; the same search is not made twice.

    Args:
        project: The project.
        metric: A metric of predictions, as a claim writes it; the optimised one if None.
        part: Where: the test part counts as a use of it.
        depth: Columns in one condition, 1 to 3.
        least: Relevant rows that a slice must have.
        most: Slices that are given.
        alpha: Rank by SliceLine's score with this weight of the badness, in (0, 1]; by evidence if
            None.
        tell: Told what is going on.

    Raises:
        UserError: an option is out of range, or the metric is not one of predictions.
        NotFoundError: there is no candidate.
    """
    _demand(part, depth, least, most, alpha)
    chain = Chain(project)
    materials = Materials(chain)
    candidate = candidate_of(chain, materials)
    measure = metric_asked(chain, metric, part)
    answers, people = materials.predictions(candidate, part), people_of(chain, materials)
    names = columns_to_cut(chain)
    key = digest(
        {
            "version": VERSION,
            "predictions": materials.predictions_digest(candidate, part),
            "people": people.artefact if people else None,
            "truth": chain.split.parts[part].target,
            "units": chain.split.parts[part].units,
            "columns": [(name, chain.split.parts[part].columns[name]) for name in names],
            "measure": str(measure),
            "costs": _costs(chain),
            "confidence": chain.plan.text.release.confidence,
            "search": [depth, least, most, alpha],
        }
    )
    known = project.ledger.newest("slices", key)
    if known is not None:
        return _read(known.payload, known.digest)
    tell(f"Searching the slices of {len(names)} columns")
    given = [answers, *([materials.predictions(people, part)] if people else [])]
    found = _search(chain, materials, measure, given, names, (depth, least, most, alpha))
    record = {**found.to_json(), "metric": found.metric, "candidate": candidate.name}
    entry = project.ledger.append("slices", record, key=key)
    return _read(record, entry.digest)


def candidate_of(chain: Chain, materials: Materials) -> Candidate:
    """The kept candidate, made of what is there now.

    Raises:
        NotFoundError: there is none.
    """
    found = _candidate(chain, materials)
    if isinstance(found, Missing):
        fact = (
            "the candidate is not made of what is there now"
            if found.reason == "stale"
            else found.reason
        )
        raise NotFoundError(fact, hint=f"first: {found.command}" if found.command else "")
    return found


def people_of(chain: Chain, materials: Materials) -> Candidate | None:
    """Answers of people, as a baseline of the plan's has them; None without."""
    found = _candidate(chain, materials, PEOPLE) if PEOPLE in chain.given else None
    return found if isinstance(found, Candidate) else None


def _candidate(
    chain: Chain, materials: Materials, reference: str | None = None
) -> Candidate | Missing:
    """What a reference names, as it is on file."""

    def never(*_: object) -> Any:
        raise AssertionError

    return Roles(chain, materials, retrain=never, rerun=never).candidate(reference)


def columns_to_cut(chain: Chain) -> tuple[str, ...]:
    """Columns whose values make slices: all but keys, the target's, others' answers, moments, images, forbidden ones."""
    data = chain.plan.text.data
    out = {*chain.target_columns, *data.features.forbid, *chain.given.values()}
    out |= set(chain.images) if chain.plan.text.task.kind == "image" else set()
    out |= set(data.keys) if len(data.keys) == 1 else set()
    return tuple(
        each.name for each in chain.snapshot.columns if each.name not in out and each.kind in CUT
    )


def question_of(chain: Chain, measure: Measure) -> Question:
    """A measure with what the plan adds to it."""
    from seatrial.evaluation.question import Question

    confidence = chain.plan.text.release.confidence
    return Question(measure.metric, arguments_of(measure), _costs(chain), confidence)


def _demand(part: str, depth: int, least: int, most: int, alpha: float | None) -> None:
    allowed = (
        (part in PARTS, f"there is no part {part}: one of {', '.join(PARTS)}"),
        (1 <= depth <= 3, f"`--depth` must lie in [1, 3], got {depth}"),  # noqa: PLR2004 — as the search goes
        (least >= 1, f"`--min-rows` must be 1 or more, got {least}"),
        (most >= 1, f"`--top` must be 1 or more, got {most}"),
        (alpha is None or 0 < alpha <= 1, f"`--alpha` must lie in (0, 1], got {alpha}"),
    )
    for holds, fact in allowed:
        if not holds:
            raise UserError(fact)


def metric_asked(chain: Chain, metric: str | None, part: str) -> Measure:
    """Read what ``--metric`` was given; the optimised metric if nothing was.

    Raises:
        PlanError: it is no metric, or isn't written as one.
        UserError: it is no metric of predictions, or has clauses or a bound.
    """
    plan = chain.plan
    if metric is None:
        optimised = plan.optimise
        return Measure(optimised.metric, optimised.arguments, part=part)
    measure, bound, _ = parse_claim(metric, where="--metric", metrics=plan.metrics)
    known = plan.metrics[measure.metric]
    clauses = (measure.quantifier, measure.versus, measure.where, bound, *measure.by)
    if any(each is not None for each in clauses):
        hint = "as in `recall` or `recall(class=late)`"
        raise UserError("`--metric` takes a metric without clauses or bound", hint=hint)
    if known.subject != "predictions" or chain.task not in known.tasks:
        fact = f"`{measure.metric}` is no metric of the predictions of a {chain.task} task"
        raise UserError(fact, hint="all of them: seatrial probes")
    return Measure(measure.metric, measure.arguments, part=part)


def _costs(chain: Chain) -> dict[str, float] | None:
    errors = chain.plan.text.task.errors
    return errors.model_dump(exclude={"unit"}) if errors else None


def _search(
    chain: Chain,
    materials: Materials,
    measure: Measure,
    given: Sequence[Predictions],
    names: tuple[str, ...],
    options: tuple[int, int, int, float | None],
) -> Slices:
    """Search the slices of the first answers; the second ones, if there are any, are those of people."""
    import numpy as np

    from seatrial.evaluation import measure as estimate
    from seatrial.evaluation.facets import facets
    from seatrial.evaluation.slices import losses, rank, search

    depth, least, most, alpha = options
    answers, people = given[0], given[1] if len(given) > 1 else None
    question = question_of(chain, measure)
    made = facets(materials.raw(measure.part, names), least=least)
    if alpha is None:
        lost = losses(question, answers)
        found = search(made, lost, depth=depth, least=least, most=most)
    else:
        errors = np.abs(answers.errors)
        found = rank(made, errors, alpha=alpha, depth=depth, least=least, most=most)

    def of(rows: Any, said: Predictions = answers) -> Estimate:
        return estimate(
            question.metric,
            said,
            arguments=question.arguments,
            rows=rows,
            costs=question.costs,
            confidence=question.confidence,
        ).estimate

    def inside(rows: Any) -> Any:
        mask = np.zeros(len(answers), dtype=bool)
        mask[rows] = True
        return mask

    rows = tuple(
        SliceRow(
            str(each.where),
            of(inside(each.rows)),
            None if alpha is not None else each.p_adjusted,
            each.score,
            of(inside(each.rows), people) if people else None,
        )
        for each in found.slices
    )
    return Slices(
        metric=str(Measure(measure.metric, measure.arguments)),
        part=measure.part,
        overall=of(None),
        people=of(None, people) if people else None,
        looked_at=found.looked_at,
        columns=tuple(each.name for each in made),
        least=least,
        depth=depth,
        slices=rows,
        higher_is_better=chain.plan.metrics[measure.metric].higher_is_better,
    )


def _read(record: Any, entry: str) -> Slices:
    rows = tuple(
        SliceRow(
            each["where"],
            Estimate.from_json(each["estimate"]),
            each["p_adjusted"],
            each["score"],
            _known(each.get("people")),
        )
        for each in record["slices"]
    )
    return Slices(
        metric=record["metric"],
        part=record["part"],
        overall=Estimate.from_json(record["overall"]),
        looked_at=record["looked_at"],
        columns=tuple(record["columns"]),
        least=record["least"],
        depth=record["depth"],
        slices=rows,
        higher_is_better=record["higher_is_better"],
        digest=entry,
        people=_known(record.get("people")),
    )


def _known(record: Any) -> Estimate | None:
    return Estimate.from_json(record) if record is not None else None


def newest(project: Project, candidate: str, *, metric: str | None = None) -> Slices | None:
    """The newest search of a candidate's answers that looked at any slice, in a metric if one is named.

    Args:
        project: The project.
        candidate: Short name.
        metric: A measure; None: any.
    """
    for entry in project.ledger.find("slices"):
        found = entry.payload
        is_wanted = found["candidate"] == candidate and found["looked_at"]
        if is_wanted and metric in {None, found["metric"]}:
            return _read(found, entry.digest)
    return None
