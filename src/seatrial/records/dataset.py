"""What is known of frozen data: snapshots and their split, all by digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.records.condition import Kind

PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class SnapshotColumn:
    """One column: its kind, the source it came from, the digest of its values."""

    name: str
    kind: Kind
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What happened to one source on its way into a snapshot.

    Attributes:
        name: As in the plan.
        digest: SHA-256 of the file's bytes.
        rows: Rows read.
        join_keys: Columns it was joined on; empty for the first source.
        unmatched: Rows of the first source that found no partner here.
        unused: Rows here that found no partner in the first source.
        repeated_keys: Rows here whose join key stands in an earlier row; the first one counts.
        dropped: Rows of the first source that an inner join left out.
    """

    name: str
    digest: str
    rows: int
    join_keys: tuple[str, ...] = ()
    unmatched: int = 0
    unused: int = 0
    repeated_keys: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows that the plan leaves out: the condition, the reason, how many."""

    where: str
    because: str
    rows: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen table.

    Attributes:
        id: Digest of its logical content.
        table: How the store finds it (its own record, opaque here).
        rows: Rows in it.
        columns: Columns in order.
        sources: One report for each source.
        exclusions: One for each exclusion of the plan.
        duplicate_rows: Rows that repeat an earlier row, key aside; counted and kept.
        repeated_keys: Rows whose key stands in an earlier row; counted and kept.
    """

    id: str
    table: Mapping[str, Any]
    rows: int
    columns: tuple[SnapshotColumn, ...]
    sources: tuple[SourceReport, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    duplicate_rows: int = 0
    repeated_keys: int = 0

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of each column, by name."""
        return {column.name: column.kind for column in self.columns}

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Read what :meth:`to_json` wrote."""
        return cls(
            **{
                **data,
                "columns": tuple(SnapshotColumn(**each) for each in data["columns"]),
                "sources": tuple(
                    SourceReport(**{**each, "join_keys": tuple(each["join_keys"])})
                    for each in data["sources"]
                ),
                "exclusions": tuple(Exclusion(**each) for each in data["exclusions"]),
            }
        )


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One part of a split.

    Attributes:
        rows: Rows in it.
        unlabelled: Rows whose target is missing; in no metric and no training.
        columns: Digest of each column's values in this part, in order of the snapshot.
        target: Digest of the target's values in this part.
        units: Digest of the resampled units in this part.
        classes: Rows of each class; empty for regression.
    """

    rows: int
    unlabelled: int
    columns: Mapping[str, str]
    target: str
    units: str
    classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """Which row of a snapshot is in which part.

    Attributes:
        snapshot: Id of the snapshot.
        assignment: Blob with one byte a row: 0 train, 1 dev, 2 test.
        parts: By name.
    """

    snapshot: str
    assignment: str
    parts: Mapping[str, SplitPart]

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Split:
        """Read what :meth:`to_json` wrote."""
        parts = {name: SplitPart(**part) for name, part in data["parts"].items()}
        return cls(data["snapshot"], data["assignment"], parts)
