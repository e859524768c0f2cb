"""The readiness score: its sections, and each test with what it has and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.records import readiness as records
from seatrial.records.readiness import POINTS_A_SECTION, SECTIONS, Result
from seatrial.reports.readiness import lacking
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head, following


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its points, whether it limits the score, what it lacks."""

    name: str
    points: float
    limits: bool
    lacks: str


@dataclass(frozen=True, slots=True)
class Tested:
    """One test.

    Attributes:
        id: As in the catalogue.
        title: What must be so.
        points: 0, 0.5 or 1.
        evidence: Digest of what earned them; empty without any.
        missing: What would earn the rest; empty at 1.
        command: What to type for it; empty if nothing can be done now.
    """

    id: str
    title: str
    points: float
    evidence: str
    missing: str
    command: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """The page."""

    head: Head
    score: float
    sections: tuple[Section, ...]
    tests: Mapping[str, tuple[Tested, ...]]


def view(facts: Facts, asked: Mapping[str, str]) -> Readiness:  # noqa: ARG001 — all pages are asked alike
    """What the page of the score shows."""
    score = facts.ready.score
    full = sum(each.points == 1 for each in score.results)
    open_ = sum(each.points == 0 for each in score.results)
    title = f"Readiness is {score.score:g} of {POINTS_A_SECTION}, because {score.smallest} is."
    told = (
        Fact("Proved", f"{full} of {len(score.results)} tests"),
        Fact("Open", f"{open_} tests"),
        following(facts),
    )
    lede = "The smallest section decides: a system is as ready as its weakest part. Half a point is for what was done by hand."
    return Readiness(
        Head(title, lede, told),
        score.score,
        sections(facts),
        {name: _tests(facts, name) for name in _lowest_first(facts)},
    )


def sections(facts: Facts) -> tuple[Section, ...]:
    """The sections, the lowest first."""
    score = facts.ready.score
    return tuple(
        Section(
            name.capitalize(),
            score.sections[name],
            name == score.smallest,
            lacking(
                [
                    each.test
                    for each in score.results
                    if each.test.section == name and not each.points
                ]
            ).removeprefix("lacks: "),
        )
        for name in _lowest_first(facts)
    )


def _lowest_first(facts: Facts) -> list[records.Section]:
    points = facts.ready.score.sections
    return sorted(SECTIONS, key=lambda name: points[name])


def _tests(facts: Facts, section: str) -> tuple[Tested, ...]:
    """Tests of a section: what is missing first."""
    own = [each for each in facts.ready.score.results if each.test.section == section]
    return tuple(_tested(facts, each) for each in sorted(own, key=lambda each: each.points))


def _tested(facts: Facts, result: Result) -> Tested:
    command = next((each.command for each in facts.steps if result.test.id in each.command), "")
    missing = "waits for a release" if result.lack == "release" else result.missing
    return Tested(
        result.test.id,
        result.test.title,
        result.points,
        result.evidence or "",
        words.capital(missing),
        command,
    )
