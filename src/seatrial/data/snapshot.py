"""Freeze the plan's sources into one table that never changes again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from seatrial.core.errors import DataError, Fault
from seatrial.data.cells import kind_of
from seatrial.data.fingerprint import Fingerprints
from seatrial.data.joins import join
from seatrial.data.lags import with_lags
from seatrial.data.locations import locate
from seatrial.data.query import evaluate, unknown_column
from seatrial.data.sources import read
from seatrial.plan.grammar import parse_condition
from seatrial.plan.schema_data import Data
from seatrial.records.condition import Kind, columns
from seatrial.records.dataset import Exclusion, Snapshot, SnapshotColumn, SourceReport
from seatrial.store import Tables

ROW = "row"
"""The key of a table without one: the number of the row in the first source, from 1."""

DAY = "day"
"""As ``data.unit``: the calendar day (UTC) of ``data.time``."""


def freeze(data: Data, *, root: Path, tables: Tables, digests: Fingerprints) -> Snapshot:
    """Read, join and filter the sources, and keep the result.

    Rows stand in the order of the first source. Rows that repeat a row or a key are counted and
    kept. If the key is ``row`` and no column is called so, rows are numbered from 1.

    ``unit: day`` is the calendar day (UTC) of ``data.time``; a column ``day`` is meant only if
    there is no ``data.time``, because such a column mostly holds the day of the month.

    Args:
        data: The plan's section.
        root: Folder of the plan file.
        tables: Where the table is kept.
        digests: Digests of files.

    Raises:
        DataError: a source can't be read; the plan names columns that aren't there (all at once);
            no row is left.
        PlanError: an exclusion isn't a condition on these columns.
    """
    gathered = _gather(data, root, digests)
    kinds = {column.name: kind_of(column.dtype) for column in gathered.frame}
    made = list(data.lags.columns.values()) if data.lags else []
    _demand_names(data, {**kinds, **dict.fromkeys(made, "number")})
    if data.lags is not None:
        assert data.time is not None
        lagged = with_lags(gathered.frame, data.lags, time=data.time)
        source = gathered.origin[data.lags.of]
        gathered = replace(
            gathered, frame=lagged, origin={**gathered.origin, **dict.fromkeys(made, source)}
        )
        kinds |= dict.fromkeys(made, "number")
    frame, exclusions = _exclude(gathered.frame, data, kinds)
    version = tables.write(frame)
    others = [name for name in frame.columns if name not in data.keys]
    return Snapshot(
        id=version.digest,
        table=version.to_json(),
        rows=frame.height,
        columns=tuple(
            SnapshotColumn(name, kind, gathered.origin[name], version.column_digest(name))
            for name, kind in kinds.items()
        ),
        sources=gathered.reports,
        exclusions=exclusions,
        duplicate_rows=_repeats(frame, others),
        repeated_keys=_repeats(frame, list(data.keys)),
    )


@dataclass(frozen=True, slots=True)
class _Gathered:
    frame: pl.DataFrame
    origin: dict[str, str]
    reports: tuple[SourceReport, ...]


def _gather(data: Data, root: Path, digests: Fingerprints) -> _Gathered:
    (first,) = (name for name, source in data.sources.items() if source.join is None)
    frame, digest = _read(data, first, root, digests)
    reports = [SourceReport(first, digest, frame.height)]
    if data.keys == (ROW,) and ROW not in frame.columns:
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW))
    origin = dict.fromkeys(frame.columns, first)
    for name, source in data.sources.items():
        if source.join is None:
            continue
        other, digest = _read(data, name, root, digests)
        joined = join(frame, other, source.join, name=name, digest=digest)
        frame = joined.frame
        reports.append(joined.report)
        origin.update(dict.fromkeys(joined.added, name))
    return _Gathered(frame, origin, tuple(reports))


def _read(data: Data, name: str, root: Path, digests: Fingerprints) -> tuple[pl.DataFrame, str]:
    source = data.sources[name]
    location = locate(source.uri, root=root, format=source.format)
    before = digests.of(location)
    frame = read(source.uri, root=root, format=source.format, header=source.header)
    return frame, before


def _demand_names(data: Data, kinds: dict[str, Kind]) -> None:
    found = [
        unknown_column(name, kinds, where) for where, name in _named(data) if name not in kinds
    ]
    time = kinds.get(data.time) if data.time else None
    if time in {"text", "boolean"}:
        fact = f"{data.time} is a {time}, not a moment"
        found.append(
            Fault(fact, "data.time", "write moments as 2026-01-31 or 2026-01-31T09:30:00Z")
        )
    if data.lags is not None and time == "number":
        fact = f"lags need moments, and {data.time} is a number"
        found.append(Fault(fact, "data.time", "write moments as 2026-01-31T09:30:00Z"))
    if data.lags is not None and kinds.get(data.lags.of, "number") != "number":
        fact = f"{data.lags.of} is a {kinds[data.lags.of]}, and lags are of numbers"
        found.append(Fault(fact, "data.lags.of", "name the target's column"))
    if time == "number" and data.unit == DAY:
        fact = f"`day` needs moments, and {data.time} is a number"
        found.append(Fault(fact, "data.unit", "name a column instead"))
    if found:
        error = DataError(found[0].fact, where=found[0].where, hint=found[0].hint)
        error.faults = tuple(found)
        raise error


def _named(data: Data) -> Iterator[tuple[str, str]]:
    yield from (("data.key", name) for name in data.keys)
    if data.time is not None:
        yield "data.time", data.time
    if data.unit is not None and not is_calendar_day(data):
        yield "data.unit", data.unit
    if data.split.group is not None:
        yield "data.split.group", data.split.group
    yield from (("data.features.drop", name) for name in data.features.drop)
    yield from (("data.features.forbid", name) for name in data.features.forbid)
    yield from (("data.features.text", name) for name in data.features.text)
    yield from (("data.context", name) for name in data.context)
    if data.lags is not None:
        yield "data.lags.of", data.lags.of
        yield from (("data.lags.by", name) for name in data.lags.by)
        if data.lags.hour is not None:
            yield "data.lags.hour", data.lags.hour


def is_calendar_day(data: Data) -> bool:
    """Whether the unit is the day of ``data.time``, not a column.

    >>> source = {"uri": "a.csv"}
    >>> is_calendar_day(Data(sources={"a": source}, key="id", time="at", unit="day"))
    True
    """
    return data.unit == DAY and data.time is not None


def _exclude(
    frame: pl.DataFrame, data: Data, kinds: dict[str, Kind]
) -> tuple[pl.DataFrame, tuple[Exclusion, ...]]:
    kept = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
    exclusions = []
    for index, rule in enumerate(data.exclude):
        node = parse_condition(rule.where, where=f"data.exclude[{index}]")
        read_columns = [name for name in columns(node) if name in kinds] or frame.columns[:1]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "columns.parquet"
            frame.select(read_columns).write_parquet(path)
            met = pl.Series(evaluate(node, kinds, [path]) == 1)
        exclusions.append(Exclusion(rule.where, rule.because, int((met & kept).sum())))
        kept &= ~met
    if not kept.any():
        hint = "look at `data.exclude` and at inner joins"
        raise DataError("no row is left", where="data.exclude", hint=hint)
    return frame.filter(kept), tuple(exclusions)


def _repeats(frame: pl.DataFrame, names: list[str]) -> int:
    return frame.height - frame.select(names).n_unique() if names else 0
