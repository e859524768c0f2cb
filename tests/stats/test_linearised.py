"""Intervals by influence, and what clusters know of their own spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as oracle

from seatrial.stats import (
    AT_MOST_ONE,
    CORRELATION,
    POSITIVE,
    REAL,
    SHARE,
    Linear,
    Summary,
    critical,
    difference,
    ends,
    interval,
    summarise,
)
from seatrial.stats.clustered import cluster_variance


def mean(values, scale=REAL):
    return Linear(float(values.mean()), (values - values.mean()) / len(values), scale=scale)


def test_a_mean_of_independent_normal_rows_has_students_interval():
    values = np.linspace(-2, 2, 25)  # flatter than normal, so no degree of freedom is lost
    found = interval(summarise(mean(values), np.arange(25)))
    exact = oracle.ttest_1samp(values, 0.0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_a_paired_difference_of_means_has_students_paired_interval():
    first, second = np.linspace(0, 3, 30), np.linspace(0, 2, 30) ** 1.1
    found = difference(mean(first), mean(second), np.arange(30))
    exact = oracle.ttest_rel(first, second).confidence_interval()
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-6)


@given(
    st.sampled_from([SHARE, CORRELATION, POSITIVE, AT_MOST_ONE, REAL]),
    st.floats(0, 1),
    st.floats(0, 10),
    st.floats(0.1, 5),
)
def test_every_interval_holds_its_value_and_stays_on_its_scale(scale, value, variance, deviate):
    summary = Summary(value, variance, 9, 20, 20, scale, is_share=False, df=8, worth=20)
    low, high = ends(summary, deviate)
    assert scale.low <= low <= value <= high <= scale.high


def test_one_unit_alone_is_not_measured():
    found = interval(summarise(mean(np.array([1.0, 2.0])), np.array([5, 5])))
    assert "all relevant rows belong to one unit" in found.method


def test_the_same_answers_twice_still_leave_room_for_a_difference():
    share = Linear(0.5, np.tile([0.01, -0.01], 25), is_share=True)
    found = difference(share, share, np.arange(50))
    assert found.value == 0.0
    assert found.low < -0.03 < 0.03 < found.high


def test_a_variance_that_a_few_clusters_make_up_is_known_less_well():
    even = cluster_variance(np.tile([1.0, -1.0], 20), np.ones(40, int), independent=40.0)
    one = np.array([1.0, *[-1 / 39] * 39])
    assert even.df == 39
    assert cluster_variance(one, np.ones(40, int), independent=1.0).df < 3


def test_the_variance_of_clusters_is_drawn_up_as_far_as_the_data_allow():
    sums = np.tile([1.0, -1.0], 20)
    found = 40.0 * 40 / 39
    drawn = cluster_variance(sums, np.full(40, 21), independent=40.0).variance
    assert found < drawn < 3 * found
    contradicted = cluster_variance(sums, np.full(40, 100_000), independent=40.0).variance
    assert contradicted < 1.6 * found


def test_a_variance_above_the_ordinary_is_left_alone():
    sums = np.tile([1.0, -1.0], 20)
    found = cluster_variance(sums, np.full(40, 21), independent=1.0)
    assert found.variance == pytest.approx(40.0 * 40 / 39)


@pytest.mark.parametrize(("confidence", "df"), [(1.0, None), (0.0, 3), (0.95, 0)])
def test_critical_values_that_do_not_exist_are_refused(confidence, df):
    with pytest.raises(ValueError, match="must"):
        critical(confidence, df)
