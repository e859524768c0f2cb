"""A search of hyperparameters, as it is kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.models.spaces import Knob, Setting, Space


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial.

    Attributes:
        trial: Its number, from 0.
        round: 1 or 2.
        parameters: Its hyperparameters; what isn't named has the family's own value.
        value: The optimised metric on dev; None if it failed.
        broken: Id of a claim that it can't keep on dev; None if it keeps all.
        failed: Why it failed; empty if it didn't.
        seconds: Of the fit.
        shortfall: How far the first broken claim is missed.
    """

    trial: int
    round: int
    parameters: Mapping[str, Setting]
    value: float | None
    broken: str | None
    failed: str
    seconds: float
    shortfall: float

    @property
    def is_eligible(self) -> bool:
        """Whether it may be kept."""
        return self.value is not None and self.broken is None

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "trial": self.trial,
            "round": self.round,
            "parameters": dict(self.parameters),
            "value": self.value,
            "broken": self.broken,
            "failed": self.failed,
            "seconds": self.seconds,
            "shortfall": self.shortfall,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        family: The family.
        metric: The optimised one.
        higher: Whether more of it is better.
        spaces: Where each round looked.
        trials: In the order of their numbers.
        own: The metric on dev with the family's own values.
        winner: Number of the best trial that keeps the claims; None if none betters the family's own.
        best: The winner's metric on dev, as measured: too good, for it was picked for it.
        corrected: What the winner is expected to have on other rows.
        difference: Winner less the family's own, paired on dev; too good likewise.
        importance: How much each hyperparameter matters, as shares; empty where that can't be told.
        uses: How many candidates were looked at on dev.
        seconds: Wall time.
        reused: Whether it was on file.
    """

    family: str
    metric: str
    higher: bool
    spaces: tuple[Space, ...]
    trials: tuple[Tried, ...]
    own: Estimate
    winner: int | None
    best: Estimate | None
    corrected: Estimate | None
    difference: Estimate | None
    importance: Mapping[str, float]
    uses: int
    seconds: float
    reused: bool = False

    @property
    def parameters(self) -> Mapping[str, Setting]:
        """The winner's hyperparameters; none if the family's own values are best."""
        return {} if self.winner is None else self.trials[self.winner].parameters

    @property
    def is_beyond_noise(self) -> bool:
        """Whether the winner is better than the family's own by more than chance, dev being used again aside."""
        found = self.difference
        if found is None or found.low is None or found.high is None:
            return False
        return found.low > 0 if self.higher else found.high < 0

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial search --json``; see ``docs/json.md``."""
        estimates = {
            name: found.to_json() if (found := getattr(self, name)) else None
            for name in ("own", "best", "corrected", "difference")
        }
        return {
            "family": self.family,
            "metric": self.metric,
            "higher_is_better": self.higher,
            "spaces": [[knob.to_json() for knob in space] for space in self.spaces],
            "trials": [each.to_json() for each in self.trials],
            "winner": self.winner,
            "parameters": dict(self.parameters),
            **estimates,
            "beyond_noise": self.is_beyond_noise,
            "importance": dict(self.importance),
            "uses": self.uses,
            "seconds": self.seconds,
            "reused": self.reused,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Search:
        """Read what :meth:`to_json` wrote; it was on file."""
        kept: dict[str, Any] = {
            name: data[name]
            for name in ("family", "metric", "winner", "importance", "uses", "seconds")
        }
        estimates: dict[str, Any] = {
            name: Estimate.from_json(data[name]) if data[name] else None
            for name in ("own", "best", "corrected", "difference")
        }
        return cls(
            **kept,
            **estimates,
            higher=data["higher_is_better"],
            spaces=tuple(tuple(Knob.from_json(each) for each in one) for one in data["spaces"]),
            trials=tuple(Tried(**each) for each in data["trials"]),
            reused=True,
        )
