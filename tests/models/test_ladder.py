"""Every family of the ladder keeps one contract: fit, archive, open, answer, again."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import ArchiveError, CodeError, PlanError
from seatrial.models.export import archive, edge_rows
from seatrial.models.ladder import Sample, fit
from seatrial.records.condition import Column, Compare, Constant
from seatrial.records.contract import Contract, Feature
from seatrial.records.rule import Rule
from seatrial.scoring.archive import audit, open_archive
from seatrial.scoring.encode import encode

ROWS = 1_500
FEATURES = (
    Feature("age", "number", 18, 90),
    Feature("plan", "category", levels=("basic", "plus", "pro")),
    Feature("is_member", "boolean"),
)
CONTRACTS = {
    "binary": Contract("binary", FEATURES, classes=("no", "yes")),
    "multiclass": Contract("multiclass", FEATURES, classes=("a", "b", "c")),
    "regression": Contract("regression", FEATURES),
}
OLD = Compare(">=", Column("age"), Constant(50))
RULES = {
    "binary": Rule(((OLD, True),), otherwise=False),
    "multiclass": Rule(((OLD, "b"),), otherwise="c"),
    "regression": Rule(((OLD, 3.0),), otherwise=-1.0),
}
FAMILIES = ["dummy", "rule", "linear", "boosted"]


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    age = random.uniform(18, 90, ROWS)
    age[random.random(ROWS) < 0.1] = np.nan
    plan = random.choice(np.array(["basic", "plus", "pro", None], dtype=object), ROWS)
    member = random.choice(np.array([True, False, None], dtype=object), ROWS)
    return {"age": age, "plan": plan, "is_member": member}


def truth(task: str, columns: dict[str, np.ndarray]) -> np.ndarray:
    noise = np.random.default_rng(8).normal(0, 10, ROWS)
    score = np.nan_to_num(columns["age"], nan=40.0) + 20 * (columns["plan"] == "pro") + noise
    if task == "regression":
        return score
    return np.digitize(score, [55] if task == "binary" else [45, 65]).astype(np.int64)


def fitted(task: str, family: str, columns: dict[str, np.ndarray]):
    name = {"dummy": "mean" if task == "regression" else "majority"}.get(family, family)
    sample = Sample(columns, truth(task, columns))
    return fit(name, CONTRACTS[task], sample, {}, rule=RULES[task])


def archived(task: str, family: str, columns: dict[str, np.ndarray], *, rows: int = ROWS) -> bytes:
    made = fitted(task, family, columns)
    threshold = 0.4 if task == "binary" and made.estimator is not None else None
    proof = encode(CONTRACTS[task], columns, {})[:rows]
    return archive(made, CONTRACTS[task], threshold=threshold, proof=proof)


@pytest.fixture(scope="module")
def archives(columns):
    """Archives by task and family, each made once."""
    return lru_cache(lambda task, family: archived(task, family, columns))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task", CONTRACTS)
class TestEveryFamily:
    def test_answers_every_row(self, task, family, columns, archives) -> None:
        answers = open_archive(archives(task, family)).answer(columns)
        assert len(answers.decided) == ROWS
        assert np.isfinite(np.asarray(answers.decided, dtype=float)).all()

    def test_states_probabilities_that_add_up_or_none(
        self, task, family, columns, archives
    ) -> None:
        scores = open_archive(archives(task, family)).answer(columns).scores
        total = np.atleast_2d(scores.T).sum(axis=0)
        expected = {"regression": total}.get(task, np.ones(ROWS))
        assert (
            np.isnan(scores).all()
            if family == "rule" and task != "regression"
            else np.allclose(total, expected, atol=1e-5)
        )

    def test_trained_twice_is_the_same_archive(self, task, family, columns, archives) -> None:
        assert archived(task, family, columns) == archives(task, family)

    def test_answers_missing_and_unseen_values(self, task, family, archives) -> None:
        strange = {"age": [None, 1e9], "plan": ["new", None], "is_member": [None, True]}
        answers = open_archive(archives(task, family)).answer(strange)
        assert np.isfinite(np.asarray(answers.decided, dtype=float)).all()

    def test_is_refused_with_another_digest(self, task, family, archives) -> None:
        data = archives(task, family)
        with pytest.raises(ArchiveError, match="digest differs"):
            open_archive(data, expected=digest_bytes(b"another"))


@pytest.mark.parametrize("task", CONTRACTS)
@pytest.mark.parametrize("family", ["linear", "boosted"])
def test_the_fast_form_answers_as_the_estimator_does(task, family, columns, archives) -> None:
    data = archives(task, family)
    assert audit(data).parity.proved
    fast, slow = open_archive(data).answer(columns), open_archive(data, fast=False).answer(columns)
    scale = 1.0 if task != "regression" else np.ptp(slow.scores)
    assert np.abs(fast.scores - slow.scores).max() / scale < 1e-5


def test_too_few_rows_prove_no_fast_form(columns) -> None:
    header = audit(archived("binary", "linear", columns, rows=999))
    assert not header.parity.proved
    assert header.parity.reason == "needs 1,000 real rows, there are 999"
    assert "model.onnx" not in header.members


def test_a_form_that_is_converted_wrongly_is_not_used(columns, monkeypatch) -> None:
    other = replace(CONTRACTS["binary"])
    wrong = fit("linear", other, Sample(columns, 1 - truth("binary", columns)), {}).estimator
    from seatrial.models import export

    convert = export._onnx
    monkeypatch.setattr(export, "_onnx", lambda _estimator, inputs: convert(wrong, inputs))
    parity = audit(archived("binary", "linear", columns)).parity
    assert not parity.proved
    assert parity.flipped > 0


def test_edge_rows_hold_every_column_missing_unseen_and_extreme(columns) -> None:
    contract = CONTRACTS["binary"]
    edges = edge_rows(contract, encode(contract, columns, {}))
    assert np.isnan(edges[:, 0]).any()
    assert {3.0, 4.0} <= set(edges[:, 1])
    assert np.nanmax(edges[:, 0]) >= 90e6


def test_an_unknown_family_is_named_with_those_there_are(columns) -> None:
    with pytest.raises(PlanError, match="no family of candidates is called forest"):
        fit("forest", CONTRACTS["binary"], Sample(columns, truth("binary", columns)), {})


BUILDERS = """
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.impute import SimpleImputer
import numpy as np

def bayes(preprocess):
    return make_pipeline(SimpleImputer(), StandardScaler(), GaussianNB())

def raises():
    raise RuntimeError("no luck")

def nothing():
    return 3

class Own(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

def own():
    return Own()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(BUILDERS)
    return tmp_path


def build(name: str, project: Path, columns):
    sample = Sample(columns, truth("binary", columns))
    return fit(f"mine:{name}", CONTRACTS["binary"], sample, {}, root=project)


def test_a_builder_of_the_user_is_archived_and_opened(project, columns) -> None:
    made = build("bayes", project, columns)
    data = archive(made, CONTRACTS["binary"], threshold=0.5, proof=np.empty((0, 3)), package="mine")
    assert len(open_archive(data, root=project).answer(columns).decided) == ROWS


def test_a_class_of_the_users_package_may_be_in_an_archive(project, columns) -> None:
    made = build("own", project, columns)
    data = archive(made, CONTRACTS["binary"], threshold=0.5, proof=np.empty((0, 3)), package="mine")
    assert audit(data).types == ("mine.Own",)
    assert set(open_archive(data, root=project).answer(columns).decided) == {0}


def test_a_class_from_elsewhere_may_not(project, columns) -> None:
    made = build("own", project, columns)
    with pytest.raises(ArchiveError, match=r"the estimator holds mine\.Own"):
        archive(made, CONTRACTS["binary"], threshold=0.5, proof=np.empty((0, 3)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "the builder raised RuntimeError: no luck"),
        ("nothing", "the builder gave int, which has no fit and predict"),
        ("absent", "mine has no function absent"),
    ],
)
def test_a_builder_that_fails_is_named(name, said, project, columns) -> None:
    with pytest.raises(CodeError, match=said):
        build(name, project, columns)
