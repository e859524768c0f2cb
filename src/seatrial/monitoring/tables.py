"""Any table, read a column at a time, so that only one column needs to fit into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seatrial.core.errors import DataError, NotFoundError
from seatrial.data.cells import from_typed, kind_of
from seatrial.records.condition import Kind

Source = Any
"""A dataframe of polars, pandas or Arrow, a mapping of columns, or paths to Parquet or CSV files."""

_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, each read when it is asked for.

    Attributes:
        rows: Where they come from.
        columns: Their names, in order.
        name: For messages.
    """

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    name: str

    def column(self, name: str) -> pl.Series:
        """Read a column as a snapshot holds it: NaN and infinite numbers are missing.

        Raises:
            DataError: it is nested, or holds bytes.
        """
        return from_typed(self.rows.select(name).collect().to_series(), where=self.name)

    def height(self) -> int:
        """Count the rows."""
        return int(self.rows.select(pl.len()).collect().item())


def table(source: Source) -> Table:
    """Open a table.

    Args:
        source: A DataFrame or LazyFrame of polars, a DataFrame of pandas, anything with an Arrow
            stream, a mapping of columns, or one path or several to Parquet or CSV files.

    Raises:
        DataError: it is none of these, or can't be read.
        NotFoundError: no file has this name.

    >>> table({"a": [1, 2]}).columns
    ('a',)
    """
    if isinstance(source, Table):
        return source
    rows, name = _opened(source)
    try:
        columns = rows.collect_schema().names()
    except pl.exceptions.PolarsError as error:
        fact = f"its columns can't be read: {str(error).splitlines()[0]}"
        raise DataError(fact, where=name, hint="write or copy it again") from error
    return Table(rows, tuple(columns), name)


def as_kind(column: pl.Series, kind: Kind) -> pl.Series:
    """Read a column as the kind that it had in the reference; what can't be is missing.

    >>> as_kind(pl.Series(["1.5", "1,5"]), "number").to_list()
    [1.5, None]
    """
    if kind_of(column.dtype) == kind:
        return column
    if kind == "number" and not column.dtype.is_temporal():
        return column.cast(pl.Float64, strict=False)
    if kind in {"text", "boolean"}:
        return names(column)
    return pl.repeat(None, len(column), dtype=pl.Null, eager=True)


def names(column: pl.Series) -> pl.Series:
    """Write values as the names of levels: ``true``, ``2``."""
    if column.dtype == pl.String:
        return column
    if column.dtype == pl.Boolean:
        return column.cast(pl.Int8).replace_strict({1: "true", 0: "false"}, return_dtype=pl.String)
    from seatrial.data.target import class_name

    known = column.unique().drop_nulls().to_list()
    return column.replace_strict(
        known, [class_name(each) for each in known], return_dtype=pl.String, default=None
    )


def _opened(source: Source) -> tuple[pl.LazyFrame, str]:
    match source:
        case pl.LazyFrame():
            return source, "the table"
        case pl.DataFrame():
            return source.lazy(), "the table"
        case str() | Path():
            return _file(Path(source)), str(source)
        case Mapping():
            return pl.DataFrame(dict(source)).lazy(), "the table"
        case Sequence() if source and all(isinstance(each, str | Path) for each in source):
            parts = [_file(Path(each)) for each in source]
            return pl.concat(parts, how="vertical_relaxed"), f"{source[0]} and more"
    return _foreign(source).lazy(), "the table"


def _file(path: Path) -> pl.LazyFrame:
    if not path.is_file():
        raise NotFoundError(
            f"there is no file {path}", hint="give the path of a Parquet or CSV file"
        )
    if path.suffix in _PARQUET:
        return pl.scan_parquet(path, glob=False)
    from seatrial.data.sources import read

    return read(path.name, root=path.parent).lazy()


def _foreign(source: Source) -> pl.DataFrame:
    kind = f"{type(source).__module__}.{type(source).__name__}"
    try:
        if kind.startswith("pandas."):
            return pl.from_pandas(source)
        if hasattr(source, "__arrow_c_stream__"):
            return pl.DataFrame(source)
    except ImportError as error:
        hint = "pip install pyarrow, or write it to Parquet and give the path"
        raise DataError(f"a {kind} is read through pyarrow: {error}", hint=hint) from error
    hint = "give a dataframe of polars, pandas or Arrow, a dict of columns, or a path"
    raise DataError(f"a {kind} is no table", hint=hint)
