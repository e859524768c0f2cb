"""Columns by their logical content: what type they are, and the bytes that they are named by.

Nothing here depends on how Polars or Parquet lays a column out, so that a digest means the same
in every version of either. NaN counts as null and -0.0 as 0.0, in what is hashed and in what is
stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seatrial.core.errors import DataError

_PLAIN: dict[type[pl.DataType], str] = {
    pl.Boolean: "bool",
    pl.Int8: "int8",
    pl.Int16: "int16",
    pl.Int32: "int32",
    pl.Int64: "int64",
    pl.UInt8: "uint8",
    pl.UInt16: "uint16",
    pl.UInt32: "uint32",
    pl.UInt64: "uint64",
    pl.Float32: "float32",
    pl.Float64: "float64",
    pl.String: "string",
    pl.Categorical: "string",
    pl.Enum: "string",
    pl.Date: "date",
    pl.Time: "time",
}


@dataclass(frozen=True, slots=True)
class Values:
    """The content of a column, in NumPy.

    Attributes:
        is_null: (n_rows,) bool; None if nothing is missing.
        fixed: (n_rows,) numbers or ticks, 0 where null; empty for text.
        lengths: (n_rows,) int64, bytes of each text, 0 where null; None for anything else.
        text: (sum of lengths,) uint8, the UTF-8 of all texts, one after the other.
    """

    is_null: NDArray[np.bool_] | None
    fixed: NDArray[np.generic]
    lengths: NDArray[np.int64] | None
    text: NDArray[np.uint8]


def logical_type(name: str, dtype: pl.DataType) -> str:
    """Name a type as schemas do: ``int64``, ``string``, ``datetime[us, UTC]`` ...

    Raises:
        DataError: such columns can't be stored.
    """
    if isinstance(dtype, pl.Datetime):
        zone = f", {dtype.time_zone}" if dtype.time_zone else ""
        return f"datetime[{dtype.time_unit}{zone}]"
    if isinstance(dtype, pl.Duration):
        return f"duration[{dtype.time_unit}]"
    for known, text in _PLAIN.items():
        if isinstance(dtype, known):
            return text
    fact = f"column `{name}` has the type {dtype}, which can't be stored"
    raise DataError(fact, hint="cast it to a number, text or time, or drop it")


def schema_of(frame: pl.DataFrame) -> dict[str, str]:
    """Name the logical type of each column, in their order.

    Raises:
        DataError: a column can't be stored.
    """
    return {name: logical_type(name, dtype) for name, dtype in frame.schema.items()}


def normalised(frame: pl.DataFrame) -> pl.DataFrame:
    """Write equal values equally: categories as text, NaN as null, -0.0 as 0.0.

    Raises:
        DataError: a column can't be stored.
    """
    types = schema_of(frame)
    changed = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if types[name] == "string" and dtype != pl.String:
            changed.append(column.cast(pl.String))
        if dtype.is_float():
            # Not `column + 0.0`, which Polars takes for `column`.
            number = column.fill_nan(None)
            changed.append(pl.when(number == 0).then(0.0).otherwise(number).cast(dtype).alias(name))
    return frame.with_columns(changed)


def values_of(column: pl.Series) -> Values:
    """Take the content of a normalised column."""
    is_null = column.is_null().to_numpy() if column.null_count() else None
    if column.dtype == pl.String:
        lengths = column.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
        text = np.frombuffer(column.str.join("").item().encode(), dtype=np.uint8)
        return Values(is_null, np.empty(0), lengths, text)
    physical = column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()
    fixed = physical.fill_null(0).to_numpy()
    return Values(is_null, fixed, None, np.empty(0, dtype=np.uint8))


def column_digest(logical: str, values: Values, *, rows: int) -> str:
    """Name a column by its content: SHA-256 of type, rows, null mask and little-endian values."""
    total = hashlib.sha256(f"seatrial-column-1 {logical} {rows} ".encode())
    total.update(b"full" if values.is_null is None else np.packbits(values.is_null).tobytes())
    if values.lengths is None:
        total.update(_little_endian(values.fixed))
    else:
        total.update(_little_endian(values.lengths))
        total.update(values.text.data)
    return total.hexdigest()


def _little_endian(values: NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).data
