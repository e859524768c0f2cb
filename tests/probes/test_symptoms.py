"""The doctor's checks: planted faults are found, healthy candidates are left alone, odd input gets a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from seatrial.data.schema import infer
from seatrial.evaluation import Predictions
from seatrial.models.ladder import Sample, fit
from seatrial.probes.symptoms import SYMPTOMS
from seatrial.records.contract import Contract
from seatrial.records.metrics import GLOSSARY
from seatrial.scoring.archive import Scorer, finish
from seatrial.scoring.format import Header

CHECKS = {each.name: each for each in SYMPTOMS}
PARTS = ("train", "dev", "test")
HEALTHY = 20


@dataclass
class Patient:
    """A fitted candidate with its rows: all that a check may ask for."""

    roles: Mapping[str, Any]

    def __getitem__(self, role: str) -> Any:
        return self.roles[role]

    def plan(self, path: str) -> Any:
        return {"train.seed": 0, "train.parameters": {}, "data.split": {"by": "hash"}}[path]


def patient(
    columns: Mapping[str, np.ndarray],
    truth: np.ndarray,
    *,
    family: str = "linear",
    classes: tuple[str, ...] = ("no", "yes"),
    text: tuple[str, ...] = (),
    parts: np.ndarray | None = None,
    scores: Any = None,
) -> Patient:
    """Fit a family on half of the rows; the other half is dev and test."""
    n = len(truth)
    codes = (
        parts if parts is not None else np.repeat([0, 1, 2], [n // 2, n // 4, n - n // 2 - n // 4])
    )
    frame = pl.DataFrame({name: values.tolist() for name, values in columns.items()})
    task = "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"
    contract = Contract(task, tuple(infer(frame, frame.columns, text=text)), classes=classes)
    of = {
        part: {name: values[codes == place] for name, values in columns.items()}
        for place, part in enumerate(PARTS)
    }
    fitted = fit(family, contract, Sample(of["train"], truth[codes == 0]), {})
    header = Header(
        fitted.kind,
        family,
        contract,
        parameters=fitted.parameters if fitted.estimator is None else {},
    )
    scorer = Scorer(header, fitted.form, {})
    roles: dict[str, Any] = {"scorer": scorer, "archive": (None, Path())}
    for place, part in enumerate(PARTS):
        rows = codes == place
        answers = scorer.answer(of[part])
        told = answers.scores if scores is None else scores(answers.scores)
        decided = told if task == "regression" else finish(header, told).decided
        roles |= {
            f"frame/{part}": of[part],
            f"truth/{part}": truth[rows],
            f"units/{part}": np.arange(int(rows.sum())),
            f"predictions/{part}": Predictions(
                task, classes, told, decided, truth[rows], np.arange(int(rows.sum()))
            ),
        }
    return Patient(roles)


def logistic(
    rng: np.random.Generator, n: int = 4000, *, slope: float = 1.5
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Rows of which a linear model is the truth."""
    columns = {f"x{place}": rng.normal(size=n) for place in range(5)}
    columns["site"] = np.array([f"s{each}" for each in rng.integers(0, 4, n)], dtype=object)
    logit = slope * columns["x0"] - columns["x1"] + 0.5 * (columns["site"] == "s1")
    return columns, (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int64)


def found(name: str, patient: Patient) -> Any:
    return CHECKS[name].answer(patient)


@pytest.mark.truth
def test_at_most_one_healthy_candidate_in_twenty_is_accused_of_anything() -> None:
    accused = []
    for seed in range(HEALTHY):
        rng = np.random.default_rng(seed)
        columns, truth = logistic(rng, 1600)
        if seed % 3 == 0:  # a number
            classes, truth = (), 2 * columns["x0"] - columns["x1"] + rng.normal(size=1600)
        elif seed % 3 == 1:
            classes = ("no", "yes")
        else:  # three classes
            classes = ("a", "b", "c")
            logits = np.column_stack([columns["x0"], columns["x1"], columns["x2"]]) * 1.5
            chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            truth = (rng.random((1600, 1)) > chances.cumsum(axis=1)).sum(axis=1)
        healthy = patient(columns, truth, classes=classes)
        told = {name: found(name, healthy) for name in CHECKS}
        accused += [(seed, name, each.reason) for name, each in told.items() if each.holds is False]
    assert len({seed for seed, _, _ in accused}) <= HEALTHY * 0.05, accused


@pytest.mark.truth
def test_flipped_labels_of_one_class_are_found_and_the_class_is_named() -> None:
    hits = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        columns, truth = logistic(rng, 6000, slope=4.0)
        flipped = np.where((truth == 1) & (rng.random(6000) < 0.15), 0, truth)
        told = found("labels_are_consistent", patient(columns, flipped))
        hits += told.holds is False and "that are yes by their features" in told.reason
    assert hits >= 5


TEXT_CHECKS = (
    "invariant_to_row_order",
    "label_order",
    "chance_on_shuffled_labels",
    "not_overfitted",
    "not_underfitted",
)


def test_a_healthy_model_of_texts_is_looked_at_and_not_accused() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(1200) < 0.4).astype(np.int64)
    common = [f"word{each}" for each in range(40)]
    texts = np.array(
        [
            " ".join(
                [*rng.choice(common, 6), *(["prize"] if rng.random() < 0.2 + 0.6 * each else [])]
            )
            for each in truth
        ],
        dtype=object,
    )
    healthy = patient({"text": texts}, truth, family="tfidf", text=("text",))
    told = {name: found(name, healthy) for name in TEXT_CHECKS}
    assert {name: each.reason for name, each in told.items() if each.holds is not True} == {}
    assert told["label_order"].estimate.value > 0.8  # it was asked about the rows themselves


@pytest.mark.truth
def test_two_shifted_features_are_named() -> None:
    hits = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        columns, truth = logistic(rng)
        test = np.arange(4000) >= 3000
        columns["x2"] = columns["x2"] + 0.8 * test
        columns["x3"] = columns["x3"] * np.where(test, 2.0, 1.0)
        told = found("parts_are_alike", patient(columns, truth))
        hits += told.holds is False and {"x2", "x3"} == set(
            told.reason.partition(" by ")[2].split(", ")[-2:]
        )
    assert hits >= 3


@pytest.mark.truth
def test_a_bad_slice_of_two_columns_is_found_where_the_model_is_sure() -> None:
    hits = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        columns, truth = logistic(rng, 20_000, slope=3.0)
        columns["tool"] = np.array(
            [f"t{each}" for each in rng.integers(0, 16, 20_000)], dtype=object
        )
        bad = (columns["site"] == "s2") & (columns["tool"] == "t5")
        truth = np.where(bad & (rng.random(20_000) < 0.5), 1 - truth, truth)
        told = found("no_unexpected_slice", patient(columns, truth))
        hits += told.holds is False and "site = 's2' and tool = 't5'" in told.reason
    assert hits == 4


def test_a_class_that_is_never_decided_is_found() -> None:
    rng = np.random.default_rng(0)
    columns, truth = logistic(rng)
    rare = np.where((truth == 1) & (rng.random(4000) < 0.15), 2, truth)
    told = found("every_class_is_predicted", patient(columns, rare, classes=("a", "b", "rare")))
    assert told.holds is False
    assert told.reason.startswith("rare is never decided")


def test_probabilities_that_are_too_sure_are_found() -> None:
    def surer(scores: np.ndarray) -> np.ndarray:
        odds = (scores / (1 - scores)) ** 3
        told = odds / (1 + odds)
        return told / told.sum(axis=1, keepdims=True)

    rng = np.random.default_rng(0)
    told = found("calibrated", patient(*logistic(rng), scores=surer))
    assert told.holds is False
    assert "sure in the mean" in told.reason


@pytest.mark.truth
def test_trees_that_learned_a_few_rows_by_heart_overfit() -> None:
    hits = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        columns, truth = logistic(rng, 1600, slope=0.7)
        told = found("not_overfitted", patient(columns, truth, family="boosted"))
        hits += told.holds is False and "it overfits" in told.reason
        assert ", for the better" in told.reason
    assert hits == 3


@pytest.mark.truth
def test_a_line_through_what_is_no_line_underfits() -> None:
    hits = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        columns, _ = logistic(rng, 3000)
        logit = 3 * np.sign(columns["x0"] * columns["x1"])
        truth = (rng.random(3000) < 1 / (1 + np.exp(-logit))).astype(np.int64)
        hits += found("not_underfitted", patient(columns, truth)).holds is False
    assert hits == 3


def test_features_that_tell_nothing_are_no_better_than_a_constant() -> None:
    rng = np.random.default_rng(0)
    columns, _ = logistic(rng)
    told = found("better_than_constant", patient(columns, rng.integers(0, 2, 4000)))
    assert told.holds is False


def test_a_baseline_is_not_said_to_fit_badly() -> None:
    rng = np.random.default_rng(0)
    healthy = patient(*logistic(rng, 800), family="majority")
    for name in ("not_overfitted", "not_underfitted", "labels_are_consistent"):
        assert found(name, healthy).holds is None


def odd(kind: str, rng: np.random.Generator) -> Patient:
    """Rows that nobody has in mind."""
    n = {"one row a part": 4, "few rows": 24}.get(kind, 400)
    columns = {"x": rng.normal(size=n), "y": rng.normal(size=n)}
    truth = np.arange(n) % 2
    if kind == "all missing":
        columns["x"] = np.full(n, np.nan)
    elif kind == "constant":
        columns = {"x": np.ones(n), "y": np.zeros(n)}
    elif kind == "infinite":
        columns["x"] = np.where(np.arange(n) % 7 == 0, np.inf, columns["x"])
    elif kind == "5,000 categories":
        n = 6000
        columns = {"x": np.array([f"c{each}" for each in rng.integers(0, 5000, n)], dtype=object)}
        truth = np.arange(n) % 2
    elif kind == "duplicate columns":
        columns["z"] = columns["x"].copy()
    elif kind == "unicode names":
        columns = {"größe": columns["x"], '价格 "€"': columns["y"]}
    elif kind == "300 columns":
        n, truth = 120, np.arange(120) % 2
        columns = {f"c{place}": rng.normal(size=n) for place in range(300)}
    elif kind == "huge":
        columns["x"] = columns["x"] * 1e100
    return patient(columns, truth.astype(np.int64))


def drawn(seed: int) -> Patient:
    """Rows drawn at random, of sizes, kinds and cells that nobody has in mind."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([4, 6, 9, 15, 40, 90, 140]))
    columns: dict[str, np.ndarray] = {}
    for place in range(int(rng.integers(1, 6))):
        values = rng.normal(0, 10.0 ** rng.integers(-12, 13), n)
        values[rng.random(n) < rng.choice([0.0, 0.3, 0.95])] = np.nan
        levels = np.array([None, "", "a", "b'c", "ß", "-", *map(str, range(50))], dtype=object)
        kinds = [values, np.full(n, 7.0), levels[rng.integers(0, len(levels), n)], values.round()]
        columns[f'c{place} "{chr(233 + place)}"'] = kinds[int(rng.integers(0, len(kinds)))]
    classes = [("no", "yes"), ("a", "b", "c"), ()][seed % 3]
    truth = rng.integers(0, len(classes), n) if classes else rng.normal(size=n)
    if classes:
        truth[: len(classes)] = np.arange(len(classes))
    return patient(columns, truth, classes=classes, family="linear" if seed % 5 else "boosted")


KINDS = (
    "one row a part",
    "few rows",
    "all missing",
    "constant",
    "infinite",
    "5,000 categories",
    "duplicate columns",
    "unicode names",
    "300 columns",
    "huge",
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [*KINDS, *range(30)])
def test_odd_rows_end_in_an_answer_or_a_reason_and_noise_is_never_called_good(
    kind: str | int,
) -> None:
    given = drawn(kind) if isinstance(kind, int) else odd(kind, np.random.default_rng(0))
    for name in CHECKS:
        told = found(name, given)
        assert told.reason, name
        assert "Traceback" not in told.reason
    assert found("better_than_constant", given).holds is not True


def test_each_check_is_a_metric_that_answers_yes_or_no() -> None:
    for name in CHECKS:
        assert GLOSSARY[name].answers_yes_or_no
