"""Rehearse a release: the same rows through the real server, answered by the kept candidate and by the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import OK, HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.records.candidate import Candidate
from seatrial.records.manifest import Manifest
from seatrial.records.rehearsal import Rehearsal, Rehearsed
from seatrial.runtime.folder import ServingFolder
from seatrial.verbs.bundle import Bundle
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import estimated
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import Project
from seatrial.verbs.released import CHAMPION, Unfit, arm_of, fitted
from seatrial.verbs.replay import Answering, sent, serving
from seatrial.verbs.shadow import class_name
from seatrial.verbs.slices import candidate_of

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

PART = "dev"
ROWS = 2_000
_WARM = 20
"""Requests before the clock counts."""

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


def rehearse(
    project: Project, *, rows: int = ROWS, tell: Counted = lambda _what, _done, _of: None
) -> Rehearsal:
    """Ask two servers about rows of dev, one request a row, each row of both before the next.

    Each candidate answers from a serving folder of its own, which is thrown away; nothing that serves is
    touched, and nothing is put in force.

    Args:
        project: The project.
        rows: Rows of dev, at most.
        tell: Told how far it is.

    Raises:
        NotFoundError: there is no candidate.
        UserError: fewer than one row.
        ConflictError: a server doesn't get ready.
    """
    if rows < 1:
        raise UserError(f"at least one row is needed, got {rows}")
    chain = Chain(project)
    materials = Materials(chain)
    new = candidate_of(chain, materials)
    old, root, is_released = _before(chain, materials, new)
    random = np.random.default_rng(chain.plan.text.train.seed)
    places = np.sort(random.permutation(len(materials.truth(PART)))[:rows])
    with ExitStack() as stack:
        asked = [
            _Asked(chain, materials, old, root, stack),
            _Asked(chain, materials, new, project.root, stack),
        ]
        for done, place in enumerate(places):
            tell("Asking both", done, len(places))
            for each in asked if done % 2 else reversed(asked):
                each.ask(int(place), is_counted=done >= _WARM or len(places) <= _WARM)
    pair = [each.predictions(places) for each in asked]
    optimise = chain.plan.optimise
    change = (
        estimated(chain, optimise, pair[1], pair[0])
        if all(len(each) == len(places) for each in pair)
        else not_measured("they did not answer the same rows")
    )
    return Rehearsal(
        asked[0].rehearsed(places),
        asked[1].rehearsed(places),
        is_released,
        len(places),
        str(optimise),
        _differ(asked, materials.units(PART)),
        change,
    )


@contextmanager
def served(
    chain: Chain, materials: Materials, candidate: Candidate, root: Path
) -> Iterator[tuple[Manifest, Answering]]:
    """Let a candidate decide everything behind a server of its own, from a folder that is thrown away.

    Args:
        chain: The project.
        materials: Of it.
        candidate: Any that is on file.
        root: The folder that its modules are in.

    Raises:
        ConflictError: the server doesn't get ready.
    """
    with TemporaryDirectory(prefix="seatrial-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        bundle = Bundle(chain, materials, ServingFolder(folder))
        manifest = bundle.rehearsed(candidate, root)
        bundle.publish(manifest)
        with serving(folder) as server:
            yield manifest, server


def asked_columns(manifest: Manifest) -> list[str]:
    """Columns that a request holds: features, then context."""
    return [each.name for each in (*manifest.contract.features, *manifest.context)]


def request(manifest: Manifest, key: int, row: Mapping[str, Any]) -> bytes:
    """The body that asks about a row."""
    return msgspec.json.encode(
        {
            "key": key,
            "features": sent(manifest.contract.features, row),
            "context": sent(manifest.context, row),
        }
    )


def post(http: HTTPConnection, body: bytes) -> tuple[int, bytes]:
    """Ask; gives the status and what was answered."""
    http.request("POST", "/predict", body, {"Content-Type": "application/json"})
    answer = http.getresponse()
    return answer.status, answer.read()


def why_fallback(answer: Mapping[str, Any]) -> str:
    """Why an answer is not the model's; empty if it is."""
    return "" if answer["decided_by"] == "model" else answer.get("failure", answer["decided_by"])


def _before(chain: Chain, materials: Materials, new: Candidate) -> tuple[Candidate, Path, bool]:
    """What decides now, where its modules are, and True; the simplest of the ladder if nothing was released."""
    arm = arm_of(chain.project, CHAMPION, ours=new.artefact)
    if arm is not None:
        found = fitted(chain, arm, CHAMPION)
        if isinstance(found, Unfit):
            raise UserError(found.reason)
        return materials.released(found), found.root, True
    family = chain.family("simplest")
    simplest = chain.on_file(chain.recipe(family)) if family is not None else None
    if simplest is None or simplest.artefact == new.artefact:
        raise NotFoundError("there is nothing to hold it against", hint="seatrial train")
    return simplest, chain.project.root, False


class _Asked:
    """One candidate behind a server, and what it answered by place in dev."""

    def __init__(
        self,
        chain: Chain,
        materials: Materials,
        candidate: Candidate,
        root: Path,
        stack: ExitStack,
    ) -> None:
        self._chain, self._materials, self._candidate = chain, materials, candidate
        self._manifest, server = stack.enter_context(served(chain, materials, candidate, root))
        self._http = stack.enter_context(closing(HTTPConnection(server.address, timeout=60)))
        self._frame = materials.frame(PART, asked_columns(self._manifest))
        self._seconds: list[float] = []
        self._refused: Counter[str] = Counter()
        self.answers: dict[int, Mapping[str, Any]] = {}

    def ask(self, place: int, *, is_counted: bool) -> None:
        """Ask about a row."""
        row = self._frame.row(place, named=True) if self._frame.width else {}
        body = request(self._manifest, place, row)
        watch = Stopwatch()
        status, data = post(self._http, body)
        if is_counted:
            self._seconds.append(watch.seconds)
        if status == OK:
            self.answers[place] = msgspec.json.decode(data)
        else:
            self._refused[f"{status}: {data[:200].decode(errors='replace')}"] += 1

    def rehearsed(self, places: NDArray[np.intp]) -> Rehearsed:
        """What it did."""
        milliseconds = 1e3 * np.array(self._seconds)
        reasons = Counter(why for each in self.answers.values() if (why := why_fallback(each)))
        answered = np.array([place for place in places if place in self.answers], dtype=np.intp)
        metric = (
            estimated(self._chain, self._chain.plan.optimise, self.predictions(answered))
            if len(answered)
            else not_measured("nothing was answered")
        )
        return Rehearsed(
            self._candidate.name,
            len(self.answers),
            dict(self._refused),
            dict(reasons),
            self._otherwise(),
            {f"p{at}": float(np.percentile(milliseconds, at)) for at in (50, 90, 99)},
            metric,
        )

    def _otherwise(self) -> int:
        """Answers of the model that differ from the offline ones."""
        offline = self._materials.predictions(self._candidate, PART).decided
        return sum(
            not _is_same(self.decided(place), offline[place])
            for place, each in self.answers.items()
            if not why_fallback(each)
        )

    def decided(self, place: int) -> float:
        """What a row was answered, as offline answers hold it: a number, or the code of a class."""
        decision, classes = self.answers[place]["decision"], self._chain.classes
        return float(classes.index(class_name(decision)) if classes else decision)

    def predictions(self, places: NDArray[np.intp]) -> Predictions:
        """What was answered of rows, as a metric takes it."""
        chain, materials = self._chain, self._materials
        known = [int(place) for place in places if int(place) in self.answers]
        rows = []
        for place in known:
            decided = self.decided(place)
            rows.append([*self._scores(self.answers[place], decided), decided])
        return as_predictions(
            chain,
            np.array(rows),
            materials.truth(PART)[known],
            materials.units(PART)[known],
            rule=self._candidate.form == "rule",
        )

    def _scores(self, answer: Mapping[str, Any], decided: float) -> Sequence[float]:
        classes = self._chain.classes
        if not classes:
            return [decided]
        stated = {
            class_name(each["decision"]): each["confidence"] for each in answer["alternatives"]
        }
        stated[classes[int(decided)]] = answer["confidence"] or 1.0
        return [stated.get(name, 0.0) for name in classes]


def _is_same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=1e-5, atol=1e-6))


def _differ(asked: Sequence[_Asked], units: NDArray[np.int64]) -> Estimate:
    """Share of the rows that both answered, and answered differently."""
    from seatrial.stats import wilson_by_unit

    both = [each for each in asked[0].answers if each in asked[1].answers]
    if not both:
        return not_measured("no row was answered by both")
    one, other = ([each.decided(place) for place in both] for each in asked)
    hits = np.array([not _is_same(*pair) for pair in zip(one, other, strict=True)])
    return wilson_by_unit(hits, units[both])
