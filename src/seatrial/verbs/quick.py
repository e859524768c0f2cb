"""A few essential cases in a few seconds: does what was kept still do what it is there for?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import NotFoundError, SeatrialError
from seatrial.plan.schema import Scenario
from seatrial.probes.candidate import broken, extremes
from seatrial.records.candidate import Candidate
from seatrial.records.case import Case
from seatrial.records.contract import Contract
from seatrial.scoring.archive import audit
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project
from seatrial.verbs.roles import Missing

if TYPE_CHECKING:
    from seatrial.scoring.archive import Scorer

_CLOSE = 1e-6
"""Distance at which two numbers are the same answer, as parts of the expected one."""


@dataclass(frozen=True, slots=True)
class Quick:
    """What came of the cases.

    Attributes:
        project: Name of the project.
        candidate: Short name of the candidate that was asked.
        cases: In the order in which they were tried.
        seconds: How long it took.
    """

    project: str
    candidate: str
    cases: tuple[Case, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Case, ...]:
        """Those that came out wrong."""
        return tuple(each for each in self.cases if not each.passed)

    @property
    def exit_code(self) -> int:
        """3 if a case failed."""
        return 3 if self.failed else 0

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial quick --json``; see ``docs/json.md``."""
        return {
            "project": self.project,
            "candidate": self.candidate,
            "passed": not self.failed,
            "tried": len(self.cases),
            "seconds": round(self.seconds, 3),
            "failed": [each.to_json() for each in self.failed],
        }


def quick(project: Project) -> Quick:
    """Try the essential cases on the candidate that was kept. Trains and files nothing.

    Its archive opens and is what was judged; its contract is the same after being written and read;
    missing, extreme and unseen inputs are answered; each row of the scenario sets with `every: push`
    is answered as expected.

    Raises:
        NotFoundError: there is no candidate of what is there now.
        DataError: the rows of a set can't be read.
    """
    watch, measuring = Stopwatch(), Measuring(project)
    candidate = measuring.roles.candidate()
    if isinstance(candidate, Missing):
        hint = "seatrial train"
        raise NotFoundError("there is no candidate of what is there now", hint=hint)
    tries: tuple[Callable[[Measuring, Candidate], Iterator[Case]], ...] = (
        _archive,
        _contract,
        _edges,
        _scenarios,
    )
    cases: list[Case] = []
    for each in tries:
        cases += each(measuring, candidate)
        if not cases[0].passed:
            break  # what can't be opened can't be asked
    name = measuring.chain.plan.text.project
    return Quick(name, candidate.name, tuple(cases), watch.seconds)


def _archive(measuring: Measuring, candidate: Candidate) -> Iterator[Case]:
    try:
        measuring.materials.scorer(candidate)
    except SeatrialError as error:
        answered = str(error)
    else:
        answered = ""
    expected = f"opens, and is {candidate.name}, which was judged"
    yield Case("archive", "the archive", not answered, {}, expected, answered or "it does")


def _contract(measuring: Measuring, candidate: Candidate) -> Iterator[Case]:
    written = audit(measuring.project.blobs.get(candidate.artefact)).contract
    same = Contract.from_json(written.to_json()) == written
    name = "the contract, written and read"
    yield Case("contract", name, same, {}, "the same", "the same" if same else "another")


def _edges(measuring: Measuring, candidate: Candidate) -> Iterator[Case]:
    scorer = measuring.materials.scorer(candidate)
    asked = [each.name for each in scorer.header.contract.features]
    row = measuring.materials.sample("dev", asked, rows=1)[0]
    for what, given in extremes(scorer.header.contract, row):
        said = broken(scorer, given)
        yield Case("edge", what, not said, given, "an answer", said or "an answer")


def _scenarios(measuring: Measuring, candidate: Candidate) -> Iterator[Case]:
    for name, scenario in measuring.chain.plan.text.scenarios.items():
        if scenario.every == "push" and scenario.rows is not None:
            yield from _rows(measuring, measuring.materials.scorer(candidate), name, scenario)


def _rows(measuring: Measuring, scorer: Scorer, name: str, scenario: Scenario) -> Iterator[Case]:
    """Each row of a set; the rows are asked together."""
    from seatrial.verbs.materials import raw

    cases = measuring.materials.sets.cases(name)
    frame = cases.columns([each.name for each in scorer.header.contract.features])
    given = list(frame.iter_rows(named=True)) or [{} for _ in cases.expected]
    answers = scorer.answer({each.name: raw(each) for each in frame} or {"": [None] * len(given)})
    classes = scorer.header.contract.classes
    pairs = zip(cases.expected.tolist(), answers.decided.tolist(), strict=True)
    for place, (expected, decided) in enumerate(pairs):
        passed = expected == decided if classes else _near(decided, expected, scenario.within)
        said = (classes[int(decided)] if classes else f"{decided:g}") + _chance(answers, place)
        wanted = classes[int(expected)] if classes else _wanted(expected, scenario.within)
        yield Case("scenario", f"{name} row {place + 1}", passed, given[place], wanted, said)


def _near(decided: float, expected: float, within: float | None) -> bool:
    if within is not None:
        return abs(decided - expected) <= within
    return math.isclose(decided, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _wanted(expected: float, within: float | None) -> str:
    return f"{expected:g}" if within is None else f"{expected:g} ± {within:g}"


def _chance(answers: Any, place: int) -> str:
    """The probability of what was decided, where the candidate claims one."""
    if answers.scores.ndim == 1:
        return ""
    score = float(answers.scores[place][int(answers.decided[place])])
    return f" ({score:.2f})" if math.isfinite(score) else ""
