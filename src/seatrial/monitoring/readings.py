"""A shift in words."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.monitoring.comparison import Comparison
from seatrial.records.evidence import Verdict
from seatrial.records.look import Shift

_OUTSIDE = 0.02
"""Share of rows outside of training's range that is worth the first word."""

_NAMED = 3
"""New levels that are called by name."""

_WHOLE = 0.1
"""Shares from here on are written without decimals."""

_SIGNS = 40
"""Signs of a level's name that are shown."""


def was(shift: Shift, found: Comparison) -> str:
    """How it was in training: a median, a share."""
    if shift == "missing":
        return percent(found.missing_was)
    if shift == "new level":
        return percent(found.new_expected)
    if found.level is not None:
        return f"{_short(found.level[0])} {percent(found.level[1])}"
    return number(found.median_was)


def now(shift: Shift, found: Comparison) -> str:
    """How it is now."""
    if shift == "missing":
        return percent(found.missing_now)
    if shift == "new level":
        return percent(found.new_share or 0.0)
    if found.level is not None:
        return f"{_short(found.level[0])} {percent(found.level[2])}"
    return number(found.median_now)


def reading(shift: Shift, found: Comparison, verdict: Verdict) -> str:
    """One sentence on what moved; without a full stop."""
    if verdict == "pass":
        return "as in training"
    sentence = _sentence(shift, found)
    return sentence if verdict == "fail" else f"{sentence}; too few rows to tell it from chance"


def percent(share: float) -> str:
    """Write a share with as many digits as tell it from nothing.

    >>> percent(0.08), percent(0.015), percent(0.0004), percent(0.0)
    ('8 %', '1.5 %', '0.04 %', '0 %')
    """
    return f"{share * 100:.2g} %" if share < _WHOLE else f"{share * 100:.0f} %"


def listed(levels: Mapping[str, int]) -> str:
    """Call the most frequent levels by name.

    >>> listed({"C": 3, "D": 1})
    "'C', 'D'"
    """
    ordered = sorted(levels, key=lambda level: (-levels[level], level))
    names = [repr(_short(each)) for each in ordered[:_NAMED]]
    return f"{', '.join(names)}{' and others' if len(levels) > _NAMED else ''}"


def number(value: float | None) -> str:
    """Write a number to four digits.

    >>> number(-0.5), number(None)
    ('−0.5', '')
    """
    return "" if value is None else f"{value:.4g}".replace("-", "−")


def _sentence(shift: Shift, found: Comparison) -> str:
    if shift == "missing":
        return (
            f"{percent(found.missing_now)} of values are missing, "
            f"{percent(found.missing_was)} were in training"
        )
    if shift == "unit":
        return f"values are {found.change}"
    if shift == "new level":
        return f"{percent(found.new_share or 0.0)} of rows hold {listed(found.new)}, unknown in training"
    if found.level is not None:
        level, before, after = found.level
        verb = "rose" if after > before else "fell"
        return f"{_short(level)} {verb} from {percent(before)} of rows to {percent(after)}"
    assert found.range_was is not None
    if max(found.below, found.above) >= _OUTSIDE:
        side, share, end = (
            ("above", found.above, found.range_was[1])
            if found.above >= found.below
            else ("below", found.below, found.range_was[0])
        )
        return f"{percent(share)} of rows lie {side} the range of training ({number(end)})"
    return (
        f"the median went from {number(found.median_was)} to {number(found.median_now)}, "
        f"values moved by {found.wasserstein:.2g} standard deviations"
    )


def _short(name: str) -> str:
    return name if len(name) <= _SIGNS else f"{name[: _SIGNS - 1]}…"
