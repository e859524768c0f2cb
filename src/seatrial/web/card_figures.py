"""The parts of a model card that hold figures: metrics, data, disaggregated results, hazards, caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.core.digest import short
from seatrial.core.estimate import Estimate
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence, GroupEstimate
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.reports.document import Block, Bullets, Code, Paragraph, Table, Text, codes
from seatrial.web import dataset, words
from seatrial.web.answers import Answers, Named, answers
from seatrial.web.candidates import ladder
from seatrial.web.facts import Facts
from seatrial.web.hazards import hazards
from seatrial.web.shown import Figure, Row
from seatrial.web.signed import signed

MOST_STEPS = 3
_STATES = {
    **words.STATES,
    "unknown": "not known",
    "waived": "waived",
    "not applicable": "does not apply",
}


def metrics(facts: Facts) -> tuple[Block, ...]:
    """Every metric that is claimed, what it means, what is asked of it; how intervals are made."""
    known = facts.checked.metrics
    rows = tuple(
        (
            (Code(str(claim.measure)),),
            (words.capital(known[claim.measure.metric].meaning),),
            (true_signs(str(claim.bound)) if claim.bound else "yes",),
            (claim.commitment,),
        )
        for claim in facts.checked.claims
    )
    text = facts.project.plan.text
    unit = f", over whole {text.data.unit}s" if text.data.unit else ""
    raised = (
        "What is raised: ",
        Code(text.optimize),
        f". Intervals cover 95 %{unit}; a guarantee asks the whole interval.",
    )
    found: list[Block] = [Paragraph(raised)]
    if text.task.errors:
        errors = text.task.errors
        costs = f"A missed positive costs {errors.false_negative:g} {errors.unit}, a false alarm {errors.false_positive:g}."
        found.append(Paragraph((costs,)))
    if rows:
        found.append(Table("", ("Metric", "What it measures", "Asked", "As"), rows))
    return tuple(found)


def evaluation(facts: Facts) -> tuple[Block, ...]:
    """Test part, sources, snapshot."""
    shown, checked = dataset.view(facts, {}), facts.checked
    test = next(each for each in shown.parts if each.name == "test")
    uses = f"{checked.uses} candidate{'s' if checked.uses != 1 else ''}"
    classes = f": {test.classes}" if test.classes else ""
    items: list[Text] = [
        (f"{test.rows} rows held out, split {shown.split}{classes}. Training never reads them.",),
        (f"Read so far by {uses}",),
        ("Snapshot ", Code(facts.chain.snapshot.id)),
    ]
    sources = facts.project.plan.text.data.sources
    for each in shown.sources:
        licence = sources[each.name].licence
        said = f"licence {licence}" if licence else "nobody has stated its licence: "
        field = () if licence else (Code(f"data.sources.{each.name}.licence"),)
        items.append(
            ("Source ", Code(each.uri), f", {each.rows} rows, {each.joined}; {said}", *field)
        )
    return (Bullets(tuple(items)),)


def training(facts: Facts) -> tuple[Block, ...]:
    """Parts that training reads, what is left out, what the model is never shown."""
    shown, rules = dataset.view(facts, {}), facts.project.plan.text.data
    parts = [each for each in shown.parts if each.name != "test"]
    items: list[Text] = [
        (
            f"{each.name}: {each.rows} rows{f', {each.classes}' if each.classes else ''}; {each.used_for}",
        )
        for each in parts
    ]
    items += [
        (f"Left out: {each.rows} rows where ", Code(each.where), f"; {each.because}")
        for each in shown.excluded
    ]
    never = [
        ("Forbidden", rules.features.forbid),
        ("Dropped", rules.features.drop),
        ("Logged, never shown to it", rules.context),
    ]
    items += [(f"{why}: ", *codes(names)) for why, names in never if names]
    return (Bullets((*items, (shown.repeats,))),)


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
    rows = tuple(
        (
            (_STATES[row.verdict],),
            (Code(row.text.replace(words.SPACE, " ")),),
            (_with_n(on_test(row)),),
            (_with_n(served(row)),),
        )
        for row in found
    )
    columns = ("Verdict", "Claim", "On test, 95 %", "Where it is served, 95 %")
    return Table("What is claimed, and what holds", columns, rows)


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
        return []
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
        ("Kinds of error", "How often", shown.errors),
        ("Cost for 1,000 decisions", "Cost", shown.costs),
    )
    return [*found, *(_named(title, column, each) for title, column, each in named if each)]


def _told(shown: Figure | None) -> str:
    return _plain(shown) if shown else "too few to tell"


def _texts(*cells: str) -> tuple[Text, ...]:
    return tuple((each,) for each in cells)


def _named(title: str, column: str, found: Sequence[Named]) -> Table:
    rows = tuple(((each.name,), (_plain(each.figure),), (each.figure.n,)) for each in found)
    return Table(title, ("Error", f"{column}, 95 %", "n"), rows, (2,))


def ethics(facts: Facts, found: Sequence[Row]) -> tuple[Block, ...]:
    """Hazards with the claims that would show them; who signed; what is recorded by hand."""
    shown = hazards(facts, found)
    blocks: list[Block] = []
    if shown.rows:
        rows = tuple(
            (
                (each.what,),
                (Code(each.text.replace(words.SPACE, " ")) if each.claim else "no claim",),
                (_STATES[each.verdict] if each.verdict else "nothing would show it",),
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
    return Code(row.text.replace(words.SPACE, " ")), f" {_STATES[row.verdict]}. {reason}"


_TASKS = {"regression": "tabular-regression"}


def front_matter(facts: Facts, *, licence: str) -> Mapping[str, Any]:
    """Metadata as model hubs read it: task, licence, and each measured claim as a result.

    Source:
        The specification of metadata of the Hugging Face Hub's model cards.
    """
    task = _TASKS.get(facts.chain.task, "tabular-classification")
    found: dict[str, Any] = {"license": licence.lower()} if licence else {}
    found |= {"tags": ["seatrial", task], "pipeline_tag": task}
    results = _results(facts)
    if not results:
        return found
    used = list(dict.fromkeys(each["type"] for each in results))
    index = {
        "name": facts.name,
        "results": [
            {
                "task": {"type": task},
                "dataset": {
                    "type": facts.chain.snapshot.sources[0].name,
                    "name": ", ".join(each.name for each in facts.chain.snapshot.sources),
                    "split": "test",
                    "revision": facts.chain.snapshot.id,
                },
                "metrics": results,
            }
        ],
    }
    return {**found, "metrics": used, "model-index": [index]}


def _results(facts: Facts) -> list[dict[str, Any]]:
    """Claims on predictions of the test part, as judged offline."""
    known = facts.checked.metrics
    return [
        {
            "type": claim.measure.metric,
            "name": f"{claim.measure}, {_described(judgement.evidence.estimate)}",
            "value": judgement.evidence.estimate.value,
        }
        for claim, judgement in zip(facts.checked.claims, facts.checked.judgements, strict=True)
        if judgement.evidence is not None
        and judgement.stage == "offline"
        and judgement.evidence.estimate.measured
        and known[claim.measure.metric].subject == "predictions"
        and claim.measure.part == "test"
    ]


def _described(estimate: Estimate) -> str:
    span = numbers.interval(estimate).strip("[]").replace(", ", " to ")
    return f"95 % from {span}, n = {numbers.count(estimate.n)}"
