"""Counts of what a switch did, for whoever exports them; plain numbers, so that a decision pays little."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper ends of the latency histogram, in seconds."""


@dataclass(slots=True)
class Tally:
    """What happened since the switch was opened.

    Attributes:
        decisions: By arm, decider and failure.
        unseen: Values of a category that training never saw, by feature.
        buckets: Decisions by latency; the last is above every bucket.
        latency_s: Sum of all latencies, in seconds.
        refused_manifests: Manifests that the pointer named and that were not put in force.
        unlogged: Records that could not be written; each was answered with an error, or allowed by the release.
        queued: Cases that went to people because the model was unsure.
    """

    decisions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unseen: Counter[str] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    latency_s: float = 0.0
    refused_manifests: int = 0
    unlogged: int = 0
    queued: int = 0

    def took(self, seconds: float) -> None:
        """Count a latency."""
        self.buckets[bisect_left(BUCKETS_S, seconds)] += 1
        self.latency_s += seconds
