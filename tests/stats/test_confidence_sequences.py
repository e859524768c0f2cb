"""Intervals that hold at every look together."""

import math

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from seatrial.stats import quantile_sequence, rate_sequence, ratio_sequence, wilson

LOOKS = np.unique(np.geomspace(5, 5_000, 40).astype(int)).tolist()


@pytest.mark.parametrize(("hits", "n"), [(0, 30), (3, 40), (40, 40), (500, 900)])
def test_its_ends_are_where_the_mixture_is_20_times_as_likely(hits, n):
    found = rate_sequence(hits, n)
    mixture = betabinom.pmf(hits, n, 0.5, 0.5)
    for end in (found.low, found.high):
        ratio = mixture / binom.pmf(hits, n, end)
        assert ratio == pytest.approx(20.0, rel=1e-6) or end in {0.0, 1.0}


def test_it_is_wider_than_an_interval_for_one_look():
    once, always = wilson(450, 500), rate_sequence(450, 500)
    assert always.low < once.low
    assert once.high < always.high


def test_a_range_of_its_own_is_the_unit_range_stretched():
    plain, stretched = rate_sequence(30, 40), rate_sequence(20, 40, low=-1.0)
    assert stretched.value == 0.5
    assert (stretched.low, stretched.high) == pytest.approx((2 * plain.low - 1, 2 * plain.high - 1))


def test_nothing_seen_is_nothing_measured():
    assert not rate_sequence(0, 0).measured
    assert not ratio_sequence([5], [10]).measured
    assert not ratio_sequence([5, 0], [10, 0]).measured
    assert not quantile_sequence([1.0, 2.0], 0.99).measured
    assert not quantile_sequence([], 0.5).measured


def test_a_sum_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="can't be the sum"):
        rate_sequence(11, 10)


def test_alike_rows_widen_it():
    sizes = [100] * 20
    alike = ratio_sequence([90, 30] * 10, sizes)
    unlike = ratio_sequence([62, 58] * 10, sizes)
    assert alike.high - alike.low > 2 * (unlike.high - unlike.low)


@pytest.mark.truth
@pytest.mark.parametrize("rate", [0.01, 0.3])
def test_a_rate_is_covered_at_all_looks_in_95_of_100(rate):
    random = np.random.default_rng(1)
    hits = (random.random((200, LOOKS[-1])) < rate).cumsum(axis=1)
    covered = [
        all((found := rate_sequence(int(each[n - 1]), n)).low <= rate <= found.high for n in LOOKS)
        for each in hits
    ]
    assert np.mean(covered) >= 0.95


@pytest.mark.truth
@pytest.mark.parametrize(("rate", "alike"), [(0.6, 0.1), (0.9, 0.2), (0.02, 0.05)])
def test_a_ratio_over_days_is_covered_from_the_fourth_on_in_93_of_100(rate, alike):
    random = np.random.default_rng(2)
    worth, days = 1.0 / alike - 1.0, 90
    looks = [*range(4, 30), *range(30, days + 1, 6)]
    missed = 0
    for _ in range(150):
        sizes = random.poisson(100, days) + 1
        hits = random.binomial(sizes, random.beta(rate * worth, (1 - rate) * worth, days))
        found = (ratio_sequence(hits[:day], sizes[:day]) for day in looks)
        missed += any(not each.low <= rate <= each.high for each in found)
    assert missed / 150 <= 0.07


@pytest.mark.truth
def test_a_p99_is_covered_at_all_looks_in_95_of_100():
    random = np.random.default_rng(3)
    truth = math.exp(2.3263478740408408)
    missed = 0
    for values in random.lognormal(size=(100, 3_000)):
        found = (quantile_sequence(values[:n], 0.99) for n in (300, 500, 1_000, 2_000, 3_000))
        missed += any(each.measured and not each.low <= truth <= each.high for each in found)
    assert missed / 100 <= 0.05
