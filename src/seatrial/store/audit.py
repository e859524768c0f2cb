"""Whether a ledger is what was written: every entry, every link, every head, every projection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seatrial.core.errors import Fault
from seatrial.store.entry import Entry, Head, batches, chain_faults
from seatrial.store.projection import project
from seatrial.store.transaction import Transaction


def audit(transaction: Transaction, against: Mapping[str, tuple[int, str]]) -> list[Fault]:
    """Say everything that is wrong; an empty list says that nothing is.

    Args:
        transaction: One state of the ledger.
        against: Heads that were seen before; each must still be on its chain.
    """
    restore = "restore a copy, then `seatrial ledger pull` the rest"
    return [
        *(Fault(line, "the ledger's file", restore) for line in transaction.damage()),
        *chain_faults(transaction.entries()),
        *_head_faults(transaction),
        *_cut_faults(transaction, against),
        *_projection_faults(transaction),
    ]


def _head_faults(transaction: Transaction) -> Iterator[Fault]:
    heads = transaction.heads()
    ends = transaction.ends()
    for chain in sorted(heads.keys() | ends.keys()):
        if heads.get(chain) != ends.get(chain):
            fact = f"its head says {_said(heads.get(chain))}, but it ends with {_said(ends.get(chain))}"
            yield Fault(fact, f"chain {chain}")


def _cut_faults(
    transaction: Transaction, against: Mapping[str, tuple[int, str]]
) -> Iterator[Fault]:
    for chain, (seq, digest) in sorted(against.items()):
        found = transaction.entry_at(chain, seq)
        if found is None:
            yield Fault(
                f"entry {seq} was there before and is gone; the end was cut off", f"chain {chain}"
            )
        elif found.digest != digest:
            yield Fault(
                "it is not the entry that stood here before; history was rewritten", found.place
            )


def _projection_faults(transaction: Transaction) -> Iterator[Fault]:
    entries, records = transaction.counts()
    if entries != records:
        yield Fault(f"{entries} entries have {records} records", "table record", _REBUILD)
    not_before: dict[str, str] = {}
    for batch in batches(each for each in transaction.entries() if each.is_intact):
        yield from _batch_faults(transaction, batch, not_before)


def _batch_faults(
    transaction: Transaction, batch: list[Entry], not_before: dict[str, str]
) -> Iterator[Fault]:
    stored = transaction.projections_of([entry.digest for entry in batch])
    for entry in batch:
        due = project(entry, not_before=not_before.get(entry.chain, ""))
        not_before[entry.chain] = due.record["at"]
        if stored.get(entry.digest) != due:
            yield Fault("what it is found by differs from what was written", entry.place, _REBUILD)


_REBUILD = "`seatrial ledger rebuild` makes it again"


def _said(head: Head | None) -> str:
    return f"entry {head.seq} ({head.digest[:6]})" if head else "nothing"
