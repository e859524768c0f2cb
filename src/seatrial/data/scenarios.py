"""Cases that people wrote down: rows of a file, and the answer that is expected of each."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.core.errors import DataError, Fault
from seatrial.data.cells import MISSING, MOMENT
from seatrial.data.delimited import read_delimited
from seatrial.data.locations import Location, locate, read_bytes
from seatrial.data.snapshot import is_calendar_day
from seatrial.data.sources import read
from seatrial.data.target import class_name
from seatrial.plan.grammar import parse_condition
from seatrial.plan.schema import Scenario
from seatrial.plan.schema_data import Data
from seatrial.records.binding import bind
from seatrial.records.condition import Kind, columns, to_closure

_LINES = (".jsonl", ".ndjson")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOST_FAULTS = 10
_DTYPES: Mapping[Kind, Any] = {
    "number": pl.Float64,
    "text": pl.String,
    "boolean": pl.Boolean,
    "moment": MOMENT,
}


@dataclass(frozen=True, slots=True)
class Cases:
    """The rows of a set.

    Attributes:
        name: The file's name, for messages.
        frame: Their columns that the data has too, as a snapshot holds them.
        expected: (n_rows,) class codes int64, or numbers float64.
    """

    name: str
    frame: pl.DataFrame
    expected: npt.NDArray[Any]

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Some of the columns.

        Raises:
            DataError: one isn't there; names every one of them.
        """
        found = [_absent(name, self.frame.columns, self.name) for name in names]
        if faults := [fault for fault in found if fault is not None]:
            raise _all_of(faults)
        return self.frame.select(names)


def find(uri: str, *, root: Any) -> Location:
    """Find the file of a set.

    Raises:
        DataError: it isn't there, or its ending says nothing.
    """
    is_lines = uri.removesuffix(".gz").lower().endswith(_LINES)
    return locate(uri, root=root, format="csv" if is_lines else None)


def read_cases(
    scenario: Scenario, *, root: Any, kinds: Mapping[str, Kind], target: str, classes: Sequence[str]
) -> Cases:
    """Read the rows of a set. Columns that the data doesn't have are left aside.

    Args:
        scenario: A set with ``rows``.
        root: Folder of the plan file.
        kinds: Kind of each column of the data.
        target: The plan's target.
        classes: Names of the classes, the positive one last; empty for regression.

    Raises:
        DataError: the file can't be read, a value isn't what its column holds, or an expected answer
            is missing or none of the classes. Rows are counted from 1, the header left out.
    """
    assert scenario.rows is not None
    location = find(scenario.rows, root=root)
    cells = _cells(location, root)
    faults: list[Fault] = []
    frame = pl.DataFrame(
        [
            _typed(name, values, kinds[name], location.name, faults)
            for name, values in cells.items()
            if name in kinds
        ]
    )
    named = scenario.expect or (target if target in cells else None)
    if named is None:
        values = _by_condition(target, frame, location.name, kinds, faults)
    elif fault := _absent(named, list(cells), location.name):
        raise _all_of([fault])
    else:
        values = cells[named]
    expected = _expected(named, values, classes, location.name, faults)
    if faults:
        raise _all_of(faults)
    return Cases(location.name, frame, expected)


def units(frame: pl.DataFrame, data: Data) -> npt.NDArray[np.int64]:
    """Number what is resampled for intervals, where the cases say it; else each is its own."""
    name = data.time if is_calendar_day(data) else data.unit
    if name is None or name not in frame.columns:
        return np.arange(frame.height)
    column = frame[name].dt.truncate("1d") if is_calendar_day(data) else frame[name]
    known = (column.rank("dense").cast(pl.Int64) - 1).fill_null(-1).to_numpy()
    return np.where(known < 0, frame.height + np.arange(frame.height), known).astype(np.int64)


def _cells(location: Location, root: Any) -> dict[str, list[Any]]:
    """Raw cells by column; None where one is missing."""
    if location.uri.removesuffix(".gz").lower().endswith(_LINES):
        return _json_lines(read_bytes(location), location.name)
    if location.format == "parquet":
        frame = read(location.uri, root=root)
        return {column.name: column.to_list() for column in frame}
    delimiter = "\t" if location.format == "tsv" else None
    text = read_delimited(read_bytes(location), name=location.name, delimiter=delimiter)
    known = [cells.set(cells.is_in(MISSING), None) for cells in text.frame]
    if text.delimiter == ";":
        known = [cells.str.replace(r"^([+-]?\d+),(\d+)$", "$1.$2") for cells in known]
    return {cells.name: cells.to_list() for cells in known}


def _json_lines(raw: bytes, name: str) -> dict[str, list[Any]]:
    rows: list[Mapping[str, Any]] = []
    try:
        lines = raw.decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"it isn't UTF-8: byte {error.start:,}", where=name) from None
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            raise DataError(f"not JSON: {error}", where=f"{name}:{number}") from None
        if not isinstance(row, dict):
            hint = 'as in {"hour": 18, "late": true}'
            raise DataError("it is no JSON object", where=f"{name}:{number}", hint=hint)
        rows.append(row)
    if not rows:
        raise DataError("the file is empty", where=name, hint="write one JSON object a line")
    names = dict.fromkeys(name for row in rows for name in row)
    return {each: [row.get(each) for row in rows] for each in names}


def _typed(
    name: str, values: Sequence[Any], kind: Kind, file: str, faults: list[Fault]
) -> pl.Series:
    found: list[Any] = []
    for row, value in enumerate(values, start=1):
        try:
            found.append(None if value in {None, ""} else _READ[kind](value))
        except (ValueError, TypeError):
            fact = f"{name} is {value!r}, and in the data it is {_SPOKEN[kind]}"
            faults.append(Fault(fact, f"{file}: row {row}", "write it so, or leave it empty"))
            found.append(None)
    return pl.Series(name, found, dtype=_DTYPES[kind])


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value.strip())):
        raise ValueError(value)
    number = float(value)
    return number if math.isfinite(number) else None


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError(value)
    return text == "true"


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError(value)
    return class_name(value)


def _moment(value: Any) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 — as a snapshot holds it
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


_READ: Mapping[Kind, Callable[[Any], Any]] = {
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "moment": _moment,
}
_SPOKEN: Mapping[Kind, str] = {
    "number": "a number",
    "text": "text",
    "boolean": "true or false",
    "moment": "a moment, as in 2026-01-31T18:00",
}


def _expected(
    named: str | None,
    values: Sequence[Any],
    classes: Sequence[str],
    file: str,
    faults: list[Fault],
) -> npt.NDArray[Any]:
    """The expected answers, as codes of classes or as numbers."""
    read: Callable[[Any], float | None] = _class_reader(classes) if classes else _number
    allowed = f"one of {', '.join(classes[:10])}" if classes else "a number"
    way_out = (
        f"fill in {named}, or take the row out" if named else "a value that tells it is missing"
    )
    found: list[float] = []
    for row, value in enumerate(values, start=1):
        where = f"{file}: row {row}"
        try:
            answer = None if value in {None, ""} else read(value)
        except (ValueError, TypeError):
            near = difflib.get_close_matches(str(value), classes, n=1)
            hint = f"nearest: {near[0]}" if near else ""
            faults.append(Fault(f"{value!r} is expected, which is not {allowed}", where, hint))
            answer = 0
        if answer is None:
            faults.append(Fault("no answer is expected", where, way_out))
        found.append(answer or 0)
    return np.array(found, dtype=np.int64 if classes else np.float64)


def _by_condition(
    target: str, frame: pl.DataFrame, file: str, kinds: Mapping[str, Kind], faults: list[Fault]
) -> Sequence[Any]:
    """What the condition of the target says of each row."""
    if target in kinds:
        hint = f"add it, or say in `expect` which of {', '.join(frame.columns)} it is"
        raise DataError(f"there is no column {target}, the target", where=file, hint=hint)
    node = parse_condition(target)
    for name in columns(node):
        if name not in frame.columns:
            hint = "add it, or name the column of the expected answers in `expect`"
            faults.append(Fault(f"there is no column {name}, which tells the target", file, hint))
    if faults:
        raise _all_of(faults)
    told = to_closure(bind(node, kinds))
    return [told(row) for row in frame.iter_rows(named=True)]


def _class_reader(classes: Sequence[str]) -> Callable[[Any], int]:
    exact = {name: code for code, name in enumerate(classes)}
    loose = {name.lower(): code for name, code in exact.items()}

    def read(value: Any) -> int:
        text = class_name(value)
        if text not in exact and _NUMBER.fullmatch(text):
            text = class_name(float(text))
        found = exact.get(text, loose.get(text.lower()))
        if found is None:
            raise ValueError(value)
        return found

    return read


def _absent(name: str, present: Sequence[str], file: str) -> Fault | None:
    if name in present:
        return None
    near = difflib.get_close_matches(name, present, n=1)
    hint = f"nearest: {near[0]}" if near else f"columns: {', '.join(present[:20])}"
    return Fault(f"there is no column {name}", file, hint)


def _all_of(faults: Sequence[Fault]) -> DataError:
    """One error with the first faults, in the order of their rows."""
    first, more = faults[0], len(faults) - _MOST_FAULTS
    error = DataError(first.fact, where=first.where, hint=first.hint)
    error.faults = tuple(faults[:_MOST_FAULTS])
    if more > 0:
        error.faults += (Fault(f"and {more} more"),)
    return error
