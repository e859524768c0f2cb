"""The first projections: records by kind and key, and the facts that they are searched by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "record",
        sa.Column("digest", _WORD, primary_key=True),
        sa.Column("chain", _WORD, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("key", _WORD),
        sa.Column("at", _WORD, nullable=False),
    )
    op.create_index("record_by_key", "record", ["kind", "key", "at", "seq", "chain"])
    op.create_index("record_by_kind", "record", ["kind", "at", "seq", "chain"])
    op.create_table(
        "fact",
        sa.Column("entry", _WORD, primary_key=True),
        sa.Column("name", _WORD, primary_key=True),
        sa.Column("number", sa.Double),
        sa.Column("text", _WORD),
        sqlite_with_rowid=False,
    )
