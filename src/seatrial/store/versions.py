"""What a version of a table is: its schema and its parts, each named by what it holds.

A part has a SHA-256 for each column, and the part's and the table's names follow from those. The
digest of a *column of the table* must not depend on where the table is cut, because the other
columns decide that: a new column would otherwise make every old one look new. So each part also
has a running sum for each column: ``sum(hash(cell) * p ** i)`` in two lanes of 64 bits, of which
two that follow each other give the sum of the whole. A sum finds every accident; against forgery
stands the SHA-256.

Source:
    Running sums: Karp and Rabin (1987), Efficient randomized pattern-matching algorithms,
    doi:10.1147/rd.312.0249, over mixed 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.digest import digest
from seatrial.core.errors import NotFoundError, TamperedError

LANES = (0xD1342543DE82EF95, 0x2545F4914F6CDD1D)
"""Multipliers of the running sums, of greatest period modulo 2**64."""

_LANE_SIGNS = 16
_MODULUS = 1 << 64


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive rows of a table.

    Attributes:
        digest: Name by logical content.
        rows: How many.
        blob: Digest of the Parquet file that holds them; another writer may give another file.
        columns: SHA-256 of each column's content, by name.
        sums: Running sum of each column, by name.
    """

    digest: str
    rows: int
    blob: str
    columns: Mapping[str, str]
    sums: Mapping[str, str]

    @classmethod
    def of(
        cls, *, rows: int, blob: str, columns: Mapping[str, str], sums: Mapping[str, str]
    ) -> Part:
        """Name a part by what it holds."""
        name = digest({"rows": rows, "columns": columns, "sums": sums})
        return cls(name, rows, blob, columns, sums)


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table as it was: what a snapshot refers to.

    Attributes:
        digest: Name by logical content; equal tables have equal digests, however they came about.
        schema: Logical type of each column, in their order.
        parts: In the order of the rows; at least one.
        rows: How many.
    """

    digest: str
    schema: Mapping[str, str]
    parts: tuple[Part, ...]
    rows: int

    @classmethod
    def of(cls, schema: Mapping[str, str], parts: Iterable[Part]) -> TableVersion:
        """Name a table by its schema and its parts."""
        ordered = tuple(parts)
        name = digest({"schema": list(schema.items()), "parts": [part.digest for part in ordered]})
        return cls(name, schema, ordered, sum(part.rows for part in ordered))

    def column_digest(self, name: str) -> str:
        """Name a column of the whole table by its type and values, whatever the others hold.

        Raises:
            NotFoundError: the table has no such column.
        """
        if name not in self.schema:
            raise NotFoundError(f"the table has no column `{name}`")
        total = joined_sum((part.sums[name], part.rows) for part in self.parts)
        return digest({"type": self.schema[name], "rows": self.rows, "sum": total})

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object; the schema as pairs, since objects don't keep their order."""
        return {
            "digest": self.digest,
            "schema": [list(column) for column in self.schema.items()],
            "parts": [
                {
                    "digest": part.digest,
                    "rows": part.rows,
                    "blob": part.blob,
                    "columns": dict(part.columns),
                    "sums": dict(part.sums),
                }
                for part in self.parts
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableVersion:
        """Read what :meth:`to_json` wrote.

        Raises:
            TamperedError: a digest isn't that of what stands under it.
        """
        given = [Part(**part) for part in data["parts"]]
        named = [
            Part.of(rows=part.rows, blob=part.blob, columns=part.columns, sums=part.sums)
            for part in given
        ]
        version = cls.of(dict(data["schema"]), named)
        if version.digest != data["digest"] or named != given:
            raise TamperedError(f"the list of the parts of table {data['digest']} was changed")
        return version


def written_sum(lanes: Iterable[int]) -> str:
    """Write the lanes of a running sum in hexadecimal."""
    return "".join(f"{lane % _MODULUS:0{_LANE_SIGNS}x}" for lane in lanes)


def joined_sum(sums: Iterable[tuple[str, int]]) -> str:
    """Join the running sums of consecutive rows, each given with its number of rows.

    >>> one = written_sum([1, 1])
    >>> joined_sum([(one, 1), (one, 1)]) == written_sum([1 + lane for lane in LANES])
    True
    """
    totals = [0] * len(LANES)
    before = 0
    for text, rows in sums:
        for index, lane in enumerate(LANES):
            own = int(text[index * _LANE_SIGNS : (index + 1) * _LANE_SIGNS], 16)
            totals[index] += own * pow(lane, before, _MODULUS)
        before += rows
    return written_sum(totals)
