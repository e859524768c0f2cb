"""Inputs under watch: rates that a fault moves, tested so that one may look as often as one likes.

Of each feature the share of missing values is watched, of levels the share that training hadn't, of
numbers the shares in either far tail of training, which a change of unit fills. Each may rise above
what training leads one to expect by some slack before it counts. Rows are taken to be independent;
where values fail in bursts, the slack has to be as wide as the bursts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from seatrial.monitoring.counts import NEW_NAMES, POINTS, Levels, Numbers
from seatrial.monitoring.readings import listed, percent
from seatrial.monitoring.reference import Column, Reference, Tally
from seatrial.monitoring.tables import Source
from seatrial.monitoring.units import unit_change
from seatrial.records.look import Shift
from seatrial.stats import LOOKS_IN_90_DAYS, Detector, wilson

Side = Literal["", "below", "above"]

TAIL = 0.01
"""Share of training's rows in a far tail, at most."""

TAIL_BOUND = 0.1
"""Share of rows in a far tail up to which nothing is said: seasons fill it too."""

MISSING_TIMES, MISSING_MORE = 1.25, 0.005
"""A missing rate may be so many times training's, and so much more."""

LEAST_NEW = 5e-5
"""Share of rows with levels that training hadn't, up to which nothing is said."""

_DEVIATIONS = 3.0  # by which the expected share of new levels may be wrong
_SUSPECT = 10.0  # evidence from which on the newest values are kept, to see what unit they are in
_ENOUGH = 300  # values from which a unit is told


@dataclass(frozen=True, slots=True)
class Watched:
    """A rate of a feature.

    Attributes:
        feature: Its name.
        shift: What it shows if it rises.
        side: Which tail; empty for other rates.
        detector: The evidence.
        newest: The rate at the newest look.
    """

    feature: str
    shift: Shift
    side: Side
    detector: Detector
    newest: float = 0.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """A rate that rose above what was expected.

    Attributes:
        feature: Its name.
        shift: ``missing``, ``new level``, ``unit`` if a known map explains it, else ``distance``.
        against: Evidence that it rose.
        limit: From which evidence it counts.
        rate: At the newest look.
        bound: Up to which it was expected.
        reading: One sentence.
    """

    feature: str
    shift: Shift
    against: float
    limit: float
    rate: float
    bound: float
    reading: str


@dataclass(frozen=True, slots=True)
class InputWatch:
    """Rates of a table's features, as they stand; a value, made anew by each look.

    Attributes:
        watched: Each rate.
        suspects: The newest numbers of features whose tails fill.
        units: What explains a suspect's numbers, in words.
        new: Rows of levels that training hadn't, by feature and level; the most frequent.

    >>> reference = Reference.build({"store": ["A", "B"] * 5_000})
    >>> watch = InputWatch.of(reference).look({"store": ["A"] * 500}, reference)
    >>> [each.reading for each in watch.look({"store": ["C"] * 50}, reference).crossed]
    ["100 % of the newest rows hold 'C', unknown in training"]
    """

    watched: tuple[Watched, ...]
    suspects: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    new: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: Reference, *, looks: int = LOOKS_IN_90_DAYS) -> InputWatch:
        """Start to watch.

        Args:
            reference: What training was like.
            looks: In which at most one false alarm is expected, over all rates together, while no
                rate is above its bound.
        """
        rates = [
            (name, *each) for name, column in reference.columns.items() for each in _rates(column)
        ]
        limit = float(looks * max(len(rates), 1))
        return cls(
            tuple(
                Watched(name, shift, side, Detector.of_rows("<=", bound, limit=limit))
                for name, shift, side, bound in rates
            )
        )

    def look(self, rows: Source, reference: Reference) -> InputWatch:
        """Look at rows that are new, in order of time; all that are handed over are one look.

        Args:
            rows: See :func:`~seatrial.monitoring.tables.table`.
            reference: The one that the watch was started with.

        Raises:
            DataError: a column can't be used.
        """
        return self.update(reference.count(rows), reference)

    def update(self, tally: Tally, reference: Reference) -> InputWatch:
        """Look at rows that were counted by :meth:`Reference.count`."""
        watched = tuple(
            _seen(each, *_hits(each, reference.columns[each.feature], tally))
            for each in self.watched
        )
        suspicious = {
            each.feature
            for each in watched
            if each.shift == "distance" and each.detector.against >= _SUSPECT
        }
        suspects = {
            name: (*self.suspects.get(name, ()), *_points(tally, name))[-POINTS:]
            for name in sorted(suspicious)
        }
        units = {name: _unit(each, reference.columns[name]) for name, each in suspects.items()}
        return InputWatch(watched, suspects, units, _new(self.new, tally))

    @property
    def crossed(self) -> tuple[Crossing, ...]:
        """Rates whose evidence is at its limit now, the strongest first; one falls back if healed."""
        found = [
            Crossing(
                feature=each.feature,
                shift="unit" if each.side and self.units.get(each.feature) else each.shift,
                against=each.detector.against,
                limit=each.detector.limit,
                rate=each.newest,
                bound=each.detector.bound,
                reading=self._reading(each),
            )
            for each in self.watched
            if each.detector.has_crossed
        ]
        return tuple(sorted(found, key=lambda each: -each.against))

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        watched = [{**_plain(each), "detector": each.detector.to_json()} for each in self.watched]
        return {**_plain(self), "watched": watched}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InputWatch:
        """Read what :meth:`to_json` wrote."""
        watched = (
            Watched(**{**each, "detector": Detector.from_json(each["detector"])})
            for each in data["watched"]
        )
        suspects = {name: tuple(each) for name, each in data["suspects"].items()}
        return cls(**{**data, "watched": tuple(watched), "suspects": suspects})

    def _reading(self, rate: Watched) -> str:
        share = percent(rate.newest)
        if rate.shift == "missing":
            bound = percent(rate.detector.bound)
            return f"{share} of the newest values are missing, up to {bound} were expected"
        if rate.shift == "new level":
            levels = listed(self.new.get(rate.feature, {}))
            return f"{share} of the newest rows hold {levels}, unknown in training"
        unit = self.units.get(rate.feature)
        if unit:
            return f"values are {unit}"
        return f"{share} of the newest rows lie {rate.side} nearly all of training's"


def _rates(column: Column) -> Iterator[tuple[Shift, Side, float]]:
    """What is watched of a column, and up to where it is expected."""
    was = column.counts
    upper = wilson(was.missing, was.missing + was.known, confidence=0.99).high
    assert upper is not None
    bound = upper * MISSING_TIMES + MISSING_MORE
    if bound < 1.0:
        yield "missing", "", bound
    if isinstance(was, Numbers) and was.known:
        yield "distance", "below", TAIL_BOUND
        yield "distance", "above", TAIL_BOUND
    if isinstance(was, Levels) and was.known and not was.other:
        unseen = column.singletons + _DEVIATIONS * (column.singletons + 1) ** 0.5
        bound = max(unseen / was.known, LEAST_NEW)
        if bound < 1.0:
            yield "new level", "", bound


def _hits(rate: Watched, column: Column, tally: Tally) -> tuple[int, int]:
    """Rows that count for a rate, and rows that could."""
    now = tally[rate.feature]
    if rate.shift == "missing":
        return now.missing, now.missing + now.known
    if isinstance(now, Levels):
        return now.other, now.known
    assert isinstance(now, Numbers)
    assert isinstance(column.counts, Numbers)
    was = column.counts.counts
    if rate.side == "below":
        tail = int((was.cumsum() <= TAIL * was.sum()).sum())
        return int(now.counts[:tail].sum()) if tail else now.under, now.known
    tail = max(int((was[::-1].cumsum() <= TAIL * was.sum()).sum()), 1)
    return int(now.counts[-tail:].sum()), now.known


def _seen(rate: Watched, hits: int, rows: int) -> Watched:
    if not rows:
        return rate
    return replace(rate, detector=rate.detector.count(hits, rows), newest=hits / rows)


def _points(tally: Tally, name: str) -> list[float]:
    now = tally[name]
    assert isinstance(now, Numbers)
    points: list[float] = now.points.tolist()
    return points


def _unit(values: tuple[float, ...], column: Column) -> str:
    """The unit that explains a suspect's newest numbers; empty if none does, or they are too few."""
    assert isinstance(column.counts, Numbers)
    if len(values) < _ENOUGH:
        return ""
    change = unit_change(column.counts.points, np.sort(values))
    return str(change) if change else ""


def _new(so_far: Mapping[str, Mapping[str, int]], tally: Tally) -> dict[str, dict[str, int]]:
    found = {
        name: Counter(so_far.get(name, {})) + Counter(each.new)
        for name, each in tally.items()
        if isinstance(each, Levels)
    }
    return {name: dict(each.most_common(NEW_NAMES)) for name, each in found.items() if each}


def _plain(record: Watched | InputWatch) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__slots__}
