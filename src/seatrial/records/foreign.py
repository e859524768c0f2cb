"""A run that another tracker holds: what is told there, and nothing that was measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.core.digest import digest
from seatrial.core.estimate import Estimate

NO_INTERVAL = "no interval"
"""The method of a figure that was told without an interval, or with one that it doesn't lie in."""


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """One run, as its tracker tells it. It is no evidence: nobody here saw the rows or the model.

    Attributes:
        tracker: ``mlflow``.
        server: Its address, without credentials.
        experiment: Name of what it belongs to there.
        run: Its id there.
        name: What it is called there.
        status: In the tracker's words.
        started: ISO; None if it isn't told.
        ended: ISO; None if it isn't told.
        artifacts: Address of its files there, without credentials; empty if it isn't told.
        parameters: As text, by name.
        metrics: Figures by name; the value is None where the tracker holds no finite number.
        tags: By name, without those that name a person.
    """

    tracker: str
    server: str
    experiment: str
    run: str
    name: str
    status: str
    started: str | None
    ended: str | None
    artifacts: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, Estimate]
    tags: Mapping[str, str]

    @property
    def key(self) -> str:
        """Name of the run for life, whatever is told of it later."""
        return digest([self.tracker, self.server, self.run])

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ForeignRun:
        """Read what :meth:`to_json` wrote."""
        metrics = {name: Estimate.from_json(each) for name, each in data["metrics"].items()}
        return cls(**{**data, "metrics": metrics})


def told(value: float | None, *, low: float | None, high: float | None, n: int) -> Estimate:
    """A figure as a tracker tells it; an interval that the value doesn't lie in counts as none.

    >>> told(0.9, low=0.8, high=0.95, n=100)
    0.9 [0.8, 0.95] (n=100, as told)
    >>> told(0.9, low=0.95, high=0.8, n=100).method
    'no interval'
    """
    if value is None or low is None or high is None or not low <= value <= high:
        return Estimate(value, None, None, n, NO_INTERVAL, "")
    return Estimate(value, low, high, n, "as told", "")
