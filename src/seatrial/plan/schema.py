"""What may stand in a plan file, section by section. Unknown keys are errors."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from seatrial.core.units import duration
from seatrial.plan.schema_data import Data
from seatrial.plan.section import Duration, Name, Section, Share, Slug, Span, Statement, Word


def _is_setting(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    message = f"a hyperparameter is a number, a word, true or false, got {value!r}"
    raise ValueError(message)


Setting = Annotated[Any, AfterValidator(_is_setting)]
"""The value of a hyperparameter."""


class BusinessMeasure(Section):
    """The business quantity that should move."""

    name: Name
    today: float | None = None
    """Its value now; while it is open (null), nothing is released beyond shadow."""


class Problem(Section):
    """What should work better, apart from how."""

    statement: Name
    measure: BusinessMeasure | None = None


class ErrorCosts(Section):
    """What one wrong decision costs; chooses the threshold, on dev."""

    false_negative: Annotated[float, Field(ge=0)]
    false_positive: Annotated[float, Field(ge=0)]
    unit: Name = "cost"


class Task(Section):
    """What is predicted, and what the prediction decides."""

    kind: Literal["classification", "regression", "forecast", "text", "image"]
    target: Name
    """A column, or a condition."""
    decides: str | None = None
    replaces: Literal["nothing", "people", "model"] = "nothing"
    truth: Literal["outcome", "person"] | None = None
    """What the target is: what turned out to happen, or what a person said. Two people who label one row
    may differ, so against a person's label people are measured in agreement, not in error."""
    errors: ErrorCosts | None = None
    unit: str | None = None
    """Unit of the target; regression only."""
    horizon: Span | None = None
    """How far ahead a forecast is made; what is younger at that time isn't known. Forecast only."""


class Baseline(Section):
    """What others reach: an older system or people, by a column of their answers; or a published figure."""

    column: Name | None = None
    """Holds their answer to each row; the model is not shown it."""
    metric: Name | None = None
    value: float | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    """Rows that the figure was measured on, if it is said."""
    source: Name | None = None
    """Where the figure stands: a paper, a doi, a report."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Baseline:
        figure = (self.metric, self.value, self.source)
        if (self.column is None) is (figure == (None, None, None)):
            message = "write `column`, or `metric`, `value` and `source`"
            raise ValueError(message)
        if self.column is None and None in figure:
            message = "a figure needs `metric`, `value` and `source`"
            raise ValueError(message)
        return self


class Augmentation(Section):
    """A function that makes more rows of those of train; it is used once it passed three measured checks."""

    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", max_length=200)]
    """``module:function``; its parameters name columns, and ``random`` a generator."""
    people: Share = 0.8
    """Least share of the changed rows that people still answer as the truth says."""
    detectable: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    """Greatest area under the ROC curve of telling changed rows from real ones."""
    within: Annotated[float, Field(ge=0)] | None = None
    """How far people's answer may lie from the truth; regression and forecast only."""


class Train(Section):
    """What is tried."""

    candidates: Annotated[list[Name], Field(min_length=1)] = ["linear", "boosted"]
    features: str | None = None
    """Module of feature functions."""
    seed: Annotated[int, Field(ge=0)] = 0
    parameters: dict[Name, dict[Name, Setting]] = {}
    """Hyperparameters by family, where they differ from the family's own."""
    augment: dict[Word, Augmentation] = {}
    """Augmentations by name, applied in this order."""


class WaiverText(Section):
    """A claim set aside."""

    reason: Name
    by: Name
    until: date


class Scenario(Section):
    """A set of cases that people chose, which every candidate is asked."""

    rows: Name | None = None
    """Path from the plan file of a CSV, TSV, Parquet or JSONL file with one case a row."""
    where: Name | None = None
    """Or: the rows of the test part that meet a condition."""
    expect: Name | None = None
    """The column of the expected answers; without, the target is read off the rows. With ``rows``."""
    within: Annotated[float, Field(ge=0)] | None = None
    """How far an answer may lie from what is expected; regression, with ``rows``."""
    because: Name
    """Why these cases."""
    every: Literal["push", "night", "week"] | None = None
    """When claims on it are measured; with ``push``, each of its rows must be answered as expected."""

    @model_validator(mode="after")
    def _one_way(self) -> Scenario:
        if (self.rows is None) is (self.where is None):
            message = "either `rows` (a file) or `where` (a condition) says which cases"
            raise ValueError(message)
        if self.where is not None and (self.expect or self.within is not None):
            message = "`expect` and `within` are of `rows`; with `where` the data's target counts"
            raise ValueError(message)
        return self


class ClaimText(Section):
    """A claim with more than its text."""

    claim: Name
    id: Annotated[str, Field(pattern=r"^[a-z0-9_][a-z0-9_.-]*$")] | None = None
    commitment: Literal["guarantee", "target", "observe"] = "guarantee"
    fresh: Duration | None = None
    every: Literal["push", "night", "week", "continuous"] | None = None
    """When it is measured; without, as often as its metric is worth its cost."""
    owner: Name | None = None
    draft: bool = False
    waived: WaiverText | None = None


class Hazard(Section):
    """A way to go wrong, and the claim that would show it."""

    what: Name
    claim: Name | None = None


class CardText(Section):
    """What a model card says and nothing can measure; see ``seatrial card``."""

    intended_use: Statement | None = None
    """What it may be used for, and by whom."""
    out_of_scope: Statement | None = None
    """What it must not be used for."""
    contact: Name | None = None
    """Where questions and complaints go."""
    licence: Name | None = None
    """Licence of the model, as in ``mit`` or ``apache-2.0``."""


class Staff(Section):
    """Who reviews the unsure cases."""

    reviewers: Annotated[int, Field(ge=1)]
    decisions_per_hour: Annotated[float, Field(gt=0)]


class FallbackCase(Section):
    """One line of a rule: an answer, and the condition for it; the last has none."""

    when: Name | None = None
    answer: str | float


class Release(Section):
    """How far, in which steps, and what answers when the model may not."""

    path: Annotated[list[Name], Field(min_length=1)] = ["shadow", "partial 5%", "partial 100%"]
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.70
    """Least probability of the decided class for a decision without a person."""
    fallback: Name | float | Annotated[list[FallbackCase], Field(min_length=1)] | None = None
    """The rule that answers: a condition (positive when true), one answer, or a list of cases."""
    staff: Staff | None = None

    @field_validator("path")
    @classmethod
    def _rungs(cls, path: list[str]) -> list[str]:
        for rung in path:
            level, _, share = rung.partition(" ")
            fits = share == "" or (share.endswith("%") and share[:-1].replace(".", "", 1).isdigit())
            if level not in {"shadow", "assist", "partial", "full"} or not fits:
                message = f"{rung!r} is no rung; write shadow, assist, `partial 5%` or full"
                raise ValueError(message)
        return path


class Retrain(Section):
    """When a new candidate is trained."""

    every: Duration | None = None
    when: list[Name] = []


class Watch(Section):
    """How production is looked at."""

    every: Duration = "1h"
    outcome_within: Duration | None = None
    notify: list[Name] = ["stdout"]
    """Where alarms go: ``stdout``, a webhook's address, or any address of apprise (extra ``alarms``)."""
    retrain: Retrain | None = None

    @field_validator("every")
    @classmethod
    def _not_zero(cls, every: str) -> str:
        if duration(every).total_seconds() <= 0:
            message = f"must be more than no time, got {every}"
            raise ValueError(message)
        return every


class PlanText(Section):
    """The whole file."""

    version: Literal[1]
    project: Slug
    problem: Problem | None = None
    owners: dict[Name, Name] = {"default": "nobody"}
    task: Task
    data: Data
    train: Train = Train()
    baselines: dict[Word, Baseline] = {}
    """Others to be compared with, by name: `recall vs old_model >= 0`."""
    optimize: Name
    scenarios: dict[Name, Scenario] = {}
    """Sets of cases with their own claims, as in `accuracy on vip >= 0.9`."""
    claims: list[Name | ClaimText] = []
    hazards: list[Hazard] = []
    card: CardText | None = None
    release: Release = Release()
    watch: Watch = Watch()

    @field_validator("scenarios")
    @classmethod
    def _free_names(cls, scenarios: dict[str, Scenario]) -> dict[str, Scenario]:
        taken = sorted(
            name for name in scenarios if name.lower() in {"train", "dev", "test", "all"}
        )
        if taken:
            message = f"{', '.join(taken)} is a part of the data already; choose another name"
            raise ValueError(message)
        odd = sorted(name for name in scenarios if {"/", "@"} & set(name))
        if odd:
            message = f"the name of a set has no `/` and no `@`, got {', '.join(odd)}"
            raise ValueError(message)
        return scenarios
