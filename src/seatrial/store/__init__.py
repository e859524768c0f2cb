"""What was written and may be found again: the ledger, blobs and tables.

Names are loaded when they are first used (PEP 562): importing this room costs nothing, and what
one part needs (sqlalchemy, fsspec, polars) is not paid for by those who use another.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.store.blobs import Blobs
    from seatrial.store.entry import Draft, Entry, Head
    from seatrial.store.ledger import Ledger
    from seatrial.store.rows import row_hashes
    from seatrial.store.tables import Part, Tables, TableVersion

__all__ = [
    "Blobs",
    "Draft",
    "Entry",
    "Head",
    "Ledger",
    "Part",
    "TableVersion",
    "Tables",
    "row_hashes",
]

_HOMES = {
    "Blobs": "blobs",
    "Draft": "entry",
    "Entry": "entry",
    "Head": "entry",
    "Ledger": "ledger",
    "Part": "tables",
    "TableVersion": "tables",
    "Tables": "tables",
    "row_hashes": "rows",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that owns it."""
    if name not in _HOMES:
        message = f"module 'seatrial.store' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"seatrial.store.{_HOMES[name]}"), name)
