"""Apply a user's augmentation to rows: a function that makes other columns of them, and keeps their truth."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import CodeError, DataError
from seatrial.records import image
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.encode import Columns, typed

RANDOM = "random"
"""Parameter of a function that is given a ``numpy.random.Generator``; the others name columns."""


def augment(
    reference: str,
    function: Callable[..., Any],
    contract: Contract,
    columns: Columns,
    *,
    seed: int,
) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
    """Change rows by a user's function.

    The function's parameters name columns; it gets them whole, as feature functions do: numbers float64
    with NaN, moments datetime64, images lists of (height, width, channels) uint8, the rest objects with
    None. One called ``random`` gets a generator. It gives a mapping of the columns that it changed, or the
    values alone if it reads one column.

    Args:
        reference: ``module:function``; names it in errors, and is a part of the seed.
        function: It.
        contract: Kinds of the columns.
        columns: Raw columns by name.
        seed: The plan's.

    Returns:
        All columns as they are after it, and (n_rows,) bool: which rows were changed.

    Raises:
        CodeError: it raised, reads or gives a column that isn't there, or gave what a column can't hold.

    >>> contract = Contract("binary", (Feature("age", "number"), Feature("town", "category")))
    >>> rows = {"age": np.array([30.0, np.nan]), "town": np.array(["Oslo", "Bergen"], dtype=object)}
    >>> changed, which = augment("m:older", lambda age: age + 1, contract, rows, seed=0)
    >>> changed["age"].tolist(), changed["town"].tolist(), which.tolist()
    ([31.0, nan], ['Oslo', 'Bergen'], [True, False])
    """
    given = typed(contract, columns)
    kinds = {each.name: each for each in contract.features}
    read = [name for name in inspect.signature(function).parameters if name != RANDOM]
    if unknown := sorted(set(read) - set(kinds)):
        hint = f"columns that the model is asked with: {', '.join(kinds)}"
        raise CodeError(
            f"it reads no such column: {', '.join(unknown)}", where=reference, hint=hint
        )
    handed: dict[str, Any] = {name: _handed(kinds[name], given[name]) for name in read}
    if RANDOM in inspect.signature(function).parameters:
        handed[RANDOM] = np.random.default_rng([seed, zlib.crc32(reference.encode())])
    try:
        made = function(**handed)
    except Exception as error:
        fact = f"the augmentation raised {type(error).__name__}: {error}"
        raise CodeError(fact, where=reference, hint="it gets whole columns") from error
    if not isinstance(made, Mapping):
        if len(read) != 1:
            fact = f"it reads {len(read)} columns and gave {type(made).__name__}"
            raise CodeError(fact, where=reference, hint="give a mapping of column to values")
        made = {read[0]: made}
    rows = len(next(iter(given.values()), ()))
    changed = np.zeros(rows, dtype=bool)
    for name, values in made.items():
        if name not in kinds:
            hint = f"columns: {', '.join(kinds)}"
            raise CodeError(f"it gave no such column: {name}", where=reference, hint=hint)
        after = _taken(reference, kinds[name], values, rows)
        changed |= _differs(given[name], after)
        given[name] = after
    return given, changed


def _handed(feature: Feature, values: NDArray[Any]) -> Any:
    if feature.kind != "image":
        return values.copy()
    return [None if cell is None else image.read(cell).copy() for cell in values]


def _taken(reference: str, feature: Feature, values: Any, rows: int) -> NDArray[Any]:
    """What a function gave for a column, as raw values."""
    try:
        listed = [None if each is None else _cell(feature, each) for each in values]
        taken = typed(Contract("regression", (feature,)), {feature.name: listed})[feature.name]
    except (TypeError, ValueError, DataError) as error:
        fact = (
            f"what it gave for {feature.name} can't stand in a column of {feature.kind}s: {error}"
        )
        raise CodeError(fact, where=reference) from error
    if len(taken) != rows:
        fact = f"it gave {len(taken):,} values of {feature.name} for {rows:,} rows"
        raise CodeError(fact, where=reference, hint="give one value a row")
    return taken


def _cell(feature: Feature, value: Any) -> Any:
    if feature.kind == "image":
        return image.from_request(np.asarray(value), feature.shape or (0, 0, 0))
    if feature.kind in {"category", "text"} and not isinstance(value, str):
        message = f"{value!r} is no text"
        raise TypeError(message)
    return value


def _differs(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    if before.dtype == object:
        return np.array([one != other for one, other in zip(before, after, strict=True)], bool)
    missing = np.isnat if before.dtype.kind == "M" else np.isnan
    return np.asarray((before != after) & ~(missing(before) & missing(after)))
