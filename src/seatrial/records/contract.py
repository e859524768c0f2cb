"""The contract: what a candidate is asked and what it answers, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

FeatureKind = Literal["number", "category", "boolean", "moment", "text", "image"]
TaskKind = Literal["binary", "multiclass", "regression"]


Shape = tuple[int, int, int]
"""Height, width and channels of an image."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A pretrained network that turns a text or an image into numbers; an archive only names it.

    Attributes:
        name: What Seatrial calls it.
        package: The distribution that brings it.
        version: Of the distribution.
        digest: SHA-256 of the network's bytes.
        width: Numbers that it gives.
        reading: How a text or an image is prepared for it; another number is another way.
    """

    name: str
    package: str
    version: str
    digest: str
    width: int
    reading: int


@dataclass(frozen=True, slots=True)
class Feature:
    """One input.

    Attributes:
        name: Column name.
        kind: How it is read; a moment is for feature functions only. A text is read by its words,
            an image by its pixels, unless an encoder reads them.
        low: Least value seen in training; numbers only.
        high: Greatest value seen in training; numbers only.
        levels: Levels seen in training, the most frequent first; categories only. Their order is
            their code.
        missing: Share of missing values in training.
        shape: Of each image; images only.
        encoder: What reads a text or an image in place of words or pixels.
    """

    name: str
    kind: FeatureKind
    low: float | None = None
    high: float | None = None
    levels: tuple[str, ...] = ()
    missing: float = 0.0
    shape: Shape | None = None
    encoder: Encoder | None = None


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
    def reads_words(self) -> bool:
        """Whether a text goes to the estimator as it is, because no encoder reads it."""
        return any(each.kind == "text" and each.encoder is None for each in self.inputs)

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        """What must be installed to answer, each once."""
        return tuple(dict.fromkeys(each.encoder for each in self.inputs if each.encoder))

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """What the model is shown, in order; an image or an encoder makes several columns."""
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
    read: dict[str, Any] = {**data, "levels": tuple(data["levels"])}
    if "shape" in data:
        height, width, channels = data["shape"]
        read["shape"] = (height, width, channels)
    if "encoder" in data:
        read["encoder"] = Encoder(**data["encoder"])
    return Feature(**read)


def feature_to_json(feature: Feature) -> dict[str, Any]:
    """Write a feature as a JSON object; a feature of a table without what only others have."""
    more: dict[str, Any] = {}
    if feature.shape is not None:
        more["shape"] = list(feature.shape)
    if feature.encoder is not None:
        more["encoder"] = asdict(feature.encoder)
    return {
        "name": feature.name,
        "kind": feature.kind,
        "low": feature.low,
        "high": feature.high,
        "levels": list(feature.levels),
        "missing": feature.missing,
        **more,
    }
