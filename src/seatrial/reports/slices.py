"""Slices for people: where the metric is worse than overall, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.estimate import Estimate
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.lines import DIM, STYLES, Line, Piece, line, next_command, table, wrap

BEYOND_CHANCE = 0.05
_NAME, _BESIDE_PEOPLE = 44, 32
"""Columns of a condition; a longer one goes on in the next line."""

Row = tuple[str, Estimate, float | None, float, Estimate | None]
"""Condition, estimate, adjusted p-value, score, what people reach."""


def slices(
    rows: Sequence[Row],
    *,
    metric: str,
    part: str,
    overall: Estimate,
    people: Estimate | None,
    looked_at: int,
    columns: int,
    least: int,
    depth: int,
    higher_is_better: bool,
) -> list[Line]:
    """The table of slices, what was looked at, and what to do with the worst.

    Args:
        rows: The slices, the worst first.
        metric: The measure.
        part: Part of the split.
        overall: The metric of all rows.
        people: What people reach on all rows; None if the plan has no answers of theirs.
        looked_at: Slices with enough rows.
        columns: Columns that were cut.
        least: Relevant rows that a slice had to have.
        depth: Columns in one condition.
        higher_is_better: Which way of the metric is good.
    """
    looked = (
        f"{metric} on {part} is {numbers.whole(overall)}. Looked at {looked_at:,} slices of "
        f"{columns} columns, up to {depth} at once, each of {least} rows or more."
    )
    if people is not None:
        looked += f" People reach {numbers.whole(people)}."
    head = [line(each) for each in wrap(looked, 96)]
    if not rows:
        said = (
            "None of them is worse than chance explains." if looked_at else _too_few(least, columns)
        )
        return [*head, line(""), line(said), next_command("seatrial doctor")]
    ranked = rows[0][2] is None
    last = "score" if ranked else "p, adjusted"
    titles = ("where", metric, "n", last, *(["people"] if people is not None else []))
    cells: list[list[Piece | str]] = [["", *(Piece(each, DIM) for each in titles)]]
    for row in rows:
        cells += _row(row, ranked=ranked)
    where, estimate, p, *_ = rows[0]
    claim = claim_for(metric, where, estimate, higher_is_better=higher_is_better)
    closing = _closing(claim, is_beyond=p is None or p <= BEYOND_CHANCE)
    return [*head, line(""), *table(cells, right=[3, 4]), line(""), *closing]


def _row(row: Row, *, ranked: bool) -> list[list[Piece | str]]:
    where, estimate, p, score, people = row
    first, *rest = wrap(true_signs(where), _NAME if people is None else _BESIDE_PEOPLE)
    bad = p is not None and p <= BEYOND_CHANCE
    glyph = Piece("✗", STYLES["fail"]) if bad else Piece(" " if ranked else "–", DIM)
    last = f"{score:.2f}" if ranked else p_value(p or 0.0)
    lines: list[list[Piece | str]] = [
        [
            glyph,
            first,
            numbers.whole(estimate),
            f"{estimate.n:,}",
            last,
            *([numbers.whole(people)] if people is not None else []),
        ]
    ]
    lines += [["", each] for each in rest]
    return lines


def p_value(p: float) -> str:
    """A p-value for people.

    >>> p_value(1e-9), p_value(0.034), p_value(1.0)
    ('< 0.0001', '0.034', '1')
    """
    least = 0.0001
    return f"< {least}" if p < least else f"{p:.2g}"


def _too_few(least: int, columns: int) -> str:
    if not columns:
        return "There is no column to cut: free texts, images, keys and moments make no slices."
    return f"No slice has {least} relevant rows; --min-rows asks for fewer."


def claim_for(metric: str, where: str, estimate: Estimate, *, higher_is_better: bool) -> str:
    """A claim that holds a slice to what is proved of it: the far end of its interval.

    >>> claim_for("mae", "hour >= 17", Estimate(77.0, 71.2, 84.3, 90, ""), higher_is_better=False)
    'mae <= 84.3 where hour >= 17'
    """
    end = estimate.low if higher_is_better else estimate.high
    bound = f"{float(f'{end or 0.0:.3g}'):g}"
    return f"{metric} {'>=' if higher_is_better else '<='} {bound} where {where}"


def _closing(claim: str, *, is_beyond: bool) -> list[Line]:
    if not is_beyond:
        said = "No slice is worse than chance explains; those above come nearest."
        return [line(said), next_command("seatrial doctor")]
    lead = line("To hold the worst to what is proved of it, write it as a claim:")
    return [lead, line("  ", claim), next_command("seatrial errors")]
