"""Whether a class has labels that contradict what is sure: flips that no score explains.

Where classes merely overlap, a row is labelled otherwise the more seldom the further its score lies
from the boundary. Labels that were flipped at random leave a floor under that: however sure the
score, a share is labelled otherwise. So two logistic curves are held against each other, one of which
may level off before 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation.predictions import Floats, Predictions

FEWEST_ROWS = 100
"""Rows of a class, and of the others, under which a floor can't be told from chance."""
_MOST = 0.49
_STEEPEST = 50.0


@dataclass(frozen=True, slots=True)
class Flips:
    """The labels of one class.

    Attributes:
        name: The class.
        share: Share of the rows of that class that are labelled otherwise.
        p: Chance of so much evidence for flips where there are none.
    """

    name: str
    share: Estimate
    p: float


def flipped_labels(predictions: Predictions) -> tuple[Flips, ...]:
    """Estimate for each class how many of its rows are labelled otherwise.

    The score must be one that training could not bend to the flips: of a linear model, on rows that
    it was not trained on. Rows are taken for independent.

    Args:
        predictions: Answers with probabilities.

    Returns:
        One for each class; not measured where there are too few rows.

    Source:
        Copas (1988), Binary regression models for contaminated data, J. R. Stat. Soc. B 50(2),
        225-265, doi:10.1111/j.2517-6161.1988.tb01723.x; the chance at the edge of what a share can
        be: Self and Liang (1987), JASA 82(398), 605-610, doi:10.1080/01621459.1987.10478472.
    """
    return tuple(_of_class(predictions, code) for code in range(len(predictions.classes)))


def _of_class(predictions: Predictions, code: int) -> Flips:
    name = predictions.classes[code]
    labelled = predictions.truth == code
    rarer = min(int(labelled.sum()), int((~labelled).sum()))
    if rarer < FEWEST_ROWS or not predictions.states_probabilities:
        reason = f"needs {FEWEST_ROWS} rows of each kind and probabilities, has {rarer}"
        return Flips(name, not_measured(reason, n=rarer), 1.0)
    stated = np.clip(predictions.scores[:, code], 1e-6, 1.0 - 1e-6)
    score = np.log(stated / (1.0 - stated))
    score = (score - score.mean()) / (score.std() or 1.0)
    plain, _ = _fitted(score, labelled, None)
    best, floors = _fitted(score, labelled, 0.05)
    statistic = max(2.0 * (plain - best), 0.0)
    p = 0.5 * math.erfc(math.sqrt(statistic / 2.0)) if statistic > 0 else 1.0
    return Flips(name, _interval(score, labelled, floors, best), p)


def _fitted(score: Floats, labelled: np.ndarray, start: float | None) -> tuple[float, Floats]:
    """Negative log-likelihood of the best curve, and its parameters."""
    from scipy.optimize import minimize

    first = [0.0, 1.0] if start is None else [0.0, 1.0, start, start]
    bounds: Sequence[tuple[float, float]] = [(-_STEEPEST, _STEEPEST), (0.0, _STEEPEST)]
    if start is not None:
        bounds = [*bounds, (0.0, _MOST), (0.0, _MOST)]
    found = minimize(
        _loss, np.array(first), args=(score, labelled), bounds=bounds, method="L-BFGS-B"
    )
    return float(found.fun), np.asarray(found.x, dtype=np.float64)


def _loss(parameters: Floats, score: Floats, labelled: np.ndarray) -> float:
    """Of ``low + (1 - low - missed) / (1 + exp(-(a + b score)))``; with two parameters both are 0."""
    a, b = parameters[:2]
    low, missed = parameters[2:] if len(parameters) > 2 else (0.0, 0.0)  # noqa: PLR2004
    with np.errstate(over="ignore"):
        curve = low + (1.0 - low - missed) / (1.0 + np.exp(-(a + b * score)))
    curve = np.clip(curve, 1e-9, 1.0 - 1e-9)
    return -float(np.log(np.where(labelled, curve, 1.0 - curve)).sum())


def _interval(score: Floats, labelled: np.ndarray, best: Floats, least: float) -> Estimate:
    """The share that is missed, between the ends at which the likelihood falls by 1.92."""
    from scipy.optimize import minimize

    drop = 3.841 / 2.0  # half of the 95 % quantile of chi-squared with one degree of freedom
    value = float(best[3])

    def excess(missed: float) -> float:
        def fixed(rest: Floats) -> float:
            return _loss(np.array([*rest, missed]), score, labelled)

        bounds = [(-_STEEPEST, _STEEPEST), (0.0, _STEEPEST), (0.0, _MOST)]
        return float(minimize(fixed, best[:3], bounds=bounds, method="L-BFGS-B").fun) - least - drop

    low = 0.0 if value <= 0.0 or excess(0.0) <= 0 else _crossing(excess, 0.0, value)
    high = _MOST if excess(_MOST) <= 0 else _crossing(excess, _MOST, value)
    return Estimate(value, min(low, value), max(high, value), len(score), "profile likelihood-95")


def _crossing(excess: object, outside: float, inside: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(excess, outside, inside, xtol=1e-3))
