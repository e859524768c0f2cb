"""The parts of a model card on what people judge: hazards, sign-offs, what does not hold, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.digest import short
from seatrial.reports.document import Block, Bullets, Code, Paragraph, Table, Text, codes
from seatrial.web import words
from seatrial.web.card_results import STATES
from seatrial.web.facts import Facts
from seatrial.web.hazards import hazards
from seatrial.web.shown import Row
from seatrial.web.signed import signed

MOST_STEPS = 3
"""Next steps that a card names."""


def ethics(facts: Facts, found: Sequence[Row]) -> tuple[Block, ...]:
    """Hazards with the claims that would show them; who signed; what is recorded by hand."""
    shown = hazards(facts, found)
    blocks: list[Block] = []
    if shown.rows:
        rows = tuple(
            (
                (each.what,),
                (Code(each.text.replace(words.SPACE, " ")) if each.claim else "no claim",),
                (STATES[each.verdict] if each.verdict else "nothing would show it",),
            )
            for each in shown.rows
        )
        blocks.append(Paragraph((shown.sentence,)))
        blocks.append(
            Table(
                "Hazards", ("What could go wrong", "The claim that would show it", "Verdict"), rows
            )
        )
    else:
        blocks.append(
            Paragraph(
                ("Nobody has named a hazard: ", Code("hazards"), " in ", Code("plan.yaml"), ".")
            )
        )
    return (*blocks, Bullets((*_signed(facts), *_by_hand(facts))))


def _signed(facts: Facts) -> list[Text]:
    found = signed(facts)
    if not found:
        return [("Nobody signed it off: ", Code("seatrial sign-off"), ".")]
    return [
        (
            f"Signed off by {each.by}, {each.role}, {each.when}, on {each.about.replace('`', '')}: {each.note} ",
            f"{each.state} Record ",
            Code(each.digest),
        )
        for each in found
    ]


def _by_hand(facts: Facts) -> list[Text]:
    return [
        (
            f"Recorded by hand: {each.test.title} ({each.test.id}), record ",
            Code(short(each.evidence)),
        )
        for each in facts.ready.score.results
        if each.points == 0.5 and each.evidence  # noqa: PLR2004 — what a record by hand gives
    ]


def caveats(facts: Facts, found: Sequence[Row]) -> tuple[Block, ...]:
    """Claims that don't hold or aren't known, drafts, readiness, what is worth doing next."""
    open_ = [row for row in found if row.verdict in {"fail", "unknown", "waived"}]
    items: list[Text] = [_open(row) for row in open_]
    if not open_ and found:
        items.append(("No claim fails, is unknown or is waived.",))
    drafts = [each.id for each in facts.checked.claims if each.draft]
    if drafts:
        items.append(("Bounds that were drafted and nobody signed: ", *codes(drafts)))
    score = facts.ready.score
    items.append(
        (
            f"Readiness of the system, as the ML Test Score: {score.score:g} of 7, {score.smallest} limits it.",
        )
    )
    items += [
        ("Worth doing next: ", each.title.replace("`", ""), ", ", Code(each.command))
        for each in facts.steps[:MOST_STEPS]
    ]
    return (Bullets(tuple(items)),)


def _open(row: Row) -> Text:
    reason = row.reason.replace("`", "") or "Not measured."
    return Code(row.text.replace(words.SPACE, " ")), f" {words.STATES[row.verdict]}. {reason}"
