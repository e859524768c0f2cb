"""A data set in Markdown: what a README says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def described(
    *, rows: int, columns: int, sources: Mapping[str, str], target: str, key: Sequence[str]
) -> str:
    """Rows, columns and sources as a table.

    >>> print(described(rows=2, columns=3, sources={"a": "a.csv"}, target="y", key=["id"]))
    | | |
    |---|---|
    | Rows | 2 |
    | Columns | 3 |
    | Predicted | `y` |
    | A row is named by | `id` |
    | Source a | `a.csv` |
    """
    facts = {
        "Rows": f"{rows:,}",
        "Columns": f"{columns:,}",
        "Predicted": f"`{target}`",
        "A row is named by": ", ".join(f"`{name}`" for name in key),
        **{f"Source {name}": f"`{uri}`" for name, uri in sources.items()},
    }
    return "\n".join(
        ["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())]
    )
