"""Versioned tables: each version a list of Parquet parts, shared with the versions before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seatrial.core.errors import DataError, NotFoundError, TamperedError
from seatrial.store.blobs import Blobs
from seatrial.store.chunks import PartSizes
from seatrial.store.columns import schema_of
from seatrial.store.parts import Assembly, described, read_part
from seatrial.store.versions import Part, TableVersion

__all__ = ["Part", "PartSizes", "TableVersion", "Tables"]

Mask = NDArray[np.bool_]


class Tables:
    """Writes and reads versions of tables whose parts are blobs.

    Args:
        blobs: Where the parts are kept.
        sizes: Where parts may be cut; versions written with other sizes have other digests.
    """

    def __init__(self, blobs: Blobs, *, sizes: PartSizes | None = None) -> None:
        self._blobs = blobs
        self._sizes = sizes or PartSizes()

    def write(
        self, source: pl.DataFrame | Iterable[pl.DataFrame], *, like: TableVersion | None = None
    ) -> TableVersion:
        """Store a table.

        Args:
            source: All rows, or batches of them; batches are never held together.
            like: A version whose parts are taken over where they hold the same rows, without
                being written again.

        Raises:
            DataError: a column can't be stored, a batch has other columns, or there is no batch.
        """
        frames = iter([source] if isinstance(source, pl.DataFrame) else source)
        first = next(frames, None)
        if first is None:
            raise DataError("a table needs columns, and there is not one batch to take them from")
        with self._assembly(schema_of(first), like.parts if like else ()) as rows:
            rows.feed(first)
            for frame in frames:
                rows.feed(frame)
            return rows.finish()

    def append(
        self, version: TableVersion, source: pl.DataFrame | Iterable[pl.DataFrame]
    ) -> TableVersion:
        """Store a version with more rows at its end; only the last part is read and written again.

        Raises:
            DataError: the rows have other columns or types than the table.
        """
        with self._assembly(version.schema) as rows:
            for part in version.parts[:-1]:
                rows.adopt(part)
            rows.feed(read_part(self._blobs, version.parts[-1]))
            for frame in [source] if isinstance(source, pl.DataFrame) else source:
                rows.feed(frame)
            return rows.finish()

    def delete_rows(
        self, version: TableVersion, doomed: Mask | Callable[[NDArray[np.int64]], Mask]
    ) -> TableVersion:
        """Store a version without some rows; parts that none of them stood in are shared.

        Args:
            version: What to start from.
            doomed: (n_rows,) bool, true for a row that goes; or a function from row numbers,
                (n_rows,) int64, to that.

        Raises:
            ValueError: the mask is of another length than the table.
        """
        mask = doomed(np.arange(version.rows)) if callable(doomed) else doomed
        if mask.shape != (version.rows,):
            raise ValueError(f"a mask of shape {mask.shape} for a table of {version.rows} rows")
        start = 0
        with self._assembly(version.schema) as rows:
            for part in version.parts:
                gone = mask[start : start + part.rows]
                start += part.rows
                if rows.is_between_parts and not gone.any():
                    rows.adopt(part)
                else:
                    rows.feed(read_part(self._blobs, part).filter(~gone))
            return rows.finish()

    def read(self, version: TableVersion, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read rows in their order, and columns in the order asked for.

        Raises:
            NotFoundError: a column or a part isn't there.
            TamperedError: a part isn't what was stored.
        """
        for name in columns or ():
            if name not in version.schema:
                raise NotFoundError(f"the table has no column `{name}`")
        chosen = list(columns) if columns is not None else list(version.schema)
        parts = (pl.read_parquet(path, columns=chosen) for path in self.paths(version))
        return pl.concat([part.select(chosen) for part in parts], rechunk=False)

    def scan(self, version: TableVersion) -> pl.LazyFrame:
        """Query rows without holding them in memory."""
        return pl.scan_parquet(self.paths(version))

    def paths(self, version: TableVersion) -> list[Path]:
        """Give the Parquet files of the parts, checked, in the order of the rows."""
        return [self._blobs.local_path(part.blob) for part in version.parts]

    def verify(self, version: TableVersion) -> None:
        """Compute every part's name again from its rows.

        Raises:
            TamperedError: a part holds other rows than its name says.
        """
        for part in version.parts:
            columns, sums = described(read_part(self._blobs, part))
            if (columns, sums) != (part.columns, part.sums):
                raise TamperedError(f"part {part.digest} holds other rows than it should")

    def _assembly(self, schema: Mapping[str, str], known: Iterable[Part] = ()) -> Assembly:
        return Assembly(self._blobs, self._sizes, schema, known)
