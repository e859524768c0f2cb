"""Hyperparameters that can be searched: their ranges and scales, and how a range is narrowed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seatrial.core.digest import digest
from seatrial.core.errors import CodeError
from seatrial.scoring.code import load_function, load_module

Floats = npt.NDArray[np.float64]
Scale = Literal["even", "log", "choice"]
Setting = bool | int | float | str

_BEST = 0.2
"""Share of the first round's trials that the second round's space is drawn around."""
_FEWEST_BEST = 5
_AS_GOOD_AS_CHANCE = 0.5
"""Share of shuffled copies that a hyperparameter must explain more than."""
_ROWS_A_COLUMN = 2
"""Trials for each column of the regression that says what matters; with fewer nothing is said."""
_ROOM = 2.0
"""Times the mean gap between the best trials that the range is wider than theirs, to each side."""
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Knob:
    """One hyperparameter and where it may be looked for.

    Attributes:
        name: As the family's builder, or the last step of its pipeline, calls it.
        scale: ``even``, ``log``, or ``choice``.
        low: Least value; 0 for a choice.
        high: Greatest value; 0 for a choice.
        whole: Whether it is a whole number.
        choices: What may be chosen.
        unit: What it counts, for people.
        simplest: The family's own value, which it has where nothing is set.
        among: What could be chosen before the range was narrowed; () if it wasn't.
    """

    name: str
    scale: Scale
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    choices: tuple[Setting, ...] = ()
    unit: str = ""
    simplest: Setting | None = None
    among: tuple[Setting, ...] = ()

    def value(self, place: float) -> Setting:
        """The value at a place in [0, 1) of the range.

        >>> Knob("rate", "log", 0.01, 1.0).value(0.5)
        0.1
        """
        if self.scale == "choice":
            return self.choices[min(int(place * len(self.choices)), len(self.choices) - 1)]
        if self.scale == "log":
            low, high = math.log(self.low), math.log(self.high)
            found = math.exp(low + place * (high - low))
        else:
            found = self.low + place * (self.high - self.low)
        found = min(max(float(f"{found:.4g}"), self.low), self.high)
        return round(found) if self.whole else found

    def place(self, value: Setting) -> float:
        """Where a value lies in the range, from 0 to 1; of a choice the middle of its share.

        >>> Knob("rate", "log", 0.01, 1.0).place(0.1)
        0.5
        """
        if self.scale == "choice":
            return (self.choices.index(value) + 0.5) / len(self.choices)
        number = float(value)
        if self.scale == "log":
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self) | {"choices": list(self.choices), "among": list(self.among)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Knob:
        """Read what :meth:`to_json` wrote."""
        lists = {name: tuple(data[name]) for name in ("choices", "among")}
        return cls(**{**data, **lists})


Space = tuple[Knob, ...]

_LINEAR: Mapping[bool, Space] = MappingProxyType(
    {
        True: (Knob("C", "log", 1e-3, 1e2, unit="inverse strength of the penalty", simplest=1.0),),
        False: (Knob("alpha", "log", 1e-3, 1e3, unit="strength of the penalty", simplest=1.0),),
    }
)
_BOOSTED: Space = (
    Knob("learning_rate", "log", 0.01, 0.5, unit="of each tree", simplest=0.1),
    Knob("max_iter", "log", 50, 400, whole=True, unit="trees", simplest=200),
    Knob("max_leaf_nodes", "log", 4, 128, whole=True, unit="leaves a tree", simplest=31),
    Knob("min_samples_leaf", "log", 5, 200, whole=True, unit="rows a leaf", simplest=20),
    Knob("l2_regularization", "log", 1e-3, 1e2, unit="penalty of a leaf", simplest=0.0),
)


def space_of(family: str, *, is_classification: bool, root: Path) -> Space:
    """The hyperparameters of a family.

    A builder of the user gives its own beside it, as ``SPACE``: ``(low, high)``,
    ``(low, high, "log")``, or a list of choices, by the builder's parameter.

    Raises:
        CodeError: there is no ``SPACE``, or something in it can't be read.
    """
    if family == "linear":
        return _LINEAR[is_classification]
    if family == "boosted":
        return _BOOSTED
    module = family.partition(":")[0]
    given = getattr(load_module(module, root), "SPACE", None) if ":" in family else None
    hint = 'write beside the builder: SPACE = {"width": (8, 128, "log"), "kind": ["a", "b"]}'
    if not isinstance(given, Mapping) or not given:
        raise CodeError(f"{family} states no hyperparameters to search", where=module, hint=hint)
    takes = inspect.signature(load_function(family, root)).parameters
    named = [name for name in given if name in takes]
    if not named:
        fact = f"{family} takes none of the hyperparameters of SPACE: {', '.join(given)}"
        raise CodeError(fact, where=module, hint="give the builder a parameter of that name")
    knobs = []
    for name in named:
        default = takes[name].default
        if default is inspect.Parameter.empty:
            fact = f"{family} gives {name} no value of its own"
            raise CodeError(fact, where=module, hint=f"as in def builder({name}=...)")
        knobs.append(_knob(name, given[name], default, module))
    return tuple(knobs)


def _knob(name: str, given: Any, simplest: Any, module: str) -> Knob:
    if isinstance(given, list) and len(given) > 1 and all(map(_is_setting, given)):
        return Knob(name, "choice", choices=tuple(given), simplest=simplest)
    fits = isinstance(given, tuple) and len(given) in {2, 3} and all(map(_is_number, given[:2]))
    scale: Any = given[2] if fits and len(given) == 3 else "even"  # noqa: PLR2004 — low, high, scale
    if not fits or scale not in {"even", "log"} or given[0] >= given[1]:
        hint = 'as in (1, 9), (1e-4, 1.0, "log"), or a list of two choices or more'
        raise CodeError(f"the range of {name} can't be read: {given!r}", where=module, hint=hint)
    if scale == "log" and given[0] <= 0:
        raise CodeError(f"a logarithmic range of {name} starts above 0", where=module)
    whole = all(isinstance(end, int) for end in given[:2])
    return Knob(name, scale, float(given[0]), float(given[1]), whole, simplest=simplest)


def _is_setting(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def drawn(knob: Knob, *, seed: int, trial: int) -> Setting:
    """The value of a hyperparameter in a trial: a matter of seed, trial and name alone.

    So it doesn't depend on which trial ended first, or on whether the search was killed.

    >>> drawn(Knob("rate", "log", 0.01, 1.0), seed=0, trial=3)
    0.4828
    """
    signs = digest(["hyperparameter", seed, trial, knob.name])[:13]
    return knob.value(int(signs, 16) / 16**13)


def narrowed(space: Space, trials: Sequence[Mapping[str, Setting]], losses: Floats) -> Space:
    """The space of the second round, from what the first has shown.

    Each hyperparameter keeps the range of the best fifth of the trials on its own scale, and to
    each side twice what lies between two of them on average. One that explains the losses no
    better than a shuffled copy of itself is left out, and so keeps its simplest value.

    Args:
        space: Of the first round.
        trials: Values by name, of each trial.
        losses: (n_trials,) float64, less is better; infinite for a trial that failed.

    Source:
        Bergstra and Bengio (2012), JMLR 13, 281-305: few hyperparameters matter, and others on
        other data, so all are drawn at random, and the range is narrowed after that.
    """
    if len(trials) < _FEWEST_BEST:
        return space
    matters = importance(space, trials, losses)
    count = max(_FEWEST_BEST, math.ceil(_BEST * len(trials)))
    best = np.argsort(losses, kind="stable")[:count]
    return tuple(
        _around(knob, [trials[place][knob.name] for place in best])
        for knob in space
        if matters.get(knob.name, 1.0) > 0.0
    )


def _around(knob: Knob, values: Sequence[Setting]) -> Knob:
    if knob.scale == "choice":
        kept = tuple(each for each in knob.choices if each in values)
        return replace(knob, choices=kept, among=knob.among or knob.choices)
    places = [knob.place(value) for value in values]
    room = _ROOM * (max(places) - min(places)) / (len(places) - 1)
    low, high = (knob.value(each) for each in (min(places) - room, max(places) + room))
    if low == high:
        return knob
    return replace(knob, low=float(low), high=float(high))


def importance(
    space: Space, trials: Sequence[Mapping[str, Setting]], losses: Floats
) -> dict[str, float]:
    """How much each hyperparameter matters: shares that sum to 1; 0 for one that can't be told from chance.

    The ranks of the losses are explained by a parabola in each hyperparameter (of a choice by its
    means), all at once. It is the share of their variance that is left unexplained without the one,
    less what a shuffled copy would explain. One that explains no more than half of all shuffled copies
    (the F test's p is above 0.5) gets 0. Empty where nothing can be told: with few trials, or if
    none explains anything.

    Args:
        space: The hyperparameters.
        trials: Values by name, of each trial.
        losses: (n_trials,) float64, less is better.
    """
    names = [knob.name for knob in space]
    bases = {knob.name: _basis(knob, trials) for knob in space}
    columns = 1 + sum(each.shape[1] for each in bases.values())
    if len(trials) < _ROWS_A_COLUMN * columns:
        return {}
    ranks = np.argsort(np.argsort(losses, kind="stable")).astype(np.float64)
    ranks = (ranks - ranks.mean()) / ranks.std()
    left = _unexplained(list(bases.values()), ranks) / (len(ranks) - columns)
    found = {}
    for name in names:
        others = [basis for other, basis in bases.items() if other != name]
        more = _unexplained(others, ranks) - left * (len(ranks) - columns)
        width = bases[name].shape[1]
        told = _is_told(more / width / max(left, _NOTHING), width, len(ranks) - columns)
        found[name] = max(more - width * left, 0.0) if told else 0.0
    total = sum(found.values())
    return {name: share / total for name, share in found.items()} if total > 0.0 else {}


def _basis(knob: Knob, trials: Sequence[Mapping[str, Setting]]) -> Floats:
    """What ranks are explained by, beside a constant: (n_trials, n_columns)."""
    places = np.array([knob.place(each[knob.name]) for each in trials])
    if knob.scale == "choice":
        chosen: Floats = (places[:, None] == np.unique(places)[1:]).astype(np.float64)
        return chosen
    return np.column_stack([places, places**2])


def _unexplained(bases: list[Floats], ranks: Floats) -> float:
    """Sum of squares that a regression leaves."""
    design = np.column_stack([np.ones(len(ranks)), *bases])
    solved = np.linalg.lstsq(design, ranks, rcond=None)[0]
    return float(((ranks - design @ solved) ** 2).sum())


def _is_told(ratio: float, above: int, below: int) -> bool:
    from scipy.special import fdtrc

    return above > 0 and bool(fdtrc(above, below, ratio) <= _AS_GOOD_AS_CHANCE)
