"""A shop that wants to know which orders come late: trained and checked once, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.probes import candidate

pytest_plugins = ["pytester"]

PLAN = """\
version: 1
project: shop
owners: {default: ada, engineering: grace}
task:
  kind: classification
  target: minutes_late >= 15
data:
  sources:
    orders: {uri: orders.csv, licence: CC0-1.0}
    days: {uri: days.csv, join: {on: [day]}}
  key: order_id
  split: {by: hash, train: 0.6, dev: 0.2, test: 0.2, salt: a}
  features: {drop: [clerk], forbid: [arrived]}
  context: [region]
train:
  candidates: ["builders:plain"]
  features: feats
  seed: 1
optimize: recall
claims:
  - precision >= 0.5
  - {claim: "recall >= 0.2 where store = 'B'", id: recall-b}
  - gap recall by store <= 0.5
  - recall vs rule >= -0.9
  - coverage >= 0.2
  - benefit(hour) > 0
  - latency_ms(p90) <= 1 s
  - memory_mb <= 2 GB
  - numerically_stable
  - reproducible
  - allowed_features
  - schema
  - no_leakage
  - rows >= 2000
  - duplicates <= 1%
  - missing(age) <= 10%
hazards:
  - {what: The courier waits for nothing, claim: precision}
release:
  confidence: 0.7
  fallback: hour >= 20
"""

FEATS = '''\
"""What is made of an order's columns."""


def evening(hour):
    return hour >= 17


def wet_evening(rain, hour):
    return (rain > 5) & (hour >= 17)
'''

BUILDERS = '''\
"""The shop's own candidates."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def plain(preprocess, seed):
    return make_pipeline(preprocess, LogisticRegression(max_iter=500, random_state=seed))
'''

ORDERS = 2_400
"""More than `assignment.FEW`: each order is placed by its own hash, and a new one moves no other."""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose claims were all measured; not to be changed."""
    root = tmp_path_factory.mktemp("shop")
    (root / "plan.yaml").write_text(PLAN)
    (root / "feats.py").write_text(FEATS)
    (root / "builders.py").write_text(BUILDERS)
    orders, days = _tables()
    orders.write_csv(root / "orders.csv")
    days.write_csv(root / "days.csv")
    project = seatrial.open(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidate, "BUSY", float("inf"))  # how busy this host is, is not under test
        patch.setattr(candidate, "ANSWERS", 40)  # enough for the interval of a p90
        project.train()
        project.check()
    project.close()
    return root


@pytest.fixture
def copy_of_shop(shop: Path, tmp_path: Path) -> Iterator[Path]:
    """The same project, to be changed."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def _tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    random = np.random.default_rng(7)
    rain = random.gamma(1.5, 3.0, 30).round(1)
    day = random.integers(0, 30, ORDERS)
    hour = random.integers(8, 23, ORDERS)
    store = random.choice(["A", "B", "C"], ORDERS)
    late = 1.6 * (hour - 11) + 1.2 * rain[day] + 4.0 * (store == "B") + random.normal(0, 4, ORDERS)
    age = random.integers(18, 90, ORDERS).astype(object)
    age[random.random(ORDERS) < 0.05] = None
    orders = pl.DataFrame(
        {
            "order_id": np.arange(1, ORDERS + 1),
            "day": day + 1,
            "hour": hour,
            "store": store,
            "region": random.choice(["north", "south"], ORDERS),
            "items": random.integers(1, 9, ORDERS),
            "age": pl.Series(age.tolist(), dtype=pl.Int64),
            "clerk": random.integers(1, 400, ORDERS),
            "arrived": (hour * 60 + late).round(0),
            "minutes_late": late.round(1),
        }
    )
    return orders, pl.DataFrame({"day": np.arange(1, 31), "rain": rain})
