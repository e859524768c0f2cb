"""Why a claim is stale: the inputs that differ between what is wanted and what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seatrial.records.evidence import Changed

_COLUMN = re.compile(r"column (?P<column>.+) of (?P<source>.+)")


def changes(
    was: Mapping[str, str], now: Mapping[str, str], *, first: str = ""
) -> tuple[Changed, ...]:
    """Root inputs that differ, in the order of their names; plan first, then code, then data.

    When rows were added to or taken from a source all of its columns differ; the rows are named then
    and the columns are not. The columns of every source differ when the rows of the first source, or
    what is excluded, did.

    Args:
        was: Root inputs then, by name.
        now: Root inputs now, by name.
        first: Name of the source that the others are joined to.

    >>> changes({"data.split.test": "0.2"}, {"data.split.test": "0.3"})
    (Changed(input='data.split.test', was='0.2', now='0.3'),)
    """
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    found = [Changed(name, was.get(name), now.get(name)) for name in sorted(names, key=_order)]
    moved = {
        each.input.removeprefix("rows of ") for each in found if each.input.startswith("rows of ")
    }
    whole = first in moved or any(each.input.startswith("data.exclude") for each in found)
    return tuple(
        each
        for each in found
        if (source := _source(each.input)) is None or not (whole or source in moved)
    )


def _source(name: str) -> str | None:
    match = _COLUMN.fullmatch(name)
    return match["source"] if match else None


def _order(name: str) -> tuple[int, str]:
    ranks = {"code ": 1, "rows of ": 2, "column ": 3, "environment ": 4, "host": 5}
    return next((rank for start, rank in ranks.items() if name.startswith(start)), 0), name
