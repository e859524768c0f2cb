"""What ``seatrial release`` prints: who decides now, by what right, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.records.manifest import Override
from seatrial.records.release import WHOLE, GateCheck, Move, Rung, Standing
from seatrial.reports import dates
from seatrial.reports.claims import true_signs
from seatrial.reports.gate import failing, gate, unmet
from seatrial.reports.guards import guards_table
from seatrial.reports.lines import (
    DIM,
    GLYPHS,
    STYLES,
    WIDTH,
    Line,
    Piece,
    line,
    next_command,
    pad,
    wrap,
    wrapped,
)
from seatrial.reports.path import Mark, drawn, place, rung_text

_PROPOSE = "seatrial release propose"
_ADVANCE = "seatrial release advance"
_AGAINST = (
    "To release against the gate: --override --by NAME --reason TEXT. It stays on the record."
)
_GUARD = "guard"


def standing(standing: Standing) -> list[Line]:
    """Where a release stands: the sentence, the path, the guards, the next gate, the next command."""
    newest = _newest(standing)
    lines = wrapped(f"{_stands(standing)} {_decides(standing)}", indent=0)
    lines += _overridden(standing.override, newest)
    if standing.valid_until:
        until = dates.moment(standing.valid_until, newest=newest)
        lines.append(line(f"Valid until {until}; from then on the fallback answers."))
    lines += [line(""), *drawn(standing.path, _marks(standing, newest)), line("")]
    if standing.guards:
        lines += [*guards_table(standing.guards, since=_taken_back(standing, newest)), line("")]
    elif not _is_out(standing):
        lines += [line(Piece("  No guard has seen a decision yet.", DIM)), line("")]
    if standing.next:
        lines += [*gate(standing.next), line("")]
        lines += [] if standing.next.passed else [line(_AGAINST)]
    elif not _is_out(standing) and not _is_at_end(standing):
        lines.append(line("Another candidate is judged now, so no gate leads this one further."))
    return [*lines, next_command(_next(standing))]


def moved(move: Move, standing: Standing) -> list[Line]:
    """What a step of a release did, who decides now, what comes next."""
    newest = _newest(standing)
    lines = wrapped(_did(move), indent=0)
    lines += _overridden(move.override, newest)
    if move.reason and not move.override:
        lines += wrapped(f"Why: {true_signs(move.reason)}", indent=0)
    lines += wrapped(_decides(standing), indent=0)
    if move.override:
        lines += [line(""), line("Not met when it was entered:"), *unmet(move.gate)]
    lines += [line(""), *drawn(standing.path, _marks(standing, newest)), line("")]
    if standing.next:
        lines.append(gate(standing.next)[0])
    return [*lines, next_command(_next(standing))]


def history(moves: Sequence[Move]) -> list[Line]:
    """Every step, as given: when, which release, from where to where, by whom, why."""
    if not moves:
        return [line("Nothing has been released."), next_command(_PROPOSE)]
    newest = max(each.at for each in moves)
    rows = [
        (dates.moment(each.at, newest=newest), str(each.release), _way(each), each.by)
        for each in moves
    ]
    heading = ("when, UTC", "release", "from → to", "by")
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    left = 2 + sum(widths) + 2 * len(widths)
    titles = [f"{pad(title, width)}  " for title, width in zip(heading, widths, strict=True)]
    lines = [line("  ", *(Piece(each, DIM) for each in (*titles, "why")))]
    for move, row in zip(moves, rows, strict=True):
        cells = [f"{pad(cell, width)}  " for cell, width in zip(row, widths, strict=True)]
        why, style = _why(move)
        first, *rest = wrap(why, WIDTH - left)
        lines.append(line("  ", *cells, Piece(first, style)))
        lines += [line(" " * left, Piece(each, style)) for each in rest]
    return [*lines, line(""), next_command("seatrial release")]


def shut(check: GateCheck) -> list[Line]:
    """What is said when a gate lets nobody through."""
    claim = failing(check)
    return [
        line("Nothing was changed."),
        *gate(check),
        line(""),
        line(_AGAINST),
        next_command(f"seatrial why {claim}" if claim else "seatrial next"),
    ]


def none_yet(path: Sequence[Rung]) -> list[Line]:
    """What is said before anything was released."""
    return [
        line("Nothing has been released: the rule or people decide, and no model is asked."),
        line(""),
        *drawn(path),
        line(""),
        next_command(_PROPOSE),
    ]


def _newest(standing: Standing) -> str:
    """The newest of the moments that are shown."""
    return max([*(each.at for each in standing.history), standing.valid_until or ""])


def _is_out(standing: Standing) -> bool:
    """Whether the model isn't asked, and no gate stands before it."""
    return not standing.release or (standing.rung.level == "human" and standing.next is None)


def _is_at_end(standing: Standing) -> bool:
    return bool(standing.path) and standing.rung == standing.path[-1]


def _stands(standing: Standing) -> str:
    if not standing.release:
        return "No release is in force."
    subject, where = f"Release {standing.release}", place(standing.rung)
    if _is_out(standing):
        return f"{subject} is out of service."
    if standing.next is None:
        return f"{subject} is {where}{', the end of its path' if _is_at_end(standing) else ''}."
    if standing.next.passed:
        return f"{subject} is {where} and may advance to {rung_text(standing.next.rung)}."
    return f"{subject} stays {where}."


def _decides(standing: Standing) -> str:
    """Who decides, and what the candidate does meanwhile."""
    rung, candidate = standing.rung, standing.candidate
    who = true_signs(standing.decider).replace("%", " %")
    if candidate and who.startswith(candidate):
        return f"Candidate {candidate} decides{who.removeprefix(candidate)}. {_routed(standing)}"
    people = who.startswith("people")
    said = "People decide" if people else f"The {who.removeprefix('the ')} decides"
    does = {"shadow": "answers silently", "assist": "advises"}.get(rung.level)
    if candidate and does:
        said += f"; {candidate} {does}"
    return f"{said}. {_routed(standing)}"


def _routed(standing: Standing) -> str:
    """What keeps a customer on one side, where there are two."""
    if not standing.sticky_by or not 0 < standing.rung.share < WHOLE:
        return ""
    return f"Routed by {' and '.join(standing.sticky_by)}."


def _overridden(override: Override | None, newest: str) -> list[Line]:
    if override is None:
        return []
    when = dates.moment(override.at, newest=newest)
    text = f"Released against the gate by {override.by}, {when}: {override.why}"
    return wrapped(text, indent=0, style=STYLES["fail"])


def _marks(standing: Standing, newest: str) -> list[Mark]:
    marks = [] if _is_out(standing) else [Mark(standing.rung, Piece("●"))]
    move = standing.lost
    if move is None or not move.came or Rung.parse(move.came) == standing.rung:
        return marks
    came, when = Rung.parse(move.came), dates.day(move.at, newest=newest)
    if move.by != _GUARD:
        return [*marks, Mark(came, Piece("○"), f"left {when}, by {move.by}")]
    claim = move.claim or _broken(standing)
    words = f"lost {when}: {claim}" if claim else f"lost {when}"
    return [*marks, Mark(came, Piece(GLYPHS["fail"], STYLES["fail"]), words)]


def _taken_back(standing: Standing, newest: str) -> str:
    """When a guard took the release back; empty if none did."""
    move = standing.lost
    return dates.moment(move.at, newest=newest) if move and move.by == _GUARD else ""


def _broken(standing: Standing) -> str | None:
    """Id of the claim that took a release back, or that keeps it where it is."""
    guard = next((each.claim for each in standing.guards if each.verdict == "fail"), None)
    lost = failing(standing.lost.gate) if standing.lost else None
    ahead = failing(standing.next) if standing.next else None
    return guard or lost or ahead


def _next(standing: Standing) -> str:
    if standing.next is not None and standing.next.passed:
        return _ADVANCE
    if claim := _broken(standing):
        return f"seatrial why {claim}"
    if standing.next is not None:
        return "seatrial watch" if standing.guards else "seatrial serve --port 8080"
    return "seatrial watch" if _is_at_end(standing) else _PROPOSE


def _did(move: Move) -> str:
    """What was done, by whom."""
    who = "The guard" if move.by == _GUARD else move.by
    went = rung_text(move.went)
    way = f"from {rung_text(move.came)} to {went}" if move.came else f"to {went}"
    if move.action == "rollback" and move.went == "human":
        return f"{who} took release {move.release} out of service."
    if move.action == "rollback":
        return f"{who} took release {move.release} back {way}."
    if move.override:
        return f"{who} took release {move.release} {way}, against the gate."
    if move.action == "propose":
        return f"{who} proposed release {move.release}: it enters {went}."
    return f"{who} advanced release {move.release} {way}."


def _way(move: Move) -> str:
    came = f"{rung_text(move.came)} " if move.came else ""
    return f"{came}→ {rung_text(move.went)}"


def _why(move: Move) -> tuple[str, str]:
    if move.override:
        return f"against the gate: {move.override.why}", STYLES["fail"]
    return true_signs(move.reason), ""
