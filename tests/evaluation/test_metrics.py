"""Every metric is scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from seatrial.core.errors import UserError
from seatrial.evaluation import MEASURES, Predictions, measure
from seatrial.records.metrics import GLOSSARY

COSTS = {"false_negative": 90.0, "false_positive": 25.0}


def decisions(n, classes, *, seed=0, ties=True):
    random = np.random.default_rng(seed)
    truth = random.integers(0, len(classes), n)
    logits = random.normal(size=(n, len(classes)))
    logits[np.arange(n), truth] += 1.0
    if ties:
        logits = logits.round()
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    task = "binary" if len(classes) == 2 else "multiclass"
    return Predictions(task, classes, scores, scores.argmax(axis=1), truth, np.arange(n))


def numbers(n=300, seed=0):
    random = np.random.default_rng(seed)
    truth = random.normal(10, 3, n)
    predicted = truth + random.normal(0.3, 1, n)
    return Predictions("regression", (), predicted, predicted, truth, np.arange(n))


BINARY = decisions(400, ("no", "yes"))
SEVERAL = decisions(400, ("a", "b", "c"))
NUMBERS = numbers()

BINARY_ORACLES = {
    "accuracy": lambda p: oracle.accuracy_score(p.truth, p.decided),
    "balanced_accuracy": lambda p: oracle.balanced_accuracy_score(p.truth, p.decided),
    "precision": lambda p: oracle.precision_score(p.truth, p.decided),
    "recall": lambda p: oracle.recall_score(p.truth, p.decided),
    "specificity": lambda p: oracle.recall_score(p.truth, p.decided, pos_label=0),
    "f1": lambda p: oracle.f1_score(p.truth, p.decided),
    "matthews_corrcoef": lambda p: oracle.matthews_corrcoef(p.truth, p.decided),
    "false_positive_rate": lambda p: 1 - oracle.recall_score(p.truth, p.decided, pos_label=0),
    "false_negative_rate": lambda p: 1 - oracle.recall_score(p.truth, p.decided),
    "selection_rate": lambda p: np.mean(p.decided),
    "prevalence": lambda p: np.mean(p.truth),
    "roc_auc": lambda p: oracle.roc_auc_score(p.truth, p.scores[:, 1]),
    "average_precision": lambda p: oracle.average_precision_score(p.truth, p.scores[:, 1]),
    "log_loss": lambda p: oracle.log_loss(p.truth, p.scores),
    "brier": lambda p: oracle.brier_score_loss(p.truth, p.scores[:, 1]),
    "coverage": lambda p: np.mean(p.scores.max(axis=1) >= 0.7),
    "expected_cost": lambda p: (
        1000 * np.mean(90 * ((p.truth == 1) & (p.decided == 0)) + 25 * (p.truth < p.decided))
    ),
}
SEVERAL_ORACLES = {
    "accuracy": lambda p: oracle.accuracy_score(p.truth, p.decided),
    "balanced_accuracy": lambda p: oracle.balanced_accuracy_score(p.truth, p.decided),
    "precision": lambda p: oracle.precision_score(p.truth, p.decided, average="macro"),
    "recall": lambda p: oracle.recall_score(p.truth, p.decided, average="macro"),
    "f1": lambda p: oracle.f1_score(p.truth, p.decided, average="macro"),
    "matthews_corrcoef": lambda p: oracle.matthews_corrcoef(p.truth, p.decided),
    "roc_auc": lambda p: oracle.roc_auc_score(p.truth, p.scores, multi_class="ovr"),
    "log_loss": lambda p: oracle.log_loss(p.truth, p.scores),
    "brier": lambda p: oracle.brier_score_loss(p.truth, p.scores),
    "top_k_accuracy": lambda p: oracle.top_k_accuracy_score(p.truth, untied(p.scores), k=2),
}
NUMBER_ORACLES = {
    "mae": lambda p: oracle.mean_absolute_error(p.truth, p.decided),
    "rmse": lambda p: oracle.root_mean_squared_error(p.truth, p.decided),
    "r2": lambda p: oracle.r2_score(p.truth, p.decided),
    "mean_error": lambda p: np.mean(p.decided - p.truth),
    "mape": lambda p: oracle.mean_absolute_percentage_error(p.truth, p.decided),
    "within": lambda p: np.mean(np.abs(p.decided - p.truth) <= 1.0),
}


def untied(scores):
    """Of equal scores the first is ahead."""
    return scores - 1e-9 * np.arange(scores.shape[1])


ARGUMENTS = {"within": {"distance": 1.0}, "top_k_accuracy": {"k": 2}}
CASES = [
    *((metric, BINARY, exact) for metric, exact in BINARY_ORACLES.items()),
    *((metric, SEVERAL, exact) for metric, exact in SEVERAL_ORACLES.items()),
    *((metric, NUMBERS, exact) for metric, exact in NUMBER_ORACLES.items()),
]
SMOOTH = [
    *((metric, BINARY) for metric in sorted(BINARY_ORACLES)),
    *((metric, SEVERAL) for metric in sorted(SEVERAL_ORACLES)),
    *((metric, NUMBERS) for metric in sorted(NUMBER_ORACLES)),
]


def ask(metric, predictions, **more):
    arguments = ARGUMENTS.get(metric, {})
    return measure(metric, predictions, arguments=arguments, costs=COSTS, **more)


def test_every_metric_of_predictions_in_the_glossary_is_measured_here():
    assert {name for name, entry in GLOSSARY.items() if entry.subject == "predictions"} == MEASURES


@pytest.mark.parametrize(
    ("metric", "predictions", "exact"), CASES, ids=[f"{m} {p.task}" for m, p, _ in CASES]
)
def test_a_metric_is_scikit_learns(metric, predictions, exact):
    assert ask(metric, predictions).estimate.value == pytest.approx(exact(predictions), rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "predictions"), SMOOTH, ids=[f"{m} {p.task}" for m, p in SMOOTH]
)
def test_an_influence_is_what_one_row_changes(metric, predictions):
    """The variance by influence is that of leaving out one row at a time."""
    whole = ask(metric, predictions)
    n = len(predictions)
    left_out = [
        ask(metric, predictions, rows=np.arange(n) != row).estimate.value for row in range(n)
    ]
    jackknife = (n - 1) / n * np.sum((np.array(left_out) - np.mean(left_out)) ** 2)
    assert whole.statistics["variance"] == pytest.approx(jackknife, rel=0.03)


def test_the_area_has_delongs_variance():
    positive, negative = np.array([0.9, 0.8, 0.4, 0.7]), np.array([0.1, 0.5, 0.7, 0.2, 0.3])
    wins = np.sign(positive[:, None] - negative[None, :]) / 2 + 0.5
    by_row = wins.mean(axis=1).var() / 4 + wins.mean(axis=0).var() / 5
    scores = np.concatenate([positive, negative])
    truth = np.repeat([1, 0], [4, 5])
    both = np.column_stack([1 - scores, scores])
    found = measure("roc_auc", Predictions("binary", ("n", "p"), both, truth, truth, np.arange(9)))
    assert found.estimate.value == wins.mean()
    assert found.statistics["variance"] == pytest.approx(by_row * 9 / 8)


def test_probabilities_of_0_and_1_that_are_wrong_cost_what_scikit_learn_says():
    truth = np.array([0, 1, 1, 0])
    scores = np.eye(2)[[1, 1, 1, 0]]
    sure = Predictions("binary", ("n", "p"), scores, truth, truth, np.arange(4))
    assert measure("log_loss", sure).estimate.value == pytest.approx(oracle.log_loss(truth, scores))


@pytest.mark.parametrize("metric", ["recall", "precision", "f1"])
@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_one_class_of_several_is_that_class_against_the_rest(metric, name):
    exact = getattr(oracle, f"{metric}_score")(SEVERAL.truth, SEVERAL.decided, average=None)
    found = measure(metric, SEVERAL, arguments={"class": name}).estimate
    assert found.value == pytest.approx(exact["abc".index(name)])


def test_a_class_that_never_occurs_is_left_out_of_a_mean_over_classes():
    kept = SEVERAL.truth != 2
    found = measure("recall", SEVERAL, rows=kept).estimate.value
    truth, decided = SEVERAL.truth[kept], SEVERAL.decided[kept]
    exact = oracle.recall_score(truth, decided, labels=[0, 1], average="macro")
    assert found == pytest.approx(exact)


def test_perfect_calibration_is_within_the_interval_and_a_planted_error_is_found():
    random = np.random.default_rng(4)
    stated = random.random(3000)
    truth = (random.random(3000) < stated).astype(np.int64)
    honest, bold = (
        Predictions(
            "binary", ("n", "p"), np.column_stack([1 - p, p]), truth, truth, np.arange(3000)
        )
        for p in (stated, np.where(stated > 0.5, (1 + stated) / 2, stated / 2))
    )
    assert measure("calibration_error", honest).estimate.low < 0.002
    found = measure("calibration_error", bold).estimate
    assert found.low < 0.125 < found.high
    assert found.low > 0.07


def test_calibration_of_several_classes_is_that_of_the_decision():
    given = SEVERAL.scores[np.arange(400), SEVERAL.decided]
    right = SEVERAL.decided == SEVERAL.truth
    found = measure("calibration_error", SEVERAL).estimate
    assert found.value >= abs(np.mean(given - right))


@pytest.mark.parametrize(
    ("metric", "keep", "reason"),
    [
        ("recall", BINARY.truth == 0, "no row is truly yes"),
        ("specificity", BINARY.truth == 1, "every row is truly yes"),
        ("precision", BINARY.decided == 0, "nothing was called yes"),
        ("f1", (BINARY.truth == 0) & (BINARY.decided == 0), "no row is yes or was called so"),
        ("balanced_accuracy", BINARY.truth == 0, "every row is truly no"),
        ("matthews_corrcoef", BINARY.decided == 1, "all decisions are the same"),
        ("matthews_corrcoef", BINARY.truth == 1, "all rows are of one class"),
        ("roc_auc", BINARY.truth == 1, "every row is truly yes"),
        ("accuracy", np.zeros(400, bool), "no rows"),
    ],
)
def test_what_the_rows_do_not_define_is_not_measured(metric, keep, reason):
    found = measure(metric, BINARY, rows=keep).estimate
    assert not found.measured
    assert (found.method, found.n) == (reason, 0)


@pytest.mark.parametrize(
    ("metric", "predictions", "reason"),
    [
        ("expected_cost", BINARY, "the plan states no costs of errors"),
        ("r2", numbers(1), "the truth does not vary"),
    ],
)
def test_what_lacks_something_is_not_measured(metric, predictions, reason):
    assert measure(metric, predictions).estimate.method == reason


def test_costs_of_two_kinds_of_error_do_not_fit_several_classes():
    assert "two classes" in measure("expected_cost", SEVERAL, costs=COSTS).estimate.method


def test_a_share_of_a_truth_of_0_is_not_measured():
    zero = Predictions("regression", (), np.ones(2), np.ones(2), np.array([0.0, 1.0]), np.arange(2))
    assert "a true value is 0" in measure("mape", zero).estimate.method


@pytest.mark.parametrize(
    "metric", ["roc_auc", "log_loss", "brier", "coverage", "calibration_error"]
)
def test_a_rule_without_probabilities_is_not_measured_where_they_are_needed(metric):
    blank = np.full((400, 2), np.nan)
    rule = Predictions("binary", ("no", "yes"), blank, BINARY.decided, BINARY.truth, BINARY.units)
    assert measure(metric, rule).estimate.method == "needs probabilities"
    assert measure("recall", rule).estimate.measured


@pytest.mark.parametrize(
    ("metric", "predictions", "arguments", "said"),
    [
        ("recall", SEVERAL, {"class": "d"}, "the classes are a, b, c"),
        ("selection_rate", SEVERAL, {}, "write `selection_rate(class=a)`"),
        ("mae", BINARY, {}, "it suits regression"),
        ("average_precision", SEVERAL, {}, "it suits binary"),
    ],
)
def test_a_question_that_does_not_fit_says_what_would(metric, predictions, arguments, said):
    with pytest.raises(UserError) as caught:
        measure(metric, predictions, arguments=arguments)
    assert said in str(caught.value)


def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="not a metric of predictions"):
        measure("latency_ms", BINARY)
