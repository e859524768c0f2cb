"""Where a table is cut into parts: where its content says so.

A part may end after any row whose hash is small enough; which rows those are doesn't depend on
where they stand. So a row that goes or comes moves the cuts around it, and all others fall on the
same rows as before: their parts are shared. (Cutting every N rows would shift each part after it.)

Source:
    Muthitacharoen, Chen and Mazieres (2001), A low-bandwidth network file system,
    doi:10.1145/502034.502052: content-defined chunks with a least and a greatest size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from seatrial.store.rows import normalised_row_hashes


@dataclass(frozen=True, slots=True)
class PartSizes:
    """How many rows a part holds; the last of a table may hold fewer.

    Attributes:
        least: No cut before so many.
        mean: What the others come to, if rows differ.
        most: A cut after so many, if no row asks for one.
    """

    least: int = 32_768
    mean: int = 131_072
    most: int = 524_288

    @property
    def threshold(self) -> np.uint64:
        """A row whose hash is below this may end a part."""
        return np.uint64((1 << 64) // (self.mean - self.least))


class Cutter:
    """Takes rows in any batches, and gives them back in parts."""

    def __init__(self, sizes: PartSizes) -> None:
        self._sizes = sizes
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._may_end: list[int] = []

    @property
    def is_empty(self) -> bool:
        """Whether the next row would be the first of a part."""
        return self._rows == 0

    def feed(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Take rows, normalised, and give each part that is now known to be complete."""
        ends = np.flatnonzero(normalised_row_hashes(frame) < self._sizes.threshold)
        self._may_end += [int(end) + 1 + self._rows for end in ends]
        self._frames.append(frame)
        self._rows += frame.height
        while end := self._next_end():
            yield self._take(end)

    def rest(self) -> Iterator[pl.DataFrame]:
        """Give what is left, which nothing ended."""
        if self._rows:
            yield self._take(self._rows)

    def _next_end(self) -> int:
        """Rows of the next part; 0 if more are needed to tell."""
        for end in self._may_end:
            if self._sizes.least <= end <= self._sizes.most:
                return end
        return self._sizes.most if self._rows >= self._sizes.most else 0

    def _take(self, rows: int) -> pl.DataFrame:
        pending = pl.concat(self._frames, rechunk=False)
        self._frames = [pending[rows:]] if rows < self._rows else []
        self._rows -= rows
        self._may_end = [end - rows for end in self._may_end if end > rows]
        return pending[:rows].rechunk()
