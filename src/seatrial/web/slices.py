"""Slices: where the metric is worse than overall, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.errors import NotFoundError
from seatrial.reports import numbers
from seatrial.reports.slices import BEYOND_CHANCE, claim_for, p_value
from seatrial.reports.trace import cell
from seatrial.verbs.slices import Slices
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head
from seatrial.web.shown import Figure, figure


@dataclass(frozen=True, slots=True)
class SliceLine:
    """One slice; ``verdict`` is fail beyond chance, else not applicable."""

    where: str
    figure: Figure
    n: str
    p: str
    verdict: str
    claim: str
    people: Figure | None


@dataclass(frozen=True, slots=True)
class SlicesPage:
    """The page; ``overall`` is None before the first search."""

    head: Head
    metric: str
    overall: Figure | None
    slices: tuple[SliceLine, ...]
    sign: str
    line: float | None
    columns: str
    filter: str
    has_people: bool = False


def view(facts: Facts, asked: Mapping[str, str]) -> SlicesPage:
    """What the page of the slices shows: the newest search.

    Args:
        facts: The facts.
        asked: ``q``: only slices whose condition holds this text; no figure changes by it.
    """
    found = facts.slices
    if found is None:
        lede = "A search looks at every value of up to three columns at once, and pays for their number."
        head = Head("No slices were searched yet.", lede, (Fact("Next", "", "seatrial slices"),))
        return SlicesPage(head, "", None, (), "", None, "", "")
    wanted = asked.get("q", "").strip().lower()
    lines = tuple(_line(found, place) for place in range(len(found.slices)))
    return SlicesPage(
        Head(_title(found), _lede(found), _facts(found)),
        found.metric,
        figure(found.overall),
        tuple(each for each in lines if wanted in each.where.lower()),
        ">=" if found.higher_is_better else "<=",
        None
        if found.overall.value is None
        else round(found.overall.value, numbers.decimals(found.overall)),
        ", ".join(found.columns),
        wanted,
        found.people is not None,
    )


def _title(found: Slices) -> str:
    bad = [
        each
        for each in found.slices
        if each.p_adjusted is not None and each.p_adjusted <= BEYOND_CHANCE
    ]
    if not found.slices or not bad:
        return f"No slice is worse in {found.metric} than chance explains."
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{words.capital(found.metric)} is worse where {bad[0].where}{more}."


def _lede(found: Slices) -> str:
    return (
        f"{found.looked_at:,} slices of {len(found.columns)} columns, up to {found.depth} at once, each of "
        f"{found.least} rows or more. p-values are multiplied by that number. A slice that is bad only by what "
        "lies in it, or around it, is left out."
    )


def _facts(found: Slices) -> tuple[Fact, ...]:
    return (
        Fact("Part", found.part),
        Fact(words.capital(found.metric), numbers.whole(found.overall)),
        *([Fact("People", numbers.whole(found.people))] if found.people else []),
        Fact("Search again", "", "seatrial slices"),
    )


def _line(found: Slices, place: int) -> SliceLine:
    row = found.slices[place]
    beyond = row.p_adjusted is not None and row.p_adjusted <= BEYOND_CHANCE
    return SliceLine(
        row.where,
        figure(row.estimate),
        numbers.count(row.estimate.n),
        f"score {row.score:.2f}" if row.p_adjusted is None else p_value(row.p_adjusted),
        "fail" if beyond else "not applicable",
        claim_for(found.metric, row.where, row.estimate, higher_is_better=found.higher_is_better),
        figure(row.people) if row.people else None,
    )


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Rows of a slice, the worst first."""

    head: Head
    rows: tuple[tuple[str, str, str, str, str], ...]


def rows(facts: Facts, asked: Mapping[str, str]) -> RowsPage:
    """What the page of a slice's rows shows.

    Args:
        facts: The facts.
        asked: ``where``: the condition.

    Raises:
        NotFoundError: no condition is given.
        PlanError: it is no condition on these columns.
    """
    where = asked.get("where", "")
    if not where:
        raise NotFoundError(
            "no slice is named", hint="rows?where=CONDITION, from the page of the slices"
        )
    n, wrong, found = facts.rows_where(where)
    title = f"{n:,} rows of dev where {where}, {wrong:,} of them wrong."
    lede = f"The {len(found)} with the greatest loss."
    listed = tuple(
        (
            each.id[:8],
            each.said,
            each.truth,
            f"{each.loss:.3g}",
            ", ".join(f"{name} {cell(value)}" for name, value in list(each.fields.items())[:8]),
        )
        for each in found
    )
    return RowsPage(Head(title, lede, (Fact("Slices", "all of them", href="slices"),)), listed)
