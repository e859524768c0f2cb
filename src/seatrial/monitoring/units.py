"""Did a column change its unit? Its values are then a factor, or a known map, of what they were.

A shift of the world can look like a factor too. So only well-known maps count, or factors of five
and more, and the mapped values must fit four times better than those that weren't mapped. Factors
under five are told only of values so close together that a tenth more would show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seatrial.monitoring.counts import Floats

_FACTORS = (
    (100.0, "dollars to cents, metres to centimetres, or shares to per cent"),
    (1000.0, "kilo to plain, or plain to milli"),
    (1e6, "mega to plain, or seconds to microseconds"),
    (10.0, "centi to milli"),
    (60.0, "hours to minutes, or minutes to seconds"),
    (3600.0, "hours to seconds"),
    (24.0, "days to hours"),
    (1440.0, "days to minutes"),
    (86_400.0, "days to seconds"),
    (7.0, "weeks to days"),
    (12.0, "years to months, or feet to inches"),
    (1.609344, "miles to kilometres"),
    (3.28084, "metres to feet"),
    (2.54, "inches to centimetres"),
    (25.4, "inches to millimetres"),
    (2.204623, "kilograms to pounds"),
    (3.785412, "gallons to litres"),
    (3.6, "metres a second to kilometres an hour"),
    (33.86389, "inches of mercury to hectopascals"),
)

_MAPS = (
    (1.8, 32.0, "Celsius to Fahrenheit"),
    (1.0, 273.15, "Celsius to kelvin"),
    (1.8, -459.67, "kelvin to Fahrenheit"),
)

_ENOUGH = 30  # points on both sides
_APART = 0.25  # distance from which a change of unit is looked for
_ALIKE = 0.1  # distance up to which mapped values fit
_TIMES_BETTER = 4.0
_TOLERANCE = 0.03  # by which a factor may miss a known one
_LARGE = (
    5.0  # factors from here on count though nobody knows them, and may miss a known one by more
)
_LARGE_TOLERANCE = 0.2
_TELLING = 0.15  # distance that a tenth more must make, for a small factor to be told from growth


@dataclass(frozen=True, slots=True)
class UnitChange:
    """``now = factor * was + offset``.

    Attributes:
        factor: Between the units.
        offset: Added after it.
        name: As from what to what; empty if it is no known change.
    """

    factor: float
    offset: float
    name: str

    def __str__(self) -> str:
        added = f" {'+' if self.offset > 0 else '−'} {abs(self.offset):.4g}" if self.offset else ""
        known = f", as from {self.name}" if self.name else ""
        return f"{self.factor:.4g} × what they were{added}{known}"


def unit_change(was: Floats, now: Floats) -> UnitChange | None:
    """Find the map between units that explains why two columns differ.

    Args:
        was: (n,) quantile points, or values, of the reference; rising.
        now: (m,) the same of the other.

    Returns:
        The map; None if none is needed, or none fits.

    >>> celsius = np.sort(np.random.default_rng(0).normal(12.0, 8.0, 500))
    >>> str(unit_change(celsius, celsius * 1.8 + 32.0))
    '1.8 × what they were + 32, as from Celsius to Fahrenheit'
    """
    found = [
        (distance, change)
        for with_zeros, change in _candidates(was, now)
        if (distance := _misfit(*_sides(was, now, with_zeros=with_zeros), change)) is not None
    ]
    # A known change is the likelier one; an unknown factor can always be made to fit a little better.
    return min(found, key=lambda each: (not each[1].name, each[0]))[1] if found else None


def _candidates(was: Floats, now: Floats) -> Iterator[tuple[bool, UnitChange]]:
    """Maps worth trying, and whether zeros tell anything of them: of a factor they don't."""
    for factor, offset, name in _MAPS:
        yield True, UnitChange(factor, offset, name)
        yield True, UnitChange(1.0 / factor, -offset / factor, _reversed(name))
    there, here = _sides(was, now, with_zeros=False)
    if not len(there) or not len(here):
        return
    observed = float(np.median(np.abs(here)) / np.median(np.abs(there)))
    known = [*_FACTORS, *((1.0 / factor, _reversed(name)) for factor, name in _FACTORS)]
    is_large = not 1.0 / _LARGE < observed < _LARGE
    if not is_large and _distance(there, there * 1.1) < _TELLING:
        return
    tolerance = _LARGE_TOLERANCE if is_large else _TOLERANCE
    near = [each for each in known if abs(observed / each[0] - 1.0) <= tolerance]
    for factor, name in near:
        yield False, UnitChange(factor, 0.0, name)
    if is_large:
        yield False, UnitChange(observed, 0.0, "")


def _sides(was: Floats, now: Floats, *, with_zeros: bool) -> tuple[Floats, Floats]:
    return (was, now) if with_zeros else (was[was != 0.0], now[now != 0.0])


def _misfit(was: Floats, now: Floats, change: UnitChange) -> float | None:
    """How far mapped values are from those that came; None if the map explains too little."""
    if min(len(was), len(now)) < _ENOUGH:
        return None
    before, after = _distance(was, now), _distance(change.factor * was + change.offset, now)
    explains = before >= _APART and after <= min(_ALIKE, before / _TIMES_BETTER)
    return after if explains else None


def _distance(first: Floats, second: Floats) -> float:
    at = np.concatenate([first, second])
    shares = (np.searchsorted(side, at, side="right") / len(side) for side in (first, second))
    return float(np.abs(np.subtract(*shares)).max())


def _reversed(name: str) -> str:
    return ", or ".join(
        " to ".join(reversed(each.strip().removeprefix("or ").split(" to ")))
        for each in name.split(",")
    )
