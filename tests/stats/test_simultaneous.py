"""Gap, ratio and worst over groups."""

import numpy as np
import pytest
from scipy.stats import norm, studentized_range

from seatrial.stats import SHARE, Summary, correlation, gap, ratio, simultaneous, wilson, worst


def shares(*hits, n=100):
    return [
        Summary(k / n, k / n * (1 - k / n) / n, n, n, n, SHARE, is_share=True, df=None, worth=n)
        for k in hits
    ]


@pytest.mark.parametrize("groups", [1, 2, 4, 10])
def test_the_band_over_independent_groups_is_sidaks(groups):
    exact = norm.isf((1 - 0.95 ** (1 / groups)) / 2)
    assert simultaneous.band(np.eye(groups), df=None) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(("groups", "df"), [(3, 20), (6, 60)])
def test_the_band_over_all_pairs_is_tukeys(groups, df):
    exact = studentized_range.ppf(0.95, groups, df) / np.sqrt(2)
    found = simultaneous.band(np.eye(groups), df=df, pairs=np.ones(groups))
    assert found == pytest.approx(exact, abs=0.04)


def test_every_spread_holds_its_value():
    groups = shares(90, 70, 80)
    for found, value in (
        (gap(groups, np.eye(3)), 0.2),
        (ratio(groups, np.eye(3)), 7 / 9),
        (worst(groups, np.eye(3), higher_is_better=True), 0.7),
        (worst(groups, np.eye(3), higher_is_better=False), 0.9),
    ):
        assert found.value == pytest.approx(value)
        assert found.low < value < found.high
        assert found.n == 300


def test_the_worst_is_no_worse_than_the_worst_end_of_a_group_alone():
    groups = shares(90, 70, 80)
    found = worst(groups, np.eye(3), higher_is_better=True)
    assert found.low == pytest.approx(wilson(70, 100).low)
    assert found.high > wilson(70, 100).high


def test_equal_groups_have_no_proven_gap():
    assert gap(shares(80, 80, 80), np.eye(3)).low == 0.0
    assert ratio(shares(80, 80, 80), np.eye(3)).high == 1.0


def test_a_gap_of_groups_that_err_together_is_known_better():
    apart = gap(shares(60, 80), np.eye(2))
    together = gap(shares(60, 80), np.array([[1.0, 0.9], [0.9, 1.0]]))
    assert together.high - together.low < (apart.high - apart.low) / 2


def test_a_group_without_a_single_hit_has_a_ratio_of_0_with_room_above():
    found = ratio(shares(0, 50), np.eye(2))
    assert found.value == 0.0
    assert found.low == 0.0
    assert 0.02 < found.high < 0.3


def test_a_ratio_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        ratio(shares(0, 0), np.eye(2))


def test_the_correlation_in_blocks_is_that_in_one_piece(monkeypatch):
    random = np.random.default_rng(3)
    influences = [random.normal(size=size) for size in (70, 50, 90)]
    clusters = [random.integers(0, 40, size=len(part)) for part in influences]
    whole = correlation(influences, clusters)
    monkeypatch.setattr(simultaneous, "_CELLS", 12)
    assert np.allclose(correlation(influences, clusters), whole)
