"""Read one source into columns of known kinds, or say in a sentence why not."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from seatrial.core.errors import DataError, Fault
from seatrial.data.cells import from_text, from_typed, table_faults
from seatrial.data.delimited import MOST_CELL_BYTES, MOST_COLUMNS, has_header, read_delimited
from seatrial.data.images import read_images
from seatrial.data.locations import Format, Location, locate, read_bytes, recognise

_MAGIC = b"PAR1"


def read(
    uri: str,
    *,
    root: Path,
    format: Format | None = None,  # noqa: A002 - as in the plan
    header: bool = True,
) -> pl.DataFrame:
    """Read a CSV, TSV or Parquet file, compressed with gzip or not; or images with their labels.

    Every column comes back as Int64 or Float64 (number), String (text), Boolean, or Datetime in
    microseconds (moment, UTC). Blanks, ``NA``, ``?`` and their kin are missing, and so are NaN and
    the infinite numbers. A text column that is partly numbers stays text; its profile says so.

    Args:
        uri: A path from ``root``, or an address that fsspec opens.
        root: Folder of the plan file.
        format: Overrides what the name's ending says.
        header: Whether the first line of text names the columns.

    Raises:
        DataError: the file can't be used; each way of being broken has its sentence.
    """
    location = locate(uri, root=root, format=format)
    if location.format in {"idx", "images"}:
        return read_images(location)
    raw = read_bytes(location)
    frame = (
        _parquet(raw, location)
        if location.format == "parquet"
        else _text(raw, location, header=header)
    )
    faults = [*table_faults(frame, where=location.name), *_huge_cells(frame, location.name)]
    if faults:
        raise DataError(faults[0].fact, where=faults[0].where, hint=faults[0].hint)
    return frame


def names_its_columns(uri: str, *, root: Path) -> bool:
    """Whether a source says what its columns are called; only text may not.

    Raises:
        DataError: it can't be read.
    """
    location = locate(uri, root=root)
    if location.format not in {"csv", "tsv"}:
        return True
    delimiter = "\t" if location.format == "tsv" else None
    return has_header(read_bytes(location), name=location.name, delimiter=delimiter)


def _text(raw: bytes, location: Location, *, header: bool) -> pl.DataFrame:
    delimiter = "\t" if location.format == "tsv" else None
    text = read_delimited(raw, name=location.name, delimiter=delimiter, header=header)
    decimal = "," if text.delimiter == ";" else "."
    return pl.DataFrame([from_text(cells, decimal=decimal) for cells in text.frame])


def _parquet(raw: bytes, location: Location) -> pl.DataFrame:
    _demand_parquet(raw, location.name)
    try:
        width = len(pl.read_parquet_schema(io.BytesIO(raw)))
        if width > MOST_COLUMNS:
            fact = f"it has {width:,} columns; a table may have {MOST_COLUMNS:,}"
            hint = "is the table on its side? write one row per example"
            raise DataError(fact, where=location.name, hint=hint)
        frame = pl.read_parquet(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        fact = "it is a damaged Parquet file"
        raise DataError(fact, where=location.name, hint="write or copy it again") from error
    return pl.DataFrame([from_typed(column, where=location.name) for column in frame])


def _demand_parquet(raw: bytes, name: str) -> None:
    if not raw:
        raise DataError("the file is empty", where=name, hint="write it again")
    if not raw.startswith(_MAGIC):
        kind, hint = recognise(raw) or ("something else", "if it is text, write `format: csv`")
        raise DataError(f"it isn't a Parquet file but {kind}", where=name, hint=hint)
    if not raw.endswith(_MAGIC):
        fact = f"the Parquet file is cut off after {len(raw):,} bytes"
        raise DataError(fact, where=name, hint="write or copy it again")


def _huge_cells(frame: pl.DataFrame, name: str) -> list[Fault]:
    for column in frame.select(pl.col(pl.String)):
        longest = column.str.len_bytes().arg_max()
        if longest is None or len(column[longest].encode()) <= MOST_CELL_BYTES:
            continue
        fact = f"a cell of column {column.name} is longer than {MOST_CELL_BYTES:,} bytes"
        hint = "keep documents in files and name them in a column"
        return [Fault(fact, f"{name}, row {longest + 1}", hint)]
    return []
