"""Intervals for shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats import wilson, wilson_by_unit, wilson_clustered

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_a_wilson_interval_holds_its_share_and_stays_a_share(counts):
    estimate = wilson(*counts)
    assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0
    assert estimate.low < estimate.high


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # Newcombe (1998), Stat. Med. 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_published_wilson_interval_is_reproduced(hits, n, low, high):
    estimate = wilson(hits, n)
    assert estimate.low == pytest.approx(low, abs=5e-5)
    assert estimate.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(hits, n):
    with pytest.raises(ValueError, match="hits"):
        wilson(hits, n)


def test_rows_that_are_copies_count_once():
    once = np.tile([1, 1, 1, 0], 15)
    tenfold = wilson_clustered(once * 10, np.full(60, 10))
    alone = wilson(45, 60)
    assert tenfold.n == 600
    assert tenfold.high - tenfold.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_without_a_miss_clusters_are_still_not_taken_for_independent_rows():
    clustered = wilson_clustered(np.full(20, 30), np.full(20, 30))
    assert clustered.high == 1.0
    assert clustered.low < wilson(600, 600).low


def test_clusters_without_rows_change_nothing():
    full = wilson_clustered(np.array([3, 1, 2]), np.array([4, 4, 4]))
    assert full == wilson_clustered(np.array([3, 0, 1, 2]), np.array([4, 0, 4, 4]))


@pytest.mark.parametrize(("hits", "trials"), [([3], [4]), ([5, 1], [4, 4])])
def test_impossible_clusters_are_refused(hits, trials):
    with pytest.raises(ValueError, match="two clusters"):
        wilson_clustered(np.array(hits), np.array(trials))


def test_rows_of_units_that_are_alike_count_as_the_units():
    hits = np.repeat([True, True, False, True, False, True], 10)
    units = np.repeat(np.arange(6), 10)
    apart = wilson_by_unit(hits, np.arange(60))
    alike = wilson_by_unit(hits, units)
    assert apart == wilson(40, 60)
    assert alike == wilson_clustered(np.array([10, 10, 0, 10, 0, 10]), np.full(6, 10))
    assert alike.high - alike.low > 1.5 * (apart.high - apart.low)
