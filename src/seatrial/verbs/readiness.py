"""The ML Test Score of the project, from evidence; measuring what it lacks; recording what is done by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from seatrial.core.errors import NotFoundError, UserError
from seatrial.judging.readiness import ByHand, Proof, score
from seatrial.judging.service import Service
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Measure
from seatrial.records.readiness import SECTIONS, TESTS, Score, Test
from seatrial.verbs.check import Checked, checked
from seatrial.verbs.desk import history
from seatrial.verbs.judgement import KIND as JUDGEMENT
from seatrial.verbs.judgement import ended, file_judgement, shown
from seatrial.verbs.look import KIND, newest_of
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project
from seatrial.verbs.roles import Missing
from seatrial.verbs.sign_off import sign_offs

_TESTS = {test.id: test for test in TESTS}
REVIEW = "RD-08"
"""The test that asks for a review; a sign-off of every claim is one."""
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """The score, what it rests on and what it would cost to raise.

    Attributes:
        score: The tests and their points.
        costs: Seconds that measuring a test costs, by id.
        checked: The claims that some of the tests rest on.
    """

    score: Score
    costs: dict[str, float]
    checked: Checked

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial readiness --json``; see ``docs/json.md``."""
        return {
            "score": self.score.score,
            "sections": {name: self.score.sections[name] for name in SECTIONS},
            "tests": [
                {
                    "id": each.test.id,
                    "title": each.test.title,
                    "points": each.points,
                    "evidence": each.evidence,
                    "missing": each.missing,
                }
                for each in self.score.results
            ],
        }


def readiness(
    project: Project,
    *,
    measure: Sequence[str] | None = None,
    tell: Told = lambda _what, _done, _all: None,
) -> Ready:
    """Score the system from what is on file.

    Args:
        project: The project.
        measure: Ids of tests to measure first; empty for all that can be; None for none.
        tell: Told what is being measured.

    Raises:
        NotFoundError: no test has such an id.
        UserError: a test that was named has nothing that measures it.
    """
    measuring = Measuring(project)
    wanted = _wanted(measuring, measure)
    measures = {test.id: _measure(measuring, test) for test in TESTS if test.measure is not None}
    found = {}
    for name, each in measures.items():
        found[name] = measuring.gather([each], measure=name in wanted, tell=tell)[0][1]
    metrics = measuring.chain.plan.metrics
    proofs = {
        name: Proof(filed.evidence, filed.why_not, metrics[measures[name].metric].higher_is_better)
        for name, filed in found.items()
    }
    result = checked(measuring, measure=False)
    costs = {name: measuring.seconds(each) for name, each in measures.items()}
    found_by_hand, service = _by_hand(measuring, result), _service(measuring, result)
    scored = score(proofs, result.claims, result.judgements, found_by_hand, service)
    return Ready(scored, costs, result)


def _service(measuring: Measuring, result: Checked) -> Service | None:
    """The release of the candidate that is judged now; None if it isn't released."""
    moves = history(measuring.project)
    if not moves or result.candidate is None or moves[0].artefact != result.candidate.artefact:
        return None
    own = [move for move in moves if move.release == moves[0].release]
    project = measuring.chain.plan.text.project
    entry = measuring.project.ledger.newest(KIND, project)
    seen = newest_of(measuring.project, result.candidate)
    return Service(own, seen, entry.digest if entry and seen else "")


def _wanted(measuring: Measuring, measure: Sequence[str] | None) -> set[str]:
    if measure is None or isinstance(measuring.roles.candidate(), Missing):
        return set()
    for name in measure:
        test = find(name)
        if test.measure is None:
            hint = (
                f"it may be done by hand: seatrial readiness --record {name} --by NAME --note TEXT"
            )
            raise UserError(f"nothing measures {name} by itself", hint=hint)
    return set(measure) or {test.id for test in TESTS if test.measure is not None}


def find(name: str) -> Test:
    """Find a test by its id.

    Raises:
        NotFoundError: no test has it.
    """
    if name not in _TESTS:
        raise NotFoundError(
            f"no readiness test is called {name}", hint=f"they are {TESTS[0].id} to {TESTS[-1].id}"
        )
    return _TESTS[name]


def _measure(measuring: Measuring, test: Test) -> Measure:
    assert test.measure is not None
    text = test.measure.format(optimize=measuring.chain.plan.text.optimize)
    return parse_claim(text, metrics=measuring.chain.plan.metrics)[0]


def record(project: Project, name: str, *, by: str, note: str, until: date | None = None) -> str:
    """Record that a test was done by hand, bound to what there is to see now.

    Args:
        project: The project.
        name: Id of the test.
        by: Who did it.
        note: What was done, and what came out.
        until: Day from which it no longer counts.

    Returns:
        Digest of the record.

    Raises:
        NotFoundError: no test has this id.
        UserError: there is no name or no note.
    """
    test = find(name)
    if not by.strip() or not note.strip():
        raise UserError(
            "a record needs a name and a note",
            hint="--by NAME --note 'what was done, what came out'",
        )
    entry = file_judgement(
        project,
        name,
        question=test.title,
        note=note,
        by=by,
        shown=_shown(Measuring(project)),
        until=until,
    )
    return entry.digest


def _shown(measuring: Measuring) -> dict[str, str]:
    candidate = measuring.roles.candidate()
    return shown(measuring.chain, None if isinstance(candidate, Missing) else candidate)


def _by_hand(measuring: Measuring, result: Checked) -> dict[str, ByHand]:
    entries = measuring.project.ledger.newest_of(JUDGEMENT, _TESTS)
    found = _reviewed(measuring, result)
    if not entries:
        return found
    now, today = _shown(measuring), measuring.project.clock.now().date()
    for name, entry in entries.items():
        payload = entry.payload
        changed = [what for what, then in payload["shown"].items() if now[what] != then]
        why_not = f"{' and '.join(changed)} changed since" if changed else ""
        why_not = ended(payload, today) or why_not
        if not why_not or name not in found or not found[name].current:
            found[name] = ByHand(name, entry.digest, payload["note"], not why_not, why_not)
    return found


def _reviewed(measuring: Measuring, result: Checked) -> dict[str, ByHand]:
    """The sign-off of every claim, as the record of a review; one that stands before one that is void."""
    whole = [each for each in sign_offs(measuring.chain, result) if each.is_whole]
    if not whole:
        return {}
    best = next((each for each in whole if each.stands), whole[0])
    note = f"signed off by {best.by}, {best.role}"
    return {REVIEW: ByHand(REVIEW, best.digest, note, best.stands, best.why_not)}
