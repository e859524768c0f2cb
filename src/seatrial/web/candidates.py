"""Candidates and baselines on one axis, the runs that made them, and what differs between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.digest import short
from seatrial.core.errors import NotFoundError
from seatrial.records.candidate import is_baseline
from seatrial.records.evidence import Changed
from seatrial.reports import numbers
from seatrial.verbs.comparison import spoken
from seatrial.verbs.runs import Run
from seatrial.verbs.train import Rung, Training
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head
from seatrial.web.shown import Figure, figure

MOST_METRICS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One candidate or baseline on dev.

    Attributes:
        name: As people say it.
        digest: Short name of its archive; empty for a baseline.
        note: What keeps it out, or that it is no better than the kept one; empty if nothing does.
        kept: Whether it is the one that is kept.
        figures: The optimised metric first.
        difference: Paired difference from the kept one; None for itself.
        seconds: What its training took, for people.
    """

    name: str
    digest: str
    note: str
    kept: bool
    figures: tuple[Figure, ...]
    difference: Figure | None
    seconds: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """All of them, the simplest first; ``metrics`` names the columns of figures."""

    kept: str
    why: str
    rows: int
    metrics: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run."""

    digest: str
    at: str
    family: str
    candidate: str
    figure: Figure | None
    seconds: str
    memory: str
    code: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """The page."""

    head: Head
    ladder: Ladder | None
    metric: str
    runs: tuple[RunRow, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs between two runs."""

    head: Head
    names: tuple[str, str]
    metric: str
    difference: Figure | None
    changed: tuple[Changed, ...]
    parameters: tuple[Changed, ...]


def view(facts: Facts, asked: Mapping[str, str]) -> Candidates:  # noqa: ARG001 — all pages are asked alike
    """What the page of the candidates shows."""
    found = ladder(facts)
    metric = str(facts.project.plan.optimise)
    runs = tuple(_run(facts, each, metric) for each in facts.runs)
    if found is None:
        title = "Nothing is trained yet, so there is nothing to compare."
        lede = "Training makes the baselines and the plan's candidates, and compares them on dev."
        return Candidates(
            Head(title, lede, (Fact("Next", "", "seatrial train"),)), None, metric, runs
        )
    kept = next(each for each in found.steps if each.kept)
    told = (
        Fact("Kept", found.kept, kept.digest),
        Fact("Compared on", f"{numbers.count(found.rows)} rows of dev"),
        Fact("Metric to raise", metric),
    )
    title = f"{words.capital(found.kept)} is kept: {found.why}."
    lede = "Differences are paired: the same rows of dev, one less the kept one. An interval that holds 0 is no difference."
    return Candidates(Head(title, lede, told), found, metric, runs)


def ladder(facts: Facts) -> Ladder | None:
    """The last training; None before the first."""
    training = facts.training
    if training is None:
        return None
    metrics = tuple(training.kept.metrics)[:MOST_METRICS]
    return Ladder(
        kept=spoken(training.chosen),
        why=training.why,
        rows=training.rows,
        metrics=metrics,
        steps=tuple(_step(each, training, metrics) for each in training.rungs),
    )


def _step(rung: Rung, training: Training, metrics: tuple[str, ...]) -> Step:
    candidate = rung.candidate
    return Step(
        name=spoken(candidate.family),
        digest="" if is_baseline(candidate.family) else candidate.name,
        note=_note(rung, spoken(training.chosen)),
        kept=candidate.family == training.chosen,
        figures=tuple(figure(rung.metrics[name]) for name in metrics),
        difference=figure(rung.against_best) if rung.against_best else None,
        seconds=numbers.seconds(candidate.seconds),
    )


def _note(rung: Rung, kept: str) -> str:
    if rung.excluded:
        return f"breaks {rung.excluded}"
    against = rung.against_best
    if against is None or against.low is None or against.high is None:
        return rung.caveat
    behind = f"not better than {kept}" if against.low <= 0 <= against.high else ""
    return ", ".join(filter(None, [behind, rung.caveat]))


def _run(facts: Facts, run: Run, metric: str) -> RunRow:
    row = run.row
    found = run.metrics.get(metric)
    return RunRow(
        short(run.digest),
        words.when(run.at, facts.now),
        spoken(run.candidate.family),
        row.candidate,
        figure(found) if found else None,
        numbers.seconds(run.candidate.seconds),
        f"{run.candidate.peak_mb:.0f}{words.SPACE}MB",
        row.code,
    )


def compared(facts: Facts, asked: Mapping[str, str]) -> Compared:
    """What the comparison of two runs shows.

    Raises:
        NotFoundError: a run isn't named, or isn't there.
    """
    if not asked.get("a") or not asked.get("b"):
        raise NotFoundError(
            "two runs have to be named", hint="compare?a=RUN&b=RUN, from the candidates' page"
        )
    found = facts.compare(asked["a"], asked["b"])
    first, second = found.names
    differing = len(found.changed) + len(found.parameters)
    told = (Fact("First", "", first, "candidates"), Fact("Second", "", second, "candidates"))
    same = "The two runs were made of the same, so nothing differs."
    title = f"{second} was made of other inputs than {first}." if differing else same
    lede = "Only what differs is shown."
    if found.difference is None:
        lede += " Their figures can't be compared: one of them can't be asked about the rows of dev as they are now."
    return Compared(
        Head(title, lede, told),
        found.names,
        found.metric,
        figure(found.difference) if found.difference else None,
        found.changed,
        found.parameters,
    )
