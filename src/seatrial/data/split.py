"""Which row is for training, which for choosing, which for judging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import DataError
from seatrial.data import assignment, query
from seatrial.data.snapshot import is_calendar_day
from seatrial.data.target import Labels
from seatrial.plan.schema_data import Data
from seatrial.records.dataset import PARTS, Snapshot, Split, SplitPart
from seatrial.store import Blobs, Tables, row_hashes
from seatrial.store.columns import column_digest, logical_type, normalised, values_of


@dataclass(frozen=True, slots=True)
class Division:
    """A split, and the same in memory.

    Attributes:
        split: The record.
        codes: (n_rows,) uint8: 0 train, 1 dev, 2 test.
    """

    split: Split
    codes: npt.NDArray[np.uint8]


def divide(
    snapshot: Snapshot, data: Data, labels: Labels, *, tables: Tables, blobs: Blobs
) -> Division:
    """Divide the rows as the plan says.

    - ``by: time``: the oldest rows train, the newest are the test; rows of one moment (of one day,
      if that is the unit) stay together.
    - ``by: hash``: a keyed hash of the row's key decides, so that neither the order of rows nor a
      new row moves the others. Under :data:`assignment.FEW` rows, where chance would spoil the
      shares, the rows of each class are ranked by their hash and cut at the shares; a new row then
      moves at most two others of its class.
    - ``by: group``: the same with the group's hash; its rows stay together.

    Rows without a target belong to parts too, and are counted there.

    Raises:
        DataError: a part would have no row with a target, or one class only; a row has no time.
    """
    codes = _codes(snapshot, data, labels, tables)
    _demand_parts(codes, labels, data)
    units = unit_codes(snapshot, data, tables)
    frame = query.columns(snapshot, [column.name for column in snapshot.columns], tables)
    parts = {name: _part(frame, labels, units, codes == index) for index, name in enumerate(PARTS)}
    return Division(Split(snapshot.id, blobs.put(codes.tobytes()), parts), codes)


def read_codes(split: Split, blobs: Blobs) -> npt.NDArray[np.uint8]:
    """Read back which row is in which part: (n_rows,) uint8, 0 train, 1 dev, 2 test."""
    return np.frombuffer(blobs.get(split.assignment), dtype=np.uint8)


def unit_codes(snapshot: Snapshot, data: Data, tables: Tables) -> npt.NDArray[np.int64]:
    """Number what is resampled for intervals.

    Returns:
        (n_rows,) int64, from 0, equal for rows of one unit, in the order of the units' values. A
        row whose unit is missing is a unit of its own, and without ``data.unit`` every row is.
    """
    if data.unit is None:
        return np.arange(snapshot.rows)
    column = _days(snapshot, data, tables) if is_calendar_day(data) else None
    if column is None:
        column = query.columns(snapshot, [data.unit], tables).to_series()
    known = (column.rank("dense").cast(pl.Int64) - 1).fill_null(-1).to_numpy()
    lonely = known < 0
    own = known.max(initial=-1) + 1 + np.arange(int(lonely.sum()))
    units = known.copy()
    units[lonely] = own
    return units


def _codes(snapshot: Snapshot, data: Data, labels: Labels, tables: Tables) -> npt.NDArray[np.uint8]:
    rule = data.split
    shares = (rule.train, rule.dev, rule.test)
    if rule.by == "time":
        moments = _moments(snapshot, data, tables)
        return assignment.in_order(moments, shares)
    names = list(data.keys) if rule.group is None else [rule.group]
    hashes = row_hashes(query.columns(snapshot, names, tables), secret=rule.salt.encode())
    if rule.by == "group":
        return assignment.by_group(hashes, shares)
    strata = labels.values if labels.classes else np.where(labels.known, 0, -1)
    return assignment.by_hash(hashes, strata.astype(np.int64), shares, salt=rule.salt)


def _moments(snapshot: Snapshot, data: Data, tables: Tables) -> npt.NDArray[np.int64]:
    assert data.time is not None
    if is_calendar_day(data):
        time = _days(snapshot, data, tables)
    else:
        time = query.columns(snapshot, [data.time], tables).to_series()
    if missing := time.null_count():
        fact = f"{missing:,} rows have no {data.time}, and the split is by time"
        hint = f"leave them out: `exclude: [{{where: {data.time} is null, because: ...}}]`"
        raise DataError(fact, where="data.split.by", hint=hint)
    ranks: npt.NDArray[np.int64] = time.rank("dense").cast(pl.Int64).to_numpy() - 1
    return ranks


def _days(snapshot: Snapshot, data: Data, tables: Tables) -> pl.Series:
    assert data.time is not None
    return query.columns(snapshot, [data.time], tables).to_series().dt.truncate("1d")


def _part(
    frame: pl.DataFrame,
    labels: Labels,
    units: npt.NDArray[np.int64],
    rows: npt.NDArray[np.bool_],
) -> SplitPart:
    inside = frame.filter(pl.Series(rows))
    known, values = labels.known & rows, labels.values[rows]
    counts = np.bincount(
        labels.values[known].astype(np.int64) if labels.classes else [], minlength=0
    )
    _, own_units = np.unique(units[rows], return_inverse=True)
    return SplitPart(
        rows=inside.height,
        unlabelled=int((rows & ~labels.known).sum()),
        columns={column.name: _digest(column) for column in normalised(inside)},
        target=digest_bytes(repr(labels.classes).encode(), np.ascontiguousarray(values)),
        units=digest_bytes(np.ascontiguousarray(own_units, dtype=np.int64)),
        classes={
            name: int(counts[code]) if code < len(counts) else 0
            for code, name in enumerate(labels.classes)
        },
    )


def _digest(column: pl.Series) -> str:
    logical = logical_type(column.name, column.dtype)
    return column_digest(logical, values_of(column), rows=len(column))


def _demand_parts(codes: npt.NDArray[np.uint8], labels: Labels, data: Data) -> None:
    way_out = {
        "time": "give it a larger share, or split by hash",
        "group": "give it a larger share, or split by a column with more and smaller groups",
        "hash": "give it a larger share, or get more rows of the rare class",
    }[data.split.by]
    for index, name in enumerate(PARTS):
        inside = labels.values[labels.known & (codes == index)]
        present = len(np.unique(inside))
        if len(inside) == 0:
            fact = f"the {name} part would have no row with a target"
        elif labels.classes and present == 1:
            only = labels.classes[int(inside[0])]
            fact = f"the {name} part would have one class only: {only} in {len(inside):,} rows"
        else:
            continue
        raise DataError(fact, where="data.split", hint=way_out)
