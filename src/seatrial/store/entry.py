"""What an entry of the ledger is, and what its digest covers.

Entries of one chain are numbered from 1, and each holds the digest of the one before. The digest
is the SHA-256 of every other field, with their lengths before them, so that no two different entries have the
same bytes to hash. Key and facts are sealed with the payload: whatever can be searched can be
restored from what was hashed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from seatrial.core.digest import canonical
from seatrial.core.errors import Fault

GENESIS = "0" * 64
"""What the first entry of a chain has for a predecessor."""

BATCH = 1_000
"""Entries that are read, projected and written together."""

_Item = TypeVar("_Item")
_FRAME = b"seatrial-entry-1"
_LENGTH_BYTES = 8


class Head(NamedTuple):
    """How far a chain has come: the number and the digest of its last entry."""

    seq: int
    digest: str


START = Head(0, GENESIS)
"""The head of a chain that nobody has written to."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written.

    Attributes:
        kind: The record's kind: ``run``, ``evidence``, ``release`` ...
        payload: Anything with a JSON form; names and keys of persons only as keyed hashes.
        key: What :meth:`Ledger.newest` finds it by, as the id of a claim.
        facts: Numbers and words that it is searched by, as parameters and metrics of a run.
    """

    kind: str
    payload: Mapping[str, Any]
    key: str | None = None
    facts: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written; its fields stand in the order of the table's columns.

    Attributes:
        chain: The installation that wrote it.
        seq: Its number in the chain, from 1.
        kind: The record's kind.
        at: When it was written, as :func:`seatrial.core.clock.iso` writes it.
        actor: Keyed hash of who wrote it.
        envelope: Canonical JSON of payload, key and facts: the bytes that are hashed.
        prev: Digest of the entry before, or :data:`GENESIS`.
        digest: SHA-256 of all of the above.
    """

    chain: str
    seq: int
    kind: str
    at: str
    actor: str
    envelope: bytes
    prev: str
    digest: str

    @property
    def payload(self) -> dict[str, Any]:
        """What was given to be kept; parsed at each reading."""
        payload: dict[str, Any] = json.loads(self.envelope)["payload"]
        return payload

    @property
    def key(self) -> str | None:
        """The key that it was appended under."""
        key: str | None = json.loads(self.envelope)["key"]
        return key

    @property
    def facts(self) -> dict[str, float | str]:
        """What it is searched by."""
        facts: dict[str, float | str] = json.loads(self.envelope)["facts"]
        return facts

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"entry {self.seq} of chain {self.chain}"

    @property
    def is_intact(self) -> bool:
        """Whether its digest is that of its fields."""
        return self.digest == _digest(*self._covered())

    def _covered(self) -> tuple[object, ...]:
        return (self.chain, self.seq, self.kind, self.at, self.actor, self.prev, self.envelope)


def seal(draft: Draft, *, chain: str, after: Head, at: str, actor: str) -> Entry:
    """Number a draft, link it to the head of its chain, and name it by content.

    Raises:
        ValueError: the payload or a fact has no canonical JSON form (NaN, for one).
    """
    envelope = canonical({"payload": draft.payload, "key": draft.key, "facts": dict(draft.facts)})
    seq = after.seq + 1
    digest = _digest(chain, seq, draft.kind, at, actor, after.digest, envelope)
    return Entry(chain, seq, draft.kind, at, actor, envelope, after.digest, digest)


def chain_faults(entries: Iterable[Entry]) -> Iterator[Fault]:
    """Walk entries in the order of chain and number, and say what doesn't hold."""
    last: Entry | None = None
    for entry in entries:
        if last is not None and last.chain != entry.chain:
            last = None
        yield from link_faults(entry, after=Head(last.seq, last.digest) if last else START)
        last = entry


def link_faults(entry: Entry, *, after: Head) -> Iterator[Fault]:
    """Say what is wrong with one entry that should follow ``after``."""
    if not entry.is_intact:
        yield Fault("its content is not what its digest names; it was changed", entry.place)
    if entry.seq != after.seq + 1:
        yield Fault(_gap(after.seq + 1, entry.seq - 1), f"chain {entry.chain}")
    elif entry.prev != after.digest:
        yield Fault("it does not follow the entry before it; one of the two was moved", entry.place)


def batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Cut an iterable into lists of :data:`BATCH`, so that one statement takes each."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _gap(first: int, last: int) -> str:
    if last < first:
        return f"entry {first} is missing: another number stands in its place"
    return (
        f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    )


def _digest(*values: object) -> str:
    written = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    lengths = b"".join(len(each).to_bytes(_LENGTH_BYTES, "big") for each in written)
    return hashlib.sha256(b"".join((_FRAME, lengths, *written))).hexdigest()
