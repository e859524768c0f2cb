"""What the best of many is really worth: the one that was picked is the one that was lucky, too.

Every candidate is measured on the same rows, and the best of them is kept. Its figure there is too
good, the more so the more there were and the more alike they are. Units of rows are drawn again,
the best is picked on those that were drawn, and is looked at on those that were not.

Source:
    Tsamardinos, Greasidou and Borboudakis (2018), Machine Learning 107, 1895-1922,
    doi:10.1007/s10994-018-5714-4 (bootstrap bias correction). Chosen over the correction of
    Tibshirani and Tibshirani (2009), doi:10.1214/08-AOAS224, which needs the folds of a
    cross-validation, where here is one part for choosing. A figure of drawn rows is taken as the
    figure plus the influences of what was drawn, so that any metric serves.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.critical import critical, percent

Floats = npt.NDArray[np.float64]

DRAWS = 1_000
_AT_ONCE = 50
"""Draws whose units are held in memory together."""
_FEWEST_UNITS = 10
"""Under it a third of the units is too few to look at anything on."""


def best_of(
    values: Floats,
    influence: Floats,
    *,
    higher: bool,
    seed: int,
    confidence: float = 0.95,
    unit: str = "fraction",
) -> Estimate:
    """What the candidate that is best on some rows is expected to have on others.

    To the variance of its value is added that of the values of those that might have been picked.

    Args:
        values: (n_candidates,) the metric of each, on the same rows.
        influence: (n_candidates, n_units) what each unit of rows adds to the error of that value;
            each row sums to 0.
        higher: Whether more is better.
        seed: For the draws.
        confidence: Two-sided coverage, in (0, 1).
        unit: Of the metric.

    Returns:
        The estimate; not measured with fewer than 10 units.

    >>> rows = np.random.default_rng(0).normal(0.5, 1.0, (50, 400))  # none is better than another
    >>> seen = rows.mean(axis=1)
    >>> found = best_of(seen, (rows - seen[:, None]) / 400, higher=True, seed=0)
    >>> round(float(seen.max()), 2), round(found.value, 2)
    (0.61, 0.49)
    """
    units = influence.shape[1]
    if units < _FEWEST_UNITS:
        reason = f"{units} units are too few to choose on some and look at others"
        return not_measured(reason, n=units, unit=unit)
    random = np.random.default_rng(seed)
    sense = 1.0 if higher else -1.0
    seen, picked = 0.0, []
    for _ in range(DRAWS // _AT_ONCE):
        drawn = _drawn(random, units)
        inside = values[:, None] + influence @ drawn.T  # (n_candidates, n_draws)
        left = (drawn == 0).astype(np.float64)
        outside = values[:, None] + influence @ (left * (units / left.sum(axis=1))[:, None]).T
        picks = (sense * inside).argmax(axis=0)
        picked.append(values[picks])
        seen += float(outside[picks, np.arange(_AT_ONCE)].sum())
    value = seen / DRAWS
    kept = influence[int((sense * values).argmax())]
    variance = float(kept @ kept * units / (units - 1) + np.var(picked))
    reach = critical(confidence, units - 1) * math.sqrt(variance)
    method = f"best-of-{len(values)}-{percent(confidence)}"
    return Estimate(value, value - reach, value + reach, units, method, unit)


def _drawn(random: np.random.Generator, units: int) -> npt.NDArray[np.int64]:
    """How often each unit is in each of some samples: (draws, units)."""
    places = random.integers(units, size=(_AT_ONCE, units)) + units * np.arange(_AT_ONCE)[:, None]
    return np.bincount(places.ravel(), minlength=_AT_ONCE * units).reshape(_AT_ONCE, units)
