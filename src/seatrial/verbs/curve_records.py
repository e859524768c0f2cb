"""Learning curves, as they are kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.verbs.comparison import spoken


@dataclass(frozen=True, slots=True)
class Point:
    """One size of subset, over its repeats.

    Attributes:
        rows: Rows of the subsets, on average.
        train: The metric on the rows that were learned from.
        dev: The metric on dev; ends of the interval are means over the repeats, like the value.
        seconds: Of one fit.
    """

    rows: int
    train: Estimate
    dev: Estimate
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "rows": self.rows,
            "train": self.train.to_json(),
            "dev": self.dev.to_json(),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Point:
        """Read what :meth:`to_json` wrote."""
        train, dev = (Estimate.from_json(data[name]) for name in ("train", "dev"))
        return cls(data["rows"], train, dev, data["seconds"])


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the optimised metric, and the rows with which it would be reached."""

    claim: str
    rows: Estimate

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {"claim": self.claim, "rows": self.rows.to_json()}


@dataclass(frozen=True, slots=True)
class Curve:
    """The learning curve of one family.

    Attributes:
        family: Its name.
        points: By size, the smallest first; the last is the whole of train.
        forecast: The metric expected with so many times the rows: ``1``, ``2``, ``10``.
        gain: How much better that is than now, in the metric's unit: ``2``, ``10``.
        outcome: ``rises``, or ``flat``: twice the rows give next to nothing.
        goal: A bound that isn't met yet; None without one.
        seconds: What one fit would take with so many times the rows: ``2``, ``10``.
        misfit: How many times farther the points lie from the law than their errors say.
        reused: Whether it was on file.
    """

    family: str
    points: tuple[Point, ...]
    forecast: Mapping[str, Estimate]
    gain: Mapping[str, Estimate]
    outcome: str
    goal: Goal | None
    seconds: Mapping[str, float]
    misfit: float
    reused: bool = False

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "family": self.family,
            "points": [each.to_json() for each in self.points],
            "forecast": {times: each.to_json() for times, each in self.forecast.items()},
            "gain": {times: each.to_json() for times, each in self.gain.items()},
            "outcome": self.outcome,
            "goal": self.goal.to_json() if self.goal else None,
            "seconds": dict(self.seconds),
            "misfit": self.misfit,
            "reused": self.reused,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, reused: bool) -> Curve:
        """Read what :meth:`to_json` wrote."""
        goal = data["goal"]
        read = {
            name: {times: Estimate.from_json(each) for times, each in data[name].items()}
            for name in ("forecast", "gain")
        }
        return cls(
            **{
                **data,
                **read,
                "points": tuple(Point.from_json(each) for each in data["points"]),
                "goal": Goal(goal["claim"], Estimate.from_json(goal["rows"])) if goal else None,
                "reused": reused,
            }
        )


@dataclass(frozen=True, slots=True)
class Curves:
    """What ``seatrial curve`` gives.

    Attributes:
        metric: The optimised one.
        higher: Whether more of it is better.
        rows: Of train.
        kept_together: What a subset holds whole: ``row``, or the unit's or the group's name.
        repeats: Subsets of each size.
        curves: One a family.
    """

    metric: str
    higher: bool
    rows: int
    kept_together: str
    repeats: int
    curves: tuple[Curve, ...]

    @property
    def most(self) -> Curve | None:
        """The one that gains most by twice the rows; None if all are flat."""
        rising = [each for each in self.curves if each.outcome == "rises"]
        return max(rising, key=lambda each: each.gain["2"].value or 0.0, default=None)

    @property
    def gains_most(self) -> str:
        """Which family that is, and how sure; a sentence."""
        if self.most is None:
            return "No family gains by twice the rows."
        low = self.most.gain["2"].low or 0.0
        others = [each for each in self.curves if each is not self.most]
        sure = all((each.gain["2"].high or 0.0) < low for each in others)
        rest = "" if sure else ", as far as can be told: the intervals overlap"
        return f"{spoken(self.most.family).capitalize()} gains most by more rows{rest}."

    @property
    def best(self) -> Curve:
        """The one that is best now."""
        sense = 1.0 if self.higher else -1.0
        return max(self.curves, key=lambda each: sense * (each.forecast["1"].value or 0.0))

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial curve --json``; see ``docs/json.md``."""
        return {
            "metric": self.metric,
            "higher_is_better": self.higher,
            "rows": self.rows,
            "kept_together": self.kept_together,
            "repeats": self.repeats,
            "most": self.most.family if self.most else None,
            "curves": [each.to_json() for each in self.curves],
        }
