"""The facts are asked for once, and again when something that they rest on changed."""

import os
from datetime import UTC, datetime

import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.errors import PlanError
from seatrial.verbs.readiness import record
from seatrial.web.facts import Current


@pytest.fixture
def project(copy_of_shop):
    found = seatrial.open(copy_of_shop, clock=ManualClock(datetime(2026, 12, 1, 9, tzinfo=UTC)))
    yield found
    found.close()


@pytest.fixture
def current(project):
    found = Current(project)
    yield found
    found.close()


def test_nothing_is_asked_twice(current):
    assert current() is current()
    assert current().ready is current().ready


def test_an_entry_in_the_ledger_is_seen(current, project):
    before = current()
    points = before.ready.score.sections["infrastructure"]
    record(project, "RD-16", by="ada", note="fits ten rows")
    assert current() is not before
    assert current().ready.score.sections["infrastructure"] == points + 0.5


def test_a_moved_bound_is_seen(current, project):
    current()
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace("precision >= 0.5", "precision >= 0.99"))
    assert current().checked.judgements[0].verdict == "fail"


def test_a_changed_source_is_seen(current, project):
    before = current()
    assert before.checked.judgements[0].verdict == "pass"
    orders = project.root / "orders.csv"
    orders.write_text(orders.read_text().replace(",north,", ",south,", 50))
    assert current() is not before


def test_a_changed_module_is_seen(current, project):
    before = current()
    os.utime(project.root / "feats.py", (0, 0))
    assert current() is not before


def test_an_hour_is_the_longest(current, project):
    before = current()
    project.clock.advance(seconds=3700)
    assert current() is not before


def test_a_plan_that_isnt_valid_is_said_and_mended(current, project):
    plan = project.root / "plan.yaml"
    good = plan.read_text()
    plan.write_text(good.replace("optimize: recall", "optimize: recal"))
    with pytest.raises(PlanError, match="recal"):
        _ = current().ready
    plan.write_text(good)
    assert current().ready.score.score >= 0
