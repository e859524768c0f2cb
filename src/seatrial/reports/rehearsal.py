"""A rehearsal for people: both candidates beside each other, then what would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrapped


@dataclass(frozen=True, slots=True)
class ArmRow:
    """What one of the two did, as it is shown; counts by reason."""

    name: str
    answered: int
    refused: Mapping[str, int]
    fallback: Mapping[str, int]
    otherwise: int
    latency_ms: Mapping[str, float]
    metric: Estimate


def rehearsal(
    old: ArmRow,
    new: ArmRow,
    *,
    rows: int,
    metric: str,
    is_released: bool,
    differ: Estimate,
    change: Estimate,
) -> list[Line]:
    """The table, the difference, and what to do next."""
    arms = (old, new)
    first = "decides now" if is_released else "simplest"
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
    said = f"Asked both about {rows:,} rows of dev over HTTP, one request a row, in turns."
    lines = [line(said), line(""), *table(cells), line("")]
    reasons = {**new.refused, **new.fallback}
    for reason, count in sorted(reasons.items(), key=lambda each: -each[1])[:5]:
        lines += wrapped(f"{count:,} of the kept one: {reason}", indent=2, style="red bold")
    lines.append(line(f"They answer {numbers.whole(differ)} of the rows differently."))
    told = numbers.plus_minus(change) if change.measured else f"not told: {change.method}"
    lines.append(line(f"{metric[:1].upper()}{metric[1:]} of what was answered: {told}."))
    is_sound = not (reasons or new.otherwise)
    return [*lines, next_command("seatrial release propose" if is_sound else "seatrial trace")]


def _counts(name: str, found: Sequence[int], *, is_good: bool = False) -> list[Piece | str]:
    return [
        name,
        *(Piece(f"{each:,}", "" if is_good or not each else "red bold") for each in found),
    ]
