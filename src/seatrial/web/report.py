"""The audit report: everything that is on file of a project, in one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.errors import NotFoundError
from seatrial.records.evidence import Verdict
from seatrial.reports import numbers
from seatrial.reports.dates import moment
from seatrial.verbs.error_records import PART
from seatrial.verbs.errors import settled
from seatrial.verbs.project import Project
from seatrial.web import claims, dataset, head, releases
from seatrial.web.answers import Answers, answers
from seatrial.web.candidates import Ladder, ladder
from seatrial.web.claims import ClaimView
from seatrial.web.document import builtins
from seatrial.web.errors import TagFigures, tag_figures
from seatrial.web.facts import Facts
from seatrial.web.frame import Frame, Page
from seatrial.web.hazards import Hazards, hazards
from seatrial.web.head import Fact, Head
from seatrial.web.lineage import Chosen, Link, Step, Way, chosen, lineage, steps, ways
from seatrial.web.meter import Section, sections
from seatrial.web.releases import Told
from seatrial.web.render import Renderer
from seatrial.web.shown import Row, rows, tally
from seatrial.web.signed import Signed, signed
from seatrial.web.slice_rows import Slice, SliceTable, of_search, tables

TEMPLATE = "report.html"
PARTS = (
    Page("", "Claims", "claims", ""),
    Page("Prove", "Evidence", "evidence", ""),
    Page("Prove", "Hazards", "hazards", ""),
    Page("Prove", "Sign-offs", "sign-offs", ""),
    Page("Prove", "Readiness", "readiness", ""),
    Page("Build", "Candidates", "candidates", ""),
    Page("Build", "Answers", "answers", ""),
    Page("Build", "Slices", "slices", ""),
    Page("Build", "Symptoms", "symptoms", ""),
    Page("Build", "Errors", "errors", ""),
    Page("Build", "Data", "data", ""),
    Page("Run", "Releases", "releases", ""),
    Page("Trace", "Lineage", "lineage", ""),
    Page("Trace", "Again", "again", ""),
)
"""The rail: the sections of the file."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of the data by one of its checks: a claim, or nothing yet."""

    name: str
    verdict: Verdict
    found: str


@dataclass(frozen=True, slots=True)
class Symptom:
    """What the doctor looked for: what is true if it is well, and what was found."""

    title: str
    verdict: Verdict
    found: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """The wrong answers on dev that people looked at: how many of the sample, and their tags."""

    seen: int
    drawn: int
    tags: tuple[TagFigures, ...]
    settled: str
    against: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole file.

    Attributes:
        head: The sentence, what explains it, facts.
        upto: Day and time of the newest evidence; empty without any.
        judged: Day on which ages and waivers were looked at; empty if no claim has either.
        tally: How many claims have each verdict.
        rows: The claims.
        claims: Each of them with its evidence.
        hazards: What could go wrong.
        sign_offs: Who found this enough.
        score: The readiness score.
        sections: Its sections.
        ladder: Baselines and candidates on dev; None before the first training.
        ways: Every way to a baseline, and what is there of it.
        chosen: The threshold and what it was chosen under; None without a candidate.
        answers: Answers to the test part; None where there are none on file.
        slices: Slices that were searched, by metric.
        symptoms: What the doctor looked for; () before it did.
        errors: Wrong answers on dev; None without a candidate.
        history: Moves of the releases, the newest first.
        data: Sources, split, columns.
        checks: What was found of schema and leaks.
        lineage: Digests of everything that it rests on.
        again: How to get the same, step by step.
    """

    head: Head
    upto: str
    judged: str
    tally: Mapping[Verdict, int]
    rows: tuple[Row, ...]
    claims: tuple[ClaimView, ...]
    hazards: Hazards
    sign_offs: tuple[Signed, ...]
    score: float
    sections: tuple[Section, ...]
    ladder: Ladder | None
    ways: tuple[Way, ...]
    chosen: Chosen | None
    answers: Answers | None
    slices: tuple[SliceTable, ...]
    symptoms: tuple[Symptom, ...]
    errors: Wrong | None
    history: tuple[Told, ...]
    data: dataset.Dataset
    checks: tuple[Checked, ...]
    lineage: tuple[Link, ...]
    again: tuple[Step, ...]


def view(facts: Facts, slices: Sequence[Slice] | None = None) -> Report:
    """What the report shows; it reads what is on file and measures nothing.

    Args:
        facts: Facts of a document.
        slices: Slices to show; None: what the newest search found.
    """
    found = rows(facts)
    searched = facts.slices if slices is None else None
    released = facts.standing is not None and facts.standing.release
    return Report(
        head=_head(found, facts),
        upto=newest(facts),
        judged=judged(facts),
        tally=tally(found),
        rows=found,
        claims=tuple(_claim(row.id, facts) for row in found),
        hazards=hazards(facts, found),
        sign_offs=signed(facts),
        score=facts.ready.score.score,
        sections=sections(facts),
        ladder=ladder(facts),
        ways=ways(facts),
        chosen=chosen(facts),
        answers=answers(facts.counted) if facts.counted else None,
        slices=tables(
            of_search(searched) if searched else slices or (),
            facts.checked.metrics,
            looked_at=searched.looked_at if searched else None,
        ),
        symptoms=_symptoms(facts),
        errors=_wrong(facts),
        history=releases.view(facts, {}).history if released else (),
        data=dataset.view(facts, {}),
        checks=_checks(found, facts),
        lineage=lineage(facts),
        again=steps(facts),
    )


def render(project: Project, slices: Sequence[Slice] | None = None) -> tuple[Report, str]:
    """The report of a project, and its HTML."""
    shown = view(Facts.dated(project), slices)
    frame = Frame(
        project.plan.text.project, shown.upto, root="#", here="-", twin="", tags={}, pages=PARTS
    )
    return shown, Renderer("").page(TEMPLATE, shown, frame)


def as_json(shown: Report) -> dict[str, Any]:
    """The report as the JSON object of ``seatrial report --json``; see ``docs/json.md``."""
    return builtins(shown)


def newest(facts: Facts) -> str:
    """Day and time of the newest evidence that a verdict rests on; empty without any."""
    checked = facts.checked
    known = [each for each in (*checked.judgements, *checked.served) if each and each.evidence]
    times = [each.evidence.at for each in known if each.evidence]
    return f"{moment(max(times), newest='1970-01-01T00:00:00Z')} UTC" if times else ""


def judged(facts: Facts) -> str:
    """The day, if a verdict depends on it: a claim has an age, or a waiver."""
    depends = any(each.fresh or each.waiver for each in facts.checked.claims)
    return facts.project.clock.now().date().isoformat() if depends else ""


def _head(found: Sequence[Row], facts: Facts) -> Head:
    checked, trained = facts.checked, facts.checked.candidate
    title = head.headline(found, facts.standing, trained=trained is not None)
    upto, released = newest(facts), facts.standing and facts.standing.release
    deciding, candidate, _ = head.serving(facts)
    told = (
        deciding,
        candidate if released else replace(candidate, href="candidates"),
        Fact("Judged on", f"{numbers.count(checked.rows)} rows that training never saw"),
        head.readiness(facts),
        Fact("Evidence", f"up to {upto}" if upto else "none yet"),
    )
    return Head(title, head.explained(found, facts), told)


def _claim(name: str, facts: Facts) -> ClaimView:
    """A claim's page without what is only for a page: links to elsewhere, series, what was measured before."""
    shown = claims.one(facts, {"name": name})
    told = tuple(replace(each, href="") for each in shown.head.facts)
    return replace(shown, head=replace(shown.head, facts=told), production=None, history=())


def _symptoms(facts: Facts) -> tuple[Symptom, ...]:
    claimed = {each.measure.metric for each in facts.checked.claims}  # a claim may have measured it
    looked = any(each.evidence and each.id not in claimed for each in facts.symptoms)
    return tuple(
        Symptom(each.title, each.verdict, "" if each.verdict == "not applicable" else each.reason)
        for each in facts.symptoms
        if looked
    )


def _wrong(facts: Facts) -> Wrong | None:
    found = facts.errors_on(PART)
    if isinstance(found, NotFoundError):
        return None
    tags = tuple(tag_figures(each) for each in found.tags)
    return Wrong(found.seen, found.drawn, tags, settled(found), found.against)


_CHECKS = {
    "schema": ("Schema", "no claim asks it: `schema` under `claims:`"),
    "no_leakage": ("Leaks between the parts", "no claim asks it: `no_leakage` under `claims:`"),
}


def _checks(found: Sequence[Row], facts: Facts) -> tuple[Checked, ...]:
    by_metric = {each.measure.metric: each.id for each in facts.checked.claims}
    known = {row.id: row for row in found}
    return tuple(
        _check(title, known.get(by_metric.get(metric, "")), without, facts)
        for metric, (title, without) in _CHECKS.items()
    )


def _check(title: str, row: Row | None, without: str, facts: Facts) -> Checked:
    if row is None:
        return Checked(title, "unknown", without)
    judgement = next(each for each in facts.checked.judgements if each.claim == row.id)
    said = "; ".join(judgement.evidence.findings) if judgement.evidence else judgement.reason
    held = {"pass": "nothing was found", "fail": "it fails"}
    return Checked(title, row.verdict, said or held.get(row.verdict, row.reason))
