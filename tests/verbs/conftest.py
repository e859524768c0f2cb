"""Arrivals that come late: a project trained and checked once, copied for each test, and then served."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seatrial.core.clock import ManualClock
from seatrial.probes import candidate
from seatrial.records.release import Rung
from seatrial.runtime.switch import Switch
from seatrial.verbs.follow import Follower
from seatrial.verbs.project import Project
from seatrial.verbs.release import advance, propose
from seatrial.verbs.watch import watch

TRAINED = datetime(2026, 5, 1, tzinfo=UTC)
FEATS = "def evening(hour):\n    return hour >= 17\n"
PLAN = """\
version: 1
project: arrivals
problem: {statement: Gates are staffed for the timetable, measure: {name: overtime, today: 4}}
owners: {default: desk, engineering: platform}
task: {kind: classification, target: late, errors: {false_negative: 3, false_positive: 1, unit: USD}}
data:
  sources: {base: {uri: arrivals.parquet}}
  key: id
  time: at
  split: {by: time, train: 0.6, dev: 0.2, test: 0.2}
  features: {drop: [carrier]}
train: {candidates: [linear], features: feats}
optimize: recall
claims:
  - precision >= 0.30
  - recall >= 0.5 where carrier = 'AA'
  - {claim: "gap recall by origin <= 0.5", commitment: target}
release: {path: [shadow, partial 25%, partial 100%], fallback: hour >= 17, confidence: 0.6}
watch: {every: 1h, outcome_within: 1d}
"""


class Trial:
    """A project, a clock that it and its answers share, and a world that decides what is true."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock = root, ManualClock(TRAINED)
        self.random = np.random.default_rng(3)
        self.open()

    def open(self) -> Project:
        """Open the project anew: a plan is read once."""
        if hasattr(self, "project"):
            self.project.close()
        self.project = Project(self.root, clock=self.clock)
        return self.project

    def plan(self, old: str, new: str) -> Project:
        """Edit the plan."""
        path = self.root / "plan.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return self.open()

    @property
    def serving(self) -> Path:
        return self.root / ".seatrial" / "serving"

    def switch(self) -> Switch:
        return Switch.open(self.serving, clock=self.clock)

    def rows(self, count: int, *, minutes: float, effect: float) -> list[dict]:
        """What is asked, and what will turn out to be true."""
        found = []
        for place in range(count):
            at = self.clock.now() + timedelta(minutes=minutes * place)
            x, origin = float(self.random.normal()), str(self.random.choice(["EWR", "JFK", "LGA"]))
            features = {"x": x, "hour": at.hour, "origin": origin}
            chance = 1 / (1 + np.exp(1.2 - effect * x - 0.05 * (at.hour - 12)))
            carrier = str(self.random.choice(["AA", "UA"]))
            found.append(
                {
                    "key": f"{at:%y%m%d%H%M%S%f}",
                    "features": features,
                    "context": {"carrier": carrier},
                    "at": at,
                    "is_late": bool(self.random.random() < chance),
                }
            )
        return found

    def serve(
        self, count: int, *, minutes: float = 5.0, effect: float = 2.0, outcomes: bool = True
    ) -> list[str]:
        """Answer requests from now on, and tell the outcome of each two hours later.

        The clock ends at the last request. With ``effect=-2`` the world is the other way round.
        """
        rows = self.rows(count, minutes=minutes, effect=effect)
        with self.switch() as switch:
            names = [
                switch.decide(
                    key=row["key"],
                    features=row["features"],
                    context=row["context"],
                    at=row["at"].isoformat(),
                ).decision_id
                for row in rows
            ]
            if outcomes:
                told = [
                    {
                        "decision_id": name,
                        "outcome": row["is_late"],
                        "at": (row["at"] + timedelta(hours=2)).isoformat(),
                    }
                    for name, row in zip(names, rows, strict=True)
                ]
                for start in range(0, count, 1000):
                    switch.outcome({"rows": told[start : start + 1000]})
        self.clock.advance(seconds=60 * minutes * count)
        return names

    def to(self, rung: str) -> None:
        """Take the candidate to a rung of the path as a healthy one goes."""
        propose(self.project, by="ann")
        for _ in range(5):
            stands = Rung.parse(self.moves()[0].went)
            if str(stands) == rung:
                return
            self.serve(1800, minutes=3)
            self.clock.advance(days=1)
            watch(self.project)
            moved = advance(self.project, by="ann")
            assert moved.move is not None, moved.check.unmet
        raise AssertionError(rung)

    def moves(self):
        from seatrial.verbs.desk import history

        return history(self.project)

    def tables(self) -> dict[str, pl.DataFrame]:
        """What the follower has read, after reading on."""
        with Follower(self.project) as follower:
            follower.read_on()
            found = {name: follower.table(name) for name in ("decisions", "aftermath")}
            return {name: each.collect() for name, each in found.items() if each is not None}


def write_arrivals(path: Path, count: int = 6000) -> None:
    random = np.random.default_rng(0)
    at = [datetime(2026, 1, 1) + timedelta(minutes=20 * place) for place in range(count)]  # noqa: DTZ001
    x, hour = random.normal(size=count), np.array([each.hour for each in at])
    late = random.random(count) < 1 / (1 + np.exp(1.2 - 2.0 * x - 0.05 * (hour - 12)))
    columns = {"id": np.arange(count), "at": at, "x": x, "hour": hour}
    pl.DataFrame(
        {
            **columns,
            "origin": random.choice(["EWR", "JFK", "LGA"], count),
            "carrier": random.choice(["AA", "UA"], count),
            "late": late,
        }
    ).write_parquet(path)


@pytest.fixture(scope="session")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose claims were all measured; not to be changed."""
    root = tmp_path_factory.mktemp("arrivals")
    write_arrivals(root / "arrivals.parquet")
    (root / "plan.yaml").write_text(PLAN)
    (root / "feats.py").write_text(FEATS)
    trial = Trial(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidate, "BUSY", float("inf"))  # how busy this host is, is not under test
        trial.project.train()
        trial.project.check()
    trial.project.close()
    return root


@pytest.fixture
def trial(arrivals: Path, tmp_path: Path):
    """The same project, to be changed, a month later."""
    found = Trial(Path(shutil.copytree(arrivals, tmp_path / "arrivals")))
    found.clock.advance(days=31)
    yield found
    found.project.close()


@pytest.fixture(scope="session")
def _in_canary(arrivals: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    root = Path(shutil.copytree(arrivals, tmp_path_factory.mktemp("canary") / "arrivals"))
    found = Trial(root)
    found.clock.advance(days=31)
    found.to("partial 25%")
    found.project.close()
    return root, found.clock.now()


@pytest.fixture
def canary(_in_canary, tmp_path: Path):
    """A healthy release that was let into a canary of 25 %."""
    root, now = _in_canary
    found = Trial(Path(shutil.copytree(root, tmp_path / "canary")))
    found.clock.at = now
    yield found
    found.project.close()
