"""What the training rows say of each input, and how other rows differ from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from seatrial.data.cells import kind_of
from seatrial.data.target import class_name
from seatrial.records import image
from seatrial.records.contract import Feature, FeatureKind, Shape

MOST_LEVELS = 200
"""Levels that a category keeps, the most frequent first; the rest is "other"."""

_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Violation:
    """How the rows of one input differ from training.

    Attributes:
        feature: The input.
        rows: Rows looked at.
        wrong_kind: Values that can't be read as the feature's kind.
        beyond: Numbers farther outside the range of training than three times its width.
        new_levels: Values whose level wasn't seen in training.
        missing: Missing values.
        absent: Whether the column isn't there.
    """

    feature: str
    rows: int
    wrong_kind: int = 0
    beyond: int = 0
    new_levels: int = 0
    missing: int = 0
    absent: bool = False

    @property
    def all_missing(self) -> bool:
        """Whether there are rows, and none has a value."""
        return 0 < self.rows == self.missing


def infer(
    frame: pl.DataFrame, inputs: Sequence[str], *, text: Collection[str] = ()
) -> tuple[Feature, ...]:
    """Describe inputs as they are in training.

    Numbers get their range; text gets its levels, at most :data:`MOST_LEVELS`, the most frequent
    first and those of one frequency by alphabet. Moments are read as seconds since 1970. A column
    whose cells are images gets the shape of the first, and one of free text nothing.

    Args:
        frame: The rows of the train part.
        inputs: Columns, in the order that the model sees.
        text: Those of them that hold free text.

    >>> infer(pl.DataFrame({"a": [1, 3, None], "b": ["x", "y", "y"]}), ["b"])[0].levels
    ('y', 'x')
    """
    return tuple(_feature(frame[name], is_text=name in text) for name in inputs)


def violations(features: Iterable[Feature], frame: pl.DataFrame) -> tuple[Violation, ...]:
    """Count what the rows of ``frame`` have that training didn't.

    A number violates the range when it lies more than three widths of the training range outside
    of it: nearer values are new, and not yet absurd.
    """
    return tuple(
        _violation(feature, frame[feature.name])
        if feature.name in frame.columns
        else Violation(feature.name, frame.height, missing=frame.height, absent=True)
        for feature in features
    )


def _feature(column: pl.Series, *, is_text: bool) -> Feature:
    missing = column.null_count() / max(len(column), 1)
    kind = feature_kind(column)
    if is_text and kind == "category":
        return Feature(column.name, "text", missing=missing)
    if kind == "image":
        return Feature(column.name, kind, missing=missing, shape=image_shape(column))
    if kind == "boolean":
        return Feature(column.name, kind, missing=missing)
    if kind == "number":
        low, high = _range(_numbers(column))
        return Feature(column.name, kind, low, high, missing=missing)
    counts = (
        column.drop_nulls().value_counts().sort(["count", column.name], descending=[True, False])
    )
    levels = tuple(counts[column.name].head(MOST_LEVELS).to_list())
    return Feature(column.name, kind, levels=levels, missing=missing)


def feature_kind(column: pl.Series) -> FeatureKind:
    """How a column is read as an input."""
    kind = kind_of(column.dtype)
    if kind == "text" and image_shape(column) is not None:
        return "image"
    return "category" if kind == "text" else "boolean" if kind == "boolean" else "number"


def image_shape(column: pl.Series) -> Shape | None:
    """Height, width and channels of the first cell; None if the column holds no images."""
    first = column.drop_nulls().head(1).to_list() if column.dtype == pl.String else []
    return image.shape_of(first[0]) if first else None


def _numbers(column: pl.Series) -> pl.Series:
    if column.dtype.is_temporal():
        return column.dt.epoch("us") / 1e6
    return column.cast(pl.Float64)


def _range(numbers: pl.Series) -> tuple[float | None, float | None]:
    known = numbers.drop_nulls().to_numpy()
    return (float(known.min()), float(known.max())) if len(known) else (None, None)


def _violation(feature: Feature, column: pl.Series) -> Violation:
    missing = column.null_count()
    known = column.drop_nulls()
    if feature.kind == "text":
        return Violation(feature.name, len(column), missing=missing)
    if feature.kind == "image":
        assert feature.shape is not None
        start = "x".join(str(each) for each in feature.shape)
        text = known if known.dtype == pl.String else _as_text(known)
        wrong = int((~text.str.starts_with(f"{start}:")).sum())
        return Violation(feature.name, len(column), wrong, missing=missing)
    if feature.kind == "category":
        text = known if known.dtype == pl.String else _as_text(known)
        new = int((~text.is_in(list(feature.levels))).sum())
        return Violation(feature.name, len(column), new_levels=new, missing=missing)
    read = _read_as(feature.kind, known)
    wrong = read.null_count()
    beyond = _beyond(feature, read) if feature.kind == "number" else 0
    return Violation(feature.name, len(column), wrong, beyond, missing=missing)


def _as_text(values: pl.Series) -> pl.Series:
    return pl.Series(values.name, [class_name(value) for value in values], dtype=pl.String)


def _read_as(kind: FeatureKind, known: pl.Series) -> pl.Series:
    if kind == "number" and known.dtype != pl.String:
        return _numbers(known)
    if kind == "number":
        return known.cast(pl.Float64, strict=False)
    if known.dtype == pl.Boolean:
        return known
    return pl.Series(known.name, [None] * len(known), dtype=pl.Boolean)


def _beyond(feature: Feature, numbers: pl.Series) -> int:
    if feature.low is None or feature.high is None:
        return 0
    margin = _MARGIN * (feature.high - feature.low)
    outside = (numbers < feature.low - margin) | (numbers > feature.high + margin)
    return int(outside.sum())
