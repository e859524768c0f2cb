"""Numbers and several classes are released and watched like yes and no."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from seatrial.core.clock import ManualClock
from seatrial.runtime.switch import Switch
from seatrial.verbs.project import Project
from seatrial.verbs.release import advance, propose
from seatrial.verbs.watch import watch

PLAN = """\
version: 1
project: tasks
owners: {{default: ann}}
task: {{kind: {kind}, target: y}}
data: {{sources: {{rows: {{uri: rows.parquet}}}}, key: id}}
train: {{candidates: [linear]}}
optimize: {optimize}
claims: [{claims}]
release: {{path: [shadow, partial 25%, full]}}
watch: {{every: 1h, outcome_within: 1d}}
"""


def answer(kind: str, x: float, random: np.random.Generator) -> float | str:
    if kind == "regression":
        return 3 * x + float(random.normal())
    return "high" if x > 0.5 else "low" if x < -0.5 else "mid"


@pytest.mark.parametrize(
    ("kind", "optimize", "claims", "sequences"),
    [
        ("regression", "mae", '"mae <= 2", "within(2) >= 0.5", "r2 >= 0.3"', 1),
        (
            "classification",
            "accuracy",
            '"accuracy >= 0.5", "recall(class=high) >= 0.3", "gap recall by class <= 0.9"',
            2,
        ),
    ],
)
def test_from_training_to_a_canary(tmp_path, kind, optimize, claims, sequences) -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=2500)
    y = [answer(kind, each, random) for each in x]
    pl.DataFrame({"id": np.arange(2500), "x": x, "y": y}).write_parquet(tmp_path / "rows.parquet")
    text = PLAN.format(kind=kind, optimize=optimize, claims=claims)
    (tmp_path / "plan.yaml").write_text(text)
    clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
    project = Project(tmp_path, clock=clock)
    project.train()
    project.check()
    propose(project, by="ann")
    with Switch.open(tmp_path / ".seatrial" / "serving", clock=clock) as switch:
        for place in range(400):
            at, value = clock.now() + timedelta(minutes=10 * place), float(random.normal())
            made = switch.decide(key=place, features={"x": value}, at=at.isoformat())
            said = {"decision_id": made.decision_id, "outcome": answer(kind, value, random)}
            switch.outcome({**said, "at": at.isoformat()})
    clock.advance(days=5)
    look = watch(project)
    assert [(each.verdict, each.settled) for each in look.claims] == [("pass", "pass")] * 3
    assert len(look.guards) == sequences
    assert look.paired.n == look.decisions == 400
    assert advance(project, by="ann").move.went == "partial 25%"
    project.close()
