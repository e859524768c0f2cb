"""The ledger's tables: those that last, and the projections that can be made again.

``entry``, ``head`` and ``person`` are never migrated. The rest follows from the entries, is what
Alembic changes, and is rebuilt after each change.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

CURRENT = "0001"
"""Revision of the projections below; the newest in ``migrations/versions``."""

# Digests and times are compared byte by byte, so that a range over a prefix means the same in
# SQLite and in a PostgreSQL of any locale.
_Word = Text().with_variant(Text(collation="C"), "postgresql")

LASTING = MetaData()
PROJECTED = MetaData()

entry = Table(
    "entry",
    LASTING,
    Column("chain", _Word, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", _Word, nullable=False),
    Column("at", _Word, nullable=False),
    Column("actor", _Word, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("prev", _Word, nullable=False),
    Column("digest", _Word, nullable=False),
)

head = Table(
    "head",
    LASTING,
    Column("chain", _Word, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("digest", _Word, nullable=False),
)

person = Table(
    "person",
    LASTING,
    Column("hash", _Word, primary_key=True),
    Column("name", Text, nullable=False),
)

version = Table(
    "seatrial_version",
    PROJECTED,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="seatrial_version_pkc"),
)

record = Table(
    "record",
    PROJECTED,
    Column("digest", _Word, primary_key=True),
    Column("chain", _Word, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", _Word, nullable=False),
    Column("key", _Word),
    Column("at", _Word, nullable=False),
    Index("record_by_key", "kind", "key", "at", "seq", "chain"),
    Index("record_by_kind", "kind", "at", "seq", "chain"),
)

# Found by entry alone: an index by value would make each run of 40 facts write 40 pages more.
fact = Table(
    "fact",
    PROJECTED,
    Column("entry", _Word, primary_key=True),
    Column("name", _Word, primary_key=True),
    Column("number", Double),
    Column("text", _Word),
    sqlite_with_rowid=False,
)
