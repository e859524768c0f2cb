"""The room to improve of each tag: the known example, intervals that cover, an order that is not settled."""

import numpy as np
import pytest

from seatrial.core.estimate import Estimate
from seatrial.evaluation.priorities import (
    Priority,
    Sample,
    difference,
    mean_of_tag,
    order,
    priorities,
    room,
    rows_to_collect,
    rows_to_see,
    stands_apart,
)
from seatrial.stats import wilson

EXAMPLE = {
    "clean speech": (94, 95, 60, 0.6),
    "car noise": (89, 93, 4, 0.16),
    "people noise": (87, 89, 30, 0.6),
    "low bandwidth": (70, 70, 6, 0.0),
}
"""Accuracy, that of people, share of the data, and the gain in points."""


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value, 1, "exact")


@pytest.mark.parametrize("tag", EXAMPLE)
def test_the_known_example_is_reproduced(tag: str) -> None:
    ours, people, share, gain = EXAMPLE[tag]
    found = room(exactly(ours / 100), exactly(people / 100), exactly(share / 100))
    assert found.value == pytest.approx(gain)
    assert (found.low, found.high) == pytest.approx((gain, gain))
    assert found.unit == "points"


@pytest.mark.parametrize("tag", EXAMPLE)
def test_the_known_example_has_the_interval_that_a_sample_allows(tag: str) -> None:
    ours, people, share, gain = EXAMPLE[tag]
    widths = []
    for n in (100, 10_000):
        of_tag = n * share // 100
        found = room(
            wilson(round(of_tag * ours / 100), of_tag),
            wilson(round(of_tag * people / 100), of_tag),
            wilson(n * share // 100, n),
        )
        assert found.low <= gain <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 5


@pytest.mark.truth
def test_the_interval_of_a_gain_covers() -> None:
    rng = np.random.default_rng(0)
    covered = {"gain": 0, "share_of_data": 0, "share_of_errors": 0, "error_rate": 0}
    rate, in_wrong, in_right, people = 0.12, 0.35, 0.15, 0.05
    share = rate * in_wrong + (1 - rate) * in_right
    truth = {
        "gain": 100 * (rate * in_wrong - people * share),
        "share_of_data": share,
        "share_of_errors": in_wrong,
        "error_rate": rate * in_wrong / share,
    }
    wrong = np.repeat([True, False], [100, 100])
    for _ in range(1000):
        mask = rng.random(200) < np.where(wrong, in_wrong, in_right)
        found = priorities({"tag": mask}, Sample(wrong, 1200, 8800), {"tag": exactly(people)})[0]
        for name, value in truth.items():
            estimate = getattr(found, name)
            covered[name] += estimate.low <= value <= estimate.high
    assert all(each >= 930 for each in covered.values()), covered


@pytest.mark.truth
def test_an_order_is_called_settled_wrongly_in_few_samples() -> None:
    rng = np.random.default_rng(1)
    wrong = np.repeat([True, False], [100, 100])
    settled = 0
    for _ in range(1000):
        one, two = (rng.random(200) < np.where(wrong, 0.3, 0.1) for _ in range(2))
        first, second = sorted((one, two), key=lambda mask: -mask[wrong].sum())
        settled += order(first, second, Sample(wrong, 1200, 8800), (0.0, 0.0)).is_settled
    assert settled <= 70


def test_an_order_that_is_not_settled_says_how_many_more_rows_would_settle_it() -> None:
    wrong = np.ones(100, dtype=bool)
    first, second = np.arange(100) < 40, (np.arange(100) >= 40) & (np.arange(100) < 70)
    found = order(first, second, Sample(wrong, 500, 9500), (0.0, 0.0))
    assert not found.is_settled
    again = np.tile(first, 4), np.tile(second, 4)
    assert 100 < found.more + 100 <= 400
    assert order(*again, Sample(np.ones(400, bool), 500, 9500), (0.0, 0.0)).is_settled


def test_tags_that_are_alike_are_never_settled() -> None:
    mask = np.arange(100) < 40
    found = order(mask, mask, Sample(np.ones(100, bool), 500, 9500), (0.0, 0.0))
    assert (found.is_settled, found.more) == (False, None)


def test_a_share_that_is_known_everywhere_is_not_estimated() -> None:
    wrong = np.ones(100, dtype=bool)
    found = priorities(
        {"night": np.arange(100) < 30}, Sample(wrong, 500, 9500), {}, everywhere={"night": 0.2}
    )[0]
    assert found.share_of_data.value == found.share_of_data.low == 0.2
    assert found.error_rate.value == pytest.approx(0.05 * 0.3 / 0.2)


def test_a_tag_that_is_ahead_of_the_reference_has_no_room() -> None:
    found = room(exactly(0.95), exactly(0.9), exactly(0.5))
    assert found.value == 0.0


def test_without_a_look_at_right_answers_the_share_of_the_data_is_not_known() -> None:
    found = priorities({"a": np.ones(50, bool)}, Sample(np.ones(50, bool), 50, 950), {})[0]
    assert found.share_of_data.method == "no right answer was looked at"
    assert found.gain.value == pytest.approx(5.0)


def error_rate_of(random: np.random.Generator, within: float):
    """Error rate of a tag that 20 % of 5,000 rows have, from 100 wrong and 100 right answers."""
    tagged = random.random(5000) < 0.2
    is_wrong = random.random(5000) < np.where(tagged, within, 0.1)
    drawn = [
        random.choice(np.flatnonzero(each), 100, replace=False) for each in (is_wrong, ~is_wrong)
    ]
    mask = tagged[np.concatenate(drawn)]
    sample = Sample(np.repeat([True, False], 100), int(is_wrong.sum()), int((~is_wrong).sum()))
    return priorities({"tag": mask}, sample, {})[0].error_rate


@pytest.mark.truth
def test_a_tag_that_is_as_wrong_elsewhere_seldom_differs_and_one_that_is_not_does() -> None:
    random = np.random.default_rng(2)
    pairs = [(error_rate_of(random, 0.2), error_rate_of(random, 0.2)) for _ in range(500)]
    false = [difference(one, two) for one, two in pairs]
    assert sum(each.low > 0 or each.high < 0 for each in false) <= 25
    among_ten = [any(stands_apart(each, among=10) for each in false[i::50]) for i in range(50)]
    assert sum(among_ten) <= 5
    planted = [difference(error_rate_of(random, 0.6), one) for one, _ in pairs]
    assert sum(each.low > 0 for each in planted) >= 475


@pytest.mark.truth
def test_half_of_the_errors_gone_is_seen_on_as_many_rows_as_it_takes() -> None:
    from scipy.stats import binomtest

    random, change = np.random.default_rng(3), 0.1
    rows = rows_to_see(change)
    better = random.binomial(rows, change, size=2000)
    seen = [each > 0 and binomtest(int(each), int(each)).pvalue < 0.05 for each in better]
    assert 0.75 <= np.mean(seen) <= 0.85


@pytest.mark.parametrize(
    ("share", "rate", "wanted"),
    [
        (0.1, 0.5, 1000),  # as many as there are: dev has 200 of them, more than it takes
        (0.002, 0.2, 365),  # dev has 4 and needs 77, and gets a fifth of what is collected
        (0.0, 0.2, None),
        (0.1, 0.0, None),
    ],
)
def test_rows_to_collect_double_the_tag_and_let_dev_tell(share, rate, wanted) -> None:
    found = Priority("x", 9, exactly(0.1), exactly(rate), exactly(share), exactly(1.0))
    assert rows_to_collect(found, rows=10_000, on_dev=2_000, dev=0.2) == wanted


@pytest.mark.truth
@pytest.mark.parametrize("turned", [0.15, 0.03, 0.01])
def test_a_candidate_that_changes_nothing_is_not_said_to_by_rows_half_of_which_were_wrong(
    turned,
) -> None:
    """Wrong answers are drawn as often as right ones, so a plain mean over them would fall by itself."""
    random, covered, found = np.random.default_rng(5), 0, []
    for _ in range(400):
        was = random.random(4000) < 0.15
        chance = np.where(was, 0.85, 0.15) * turned / 0.15  # as many one way as the other
        now = was ^ (random.random(4000) < chance)
        tagged = random.random(4000) < 0.5
        drawn = np.concatenate(
            [random.choice(np.flatnonzero(each), 100, replace=False) for each in (was, ~was)]
        )
        sample = Sample(was[drawn], int(was.sum()), int((~was).sum()))
        moved = now[drawn].astype(float) - was[drawn]
        estimate = mean_of_tag(tagged[drawn], sample, moved)
        truth = (now[tagged].astype(float) - was[tagged]).mean()
        covered += estimate.low <= truth <= estimate.high
        found.append(estimate.value - truth)
    assert covered >= 370
    assert abs(np.mean(found)) < 0.01


def test_of_a_tag_without_right_answers_no_mean_is_known() -> None:
    wrong = np.ones(5, dtype=bool)
    assert not mean_of_tag(wrong, Sample(wrong, 5, 95), wrong.astype(float)).measured


@pytest.mark.parametrize(("rows", "is_there"), [(40, False), (40_000, True)])
def test_more_rows_are_asked_for_only_where_there_are_so_many(rows, is_there) -> None:
    random, wrong = np.random.default_rng(6), np.repeat([True, False], [15, 15])
    first = wrong & (random.random(30) < 0.5)
    second = wrong & ~first & (np.cumsum(wrong & ~first) < first.sum())
    found = order(first, second, Sample(wrong, rows // 2, rows // 2), (0.0, 0.0))
    assert not found.is_settled
    assert (found.more is not None) is is_there


@pytest.mark.parametrize(("wrong", "right", "allowed"), [(1, 5, 0.0), (9, 1, 0.1)])
def test_of_too_few_rows_no_order_is_told(wrong, right, allowed) -> None:
    is_wrong = np.repeat([True, False], [wrong, right])
    tags = is_wrong, ~is_wrong
    assert order(*tags, Sample(is_wrong, 50, 950), (allowed, 0.0)) is None
