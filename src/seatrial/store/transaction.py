"""The ledger's SQL: everything that one transaction can ask or write."""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    text,
    true,
    update,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite

from seatrial.core.errors import TamperedError
from seatrial.store import schema
from seatrial.store.entry import BATCH, START, Entry, Head, batches
from seatrial.store.projection import Projection, project_all
from seatrial.store.schema import entry, fact, head, person, record

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What a fact may be compared by."""

Condition = tuple[str, str, float | str]
"""A fact's name, an operator and a value."""

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
# Any constant serves: it only has to be ours. The bytes of "sea", as a number.
_SCHEMA_LOCK = 0x736561


class Transaction:
    """One transaction; what it writes is seen by others when it ends, or never."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._dialect = connection.dialect.name

    def lock_schema(self) -> None:
        """Keep others from preparing the database at once; SQLite has one writer anyway."""
        if self._dialect == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))

    def version(self) -> str | None:
        """Revision of the projections; "" for a ledger without them, None without a ledger."""
        tables = inspect(self.connection)
        if tables.has_table(schema.version.name):
            return self.connection.execute(select(schema.version.c.version_num)).scalar() or ""
        return "" if tables.has_table(entry.name) else None

    def create(self) -> None:
        """Make every table, at the current revision."""
        schema.LASTING.create_all(self.connection)
        schema.PROJECTED.create_all(self.connection)
        self.connection.execute(insert(schema.version), {"version_num": schema.CURRENT})

    def lock(self, chain: str) -> Head:
        """Find the end of a chain, and keep others from writing to it until this ends."""
        seen = select(head.c.seq, head.c.digest).where(head.c.chain == chain).with_for_update()
        found = self.connection.execute(seen).one_or_none()
        if found is None:
            start = {"chain": chain, "seq": START.seq, "digest": START.digest}
            self.connection.execute(self._insert_new(head), start)
            found = self.connection.execute(seen).one()
        return Head(*found)

    def add(self, entries: Sequence[Entry]) -> None:
        """Append entries of one locked chain, with their projections, and move its head."""
        if not entries:
            return
        first, last = entries[0], entries[-1]
        self.connection.execute(insert(entry), [_entry_row(each) for each in entries])
        before = select(record.c.at).where(record.c.digest == first.prev)
        self._add_projections(
            project_all(entries, not_before=self.connection.execute(before).scalar() or "")
        )
        self.connection.execute(
            update(head).where(head.c.chain == last.chain).values(seq=last.seq, digest=last.digest)
        )

    def rebuild(self) -> None:
        """Make every projection again from the entries that are intact."""
        if self._dialect == "postgresql":
            self.connection.execute(text("LOCK TABLE record, fact IN EXCLUSIVE MODE"))
        self.connection.execute(delete(fact))
        self.connection.execute(delete(record))
        self._add_projections(project_all(each for each in self.entries() if each.is_intact))

    def _add_projections(self, projections: Iterable[Projection]) -> None:
        for batch in batches(projections):
            self.connection.execute(insert(record), [each.record for each in batch])
            facts = [row for each in batch for row in each.facts]
            if facts:
                self.connection.execute(insert(fact), facts)

    def heads(self) -> dict[str, Head]:
        """Where each chain ends."""
        rows = self.connection.execute(select(head).where(head.c.seq > 0).order_by(head.c.chain))
        return {chain: Head(seq, digest) for chain, seq, digest in rows}

    def ends(self) -> dict[str, Head]:
        """The last entry that is there of each chain, whatever its head says."""
        last = select(entry.c.chain, func.max(entry.c.seq).label("seq")).group_by(entry.c.chain)
        ends = last.subquery()
        query = select(entry.c.chain, entry.c.seq, entry.c.digest).join(
            ends, and_(ends.c.chain == entry.c.chain, ends.c.seq == entry.c.seq)
        )
        return {chain: Head(seq, digest) for chain, seq, digest in self.connection.execute(query)}

    def entries(self, *, chain: str | None = None, after: int = 0) -> Generator[Entry]:
        """Read entries in the order of chain and number, a batch at a time."""
        query = select(entry).where(entry.c.seq > after) if after else select(entry)
        if chain is not None:
            query = query.where(entry.c.chain == chain)
        ordered = query.order_by(entry.c.chain, entry.c.seq)
        streamed = {"yield_per": BATCH}
        with self.connection.execute(ordered, execution_options=streamed) as rows:
            for row in rows:
                yield Entry(*row)

    def entry_at(self, chain: str, seq: int) -> Entry | None:
        """Find an entry by its place."""
        query = select(entry).where(entry.c.chain == chain, entry.c.seq == seq)
        row = self.connection.execute(query).one_or_none()
        return Entry(*row) if row else None

    def starting_with(self, prefix: str, *, limit: int) -> list[Entry]:
        """Find entries whose digest starts with ``prefix``, hexadecimal."""
        past_any_digit = prefix + "g"
        digest = record.c.digest
        return self._read(
            _found().where(digest >= prefix, digest < past_any_digit).order_by(digest).limit(limit)
        )

    def find(
        self, kind: str | None, key: str | None, *, newest_first: bool, limit: int | None
    ) -> list[Entry]:
        """Find entries of a kind (None: of any) and a key (None: with any or none)."""
        wanted = and_(
            true() if kind is None else record.c.kind == kind,
            true() if key is None else record.c.key == key,
        )
        return self._read(
            _found().where(wanted).order_by(*_by_time(newest_first=newest_first)).limit(limit)
        )

    def newest_of(self, kind: str, keys: Iterable[str]) -> list[Entry]:
        """Find the newest entry of each key, in one query."""
        wanted = values(record.c.key, name="wanted").data([(key,) for key in keys]).cte()
        newest = (
            select(record.c.digest)
            .where(record.c.kind == kind, record.c.key == wanted.c.key)
            .order_by(*_by_time(newest_first=True))
            .limit(1)
            .correlate(wanted)
            .scalar_subquery()
        )
        found = select(newest.label("digest")).select_from(wanted).subquery()
        return self._read(_found().join(found, found.c.digest == record.c.digest))

    def search(
        self,
        kind: str,
        where: Sequence[Condition],
        *,
        order_by: tuple[str, bool] | None,
        limit: int | None,
    ) -> list[Entry]:
        """Find entries whose facts hold; without an order, the newest first."""
        query = _found().where(record.c.kind == kind, *(_holds(each) for each in where))
        if order_by is not None:
            name, descending = order_by
            by = fact.alias("by")
            query = query.outerjoin(by, and_(by.c.entry == record.c.digest, by.c.name == name))
            ways = [value.desc() if descending else value for value in (by.c.number, by.c.text)]
            query = query.order_by(by.c.name.is_(None), *ways)
        return self._read(query.order_by(*_by_time(newest_first=True)).limit(limit))

    def projections_of(self, digests: Sequence[str]) -> dict[str, Projection]:
        """Read the projections that are on file, by digest."""
        stored: dict[str, Projection] = {}
        for row in self.connection.execute(select(record).where(record.c.digest.in_(digests))):
            stored[row.digest] = Projection(dict(row._mapping), [])  # noqa: SLF001 - SQLAlchemy's public name
        facts = select(fact).where(fact.c.entry.in_(digests)).order_by(fact.c.entry, fact.c.name)
        for row in self.connection.execute(facts):
            if row.entry in stored:
                stored[row.entry].facts.append(dict(row._mapping))  # noqa: SLF001
        return stored

    def damage(self) -> list[str]:
        """What the database finds wrong with its own file; PostgreSQL looks at each reading."""
        if self._dialect != "sqlite":
            return []
        found = self.connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        return [line for line in found if line != "ok"]

    def counts(self) -> tuple[int, int]:
        """Count entries and records."""
        entries = self.connection.execute(select(func.count()).select_from(entry)).scalar_one()
        records = self.connection.execute(select(func.count()).select_from(record)).scalar_one()
        return entries, records

    def _read(self, query: Select[Any]) -> list[Entry]:
        return [_intact(Entry(*row)) for row in self.connection.execute(query).all()]

    def remember(self, hashed: str, name: str) -> None:
        """Keep a name."""
        self.connection.execute(self._insert_new(person), {"hash": hashed, "name": name})

    def name_of(self, hashed: str) -> str | None:
        """Find a name."""
        return self.connection.execute(
            select(person.c.name).where(person.c.hash == hashed)
        ).scalar()

    def forget(self, hashed: str) -> bool:
        """Erase a name; say whether there was one."""
        return self.connection.execute(delete(person).where(person.c.hash == hashed)).rowcount > 0

    def _insert_new(self, table: Table) -> Any:
        return _INSERT[self._dialect](table).on_conflict_do_nothing()


def _intact(read: Entry) -> Entry:
    if not read.is_intact:
        hint = "`seatrial ledger verify` lists all that was changed"
        raise TamperedError("its content is not what its digest names", where=read.place, hint=hint)
    return read


def _found() -> Select[Any]:
    place = and_(entry.c.chain == record.c.chain, entry.c.seq == record.c.seq)
    return select(entry).select_from(record.join(entry, place))


def _by_time(*, newest_first: bool) -> list[ColumnElement[Any]]:
    columns: list[Any] = [record.c.at, record.c.seq, record.c.chain]
    return [column.desc() if newest_first else column for column in columns]


def _holds(condition: Condition) -> ColumnElement[bool]:
    name, sign, value = condition
    column = fact.c.text if isinstance(value, str) else fact.c.number
    return exists().where(
        fact.c.entry == record.c.digest, fact.c.name == name, OPERATORS[sign](column, value)
    )


def _entry_row(written: Entry) -> dict[str, Any]:
    fields = (getattr(written, name) for name in Entry.__slots__)
    return dict(zip(entry.c.keys(), fields, strict=True))
