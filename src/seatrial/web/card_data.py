"""The parts of a model card on what was measured, and on which rows: metrics, evaluation data, training data."""

from __future__ import annotations

from seatrial.reports.claims import true_signs
from seatrial.reports.document import Block, Bullets, Code, Paragraph, Table, Text, codes
from seatrial.web import dataset, words
from seatrial.web.facts import Facts


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
