"""The error in parts: they sum to it, and known parts are found."""

import numpy as np
import pytest

from seatrial.core.estimate import Estimate
from seatrial.evaluation import Predictions
from seatrial.evaluation.parts import error_parts
from seatrial.evaluation.question import Question
from seatrial.stats import wilson

ACCURACY = Question("accuracy")


def answers(rng: np.random.Generator, n: int, error: float) -> Predictions:
    truth = rng.integers(0, 2, n)
    decided = np.where(rng.random(n) < error, 1 - truth, truth)
    return Predictions("binary", ("no", "yes"), np.eye(2)[decided], decided, truth, np.arange(n))


def parts(rng: np.random.Generator, n: int, *errors: float, people: float = 0.02):
    made = [answers(rng, n, each) for each in errors]
    hits = int((rng.random(n) < 1 - people).sum())
    return error_parts(ACCURACY, *made, reference=wilson(hits, n))


@pytest.mark.truth
def test_known_parts_are_covered_and_sum_to_the_error_on_test() -> None:
    truth = {
        "irreducible": 0.02,
        "avoidable bias": 0.04,
        "variance": 0.06,
        "validation overfitting": 0.03,
    }
    covered = dict.fromkeys(truth, 0)
    rng = np.random.default_rng(0)
    for _ in range(400):
        found = parts(rng, 2000, 0.06, 0.12, 0.15)
        assert sum(each.value for _, each in found.parts) == pytest.approx(found.total.value)
        for name, each in found.parts:
            covered[name] += each.low <= truth[name] <= each.high
    assert all(each >= 0.93 * 400 for each in covered.values()), covered


@pytest.mark.truth
def test_a_model_that_is_trained_on_a_line_and_one_that_knows_its_rows_differ_in_their_parts() -> (
    None
):
    """Of noisy labels whose error is 0.1 by construction: bias of a stump, variance of one neighbour."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(1)
    given = rng.normal(size=(6000, 2))
    clean = (given[:, 0] * given[:, 1] > 0).astype(np.int64)
    truth = np.where(rng.random(6000) < 0.1, 1 - clean, clean)
    reference = Estimate(0.9, 0.9, 0.9, 6000, "by construction")
    found = {}
    for name, model in (
        ("stump", DecisionTreeClassifier(max_depth=1)),
        ("neighbour", KNeighborsClassifier(1)),
    ):
        fitted = model.fit(given[:2000], truth[:2000])
        made = []
        for start in (0, 2000, 4000):
            rows = slice(start, start + 2000)
            decided = fitted.predict(given[rows])
            made.append(
                Predictions(
                    "binary",
                    ("no", "yes"),
                    np.eye(2)[decided],
                    decided,
                    truth[rows],
                    np.arange(2000),
                )
            )
        found[name] = error_parts(ACCURACY, *made, reference=reference)
    assert found["stump"].dominant == "avoidable bias"
    assert found["neighbour"].dominant == "variance"
    assert dict(found["neighbour"].parts)["variance"].value == pytest.approx(0.18, abs=0.04)
    assert dict(found["neighbour"].parts)["irreducible"].value == pytest.approx(0.1)


def test_without_a_reference_the_bias_is_all_of_the_error_on_train() -> None:
    rng = np.random.default_rng(2)
    found = error_parts(ACCURACY, answers(rng, 500, 0.1), answers(rng, 500, 0.2), None)
    named = dict(found.parts)
    assert not named["irreducible"].measured
    assert named["avoidable bias"].value == pytest.approx(0.1, abs=0.05)
    assert not found.is_on_test
    assert "validation overfitting" not in named


def test_a_metric_that_is_not_defined_gives_its_reason() -> None:
    rng = np.random.default_rng(3)
    made = answers(rng, 50, 0.1)
    none = Predictions(
        "binary", made.classes, made.scores, made.decided, np.zeros(50, int), made.units
    )
    found = error_parts(Question("recall"), none, made, None)
    assert found.parts == ()
    assert found.total.method == "no row is truly yes"
