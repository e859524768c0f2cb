"""Rehearse a release: the same rows through the real server, answered by the kept candidate and by the one before."""

from __future__ import annotations

import http.client
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import NotFoundError, UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.records.candidate import Candidate
from seatrial.records.manifest import Manifest
from seatrial.runtime.folder import ServingFolder
from seatrial.verbs.bundle import Bundle
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import estimated
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import Project
from seatrial.verbs.released import CHAMPION, Unfit, arm_of, fitted
from seatrial.verbs.replay import sent, serving
from seatrial.verbs.slices import candidate_of

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

PART = "dev"
ROWS = 2_000
_WARM = 20
"""Requests before the clock counts."""

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What one of the two did.

    Attributes:
        name: The candidate.
        answered: Requests that were answered with 200.
        refused: Requests that were not, by the server's reason.
        fallback: Answers that the fallback gave, by the server's reason.
        otherwise: Answers of the model that differ from what it answered offline.
        latency_ms: Quantiles of the time to an answer, ``p50``, ``p90``, ``p99``.
        metric: The optimised metric of what was answered, fallbacks included.
    """

    name: str
    answered: int
    refused: Mapping[str, int]
    fallback: Mapping[str, int]
    otherwise: int
    latency_ms: Mapping[str, float]
    metric: Estimate

    @property
    def is_sound(self) -> bool:
        """Whether every row was answered, by the model, as offline."""
        return not (self.refused or self.fallback or self.otherwise)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "candidate": self.name,
            "answered": self.answered,
            "refused": dict(self.refused),
            "fallback": dict(self.fallback),
            "other_than_offline": self.otherwise,
            "latency_ms": dict(self.latency_ms),
            "metric": self.metric.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Both beside each other.

    Attributes:
        old: What decides now, or the simplest of the ladder where nothing was released.
        new: The kept candidate.
        is_released: Whether the old one was released.
        rows: Rows that both were asked about.
        metric: The optimised metric.
        differ: Share of the rows that they answer differently.
        change: Paired difference of the metric, the new one less the old.
    """

    old: Arm
    new: Arm
    is_released: bool
    rows: int
    metric: str
    differ: Estimate
    change: Estimate

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release rehearse --json``; see ``docs/json.md``."""
        return {
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "released": self.is_released,
            "rows": self.rows,
            "metric": self.metric,
            "differ": self.differ.to_json(),
            "change": self.change.to_json(),
            "sound": self.new.is_sound,
        }


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
    old, root = _before(chain, materials, new)
    random = np.random.default_rng(chain.plan.text.train.seed)
    places = np.sort(random.permutation(len(materials.truth(PART)))[:rows])
    scratch = Path(tempfile.mkdtemp(prefix="seatrial-"))
    try:
        with ExitStack() as stack:
            asked = [
                _Asked(chain, materials, old, root, scratch / "old", stack),
                _Asked(chain, materials, new, project.root, scratch / "new", stack),
            ]
            for done, place in enumerate(places):
                tell("Asking both", done, len(places))
                for each in asked if done % 2 else reversed(asked):
                    each.ask(int(place), is_counted=done >= _WARM or len(places) <= _WARM)
            pair = [each.predictions(places) for each in asked]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    optimise = chain.plan.optimise
    change = (
        estimated(chain, optimise, pair[1], pair[0])
        if all(len(each) == len(places) for each in pair)
        else not_measured("they did not answer the same rows")
    )
    return Rehearsal(
        asked[0].arm(places),
        asked[1].arm(places),
        root != project.root,
        len(places),
        str(optimise),
        _differ(asked, materials.units(PART)),
        change,
    )


def _before(chain: Chain, materials: Materials, new: Candidate) -> tuple[Candidate, Path]:
    """What decides now, and where its modules are; the simplest of the ladder if nothing was released."""
    arm = arm_of(chain.project, CHAMPION, ours=new.artefact)
    if arm is not None:
        found = fitted(chain, arm, CHAMPION)
        if isinstance(found, Unfit):
            raise UserError(found.reason)
        return materials.released(found), found.root
    family = chain.family("simplest")
    simplest = chain.on_file(chain.recipe(family)) if family is not None else None
    if simplest is None or simplest.artefact == new.artefact:
        raise NotFoundError("there is nothing to hold it against", hint="seatrial train")
    return simplest, chain.project.root


class _Asked:
    """One candidate behind a server, and what it answered by place in dev."""

    def __init__(
        self,
        chain: Chain,
        materials: Materials,
        candidate: Candidate,
        root: Path,
        folder: Path,
        stack: ExitStack,
    ) -> None:
        self._chain, self._materials, self._candidate = chain, materials, candidate
        bundle = Bundle(chain, materials, ServingFolder(folder))
        self._manifest: Manifest = bundle.rehearsed(candidate, root)
        bundle.publish(self._manifest)
        answering = stack.enter_context(serving(folder))
        self._http = http.client.HTTPConnection(answering.address, timeout=60)
        stack.callback(self._http.close)
        self._features = self._manifest.contract.features
        names = [each.name for each in (*self._features, *self._manifest.context)]
        self._frame = materials.frame(PART, names)
        self._seconds: list[float] = []
        self._refused: Counter[str] = Counter()
        self.answers: dict[int, Mapping[str, Any]] = {}

    def ask(self, place: int, *, is_counted: bool) -> None:
        """Ask about a row."""
        row = self._frame.row(place, named=True) if self._frame.width else {}
        request = {
            "key": place,
            "features": sent(self._features, row),
            "context": sent(self._manifest.context, row),
        }
        body = msgspec.json.encode(request)
        watch = Stopwatch()
        status, data = self._post(body)
        if is_counted:
            self._seconds.append(watch.seconds)
        if status == http.client.OK:
            self.answers[place] = msgspec.json.decode(data)
        else:
            self._refused[f"{status}: {data[:200].decode(errors='replace')}"] += 1

    def _post(self, body: bytes) -> tuple[int, bytes]:
        self._http.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def arm(self, places: NDArray[np.intp]) -> Arm:
        """What it did."""
        milliseconds = 1e3 * np.array(self._seconds)
        reasons = Counter(
            str(each.get("failure", each["decided_by"]))
            for each in self.answers.values()
            if each["decided_by"] != "model"
        )
        answered = np.array([place for place in places if place in self.answers], dtype=np.intp)
        metric = (
            estimated(self._chain, self._chain.plan.optimise, self.predictions(answered))
            if len(answered)
            else not_measured("nothing was answered")
        )
        return Arm(
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
            if each["decided_by"] == "model"
        )

    def decided(self, place: int) -> float:
        """What a row was answered, as offline answers hold it: a number, or the code of a class."""
        decision, classes = self.answers[place]["decision"], self._chain.classes
        return float(classes.index(_told(decision)) if classes else decision)

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
        stated = {_told(each["decision"]): each["confidence"] for each in answer["alternatives"]}
        stated[classes[int(decided)]] = answer["confidence"] or 1.0
        return [stated.get(name, 0.0) for name in classes]


def _told(decision: Any) -> str:
    return str(decision).lower() if isinstance(decision, bool) else str(decision)


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
