"""Rehearsals for people: both candidates beside each other; one of them under load."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.records.rehearsal import Load, Rehearsal
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrapped


def rehearsal(found: Rehearsal) -> list[Line]:
    """The table, the difference, and what to do next."""
    old, new, metric = found.old, found.new, found.metric
    arms = (old, new)
    first = "decides now" if found.is_released else "simplest"
    heads = [f"{first}: {old.name}", f"kept: {new.name}"]
    cells: list[list[Piece | str]] = [["", *(Piece(each, DIM) for each in heads)]]
    cells += [
        _counts("answered", [each.answered for each in arms], is_good=True),
        _counts("refused", [sum(each.refused.values()) for each in arms]),
        _counts("by the fallback", [sum(each.fallback.values()) for each in arms]),
        _counts("other than offline", [each.otherwise for each in arms]),
    ]
    cells += [
        [name, *(f"{each.latency_ms[name]:.1f} ms" for each in arms)] for name in new.latency_ms
    ]
    cells.append([metric, *(numbers.whole(each.metric) for each in arms)])
    said = f"Asked both about {found.rows:,} rows of dev over HTTP, one request a row, in turns."
    lines = [line(said), line(""), *table(cells), line("")]
    reasons = {**new.refused, **new.fallback}
    for reason, count in sorted(reasons.items(), key=lambda each: -each[1])[:5]:
        lines += wrapped(f"{count:,} of the kept one: {reason}", indent=2, style="red bold")
    lines.append(line(f"They answer {numbers.whole(found.differ)} of the rows differently."))
    change = found.change
    told = numbers.plus_minus(change) if change.measured else f"not told: {change.method}"
    lines.append(line(f"{metric[:1].upper()}{metric[1:]} of what was answered: {told}."))
    return [*lines, next_command("seatrial release propose" if new.is_sound else "seatrial trace")]


def _counts(name: str, found: Sequence[int], *, is_good: bool = False) -> list[Piece | str]:
    return [
        name,
        *(Piece(f"{each:,}", "" if is_good or not each else "red bold") for each in found),
    ]


_BUSY = 0.8
"""Share of a core from which the test may be what held the rate back."""


def load(found: Load) -> list[Line]:
    """A row a rate, and whether the required one was reached."""
    rows = found.steps
    heads = [
        "asked for",
        "reached",
        *(f"{each}" for each in rows[0].latency_ms),
        "without",
        "fallback",
    ]
    cells: list[list[Piece | str]] = [[Piece(each, DIM) for each in heads]]
    cells += [
        [
            f"{each.rate:,.0f}/s",
            Piece(f"{each.reached:,.0f}/s", "" if each.holds else "red bold"),
            *(f"{value:.1f} ms" for value in each.latency_ms.values()),
            f"{sum(each.refused.values()):,}",
            f"{sum(each.fallback.values()):,}",
        ]
        for each in rows
    ]
    last = rows[-1]
    said = f"{found.candidate} on {found.connections} connections, {found.host}. Time counts from when a request was due."
    verdict = "It reached" if last.holds else "It did not reach"
    lines = [*wrapped(said, indent=0), line(""), *table(cells), line("")]
    for reason, count in sorted(
        {**last.refused, **last.fallback}.items(), key=lambda each: -each[1]
    ):
        lines.append(line(Piece(f"  {count:,} at the full rate: {reason}", "red bold")))
    lines.append(
        line(
            f"The first answer took {found.cold_ms:.0f} ms; the server peaked at {found.peak_mb:.0f} MB."
        )
    )
    lines.append(line(f"{verdict} {last.rate:,.0f} requests a second."))
    if not last.holds and last.asking > _BUSY:
        lines += wrapped(
            "The test itself could ask no faster: it had a core of its own and needed more. What the server "
            "can do beyond that isn't known here.",
            indent=0,
        )
    return [*lines, next_command("seatrial release propose" if last.holds else "seatrial next")]
