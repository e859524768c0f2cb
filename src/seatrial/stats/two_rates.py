"""Is one arm's rate above the other's? An exact test that may be looked at after every request."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

_RATIOS = (1.1, 1.2, 1.35, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Odds ratios, above the one that is allowed, that are bet on."""

_LOG_RATIOS = np.log([1.0, *_RATIOS])

_MOST_LOG = 700.0  # the greatest exponent that a float can show


@dataclass(frozen=True, slots=True)
class TwoRates:
    """Evidence that a canary's rate is above the reference's, as it stands.

    While it isn't, the chance that ``against`` ever reaches ``limit`` is at most ``1 / limit``,
    however often one looks, whatever the split of traffic between the arms, and though both rates
    rise and fall together from look to look. Exact: a look is judged given its hits in both arms
    together, of which only the part that fell to the canary tells the arms apart. Requests must be
    independent given their arm.

    Attributes:
        limit: Evidence at which the canary counts as worse; 20 is a level of 5 %.
        allowed: Odds ratio, canary to reference, that is still accepted; at least 1.
        evidence: Logarithm of what each bet is worth.
        canary: Hits and rows seen of the canary.
        reference: Hits and rows seen of the reference.
        waiting: Hits and rows of canary and reference, kept until both arms were seen.

    Source:
        E-values by blocks of both arms: Turner, Ly and Grünwald (2024), J. Stat. Plan. Inference
        230, 106116, doi:10.1016/j.jspi.2023.106116; here of the conditional distribution of
        Fisher (1935), J. R. Stat. Soc. 98(1), 39-82, doi:10.2307/2342435, which needs no guess at
        the rates themselves.

    >>> canary = TwoRates(limit=20).update((5, 100), (44, 900))
    >>> canary.has_crossed, canary.update((40, 200), (90, 1800)).has_crossed
    (False, True)
    """

    limit: float
    allowed: float = 1.0
    evidence: tuple[float, ...] = (0.0,) * len(_RATIOS)
    canary: tuple[int, int] = (0, 0)
    reference: tuple[int, int] = (0, 0)
    waiting: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        """Refuse what can't be tested."""
        if self.limit <= 1.0 or self.allowed < 1.0:
            message = f"limit must be above 1 and allowed at least 1, got {self}"
            raise ValueError(message)

    @property
    def against(self) -> float:
        """Evidence that the canary is worse; 1 is none, under 1 speaks for it."""
        return sum(math.exp(min(each, _MOST_LOG)) for each in self.evidence) / len(self.evidence)

    @property
    def has_crossed(self) -> bool:
        """Whether the evidence is at its limit now; what counts is whether it ever was."""
        return self.against >= self.limit

    def update(self, canary: tuple[int, int], reference: tuple[int, int]) -> TwoRates:
        """Look at what is new.

        Args:
            canary: New hits and rows of the canary, ``0 <= hits <= rows``.
            reference: New hits and rows of the reference.

        Raises:
            ValueError: more hits than rows.
        """
        if not (0 <= canary[0] <= canary[1] and 0 <= reference[0] <= reference[1]):
            message = f"hits up to rows are wanted, got {canary} and {reference}"
            raise ValueError(message)
        block = tuple(np.add(self.waiting, (*canary, *reference)).tolist())
        evidence, waiting = self.evidence, block
        if block[1] and block[3]:
            growth = _growth(*block, allowed=self.allowed)
            evidence, waiting = tuple(np.add(self.evidence, growth).tolist()), (0, 0, 0, 0)
        return replace(
            self,
            evidence=evidence,
            canary=(self.canary[0] + canary[0], self.canary[1] + canary[1]),
            reference=(self.reference[0] + reference[0], self.reference[1] + reference[1]),
            waiting=waiting,
        )

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        plain = asdict(self)
        return {
            name: list(each) if isinstance(each, tuple) else each for name, each in plain.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TwoRates:
        """Read what :meth:`to_json` wrote."""
        read: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in data.items()
        }
        return cls(**read)


def _growth(
    hits: int, n: int, other_hits: int, other_n: int, *, allowed: float
) -> npt.NDArray[np.float64]:
    """Log likelihood ratio of each bet to the allowed odds ratio, given the hits of both arms."""
    together = hits + other_hits
    first, last = max(0, together - other_n), min(n, together)
    k = np.arange(first, last, dtype=np.float64)
    steps = np.log((n - k) * (together - k) / ((k + 1.0) * (other_n - together + k + 1.0)))
    weights = np.concatenate([[0.0], np.cumsum(steps)])  # log of the ways to have `first + i` hits
    ratios = np.log(allowed) + _LOG_RATIOS
    extra = np.arange(last - first + 1, dtype=np.float64)
    sums = np.logaddexp.reduce(weights + np.multiply.outer(ratios, extra), axis=1)
    likelihood = ratios * (hits - first) - sums
    grown: npt.NDArray[np.float64] = likelihood[1:] - likelihood[0]
    return grown
