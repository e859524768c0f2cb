"""A plan's changes, and advice on it, for people."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.errors import Fault
from seatrial.records.evidence import Changed
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrapped


def differences(
    changed: Sequence[Changed], measured_again: Sequence[str], judged_again: Sequence[str]
) -> list[Line]:
    """Leaves that differ, and which claims they touch."""
    if not changed:
        return [line("Nothing in the plan has changed."), next_command("seatrial check")]
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in ("Path", "was", "now")]]
    rows += [[each.input, each.was or "not there", each.now or "not there"] for each in changed]
    lines = [*table(rows), line("")]
    lines += wrapped(f"To measure again: {', '.join(measured_again) or 'nothing'}.", indent=0)
    lines += wrapped(
        f"To judge again, without measuring: {', '.join(judged_again) or 'nothing'}.", indent=0
    )
    return [*lines, next_command("seatrial check")]


def advice(found: Sequence[Fault]) -> list[Line]:
    """What a careful reviewer would say."""
    if not found:
        return [line("Nothing to say of the plan."), next_command("seatrial check")]
    lines: list[Line] = []
    for fault in found:
        place = f" ({fault.where})" if fault.where else ""
        text = fault.fact.replace("`", "") + place
        is_path = "." in text.partition(" ")[0]
        lines += wrapped(f"{text if is_path else text[0].upper() + text[1:]}.", indent=0)
        lines += wrapped(fault.hint, indent=2, style=DIM) if fault.hint else []
    return [*lines, line(""), next_command("seatrial check")]
