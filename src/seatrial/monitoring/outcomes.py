"""Decisions with what turned out to be true: outcomes come late, twice, by key, or never."""

from __future__ import annotations

import polars as pl

ID, AT, KEY = "@id", "@at", "@key"


def joined(decisions: pl.LazyFrame, aftermath: pl.LazyFrame | None) -> pl.LazyFrame:
    """Join outcomes and people's decisions to decisions.

    An outcome that names a decision belongs to it. One that names a key belongs to the newest decision
    of that key that isn't younger than the outcome. Of several, the one with the last ``@at`` counts;
    of several at one moment, the one that was logged last. One that fits no decision is left out.

    Args:
        decisions: One row a decision: ``@id``, ``@at``, ``@key`` and more.
        aftermath: One row each: ``kind``, ``@at``, ``@id`` or ``@key`` (the other empty), ``value``; in
            the order of the log. None if there is nothing.

    Returns:
        ``decisions`` with ``@outcome`` and ``@person`` (text, null if unknown) and ``@outcome_at``.
    """
    nothing = [
        pl.lit(None, pl.String).alias("@outcome"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("@outcome_at"),
        pl.lit(None, pl.String).alias("@person"),
    ]
    if aftermath is None:
        return decisions.with_columns(nothing)
    known = _by_decision(decisions, aftermath)
    outcomes = _last(known, "outcome").select(
        ID, pl.col("value").alias("@outcome"), pl.col("said_at").alias("@outcome_at")
    )
    people = _last(known, "person").select(ID, pl.col("value").alias("@person"))
    return decisions.join(outcomes, on=ID, how="left").join(people, on=ID, how="left")


def _by_decision(decisions: pl.LazyFrame, aftermath: pl.LazyFrame) -> pl.LazyFrame:
    """What came after, with the decision that each belongs to; in the order of the log."""
    told = aftermath.with_row_index("place").rename({AT: "said_at"})
    by_id = told.filter(pl.col(ID) != "").select("place", "kind", "said_at", "value", ID)
    by_key = (
        told.filter((pl.col(ID) == "") & (pl.col(KEY) != ""))
        .select("place", "kind", "said_at", "value", KEY)
        .sort("said_at")
        .join_asof(
            decisions.select(ID, AT, KEY).sort(AT),
            left_on="said_at",
            right_on=AT,
            by=KEY,
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col(ID).is_not_null())
        .select("place", "kind", "said_at", "value", ID)
    )
    return pl.concat([by_id, by_key])


def _last(known: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return (
        known.filter((pl.col("kind") == kind) & pl.col("value").is_not_null())
        .sort("said_at", "place")
        .unique(subset=[ID], keep="last", maintain_order=True)
    )
