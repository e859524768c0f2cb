"""The model card, made from plan and ledger; what nobody has stated is said in a line, with where to state it.

Source:
    Mitchell, Wu, Zaldivar, Barnes, Vasserman, Hutchinson, Spitzer, Raji and Gebru (2019), Model Cards
    for Model Reporting, FAT* '19, 220-229, doi:10.1145/3287560.3287596.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.digest import short
from seatrial.records.candidate import Candidate, is_baseline
from seatrial.reports.claims import true_signs
from seatrial.reports.document import Bullets, Code, Section, Text, codes, markdown
from seatrial.verbs.comparison import spoken
from seatrial.verbs.project import Project
from seatrial.web import head, words
from seatrial.web.card_data import evaluation, metrics, training
from seatrial.web.card_judged import caveats, ethics
from seatrial.web.card_results import quantities
from seatrial.web.document import builtins
from seatrial.web.facts import Facts
from seatrial.web.frame import Frame, Page
from seatrial.web.front import front_matter
from seatrial.web.lineage import chosen, run_of
from seatrial.web.render import Renderer
from seatrial.web.report import judged, newest
from seatrial.web.shown import Row, rows

TEMPLATE = "card.html"
STATED: Mapping[str, str] = {
    "intended_use": "what it may be used for",
    "out_of_scope": "what it must not be used for",
    "contact": "where questions go",
    "licence": "the licence of the model",
}
"""What only a person can state, by its field under ``card:`` in the plan."""


@dataclass(frozen=True, slots=True)
class Card:
    """The card.

    Attributes:
        project: Name of the project.
        candidate: Family and short name; empty without one.
        sentence: The situation, made from the verdicts.
        upto: Day and time of the newest evidence; empty without any.
        judged: Day on which ages and waivers were looked at; empty if no claim has either.
        unstated: Fields of the plan that would state what nobody has.
        front: Metadata as model hubs read it.
        sections: The nine of a model card.
    """

    project: str
    candidate: str
    sentence: str
    upto: str
    judged: str
    unstated: tuple[str, ...]
    front: Mapping[str, Any]
    sections: tuple[Section, ...]


def view(facts: Facts) -> Card:
    """What the card says; it reads what is on file and measures nothing."""
    found, candidate = rows(facts), facts.checked.candidate
    stated = _stated(facts)
    return Card(
        project=facts.name,
        candidate=f"{spoken(candidate.family)} {candidate.name}" if candidate else "",
        sentence=head.headline(found, facts.standing, trained=candidate is not None),
        upto=newest(facts),
        judged=judged(facts),
        unstated=tuple(f"card.{name}" for name in STATED if not stated[name]),
        front=front_matter(facts, licence=stated["licence"]),
        sections=(
            Section("Model details", (Bullets(_details(facts, stated)),)),
            Section("Intended use", (Bullets(_use(facts, stated)),)),
            Section("Factors", (Bullets(_factors(facts, found)),)),
            Section("Metrics", metrics(facts)),
            Section("Evaluation data", evaluation(facts)),
            Section("Training data", training(facts)),
            Section("Quantitative analyses", quantities(facts, found)),
            Section("Ethical considerations", ethics(facts, found)),
            Section("Caveats and recommendations", caveats(facts, found)),
        ),
    )


def as_markdown(card: Card) -> str:
    """The card as Markdown, with metadata in front."""
    opening = [(card.sentence,), (_as_of(card),)]
    return markdown(f"Model card: {card.project}", opening, card.sections, card.front)


def as_json(card: Card) -> dict[str, Any]:
    """The card as the JSON object of ``seatrial card --json``; see ``docs/json.md``."""
    return builtins(card)


def as_html(card: Card) -> str:
    """The card as one HTML file that opens without a network."""
    pages = tuple(Page("", each.title, anchor(each), "") for each in card.sections)
    frame = Frame(card.project, card.upto, root="#", here="-", twin="", tags={}, pages=pages)
    return Renderer("").page(TEMPLATE, card, frame)


def card(project: Project) -> Card:
    """The card of a project."""
    return view(Facts.dated(project))


def anchor(section: Section) -> str:
    """Name of a section in an address.

    >>> anchor(Section("Intended use", ()))
    'intended-use'
    """
    return section.title.lower().replace(" ", "-")


def _as_of(card: Card) -> str:
    evidence = f"Evidence up to {card.upto}." if card.upto else "Nothing is measured yet."
    ages = f" Ages and waivers as of {card.judged}." if card.judged else ""
    return f"{evidence}{ages}"


def _stated(facts: Facts) -> dict[str, str]:
    text = facts.project.plan.text.card
    return {name: (getattr(text, name) if text else None) or "" for name in STATED}


def _said(stated: Mapping[str, str], name: str, before: str) -> Text:
    if stated[name]:
        return (f"{before}: {stated[name]}",)
    return (
        f"Nobody has stated {STATED[name]}: ",
        Code(f"card.{name}"),
        " in ",
        Code("plan.yaml"),
        ".",
    )


def _details(facts: Facts, stated: Mapping[str, str]) -> tuple[Text, ...]:
    candidate, text = facts.checked.candidate, facts.project.plan.text
    owners = ", ".join(f"{name} ({role})" for role, name in text.owners.items())
    closing: tuple[Text, ...] = (
        (f"Answered for by: {owners}",),
        _said(stated, "contact", "Questions and complaints"),
        _said(stated, "licence", "Licence"),
    )
    if candidate is None:
        return (
            ("There is no candidate of what is there now: ", Code("seatrial train"), "."),
            *closing,
        )
    return (*_of_candidate(candidate, facts), *_release(facts), *closing)


def _of_candidate(candidate: Candidate, facts: Facts) -> tuple[Text, ...]:
    kind = facts.chain.task
    run = run_of(facts)
    trained = f", trained {words.day(run.at, facts.now)}" if run else ""
    made = (
        [Code(facts.project.plan.text.train.features)]
        if facts.project.plan.text.train.features
        else []
    )
    found: list[Text] = [
        (
            f"{words.capital(spoken(candidate.family))}, candidate ",
            Code(candidate.artefact),
            trained,
        ),
        (f"Decides a {kind} target: ", Code(facts.project.plan.text.task.target)),
        (f"{len(candidate.features)} inputs: ", *codes(candidate.features))
        if candidate.features
        else ("It reads no input",),
    ]
    if made and not is_baseline(candidate.family):
        found.append(("Functions that make features of columns: ", *made))
    found.append((f"Answers as {candidate.form}; held against the estimator: {candidate.parity}",))
    threshold = chosen(facts)
    if threshold is not None and threshold.threshold:
        under = f", under {', '.join(threshold.under)}" if threshold.under else ""
        found.append(
            (f"Calls positive from a score of {threshold.threshold}: {threshold.by}{under}",)
        )
    if threshold is not None and threshold.confidence:
        found.append((f"Decides alone from a confidence of {threshold.confidence}",))
    return (
        *found,
        ("Recipe, of code, data, hyperparameters and environment: ", Code(candidate.recipe)),
    )


def _release(facts: Facts) -> tuple[Text, ...]:
    standing = facts.standing
    if standing is None or not standing.release:
        return (("Version: not released; ", Code("seatrial release propose")),)
    where = f"Version: release {standing.release} at {words.rung_text(standing.rung)}, manifest "
    return ((where, Code(short(standing.manifest)) if standing.manifest else "none"),)


def _use(facts: Facts, stated: Mapping[str, str]) -> tuple[Text, ...]:
    text = facts.project.plan.text
    rule = facts.project.plan.fallback
    problem = text.problem.statement if text.problem else ""
    replaced = {
        "nothing": "nothing: it does what nobody did",
        "people": "people",
        "model": "an older model",
    }
    return (
        (f"Why it exists: {problem}",)
        if problem
        else (
            "Nobody has stated why it exists: ",
            Code("problem.statement"),
            " in ",
            Code("plan.yaml"),
            ".",
        ),
        (f"What it decides: {text.task.decides}",)
        if text.task.decides
        else (
            "Nobody has stated what it decides: ",
            Code("task.decides"),
            " in ",
            Code("plan.yaml"),
            ".",
        ),
        (f"It replaces {replaced[text.task.replaces]}",),
        _said(stated, "intended_use", "May be used for"),
        _said(stated, "out_of_scope", "Must not be used for"),
        ("Where it may not answer, the rule ", Code(true_signs(str(rule))), " does")
        if rule
        else (
            "Nobody answers where it may not: ",
            Code("release.fallback"),
            " in ",
            Code("plan.yaml"),
            " is open.",
        ),
    )


def _factors(facts: Facts, found: Sequence[Row]) -> tuple[Text, ...]:
    claims = facts.checked.claims
    groups = dict.fromkeys(name for each in claims for name in each.measure.by)
    slices = dict.fromkeys(str(each.measure.where) for each in claims if each.measure.where)
    data = facts.project.plan.text.data
    seen = " ".join([*groups, *slices])
    blind = [name for name in data.context if name not in seen]
    unit = f"whole {data.unit}s" if data.unit else "single rows"
    return (
        ("Groups that claims compare: ", *codes(groups))
        if groups
        else ("No claim compares groups",),
        ("Slices that claims look at: ", *codes(slices))
        if slices
        else ("No claim looks at a slice",),
        *([("Logged, and no claim looks at it: ", *codes(blind))] if blind else []),
        (f"What is resampled for intervals: {unit}",),
        (f"Claims in all: {len(found)}",),
    )
