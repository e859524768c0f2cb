"""Distances and their p-values, against SciPy."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from seatrial.stats import distances

COUNTS = (np.array([16, 18, 16, 14, 12, 12]), np.array([16, 16, 16, 16, 16, 8]))


def test_chi_square_is_that_of_the_contingency_table():
    assert distances.chi_square_p(*COUNTS) == pytest.approx(0.8985, abs=5e-5)
    assert distances.chi_square_p(*COUNTS) == pytest.approx(stats.chi2_contingency(COUNTS).pvalue)


def test_rare_groups_are_pooled():
    first, second = np.array([500, 480, 1, 2, 3]), np.array([510, 470, 2, 1, 3])
    pooled = np.array([[500, 480, 6], [510, 470, 6]])
    expected = stats.chi2_contingency(pooled).pvalue
    assert distances.chi_square_p(first, second) == pytest.approx(expected)


def test_a_design_effect_takes_rows_away():
    first, second = np.array([60, 40]), np.array([40, 60])
    assert distances.chi_square_p(first, second) < 0.01
    assert distances.chi_square_p(first, second, design=5.0) > 0.1


def test_the_kolmogorov_smirnov_distance_and_its_p_are_scipys():
    random = np.random.default_rng(0)
    first, second = random.integers(0, 30, 900), random.integers(0, 28, 700)
    counts = [np.bincount(each, minlength=30) for each in (first, second)]
    found = distances.kolmogorov_smirnov(*counts)
    oracle = stats.ks_2samp(first, second, method="asymp")
    assert found == pytest.approx(oracle.statistic)
    asymptotic = stats.kstwobign.sf(found * np.sqrt(900 * 700 / 1600))
    assert distances.kolmogorov_p(found, 900, 700) == pytest.approx(asymptotic, rel=1e-9)


@pytest.mark.parametrize("distance", [0.0, 0.001, 0.5, 1.0])
def test_a_p_value_is_a_probability(distance):
    assert 0.0 <= distances.kolmogorov_p(distance, 1_000, 1_000) <= 1.0


def test_jensen_shannon_is_to_base_2():
    expected = jensenshannon(*COUNTS, base=2)
    assert distances.jensen_shannon(*COUNTS) == pytest.approx(expected)


def test_population_stability_is_the_divergence_both_ways():
    p, q = (each / each.sum() for each in COUNTS)
    both = stats.entropy(p, q) + stats.entropy(q, p)
    assert distances.population_stability(*COUNTS) == pytest.approx(both)


def test_an_empty_group_costs_no_infinity():
    assert distances.population_stability(np.array([100, 0]), np.array([92, 8])) == pytest.approx(
        0.54, abs=0.01
    )


@pytest.mark.parametrize("table", [(0, 1000, 12, 1000), (3, 10_000, 9, 2_000), (10, 1000, 12, 900)])
def test_rare_rates_are_compared_as_by_fishers_exact_test(table):
    hits, n, other, other_n = table
    exact = stats.fisher_exact([[hits, n - hits], [other, other_n - other]]).pvalue
    assert distances.rates_p(*table) == pytest.approx(exact, rel=1.2, abs=0.1)
    assert (distances.rates_p(*table) < 0.01) == (exact < 0.01)


def test_common_rates_are_compared_with_yates_correction():
    oracle = stats.chi2_contingency([[300, 700], [360, 640]]).pvalue
    assert distances.rates_p(300, 1000, 360, 1000) == pytest.approx(oracle)


def test_equal_certainties_are_no_difference():
    assert distances.rates_p(0, 10, 0, 20) == 1.0
    assert distances.rates_p(10, 10, 20, 20) == 1.0
