"""Choosing a threshold."""

import json

import numpy as np
import pytest

from seatrial.core.errors import UserError
from seatrial.evaluation import Predictions, choose_threshold, decide, measure

COSTS = {"false_negative": 90.0, "false_positive": 25.0}


def binary(n=300, seed=0, digits=2):
    random = np.random.default_rng(seed)
    truth = (random.random(n) < 0.3).astype(np.int64)
    positive = np.clip(random.normal(0.3 + 0.3 * truth, 0.2), 0, 1).round(digits)
    return at(np.column_stack([1 - positive, positive]), truth, 0.5)


def at(scores, truth, threshold):
    decided = decide(scores, threshold)
    return Predictions("binary", ("no", "yes"), scores, decided, truth, np.arange(len(truth)))


FEW = binary()


def halfway(scores):
    every = np.unique(scores)
    return (every + np.concatenate([[0.0], every[:-1]])) / 2


def values(metric, **more):
    thresholds = halfway(FEW.scores[:, 1])
    found = [measure(metric, at(FEW.scores, FEW.truth, t), **more).estimate for t in thresholds]
    return thresholds, np.array([np.nan if one.value is None else one.value for one in found])


def test_with_costs_it_is_the_one_of_least_expected_cost():
    thresholds, costs = values("expected_cost", costs=COSTS)
    chosen, record = choose_threshold(FEW, optimise="recall", higher=True, costs=COSTS)
    assert costs[thresholds == chosen] == pytest.approx(costs.min())
    assert record["chosen_by"] == "expected_cost"


@pytest.mark.parametrize(
    ("metric", "higher"),
    [("f1", True), ("matthews_corrcoef", True), ("false_negative_rate", False)],
)
def test_without_costs_it_is_the_best_under_the_bounds(metric, higher):
    thresholds, best = values(metric)
    _, precision = values("precision")
    _, covered = values("coverage")
    kept = (precision >= 0.6) & (covered >= 0.3)
    bounds = [("precision", {}, ">=", 0.6), ("coverage", {}, ">=", 0.3)]
    chosen, record = choose_threshold(FEW, optimise=metric, higher=higher, bounds=bounds)
    target = np.nanmax(best[kept]) if higher else np.nanmin(best[kept])
    assert kept[thresholds == chosen]
    assert best[thresholds == chosen] == pytest.approx(target)
    assert record["chosen_by"] == metric


def test_the_curve_is_what_is_measured_at_each_threshold():
    bounds = [("coverage", {"confidence": 0.8}, "<", 0.9)]
    _, record = choose_threshold(FEW, optimise="balanced_accuracy", higher=True, bounds=bounds)
    for place, threshold in list(enumerate(record["curve"]["threshold"]))[::9]:
        there = at(FEW.scores, FEW.truth, threshold)
        for metric in ("recall", "precision", "selection_rate", "balanced_accuracy"):
            stated = record["curve"][metric][place]
            assert stated == pytest.approx(measure(metric, there).estimate.value)


@pytest.mark.parametrize("needed", [0.5, 0.6, 0.7, 0.95])
def test_coverage_at_each_threshold_is_what_is_measured(needed):
    thresholds, covered = values("coverage", confidence=needed)
    record = choose_threshold(FEW, optimise="coverage", higher=True, confidence=needed)[1]
    at_curve = np.isin(thresholds, record["curve"]["threshold"])
    assert record["curve"]["coverage"] == pytest.approx(covered[at_curve].tolist())


def test_bounds_that_nothing_keeps_are_missed_by_as_little_as_can_be():
    bounds = [("precision", {}, ">=", 0.95), ("recall", {}, ">", 0.95)]
    thresholds, precision = values("precision")
    _, recall = values("recall")
    short = np.maximum(np.maximum(1 - precision / 0.95, 1 - recall / 0.95), 0)
    chosen, record = choose_threshold(FEW, optimise="f1", higher=True, bounds=bounds)
    assert record["chosen_by"] == "shortfall"
    assert short[thresholds == chosen] == pytest.approx(np.nanmin(short))


def test_of_equal_thresholds_it_is_the_middle_one():
    positive = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    truth = np.array([0, 0, 0, 0, 0, 1])
    same = at(np.column_stack([1 - positive, positive]), truth, 0.5)
    assert choose_threshold(same, optimise="recall", higher=True)[0] == pytest.approx(0.25)


def test_many_scores_are_thinned_to_their_quantiles_and_the_curve_is_small():
    many = binary(20_000, digits=9)
    chosen, record = choose_threshold(many, optimise="f1", higher=True)
    assert record["candidates"] <= 512
    assert len(record["curve"]["threshold"]) <= 101
    assert chosen in record["curve"]["threshold"]
    json.dumps(dict(record), allow_nan=False)


def test_a_metric_that_no_threshold_changes_leaves_the_middle():
    chosen, _ = choose_threshold(FEW, optimise="roc_auc", higher=True)
    thresholds = halfway(FEW.scores[:, 1])
    assert chosen == thresholds[(len(thresholds) - 1) // 2]


def test_rounding_a_score_flips_no_decision():
    few = binary(400, digits=9)
    chosen, _ = choose_threshold(few, optimise="f1", higher=True)
    rounded = few.scores.astype(np.float32).astype(np.float64)
    assert (decide(few.scores, chosen) == decide(rounded, chosen)).all()


def test_a_rule_has_no_threshold():
    blank = np.full((2, 2), np.nan)
    rule = Predictions(
        "binary", ("n", "y"), blank, np.array([0, 1]), np.array([0, 1]), np.arange(2)
    )
    with pytest.raises(UserError, match="probabilities"):
        choose_threshold(rule, optimise="f1", higher=True)


def test_calls_that_make_no_sense_are_refused():
    number = Predictions("regression", (), np.ones(1), np.ones(1), np.ones(1), np.zeros(1, int))
    with pytest.raises(ValueError, match="no threshold"):
        choose_threshold(number, optimise="mae", higher=False)
    with pytest.raises(ValueError, match="unknown operator"):
        choose_threshold(FEW, optimise="f1", higher=True, bounds=[("recall", {}, "!=", 0.5)])
