"""Columns of any type to the four kinds that a snapshot holds: number, text, boolean, moment."""

from __future__ import annotations

import polars as pl

from seatrial.core.errors import DataError, Fault
from seatrial.records.condition import Kind

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "?")
"""Cells that mean "not known". ``None`` isn't among them: it is a level of many real columns."""

MOMENT = pl.Datetime("us")
"""Moments are UTC, without a time zone."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA_NUMBER = r"^[+-]?\d+,\d+$"
_WHOLE = r"^[+-]?\d{1,18}$"
_CODE = r"^0\d"
_INFINITE = r"^(?i)[+-]?inf(inity)?$"
_BOOLEAN = r"^([Tt]rue|[Ff]alse|TRUE|FALSE)$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$"


def kind_of(dtype: pl.DataType) -> Kind:
    """Kind of a column of a snapshot.

    >>> kind_of(pl.Int64())
    'number'
    """
    if dtype.is_numeric():
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    return "moment" if dtype.is_temporal() else "text"


def from_text(cells: pl.Series, *, decimal: str = ".") -> pl.Series:
    """Read a column of text as what all of its cells are; one that isn't makes it text.

    A cell that stands in :data:`MISSING` is missing. Digits with a leading zero (a postcode) and
    whole numbers of more than 18 digits (an id) stay text. ``Yes`` and ``No`` are text.

    Args:
        cells: Text, stripped.
        decimal: ``","`` to read ``3,5`` as a number.

    >>> from_text(pl.Series(["1", "?", "3"])).to_list()
    [1, None, 3]
    >>> from_text(pl.Series(["01067", "1"])).to_list()
    ['01067', '1']
    """
    known = cells.set(cells.is_in(MISSING), None)
    values = known.drop_nulls()
    if values.is_empty():
        return known.cast(pl.Float64)
    if _all(values, _BOOLEAN):
        return known.str.to_lowercase() == "true"
    if _all(values, f"{_DAY}|{_MOMENT}"):
        return _moments(known)
    return _numbers(known, decimal)


def from_typed(column: pl.Series, *, where: str) -> pl.Series:
    """Bring a column of a Parquet file to the type that a snapshot holds.

    NaN and infinite numbers are missing, moments become UTC, durations seconds.

    Raises:
        DataError: it is nested, or holds bytes.
    """
    dtype = column.dtype
    if dtype.is_nested() or dtype in {pl.Binary, pl.Object}:
        held = "bytes" if dtype == pl.Binary else f"nested values ({dtype})"
        hint = "write it as plain columns, one value a cell"
        raise DataError(f"column {column.name} holds {held}", where=where, hint=hint)
    if dtype == pl.Boolean:
        return column
    if dtype == pl.Duration:
        return column.dt.total_microseconds() / 1e6
    if isinstance(dtype, (pl.Date, pl.Datetime)):
        return _naive(column)
    if dtype.is_integer():
        return _whole(column)
    if dtype.is_numeric() or dtype == pl.Null:
        return _finite(column.cast(pl.Float64))
    text = column.cast(pl.String)
    return text.set(text.str.strip_chars() == "", None)


def table_faults(frame: pl.DataFrame, *, where: str) -> list[Fault]:
    """Say what keeps a whole table from being used: no rows, or no value in any cell."""
    if frame.height == 0 or frame.width == 0:
        return [Fault("there is a header and no row", where, "export it again")]
    if sum(frame.null_count().row(0)) == frame.height * frame.width:
        fact = f"every cell of its {frame.height:,} rows is missing"
        return [Fault(fact, where, "export it again, and look at it before")]
    return []


def _all(values: pl.Series, pattern: str) -> bool:
    few = values.head(100)
    return bool(few.str.contains(pattern).all()) and bool(values.str.contains(pattern).all())


def _moments(known: pl.Series) -> pl.Series:
    zoned = known.str.replace(" ", "T", literal=True)
    cell = pl.col("")
    read = pl.coalesce(
        _in_utc(cell, "%Y-%m-%dT%H:%M:%S%.f%#z"),
        _in_utc(cell, "%Y-%m-%dT%H:%M%#z"),
        cell.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"),
        cell.str.to_datetime("%Y-%m-%dT%H:%M", strict=False, time_unit="us"),
        cell.str.to_date("%Y-%m-%d", strict=False).cast(MOMENT),
    )
    moments = zoned.rename("").to_frame().select(read).to_series().alias(known.name)
    return moments if moments.null_count() == known.null_count() else known


def _in_utc(cell: pl.Expr, form: str) -> pl.Expr:
    moment = cell.str.to_datetime(form, strict=False, time_unit="us")
    return moment.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _numbers(known: pl.Series, decimal: str) -> pl.Series:
    values = known.drop_nulls()
    if decimal == "," and _all(values, f"{_COMMA_NUMBER}|{_NUMBER}"):
        known = known.str.replace(",", ".", literal=True)
        values = known.drop_nulls()
    if not _all(values, f"{_NUMBER}|{_INFINITE}") or values.str.contains(_CODE).any():
        return known
    if _all(values, _WHOLE):
        return known.str.strip_prefix("+").cast(pl.Int64)
    if _all(values, r"^[+-]?\d+$"):
        return known
    return _finite(known.str.strip_prefix("+").cast(pl.Float64, strict=False))


def _naive(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return column.cast(MOMENT)


def _whole(column: pl.Series) -> pl.Series:
    whole = column.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == column.null_count() else column.cast(pl.Float64)


def _finite(column: pl.Series) -> pl.Series:
    return column.set(~column.is_finite(), None)
