"""A share taken apart into what each unit adds comes together again as the share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.evaluation import Predictions, measure
from seatrial.evaluation.question import Question
from seatrial.evaluation.terms import terms

COSTS = {"false_negative": 3.0, "false_positive": 1.0}
SHARES = [
    "accuracy",
    "recall",
    "specificity",
    "precision",
    "false_positive_rate",
    "false_negative_rate",
    "selection_rate",
    "prevalence",
    "coverage",
]


def answers(seed: int, rows: int = 60, units: int = 9) -> tuple[Predictions, Predictions]:
    """Two candidates' answers to the same rows."""
    random = np.random.default_rng(seed)
    truth, unit = random.integers(0, 2, rows), random.integers(0, units, rows)

    def said() -> Predictions:
        yes = random.random(rows)
        scores = np.stack([1 - yes, yes], axis=1)
        return Predictions("binary", ("no", "yes"), scores, (yes > 0.5).astype(int), truth, unit)

    return said(), said()


@pytest.mark.parametrize("metric", [*SHARES, "expected_cost"])
@given(seed=st.integers(0, 10_000))
def test_sums_over_sizes_are_the_metric(metric, seed) -> None:
    said, _ = answers(seed)
    found = terms(Question(metric, {}, COSTS, 0.7), said)
    value = measure(metric, said, costs=COSTS, confidence=0.7).estimate
    assert found.sums.sum() / found.sizes.sum() == pytest.approx(value.value)
    assert found.sizes.sum() == value.n


@pytest.mark.parametrize("metric", ["accuracy", "recall", "coverage", "expected_cost"])
@given(seed=st.integers(0, 10_000))
def test_paired_sums_over_sizes_are_the_difference(metric, seed) -> None:
    said, other = answers(seed)
    found = terms(Question(metric, {}, COSTS, 0.7), said, other)
    value = measure(metric, said, versus=other, costs=COSTS, confidence=0.7).estimate
    assert found.sums.sum() / found.sizes.sum() == pytest.approx(value.value, abs=1e-9)
    assert found.low == -found.high


@pytest.mark.parametrize("metric", [*SHARES, "expected_cost"])
def test_no_sum_lies_outside_of_its_range(metric) -> None:
    for seed in range(20):
        said, other = answers(seed)
        for versus in (None, other):
            found = terms(Question(metric, {}, COSTS, 0.7), said, versus)
            if found is not None:
                assert (found.sums >= found.low * found.sizes).all()
                assert (found.sums <= found.high * found.sizes).all()
                assert (np.diff(found.units) > 0).all()


@pytest.mark.parametrize("metric", ["f1", "auc", "balanced_accuracy", "mae", "log_loss"])
def test_what_is_no_share_of_rows_has_no_terms(metric) -> None:
    assert terms(Question(metric), answers(0)[0]) is None


def test_two_precisions_have_two_denominators_and_no_paired_terms() -> None:
    said, other = answers(0)
    assert terms(Question("precision"), said, other) is None
    assert terms(Question("precision"), said) is not None


def test_rows_that_leave_the_share_undefined_add_nothing() -> None:
    said, _ = answers(0)
    negative = said.take(said.truth == 0)
    found = terms(Question("recall"), negative)
    assert len(found.units) == found.sums.sum() == 0
