"""A plan for a forecast may not read what isn't known yet when the forecast is made."""

from pathlib import Path

import pytest

from seatrial.core.errors import PlanError
from seatrial.plan.load import load

PLAN = """\
version: 1
project: bikes
task: {{kind: {kind}, target: n{horizon}}}
data:
  sources: {{bikes: {{uri: bikes.csv}}}}
  key: row
  time: at
  split: {{by: {split}, train: 0.6, dev: 0.2, test: 0.2}}
  lags: {lags}
optimize: mae
claims: [mae <= 4]
"""
GOOD = {
    "kind": "forecast",
    "horizon": ", horizon: 24h",
    "split": "time",
    "lags": '{of: n, back: ["24h", "7d"], season: 7d}',
}


def written(folder: Path, **changes: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(PLAN.format(**{**GOOD, **changes}))
    return path


def test_a_plan_for_a_forecast_is_read(tmp_path):
    lags = load(written(tmp_path)).text.data.lags
    assert lags.columns == {"24h": "n_24h_ago", "7d": "n_7d_ago"}


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        (
            {"lags": '{of: n, back: ["1h", "24h"]}'},
            "24h ahead, the value 1h before isn't known yet",
        ),
        ({"lags": '{of: n, back: ["24h"], season: 7d}'}, "`season` must stand in `back`, got 7d"),
        ({"lags": '{of: n, back: ["0h"]}'}, "0h"),
        ({"lags": '{of: n, back: ["soon"]}'}, "soon"),
        ({"split": "hash"}, "a forecast is judged on the future, and the split is by hash"),
        ({"kind": "regression"}, "`horizon` is for forecasts"),
    ],
)
def test_a_plan_that_would_read_the_future_is_refused(tmp_path, changes, fact):
    with pytest.raises(PlanError) as caught:
        load(written(tmp_path, **changes))
    assert fact in str(caught.value)


def test_lags_as_long_as_the_horizon_are_known(tmp_path):
    assert load(written(tmp_path, horizon=", horizon: 1d")).claims
