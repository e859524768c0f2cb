"""The rubric of the ML Test Score: 28 tests in four sections, and what a project has of them.

Source:
    Breck, Cai, Nielsen, Salib and Sculley (2017), The ML Test Score, IEEE Big Data,
    doi:10.1109/BigData.2017.8258038.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Section = Literal["data", "model", "infrastructure", "monitoring"]
SECTIONS: tuple[Section, ...] = ("data", "model", "infrastructure", "monitoring")
POINTS_A_SECTION = 7
Lack = Literal["", "measure", "repair", "claim", "claims not passed", "record", "release"]
"""What a test waits for: to be measured, repaired, claimed, recorded by hand, released; or nothing."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the rubric.

    Attributes:
        id: As in the catalogue, ``RD-01``.
        section: Where it counts.
        title: What must be so.
        measure: What measures it, as a claim writes it; None where a kind of claim does, or nothing.
        claims: ``slice`` or ``group``: the claims of the plan that earn it.
        needs_service: Whether there is nothing to test before something is released.
    """

    id: str
    section: Section
    title: str
    measure: str | None = None
    claims: Literal["slice", "group"] | None = None
    needs_service: bool = False

    @property
    def has_probe(self) -> bool:
        """Whether it can be measured at all, today."""
        return self.measure is not None or self.claims is not None


TESTS: tuple[Test, ...] = (
    Test("RD-01", "data", "Feature expectations are captured in a schema", "schema"),
    Test("RD-02", "data", "Every feature is beneficial", "worst benefit by feature"),
    Test("RD-03", "data", "No feature costs too much"),
    Test("RD-04", "data", "Features adhere to meta-level requirements", "allowed_features"),
    Test("RD-05", "data", "The pipeline has privacy controls"),
    Test("RD-06", "data", "New features can be added quickly"),
    Test("RD-07", "data", "All input feature code is tested"),
    Test("RD-08", "model", "Model specs are reviewed and submitted"),
    Test("RD-09", "model", "Offline and online metrics correlate", needs_service=True),
    Test("RD-10", "model", "All hyperparameters have been tuned"),
    Test("RD-11", "model", "The impact of staleness is known"),
    Test("RD-12", "model", "A simpler model is not better", "{optimize} vs simplest"),
    Test("RD-13", "model", "Quality is sufficient on important slices", claims="slice"),
    Test("RD-14", "model", "Tested for considerations of inclusion", claims="group"),
    Test("RD-15", "infrastructure", "Training is reproducible", "reproducible"),
    Test("RD-16", "infrastructure", "Model specs are unit tested"),
    Test("RD-17", "infrastructure", "The pipeline is integration tested"),
    Test("RD-18", "infrastructure", "Quality is validated before serving", needs_service=True),
    Test("RD-19", "infrastructure", "The model can be debugged"),
    Test("RD-20", "infrastructure", "Models are canaried before serving", needs_service=True),
    Test("RD-21", "infrastructure", "Serving models can be rolled back", needs_service=True),
    Test("RD-22", "monitoring", "Dependency changes notify"),
    Test(
        "RD-23",
        "monitoring",
        "Data invariants hold in training and serving inputs",
        needs_service=True,
    ),
    Test("RD-24", "monitoring", "Training and serving are not skewed", needs_service=True),
    Test("RD-25", "monitoring", "Models are not too stale", needs_service=True),
    Test("RD-26", "monitoring", "The model is numerically stable", "numerically_stable"),
    Test("RD-27", "monitoring", "Computing performance has not regressed", needs_service=True),
    Test(
        "RD-28",
        "monitoring",
        "Prediction quality has not regressed on served data",
        needs_service=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One test, scored.

    Attributes:
        test: The test.
        points: 0, 0.5 or 1.
        evidence: Digest of what earned the points; None without any.
        missing: What would earn the rest, in words; empty at 1.
        lack: What it waits for.
        seen: Digest of what was measured and fails; None if nothing was.
    """

    test: Test
    points: float
    evidence: str | None
    missing: str
    lack: Lack = ""
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """All tests, and what they add up to."""

    results: tuple[Result, ...]

    @property
    def sections(self) -> dict[Section, float]:
        """Sum of the points of each section."""
        return {
            section: sum(each.points for each in self.results if each.test.section == section)
            for section in SECTIONS
        }

    @property
    def score(self) -> float:
        """The smallest of the sections."""
        return min(self.sections.values())

    @property
    def smallest(self) -> Section:
        """The section that decides."""
        return min(SECTIONS, key=lambda section: self.sections[section])
