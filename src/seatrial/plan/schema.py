"""What may stand in a plan file, section by section. Unknown keys are errors."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from seatrial.core.units import duration

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Duration = Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*(ms|s|min|h|d)$")]


def _is_setting(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    message = f"a hyperparameter is a number, a word, true or false, got {value!r}"
    raise ValueError(message)


Setting = Annotated[Any, AfterValidator(_is_setting)]
"""The value of a hyperparameter."""


class Section(BaseModel):
    """A mapping in the plan; strict, frozen, documented in the editor's schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


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
    errors: ErrorCosts | None = None
    unit: str | None = None
    """Unit of the target; regression only."""


class Join(Section):
    """How a source is joined to the first one."""

    on: Annotated[list[Name], Field(min_length=1)]
    how: Literal["left", "inner"] = "left"


class Source(Section):
    """One file or table."""

    uri: Name
    """Path from the plan file, or an address that fsspec opens."""
    licence: str | None = None
    owner: str | None = None
    format: Literal["csv", "tsv", "parquet"] | None = None
    """Only if the name doesn't tell."""
    join: Join | None = None


class SplitRule(Section):
    """How rows are told apart for training, choosing and judging."""

    by: Literal["time", "group", "hash"] = "hash"
    group: Name | None = None
    """The column whose rows stay together; with ``by: group``."""
    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    dev: Annotated[float, Field(gt=0, lt=1)] = 0.2
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    salt: str = ""

    @model_validator(mode="after")
    def _whole(self) -> SplitRule:
        total = self.train + self.dev + self.test
        if abs(total - 1) > 1e-6:  # noqa: PLR2004 — shares are written with few digits
            message = f"train, dev and test must add up to 1, got {total:g}"
            raise ValueError(message)
        if (self.group is None) is (self.by == "group"):
            message = "`group` names a column with `by: group`, and only then"
            raise ValueError(message)
        return self


class Exclude(Section):
    """Rows that are left out, and why; they are counted."""

    where: Name
    because: Name


class FeatureRules(Section):
    """Which columns the model may see."""

    drop: list[Name] = []
    """Not useful."""
    forbid: list[Name] = []
    """Not allowed: unknown at the time of the decision, or not lawful. Reaching training fails."""


class Data(Section):
    """Where rows come from, and what is what in them."""

    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    key: Name | list[Name]
    """The column or columns that name a row."""
    time: Name | None = None
    unit: Name | None = None
    """What is resampled for intervals: a column, or ``day`` of the time. Default: the row."""
    split: SplitRule = SplitRule()
    exclude: list[Exclude] = []
    features: FeatureRules = FeatureRules()
    context: list[Name] = []
    """Logged and sliced by, never shown to the model."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The key's columns."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @model_validator(mode="after")
    def _one_base(self) -> Data:
        base = [name for name, source in self.sources.items() if source.join is None]
        if len(base) != 1:
            message = (
                f"exactly one source stands without `join`, got {len(base)}: {', '.join(base)}"
            )
            raise ValueError(message)
        if self.split.by == "time" and self.time is None:
            message = "`split.by: time` needs `data.time`, the column that says when"
            raise ValueError(message)
        return self


class Train(Section):
    """What is tried."""

    candidates: Annotated[list[Name], Field(min_length=1)] = ["linear", "boosted"]
    features: str | None = None
    """Module of feature functions."""
    seed: Annotated[int, Field(ge=0)] = 0
    parameters: dict[Name, dict[Name, Setting]] = {}
    """Hyperparameters by family, where they differ from the family's own."""


class WaiverText(Section):
    """A claim set aside."""

    reason: Name
    by: Name
    until: date


class ClaimText(Section):
    """A claim with more than its text."""

    claim: Name
    id: Annotated[str, Field(pattern=r"^[a-z0-9_][a-z0-9_.-]*$")] | None = None
    commitment: Literal["guarantee", "target", "observe"] = "guarantee"
    fresh: Duration | None = None
    owner: Name | None = None
    draft: bool = False
    waived: WaiverText | None = None


class Hazard(Section):
    """A way to go wrong, and the claim that would show it."""

    what: Name
    claim: Name | None = None


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
    optimize: Name
    claims: list[Name | ClaimText] = []
    hazards: list[Hazard] = []
    release: Release = Release()
    watch: Watch = Watch()
