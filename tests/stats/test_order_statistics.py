"""Intervals for quantiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from seatrial.stats import quantile


@given(st.integers(8, 3000), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_the_ranks_are_the_narrowest_that_the_binomial_allows(n, q):
    estimate = quantile(np.arange(1, n + 1), q)
    if not estimate.measured:
        assert max(q, 1 - q) ** n > 0.025
        return
    low, high = int(estimate.low), int(estimate.high)
    assert binom.cdf(low - 1, n, q) <= 0.025 < binom.cdf(low, n, q)
    assert binom.sf(high - 1, n, q) <= 0.025 < binom.sf(high - 2, n, q)


@pytest.mark.truth
def test_the_interval_of_a_quantile_covers():
    random = np.random.default_rng(1)
    held = [
        found.low <= np.log(10.0) <= found.high
        for found in (quantile(random.exponential(size=200), 0.9) for _ in range(1000))
    ]
    assert 0.94 <= np.mean(held) <= 0.98


def test_too_few_values_are_not_measured_and_say_how_many_would_do():
    assert quantile(np.arange(367), 0.99).method == "p99 needs at least 368 values"
    assert quantile(np.arange(368), 0.99).measured


@pytest.mark.parametrize("q", [0.0, 1.0, 99])
def test_a_quantile_outside_its_range_is_refused(q):
    with pytest.raises(ValueError, match="q and confidence"):
        quantile([1.0], q)
