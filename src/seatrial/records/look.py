"""One look at production: windows, the plan's claims on them, inputs that moved, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from seatrial.core.estimate import Estimate
from seatrial.records.evidence import Verdict
from seatrial.records.release import Guard

Shift = Literal["distance", "missing", "new level", "unit"]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of event time, from ``start`` up to but not at ``end`` (ISO).

    Attributes:
        start: First moment.
        end: First moment after.
        decisions: Requests that were answered.
        known: Of those, how many have an outcome.
        is_mature: Whether outcomes had the time that the plan gives them.
        rung: Where the release stood at its end.
    """

    start: str
    end: str
    decisions: int
    known: int
    is_mature: bool
    rung: str


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in one window; ``estimate`` is None where nothing could be measured.

    ``verdict`` is by the window alone: ``fail`` wholly on the wrong side, ``unknown`` not settled.
    """

    estimate: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over the windows.

    Attributes:
        name: As people read it: ``precision ≥ 0.25``, ``share that is late``.
        claim: Id of the claim; None for a figure that nothing is claimed of.
        owner: Who answers for it.
        stage: ``shadow``, ``canary`` or ``production``; empty for an unclaimed figure.
        points: One for each window, in order.
        newest: Over the newest mature stretch that the claim asks for; None if not measured.
        verdict: What is held: it holds until an anytime-valid sequence excludes its bound.
        settled: What ``newest`` alone proves, as at a gate; a gate asks for this.
        blocks: Whether it may take a release back: its claim is a guarantee.
        reason: Why; empty if there is nothing to say.
        guard: The evidence against it; None for an unclaimed figure, or where none is kept.
        evidence: Digest of what it rests on; empty without.
        cleared: When the break was that is over, ISO: the same break doesn't count twice. Empty without.
    """

    name: str
    claim: str | None
    owner: str
    stage: str
    points: tuple[Point, ...]
    newest: Estimate | None
    verdict: Verdict
    settled: Verdict = "unknown"
    blocks: bool = False
    reason: str = ""
    guard: Guard | None = None
    evidence: str = ""
    cleared: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """An input, or the output, that isn't distributed as it was in training.

    Attributes:
        feature: Its name.
        shift: What moved: the distribution, the missing rate, a level, the unit.
        was: In training, for people: ``42``, ``1.0 %``.
        now: In the newest windows.
        effect: Size of the shift: population stability index, difference of rates, share of new
            levels, factor between the units.
        limit: From which effect it counts.
        p: Corrected for the number of features that were looked at.
        verdict: ``fail`` if both effect and p count.
        reading: One sentence.
    """

    feature: str
    shift: Shift
    was: str
    now: str
    effect: float
    limit: float
    p: float
    verdict: Verdict
    reading: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that its owner must know.

    Attributes:
        id: What it is about, ``precision``, ``input temp missing``; one alarm is open at a time for each.
        at: Since when, ISO.
        owner: Who answers for it.
        sentence: What is wrong, with its figure.
        closed: When it ended, ISO; empty while it is open.
        sent: Where it went.
        evidence: Digest of what it rests on; empty without.
    """

    id: str
    at: str
    owner: str
    sentence: str
    closed: str = ""
    sent: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it lasts."""
        return not self.closed


@dataclass(frozen=True, slots=True)
class Look:
    """All that one look at production found.

    Attributes:
        project: Name of the project.
        at: When it was, ISO.
        release: Number of the release.
        candidate: Name of its candidate.
        rung: Where it stood.
        decisions: Of all windows.
        known: Share of mature decisions whose outcome is known, with its interval.
        delay_h: Median hours from decision to outcome; None without outcomes.
        windows: In order, at most 12; what is older is pooled into the first.
        claims: The plan's claims.
        figures: Watched, not claimed.
        moved: Inputs and outputs that were compared with training, those that moved first.
        reference: What they were compared with, for people: ``training, 182,000 rows``.
        alarms: Open ones first, then the newest.
        advice: What changed in the world, in one sentence: the inputs, what follows from them, or
            neither; empty where nothing did.
        paired: The optimised metric, candidate less reference on the same requests, over all mature
            decisions since the release entered its stage; None without a candidate.
    """

    project: str
    at: str
    release: int
    candidate: str
    rung: str
    decisions: int
    known: Estimate
    delay_h: float | None
    windows: tuple[Window, ...]
    claims: tuple[Series, ...]
    figures: tuple[Series, ...]
    moved: tuple[Moved, ...]
    reference: str
    alarms: tuple[Alarm, ...]
    advice: str = ""
    paired: Estimate | None = None

    @property
    def guards(self) -> tuple[Guard, ...]:
        """Evidence against each claim that has a sequence."""
        return tuple(each.guard for each in self.claims if each.guard is not None)

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial watch --json``; see ``docs/json.md``."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {
            **plain,
            "known": self.known.to_json(),
            "windows": [asdict(each) for each in self.windows],
            "claims": [_series_json(each) for each in self.claims],
            "figures": [_series_json(each) for each in self.figures],
            "moved": [asdict(each) for each in self.moved],
            "alarms": [asdict(each) for each in self.alarms],
            "paired": self.paired.to_json() if self.paired else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Look:
        """Read what :meth:`to_json` wrote."""
        alarms = (replace(Alarm(**each), sent=tuple(each["sent"])) for each in data["alarms"])
        return cls(
            **{
                **data,
                "known": Estimate.from_json(data["known"]),
                "windows": tuple(Window(**each) for each in data["windows"]),
                "claims": tuple(_series(each) for each in data["claims"]),
                "figures": tuple(_series(each) for each in data["figures"]),
                "moved": tuple(Moved(**each) for each in data["moved"]),
                "alarms": tuple(alarms),
                "paired": _estimate(data["paired"]),
            }
        )


def _series_json(series: Series) -> dict[str, Any]:
    plain = {name: getattr(series, name) for name in Series.__slots__}
    return {
        **plain,
        "points": [
            {
                "estimate": each.estimate.to_json() if each.estimate else None,
                "verdict": each.verdict,
            }
            for each in series.points
        ],
        "newest": series.newest.to_json() if series.newest else None,
        "guard": series.guard.to_json() if series.guard else None,
    }


def _series(data: Mapping[str, Any]) -> Series:
    points = tuple(Point(_estimate(each["estimate"]), each["verdict"]) for each in data["points"])
    guard = Guard.from_json(data["guard"]) if data["guard"] else None
    return Series(**{**data, "points": points, "newest": _estimate(data["newest"]), "guard": guard})


def _estimate(data: Mapping[str, Any] | None) -> Estimate | None:
    return Estimate.from_json(data) if data is not None else None
