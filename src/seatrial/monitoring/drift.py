"""Is each column still distributed as it was? Distances, missing values, new levels, units.

A shift counts (``fail``) if it is both large and no chance: its effect is above a limit *and* its
p-value, corrected for the number of columns (Benjamini and Hochberg), is under a level. Large, but
perhaps chance, is ``unknown``. So an alarm doesn't depend on the number of rows: few rows prove
nothing, and many rows make nothing large of what is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from seatrial.core.errors import DataError
from seatrial.monitoring import readings
from seatrial.monitoring.comparison import Comparison, compare
from seatrial.monitoring.counts import Levels, Numbers, Presence
from seatrial.monitoring.reference import Reference, Tally
from seatrial.monitoring.tables import Source
from seatrial.records.evidence import VERDICTS, Verdict
from seatrial.records.look import Moved, Shift
from seatrial.stats import benjamini_hochberg


@dataclass(frozen=True, slots=True)
class Limits:
    """From what on a shift counts.

    Attributes:
        distance: Population stability index.
        missing: Difference between the shares of missing values.
        new: Share of rows with a level that training hadn't, above what one expects.
        level: Corrected p-value up to which a shift is no chance.
    """

    distance: float = 0.2
    missing: float = 0.01
    new: float = 0.001
    level: float = 0.05


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """One way in which a column may have moved, judged.

    Attributes:
        shift: Which.
        effect: Its size: population stability index, difference of shares, factor between units.
        limit: From which effect it counts.
        p: Corrected for the number of columns.
        verdict: ``fail`` if both count, ``unknown`` if the effect does and may be chance.
    """

    shift: Shift
    effect: float
    limit: float
    p: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """A column, compared and judged.

    Attributes:
        name: Of the column.
        comparison: What was measured.
        shifts: What was judged: missing values always, the rest where there is something to compare.
    """

    name: str
    comparison: Comparison
    shifts: tuple[ColumnShift, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its shifts."""
        return min((each.verdict for each in self.shifts), key=VERDICTS.index)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Two tables, compared column by column.

    Attributes:
        columns: In the order of the reference.
        reference_rows: Rows of the reference.
        current_rows: Rows that were compared with it.
        limits: From what on a shift counts.
    """

    columns: tuple[ColumnReport, ...]
    reference_rows: int
    current_rows: int
    limits: Limits = field(default_factory=Limits)

    @property
    def has_moved(self) -> bool:
        """Whether any column has."""
        return any(each.verdict == "fail" for each in self.columns)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object, with every figure."""
        return {**asdict(self), "has_moved": self.has_moved}

    def __str__(self) -> str:
        found = moved(self)
        failed = sum(each.verdict == "fail" for each in self.columns)
        head = (
            f"{failed} of {len(self.columns)} columns moved "
            f"({self.reference_rows:,} rows before, {self.current_rows:,} now)"
        )
        width = max((len(each.feature) for each in found), default=0)
        lines = [f"{each.verdict:8} {each.feature:{width}}  {each.reading}" for each in found]
        return "\n".join([head, *lines])


def drift(
    reference: Reference | Source,
    current: Source,
    *,
    design_effect: float | Mapping[str, float] = 1.0,
    limits: Limits | None = None,
) -> DriftReport:
    """Compare a table with a reference, column by column.

    Args:
        reference: A stored :class:`Reference`, or a table (see
            :func:`~seatrial.monitoring.tables.table`).
        current: A table, or its parts, counted by :meth:`Reference.count` and merged.
        design_effect: How many times greater the variance of a share is than with independent
            rows (:func:`seatrial.stats.design_effect`), for all columns or by name; rows count as
            so many fewer in every p-value. Without it rows of one day count as independent.
        limits: From what on a shift counts.

    Returns:
        Every column of the reference, judged.

    Raises:
        DataError: a table has no row, or a column can't be used.

    >>> report = drift({"x": list(range(100))}, {"x": list(range(50, 150))})
    >>> report.columns[0].verdict, moved(report)[0].reading
    ('fail', '50 % of rows lie above the range of training (99)')
    """
    known = reference if isinstance(reference, Reference) else Reference.build(reference)
    tally = current if _is_tally(current) else known.count(current)
    if not any(each.missing + each.known for each in tally.values()):
        raise DataError(
            "there is no row to compare with the reference", hint="take a longer stretch"
        )
    return judged(known, tally, design_effect=design_effect, limits=limits or Limits())


def judged(
    reference: Reference,
    tally: Tally,
    *,
    design_effect: float | Mapping[str, float] = 1.0,
    limits: Limits,
) -> DriftReport:
    """Judge counts over a reference.

    Args:
        reference: What they are compared with.
        tally: Counts of the other table, by :meth:`Reference.count`, parts merged.
        design_effect: See :func:`drift`.
        limits: From what on a shift counts.
    """
    effects = design_effect if isinstance(design_effect, Mapping) else {}
    everywhere = 1.0 if isinstance(design_effect, Mapping) else design_effect
    compared = {
        name: compare(column, tally[name], design=max(effects.get(name, everywhere), 1.0))
        for name, column in reference.columns.items()
    }
    found = _corrected({name: _shifts(each, limits) for name, each in compared.items()}, limits)
    reports = tuple(ColumnReport(name, each, found[name]) for name, each in compared.items())
    rows = max((each.rows_now for each in compared.values()), default=0)
    return DriftReport(reports, reference.rows, rows, limits)


def moved(report: DriftReport) -> tuple[Moved, ...]:
    """Say it to people: what moved first, then what may have, then the columns that didn't.

    A column that moved in several ways stands once for each; one that didn't stands once.
    """
    found = [
        Moved(
            feature=column.name,
            shift=each.shift,
            was=readings.was(each.shift, column.comparison),
            now=readings.now(each.shift, column.comparison),
            effect=each.effect,
            limit=each.limit,
            p=each.p,
            verdict=each.verdict,
            reading=readings.reading(each.shift, column.comparison, each.verdict),
        )
        for column in report.columns
        for each in _told(column)
    ]
    return tuple(sorted(found, key=lambda each: (VERDICTS.index(each.verdict), -_size(each))))


def _told(column: ColumnReport) -> tuple[ColumnShift, ...]:
    """What is said of a column: every shift that isn't ruled out, else the first.

    The distance of a column whose unit changed is that change, and isn't said twice.
    """
    found = [each for each in column.shifts if each.verdict != "pass"]
    if any(each.shift == "unit" for each in found):
        found = [each for each in found if each.shift != "distance"]
    return tuple(found) or column.shifts[:1]


def _size(found: Moved) -> float:
    if found.shift == "unit":
        return float("inf")
    return found.effect / found.limit


def _shifts(found: Comparison, limits: Limits) -> tuple[ColumnShift, ...]:
    """Shifts with their effects and uncorrected p-values, not yet judged."""
    shifts = []
    if found.change is not None:
        shifts.append(ColumnShift("unit", found.change.factor, 1.0, found.distance_p, "unknown"))
    if found.psi is not None:
        size, p = found.psi, found.distance_p
        shifts.append(ColumnShift("distance", size, limits.distance, p, "unknown"))
    difference = abs(found.missing_now - found.missing_was)
    shifts.append(ColumnShift("missing", difference, limits.missing, found.missing_p, "unknown"))
    if found.new_share is not None:
        beyond = max(found.new_share - found.new_expected, 0.0)
        shifts.append(ColumnShift("new level", beyond, limits.new, found.new_p, "unknown"))
    return tuple(shifts)


def _corrected(
    columns: Mapping[str, tuple[ColumnShift, ...]], limits: Limits
) -> dict[str, tuple[ColumnShift, ...]]:
    """Correct p over the columns, one kind of shift at a time, and judge."""
    by_kind: dict[Shift, dict[str, float]] = {}
    for name, shifts in columns.items():
        for each in shifts:
            by_kind.setdefault(each.shift, {})[name] = each.p
    by_kind["unit"] = by_kind.get("distance", {})  # a unit is looked for in every column
    corrected = {
        kind: dict(zip(each, benjamini_hochberg(np.array(list(each.values()))), strict=True))
        for kind, each in by_kind.items()
    }
    return {
        name: tuple(_judged(each, float(corrected[each.shift][name]), limits) for each in shifts)
        for name, shifts in columns.items()
    }


def _judged(shift: ColumnShift, p: float, limits: Limits) -> ColumnShift:
    if shift.shift != "unit" and shift.effect < shift.limit:
        return replace(shift, p=p, verdict="pass")
    return replace(shift, p=p, verdict="fail" if p <= limits.level else "unknown")


def _is_tally(current: Any) -> bool:
    return isinstance(current, Mapping) and any(
        isinstance(each, Numbers | Levels | Presence) for each in current.values()
    )
