"""The rows that make entries findable, as values computed from entries alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seatrial.store.entry import Entry


class Projection(NamedTuple):
    """What one entry gives.

    Attributes:
        record: Its row of ``record``.
        facts: Its rows of ``fact``, by name.
    """

    record: dict[str, Any]
    facts: list[dict[str, Any]]


def project(entry: Entry, *, not_before: str) -> Projection:
    """Compute the rows of one entry.

    Args:
        entry: An intact entry.
        not_before: ``at`` of its predecessor's record. A record is never older than the one
            before it in its chain, so that a clock that was set back can't hide what came later.
    """
    record = {
        "digest": entry.digest,
        "chain": entry.chain,
        "seq": entry.seq,
        "kind": entry.kind,
        "key": entry.key,
        "at": max(entry.at, not_before),
    }
    facts = [
        {"entry": entry.digest, "name": name, **_typed(value)}
        for name, value in sorted(entry.facts.items())
    ]
    return Projection(record, facts)


def project_all(entries: Iterable[Entry], *, not_before: str = "") -> Iterator[Projection]:
    """Project entries in the order of chain and number; ``not_before`` is the first chain's."""
    chain: str | None = None
    for entry in entries:
        if chain not in {None, entry.chain}:
            not_before = ""
        chain = entry.chain
        projection = project(entry, not_before=not_before)
        not_before = projection.record["at"]
        yield projection


def _typed(value: float | str) -> dict[str, Any]:
    if isinstance(value, str):
        return {"number": None, "text": value}
    return {"number": float(value), "text": None}
