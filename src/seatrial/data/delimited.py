"""Text with a delimiter to columns of text: every broken file ends in a sentence with its line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
import polars as pl

from seatrial.core.errors import DataError
from seatrial.data.locations import recognise

MOST_COLUMNS = 10_000
"""Columns that a table may have; wider ones are usually a table on its side."""

MOST_CELL_BYTES = 1_000_000
"""Bytes that one cell may have; longer ones are usually a quote that never closes."""

_HEAD_BYTES = 1 << 16
_SAMPLE_LINES = 50
_SAMPLE_ROWS = 1_000
_SHOWN_CELLS = 4
_SHOWN_SIGNS = 30
_DELIMITERS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NEWLINE, _QUOTE = b"\n"[0], b'"'
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Text:
    """Cells as text, and the delimiter that stood between them."""

    frame: pl.DataFrame
    delimiter: str


def read_delimited(
    raw: bytes, *, name: str, delimiter: str | None = None, header: bool = True
) -> Text:
    r"""Read cells as text, without their surrounding blanks; the first line names the columns.

    Args:
        raw: The file's bytes: UTF-8, with or without a byte order mark.
        name: The file's name, for messages.
        delimiter: What stands between cells; None to find out.
        header: Whether the first line names the columns; else they are ``column_1`` and so on.

    Raises:
        DataError: the file is empty, not text, not UTF-8, ragged, without a header or rows, has
            repeated or blank column names, or too many columns.

    >>> read_delimited(b"a;b\n1; x\n", name="t.csv").frame.rows()
    [('1', 'x')]
    """
    lines = _lines(_text(raw, name), name, delimiter)
    first, *sample = islice((row for _, row in _records(lines)), _SAMPLE_ROWS)
    first = [cell.strip() for cell in first]
    if not header:
        names = [f"column_{place}" for place in range(1, len(first) + 1)]
        return Text(_frame(lines, names, names_stand_first=False), lines.delimiter)
    _demand_header(first, sample, name)
    return Text(_frame(lines, first), lines.delimiter)


def has_header(raw: bytes, *, name: str, delimiter: str | None = None) -> bool:
    r"""Whether the first line names the columns, and is no row itself.

    Raises:
        DataError: as :func:`read_delimited`, of what is seen in the first lines.

    >>> has_header(b"ham\tsee you\nspam\twin now\nham\tok\n", name="sms.tsv")
    False
    """
    lines = _lines(_text(raw, name), name, delimiter)
    first, *sample = islice((row for _, row in _records(lines)), _SAMPLE_ROWS)
    return not _is_data([cell.strip() for cell in first], sample)


@dataclass(frozen=True, slots=True)
class _Lines:
    """A file's text and how its lines are cut; without quoting, a quote is a sign like others."""

    raw: bytes
    name: str
    delimiter: str
    quoting: bool = True


def _lines(raw: bytes, name: str, delimiter: str | None) -> _Lines:
    lines = _Lines(raw, name, delimiter or _delimiter(raw))
    _demand_few(raw.lstrip(b"\n").partition(b"\n")[0].count(lines.delimiter.encode()) + 1, name)
    if lines.delimiter != "\t" or _QUOTE not in raw:
        return lines
    # Tables with tabs are written in both ways: with quotes as CSV has them, and with none at all.
    try:
        for _ in _records(lines):
            pass
    except DataError:
        return replace(lines, quoting=False)
    return lines


def _text(raw: bytes, name: str) -> bytes:
    if not raw.removeprefix(_MARK).strip():
        raise DataError("the file is empty", where=name, hint="export it again")
    if known := recognise(raw):
        kind, hint = known
        raise DataError(f"it is {kind}, not text", where=name, hint=hint)
    raw = raw.removeprefix(_MARK)
    if (at := raw.find(b"\0")) >= 0:
        fact = f"it holds a NUL byte (at byte {at:,}), so it isn't text"
        raise DataError(fact, where=_line(raw, at, name), hint="export it again as UTF-8 text")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{raw[error.start]:02x}"
        fact = f"it isn't UTF-8: byte {error.start:,} is {byte}"
        hint = f"convert it: iconv -f latin1 -t utf-8 {name} > utf8-{name}"
        raise DataError(fact, where=_line(raw, error.start, name), hint=hint) from error
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw


def _line(raw: bytes, at: int, name: str) -> str:
    return f"{name}:{raw.count(_NEWLINE, 0, at) + 1}"


def _delimiter(raw: bytes) -> str:
    """The sign that cuts the first lines into equally many cells, the most; else a comma."""
    sample = raw.lstrip()[:_HEAD_BYTES].decode(errors="ignore").split("\n")[:_SAMPLE_LINES]
    lines = sample if len(sample) == 1 or len(raw) <= _HEAD_BYTES else sample[:-1]

    def cells(sign: str) -> int:
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=sign) if row}
        except csv.Error:
            return 1
        return widths.pop() if len(widths) == 1 else 1

    best = max(_DELIMITERS, key=cells)
    if cells(best) > 1:
        return best
    return max(_DELIMITERS, key=lines[0].count)


def _demand_few(columns: int, name: str) -> None:
    if columns > MOST_COLUMNS:
        fact = f"the first line has {columns:,} cells; a table may have {MOST_COLUMNS:,} columns"
        hint = "is the table on its side? write one row per example"
        raise DataError(fact, where=f"{name}:1", hint=hint)


def _demand_header(header: list[str], sample: list[list[str]], name: str) -> None:
    repeated = [each for each, times in Counter(header).items() if times > 1 and each]
    blank = [str(index + 1) for index, cell in enumerate(header) if not cell]
    if _is_data(header, sample):
        shown = ", ".join(cell[:_SHOWN_SIGNS] for cell in header[:_SHOWN_CELLS])
        fact = f"the first line looks like data, not like column names: {shown}"
        hint = f"add a first line with {len(header)} names, or write `header: false` in the plan"
    elif repeated:
        fact = f"the header names a column twice: {', '.join(repeated[:5])}"
        hint = "give each column a name of its own"
    elif blank:
        fact = f"the header has no name for column {', '.join(blank[:5])}"
        hint = "name it; pandas leaves its index out with `to_csv(..., index=False)`"
    else:
        return
    raise DataError(fact, where=f"{name}:1", hint=hint)


def _is_data(header: list[str], sample: list[list[str]]) -> bool:
    """Whether all cells are numbers, or half of them stand again as values of their own columns."""
    if all(_NUMBER.fullmatch(cell) for cell in header if cell):
        return True
    columns = zip(*sample, strict=False)
    again = sum(
        cell in {value.strip() for value in column}
        for cell, column in zip(header, columns, strict=False)
        if cell
    )
    return len(header) > 1 and again * 2 >= len(header)


def _frame(lines: _Lines, header: list[str], *, names_stand_first: bool = True) -> pl.DataFrame:
    frame = _fast(lines)
    if not _is_plain(lines, len(header)):
        rows = _count_records(lines, header, least=2 if names_stand_first else 1)
        if frame is None or frame.shape != (rows, len(header)):
            frame = _slow(lines)
    assert frame is not None
    frame.columns = header
    return (frame[1:] if names_stand_first else frame).select(pl.all().str.strip_chars())


def _fast(lines: _Lines) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            lines.raw,
            separator=lines.delimiter,
            quote_char='"' if lines.quoting else None,
            has_header=False,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        return None


def _slow(lines: _Lines) -> pl.DataFrame:
    """Build columns from the csv module's rows, for what it can read and polars can't."""
    columns = zip(*(row for _, row in _records(lines)), strict=True)
    return pl.DataFrame({str(index): list(column) for index, column in enumerate(columns)})


def _count_records(lines: _Lines, header: list[str], *, least: int) -> int:
    """Count lines, the header included; each must have as many cells as the header."""
    rows = 0
    for line, row in _records(lines):
        rows += 1
        if len(row) != len(header):
            fact = f"the line has {len(row)} cells, the header has {len(header)}"
            hint = "a cell that holds the delimiter or a line break must stand in double quotes"
            raise DataError(fact, where=f"{lines.name}:{line}", hint=hint)
    if rows < least:
        raise DataError("there is a header and no row", where=lines.name, hint="export it again")
    return rows


def _is_plain(lines: _Lines, width: int) -> bool:
    """Whether no line is quoted or blank and each has ``width`` cells: the fast way to check."""
    raw = lines.raw
    if width == 1 or (_QUOTE in raw and lines.quoting):
        return False
    signs = np.frombuffer(raw if raw.endswith(b"\n") else raw + b"\n", dtype=np.uint8)
    ends = np.flatnonzero(signs == _NEWLINE)
    before = np.searchsorted(np.flatnonzero(signs == ord(lines.delimiter)), ends)
    is_short = bool((np.diff(ends, prepend=0) < MOST_CELL_BYTES).all())
    even = bool((np.diff(before, prepend=0) == width - 1).all())
    return len(ends) > 1 and is_short and even


def _records(lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line and cells of each record, blank lines left out."""
    csv.field_size_limit(MOST_CELL_BYTES)  # the module knows no other way than this global one
    stream = io.TextIOWrapper(io.BytesIO(lines.raw), encoding="utf-8", newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if lines.quoting else csv.QUOTE_NONE
    reader = csv.reader(stream, delimiter=lines.delimiter, quoting=quoting, strict=True)
    start = 1
    try:
        for row in reader:
            if row:
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise _csv_fault(str(error), start, lines.name) from error


def _csv_fault(said: str, line: int, name: str) -> DataError:
    where = f"{name}:{line}"
    if "field limit" in said:
        fact = f"a cell is longer than {MOST_CELL_BYTES:,} bytes"
        hint = "is a quote never closed? keep documents in files and name them in a column"
        return DataError(fact, where=where, hint=hint)
    if "unexpected end" in said:
        fact = "a quote is opened here and never closed"
        return DataError(fact, where=where, hint='close it, or write a quote in a cell as ""')
    fact = "a quoted cell goes on after its closing quote"
    return DataError(fact, where=where, hint='write a quote in a cell as ""')
