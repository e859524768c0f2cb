"""Parts: rows in, named Parquet blobs out, and back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Self

import numpy as np
import polars as pl

from seatrial.core.errors import DataError
from seatrial.store.blobs import Blobs
from seatrial.store.chunks import Cutter, PartSizes
from seatrial.store.columns import column_digest, normalised, schema_of, values_of
from seatrial.store.rows import Hashes, column_hashes
from seatrial.store.versions import LANES, Part, TableVersion, written_sum

# Level 1 writes twice as fast as Polars' default of 3, for files a twentieth bigger.
_ZSTD_LEVEL = 1
_FEED_ROWS = 131_072


class Assembly:
    """A version in the making: rows or whole parts go in, in their order, and a version comes out.

    Args:
        blobs: Where new parts are stored.
        sizes: Where parts may be cut.
        schema: Logical type of each column.
        known: Parts that are stored already, to be taken over where rows are the same.
    """

    def __init__(
        self, blobs: Blobs, sizes: PartSizes, schema: Mapping[str, str], known: Iterable[Part] = ()
    ) -> None:
        self._blobs = blobs
        self._schema = dict(schema)
        self._known = {part.digest: part for part in known}
        self._cutter = Cutter(sizes)
        self._parts: list[Future[Part]] = []
        self._no_rows = pl.DataFrame()
        # One part is stored while the next is cut; a second thread would only hold more rows.
        self._clerk = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clerk.shutdown()

    @property
    def is_between_parts(self) -> bool:
        """Whether a whole part may come next."""
        return self._cutter.is_empty

    def adopt(self, part: Part) -> None:
        """Take a stored part as it is."""
        adopted: Future[Part] = Future()
        adopted.set_result(part)
        self._parts.append(adopted)

    def feed(self, frame: pl.DataFrame) -> None:
        """Take rows.

        Raises:
            DataError: they have other columns or types than the table.
        """
        self._check(schema_of(frame))
        ordered = frame.select(list(self._schema))
        self._no_rows = normalised(ordered.clear())
        for batch in ordered.iter_slices(_FEED_ROWS):
            self._hand_over(self._cutter.feed(normalised(batch)))

    def finish(self) -> TableVersion:
        """Name what went in; a table without rows has one part without rows."""
        self._hand_over(self._cutter.rest())
        if not self._parts:
            self._hand_over([self._no_rows])
        return TableVersion.of(self._schema, [part.result() for part in self._parts])

    def _hand_over(self, frames: Iterable[pl.DataFrame]) -> None:
        for frame in frames:
            if self._parts:
                self._parts[-1].result()
            self._parts.append(self._clerk.submit(self._store, frame))

    def _check(self, given: Mapping[str, str]) -> None:
        for name in {**self._schema, **given}:
            wanted, found = self._schema.get(name, "nothing"), given.get(name, "nothing")
            if wanted != found:
                fact = f"column `{name}` is {found} in these rows and {wanted} in the table"
                raise DataError(fact, hint="cast the rows, or write a new table")

    def _store(self, frame: pl.DataFrame) -> Part:
        columns, sums = described(frame)
        part = Part.of(rows=frame.height, blob="", columns=columns, sums=sums)
        if part.digest in self._known:
            return self._known[part.digest]
        file = io.BytesIO()
        frame.write_parquet(file, compression="zstd", compression_level=_ZSTD_LEVEL)
        return replace(part, blob=self._blobs.put(file.getvalue()))


def read_part(blobs: Blobs, part: Part) -> pl.DataFrame:
    """Read the rows of a part."""
    return pl.read_parquet(blobs.local_path(part.blob))


def described(frame: pl.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Name each column of a normalised part by content: its SHA-256, and its running sum."""
    columns: dict[str, str] = {}
    sums: dict[str, str] = {}
    for column in frame:
        values = values_of(column)
        logical = schema_of(column.to_frame())[column.name]
        columns[column.name] = column_digest(logical, values, rows=frame.height)
        sums[column.name] = _running_sum(column_hashes(column, values))
    return columns, sums


def _running_sum(hashes: Hashes) -> str:
    powers = _powers(1 << max(len(hashes) - 1, 0).bit_length())
    return written_sum(int(np.dot(hashes, lane[: len(hashes)])) for lane in powers)


@cache
def _powers(count: int) -> list[Hashes]:
    """Powers of each lane's multiplier modulo 2**64, from the 0th: (count,) each."""
    tables = []
    for lane in LANES:
        factors = np.full(count, lane, dtype=np.uint64)
        factors[0] = 1
        tables.append(np.cumprod(factors, dtype=np.uint64))
    return tables
