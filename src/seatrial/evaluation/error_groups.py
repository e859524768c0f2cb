"""Groups of wrong answers that lie close together, and what sets each apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate
from seatrial.evaluation.facets import Facet
from seatrial.evaluation.predictions import Floats, Mask
from seatrial.stats import wilson

FEWEST_ERRORS = 30
"""Wrong answers under which no groups are looked for."""
MOST_ROWS = 20_000
MOST_ERRORS = 5_000
"""Wrong answers that are grouped, drawn at random; the time grows with their square."""
MOST_COLUMNS, AXES = 100, 20
"""A matrix with more columns than the first is looked at along so many directions."""
_LEAST_WEIGHT = 0.05
"""Of the weightiest column; one with less says nothing of where answers are wrong."""
_TYPICAL = 0.7
"""Share of a group that a value must have to be its trait."""
_LIFT = 1.5
"""By how much the share of a trait must exceed its share of all rows."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What sets a group apart: a condition, its share in the group, and its share of all rows."""

    where: str
    share: float
    overall: float


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Wrong answers that lie close together.

    Attributes:
        rows: (n,) positions, the most typical first; of those that were drawn.
        errors: How many of all wrong answers there are like them.
        traits: What sets it apart, the most telling first; at most three.
        error_rate: Share of wrong answers among all rows that have its traits.
    """

    rows: npt.NDArray[np.intp]
    errors: int
    traits: tuple[Trait, ...]
    error_rate: Estimate


def error_groups(
    matrix: Floats,
    is_category: Sequence[bool],
    wrong: Mask,
    made: Sequence[Facet],
    *,
    seed: int = 0,
) -> tuple[ErrorGroup, ...]:
    """Group the wrong answers by what the model is shown of them.

    Columns are weighed by how much they tell of an answer being wrong (the importance of a random
    forest), so that columns that say nothing of it don't hide a group; then wrong answers that lie
    densely are a group, the others in none.

    Args:
        matrix: (n_rows, n_inputs) float64, NaN for missing.
        is_category: (n_inputs) whether a column holds codes of levels.
        wrong: (n_rows,) bool.
        made: Columns, cut into slices, for the traits.
        seed: For everything random.

    Returns:
        The largest first; none if there are fewer than 30 wrong answers or all are wrong.

    Source:
        Campello, Moulavi and Sander (2013), PAKDD, 160-172, doi:10.1007/978-3-642-37456-2_14.
    """
    errors = np.flatnonzero(wrong)
    if len(errors) < FEWEST_ERRORS or len(errors) == len(wrong):
        return ()
    random = np.random.default_rng(seed)
    if matrix.shape[1] > MOST_COLUMNS:
        matrix, is_category = _narrowed(matrix, seed), [False] * AXES
    every, errors = len(errors), np.sort(random.permutation(errors)[:MOST_ERRORS])
    weights = _weights(matrix, wrong, random)
    placed = _placed(matrix[errors], matrix, is_category, weights)
    if not placed.shape[1]:
        return ()
    from sklearn.cluster import HDBSCAN

    least = max(10, len(errors) // 25)
    found = HDBSCAN(min_cluster_size=least, min_samples=max(5, least // 3), copy=True).fit(placed)
    groups = []
    for label in range(int(found.labels_.max()) + 1):
        inside = found.labels_ == label
        order = np.argsort(-found.probabilities_[inside], kind="stable")
        rows = errors[inside][order]
        traits, met = _traits(rows, made, len(wrong))
        rate = wilson(int(wrong[met].sum()), int(met.sum())) if met.any() else wilson(0, 1)
        groups.append(ErrorGroup(rows, round(len(rows) * every / len(errors)), traits, rate))
    groups.sort(key=lambda each: -len(each.rows))
    return tuple(each for each in groups if each.traits)


def _narrowed(matrix: Floats, seed: int) -> Floats:
    """The directions in which a wide matrix, such as that of images, varies most, (n_rows, AXES)."""
    from sklearn.decomposition import PCA

    filled = np.nan_to_num(matrix)
    fitted = PCA(AXES, svd_solver="randomized", random_state=seed).fit(filled[:MOST_ROWS])
    told: Floats = fitted.transform(filled)
    return told


def _weights(matrix: Floats, wrong: Mask, random: np.random.Generator) -> Floats:
    """How much each column tells of an answer being wrong, (n_inputs,), 1 for the most."""
    from sklearn.ensemble import RandomForestClassifier

    rows = np.sort(random.permutation(len(wrong))[:MOST_ROWS])
    forest = RandomForestClassifier(
        n_estimators=60, max_depth=6, min_samples_leaf=10, class_weight="balanced", random_state=0
    )
    told: Floats = forest.fit(matrix[rows], wrong[rows]).feature_importances_
    return told / max(float(told.max()), 1e-12)


def _placed(errors: Floats, every: Floats, is_category: Sequence[bool], weights: Floats) -> Floats:
    """Wrong answers as points, (n_errors, n_axes): numbers in their spread, a category by its levels."""
    axes: list[Any] = []
    for place, weight in enumerate(weights):
        if weight < _LEAST_WEIGHT:
            continue
        column = errors[:, place]
        if is_category[place]:
            axes += [(column == level) * weight * 2.0 for level in np.unique(column)[:50]]
            continue
        known = every[:, place][~np.isnan(every[:, place])]
        middle = float(np.median(known)) if len(known) else 0.0
        spread = float(known.std()) if len(known) else 0.0
        axes.append(np.nan_to_num((column - middle) / (spread or 1.0)) * weight)
    return np.column_stack(axes).astype(np.float64) if axes else np.empty((len(errors), 0))


def _traits(
    rows: npt.NDArray[np.intp], made: Sequence[Facet], total: int
) -> tuple[tuple[Trait, ...], Mask]:
    """Values that most of the group has and few others do; and all rows that have them."""
    found: list[tuple[float, Trait, Mask]] = []
    for facet in made:
        counts = np.bincount(facet.codes[rows] + 1, minlength=len(facet.slices) + 1)[1:]
        every = np.bincount(facet.codes + 1, minlength=len(facet.slices) + 1)[1:]
        at = int(counts.argmax())
        share, overall = counts[at] / len(rows), every[at] / total
        if share >= _TYPICAL and share >= _LIFT * overall:
            trait = Trait(str(facet.slices[at]), float(share), float(overall))
            found.append((share / overall, trait, facet.codes == at))
    found.sort(key=lambda each: -each[0])
    met = np.ones(total, dtype=bool)
    for _, _, mask in found[:3]:
        met &= mask
    return tuple(trait for _, trait, _ in found[:3]), met
