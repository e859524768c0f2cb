"""Measuring: over all rows, by group, against another candidate."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.errors import UserError
from seatrial.evaluation import MEASURES, Group, Predictions, measure
from seatrial.records.metrics import GLOSSARY

COSTS = {"false_negative": 90.0, "false_positive": 25.0}
RANGES = {"matthews_corrcoef": (-1, 1), "expected_cost": (0, 90_000), "r2": (-np.inf, 1)}
UNBOUNDED = {"log_loss", "mae", "rmse", "mape"}


@st.composite
def samples(draw):
    n = draw(st.integers(2, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    task = draw(st.sampled_from(["binary", "multiclass", "regression"]))
    units = random.integers(0, draw(st.integers(1, 60)), n)
    if task == "regression":
        truth, predicted = random.normal(5, 2, n), random.normal(5, 2, n)
        return Predictions(task, (), predicted, predicted, truth, units)
    classes = ("a", "b") if task == "binary" else ("a", "b", "c")
    scores = random.dirichlet(np.full(len(classes), draw(st.sampled_from([0.1, 1.0]))), n)
    truth = random.integers(0, len(classes), n)
    return Predictions(task, classes, scores, scores.argmax(axis=1), truth, units)


def ask(metric, predictions, **more):
    arguments = {}
    if metric == "within":
        arguments = {"distance": 1.0}
    elif metric == "top_k_accuracy":
        arguments = {"k": 2}
    elif metric in {"selection_rate", "prevalence"}:
        arguments = {"class": "a"}
    return measure(metric, predictions, arguments=arguments, costs=COSTS, **more)


def suited(predictions):
    return [name for name in sorted(MEASURES) if predictions.task in GLOSSARY[name].tasks]


def close(first, second):
    return first.method == second.method and np.allclose(
        [first.value or 0, first.low or 0, first.high or 0, first.n],
        [second.value or 0, second.low or 0, second.high or 0, second.n],
        atol=1e-9,
    )


@given(samples())
@settings(deadline=None, max_examples=60)
def test_every_interval_holds_its_value_and_stays_in_range(predictions):
    for metric in suited(predictions):
        found = ask(metric, predictions).estimate
        if found.measured:
            assert found.low <= found.value <= found.high
            low, high = RANGES.get(metric, (0, np.inf if metric in UNBOUNDED else 1))
            if metric == "brier" and predictions.task == "multiclass":
                high = 2
            if metric != "mean_error":
                assert low <= found.low <= found.high <= high


@given(samples(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_the_order_of_rows_and_the_names_of_units_do_not_matter(predictions, shuffler):
    order = np.arange(len(predictions))
    shuffler.shuffle(order)
    moved = predictions.take(order)
    renamed = Predictions(
        moved.task, moved.classes, moved.scores, moved.decided, moved.truth, moved.units * 977 - 5
    )
    for metric in suited(predictions):
        assert close(ask(metric, predictions).estimate, ask(metric, renamed).estimate)


@given(samples())
@settings(deadline=None, max_examples=40)
def test_a_measurement_can_be_written_as_json(predictions):
    by = Group(("odd", "even"), (np.arange(len(predictions)) % 2).astype(np.int64))
    for metric in suited(predictions):
        json.dumps(ask(metric, predictions, by=by).statistics, allow_nan=False)


def flights(n=1200, seed=0):
    random = np.random.default_rng(seed)
    truth = (random.random(n) < 0.3).astype(np.int64)
    late = np.clip(random.normal(0.3 + 0.35 * truth, 0.2), 0.001, 0.999)
    scores = np.column_stack([1 - late, late])
    decided = (late >= 0.5).astype(np.int64)
    carriers = Group(("UA", "AA", "HA"), random.choice([0, 1, 2], n, p=[0.6, 0.38, 0.02]))
    units = random.integers(0, 60, n)
    return Predictions("binary", ("in time", "late"), scores, decided, truth, units), carriers


FLIGHTS, CARRIERS = flights()


def test_units_of_one_row_are_independent_rows():
    rows = Predictions("binary", *_without_units(), np.arange(1200))
    positives = int(FLIGHTS.truth.sum())
    found = measure("recall", rows).estimate
    assert found.method == "wilson-95"
    assert found.n == positives


def _without_units():
    return FLIGHTS.classes, FLIGHTS.scores, FLIGHTS.decided, FLIGHTS.truth


def test_a_condition_looks_at_its_rows_only():
    kept = CARRIERS.codes == 0
    assert (
        measure("recall", FLIGHTS, rows=kept).estimate
        == measure("recall", FLIGHTS.take(kept)).estimate
    )


def test_groups_are_listed_and_those_too_small_are_said_to_be():
    found = measure("recall", FLIGHTS, by=CARRIERS)
    assert found.estimate == measure("recall", FLIGHTS).estimate
    assert [(group.label, group.settled) for group in found.groups] == [
        ("UA", True),
        ("AA", True),
        ("HA", False),
    ]
    assert found.groups[2].estimate.n < 30
    assert set(found.statistics["groups"]) == {"UA", "AA", "HA"}


def test_spreads_are_of_settled_groups_only():
    found = {
        spread: measure("recall", FLIGHTS, by=CARRIERS, spread=spread)
        for spread in ("gap", "ratio", "worst")
    }
    first, second = (group.estimate.value for group in found["gap"].groups[:2])
    assert found["gap"].estimate.value == pytest.approx(abs(first - second))
    assert found["ratio"].estimate.value == pytest.approx(min(first, second) / max(first, second))
    assert found["worst"].estimate.value == min(first, second)


def test_the_worst_of_what_should_be_low_is_the_highest():
    found = measure("false_positive_rate", FLIGHTS, by=CARRIERS, spread="worst")
    values = [group.estimate.value for group in found.groups if group.settled]
    assert found.estimate.value == max(values)


@pytest.mark.parametrize(
    ("spread", "keep", "reason"),
    [
        ("gap", CARRIERS.codes == 0, "only one group has 30 relevant rows"),
        ("worst", CARRIERS.codes == 2, "no group has 30 relevant rows"),
    ],
)
def test_a_spread_over_too_few_groups_is_not_measured(spread, keep, reason):
    found = measure("recall", FLIGHTS, rows=keep, by=CARRIERS, spread=spread)
    assert found.estimate.method == reason
    assert len(found.groups) == 3


def test_rows_in_no_group_count_in_none():
    half = Group(("UA",), np.where(np.arange(1200) < 600, 0, -1))
    found = measure("accuracy", FLIGHTS, by=half)
    assert found.estimate.n == 1200
    assert found.groups[0].estimate.n == 600


def test_each_class_against_the_rest():
    found = measure("recall", FLIGHTS, by="class")
    late, in_time = measure("recall", FLIGHTS).estimate, measure("specificity", FLIGHTS).estimate
    assert [group.estimate for group in found.groups] == [in_time, late]
    assert measure("recall", FLIGHTS, by="class", spread="gap").estimate.value == pytest.approx(
        abs(late.value - in_time.value)
    )


def worse():
    random = np.random.default_rng(8)
    decided = np.where(random.random(1200) < 0.1, 0, FLIGHTS.decided)
    return Predictions(
        "binary", FLIGHTS.classes, FLIGHTS.scores, decided, FLIGHTS.truth, FLIGHTS.units
    )


def test_a_paired_difference_is_known_better_than_either_side():
    found = measure("recall", FLIGHTS, versus=worse())
    alone = measure("recall", FLIGHTS).estimate
    assert found.estimate.value == pytest.approx(
        alone.value - measure("recall", worse()).estimate.value
    )
    assert 0 < found.estimate.low < found.estimate.high
    assert found.estimate.high - found.estimate.low < alone.high - alone.low
    assert found.statistics["versus"]["rows"] == 1200


def test_a_paired_difference_by_group_is_of_its_rows():
    found = measure("recall", FLIGHTS, by=CARRIERS, versus=worse())
    rows = CARRIERS.codes == 1
    alone = measure("recall", FLIGHTS, rows=rows, versus=worse())
    assert close(found.groups[1].estimate, alone.estimate)


def test_measuring_twice_gives_the_same_to_the_last_digit():
    asked = {"by": CARRIERS, "spread": "gap"}
    assert measure("recall", FLIGHTS, **asked) == measure("recall", FLIGHTS, **asked)


def test_one_unit_alone_has_no_interval():
    day = Predictions("binary", *_without_units(), np.zeros(1200, np.int64))
    assert "one unit" in measure("recall", day).estimate.method


def test_clauses_that_do_not_go_together_are_refused():
    with pytest.raises(UserError, match="can't be compared"):
        measure("recall", FLIGHTS, by=CARRIERS, spread="gap", versus=worse())
    with pytest.raises(UserError, match="can't be taken by class"):
        measure("roc_auc", FLIGHTS, by="class")
    with pytest.raises(ValueError, match="needs groups"):
        measure("recall", FLIGHTS, spread="gap")
    with pytest.raises(ValueError, match="same rows"):
        measure("recall", FLIGHTS, versus=FLIGHTS.take(np.arange(5)))
    with pytest.raises(ValueError, match="are grouped"):
        measure("recall", FLIGHTS, by=Group(("UA",), np.zeros(3, np.int64)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scores": np.ones((1200, 3)) / 3}, "scores have shape"),
        ({"decided": FLIGHTS.decided[:5]}, "decided has shape"),
        ({"truth": FLIGHTS.truth + 1}, "truth holds a code"),
        ({"decided": FLIGHTS.decided.astype(float)}, "integer codes"),
        ({"scores": FLIGHTS.scores * 2}, "sum to 1"),
        ({"scores": np.where(FLIGHTS.scores > 0.9, np.nan, FLIGHTS.scores)}, "some places only"),
        ({"classes": ("a",), "scores": FLIGHTS.scores[:, :1]}, "can't have 1 classes"),
        ({"units": FLIGHTS.units.astype(float)}, "units must be integers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, said):
    names = ("task", "classes", "scores", "decided", "truth", "units")
    parts = {name: getattr(FLIGHTS, name) for name in names}
    with pytest.raises(ValueError, match=said):
        Predictions(**(parts | changes))


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        Predictions("regression", (), np.ones(1), np.array([np.nan]), np.ones(1), np.zeros(1, int))


def test_a_code_without_a_label_is_refused():
    with pytest.raises(ValueError, match="labels"):
        Group(("UA",), np.array([0, 1]))
