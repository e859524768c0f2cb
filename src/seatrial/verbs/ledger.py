"""Prove the ledger whole, note its heads, merge another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from seatrial.core.errors import Fault, NotFoundError, UserError
from seatrial.verbs.project import Project, actor


def heads_of(project: Project) -> dict[str, list[int | str]]:
    """Where each chain ends; noted elsewhere, they show later that an end was cut off."""
    return {chain: [head.seq, head.digest] for chain, head in project.ledger.heads().items()}


def verify(project: Project, against: Path | None = None) -> tuple[int, list[Fault]]:
    """Recompute every digest.

    Args:
        project: The project.
        against: A file with heads that were noted earlier.

    Returns:
        How many entries there are, and everything that is wrong.

    Raises:
        UserError: the file doesn't hold heads.
    """
    entries = sum(head.seq for head in project.ledger.heads().values())
    return entries, project.ledger.verify(_noted(against) if against else None)


def _noted(path: Path) -> Mapping[str, tuple[int, str]]:
    try:
        noted = json.loads(path.read_text())
        return {str(chain): (int(seq), str(digest)) for chain, (seq, digest) in noted.items()}
    except OSError as error:
        raise UserError(f"it can't be read: {error.strerror}", where=str(path)) from error
    except (ValueError, AttributeError, TypeError):
        hint = "write them with: seatrial ledger verify --heads > heads.json"
        raise UserError("it doesn't hold heads", where=str(path), hint=hint) from None


def pull(project: Project, source: str) -> dict[str, int]:
    """Merge the chains of another ledger into this one.

    Returns:
        Entries added, by chain.

    Raises:
        NotFoundError: there is no ledger.
        ConflictError: a chain goes on differently there.
        TamperedError: an entry there is not what its digest names.
    """
    from seatrial.store import Ledger

    if "://" not in source and not Path(source).is_file():
        raise NotFoundError(
            f"there is no ledger at {source}", hint="it is a file, as .seatrial/ledger.db, or a URL"
        )
    mine = project.ledger
    with Ledger.open(
        source,
        installation=mine.installation,
        clock=project.clock,
        actor=actor(),
        secret=b"reading",
    ) as other:
        return mine.pull(other)
