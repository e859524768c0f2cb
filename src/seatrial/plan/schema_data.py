"""The section ``data`` of a plan file: where rows come from, and what is what in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seatrial.plan.section import Name, Section, Span


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
    format: Literal["csv", "tsv", "parquet", "idx", "images"] | None = None
    """Only if the name doesn't tell."""
    header: bool = True
    """Whether the first line names the columns; without, they are ``column_1``, ``column_2`` ..."""
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
    text: list[Name] = []
    """Columns of free text, read by their words; other text is a category, read as a whole."""


class Lags(Section):
    """Earlier values of a column, as columns that the model may see: ``cnt_24h_ago``."""

    of: Name
    back: Annotated[list[Span], Field(min_length=1)]
    """How long before; none is nearer than ``task.horizon``."""
    season: Span | None = None
    """Which of them is a season ago; the baseline ``seasonal_naive`` answers with it."""
    hour: Name | None = None
    """The column with the hour, where ``data.time`` holds the day alone."""
    by: list[Name] = []
    """Columns that tell series apart, where several run side by side."""

    @property
    def columns(self) -> dict[str, str]:
        """Names of the columns that are made, by how long before."""
        return {back: f"{self.of}_{back.replace(' ', '')}_ago" for back in self.back}

    @model_validator(mode="after")
    def _known_season(self) -> Lags:
        if self.season is not None and self.season not in self.back:
            message = f"`season` must stand in `back`, got {self.season}"
            raise ValueError(message)
        return self


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
    lags: Lags | None = None

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
        if self.lags is not None and self.time is None:
            message = "`lags` needs `data.time`, the column that says when"
            raise ValueError(message)
        return self
