"""Each claim has a turn: the one that it says, its set's, its metric's, or the follower's."""

from pathlib import Path

import pytest

from seatrial.plan.load import load

PLAN = """\
version: 1
project: flights
owners: {default: ops-desk}
task: {kind: classification, target: late}
data: {sources: {flights: {uri: flights.csv}}, key: id}
optimize: accuracy
scenarios:
  vip: {rows: vip.csv, because: the desk asks about them, every: week}
  odd: {where: hour > 20, because: nobody is there to help}
claims:
"""


@pytest.mark.parametrize(
    ("claim", "cadence"),
    [
        ("precision >= 0.4", "push"),
        ("rows >= 10", "push"),
        ("numerically_stable", "push"),
        ("latency_ms(p99) <= 10 ms", "night"),
        ("memory_mb <= 500", "night"),
        ("reproducible", "night"),
        ("pipeline", "night"),
        ("benefit(hour) > 0", "night"),
        ("{claim: reproducible, every: week}", "week"),
        ("{claim: precision >= 0.4, every: continuous}", "continuous"),
        ("precision >= 0.4 over 28d in production", "continuous"),
        ("{claim: precision >= 0.4 in canary, every: night}", "night"),
        ("accuracy on vip >= 0.9", "week"),
        ("{claim: accuracy on vip >= 0.9, every: push}", "push"),
        ("accuracy on odd >= 0.9", "push"),
    ],
)
def test_a_claim_is_measured_when_its_turn_comes(tmp_path: Path, claim, cadence) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(f"{PLAN}  - {claim}\n")
    plan = load(path)
    assert plan.cadence(plan.claims[0]) == cadence
