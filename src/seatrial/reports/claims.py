"""Claims on the line: one bound for all, good to the right."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

from seatrial.core.estimate import Estimate
from seatrial.records.bounds import limit, shortfall
from seatrial.records.claim import Claim
from seatrial.records.evidence import VERDICTS, Judgement
from seatrial.records.metrics import Metric
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, GLYPHS, STYLES, WIDTH, WORDS, Line, Piece, line, pad

LINE_WIDTH = 21
_MIDDLE = LINE_WIDTH // 2
_SPREAD = 0.25
_DOUBLINGS = 2.5
_HEADING = "fails bound holds"
_SHORT = 24
"""Signs of a reason that may stand where a figure would."""


def position(value: float, bound: float, sign: str, *, by_ratio: bool) -> float:
    """Where a value stands beside its bound: 0 is the bound, 1 the far end of good, −1 of bad.

    Differences for shares and rates, doublings for times, sizes and costs.

    >>> round(position(0.70, 0.45, ">=", by_ratio=False), 2)
    1.0
    >>> round(position(20.0, 10.0, "<=", by_ratio=True), 2)
    -0.4
    """
    sense = 1.0 if sign in {">=", ">"} else -1.0
    if sign == "=":
        return -abs(value - bound) / _SPREAD
    if by_ratio and value > 0 and bound > 0:
        return sense * math.log2(value / bound) / _DOUBLINGS
    return sense * (value - bound) / _SPREAD


def claim_text(claim: Claim) -> str:
    """A claim as people read it: true signs instead of typed ones.

    >>> from seatrial.plan.claims import parse_claim
    >>> measure, bound, _ = parse_claim("precision >= 0.45")
    >>> claim_text(Claim("precision", measure, bound))
    'precision ≥ 0.45'
    """
    return true_signs(str(claim))


def true_signs(text: str) -> str:
    """Text with the signs of a book instead of those of a keyboard.

    >>> true_signs("hour >= 17")
    'hour ≥ 17'
    """
    typed = {">=": "≥", "<=": "≤", "!=": "≠", "+-": "±"}
    for signs, true in typed.items():
        text = text.replace(signs, true)
    return text


def drawn(claim: Claim, metric: Metric, estimate: Estimate | None, style: str) -> Line:
    """The line of a claim: the bound in the middle, interval and point beside it."""
    cells = [Piece(" ")] * LINE_WIDTH
    cells[_MIDDLE] = Piece("│")
    if claim.bound is None or estimate is None or estimate.value is None:
        return tuple(cells)
    bound, by_ratio = limit(claim.bound, metric), metric.spread is None
    ends = [estimate.low, estimate.high, estimate.value]
    low, high, point = (
        _cell(position(each or 0.0, bound, claim.bound.sign, by_ratio=by_ratio)) for each in ends
    )
    for place in range(max(min(low, high), 0), min(max(low, high), LINE_WIDTH - 1) + 1):
        if place != _MIDDLE:
            cells[place] = Piece("━", style)
    if point <= 0:
        cells[0] = Piece("◂" if point < 0 else "●", style)
    elif point >= LINE_WIDTH - 1:
        cells[-1] = Piece("▸" if point >= LINE_WIDTH else "●", style)
    else:
        cells[point] = Piece("●", style)
    return tuple(cells)


def _cell(where: float) -> int:
    return _MIDDLE + round(max(min(where, 1.2), -1.2) * _MIDDLE)


def claims_table(
    claims: Sequence[Claim],
    judgements: Sequence[Judgement],
    metrics: Mapping[str, Metric],
    *,
    width: int = WIDTH,
) -> list[Line]:
    """Every claim in a row: failing first, the line, the newest figure, its n."""
    pairs = sorted(
        zip(claims, judgements, strict=True), key=lambda pair: VERDICTS.index(pair[1].verdict)
    )
    figures = [_figure(judgement) for _, judgement in pairs]
    newest = max([len(value) + len(span) + 1 for value, span, _ in figures] + [12])
    count = max([len(n) for _, _, n in figures] + [1])
    words = 12
    room = width - words - LINE_WIDTH - newest - count - 5
    room = min(room, max([len(claim_text(claim)) for claim, _ in pairs] + [8]))
    heading = pad(_HEADING, LINE_WIDTH, right=False)
    lines = [
        line(
            " " * (words + room + 1),
            Piece(heading, DIM),
            "  ",
            Piece(pad("newest, 95 %", newest), DIM),
            "  ",
            Piece(pad("n", count, right=True), DIM),
        )
    ]
    for (claim, judgement), (value, span, n) in zip(pairs, figures, strict=True):
        style = STYLES[judgement.verdict]
        first, *rest = textwrap.wrap(claim_text(claim), room) or [""]
        verdict = Piece(
            f"{GLYPHS[judgement.verdict]} {pad(WORDS.get(judgement.verdict, judgement.verdict), 8)}",
            style,
        )
        estimate = judgement.evidence.estimate if judgement.evidence else None
        figure = (
            Piece(value),
            Piece(f" {span}" if span else "", DIM),
            " " * (newest - len(value) - len(span) - bool(span)),
        )
        lines.append(
            line(
                "  ",
                verdict,
                pad(first, room),
                " ",
                *drawn(claim, metrics[claim.measure.metric], estimate, style),
                "  ",
                *figure,
                "  ",
                pad(n, count, right=True),
            )
        )
        lines += [line(" " * words, each) for each in rest]
        lines += _explained(claim, judgement, indent=words, width=width)
    return lines


def _figure(judgement: Judgement) -> tuple[str, str, str]:
    evidence = judgement.evidence
    if evidence is None:
        return judgement.reason if len(judgement.reason) <= _SHORT else "not measured", "", ""
    estimate = evidence.estimate
    return numbers.value(estimate), numbers.interval(estimate), numbers.count(estimate.n)


def _explained(claim: Claim, judgement: Judgement, *, indent: int, width: int) -> list[Line]:
    said = [judgement.reason] if judgement.evidence or len(judgement.reason) > _SHORT else []
    if judgement.evidence and claim.bound is not None and judgement.verdict == "fail":
        said += judgement.evidence.findings[:1]
    text = "; ".join(filter(None, said))
    return [line(" " * indent, Piece(each, DIM)) for each in textwrap.wrap(text, width - indent)]


def tally(judgements: Sequence[Judgement]) -> str:
    """How many claims have each verdict, in words; a sentence.

    >>> tally([])
    'No claims.'
    """
    counts = {verdict: sum(each.verdict == verdict for each in judgements) for verdict in VERDICTS}
    said = [f"{number} {verdict}" for verdict, number in counts.items() if number]
    return f"{', '.join(said)}." if said else "No claims."


def blocked(
    claims: Sequence[Claim], judgements: Sequence[Judgement], metrics: Mapping[str, Metric]
) -> Line | None:
    """The sentence that says what keeps the gate shut; None if nothing does."""
    blocking = [
        (claim, judgement)
        for claim, judgement in zip(claims, judgements, strict=True)
        if judgement.blocks
    ]
    if not blocking:
        return None
    claim, judgement = min(blocking, key=lambda pair: VERDICTS.index(pair[1].verdict))
    estimate = judgement.evidence.estimate if judgement.evidence else None
    metric = metrics[claim.measure.metric]
    missed = shortfall(claim, metric, estimate) if estimate else None
    fact = f"{claim_text(claim)} is a guarantee and "
    if judgement.verdict == "fail" and missed is not None and estimate is not None and missed > 0:
        fact += f"fails by {numbers.figure(missed, numbers.decimals(estimate))}"
    else:
        fact += "fails" if judgement.verdict == "fail" else "is not proved"
    more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
    style = STYLES["fail" if judgement.verdict == "fail" else "unknown"]
    return line(Piece(f"Blocked: {fact}{more}.", style))
