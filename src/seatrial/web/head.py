"""The head of every page: one sentence, its explanation, at most five facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.records.readiness import POINTS_A_SECTION
from seatrial.records.release import WHOLE, Move, Standing
from seatrial.reports.claims import true_signs
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.shown import Row

MOST_EXPLAINED = 2
"""Claims that don't hold and are explained beneath the sentence."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a term, and what is so; ``code`` is set in the typewriter face, ``href`` is a page."""

    term: str
    text: str
    code: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page.

    Attributes:
        title: The sentence that states the situation.
        lede: What explains it; empty if nothing has to be added.
        facts: At most five.
    """

    title: str
    lede: str
    facts: tuple[Fact, ...] = ()


def headline(rows: Sequence[Row], standing: Standing | None, *, trained: bool) -> str:
    """The sentence that states the situation, made from the verdicts and the release.

    Args:
        rows: The claims, as they stand.
        standing: The newest release; None before the first.
        trained: Whether there is a candidate of what is there now.
    """
    if not trained and standing is None:
        return "Nothing is trained yet, so nothing is proved."
    failing = [row for row in rows if row.verdict == "fail"]
    guarantees = [row for row in failing if row.commitment == "guarantee"]
    open_ = [row for row in rows if row.verdict == "unknown" and row.blocks]
    lost = standing.lost if standing else None
    if lost is not None and standing is not None:
        taken = _taken_by(lost, rows)
        return f"{taken}, so release {standing.release} is {_where(standing)}."
    if guarantees:
        return f"{_names(guarantees)} {_verb(guarantees, 'fails', 'fail')}{_consequence(standing)}."
    if open_:
        return f"{_names(open_)} {_verb(open_, 'is', 'are')} not proved{_consequence(standing)}."
    if failing:
        verb = _verb(failing, "does", "do")
        return f"Every guarantee holds; {words.listed([row.name for row in failing])} {verb} not."
    if not rows:
        return "Nothing is claimed yet, so nothing can be proved."
    unknown = [row for row in rows if row.verdict == "unknown"]
    if unknown:
        return f"No claim fails; {words.listed([row.name for row in unknown])} {_verb(unknown, 'is', 'are')} not known."
    waived = " or is waived" if any(row.verdict == "waived" for row in rows) else ""
    return f"Every claim holds{waived}{_so_far(standing)}."


def _taken_by(lost: Move, rows: Sequence[Row]) -> str:
    if lost.by != "guard":
        return f"{words.capital(lost.by)} took it back"
    row = next((row for row in rows if row.id == lost.claim), None)
    if row is None:
        return "A guard took it back"
    return f"{words.capital(row.name)} {'no longer holds' if row.verdict == 'fail' else 'did not hold'}"


def _names(rows: Sequence[Row]) -> str:
    return words.capital(words.listed([row.name for row in rows]))


def _verb(rows: Sequence[Row], one: str, many: str) -> str:
    return one if len(rows) == 1 else many


def _where(standing: Standing) -> str:
    return "back in shadow" if standing.rung.level == "shadow" else "out of service"


def _consequence(standing: Standing | None) -> str:
    if standing is None or not standing.release:
        return ", so nothing may decide yet"
    if standing.rung.level == "shadow":
        return f", so release {standing.release} stays in shadow"
    if standing.rung.level == "human":
        return f", so release {standing.release} stays out of service"
    return f" while release {standing.release} decides {words.per_cent(standing.rung.share)}"


def _so_far(standing: Standing | None) -> str:
    if standing is None or not standing.release:
        return ", and nothing is released yet"
    if standing.rung.level == "shadow":
        return f", and release {standing.release} answers in shadow"
    if standing.rung.level == "human":
        return f", and release {standing.release} is out of service"
    if standing.rung.share >= WHOLE:
        return f", and release {standing.release} decides"
    return f", and release {standing.release} decides {words.per_cent(standing.rung.share)}"


def serving(facts: Facts) -> tuple[Fact, ...]:
    """Who decides, and which candidate stands where."""
    standing = facts.standing
    if standing is None or not standing.release:
        return (
            Fact("Deciding", _nobody(facts)),
            Fact("Candidate", *_unreleased(facts)),
            Fact("Exposure", f"no level, {words.per_cent(0)}: not released"),
        )
    number = f"release {standing.release}"
    name, _, digest = standing.candidate.rpartition(" ")
    place = {"shadow": "In shadow", "human": "Out of service"}.get(standing.rung.level, "Serving")
    return (
        Fact("Deciding", decider(standing)),
        Fact(place, f"{number}, {name}" if name else number, digest, "releases"),
        Fact("Exposure", exposure(standing)),
    )


def decider(standing: Standing) -> str:
    """Who decides now: ``the rule hour ≥ 17``, ``people``, a candidate."""
    said = true_signs(standing.decider)
    return f"the {said}" if said.startswith("rule ") else said


def exposure(standing: Standing) -> str:
    """Level and share, and the share that was lost."""
    share = words.per_cent(standing.rung.share)
    lost = standing.lost
    was = f", was {words.share_text(lost.came)}" if lost and lost.came else ""
    return f"{standing.rung.level}, {share}{was}"


def _nobody(facts: Facts) -> str:
    rule = facts.project.plan.fallback
    return f"the rule {true_signs(str(rule))}" if rule else "no model"


def _unreleased(facts: Facts) -> tuple[str, ...]:
    training = facts.training
    if training is None:
        return "none is trained", ""
    from seatrial.verbs.comparison import spoken

    name = training.kept.candidate.name
    return spoken(training.chosen), name, "candidates"


def readiness(facts: Facts) -> Fact:
    """The score, and the section that limits it."""
    score = facts.ready.score
    text = f"{score.score:g} of {POINTS_A_SECTION}, {score.smallest} limits it"
    return Fact("Readiness", text, href="readiness")


def following(facts: Facts) -> Fact:
    """What to do next, as the command."""
    steps = facts.steps
    if not steps:
        return Fact("Next", "nothing is left to do")
    return Fact("Next", "", steps[0].command)


def explained(rows: Sequence[Row], facts: Facts) -> str:
    """What is known of the claims that don't hold, how many do, and what changed in the world."""
    if facts.checked.candidate is None and facts.look is None:
        waiting = sum(row.newest is None for row in rows)
        return f"{waiting} of {len(rows)} claims wait for what the next step measures."
    open_ = [row for row in rows if row.verdict in {"fail", "unknown", "waived"}]
    said = [_figures(row) for row in open_[:MOST_EXPLAINED]]
    if len(open_) > MOST_EXPLAINED:
        said.append(f"{len(open_) - MOST_EXPLAINED} more don't hold or aren't known.")
    holding = sum(row.verdict == "pass" for row in rows)
    if open_ and holding:
        said.append(f"The other {holding} hold{'s' if holding == 1 else ''}.")
    elif holding:
        said.append(f"All {holding} that apply hold.")
    advice = facts.watched.advice if facts.watched else ""
    return " ".join(filter(None, [words.sentence(true_signs(advice)), *said]))


def _figures(row: Row) -> str:
    """A claim that doesn't hold, with its figure.

    >>> from seatrial.core.estimate import Estimate
    >>> from seatrial.web.shown import figure
    >>> found = figure(Estimate(0.308, 0.295, 0.322, 4642, ""))
    >>> _figures(Row("p", "", "precision", "fail", "", "", "", True, 0.45, ">=", False, "needs at least 0.45", found, None, {}))
    'Precision is 0.308 [0.295, 0.322] and needs at least 0.45.'
    """
    name = words.capital(row.name)
    waived = " It is waived." if row.verdict == "waived" else ""
    if row.newest is None or not row.newest.estimate.measured:
        return f"{name} is not measured.{waived}"
    span = f" {row.newest.interval}" if row.newest.interval else ""
    needs = f" and {row.needs}" if row.needs else ""
    return f"{name} is {row.newest.value}{span}{needs}.{waived}"
