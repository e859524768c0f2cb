"""Questions to a snapshot: which rows meet a condition, and the values of some columns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from seatrial.core.errors import Fault, PlanError
from seatrial.records.binding import bind, faults
from seatrial.records.condition import Kind, Node, to_sql
from seatrial.records.dataset import Snapshot
from seatrial.store import Tables, TableVersion

UNKNOWN = -1
"""Code of a row for which a condition can't be told, because a value is missing."""


def mask(snapshot: Snapshot, node: Node, tables: Tables) -> npt.NDArray[np.bool_]:
    """Say which rows meet a condition; a row for which it can't be told doesn't.

    Returns:
        (rows,) bool, in the order of the snapshot.

    Raises:
        PlanError: the condition names columns that aren't there, or compares what can't be.
    """
    met: npt.NDArray[np.bool_] = codes(snapshot, node, tables) == 1
    return met


def codes(snapshot: Snapshot, node: Node, tables: Tables) -> npt.NDArray[np.int8]:
    """Say for each row whether it meets a condition, or that it can't be told.

    Returns:
        (rows,) int8: 1 met, 0 not met, -1 can't be told.

    Raises:
        PlanError: as :func:`mask`.
    """
    return evaluate(node, snapshot.kinds, tables.paths(_version(snapshot)))


def columns(
    snapshot: Snapshot,
    names: Sequence[str],
    tables: Tables,
    *,
    rows: npt.NDArray[np.bool_] | None = None,
) -> pl.DataFrame:
    """Read some columns.

    Args:
        snapshot: Where from.
        names: Which, each at most once.
        tables: The store.
        rows: (rows,) bool, which rows to keep; None for all.

    Returns:
        Frame with the columns in the order of ``names`` and the rows in that of the snapshot.

    Raises:
        PlanError: a column isn't there.
    """
    demand_columns({name: name for name in names}, snapshot.kinds)
    frame = tables.read(_version(snapshot), columns=list(names)).select(names)
    return frame if rows is None else frame.filter(pl.Series(rows))


def evaluate(node: Node, kinds: Mapping[str, Kind], paths: Sequence[Path]) -> npt.NDArray[np.int8]:
    """Evaluate a condition over Parquet files, read one after the other.

    Raises:
        PlanError: as :func:`mask`.
    """
    if found := faults(node, kinds):
        raise PlanError.of(Fault(each.fact, each.where or str(node), each.hint) for each in found)
    expression, parameters = to_sql(bind(node, kinds))
    told = f"coalesce(cast({expression} as tinyint), cast({UNKNOWN} as tinyint)) as told"
    query = f"select {told} from read_parquet(?)"  # noqa: S608 - values are bound, names quoted
    files = [str(path) for path in paths]
    with duckdb.connect() as connection:
        table = connection.execute(query, [*parameters, files]).fetchnumpy()
    return np.asarray(table["told"], dtype=np.int8)


def demand_columns(wanted: Mapping[str, str], kinds: Mapping[str, Kind]) -> None:
    """Refuse names that aren't columns, all at once.

    Args:
        wanted: Column by the place that names it, ``{"data.time": "time_hour"}``.
        kinds: Kind of each column that is there.

    Raises:
        PlanError: with one fault for each, and the nearest name.
    """
    missing = [
        unknown_column(name, kinds, where) for where, name in wanted.items() if name not in kinds
    ]
    if missing:
        raise PlanError.of(missing)


def unknown_column(name: str, kinds: Mapping[str, Kind], where: str) -> Fault:
    """Say that no column has this name, and which is nearest."""
    near = difflib.get_close_matches(name, kinds, n=1)
    more = f" and {len(kinds) - 20} more" if len(kinds) > 20 else ""  # noqa: PLR2004 — as many as are named
    hint = f"nearest: {near[0]}" if near else f"columns: {', '.join(list(kinds)[:20])}{more}"
    return Fault(f"no column is called {name}", where, hint)


def _version(snapshot: Snapshot) -> TableVersion:
    return TableVersion.from_json(snapshot.table)
