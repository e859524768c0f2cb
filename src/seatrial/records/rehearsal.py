"""What came of asking candidates through a real server before a release: side by side, and under load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.core.estimate import Estimate

SUSTAINED = 0.98
"""Share of a rate that must be reached."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What one of two candidates did.

    Attributes:
        name: The candidate.
        answered: Requests that were answered with 200.
        refused: Requests that were not, by the server's reason.
        fallback: Answers that the fallback gave, by the server's reason.
        otherwise: Answers of the model that differ from what it answered offline.
        latency_ms: Quantiles of the time to an answer, ``p50``, ``p90``, ``p99``.
        metric: The optimised metric of what was answered, fallbacks included.
    """

    name: str
    answered: int
    refused: Mapping[str, int]
    fallback: Mapping[str, int]
    otherwise: int
    latency_ms: Mapping[str, float]
    metric: Estimate

    @property
    def is_sound(self) -> bool:
        """Whether every row was answered, by the model, as offline."""
        return not (self.refused or self.fallback or self.otherwise)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "candidate": self.name,
            "answered": self.answered,
            "refused": dict(self.refused),
            "fallback": dict(self.fallback),
            "other_than_offline": self.otherwise,
            "latency_ms": dict(self.latency_ms),
            "metric": self.metric.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Both beside each other.

    Attributes:
        old: What decides now, or the simplest of the ladder where nothing was released.
        new: The kept candidate.
        is_released: Whether the old one was released.
        rows: Rows that both were asked about.
        metric: The optimised metric.
        differ: Share of the rows that they answer differently.
        change: Paired difference of the metric, the new one less the old.
    """

    old: Rehearsed
    new: Rehearsed
    is_released: bool
    rows: int
    metric: str
    differ: Estimate
    change: Estimate

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release rehearse --json``; see ``docs/json.md``."""
        return {
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "released": self.is_released,
            "rows": self.rows,
            "metric": self.metric,
            "differ": self.differ.to_json(),
            "change": self.change.to_json(),
            "sound": self.new.is_sound,
        }


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One rate, held for a while.

    Attributes:
        rate: Requests a second that were asked for.
        sent: Requests.
        reached: Answers a second.
        refused: Requests without an answer, by status or error.
        fallback: Answers that the fallback gave, by the server's reason.
        latency_ms: ``p50``, ``p95``, ``p99``, from the moment at which a request was due.
        asking: Share of a core that asking took; near 1 the test itself could ask no faster.
    """

    rate: float
    sent: int
    reached: float
    refused: Mapping[str, int]
    fallback: Mapping[str, int]
    latency_ms: Mapping[str, float]
    asking: float

    @property
    def holds(self) -> bool:
        """Whether every request was answered by the model, and at that rate."""
        return not self.refused and not self.fallback and self.reached >= SUSTAINED * self.rate


@dataclass(frozen=True, slots=True)
class Load:
    """A load test.

    Attributes:
        candidate: Short name.
        steps: By rate, the required one last.
        cold_ms: Time of the very first answer.
        peak_mb: Peak resident memory of the server.
        connections: Requests that may be open at one time.
        host: Machine and cores that the server and the test shared.
    """

    candidate: str
    steps: tuple[LoadStep, ...]
    cold_ms: float
    peak_mb: float
    connections: int
    host: str

    @property
    def holds(self) -> bool:
        """Whether the required rate was reached."""
        return self.steps[-1].holds

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release load --json``; see ``docs/json.md``."""
        return {
            "candidate": self.candidate,
            "steps": [{**asdict(each), "holds": each.holds} for each in self.steps],
            "cold_ms": self.cold_ms,
            "peak_mb": self.peak_mb,
            "connections": self.connections,
            "host": self.host,
            "holds": self.holds,
        }
