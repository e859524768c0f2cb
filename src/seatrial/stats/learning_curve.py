"""How an error falls with the rows that were learned from, and what more rows would give.

The law is ``error(n) = s * (r + (1 - r) * (n / N) ** -c)``: ``s`` is the error with all ``N`` rows
that there are, ``r`` the share of it that no number of rows takes away, ``c`` how fast the rest
goes. With ``a = s r`` and ``b = s (1 - r) N**c`` it is the usual ``a + b n**-c``; so written, each
parameter has bounds of its own, and the three are as independent as few points allow.

Few points can't tell ``r`` from ``c``, and one fitted curve hides that. So no curve is picked: each
pair on a grid counts as much as it explains the points, and what is said of more rows is said over
all of them.

Source:
    The law: Cortes, Jackel, Solla, Vapnik and Denker (1993), NIPS 6, 327-334; for classifiers with
    weights: Figueroa, Zeng-Treitler, Kandula and Ngo (2012), BMC Med. Inform. Decis. Mak. 12(8),
    doi:10.1186/1472-6947-12-8. Where it does not hold: Viering and Loog (2023), IEEE TPAMI 45(6),
    7799-7819, doi:10.1109/TPAMI.2022.3220744.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate, not_measured
from seatrial.stats.critical import critical, percent

Floats = npt.NDArray[np.float64]

FEWEST_SIZES = 4
"""One more than the law has parameters, so that a misfit can be seen."""
FEWEST_REPEATS = 2
"""Without a second subset of a size nobody knows how much its error depends on the draw."""
FLAT = 0.05
"""More rows are not worth asking for if even the hopeful end takes less than this share of the error."""
FARTHEST = 100.0
"""Times the rows that there are, beyond which nothing is said."""

_SLOWEST, _FASTEST = 0.1, 1.5
_STEPS = 30
"""Rates and floors on the grid, each."""
_ZOOMS = 4
_NEGLIGIBLE = 1e-4
"""A pair that weighs less than this, against the heaviest, is not looked at more closely."""
_DEVIATES = np.linspace(-4.0, 4.0, 25)
"""Standard errors at which the error of each curve is looked at."""
_TINY = 1e-6
"""Least standard error of a point, as a share of the largest error: no figure is exact."""


@dataclass(frozen=True, slots=True)
class Law:
    """Every curve that the points allow, with its weight.

    Attributes:
        rows: The rows that there are, ``N``.
        weights: (n_curves,) float64, sum to 1.
        now: (n_curves,) error with all rows, ``s``.
        floor: (n_curves,) share of it that stays, ``r``.
        rate: (n_curves,) ``c``.
        misfit: How many times farther the points lie from the best curve than their errors say; 1
            if no farther. Intervals are wider by it.
        points: Sizes times repeats.
    """

    rows: int
    weights: Floats
    now: Floats
    floor: Floats
    rate: Floats
    misfit: float
    points: int

    def at(self, times: float, *, confidence: float = 0.95) -> Estimate:
        """The expected error with so many times the rows."""
        return self._estimate(self.now * self._shape(times), confidence)

    def gain(self, times: float, *, confidence: float = 0.95) -> Estimate:
        """How much of the error so many times the rows take away; never negative."""
        return self._estimate(self.now * (1.0 - self._shape(times)), confidence)

    def is_flat(self, times: float) -> bool:
        """Whether so many times the rows take away next to nothing, even if all goes well."""
        taken = 1.0 - self._shape(times)
        return bool(_quantiles(taken, self.weights, [0.975])[0] < FLAT)

    def rows_for(self, error: float, *, confidence: float = 0.95) -> Estimate:
        """The rows with which an error is expected to be reached that isn't reached yet.

        Returns:
            In rows, between those that there are and :data:`FARTHEST` times as many; not measured
            if most of the curves don't get there by then.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = (error / self.now - self.floor) / (1.0 - self.floor)
            times = np.where(rest > 0, rest ** (-1.0 / self.rate), math.inf)
        found = _quantiles(np.clip(times, 1.0, FARTHEST), self.weights, _tails(confidence))
        if found[1] >= FARTHEST:
            reason = f"not reachable with {FARTHEST:g} times the rows"
            return not_measured(reason, n=self.points, unit="rows")
        low, middle, high = (float(each * self.rows) for each in found)
        return Estimate(middle, low, high, self.points, f"curve-{percent(confidence)}", "rows")

    def _shape(self, times: float) -> Floats:
        shape: Floats = self.floor + (1.0 - self.floor) * times**-self.rate
        return shape

    def _estimate(self, values: Floats, confidence: float) -> Estimate:
        low, middle, high = (
            float(each) for each in _quantiles(values, self.weights, _tails(confidence))
        )
        return Estimate(middle, low, high, self.points, f"curve-{percent(confidence)}", "")


def learning_curve(
    sizes: npt.NDArray[np.int64], errors: Floats, *, shared: Floats, df: float
) -> Law:
    """Weigh every curve by how well it explains errors at several sizes.

    Two things move a point: which rows were drawn for the subset, seen in how differently the
    repeats go from one size to the next; and which rows it was measured on, the same for all
    points, so that they move together. Drawn rows act as on a mean of ``n`` of ``N`` rows: the
    points of one repeat share theirs, and all share the ``N``.

    Args:
        sizes: (n_sizes,) rows of the subsets, ascending; the last is all that there are. Those of
            a repeat lie within each other.
        errors: (n_repeats, n_sizes) float64, at least 0; 0 is perfect.
        shared: (n_sizes, n_sizes) covariance that comes from the rows measured on.
        df: Degrees of freedom of that covariance.

    Raises:
        ValueError: fewer than 4 sizes or 2 repeats, or sizes that don't rise.

    >>> sizes = np.array([100, 200, 400, 800, 1600])
    >>> exact = 0.1 + 2.0 * sizes**-0.5
    >>> noise = np.random.default_rng(0).normal(0, 1e-4, (3, 5))
    >>> law = learning_curve(sizes, exact + noise, shared=np.eye(5) * 1e-10, df=99.0)
    >>> round(law.at(2.0).value, 3), round(0.1 + 2.0 * 3200**-0.5, 3)
    (0.135, 0.135)
    """
    repeats, count = errors.shape
    if count < FEWEST_SIZES or repeats < FEWEST_REPEATS or (np.diff(sizes) <= 0).any():
        message = f"{FEWEST_SIZES} rising sizes and {FEWEST_REPEATS} repeats are needed, got {sizes} {repeats} times"
        raise ValueError(message)
    covariance = _drawn(sizes, errors) + shared * _widened(df)
    covariance += np.eye(count) * (_TINY * max(errors.max(), _TINY)) ** 2
    root = np.linalg.cholesky(covariance).astype(np.float64)
    mean: Floats = np.linalg.solve(root, errors.mean(axis=0))
    box = np.log([_SLOWEST, _FASTEST]), np.array([0.0, 1.0])
    for _ in range(_ZOOMS):
        grid = _grid(sizes, mean, root, box)
        box = _narrowed(grid, box)
    spread = np.sqrt(grid.misfit / grid.precision)
    now = grid.best[:, None] + spread[:, None] * _DEVIATES  # (n_pairs, n_deviates)
    weights = np.exp(grid.log_weight)[:, None] * np.exp(-0.5 * _DEVIATES**2)
    weights = np.where(now > 0.0, weights, 0.0)
    return Law(
        rows=int(sizes[-1]),
        weights=(weights / weights.sum()).ravel(),
        now=now.ravel(),
        floor=np.repeat(grid.floor, len(_DEVIATES)),
        rate=np.repeat(grid.rate, len(_DEVIATES)),
        misfit=math.sqrt(grid.misfit),
        points=errors.size,
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Pairs of rate and floor, with the best error of each and how well it explains the points."""

    rate: Floats
    floor: Floats
    best: Floats
    precision: Floats
    log_weight: Floats
    misfit: float


def _grid(
    sizes: npt.NDArray[np.int64], mean: Floats, root: Floats, box: tuple[Floats, Floats]
) -> _Grid:
    middles = (np.arange(_STEPS) + 0.5) / _STEPS
    rates, floors = (ends[0] + middles * (ends[1] - ends[0]) for ends in box)
    rate, floor = (each.ravel() for each in np.meshgrid(np.exp(rates), floors**2))
    shapes = floor[:, None] + (1.0 - floor[:, None]) * (sizes / sizes[-1]) ** -rate[:, None]
    curves = np.linalg.solve(root, shapes.T)  # (n_sizes, n_pairs)
    precision = (curves**2).sum(axis=0)
    best = (mean @ curves) / precision
    distance = np.maximum(mean @ mean - best**2 * precision, 0.0)
    misfit = max(1.0, float(distance.min()) / (len(sizes) - FEWEST_SIZES + 1))  # Birge (1932)
    log_weight = -0.5 * distance / misfit - 0.5 * np.log(precision)
    return _Grid(rate, floor, best, precision, log_weight - log_weight.max(), misfit)


def _narrowed(grid: _Grid, box: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The box around the pairs that weigh anything, a step wider to each side."""
    heavy = grid.log_weight > math.log(_NEGLIGIBLE)

    def around(values: Floats, ends: Floats) -> Floats:
        step = (ends[1] - ends[0]) / _STEPS
        inside = values[heavy]
        return np.array([max(inside.min() - step, ends[0]), min(inside.max() + step, ends[1])])

    return around(np.log(grid.rate), box[0]), around(np.sqrt(grid.floor), box[1])


def _drawn(sizes: npt.NDArray[np.int64], errors: Floats) -> Floats:
    """Covariance of the mean errors that comes from which rows were drawn: (n_sizes, n_sizes)."""
    repeats, count = errors.shape
    steps = np.diff(errors, axis=1)  # of one repeat; independent of each other
    apart = 1.0 / sizes[:-1] - 1.0 / sizes[1:]
    df = (repeats - 1) * (count - 1)
    variance = float((((steps - steps.mean(axis=0)) ** 2) / apart).sum()) / df * _widened(df)
    later = np.maximum.outer(sizes, sizes)
    covariance: Floats = variance * ((1.0 / later - 1.0 / sizes[-1]) / repeats + 1.0 / sizes[-1])
    return covariance


def _widened(df: float) -> float:
    """How much greater a variance is taken for not being known exactly."""
    return (critical(0.95, df) / critical(0.95)) ** 2


def _tails(confidence: float) -> list[float]:
    return [(1.0 - confidence) / 2.0, 0.5, (1.0 + confidence) / 2.0]


def _quantiles(values: Floats, weights: Floats, shares: list[float]) -> Floats:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - weights[order] / 2.0
    found: Floats = np.interp(shares, reached, values[order])
    return found
