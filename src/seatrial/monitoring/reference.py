"""What a table was like, kept small enough to store: later ones are compared with it, not with rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seatrial.core.digest import canonical
from seatrial.core.errors import DataError
from seatrial.data.cells import kind_of
from seatrial.monitoring import counts
from seatrial.monitoring.counts import Counts, Floats, Levels, Numbers, Presence
from seatrial.monitoring.tables import Source, as_kind, table
from seatrial.records.condition import Kind

_FORMAT = "seatrial-reference-1"

Tally = Mapping[str, Counts]
"""Counts of a table, or of a part of one, by column, over a reference's edges and levels."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column was like.

    Attributes:
        kind: Of its values.
        counts: Its own, over its edges or levels.
        edges: (n_edges,) float64, rising, from its least number to its greatest; empty for levels.
        singletons: Levels that stood in one row only: of them one learns how often a row holds a
            level that wasn't seen before (Good 1953).
    """

    kind: Kind
    counts: Counts
    edges: Floats
    singletons: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """A profile of a table that another can be counted and compared over.

    Attributes:
        rows: Of the table.
        columns: By name, in order.

    >>> reference = Reference.build({"x": [1.0, 2.0, 4.0], "kind": ["a", "b", "a"]})
    >>> Reference.from_bytes(reference.to_bytes()).to_bytes() == reference.to_bytes()
    True
    """

    rows: int
    columns: Mapping[str, Column]

    @classmethod
    def build(cls, source: Source, *, columns: list[str] | None = None) -> Reference:
        """Profile a table, a column at a time.

        Args:
            source: See :func:`~seatrial.monitoring.tables.table`.
            columns: Those to profile; all by default.

        Raises:
            DataError: there is no row, or a column can't be used.
        """
        opened = table(source)
        wanted = opened.columns if columns is None else columns
        rows = opened.height()
        if not rows:
            raise DataError("there is no row to compare with", where=opened.name)
        return cls(rows, {name: _profiled(opened.column(name)) for name in wanted})

    def count(self, source: Source) -> Tally:
        """Count a table, or a part of one, over this reference.

        A column that the table lacks counts as missing in every row; one that the reference lacks
        is left out. A value that can't be read as the kind that it was counts as missing.

        Raises:
            DataError: a column can't be used.
        """
        opened = table(source)
        rows = opened.height()
        return {
            name: _counted(opened.column(name), column)
            if name in opened.columns
            else _absent(column, rows)
            for name, column in self.columns.items()
        }

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON; equal references have equal bytes."""
        columns = [[name, _plain(each)] for name, each in self.columns.items()]
        return canonical({"format": _FORMAT, "rows": self.rows, "columns": columns})

    @classmethod
    def from_bytes(cls, raw: bytes) -> Reference:
        """Read what :meth:`to_bytes` wrote.

        Raises:
            DataError: it is something else.
        """
        try:
            data = json.loads(raw)
            if data["format"] == _FORMAT:
                return cls(data["rows"], {name: _read(each) for name, each in data["columns"]})
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("it is no reference", hint="build it again") from error
        raise DataError(f"a reference in the form {data['format']!r}", hint="build it again")


def merge(first: Tally, second: Tally) -> Tally:
    """Add the counts of two parts of a table.

    >>> reference = Reference.build({"kind": ["a", "b", "a"]})
    >>> both = merge(reference.count({"kind": ["a"]}), reference.count({"kind": ["b", None]}))
    >>> both["kind"]
    Levels(missing=1, counts=Counter({'a': 1, 'b': 1}), other=0, new={})
    """
    return {name: counts.merge(part, second[name]) for name, part in first.items()}


def _profiled(column: Any) -> Column:
    kind = kind_of(column.dtype)
    if kind == "number":
        ordered = counts.sorted_numbers(column)
        edges = counts.edges_of(ordered)
        missing = len(column) - len(ordered)
        return Column(kind, counts.count_numbers(ordered, edges, missing=missing), edges)
    if kind == "moment":
        return Column(kind, _present(column), np.empty(0))
    levels, singletons = counts.levels_of(column)
    return Column(kind, levels, np.empty(0), singletons)


def _counted(column: Any, was: Column) -> Counts:
    read = as_kind(column, was.kind)
    match was.counts:
        case Numbers():
            ordered = counts.sorted_numbers(read)
            return counts.count_numbers(ordered, was.edges, missing=len(read) - len(ordered))
        case Levels():
            return counts.count_levels(read, was.counts.counts)
        case Presence():
            return _present(read)


def _absent(was: Column, rows: int) -> Counts:
    match was.counts:
        case Numbers():
            return counts.count_numbers(np.empty(0), was.edges, missing=rows)
        case Levels():
            return Levels(rows, {})
        case Presence():
            return Presence(rows, 0)


def _present(column: Any) -> Presence:
    missing = column.null_count()
    return Presence(missing, len(column) - missing)


def _plain(column: Column) -> dict[str, Any]:
    held = column.counts
    values = {name: getattr(held, name) for name in type(held).__slots__}
    return {
        "kind": column.kind,
        "singletons": column.singletons,
        "edges": column.edges.tolist(),
        "counts": {
            name: each.tolist() if isinstance(each, np.ndarray) else each
            for name, each in values.items()
        },
    }


def _read(data: Mapping[str, Any]) -> Column:
    kind, held = data["kind"], data["counts"]
    found: Counts
    if kind == "number":
        arrays = {
            "counts": np.array(held["counts"], np.int64),
            "points": np.array(held["points"], np.float64),
        }
        found = Numbers(**{**held, **arrays})
    elif kind == "moment":
        found = Presence(**held)
    else:
        found = Levels(**held)
    return Column(kind, found, np.array(data["edges"], np.float64), data["singletons"])
