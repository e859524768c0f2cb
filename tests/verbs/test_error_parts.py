"""Tags on train, dev and production side by side; rows to collect for one, and what they gave."""

from contextlib import closing
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.core.errors import NotFoundError, UserError
from seatrial.reports.errors import apart
from seatrial.verbs.error_desk import Desk
from seatrial.verbs.errors import act, errors, tag, weigh
from seatrial.verbs.iterations import iterations
from seatrial.verbs.plan import lint
from seatrial.verbs.release import propose
from seatrial.verbs.slices import newest, slices


def tag_carriers(trial, part: str, *, right: bool = True) -> None:
    """Look at the whole sample of a part, and give each row its carrier."""
    for case in errors(trial.project, part=part).cases:
        if right or case.is_wrong:
            tag(trial.project, case.id, [case.fields["carrier"]], part=part)


def true_rate(trial, part: str, carrier: str) -> float:
    """Share of all rows of a part with a carrier that are answered wrongly."""
    desk = Desk(trial.project, part)
    rows = desk._rows.frame(["carrier"])["carrier"].to_numpy() == carrier
    return float(np.mean(desk.wrong[rows]))


def test_a_tag_is_compared_across_train_dev_and_production(trial) -> None:
    propose(trial.project, by="ann")
    trial.serve(1200, effect=-2.0)
    trial.serve(40, outcomes=False)  # never known, so nobody can say if they are wrong
    trial.clock.advance(days=2)
    for part in ("dev", "train", "production"):
        tag_carriers(trial, part)
    found = errors(trial.project)
    rates = {("dev", each.priority.tag): each.priority.error_rate for each in found.tags}
    for there in found.elsewhere:
        rates |= {(there.part, each.tag): each.error_rate for each in there.tags}
    assert set(rates) == {(p, c) for p in ("dev", "train", "production") for c in ("AA", "UA")}
    for (part, carrier), rate in rates.items():
        assert abs(rate.value - true_rate(trial, part, carrier)) < 2 * (rate.high - rate.low)
    train, production = found.elsewhere
    assert (train.part, production.part) == ("train", "production")
    assert production.is_kept
    assert production.rows == 1200
    for each in production.tags:  # the world there is the other way round
        assert each.is_apart
        assert each.less_dev.low > 0.1
        assert "collect them there" in apart(each.tag, "production", each.less_dev)
    assert found.to_json()["elsewhere"][1]["tags"][0]["less_dev"]["low"] > 0.1
    with pytest.raises(UserError, match="rule did not answer in production"):
        errors(trial.project, part="production", against="rule")
    assert errors(trial.project, part="train", against="rule").tags


def test_tags_of_one_part_are_no_figures_of_another(trial) -> None:
    tag_carriers(trial, "train")
    found = errors(trial.project)
    assert found.tags == ()
    assert found.seen == 0
    assert [each.less_dev for each in found.elsewhere[0].tags] == [None, None]


@pytest.mark.parametrize(
    ("part", "kind", "said"),
    [
        ("test", UserError, "worn out"),
        ("all", UserError, "there is no part 'all'"),
        ("production", NotFoundError, "nothing is released"),
    ],
)
def test_a_part_that_cannot_be_looked_at_is_a_sentence(trial, part, kind, said) -> None:
    with pytest.raises(kind, match=said):
        errors(trial.project, part=part)


def test_nothing_is_asked_that_is_not_on_file_unless_wanted(trial) -> None:
    before = len(list(trial.project.ledger.find("scores")))
    with pytest.raises(NotFoundError, match="not asked about train yet"):
        errors(trial.project, part="train", look=False)
    assert len(list(trial.project.ledger.find("scores"))) == before
    errors(trial.project, part="train")
    assert errors(trial.project, part="train", look=False).rows == 3600


def test_no_outcome_is_known_yet(trial) -> None:
    propose(trial.project, by="ann")
    trial.serve(20, outcomes=False)
    with pytest.raises(NotFoundError, match="no outcome of release 1 is known yet"):
        errors(trial.project, part="production")
    trial.serve(20)
    with pytest.raises(NotFoundError, match="no outcome of release 1 has had its time yet"):
        errors(trial.project, part="production")


def test_rows_that_were_collected_for_a_tag_are_counted_and_their_effect_is_measured(trial) -> None:
    tag_carriers(trial, "dev")
    wanted = act(trial.project, "AA", "collect", by="ada", reason="half of the errors")
    share = next(each for each in errors(trial.project).tags if each.priority.tag == "AA")
    assert wanted >= share.priority.share_of_data.value * 6000
    assert (share.action.rows, share.action.came, share.action.change) == (wanted, 0, None)

    path = trial.root / "arrivals.parquet"
    held = pl.read_parquet(path)
    at = [datetime(2026, 4, 1) + timedelta(minutes=20 * place) for place in range(300)]  # noqa: DTZ001
    more = held.tail(300).with_columns(pl.Series("id", np.arange(6000, 6300)), pl.Series("at", at))
    pl.concat([held, more]).write_parquet(path)
    trial.open().train()
    action = next(each for each in errors(trial.project).tags if each.priority.tag == "AA").action
    assert action.came == 300
    assert action.change.measured
    assert action.change.low - 0.1 < 0 < action.change.high + 0.1  # which rows are drawn is random

    trial.clock.advance(days=1)
    tag_carriers(
        trial, "dev"
    )  # rows that were drawn by the new candidate's errors tell nothing of the old
    found = errors(trial.project)
    again = next(each for each in found.tags if each.priority.tag == "AA").action
    assert again.change == action.change
    assert sum(each.is_seen for each in found.cases) == len(found.cases)


@pytest.mark.parametrize(
    ("action", "rows", "said"),
    [
        ("features", 10, "collects no rows"),
        ("collect", 0, "must be 1 or more"),
        ("collect", None, "how many rows of 'AA' there are is not known"),
    ],
)
def test_a_request_that_says_nothing_is_refused(trial, action, rows, said) -> None:
    tag_carriers(trial, "dev", right=False)
    with pytest.raises(UserError, match=said):
        act(trial.project, "AA", action, by="ada", reason="x", rows=rows)
    assert act(trial.project, "AA", "collect", by="ada", reason="x", rows=40) == 40


NUMBERS = """\
version: 1
project: numbers
task: {kind: regression, target: y}
data:
  sources: {rows: {uri: rows.csv}}
  key: id
  features: {drop: [told]}
train: {candidates: [linear]}
optimize: mae
claims: [mae <= 9]
"""


def test_of_numbers_an_action_is_followed_up_by_the_error_in_their_unit(tmp_path) -> None:
    random = np.random.default_rng(4)
    x, told = random.normal(size=(2, 1500))
    columns = {"id": np.arange(1500), "x": x, "told": told}
    frame = pl.DataFrame({**columns, "y": x + 3 * told + random.normal(0, 0.1, 1500)})
    frame.write_csv(tmp_path / "rows.csv")
    plan = tmp_path / "plan.yaml"
    plan.write_text(NUMBERS)
    with closing(seatrial.open(tmp_path)) as project:
        project.train()
        for case in errors(project).cases:
            tag(project, case.id, ["far"] if case.is_wrong else [])
        act(project, "far", "features", by="ada", reason="what was told is at hand")
    plan.write_text(NUMBERS.replace("drop: [told]", "drop: []"))
    with closing(seatrial.open(tmp_path)) as project:
        project.train()
        tags = errors(project).tags
        off = np.abs(Desk(project, "dev").answers.errors)
        on_train = np.abs(Desk(project, "train").answers.errors)
        assert errors(project, part="train").wrong == (on_train > np.quantile(off, 0.8)).sum()
    change = next(each for each in tags if each.priority.tag == "far").action.change
    assert -8 < change.low < change.high < -2


def test_held_against_itself_a_candidate_has_no_room_in_any_tag(trial) -> None:
    tag_carriers(trial, "dev")
    for each in errors(trial.project, against="linear").tags:
        assert each.priority.gain.value == pytest.approx(0, abs=1e-9)


def test_of_a_few_rows_no_order_is_told(trial) -> None:
    wrong, right = (
        next(each for each in errors(trial.project).cases if each.is_wrong is kind)
        for kind in (True, False)
    )
    tag(trial.project, wrong.id, ["noisy"])
    tag(trial.project, right.id, ["old"])
    found = errors(trial.project)
    assert len(found.tags) == 2
    assert found.order is None


def test_what_was_said_of_a_tag_stays_until_it_is_said_otherwise(trial) -> None:
    tag(trial.project, errors(trial.project).cases[0].id, ["noisy"])
    weigh(trial.project, "noisy", ease=5, importance=None, reason="a filter is at hand")
    weigh(trial.project, "noisy", ease=None, importance=2, reason="few hear it")
    (found,) = errors(trial.project).tags
    assert (found.ease, found.importance) == (5, 2)
    with pytest.raises(UserError, match="nothing is said of it"):
        weigh(trial.project, "noisy", ease=None, importance=None, reason="x")
    with pytest.raises(UserError, match="can't be printed"):
        tag(trial.project, errors(trial.project).cases[0].id, ["\x1b[31mred"])


def test_a_search_of_an_older_candidate_is_not_shown_as_this_ones(trial) -> None:
    found = slices(trial.project, metric="accuracy")
    kept = errors(trial.project).candidate
    assert newest(trial.project, kept).digest == found.digest
    assert newest(trial.project, "0" * 6) is None
    slices(trial.project, metric="accuracy", least=100_000)
    assert newest(trial.project, kept).digest == found.digest


def test_rows_that_are_named_by_number_tell_nothing_of_older_candidates_once_some_are_gone(
    tmp_path,
) -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=1500)
    frame = pl.DataFrame({"x": x, "told": x, "y": x + random.normal(0, 0.1, 1500)})
    frame.write_csv(tmp_path / "rows.csv")
    (tmp_path / "plan.yaml").write_text(NUMBERS.replace("key: id", "key: row"))
    with closing(seatrial.open(tmp_path)) as project:
        project.train()
        assert "rows are named by their number" in {each.fact for each in lint(project)}
    frame.tail(1400).write_csv(tmp_path / "rows.csv")
    with closing(seatrial.open(tmp_path)) as project:
        project.train()
        first, last = iterations(project).steps
    assert first.reason.startswith("rows are named by their number, and some are gone")
    assert last.estimate.measured
