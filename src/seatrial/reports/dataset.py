"""A data set in Markdown: what a README says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ROW_NUMBER = "row"
"""The key where no column names a row; it is not a column of the file."""


def described(
    *,
    rows: int,
    columns: Sequence[str],
    sources: Mapping[str, str],
    target: str,
    key: Sequence[str],
) -> str:
    """Rows, columns and sources as a table.

    >>> print(described(rows=2, columns=["id", "y"], sources={"a": "a.csv"}, target="y", key=["id"]))
    | | |
    |---|---|
    | Rows | 2 |
    | Columns | 2 |
    | Predicted | `y` |
    | A row is named by | `id` |
    | Source a | `a.csv` |
    """
    number = list(key) == [_ROW_NUMBER]
    own = [name for name in columns if not (number and name == _ROW_NUMBER)]
    facts = {
        "Rows": f"{rows:,}",
        "Columns": f"{len(own):,}",
        "Predicted": f"`{target}`",
        "A row is named by": ", ".join(f"`{name}`" for name in key),
        **{f"Source {name}": f"`{uri}`" for name, uri in sources.items()},
    }
    return "\n".join(
        ["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())]
    )
