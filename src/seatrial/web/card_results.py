"""The quantitative analyses of a model card: every claim, its groups, the baselines, the answers to the test part."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.estimate import Estimate
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, GroupEstimate
from seatrial.reports import numbers
from seatrial.reports.document import Block, Code, Paragraph, Table, Text
from seatrial.web import words
from seatrial.web.answers import Answers, Named, answers
from seatrial.web.candidates import ladder
from seatrial.web.facts import Facts
from seatrial.web.shown import Figure, Row

STATES = {
    **words.STATES,
    "unknown": "not known",
    "waived": "waived",
    "not applicable": "does not apply",
}
"""A verdict as a cell of a table says it."""


def quantities(facts: Facts, found: Sequence[Row]) -> tuple[Block, ...]:
    """Every claim, then its groups; baselines; confusion and errors."""
    if not any(row.newest for row in found):
        return (Paragraph(("Nothing is measured yet: ", Code("seatrial check"), ".")),)
    blocks: list[Block] = [_claims(found)]
    for claim, judgement in zip(facts.checked.claims, facts.checked.judgements, strict=True):
        if judgement.evidence is not None and judgement.evidence.groups:
            blocks.append(_groups(claim, judgement.evidence))
    blocks += _ladder(facts)
    counted = facts.counted
    return (*blocks, *(_answers(answers(counted)) if counted else ()))


def _claims(found: Sequence[Row]) -> Table:
    """Every claim; a column for where it is served only if something is."""
    is_served = any(served(row) for row in found)
    rows = tuple(_claim(row, is_served=is_served) for row in found)
    columns: tuple[str, ...] = ("Verdict", "Claim", "On test, 95 %")
    columns = (*columns, "Where it is served, 95 %") if is_served else columns
    return Table("What is claimed, and what holds", columns, rows)


def _claim(row: Row, *, is_served: bool) -> tuple[Text, ...]:
    where = [on_test(row), served(row)] if is_served else [on_test(row)]
    name = Code(row.text.replace(words.SPACE, " "))
    return (STATES[row.verdict],), (name,), *_texts(*(_with_n(each) for each in where))


def on_test(row: Row) -> Figure | None:
    """A claim's figure as judged offline; None without one."""
    return (row.offline or row.newest) if "offline" in row.stages else None


def served(row: Row) -> Figure | None:
    """A claim's newest figure of what was served; None without one."""
    return row.newest if row.offline or "offline" not in row.stages else None


def _with_n(shown: Figure | None) -> str:
    if shown is None:
        return "not measured"
    return f"{_plain(shown)}, n = {shown.n}" if shown.n else shown.value


def _groups(claim: Claim, evidence: Evidence) -> Table:
    rows = tuple(_group(each) for each in evidence.groups)
    by = ", ".join(claim.measure.by) or "feature"
    return Table(f"{claim.measure.metric} by {by}", (by, "Estimate", "95 %", "n"), rows, (3,))


def _group(group: GroupEstimate) -> tuple[Text, ...]:
    if not group.settled:
        return (Code(group.label),), ("too few to tell",), ("",), (numbers.count(group.estimate.n),)
    return (Code(group.label),), *_cells(group.estimate)


def _cells(estimate: Estimate) -> tuple[Text, ...]:
    return (numbers.value(estimate),), (numbers.interval(estimate),), (numbers.count(estimate.n),)


def _ladder(facts: Facts) -> list[Block]:
    shown = ladder(facts)
    if shown is None:
        return []
    columns = ("Candidate", *shown.metrics, f"Against {shown.kept}, paired")
    rows = tuple(
        _texts(
            words.capital(each.name) + (f" ({each.note})" if each.note else ""),
            *(_plain(one) for one in each.figures),
            "reference" if each.kept else _plain(each.difference),
        )
        for each in shown.steps
    )
    return [
        Table(f"Baselines and candidates on dev, {numbers.count(shown.rows)} rows", columns, rows)
    ]


def _plain(shown: Figure | None) -> str:
    if shown is None or not shown.n:
        return "undefined"
    return f"{shown.value} {shown.interval}".replace(words.SPACE, " ").rstrip()


def _answers(shown: Answers) -> list[Block]:
    if not shown.table:
        return [_named("Errors on test", "Error", "Estimate", shown.errors)] if shown.errors else []
    decided = tuple(f"decided {name}" for name in shown.classes)
    rows = tuple(
        (
            (Code(each.name),),
            *_texts(*each.counts, _told(each.recall), _told(each.precision)),
        )
        for each in shown.table
    )
    right = tuple(range(1, len(decided) + 1))
    found: list[Block] = [
        Table("Answers on test", ("Truly", *decided, "Recall", "Precision"), rows, right)
    ]
    named = (
        ("Kinds of error", "Error", "How often", shown.errors),
        ("Cost for 1,000 decisions", "Error", "Cost", shown.costs),
        ("Where the truth stands", "It is among", "How often", shown.hits),
    )
    return [
        *found,
        *(_named(title, first, column, each) for title, first, column, each in named if each),
    ]


def _told(shown: Figure | None) -> str:
    return _plain(shown) if shown else "too few to tell"


def _texts(*cells: str) -> tuple[Text, ...]:
    return tuple((each,) for each in cells)


def _named(title: str, first: str, column: str, found: Sequence[Named]) -> Table:
    rows = tuple(((each.name,), (_plain(each.figure),), (each.figure.n,)) for each in found)
    return Table(title, (first, f"{column}, 95 %", "n"), rows, (2,))
