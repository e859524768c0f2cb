"""The overview: does it hold, who decides, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.records.evidence import Verdict
from seatrial.records.step import Step
from seatrial.reports import numbers
from seatrial.reports.steps import gain
from seatrial.web import head
from seatrial.web.candidates import Ladder, ladder
from seatrial.web.facts import Facts
from seatrial.web.head import Head
from seatrial.web.meter import Section, sections
from seatrial.web.production import Production, production
from seatrial.web.shown import Row, rows, tally

MOST_STEPS = 3
MOST_SERIES = 4


@dataclass(frozen=True, slots=True)
class Advice:
    """A next step as people read it."""

    title: str
    why: str
    gain: str
    cost: str
    command: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The page.

    Attributes:
        head: Sentence, explanation, facts.
        tally: How many claims have each verdict.
        rows: The claims.
        steps: The most valuable steps.
        more: How many more there are.
        production: The newest look, its most telling series; None before the first.
        ladder: Candidates and baselines; None before the first training.
        score: The readiness score.
        sections: Its sections, the lowest first.
    """

    head: Head
    tally: Mapping[Verdict, int]
    rows: tuple[Row, ...]
    steps: tuple[Advice, ...]
    more: int
    production: Production | None
    ladder: Ladder | None
    score: float
    sections: tuple[Section, ...]


def view(facts: Facts, asked: Mapping[str, str]) -> Overview:
    """What the overview shows."""
    found = rows(facts)
    title = head.headline(found, facts.standing, trained=facts.checked.candidate is not None)
    every = asked.get("steps") == "all"
    told = (*head.serving(facts), head.readiness(facts), head.following(facts))
    seen = production(facts, most=MOST_SERIES) if facts.look and facts.look.windows else None
    return Overview(
        head=Head(title, head.explained(found, facts), told),
        tally=tally(found),
        rows=found,
        steps=tuple(advice(each) for each in facts.steps[: None if every else MOST_STEPS]),
        more=0 if every else max(len(facts.steps) - MOST_STEPS, 0),
        production=seen,
        ladder=ladder(facts),
        score=facts.ready.score.score,
        sections=sections(facts),
    )


def advice(step: Step) -> Advice:
    """A step for people."""
    cost = numbers.seconds(step.cost_s) if step.cost_s is not None else "a person's time"
    return Advice(step.title, step.why, gain(step), cost, step.command)
