"""Join a source to the first one without ever multiplying or reordering its rows."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from seatrial.core.errors import DataError, Fault
from seatrial.data.cells import kind_of
from seatrial.plan.schema_data import Join
from seatrial.records.dataset import SourceReport

_MATCHED = "\0matched"  # no header can hold a NUL, so no column has this name


@dataclass(frozen=True, slots=True)
class Joined:
    """The grown table, what happened, and the new columns by the name they got."""

    frame: pl.DataFrame
    report: SourceReport
    added: tuple[str, ...]


def join(base: pl.DataFrame, other: pl.DataFrame, rule: Join, *, name: str, digest: str) -> Joined:
    """Give each row of ``base`` the first row of ``other`` with the same key.

    A later row of ``other`` with a key that was seen is left out and counted, so that rows of
    ``base`` are never multiplied. A missing key finds no partner. A column that both have is
    called ``<column>_<name>`` when it comes from ``other``.

    Args:
        base: The table so far.
        other: The source to join.
        rule: Columns to join on; ``left`` keeps rows without a partner, ``inner`` drops them.
        name: Of the source.
        digest: Of the source's bytes.

    Raises:
        DataError: a column to join on isn't there, or has another kind on the other side.
    """
    _demand_keys(base, other, rule.on, name)
    base, other = _same_types(base, other, rule.on)
    whole = other.filter(pl.all_horizontal(pl.col(rule.on).is_not_null()))
    first = whole.unique(subset=rule.on, keep="first", maintain_order=True)
    added = {each: _new_name(each, base, name) for each in other.columns if each not in rule.on}
    partners = first.rename(added).with_columns(pl.lit(True).alias(_MATCHED))
    grown = base.join(partners, on=rule.on, how="left", maintain_order="left")
    unmatched = grown[_MATCHED].null_count()
    used = first.join(base, on=rule.on, how="semi").height
    if rule.how == "inner":
        grown = grown.filter(pl.col(_MATCHED))
    report = SourceReport(
        name=name,
        digest=digest,
        rows=other.height,
        join_keys=tuple(rule.on),
        unmatched=unmatched,
        unused=other.height - used - (whole.height - first.height),
        repeated_keys=whole.height - first.height,
        dropped=base.height - grown.height,
    )
    return Joined(grown.drop(_MATCHED), report, tuple(added.values()))


def _demand_keys(base: pl.DataFrame, other: pl.DataFrame, on: list[str], name: str) -> None:
    where = f"data.sources.{name}.join.on"
    found = []
    for key in on:
        missing = [
            side for side, has in (("the table so far", base), (name, other)) if key not in has
        ]
        if missing:
            listed = ", ".join(other.columns if name in missing else base.columns)[:300]
            fact = f"{' and '.join(missing)} has no column {key}"
            found.append(Fault(fact, where, f"it has: {listed}"))
        elif kind_of(base[key].dtype) != kind_of(other[key].dtype):
            kinds = f"{kind_of(base[key].dtype)} here, {kind_of(other[key].dtype)} in {name}"
            found.append(Fault(f"{key} is a {kinds}", where, "write both in the same way"))
    if found:
        error = DataError(found[0].fact, where=found[0].where, hint=found[0].hint)
        error.faults = tuple(found)
        raise error


def _same_types(
    base: pl.DataFrame, other: pl.DataFrame, on: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    differing = [key for key in on if base[key].dtype != other[key].dtype]
    numbers = pl.col(differing).cast(pl.Float64)
    return (base.with_columns(numbers), other.with_columns(numbers)) if differing else (base, other)


def _new_name(column: str, base: pl.DataFrame, source: str) -> str:
    return f"{column}_{source}" if column in base.columns else column
