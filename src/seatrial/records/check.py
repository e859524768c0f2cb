"""A check of a candidate: one question with an answer, why, and what to do if it is no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict

Layer = Literal["implementation", "dataset", "hyperparameters", "fit"]
LAYERS: tuple[Layer, ...] = ("implementation", "dataset", "hyperparameters", "fit")
"""Where a model can go wrong, in the order in which it pays to look."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        id: Its name for life, ``overfits_tiny_batch``.
        title: What is true if it passes, as a sentence without its stop.
        layer: Where what it finds goes wrong.
        verdict: ``pass``, ``fail``, ``unknown`` with the reason why it could not be told, or
            ``not applicable``.
        reason: What was found, with its figure.
        estimate: The figure; None if the answer is no number.
        repair: What to do, a verb first; empty if it passes.
        evidence: Digest of what it rests on; empty outside of a project.
    """

    id: str
    title: str
    layer: Layer
    verdict: Verdict
    reason: str
    estimate: Estimate | None = None
    repair: str = ""
    evidence: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "id": self.id,
            "title": self.title,
            "layer": self.layer,
            "verdict": self.verdict,
            "reason": self.reason,
            "estimate": self.estimate.to_json() if self.estimate else None,
            "repair": self.repair,
            "evidence": self.evidence or None,
        }
