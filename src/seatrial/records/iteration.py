"""The steps from one candidate that was kept to the next: what each changed, and what it gained."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.core.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Turn:
    """How long it took from one kept candidate to the next: training, wrong answers, data, training.

    Attributes:
        whole_s: Until the next one was kept, in seconds; all are counted from the one before.
        looked_s: Until somebody looked at the wrong answers: slices, groups, tags; None if nobody did.
        data_s: Until other data was read; None if it is the same.
        fit_s: What the next one's fit took.
    """

    whole_s: float
    looked_s: float | None
    data_s: float | None
    fit_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate that was kept, and the step that led to it.

    Attributes:
        at: When it was kept, ISO.
        name: Of the candidate.
        family: Its family.
        kind: What changed since the one before; ``data-centric``, ``model-centric``, ``both``,
            ``environment`` or ``none``. Empty for the first.
        changed: Inputs and hyperparameters that did, by name.
        estimate: Its metric on the dev rows of now; None if it can't be asked about them.
        gain: Paired difference to the newest one before it that could be asked; None without one.
        reason: Why it can't be asked; empty if it can.
        turn: How long the step took; None for the first.
    """

    at: str
    name: str
    family: str
    kind: str
    changed: tuple[str, ...]
    estimate: Estimate | None
    gain: Estimate | None
    reason: str = ""
    turn: Turn | None = None

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "at": self.at,
            "candidate": self.name,
            "family": self.family,
            "kind": self.kind,
            "changed": list(self.changed),
            "estimate": self.estimate.to_json() if self.estimate else None,
            "gain": self.gain.to_json() if self.gain else None,
            "reason": self.reason,
            "turn": asdict(self.turn) if self.turn else None,
        }


@dataclass(frozen=True, slots=True)
class Sum:
    """What the steps of one kind came to.

    Attributes:
        kind: ``data-centric``, ``model-centric`` ...
        steps: How many there were.
        better: Of these, gains beyond noise.
        worse: Losses beyond noise.
        total: Sum of what they moved, in units of the metric; better is positive.
    """

    kind: str
    steps: int
    better: int
    worse: int
    total: float


@dataclass(frozen=True, slots=True)
class Iterations:
    """All steps, the oldest first.

    Attributes:
        metric: What is measured.
        rows: Rows of dev that it is measured on.
        higher_is_better: Which way is good.
        steps: The steps.
    """

    metric: str
    rows: int
    higher_is_better: bool
    steps: tuple[Step, ...]

    @property
    def sums(self) -> tuple[Sum, ...]:
        """What each kind of step came to; steps that can't be measured are left out."""
        sign = 1 if self.higher_is_better else -1
        found: dict[str, list[Estimate]] = {}
        for step in self.steps:
            if step.gain is not None and step.gain.measured:
                found.setdefault(step.kind, []).append(step.gain)
        return tuple(_sum(kind, gains, sign) for kind, gains in found.items())

    @property
    def turn_s(self) -> float | None:
        """Median time of a turn, in seconds; None before the second candidate."""
        took = [step.turn.whole_s for step in self.steps if step.turn is not None]
        return statistics.median(took) if took else None

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial runs history --json``; see ``docs/json.md``."""
        return {
            "metric": self.metric,
            "rows": self.rows,
            "higher_is_better": self.higher_is_better,
            "steps": [each.to_json() for each in self.steps],
            "sums": [asdict(each) for each in self.sums],
            "turn_s": self.turn_s,
        }


def _sum(kind: str, gains: list[Estimate], sign: int) -> Sum:
    ways = [sign * _way(each) for each in gains]
    total = sign * sum(each.value or 0.0 for each in gains)
    return Sum(kind, len(gains), ways.count(1), ways.count(-1), total)


def _way(gain: Estimate) -> int:
    """1 or -1 where the whole interval lies on one side of 0, else 0."""
    if gain.low is None or gain.high is None:
        return 0
    return int(gain.low > 0) - int(gain.high < 0)
