"""The recurrent network is trained by PyTorch, served by NumPy, and both say the same."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from seatrial.models import recurrent
from seatrial.models.export import archive
from seatrial.models.ladder import Fitted
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import open_archive
from seatrial.scoring.forms import EstimatorForm
from seatrial.scoring.recurrent import RecurrentRegressor

LAGS = 12
ROWS = 900
FEATURES = (
    Feature("hour", "number", 0, 23),
    *(Feature(f"load_lag_{lag}", "number", -3, 3) for lag in range(1, LAGS + 1)),
    Feature("site", "category", levels=("a", "b", "c")),
)
CONTRACT = Contract("regression", FEATURES)


WITHOUT_PYTORCH = """
import sys
from pathlib import Path

class NoPytorch:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoPytorch())
from seatrial.scoring.archive import open_archive
row = dict.fromkeys(sys.argv[2].split(), [0.5]) | {"site": ["b"]}
print(open_archive(Path(sys.argv[1]).read_bytes()).answer(row).scores[0])
print("seatrial.models" in sys.modules)
"""


def rows(seed, *, missing=0.02):
    """A series whose next value turns on the product of two lags: no linear model finds it."""
    random = np.random.default_rng(seed)
    lags = random.normal(size=(ROWS, LAGS))
    site = random.integers(0, 3, ROWS).astype(float)
    truth = lags[:, 0] * lags[:, 1] + 0.5 * lags[:, 2] + (site == 1) + random.normal(0, 0.1, ROWS)
    lags[random.random(lags.shape) < missing] = np.nan
    return np.column_stack([random.uniform(0, 23, ROWS), lags, site]), truth


@pytest.fixture(scope="module")
def fitted():
    return recurrent.build(CONTRACT, seed=1).fit(*rows(1))


@pytest.mark.parametrize("seed", range(5))
def test_numpy_answers_as_pytorch_does(seed) -> None:
    estimator = recurrent.build(CONTRACT, seed=seed).set_params(epochs=2, hidden=8 + 4 * seed)
    matrix, truth = rows(seed)
    estimator.fit(matrix, truth)
    series, static = (torch.tensor(each, dtype=torch.float32) for each in estimator.parts(matrix))
    modules = recurrent.layers(estimator, series.shape[2], static.shape[1])
    recurrent_unit, mix, out = modules
    recurrent_unit.load_state_dict(
        {f"{name}_l0": torch.tensor(getattr(estimator, f"{name}_")) for name in
         ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    )  # fmt: skip
    for layer, name in ((mix, "mix"), (out, "out")):
        weight, bias = (getattr(estimator, f"{each}_{name}_") for each in ("weight", "bias"))
        layer.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
    with torch.no_grad():
        said = recurrent.forward(modules, series, static).double().numpy()
    mean, spread = estimator.target_
    assert np.abs((estimator.predict(matrix) - mean) / spread - said).max() < 1e-5


@pytest.mark.truth
def test_it_finds_what_no_linear_model_does() -> None:
    from sklearn.linear_model import LinearRegression

    matrix, truth = rows(0, missing=0.0)
    learnt, held = slice(0, 700), slice(700, None)
    network = recurrent.build(CONTRACT, seed=0).fit(matrix[learnt], truth[learnt])
    line = LinearRegression().fit(matrix[learnt], truth[learnt])
    errors = [np.mean((each.predict(matrix[held]) - truth[held]) ** 2) for each in (network, line)]
    assert errors[0] < 0.7 * errors[1]


def test_one_seed_gives_one_network_and_leaves_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    twice = [recurrent.build(CONTRACT, seed=3).set_params(epochs=2).fit(*rows(3)) for _ in range(2)]
    assert np.array_equal(twice[0].predict(rows(4)[0]), twice[1].predict(rows(4)[0]))
    assert torch.equal(before, torch.get_rng_state())


def test_it_is_archived_and_answers_from_there_without_pytorch(fitted, tmp_path) -> None:
    matrix, _ = rows(2)
    form = EstimatorForm(CONTRACT, fitted)
    made = Fitted("recurrent", form, "estimator", fitted, fitted.get_params(), 0.0, 0.0)
    data = archive(made, CONTRACT, threshold=None, proof=matrix)
    columns = {each.name: matrix[:, place] for place, each in enumerate(FEATURES)}
    columns["site"] = [("a", "b", "c")[int(code)] for code in matrix[:, -1]]
    assert np.allclose(open_archive(data).answer(columns).scores, fitted.predict(matrix))
    (tmp_path / "archive").write_bytes(data)
    columns = " ".join(each.name for each in FEATURES)
    command = [sys.executable, "-c", WITHOUT_PYTORCH, str(tmp_path / "archive"), columns]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    expected = fitted.predict(np.array([[0.5] * (LAGS + 1) + [1.0]]))[0]
    assert float(said[0]) == pytest.approx(expected)
    assert said[1] == "False"


def test_a_missing_lag_and_an_unseen_level_are_answered(fitted) -> None:
    matrix = rows(5)[0][:3]
    matrix[0] = np.nan
    matrix[1, 1:] = np.nan
    matrix[2, -1] = 3.0
    assert np.isfinite(fitted.predict(matrix)).all()


def test_a_row_is_answered_alone_as_among_others(fitted) -> None:
    matrix = rows(6)[0][:20]
    alone = [fitted.predict(row[None])[0] for row in matrix]
    assert np.allclose(alone, fitted.predict(matrix))


def test_scikit_learn_takes_it_for_a_regressor(fitted) -> None:
    from sklearn.base import clone, is_regressor

    assert is_regressor(fitted)
    assert isinstance(clone(fitted), RecurrentRegressor)
    assert clone(fitted).get_params() == fitted.get_params()


def test_a_forecast_is_drafted_with_it_and_it_reads_the_lags_of_the_plan(tmp_path, monkeypatch):
    import polars as pl

    import seatrial
    from seatrial.verbs.init import init

    hour = np.arange(24 * 60)
    busy = 60 * (1 + np.sin(hour % 24 / 24 * 2 * np.pi))
    days = pl.select(pl.date(2025, 1, 1) + pl.duration(days=pl.lit(pl.Series(hour // 24))))
    frame = pl.DataFrame({"hr": hour % 24, "hires": np.random.default_rng(3).poisson(busy)})
    frame.insert_column(0, days.to_series().alias("on")).write_csv(tmp_path / "hires.csv")
    monkeypatch.chdir(tmp_path)

    init("bikes", tmp_path / "hires.csv", target="hires")
    project = seatrial.open(tmp_path / "bikes")
    rung = {each.candidate.family: each for each in project.train().rungs}

    assert project.plan.text.train.candidates == ["linear", "boosted", "recurrent"]
    lags = recurrent.lag_columns(list(rung["recurrent"].candidate.features))
    assert len(lags) == len(project.plan.text.data.lags.back)
    assert rung["recurrent"].metrics["mae"].high < rung["mean"].metrics["mae"].low
