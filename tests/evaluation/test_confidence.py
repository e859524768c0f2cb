"""Calibration by bin and risk over coverage: what is drawn is what was asked, and perfect models look perfect."""

import numpy as np
import pytest

from seatrial.evaluation import Predictions, measure
from seatrial.evaluation.confidence import confidence, levels, reliability, risk_coverage


def stated(random, n=3000, *, shift=0.0, units=None):
    """Answers whose probabilities come true as often as they say, or ``shift`` less often."""
    chance = random.uniform(0.02, 0.98, n)
    truth = (random.random(n) < np.clip(chance - shift, 0, 1)).astype(np.int64)
    scores = np.column_stack([1 - chance, chance])
    own = np.arange(n) if units is None else units
    return Predictions(
        "binary", ("no", "yes"), scores, (chance >= 0.5).astype(np.int64), truth, own
    )


def blank(n=50):
    nothing = np.full((n, 2), np.nan)
    codes = np.arange(n) % 2
    return Predictions("binary", ("no", "yes"), nothing, codes, codes, np.arange(n))


def test_every_row_is_in_one_bin_and_the_bins_rise():
    found = reliability(stated(np.random.default_rng(1)))
    assert sum(each.observed.n for each in found) == 3000
    assert [each.stated for each in found] == sorted(each.stated for each in found)
    assert len(found) == 10


@pytest.mark.truth
def test_the_interval_of_a_bin_holds_what_was_stated_as_often_as_it_says():
    missed = total = 0
    for seed in range(40):
        for each in reliability(stated(np.random.default_rng(seed), n=1000), bins=5):
            total += 1
            missed += not each.observed.low <= each.stated <= each.observed.high
    assert missed / total < 0.09
    assert missed > 0


@pytest.mark.truth
def test_probabilities_that_are_too_high_lie_below_the_line():
    found = reliability(stated(np.random.default_rng(2), n=20_000, shift=0.15))
    assert all(each.observed.high < each.stated for each in found[2:])


def test_equal_probabilities_share_a_bin():
    scores = np.tile([[0.25, 0.75]], (100, 1))
    codes = np.ones(100, dtype=np.int64)
    same = Predictions("binary", ("no", "yes"), scores, codes, codes, np.arange(100))
    (only,) = reliability(same)
    assert (only.stated, only.observed.n) == (0.75, 100)
    assert len(risk_coverage(same)) == 1


def test_of_more_than_two_classes_it_is_how_often_the_decision_is_right():
    random = np.random.default_rng(3)
    scores = random.dirichlet([1.0, 1.0, 1.0], 900)
    decided = scores.argmax(axis=1)
    three = Predictions("multiclass", ("a", "b", "c"), scores, decided, decided, np.arange(900))
    assert all(each.observed.value == 1.0 for each in reliability(three))
    assert all(each.risk.value == 0.0 for each in risk_coverage(three))


def test_at_full_coverage_the_risk_is_that_of_all_rows():
    answers = stated(np.random.default_rng(4))
    first = risk_coverage(answers)[0]
    assert first.coverage.value == 1.0
    assert first.risk.value == pytest.approx(1 - measure("accuracy", answers).estimate.value)


def test_each_point_is_the_error_of_the_rows_that_are_sure_enough():
    answers = stated(np.random.default_rng(5))
    for each in risk_coverage(answers):
        kept = confidence(answers) >= each.confidence
        assert each.coverage.value == pytest.approx(kept.mean())
        assert each.risk.value == pytest.approx(answers.errors[kept].mean())
        assert each.risk.low <= each.risk.value <= each.risk.high


def test_the_surest_rows_of_good_probabilities_are_wrong_least_often():
    found = risk_coverage(stated(np.random.default_rng(6), n=10_000))
    risks = [each.risk.value for each in found]
    assert risks == sorted(risks, reverse=True)


def test_rows_of_one_unit_are_resampled_together():
    random = np.random.default_rng(7)
    alone = stated(random, n=600)
    twice = alone.take(np.repeat(np.arange(600), 4))
    wide = reliability(twice)[4].observed
    narrow = reliability(
        Predictions(
            "binary", twice.classes, twice.scores, twice.decided, twice.truth, np.arange(2400)
        )
    )[4].observed
    assert (wide.high - wide.low) > 1.7 * (narrow.high - narrow.low)


def test_a_rule_that_states_none_has_neither():
    assert reliability(blank()) == ()
    assert risk_coverage(blank()) == ()


def numbers(random, n=3000, *, stretch=1.0):
    """Answers that are true in the mean; with ``stretch`` above 1 they are too far from their middle."""
    mean = random.normal(100, 20, n)
    said = 100 + stretch * (mean - 100)
    return Predictions("regression", (), said, said, mean + random.normal(0, 10, n), np.arange(n))


def test_numbers_are_held_against_what_was_true_by_level():
    given = numbers(np.random.default_rng(1))
    found = levels(given)
    assert [each.said for each in found] == sorted(each.said for each in found)
    assert sum(each.true.n for each in found) == 3000
    low = np.argsort(given.decided)[:300]
    assert found[0].true.value == pytest.approx(given.truth[low].mean())
    assert found[0].off.value == pytest.approx(np.abs(given.errors[low]).mean())
    assert levels(stated(np.random.default_rng(1))) == ()


@pytest.mark.truth
def test_the_interval_of_a_level_holds_what_was_said_as_often_as_it_says():
    found = [
        each
        for seed in range(60)
        for each in levels(numbers(np.random.default_rng(seed), 500), bins=5)
    ]
    missed = sum(not each.true.low <= each.said <= each.true.high for each in found)
    assert 0 < missed / len(found) < 0.09


@pytest.mark.truth
def test_answers_that_go_too_far_lie_off_the_line_at_both_ends():
    first, *_, last = levels(numbers(np.random.default_rng(2), stretch=1.5))
    assert first.true.low > first.said
    assert last.true.high < last.said
