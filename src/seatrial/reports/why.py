"""Why a claim is stale or failing: what changed, and what the evidence says."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.digest import short
from seatrial.records.claim import Claim
from seatrial.records.evidence import Changed, Evidence, Judgement
from seatrial.reports import numbers
from seatrial.reports.claims import claim_text
from seatrial.reports.lines import DIM, STYLES, Line, Piece, line, table, wrapped

MOST_ROWS = 15


def why(
    claim: Claim,
    judgement: Judgement,
    changed: Sequence[Changed],
    nearest: Evidence | None,
    *,
    stale: bool,
    same: int,
    finding: str = "",
) -> list[Line]:
    """The claim, what changed since it was measured, and the groups that explain it."""
    lines = [_opening(claim, judgement, nearest, stale=stale)]
    if judgement.reason and not stale:
        lines += wrapped(f"{judgement.reason[0].upper()}{judgement.reason[1:]}.", indent=0)
    if changed:
        lines += [line(""), *_changes(changed, nearest, same)]
    if finding:
        lines += [line(""), *wrapped(finding, indent=0)]
    elif nearest is not None and not stale:
        lines += _telling(nearest)
    return lines


def _opening(claim: Claim, judgement: Judgement, nearest: Evidence | None, *, stale: bool) -> Line:
    text = claim_text(claim)
    if stale and nearest is None:
        return line(Piece(text, "bold"), " was never measured.")
    if stale and nearest is not None:
        then = f"It was {numbers.whole(nearest.estimate)} on {nearest.at[:10]}."
        return line(Piece(text, "bold"), " is ", Piece("stale", STYLES["unknown"]), f". {then}")
    said = {"pass": "holds", "fail": "fails", "unknown": "is not known", "waived": "is waived"}
    words = said.get(judgement.verdict, f"is {judgement.verdict}")
    if (
        judgement.verdict == "unknown"
        and judgement.evidence
        and judgement.evidence.estimate.measured
    ):
        words = "is not settled"
    figure = ""
    if judgement.evidence is not None:
        estimate = judgement.evidence.estimate
        figure = f": {numbers.whole(estimate)}, n = {estimate.n:,}"
    return line(
        Piece(text, "bold"),
        " ",
        Piece(words, STYLES[judgement.verdict]),
        f" {'' if judgement.stage == 'offline' else 'in '}{judgement.stage}{figure}.",
    )


def _changes(changed: Sequence[Changed], nearest: Evidence | None, same: int) -> list[Line]:
    then = nearest.at[:10] if nearest else "then"
    rows: list[list[Piece | str]] = [[Piece(each, DIM) for each in ("Input", then, "now")]]
    rows += [[each.input, _shown(each.was), _shown(each.now)] for each in changed[:MOST_ROWS]]
    lines = table(rows)
    if len(changed) > MOST_ROWS:
        lines.append(line(f"  and {len(changed) - MOST_ROWS} more"))
    if same:
        lines.append(line("  ", Piece(f"{same} other inputs are the same", DIM)))
    return lines


def _shown(value: str | None) -> str:
    if value is None:
        return "not there"
    return short(value) if len(value) == 64 else value  # noqa: PLR2004 — a whole digest


def _telling(evidence: Evidence) -> list[Line]:
    lines: list[Line] = []
    for finding in evidence.findings[:MOST_ROWS]:
        lines += wrapped(f"{finding[0].upper()}{finding[1:]}.", indent=2)
    settled = [each for each in evidence.groups if each.settled and each.estimate.measured]
    if settled:
        ranked = sorted(settled, key=lambda each: each.estimate.value or 0.0)
        rows: list[list[Piece | str]] = [
            [Piece(each, DIM) for each in ("Group", "newest, 95 %", "n")]
        ]
        rows += [
            [each.label, numbers.whole(each.estimate), numbers.count(each.estimate.n)]
            for each in ranked[:MOST_ROWS]
        ]
        lines += table(rows, right=[2])
    return [line(""), *lines] if lines else []
