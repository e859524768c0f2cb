"""The ledger: an append-only record of what was done, in SQLite or PostgreSQL.

::

    entry   chain seq kind at actor payload prev digest    what was written; never changed
    head    chain seq digest                               where each chain ends
    person  hash name                                      names, which may be forgotten
    record, fact                                           projections of entries, for finding them

Each installation that writes has a chain of its own, so that chains written apart can be brought
together by :meth:`Ledger.pull`. The chains of digests find accidents and edits; they can't find a
writer who makes a whole chain again, unless its head was noted elsewhere (``verify(against=)``).
SQLAlchemy is imported when a ledger is opened, not when this module is.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from seatrial.core.clock import Clock, iso
from seatrial.core.digest import keyed_hash
from seatrial.core.errors import ConflictError, Fault, NotFoundError, TamperedError
from seatrial.store.entry import Draft, Entry, Head, batches, link_faults, seal

if TYPE_CHECKING:
    from seatrial.store.database import Database
    from seatrial.store.transaction import Condition, Transaction

_HEXADECIMAL = re.compile("[0-9a-f]{1,64}")
_WAIT_S = 30.0


class Ledger:
    """An open ledger; see :meth:`open`."""

    def __init__(
        self, database: Database, *, installation: str, clock: Clock, actor: str, secret: bytes
    ) -> None:
        self.installation = installation
        self.actor = keyed_hash(secret, actor)
        self._database = database
        self._clock = clock
        self._secret = secret

    @classmethod
    def open(
        cls,
        url: str,
        *,
        installation: str,
        clock: Clock,
        actor: str,
        secret: bytes,
        wait_s: float = _WAIT_S,
    ) -> Ledger:
        """Open a ledger, and make or upgrade its tables if they aren't those of this version.

        Args:
            url: A file's path, ``sqlite:///...`` or ``postgresql://user@host/name``.
            installation: Names the chain that this process writes to.
            clock: Says when an entry is written.
            actor: Who writes; entries hold its keyed hash.
            secret: The installation's key for hashing names.
            wait_s: How long to wait for another writer, in seconds.

        Raises:
            StoreError: it can't be read or written, or a newer Seatrial wrote it.
            UserError: the URL is of neither kind.
            MissingExtraError: the driver of PostgreSQL is not installed.
        """
        from seatrial.store.database import Database

        database = Database(url, wait_s=wait_s)
        opened = cls(database, installation=installation, clock=clock, actor=actor, secret=secret)
        weakref.finalize(opened, database.close)  # for whoever forgets to close it
        return opened

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        key: str | None = None,
        facts: Mapping[str, float | str] | None = None,
    ) -> Entry:
        """Write one entry at the end of this installation's chain.

        Raises:
            ValueError: something has no canonical JSON form (NaN, for one); nothing is written.
            StoreError: the database refused; nothing is written.
        """
        return self.append_many([Draft(kind, payload, key, facts or {})])[0]

    def append_many(self, drafts: Iterable[Draft]) -> list[Entry]:
        """Write entries one after the other, all of them or none."""
        written: list[Entry] = []
        with self._database.writing() as transaction:
            last = transaction.lock(self.installation)
            at = iso(self._clock.now())
            for draft in drafts:
                entry = seal(draft, chain=self.installation, after=last, at=at, actor=self.actor)
                written.append(entry)
                last = Head(entry.seq, entry.digest)
            transaction.add(written)
        return written

    def get(self, name: str) -> Entry:
        """Find an entry by its digest, or by the first signs of it.

        Raises:
            NotFoundError: no digest starts so.
            ConflictError: several do.
        """
        found: list[Entry] = []
        if _HEXADECIMAL.fullmatch(name):
            with self._database.reading() as transaction:
                found = transaction.starting_with(name, limit=2)
        if not found:
            raise NotFoundError(f"no entry's digest starts with {name!r}")
        if len(found) > 1:
            names = " and ".join(entry.digest[: len(name) + 6] for entry in found)
            raise ConflictError(f"several digests start with {name!r}", hint=f"{names} do")
        return found[0]

    def newest(self, kind: str, key: str) -> Entry | None:
        """Find what was written last under a key; None if nothing was."""
        return next(iter(self.find(kind, key, limit=1)), None)

    def newest_of(self, kind: str, keys: Iterable[str]) -> dict[str, Entry]:
        """Find what was written last under each of many keys; a key without an entry is left out."""
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        with self._database.reading() as transaction:
            found = transaction.newest_of(kind, wanted)
        return {entry.key: entry for entry in found if entry.key is not None}

    def find(
        self,
        kind: str | None = None,
        key: str | None = None,
        *,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> list[Entry]:
        """List entries of a kind (None: of any), and under a key (None: any or none), by time.

        Entries of one chain keep their order even if a clock was set back between them.
        """
        with self._database.reading() as transaction:
            return transaction.find(kind, key, newest_first=newest_first, limit=limit)

    def search(
        self,
        kind: str,
        where: Sequence[Condition] = (),
        *,
        order_by: tuple[str, bool] | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """List entries whose facts meet every condition.

        Args:
            kind: The record's kind.
            where: Conditions ``(name, operator, value)``; a fact that is missing meets none.
                Operators: ``= != < <= > >=``. Text is compared with text, a number with numbers.
            order_by: A fact's name, and whether the greatest comes first; entries without it come
                last. None: the newest first.
            limit: How many at most.

        Raises:
            KeyError: an operator is none of these.
        """
        with self._database.reading() as transaction:
            return transaction.search(kind, where, order_by=order_by, limit=limit)

    def heads(self) -> dict[str, Head]:
        """Where each chain ends; noted elsewhere, it shows later that an end was cut off."""
        with self._database.reading() as transaction:
            return transaction.heads()

    def verify(self, against: Mapping[str, tuple[int, str]] | None = None) -> list[Fault]:
        """Recompute every digest and say everything that is wrong.

        Args:
            against: Heads that were noted earlier, as :meth:`heads` gives them.
        """
        from seatrial.store.audit import audit

        with self._database.auditing() as transaction:
            return audit(transaction, against or {})

    def rebuild(self) -> None:
        """Make every projection again from the entries."""
        with self._database.writing() as transaction:
            transaction.rebuild()

    def pull(self, other: Ledger) -> dict[str, int]:
        """Copy what another ledger has and this one lacks, each entry verified before it is added.

        Returns:
            Entries added, by chain; a chain that gave none is left out.

        Raises:
            ConflictError: a chain goes on differently in the two ledgers.
            TamperedError: an entry of the other ledger is not what its digest names.
        """
        counts = {chain: self._pull_chain(other, chain) for chain in other.heads()}
        return {chain: count for chain, count in counts.items() if count}

    def _pull_chain(self, other: Ledger, chain: str) -> int:
        with other._database.reading() as source, self._database.writing() as target:
            start = target.lock(chain)
            _refuse_fork(source, chain, start)
            with closing(source.entries(chain=chain, after=start.seq)) as entries:
                for batch in batches(_verified(entries, after=start)):
                    target.add(batch)
            return target.lock(chain).seq - start.seq

    def remember(self, name: str) -> str:
        """Keep a name where it can be forgotten again, and return the hash to write instead."""
        hashed = keyed_hash(self._secret, name)
        with self._database.writing() as transaction:
            transaction.remember(hashed, name)
        return hashed

    def name_of(self, hashed: str) -> str | None:
        """Say whose hash it is; None if nobody's, or if the name was forgotten."""
        with self._database.reading() as transaction:
            return transaction.name_of(hashed)

    def forget(self, name: str) -> bool:
        """Erase a name; the entries stay, with a hash that nobody can read any more.

        Returns:
            Whether there was such a name.
        """
        with self._database.writing() as transaction:
            return transaction.forget(keyed_hash(self._secret, name))


def _verified(entries: Iterable[Entry], *, after: Head) -> Iterator[Entry]:
    for entry in entries:
        for fault in link_faults(entry, after=after):
            raise TamperedError(fault.fact, where=entry.place, hint="nothing of it was added")
        after = Head(entry.seq, entry.digest)
        yield entry


def _refuse_fork(source: Transaction, chain: str, ours: Head) -> None:
    theirs = source.heads().get(chain)
    if not ours.seq or theirs is None:
        return
    if theirs.seq < ours.seq:
        return
    there = source.entry_at(chain, ours.seq)
    if there is None or there.digest != ours.digest:
        fact = (
            f"chain {chain} goes on differently in the two ledgers, at or before entry {ours.seq}"
        )
        hint = "two copies wrote as one installation; give one of them a name of its own"
        raise ConflictError(fact, hint=hint)
