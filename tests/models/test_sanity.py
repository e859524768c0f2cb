"""A fault planted in an estimator is found, healthy ones are left alone, and nothing is a traceback."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from seatrial.models import sanity
from seatrial.models.estimators import linear
from seatrial.models.overfitting import BATCH, tiny_batch
from seatrial.records.contract import Contract, Feature

SEEDS = range(5)
CLASSES = {2: ("no", "yes"), 3: ("a", "b", "c")}
CHECKS = (
    sanity.overfits_tiny_batch,
    sanity.deterministic_fit,
    sanity.invariant_to_row_order,
    sanity.label_order,
    sanity.chance_on_shuffled_labels,
    sanity.input_scale,
)


def rows(seed, *, classes=2, signal=1.0, n=160, columns=5):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, columns))
    score = signal * (matrix[:, 0] - matrix[:, 1]) + random.normal(size=n)
    if not classes:
        return matrix, 30.0 + 8.0 * score, ()
    cuts = np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1])
    return matrix, np.digitize(score, cuts), CLASSES[classes]


def asked(check, build, given, **settings):
    matrix, truth, classes = given
    return check(build, matrix, truth, classes=classes, **settings)


def logistic(seed, *steps):
    return make_pipeline(*steps, StandardScaler(), LogisticRegression(random_state=seed))


class OffByOne(LogisticRegression):
    """Answers the class after the right one."""

    def predict(self, X):  # noqa: N803 — scikit-learn's name
        return (super().predict(X) + 1) % len(self.classes_)


class Backwards(LogisticRegression):
    """Gives its probabilities in the order of another program."""

    def predict_proba(self, X):  # noqa: N803 — scikit-learn's name
        return super().predict_proba(X)[:, ::-1]


class Batchwise(TransformerMixin, BaseEstimator):
    """Centres on the rows that it is shown, not on those that it was fitted on."""

    def fit(self, X, y=None):  # noqa: N803 — scikit-learn's name
        self.fitted_ = True
        return self

    def transform(self, X):  # noqa: N803 — scikit-learn's name
        return X - X.mean(axis=0)


class Knowing(LogisticRegression):
    """Looks the truth up where it shouldn't."""

    known = {}  # noqa: RUF012 — what surrounds a builder is what is tested

    def predict_proba(self, X):  # noqa: N803 — scikit-learn's name
        right = np.array([self.known[row.tobytes()] for row in np.ascontiguousarray(X)])
        return np.where(right[:, None] == self.classes_, 0.7, 0.3)


dead = FunctionTransformer(np.zeros_like)


@pytest.mark.truth
@pytest.mark.parametrize("seed", SEEDS)
class TestPlanted:
    @pytest.mark.parametrize("classes", [2, 3])
    def test_a_dead_input_and_a_wrong_label_mapping_are_found(self, seed, classes) -> None:
        given = rows(seed, classes=classes)
        for build in (lambda each: logistic(each, dead), lambda _: OffByOne()):
            check = asked(sanity.overfits_tiny_batch, build, given, seed=seed)
            assert (check.verdict, "that it was fitted on" in check.reason) == ("fail", True)

    def test_a_dead_input_of_a_regression_is_found(self, seed) -> None:
        check = asked(
            sanity.overfits_tiny_batch,
            lambda _: make_pipeline(dead, Ridge()),
            rows(seed, classes=0),
            seed=seed,
        )
        assert (check.verdict, check.reason[:7]) == ("fail", "error 1")

    def test_randomness_without_a_seed_is_found(self, seed) -> None:
        random = np.random.default_rng(seed)
        check = asked(
            sanity.deterministic_fit,
            lambda _: ExtraTreesClassifier(3, random_state=int(random.integers(1 << 30))),
            rows(seed),
        )
        assert (check.verdict, check.layer) == ("fail", "implementation")

    @pytest.mark.parametrize("classes", [0, 2, 3])
    def test_a_row_that_is_answered_by_the_others_is_found(self, seed, classes) -> None:
        last = LogisticRegression() if classes else Ridge()
        check = asked(
            sanity.invariant_to_row_order,
            lambda _: make_pipeline(Batchwise(), last),
            rows(seed, classes=classes),
            seed=seed,
        )
        assert check.verdict == "fail"

    @pytest.mark.parametrize("classes", [2, 3])
    def test_probabilities_in_another_order_are_found(self, seed, classes) -> None:
        given = rows(seed, classes=classes, signal=2.0)
        check = asked(sanity.label_order, lambda _: Backwards(), given, seed=seed)
        assert (check.verdict, "its predictions follow its prob" in check.reason) == ("fail", True)

    def test_an_estimator_that_knows_the_truth_from_elsewhere_is_found(self, seed) -> None:
        matrix, truth, classes = rows(seed)
        Knowing.known = {row.tobytes(): code for row, code in zip(matrix, truth, strict=True)}
        check = asked(
            sanity.chance_on_shuffled_labels,
            lambda _: Knowing(),
            (matrix, truth, classes),
            seed=seed,
        )
        assert (check.verdict, check.layer) == ("fail", "dataset")
        assert check.reason == "above chance in all of 12 shufflings, by 0.50 on average"

    @pytest.mark.parametrize(
        "last", [LogisticRegression(), SVC(), KNeighborsClassifier(), MLPClassifier(max_iter=5)]
    )
    def test_a_column_of_another_scale_is_named(self, seed, last) -> None:
        matrix, truth, classes = rows(seed)
        matrix[:, 3] *= 5_000
        names = ("age", "weight", "height", "income", "days")
        given = (matrix, truth, classes)
        check = asked(sanity.input_scale, lambda _: last, given, columns=names, seed=seed)
        assert (check.verdict, "far from the others: income" in check.reason) == ("fail", True)


HEALTHY = {
    "logistic": logistic,
    "knn": lambda _: make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "tree": lambda seed: DecisionTreeClassifier(max_depth=2, random_state=seed),
    "extra": lambda seed: ExtraTreesClassifier(5, max_depth=2, random_state=seed),
    "svc": lambda _: make_pipeline(StandardScaler(), SVC(C=0.1)),
    "boosted": lambda seed: HistGradientBoostingClassifier(max_iter=5, random_state=seed),
    "network": lambda seed: MLPClassifier((16,), max_iter=20, random_state=seed),
}
NUMBERS = {
    "ridge": lambda _: make_pipeline(StandardScaler(), Ridge(alpha=10.0)),
    "least squares": lambda _: TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1),
    "forest": lambda seed: RandomForestRegressor(5, max_depth=2, random_state=seed),
    "boosted": lambda seed: GradientBoostingRegressor(n_estimators=5, random_state=seed),
    "network": lambda seed: MLPRegressor((16,), max_iter=20, random_state=seed),
}  # fmt: skip


@pytest.mark.truth
def test_healthy_estimators_raise_no_finding() -> None:
    found = []
    for seed in range(2):
        for classes, builds in ((2 + seed, HEALTHY), (0, NUMBERS)):
            matrix, truth, names = rows(seed, classes=classes, signal=(0.0, 1.0)[seed % 2])
            for name, build in builds.items():
                checks = sanity.check_estimator(build, matrix, abs(truth), classes=names, seed=seed)
                found += [(name, seed, each) for each in checks if each.verdict == "fail"]
    assert found == []


@pytest.mark.truth
@pytest.mark.parametrize("classes", [0, 2])
def test_less_than_one_healthy_run_in_a_hundred_knows_something_of_shuffled_labels(classes) -> None:
    def build(seed):
        return LogisticRegression(random_state=seed) if classes else LinearRegression()

    found = [
        asked(sanity.chance_on_shuffled_labels, build, rows(seed, classes=classes), seed=seed)
        for seed in range(100)
    ]
    assert [each.verdict for each in found].count("fail") == 0
    above = [each.estimate.high > 0 for each in found]
    assert 30 <= sum(above) <= 90  # shufflings are as often above chance as below


def test_the_ladders_first_rung_passes_with_categories_and_missing_values() -> None:
    random = np.random.default_rng(1)
    features = (Feature("age", "number", 0, 99), Feature("plan", "category", levels=("a", "b")))
    contract = Contract("binary", features, classes=("no", "yes"))
    matrix = np.column_stack([random.uniform(0, 99, 300), random.integers(0, 2, 300)])
    truth = (matrix[:, 0] + 20 * random.normal(size=300) > 50).astype(int)
    matrix[::9, 0] = np.nan
    checks = sanity.check_estimator(
        lambda seed: linear(contract, seed=seed), matrix, truth, classes=contract.classes
    )
    assert {each.id: each.verdict for each in checks} == {each.id: "pass" for each in checks}


def test_an_estimator_that_nobody_knows_how_to_free_is_unknown() -> None:
    for kind in (GaussianNB, DummyClassifier):
        matrix, _, classes = rows(1)
        truth = np.random.default_rng(2).integers(0, 2, len(matrix))
        check = sanity.overfits_tiny_batch(
            lambda _, kind=kind: kind(), matrix, truth, classes=classes
        )
        assert check.verdict != "fail"
    assert check.reason.endswith("what holds DummyClassifier back is not known")


def test_what_is_barely_trained_is_not_said_to_be_mixed_up() -> None:
    given = rows(3, classes=3)
    check = asked(sanity.label_order, HEALTHY["network"], given, seed=3)
    assert (check.verdict, "barely trained" in check.reason) == ("unknown", True)


def test_trees_do_not_mind_scales_and_a_number_has_no_classes() -> None:
    given = rows(1)
    given[0][:, 0] *= 1e6
    check = asked(sanity.input_scale, lambda _: DecisionTreeClassifier(), given)
    assert check.verdict == "not applicable"
    check = asked(sanity.label_order, lambda _: Ridge(), rows(1, classes=0))
    assert check.verdict == "not applicable"


def test_rows_that_are_learnt_by_heart_can_be_told_apart_whatever_their_truth() -> None:
    matrix, truth, classes = rows(1, columns=20)
    chosen = tiny_batch(matrix, truth, classes, np.random.default_rng(1), bends=False)
    assert len(chosen) == BATCH
    assert np.linalg.matrix_rank(np.column_stack([matrix[chosen], np.ones(BATCH)])) == BATCH
    assert np.bincount(truth[chosen]).tolist() == [4, 4]


class Refuses(BaseEstimator):
    def fit(self, X, y):  # noqa: N803 — scikit-learn's name
        message = "no luck\nat all"
        raise RuntimeError(message)

    def predict(self, X):  # noqa: N803 — scikit-learn's name
        raise NotImplementedError


class Says(BaseEstimator):
    def __init__(self, says=np.nan, extra=0):
        self.says, self.extra = says, extra

    def fit(self, X, y):  # noqa: N803 — scikit-learn's name
        return self

    def predict(self, X):  # noqa: N803 — scikit-learn's name
        return np.full(len(X) + self.extra, self.says)


M, T, C = rows(1)


def put(value, where=(3, 1)):
    changed = M.copy()
    changed[where] = value
    return changed


ODD_ROWS = {
    "no rows": (M[:0], T[:0], C),
    "one row": (M[:1], T[:1], C),
    "no columns": (M[:, :0], T, C),
    "one class": (M, np.zeros_like(T), C),
    "one number": (M, np.full(len(M), 3.0), ()),
    "constant": (np.ones_like(M), T, C),
    "all missing": (np.full_like(M, np.nan), T, C),
    "infinite": (put(np.inf), T, C),
    "minus infinite": (put(-np.inf), T, C),
    "missing truth": (M, np.where(T == 1, np.nan, 0.0), C),
    "infinite truth": (M, np.where(T == 1, np.inf, 0.0), ()),
    "codes too high": (M, T + 1, C),
    "codes too low": (M, T - 1, C),
    "codes between": (M, T + 0.5, C),
    "names for codes": (M, np.array(C)[T], C),
    "text": (M.astype(str).astype(object) + "x", T, C),
    "None": (None, T, C),
    "no truth": (M, None, C),
    "objects": (np.array([[{}]] * 9), T[:9], C),
    "ragged": ([[1.0], [1.0, 2.0]], [0, 1], C),
    "three axes": (M[:, :, None], T, C),
    "one axis": (M[:, 0], T, C),
    "truth of two columns": (M, np.column_stack([T, T]), C),
    "fewer truths": (M, T[:-1], C),
    "more truths": (M[:-1], T, C),
    "complex": (M * 1j, T, C),
    "dates": (M.astype("datetime64[s]").astype(object), T, C),
    "a set": ({1, 2}, T, C),
    "a scalar": (3.0, 1.0, C),
    "a mapping": ({"x": 1}, T, C),
}
ODD_BUILDS = {
    "raises": lambda _: 1 / 0,
    "gives None": lambda _: None,
    "gives a number": lambda _: 3,
    "gives a class": lambda _: LogisticRegression,
    "fit raises": lambda _: Refuses(),
    "says NaN": lambda _: Says(),
    "says infinity": lambda _: Says(np.inf),
    "says too much": lambda _: Says(0.0, 2),
    "says too little": lambda _: Says(0.0, -1),
    "says words": lambda _: Says("yes"),
    "takes no seed": dict,
    "wants no missing values": lambda _: LogisticRegression(),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("given", ODD_ROWS.values(), ids=ODD_ROWS)
def test_odd_rows_tell_nothing(check, given) -> None:
    found = asked(check, lambda _: HistGradientBoostingClassifier(max_iter=2), given)
    assert found.verdict in {"unknown", "not applicable"}
    assert found.verdict == "unknown" or (found.id == "label_order" and not given[2])
    assert found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", ODD_BUILDS)
def test_odd_builders_tell_nothing(check, name) -> None:
    matrix = put(np.nan, (slice(None), 1)) if name == "wants no missing values" else M
    found = asked(check, ODD_BUILDS[name], (matrix, T, C))
    assert found.verdict == "unknown"
    assert found.reason
    assert "\n" not in found.reason
