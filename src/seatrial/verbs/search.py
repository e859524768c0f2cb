"""Search the hyperparameters of a family, coarse to fine: the second round looks where the first was good."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from seatrial.core.clock import Stopwatch
from seatrial.core.digest import digest
from seatrial.core.errors import CodeError, UserError
from seatrial.core.estimate import Estimate
from seatrial.evaluation.question import UndefinedError
from seatrial.models.search import Study
from seatrial.models.spaces import Setting, Space, importance, narrowed, space_of
from seatrial.plan.edit import set_parameters
from seatrial.records.bounds import shortfall
from seatrial.reports.search import Found, KnobShown
from seatrial.stats.selection import best_of
from seatrial.verbs.bench import Attempt, Bench, demand_candidate, without_parameters
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import admitting, estimated, on_dev, spoken
from seatrial.verbs.project import Project
from seatrial.verbs.scratch import Scratch
from seatrial.verbs.search_records import Search, Tried
from seatrial.verbs.trainer import Trainer

VERSION = 1
"""Raised when the same inputs would give another search."""
TRIALS = 50
ROUNDS = 2
_COARSE = 0.6
"""Share of the trials that the first of two rounds has."""
_FEWEST, _MOST = 10, 10_000
_STUDY = "study.db"

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


def search(
    project: Project,
    family: str,
    *,
    trials: int = TRIALS,
    rounds: int = ROUNDS,
    jobs: int = 1,
    tell: Counted = lambda _what, _done, _total: None,
) -> Search:
    """Fit a family with many hyperparameters on train, judge them on dev; the test part is not read.

    The first round is drawn at random over the whole space, the second over what is left of it
    around the best fifth. A trial is a matter of the plan's seed and its number, so neither ``jobs``
    nor a kill changes it. What was found is filed, and found again while nothing it rests on changes.

    Args:
        project: The project.
        family: One of the plan's candidates.
        trials: In both rounds.
        rounds: 1 or 2.
        jobs: Processes that fit.
        tell: Told how far it is.

    Raises:
        UserError: too few trials, rounds or jobs.
        NotFoundError: the plan trains no such family.
        MissingExtraError: Optuna is not installed.
        CodeError: the family states nothing to search, or every trial failed.
    """
    _demand_counts(trials, rounds, jobs)
    chain = without_parameters(Chain(project))
    demand_candidate(chain, family)
    space = space_of(family, is_classification=bool(chain.classes), root=project.root)
    key = _key(chain, family, space, trials=trials, rounds=rounds)
    entry = project.ledger.newest("search", key)
    if entry is not None:
        record = dict(entry.payload)
        points = json.loads(project.blobs.get(record.pop("points")))
        return Search.from_json({**record, "trials": points})
    found = _Searching(chain, family, key, jobs=jobs, tell=tell).run(space, trials, rounds)
    record = found.to_json()
    points = json.dumps(record.pop("trials")).encode()
    record["points"] = project.blobs.put(points)
    facts: dict[str, float | str] = {"family": family, "trials": float(trials)}
    project.ledger.append("search", record, key=key, facts=facts)
    Scratch(project, "search", key).clear()
    return found


def keep(project: Project, found: Search) -> bool:
    """Write the winner into the plan, whose comments stay, for ``seatrial train`` to try.

    Returns:
        Whether there was one.
    """
    if found.winner is None:
        return False
    set_parameters(project.plan.path, found.family, found.parameters)
    return True


def _demand_counts(trials: int, rounds: int, jobs: int) -> None:
    if not _FEWEST <= trials <= _MOST:
        fact = f"a search has {_FEWEST} to {_MOST:,} trials, got {trials}"
        raise UserError(fact, hint="as in --trials 50")
    if rounds not in {1, ROUNDS}:
        raise UserError(f"a search has 1 or 2 rounds, got {rounds}")
    if jobs < 1:
        raise UserError(f"at least one process has to fit, got --jobs {jobs}")


def _key(chain: Chain, family: str, space: Space, *, trials: int, rounds: int) -> str:
    from seatrial.verbs.materials import Materials

    return digest(
        {
            "version": VERSION,
            "recipe": chain.recipe(family).digest,
            "under": Trainer(chain, Materials(chain)).chosen_under(family),
            "claims": [str(claim) for claim in admitting(chain)],
            "optimise": str(chain.plan.optimise),
            "confidence": chain.plan.text.release.confidence,
            "units": chain.split.parts["dev"].units,
            "space": [knob.to_json() for knob in space],
            "trials": trials,
            "rounds": rounds,
        }
    )


class _Searching:
    """One search at work."""

    def __init__(self, chain: Chain, family: str, key: str, *, jobs: int, tell: Counted) -> None:
        self._chain, self._family, self._key = chain, family, key
        self._jobs, self._tell = jobs, tell
        self._scratch = Scratch(chain.project, "search", key)
        self._metric = chain.plan.metrics[chain.plan.optimise.metric]
        self._study = Study(
            self._scratch.folder / _STUDY,
            name=key,
            seed=chain.plan.text.train.seed,
            higher=self._metric.higher_is_better,
        )

    def run(self, space: Space, trials: int, rounds: int) -> Search:
        """Try, narrow, try again, and compare the best with the family's own."""
        watch = Stopwatch()
        coarse = trials if rounds == 1 else math.ceil(trials * _COARSE)
        first = self._tried(space, range(coarse), 1, trials)
        spaces: tuple[Space, ...] = (space,)
        tried = first
        if rounds == ROUNDS:
            spaces = (
                space,
                narrowed(space, [each.parameters for each in first], self._losses(first)),
            )
            tried = first + self._tried(spaces[1], range(coarse, trials), 2, trials)
        self._study.close()
        if all(each.failed for each in tried):
            raise CodeError(f"every trial failed: {tried[0].failed}", where=self._family)
        return self._compared(spaces, tried, first, watch)

    def _tried(self, space: Space, numbers: range, round_: int, total: int) -> list[Tried]:
        from joblib import Parallel, delayed, parallel_config

        asked = {number: self._study.ask(space, number) for number in numbers}
        todo = [number for number in numbers if self._study.seen(number) is None]
        done = numbers.start + len(asked) - len(todo)
        with parallel_config(backend="loky", inner_max_num_threads=1):
            results = Parallel(n_jobs=self._jobs, return_as="generator_unordered")(
                delayed(_attempted)(
                    self._chain.project.root, self._key, self._family, number, asked[number]
                )
                for number in todo
            )
            for number, seen in results:
                self._study.tell(number, seen)
                done += 1
                self._tell(f"{spoken(self._family)}, round {round_}", done, total)
        return [
            Tried(number, round_, asked[number], **(self._study.seen(number) or {}))
            for number in numbers
        ]

    def _losses(self, tried: list[Tried]) -> Any:
        """Less is better: those that keep the claims first, then the others by what they miss, then failures."""
        sense = -1.0 if self._metric.higher_is_better else 1.0
        kept = [sense * each.value for each in tried if each.is_eligible and each.value is not None]
        worst = max(kept, default=0.0)
        return np.array(
            [
                math.inf
                if each.value is None
                else sense * each.value
                if each.is_eligible
                else worst + 1.0 + each.shortfall
                for each in tried
            ]
        )

    def _compared(
        self, spaces: tuple[Space, ...], tried: list[Tried], first: list[Tried], watch: Stopwatch
    ) -> Search:
        chain, optimise = self._chain, self._chain.plan.optimise
        bench = _bench(chain.project.root, self._key)
        own = bench.attempt(self._family, parameters={})
        seen = _looked_at(bench, own)
        losses = self._losses([*tried, Tried(-1, 0, {}, **seen)])
        place = int(np.argmin(losses[:-1]))
        better = tried[place].is_eligible and losses[place] < losses[-1]
        made = bench.attempt(self._family, parameters=tried[place].parameters) if better else None
        ours = chain.plan.metrics[optimise.metric]
        return Search(
            family=self._family,
            metric=str(optimise),
            higher=ours.higher_is_better,
            spaces=spaces,
            trials=tuple(tried),
            own=estimated(chain, optimise, own.dev),
            winner=tried[place].trial if better else None,
            best=estimated(chain, optimise, made.dev) if made else None,
            corrected=self._corrected(bench, own, tried) if made else None,
            difference=estimated(chain, optimise, made.dev, own.dev) if made else None,
            importance=importance(
                spaces[0], [each.parameters for each in first], self._losses(first)
            ),
            uses=len(tried) + 1,
            seconds=round(watch.seconds, 1),
        )

    def _corrected(self, bench: Bench, own: Attempt, tried: list[Tried]) -> Estimate:
        found = [bench.influence(own.dev)]
        for each in tried:
            if each.is_eligible:
                kept = self._scratch.read(f"{each.trial}")
                assert kept is not None
                found.append((float(kept["value"]), kept["influence"]))
        return best_of(
            np.array([value for value, _ in found]),
            np.array([influence for _, influence in found]),
            higher=self._metric.higher_is_better,
            seed=self._chain.plan.text.train.seed,
            unit=self._metric.unit,
        )


@lru_cache(maxsize=1)
def _bench(root: Path, key: str) -> Bench:  # noqa: ARG001 — another key is another plan or other data
    """The bench of this process: what it has read serves all of its trials."""
    return Bench(without_parameters(Chain(Project(root))))


def _attempted(
    root: Path, key: str, family: str, trial: int, parameters: Mapping[str, Setting]
) -> tuple[int, dict[str, Any]]:
    """One trial, in whichever process: what came out, JSON-able; its influences go to the scratch folder."""
    bench = _bench(root, key)
    try:
        made = bench.attempt(family, parameters=parameters)
        value, influence = bench.influence(made.dev)
    except (CodeError, UndefinedError) as error:
        said = {"value": None, "broken": None, "shortfall": 0.0, "seconds": 0.0}
        return trial, {**said, "failed": str(error)}
    scratch = Scratch(bench.chain.project, "search", key)
    scratch.write(f"{trial}", value=value, influence=influence)
    return trial, _looked_at(bench, made)


def _looked_at(bench: Bench, made: Attempt) -> dict[str, Any]:
    """What a fit gave on dev, and the first claim that it can't keep there."""
    chain = bench.chain
    found = on_dev(chain, made.dev)
    seen = {"broken": None, "shortfall": 0.0, "failed": "", "seconds": round(made.seconds, 3)}
    for claim in admitting(chain):
        metric = chain.plan.metrics[claim.measure.metric]
        missed = shortfall(claim, metric, found[str(claim.measure)])
        if missed is None or missed > 0:
            seen |= {"broken": claim.id, "shortfall": 1.0 if missed is None else float(missed)}
            break
    return {**seen, "value": found[str(chain.plan.optimise)].value}


def shown(found: Search) -> tuple[list[KnobShown], Found]:
    """A search as rows for people."""
    knobs = [
        KnobShown(
            name=knob.name,
            unit=knob.unit,
            ranges=tuple(_range(knob.name, space) for space in found.spaces),
            share=found.importance.get(knob.name),
            own=_said(knob.simplest),
            best=_said(found.parameters.get(knob.name, knob.simplest)) if found.parameters else "",
        )
        for knob in found.spaces[0]
    ]
    return knobs, Found(
        family=spoken(found.family),
        metric=found.metric,
        trials=len(found.trials),
        out=sum(not each.is_eligible for each in found.trials),
        own=found.own,
        best=found.best,
        corrected=found.corrected,
        difference=found.difference,
        is_beyond_noise=found.is_beyond_noise,
    )


def _range(name: str, space: Space) -> str:
    knob = next((each for each in space if each.name == name), None)
    if knob is None:
        return "left as it is"
    if knob.scale == "choice":
        return ", ".join(map(_said, knob.choices))
    return f"{knob.low:g} to {knob.high:g}"


def _said(value: Setting | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
