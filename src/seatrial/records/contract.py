"""The contract: what a candidate is asked and what it answers, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FeatureKind = Literal["number", "category", "boolean", "moment"]
TaskKind = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One input.

    Attributes:
        name: Column name.
        kind: How it is read; a moment is for feature functions only.
        low: Least value seen in training; numbers only.
        high: Greatest value seen in training; numbers only.
        levels: Levels seen in training, the most frequent first; categories only. Their order is
            their code.
        missing: Share of missing values in training.
    """

    name: str
    kind: FeatureKind
    low: float | None = None
    high: float | None = None
    levels: tuple[str, ...] = ()
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that a caller must know.

    Attributes:
        task: Kind of answer.
        features: Raw inputs, in order.
        derived: Outputs of the user's feature functions, in order; they follow the features in the
            model's matrix.
        code: Module of the feature functions, or None.
        hidden: Raw inputs that only feature functions read; not shown to the model.
        classes: Names of the classes, the positive one last; empty for regression.
        target: The target, as the plan writes it.
        unit: Unit of the target; regression only.
    """

    task: TaskKind
    features: tuple[Feature, ...]
    derived: tuple[Feature, ...] = ()
    code: str | None = None
    hidden: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    target: str = ""
    unit: str | None = None

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """Columns of the model's matrix, in order."""
        return (*(each for each in self.features if each.name not in self.hidden), *self.derived)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "task": self.task,
            "features": [feature_to_json(feature) for feature in self.features],
            "derived": [feature_to_json(feature) for feature in self.derived],
            "code": self.code,
            "hidden": list(self.hidden),
            "classes": list(self.classes),
            "target": self.target,
            "unit": self.unit,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Contract:
        """Read what :meth:`to_json` wrote."""
        features = {
            name: tuple(feature_from_json(each) for each in data[name])
            for name in ("features", "derived")
        }
        listed = {name: tuple(data[name]) for name in ("hidden", "classes")}
        return cls(**{**data, **features, **listed})


def feature_from_json(data: Mapping[str, Any]) -> Feature:
    """Read what :func:`feature_to_json` wrote."""
    return Feature(**{**data, "levels": tuple(data["levels"])})


def feature_to_json(feature: Feature) -> dict[str, Any]:
    """Write a feature as a JSON object."""
    return {
        "name": feature.name,
        "kind": feature.kind,
        "low": feature.low,
        "high": feature.high,
        "levels": list(feature.levels),
        "missing": feature.missing,
    }
