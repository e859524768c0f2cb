"""Candidates that were kept are asked again under the metric of now; each step is typed and its gain summed."""

import re
import shutil
import statistics
from contextlib import closing
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.errors import UserError
from seatrial.core.estimate import Estimate
from seatrial.records.iteration import Iterations, Step
from seatrial.reports.lines import WIDTH, plain
from seatrial.reports.runs import history as told
from seatrial.verbs.errors import errors, tag
from seatrial.verbs.iterations import iterations
from seatrial.verbs.project import Project
from seatrial.verbs.runs import compare


def edit(root, before, after):
    plan = root / "plan.yaml"
    assert before in plan.read_text()
    plan.write_text(plan.read_text().replace(before, after))


def trained(root):
    project = seatrial.open(root)
    project.train()
    return project


@pytest.fixture(scope="module")
def history(shop, tmp_path_factory):
    """The shop after a feature was dropped, then it came back with a new builder, then the metric changed."""
    root = shutil.copytree(shop, tmp_path_factory.mktemp("history") / "shop")
    edit(root, "drop: [clerk]", "drop: [clerk, hour]")
    edit(root, "  - benefit(hour) > 0\n", "")
    trained(root).close()
    edit(root, "drop: [clerk, hour]", "drop: [clerk]")
    code = root / "builders.py"
    code.write_text(code.read_text().replace("max_iter=500", "max_iter=500, C=0.5"))
    trained(root).close()
    edit(root, "optimize: recall", "optimize: balanced_accuracy")
    project = trained(root)
    yield project
    project.close()


def test_each_step_is_typed_by_what_changed_and_old_candidates_have_the_new_metric(history):
    found = iterations(history)
    assert found.metric == "balanced_accuracy"
    assert [each.kind for each in found.steps[:3]] == ["", "data-centric", "both"]
    assert "data.features.drop" in " ".join(found.steps[1].changed)
    assert any(each.startswith("code builders") for each in found.steps[2].changed)
    assert all(each.estimate is not None and each.estimate.measured for each in found.steps)
    assert all(each.estimate.n == found.rows for each in found.steps)


def test_a_step_that_takes_away_what_tells_is_worse_beyond_noise(history):
    lost, back = iterations(history).steps[1:3]
    assert lost.gain.high < 0 < back.gain.low


def test_two_candidates_of_the_past_are_paired_on_the_rows_of_now(history):
    first, second, *_ = iterations(history).steps
    found = compare(history, first.name, second.name)
    assert found.difference == second.gain
    assert found.iteration == second.kind


def test_another_metric_can_be_asked_for(history):
    found = iterations(history, metric="brier")
    assert (found.metric, found.higher_is_better) == ("brier", False)
    assert found.steps[1].gain.low > 0
    (loss,) = [each for each in found.sums if each.kind == "data-centric"]
    assert (loss.worse, loss.total < 0) == (1, True)


def test_a_turn_says_when_errors_were_looked_at_and_data_came(shop, tmp_path):
    root = shutil.copytree(shop, tmp_path / "shop")
    clock = ManualClock(datetime.now(UTC) + timedelta(days=1))
    with closing(Project(root, clock=clock)) as project:
        project.train()
        clock.advance(seconds=7200)
        worst = errors(project).worst[0]
        clock.advance(seconds=3600)
        tag(project, worst.id, ["rain"])
    orders = pl.read_csv(root / "orders.csv")
    orders.head(orders.height - 40).write_csv(root / "orders.csv")
    with closing(Project(root, clock=clock)) as project:
        clock.advance(seconds=4 * 3600)
        project.train()
        found = iterations(project)
    turn = found.steps[-1].turn
    assert found.steps[0].turn is None
    since_shop = turn.whole_s - 7 * 3600
    assert since_shop >= 0
    assert turn.looked_s == pytest.approx(since_shop + 2 * 3600)
    assert turn.data_s == pytest.approx(turn.whole_s)
    assert turn.fit_s > 0
    assert found.turn_s == statistics.median(each.turn.whole_s for each in found.steps[1:])
    assert max(map(len, plain(told(found)).splitlines())) <= WIDTH
    assert re.search(
        r"looked at after \d+\.\d h, other data was read after \d+\.\d h", plain(told(found))
    )


def test_a_metric_of_something_else_is_refused(history):
    with pytest.raises(UserError, match="no metric of the predictions"):
        iterations(history, metric="rows")


def test_a_candidate_that_was_trained_on_other_parts_is_not_measured(copy_of_shop):
    edit(copy_of_shop, "salt: a", "salt: b")
    project = trained(copy_of_shop)
    first, second = iterations(project).steps
    project.close()
    assert first.reason.startswith("the rows were split otherwise")
    assert (first.estimate, second.gain) == (None, None)
    assert second.estimate.measured


def test_a_candidate_whose_code_is_gone_has_the_answers_that_it_gave_and_no_others(copy_of_shop):
    code = copy_of_shop / "feats.py"
    code.write_text(code.read_text().replace("hour >= 17", "hour >= 18"))
    with closing(trained(copy_of_shop)) as project:
        assert iterations(project).steps[0].estimate.measured
    orders = pl.read_csv(copy_of_shop / "orders.csv")
    orders.with_columns(items=pl.col("items") + 1).write_csv(copy_of_shop / "orders.csv")
    with closing(trained(copy_of_shop)) as project:
        first = iterations(project).steps[0]
    assert "not the code" in first.reason
    assert first.estimate is None


def step(kind, low, high):
    gain = Estimate((low + high) / 2, low, high, 100, "paired")
    return Step("2026-01-01T00:00:00.000000Z", "a", "linear", kind, (), None, gain)


def test_gains_are_summed_by_kind_and_counted_beyond_noise():
    steps = (
        step("data-centric", 0.01, 0.03),
        step("model-centric", -0.01, 0.01),
        step("data-centric", -0.05, -0.01),
    )
    data, model = Iterations("recall", 100, higher_is_better=True, steps=steps).sums
    assert (data.steps, data.better, data.worse) == (2, 1, 1)
    assert data.total == pytest.approx(-0.01)
    assert (model.better, model.worse) == (0, 0)
    data, _ = Iterations("mae", 100, higher_is_better=False, steps=steps).sums
    assert (data.better, data.worse) == (1, 1)
    assert data.total == pytest.approx(0.01)
