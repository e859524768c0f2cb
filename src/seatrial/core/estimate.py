"""The only form in which Seatrial states a measured number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with what is known of its error.

    Attributes:
        value: The point estimate; None if it could not be measured (``n`` is then 0, or ``method``
            says why).
        low: Lower end of the interval, in ``unit``; None without a value.
        high: Upper end of the interval, in ``unit``; None without a value.
        n: Relevant observations: rows, positives, pairs, timed calls.
        method: How the interval was made and its confidence in per cent, ``wilson-95``.
        unit: ``fraction``, ``ms``, ``MB``, ``rows``, the target's unit ...

    >>> Estimate(0.9, 0.596, 0.982, 10, "wilson-95", "fraction")
    0.9 [0.596, 0.982] (n=10, wilson-95)
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    unit: str = "fraction"

    def __repr__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return f"not measured (n={self.n}, {self.method})"
        span = f"[{self.low:.3g}, {self.high:.3g}]"
        return f"{self.value:.3g} {span} (n={self.n}, {self.method})"

    @property
    def measured(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "method": self.method,
            "unit": self.unit,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Estimate:
        """Read what :meth:`to_json` wrote."""
        return cls(**data)


def not_measured(reason: str, *, n: int = 0, unit: str = "fraction") -> Estimate:
    """State that there is no number, and why.

    >>> not_measured("no positives")
    not measured (n=0, no positives)
    """
    return Estimate(None, None, None, n, reason, unit)


def brief(value: float | None) -> str:
    """A number in three digits, and no power of ten where it is large; a dash where nothing was measured.

    >>> brief(0.03194), brief(30794.2)
    ('0.0319', '30,794')
    """
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 — four digits
