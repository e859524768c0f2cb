"""A small project, quick to train: whether a parcel is late, by the hour and the weather of its day."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.verbs.project import Project

PLAN = """\
version: 1
project: parcels
task: {kind: classification, target: late}
data:
  sources: {parcels: {uri: parcels.csv}}
  key: id
  unit: day
  split: {by: hash, train: 0.6, dev: 0.2, test: 0.2}
# What is tried.
train:
  candidates: [linear, boosted, "builders:plain", "builders:bare"]   # the plain one is ours
  seed: 1
optimize: accuracy
claims:
  - accuracy >= 0.6
release: {fallback: hour >= 18}
"""

BUILDERS = """\
import os
import time

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

SPACE = {"depth": (1, 12), "leaf": (1, 200, "log"), "criterion": ["gini", "entropy"]}


def plain(preprocess, seed, depth=1, leaf=200, criterion="gini"):
    time.sleep(float(os.environ.get("SLOWLY", "0")))
    model = DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=leaf, criterion=criterion, random_state=seed
    )
    return make_pipeline(preprocess, model)


def bare(preprocess):
    return make_pipeline(preprocess, LogisticRegression())
"""

ROWS = 2_400


def _parcels() -> pl.DataFrame:
    random = np.random.default_rng(3)
    day = random.integers(0, 120, ROWS)
    hour = random.integers(6, 23, ROWS)
    rain = random.gamma(1.5, 3.0, 120).round(1)[day]
    late = 0.5 * (hour - 15) + 0.4 * (rain - 5) + random.normal(0, 2.5, ROWS) > 0
    kept = {"id": np.arange(ROWS), "day": day, "hour": hour, "rain": rain}
    return pl.DataFrame(kept | {"late": np.where(late, "yes", "no")})


@pytest.fixture(scope="session")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder; to be copied."""
    made = tmp_path_factory.mktemp("parcels")
    (made / "plan.yaml").write_text(PLAN)
    (made / "builders.py").write_text(BUILDERS)
    _parcels().write_csv(made / "parcels.csv")
    return made


@pytest.fixture
def folder(parcels: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copytree(parcels, tmp_path / "parcels"))


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """The project, opened."""
    opened = seatrial.open(folder)
    yield opened
    opened.close()
