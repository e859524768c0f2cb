"""Learning curves: what each family makes of ever more rows, and what twice as many would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.digest import digest
from seatrial.core.errors import DataError, PlanError, UserError
from seatrial.core.estimate import Estimate
from seatrial.evaluation.question import UndefinedError
from seatrial.records.bounds import limit
from seatrial.reports.curves import CurveRow, CurveShown
from seatrial.stats.learning_curve import FEWEST_REPEATS, FEWEST_SIZES, Law, learning_curve
from seatrial.verbs.bench import Bench, demand_candidate
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import admitting, estimated, spoken
from seatrial.verbs.curve_records import Curve, Curves, Goal, Point
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.scratch import Scratch
from seatrial.verbs.trainer import Trainer

VERSION = 1
"""Raised when the same inputs would give another curve."""
POINTS = 6
REPEATS = 3
_MOST_POINTS = 20
_SMALLEST = 1 / 32
"""The smallest subset, as a share of train."""
_FEWEST_ROWS = 50
_FEWEST_UNITS = 10
_FEWEST_OF_A_CLASS = 5
_NO_LAW = frozenset({"mean_error"})
"""Metrics that may have either sign, so that no value of theirs is perfect."""

Counted = Callable[[str, int, int], None]
"""Is told what is going on, how many are done, and of how many."""


def curves(
    project: Project,
    *,
    families: Sequence[str] = (),
    points: int = POINTS,
    repeats: int = REPEATS,
    tell: Counted = lambda _what, _done, _total: None,
) -> Curves:
    """Fit families on nested random subsets of train, and measure them on dev; test is not read.

    A subset is made of whole units (``data.unit``), or of whole groups if the split is by group.
    They are drawn at random in every split, by time too: the newest part alone would be younger
    as well as smaller, and what is due to its age could not be told from what is due to its size.

    Args:
        project: The project.
        families: Of the plan's candidates; all of them if none is named.
        points: Sizes of subsets, up to the whole of train.
        repeats: Subsets of each size.
        tell: Told what is being fitted.

    Raises:
        UserError: too few or too many points or repeats.
        NotFoundError: the plan trains no such family.
        DataError: train is too small for a curve.
        PlanError: the optimised metric has no best value, or a size leaves it undefined.
        CodeError: the user's code failed.
    """
    _demand_counts(points, repeats)
    chain = Chain(project)
    metric = chain.plan.metrics[chain.plan.optimise.metric]
    if metric.name in _NO_LAW:
        fact = f"{metric.name} may be too high or too low, so it has no learning curve"
        raise PlanError(fact, where="optimize", hint="optimise mae or rmse, and claim the bias")
    named = tuple(dict.fromkeys(families)) or tuple(chain.plan.text.train.candidates)
    for family in named:
        demand_candidate(chain, family)
    work = _Work(chain, points, repeats, len(named), tell)
    made = tuple(work.curve(family) for family in named)
    return Curves(
        metric=str(chain.plan.optimise),
        higher=metric.higher_is_better,
        rows=made[0].points[-1].rows,
        kept_together=kept_together(chain),
        repeats=repeats,
        curves=made,
    )


def _demand_counts(points: int, repeats: int) -> None:
    if not FEWEST_SIZES <= points <= _MOST_POINTS:
        fact = f"a curve has {FEWEST_SIZES} to {_MOST_POINTS} points, got {points}"
        raise UserError(fact, hint="the law has three parameters; a fourth point shows a misfit")
    if not FEWEST_REPEATS <= repeats <= _MOST_POINTS:
        fact = f"each size is drawn {FEWEST_REPEATS} to {_MOST_POINTS} times, got {repeats}"
        raise UserError(fact, hint="one draw alone doesn't tell how much depends on the draw")


def kept_together(chain: Chain) -> str:
    """What a subset of train holds whole or not at all."""
    data = chain.plan.text.data
    return data.split.group or data.unit or "row"


class _Work:
    """Fits what is not on file."""

    def __init__(
        self, chain: Chain, points: int, repeats: int, families: int, tell: Counted
    ) -> None:
        self._chain, self._materials = chain, Materials(chain)
        self._bench = Bench(chain, self._materials)
        self._points, self._repeats, self._tell = points, repeats, tell
        self._done, self._total = 0, families * points * repeats

    def curve(self, family: str) -> Curve:
        """The curve of a family; from the ledger if it is there."""
        chain, key = self._chain, self._key(family)
        entry = chain.project.ledger.newest("curve", key)
        if entry is not None:
            self._done += self._points * self._repeats
            return Curve.from_json(entry.payload, reused=True)
        scratch = Scratch(chain.project, "curve", key)
        draws = Draws(chain, self._materials, self._points)
        found = [self._repeat(family, repeat, draws, scratch) for repeat in range(self._repeats)]
        made = _curve(chain, family, _Points.of(found), rows=len(self._materials.truth("dev")))
        chain.project.ledger.append("curve", made.to_json(), key=key, facts={"family": family})
        scratch.clear()
        return made

    def _key(self, family: str) -> str:
        chain = self._chain
        parts = chain.split.parts
        return digest(
            {
                "version": VERSION,
                "recipe": chain.recipe(family).digest,
                "under": Trainer(chain, self._materials).chosen_under(family),
                "optimise": str(chain.plan.optimise),
                "confidence": chain.plan.text.release.confidence,
                "together": [kept_together(chain), parts["train"].units, parts["dev"].units],
                "goal": [str(each) for each in _goals(chain)],
                "points": self._points,
                "repeats": self._repeats,
            }
        )

    def _repeat(
        self, family: str, repeat: int, draws: Draws, scratch: Scratch
    ) -> list[dict[str, Any]]:
        found = []
        for place, rows in enumerate(draws.nested(repeat)):
            self._tell(f"{spoken(family)} on {len(rows):,} rows", self._done, self._total)
            name = f"{repeat}-{place}"
            known = scratch.read(name)
            if known is None:
                scratch.write(name, **self._fitted(family, rows, repeat))
                known = scratch.read(name)
            assert known is not None
            found.append(known)
            self._done += 1
        return found

    def _fitted(self, family: str, rows: NDArray[np.intp], repeat: int) -> dict[str, Any]:
        chain, bench = self._chain, self._bench
        seed = chain.plan.text.train.seed + repeat
        made = bench.attempt(family, rows=rows, seed=seed)
        try:
            value, influence = bench.influence(made.dev)
            bench.influence(made.train)
        except UndefinedError as error:
            fact = f"{chain.plan.optimise} of {family} on {len(rows):,} rows is undefined: {error}"
            raise PlanError(fact, where="optimize", hint="ask for fewer --points") from error
        dev, train = (
            estimated(chain, chain.plan.optimise, each) for each in (made.dev, made.train)
        )
        return {
            "rows": len(rows),
            "value": value,
            "influence": influence,
            "dev": _ends(dev),
            "train": _ends(train),
            "seconds": made.seconds,
            "n": dev.n,
        }


class Draws:
    """Nested random subsets of train, of whole units."""

    def __init__(self, chain: Chain, materials: Materials, points: int) -> None:
        self._seed = chain.plan.text.train.seed
        group = chain.plan.text.data.split.group
        if group is None:
            codes = materials.units("train")
        else:
            codes = materials.column("train", group).rank("dense").fill_null(0).to_numpy()
        _, self._units = np.unique(codes, return_inverse=True)
        self._sizes = np.bincount(self._units)
        self._targets = self._planned(chain, materials.truth("train"), points)

    def nested(self, repeat: int) -> list[NDArray[np.intp]]:
        """Places of the rows of each subset, the smallest first; each holds the one before."""
        order = np.random.default_rng([self._seed, repeat]).permutation(len(self._sizes))
        filled = np.cumsum(self._sizes[order])
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        ends = np.searchsorted(filled, self._targets - 0.5)
        return [np.flatnonzero(rank[self._units] <= end) for end in ends]

    def _planned(self, chain: Chain, truth: NDArray[Any], points: int) -> NDArray[np.float64]:
        rows, units = len(truth), len(self._sizes)
        least = max(_FEWEST_ROWS, rows * _SMALLEST, rows * _FEWEST_UNITS / units)
        if chain.classes:
            rarest = int(np.bincount(truth, minlength=len(chain.classes)).min())
            least = max(least, rows * _FEWEST_OF_A_CLASS / rarest)
        sizes = np.geomspace(min(least, rows), rows, points).round()
        if (np.diff(sizes) < max(1.0, rows / units)).any():
            fact = (
                f"train has {rows:,} rows in {units:,} units, too few for {points} sizes of subset"
            )
            hint = "a curve starts with 50 rows, 10 units and 5 rows of each class"
            raise DataError(fact, where="data.split.train", hint=hint)
        return sizes


def _ends(estimate: Estimate) -> list[float]:
    assert estimate.value is not None
    ends = (estimate.low, estimate.high)
    return [estimate.value, *(estimate.value if each is None else each for each in ends)]


@dataclass(frozen=True, slots=True)
class _Points:
    """Everything that was fitted: (n_repeats, n_sizes) and (n_repeats, n_sizes, n_units)."""

    rows: NDArray[np.float64]
    value: NDArray[np.float64]
    influence: NDArray[np.float64]
    dev: NDArray[np.float64]
    train: NDArray[np.float64]
    seconds: NDArray[np.float64]
    n: int

    @classmethod
    def of(cls, found: list[list[dict[str, Any]]]) -> _Points:
        names = ("rows", "value", "influence", "dev", "train", "seconds")
        stacked = {
            name: np.array([[each[name] for each in repeat] for repeat in found], dtype=float)
            for name in names
        }
        return cls(**stacked, n=int(found[0][0]["n"]))


def _curve(chain: Chain, family: str, found: _Points, *, rows: int) -> Curve:
    metric = chain.plan.metrics[chain.plan.optimise.metric]
    best = 1.0 if metric.higher_is_better else 0.0
    sense = -1.0 if metric.higher_is_better else 1.0
    sizes = found.rows.mean(axis=0).round().astype(np.int64)
    influence = found.influence.mean(axis=0)  # (n_sizes, n_units)
    units = influence.shape[1]
    law = learning_curve(
        sizes,
        np.maximum(sense * (found.value - best), 0.0),
        shared=influence @ influence.T * units / max(units - 1, 1),
        df=max(units - 1, 1),
    )

    def read(estimate: Estimate, *, start: float) -> Estimate:
        low, value, high = sorted(
            start + sense * (each or 0.0) for each in (estimate.low, estimate.value, estimate.high)
        )
        return Estimate(value, low, high, rows, estimate.method, metric.unit)

    return Curve(
        family=family,
        points=tuple(_point(sizes, found, place, metric.unit) for place in range(len(sizes))),
        forecast={f"{times}": read(law.at(times), start=best) for times in (1, 2, 10)},
        gain={f"{times}": _gain(law, times, rows, metric.unit) for times in (2, 10)},
        outcome="flat" if law.is_flat(2) else "rises",
        goal=_goal(chain, law, sense=sense, best=best),
        seconds=_cost(sizes, found.seconds.mean(axis=0)),
        misfit=round(law.misfit, 2),
    )


def _point(sizes: NDArray[np.int64], found: _Points, place: int, unit: str) -> Point:
    def mean(ends: NDArray[np.float64], n: int) -> Estimate:
        value, low, high = (float(each) for each in ends[:, place].mean(axis=0))
        return Estimate(value, low, high, n, "mean-of-repeats", unit)

    rows = int(sizes[place])
    seconds = round(float(found.seconds[:, place].mean()), 3)
    return Point(rows, mean(found.train, rows), mean(found.dev, found.n), seconds)


def _gain(law: Law, times: int, rows: int, unit: str) -> Estimate:
    found = law.gain(times)
    return Estimate(found.value, found.low, found.high, rows, found.method, unit)


def _goals(chain: Chain) -> list[Any]:
    wanted = str(chain.plan.optimise)
    return [each for each in admitting(chain) if str(each.measure) == wanted]


def _goal(chain: Chain, law: Law, *, sense: float, best: float) -> Goal | None:
    for claim in _goals(chain):
        assert claim.bound is not None
        error = sense * (limit(claim.bound, chain.plan.metrics[claim.measure.metric]) - best)
        if error < (law.at(1).value or 0.0):
            return Goal(claim.id, law.rows_for(error))
    return None


def _cost(sizes: NDArray[np.int64], seconds: NDArray[np.float64]) -> dict[str, float]:
    """Seconds of one fit with more rows, if they go on growing as over the larger half."""
    half = len(sizes) // 2
    logs = np.log(np.maximum(seconds[half:], 1e-3))
    slope = float(np.clip(np.polyfit(np.log(sizes[half:]), logs, 1)[0], 0.0, 2.0))
    return {f"{times}": round(float(seconds[-1] * times**slope), 3) for times in (2, 10)}


def shown(found: Curves) -> list[CurveShown]:
    """The curves as rows for people."""
    return [
        CurveShown(
            name=spoken(each.family),
            rows=tuple(CurveRow(at.rows, at.train, at.dev, at.seconds) for at in each.points),
            forecast=each.forecast,
            gain=each.gain,
            is_flat=each.outcome == "flat",
            seconds=each.seconds,
            goal=(each.goal.claim, each.goal.rows) if each.goal else None,
            note=_note(each),
        )
        for each in found.curves
    ]


_MISFIT = 1.5


def _note(curve: Curve) -> str:
    far = f"The points lie {curve.misfit:g} times farther from the law than their errors say."
    return " ".join(
        filter(None, [far if curve.misfit > _MISFIT else "", "Unchanged." if curve.reused else ""])
    )
