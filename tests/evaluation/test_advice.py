"""What helps to read an estimate: likeness of rows, and rows that would settle it."""

import numpy as np
import pytest

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation import Predictions, alike, rows_to_settle
from seatrial.stats import wilson


@pytest.mark.truth
def test_rows_that_are_alike_are_found_and_others_raise_no_alarm():
    random = np.random.default_rng(5)
    days = np.repeat(np.arange(60), 20)
    wrong = {"alike": [], "apart": []}
    for _ in range(300):
        chance = random.beta(2, 8, 60)[days]
        wrong["alike"].append(alike((random.random(1200) < chance).astype(float), days).low > 0)
        wrong["apart"].append(alike((random.random(1200) < 0.2).astype(float), days).low > 0)
    assert np.mean(wrong["alike"]) > 0.95
    assert np.mean(wrong["apart"]) < 0.05


def test_rows_of_no_day_are_left_out():
    errors, days = np.array([0.0, 0.1, 1.0, 0.9, 5.0]), np.array([0, 0, 1, 1, -1])
    assert alike(errors, days) == alike(errors[:4], days[:4])


def test_errors_are_wrong_decisions_or_signed_distances():
    codes = np.array([0, 1, 1])
    decisions = Predictions(
        "binary", ("n", "y"), np.eye(2)[codes], codes, codes[::-1], np.arange(3)
    )
    assert decisions.errors.tolist() == [1.0, 0.0, 1.0]
    given, truth = np.array([2.0, 3.0]), np.array([2.5, 1.0])
    numbers = Predictions("regression", (), given, given, truth, np.arange(2))
    assert numbers.errors.tolist() == [-0.5, 2.0]


@pytest.mark.parametrize("bound", [0.72, 0.83])
def test_so_many_rows_do_settle_it(bound):
    few = wilson(78, 100)
    needed = rows_to_settle(few, bound)
    many = wilson(round(0.78 * needed * 1.05), round(needed * 1.05))
    assert needed > 100
    assert many.low > bound or many.high < bound


def test_what_is_settled_needs_no_more_rows():
    assert rows_to_settle(wilson(90, 100), 0.5) <= 100


@pytest.mark.parametrize(
    "estimate", [not_measured("no rows"), Estimate(0.5, 0.4, 0.6, 100, "wilson-95")]
)
def test_no_number_of_rows_settles_a_value_on_its_bound(estimate):
    assert rows_to_settle(estimate, 0.5) is None
