"""Likeness within clusters."""

import numpy as np
import pytest

from seatrial.stats import design_effect, intraclass_correlation


def test_a_published_correlation_is_reproduced():
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    targets = np.repeat(np.arange(6), 4)
    found = intraclass_correlation(ratings.ravel().astype(float), targets)
    assert found.value == pytest.approx(0.17, abs=0.005)  # Shrout and Fleiss (1979), ICC(1,1)
    assert found.low == pytest.approx(-0.13, abs=0.005)
    assert found.high == pytest.approx(0.72, abs=0.005)


@pytest.mark.truth
def test_a_planted_correlation_is_found_and_its_interval_covers():
    random = np.random.default_rng(2)
    clusters = np.repeat(np.arange(40), 10)
    held, values = [], []
    for _ in range(500):
        shared = random.normal(size=40)[clusters] * np.sqrt(0.2)
        found = intraclass_correlation(shared + random.normal(size=400) * np.sqrt(0.8), clusters)
        held.append(found.low <= 0.2 <= found.high)
        values.append(found.value)
    assert 0.93 <= np.mean(held) <= 0.97
    assert np.mean(values) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    ("values", "clusters"), [([1, 2, 3], [0, 0, 0]), ([1, 2, 3], [0, 1, 2]), ([1, 1, 1], [0, 0, 1])]
)
def test_what_says_nothing_of_likeness_is_not_measured(values, clusters):
    assert not intraclass_correlation(np.array(values, float), np.array(clusters)).measured


def test_rows_that_are_the_same_are_one_row():
    assert design_effect(1.0, np.array([8, 8])) == 8.0
