"""A trained candidate: its two digests, and what its training found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.core.digest import short

BASELINES = ("majority", "mean", "naive", "seasonal_naive", "rule")
"""Families that need no training."""
NAIVE = ("naive", "seasonal_naive")
"""Those that answer with what a lag says."""
GIVEN = "given:"
"""Before the name of a baseline whose answers stand in a column: an older system, or people."""


def is_baseline(family: str) -> bool:
    """Whether a family needs no training.

    >>> is_baseline("rule"), is_baseline("given:people"), is_baseline("linear")
    (True, True, False)
    """
    return family in BASELINES or family.startswith(GIVEN)


RECIPE_VERSION = 1
"""Raised when a family fits something else from the same recipe."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rung of the ladder, trained.

    Attributes:
        family: ``majority``, ``rule``, ``linear``, ``boosted``, ``module:builder`` ...
        recipe: Digest of code, data, hyperparameters and environment.
        artefact: Digest of the archive that came out.
        leaves: Every root input by name and short value.
        threshold: Least score of the positive class; binary only.
        chosen_by: How the threshold was chosen.
        chosen_under: Bounds and confidence that it was chosen under. They are not in the recipe, so
            that a moved bound makes nothing stale; the next training chooses again.
        curve: Metrics over thresholds on dev, for pictures.
        form: How it answers: ``constant``, ``column``, ``rule``, ``estimator``, ``onnx``.
        parity: What was found when the fast form was held against the estimator.
        features: Inputs of the model, in order.
        parameters: Hyperparameters.
        seconds: Wall time of the fit.
        peak_mb: Peak resident memory during the fit.
        notes: Warnings that the fit gave.
    """

    family: str
    recipe: str
    artefact: str
    leaves: Mapping[str, str]
    threshold: float | None
    chosen_by: str | None
    chosen_under: Mapping[str, Any]
    curve: Mapping[str, Any]
    form: str
    parity: str
    features: tuple[str, ...]
    parameters: Mapping[str, Any]
    seconds: float
    peak_mb: float
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """Its short name: the first signs of the artefact's digest."""
        return short(self.artefact)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Candidate:
        """Read what :meth:`to_json` wrote."""
        listed = {name: tuple(data[name]) for name in ("features", "notes")}
        return cls(**{**data, **listed})
