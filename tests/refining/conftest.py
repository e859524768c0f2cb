"""A small project, quick to train: whether a parcel is late, by the hour and the weather of its day."""

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
  - accuracy >= 0.999
release: {fallback: hour >= 18}
"""

BUILDERS = """\
import os
import time

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

SPACE = {"strength": (1e-4, 10.0, "log"), "balanced": [False, True]}


def plain(preprocess, seed, strength=1e-4, balanced=False):
    time.sleep(float(os.environ.get("SLOWLY", "0")))
    weights = "balanced" if balanced else None
    model = LogisticRegression(C=strength, class_weight=weights, random_state=seed)
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's folder."""
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "builders.py").write_text(BUILDERS)
    _parcels().write_csv(tmp_path / "parcels.csv")
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """The project, opened."""
    opened = seatrial.open(folder)
    yield opened
    opened.close()
