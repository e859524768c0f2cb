"""Raw columns to the model's matrix, by the contract alone: the same code in training and serving."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import CodeError
from seatrial.records.contract import Contract, Feature
from seatrial.scoring import images

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]
"""Raw columns by name, all of one length."""
Functions = Mapping[str, Callable[..., Any]]
"""Feature functions by the name of the feature; their parameters are column names."""


def encode(contract: Contract, columns: Columns, functions: Functions) -> NDArray[Any]:
    """Encode rows as the matrix that the model was trained on.

    Numbers stay numbers and missing ones become NaN. A category becomes its place in the contract's
    levels; an unseen one becomes ``len(levels)``, a missing one ``len(levels) + 1``. A boolean
    becomes 0, 1 or NaN. An image becomes its pixels, or what an encoder reads in it; a text what an
    encoder reads in it. A text without an encoder stays as it is, and then the matrix holds objects.

    Args:
        contract: Names, kinds and levels.
        columns: Every raw feature of the contract.
        functions: The feature functions that the contract derives with.

    Returns:
        (n_rows, n_columns) float64, or objects if a text is among them; in the order of
        ``contract.inputs``, each as wide as :func:`width` says.

    Raises:
        CodeError: a feature function failed or gave the wrong number of values.
        DataError: a cell is no image of the contract's shape.
        UserError: an encoder isn't installed.

    >>> contract = Contract("binary", (Feature("origin", "category", levels=("EWR", "LGA")),))
    >>> encode(contract, {"origin": ["LGA", "XXX", None]}, {}).ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    shown = [feature for feature in contract.features if feature.name not in contract.hidden]
    encoded = [encode_column(feature, columns[feature.name]) for feature in shown]
    given = typed(contract, columns) if contract.derived else {}
    for feature in contract.derived:
        values = derive(feature.name, functions[feature.name], given)
        encoded.append(encode_column(feature, values))
    return np.column_stack(encoded)


FEW = 32
"""Rows up to which they are encoded value by value: arrays of a few values cost more than they give."""

Scalars = tuple[tuple[str, Callable[[Any], float]], ...]
"""Columns by name, each with what encodes a value of it."""


def scalars(contract: Contract) -> Scalars | None:
    """How each value of a row is encoded; None where columns are derived, or aren't single values."""
    shown = [each for each in contract.features if each.name not in contract.hidden]
    kinds = {"number", "category", "boolean"}
    if contract.derived or any(each.kind not in kinds or each.encoder for each in shown):
        return None
    return tuple((each.name, _scalar(each)) for each in shown)


def _scalar(feature: Feature) -> Callable[[Any], float]:
    if feature.kind == "number":
        return _number
    if feature.kind == "boolean":
        return lambda value: _MISSING if value is None else float(value)
    codes = {level: float(code) for code, level in enumerate(feature.levels)}
    unseen, missing = float(len(codes)), float(len(codes) + 1)
    return lambda value: missing if value is None else codes.get(value, unseen)


def _number(value: Any) -> float:
    number = _MISSING if value is None else float(value)
    return number if math.isfinite(number) else _MISSING


def encode_few(convert: Scalars, columns: Columns) -> NDArray[np.float64]:
    """Encode a few rows, as :func:`encode` does.

    >>> contract = Contract("binary", (Feature("origin", "category", levels=("EWR", "LGA")),))
    >>> encode_few(scalars(contract), {"origin": ["LGA", "XXX", None]}).ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    encoded = [[one(value) for value in columns[name]] for name, one in convert]
    return np.array([*zip(*encoded, strict=True)], dtype=np.float64)


def width(feature: Feature) -> int:
    """Columns of the matrix that an input takes."""
    if feature.encoder is not None:
        return feature.encoder.width
    return images.places(feature.shape) if feature.shape is not None else 1


def spans(contract: Contract) -> list[tuple[Feature, slice]]:
    """Each input with its columns of the matrix.

    >>> contract = Contract("binary", (Feature("a", "number"), Feature("b", "image", shape=(2, 2, 1))))
    >>> [(each.name, columns.start, columns.stop) for each, columns in spans(contract)]
    [('a', 0, 1), ('b', 1, 5)]
    """
    found, start = [], 0
    for feature in contract.inputs:
        stop = start + width(feature)
        found.append((feature, slice(start, stop)))
        start = stop
    return found


def encode_column(feature: Feature, values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """Encode one column; (n_rows,) or (n_rows, width) float64, or (n_rows,) texts as objects."""
    if feature.encoder is not None:
        from seatrial.scoring import encoders

        return encoders.encode(feature, values)
    if feature.kind == "image":
        assert feature.shape is not None
        return images.pixels(images.batch(values, feature.shape))
    if feature.kind == "text":
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    if feature.kind == "number":
        return _numbers(values)
    if feature.kind == "boolean":
        return np.array([_MISSING if value is None else float(value) for value in values])
    codes = {level: float(code) for code, level in enumerate(feature.levels)}
    unseen, missing = float(len(codes)), float(len(codes) + 1)
    return np.array([missing if value is None else codes.get(value, unseen) for value in values])


def typed(contract: Contract, columns: Columns) -> dict[str, NDArray[Any]]:
    """The raw columns as feature functions see them.

    Numbers are float64 with NaN, moments datetime64[us] with NaT, the rest objects with None.
    """
    return {each.name: _typed(each, columns[each.name]) for each in contract.features}


def _typed(feature: Feature, values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    if feature.kind == "number":
        return _numbers(values)
    return np.array(values, dtype="datetime64[us]" if feature.kind == "moment" else object)


def derive(name: str, function: Callable[..., Any], columns: Mapping[str, Any]) -> NDArray[Any]:
    """Run one feature function on whole columns.

    Raises:
        CodeError: it raised, reads a column that isn't there, or gave the wrong number of values.
    """
    wanted = inspect.signature(function).parameters
    unknown = [parameter for parameter in wanted if parameter not in columns]
    place = f"{function.__module__}.{name}"
    if unknown:
        hint = f"columns that the model may see: {', '.join(columns)}"
        raise CodeError(
            f"a feature reads no such column: {', '.join(unknown)}", where=place, hint=hint
        )
    given = {parameter: columns[parameter] for parameter in wanted}
    try:
        with np.errstate(all="ignore"):
            result = _finite(np.asarray(function(**given)))
    except Exception as error:
        fact = f"the feature raised {type(error).__name__}: {error}"
        raise CodeError(fact, where=place, hint="it gets whole columns as arrays") from error
    rows = len(next(iter(given.values()), ()))
    if result.shape != (rows,):
        fact = f"the feature gave shape {result.shape} for {rows} rows"
        raise CodeError(fact, where=place, hint="give one value a row")
    return result


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "f":
        return np.where(np.isfinite(values), values, _MISSING)  # as in a snapshot
    return values


_MISSING = float("nan")


def _numbers(values: Sequence[Any] | NDArray[Any]) -> NDArray[np.float64]:
    if not isinstance(values, np.ndarray) or values.dtype == object:
        values = [_MISSING if value is None else value for value in values]
    numbers = np.array(values, dtype=np.float64)
    numbers[~np.isfinite(numbers)] = _MISSING  # as in a snapshot
    return numbers
