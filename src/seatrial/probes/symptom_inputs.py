"""What the doctor's checks share: their answer, the rows they look at, and when they can't tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.probes.probe import Inputs

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.records.contract import Contract

LEVEL = 0.005
"""Chance that one of the checks that test something accuses a healthy candidate."""
MOST_ROWS = 20_000
"""Rows of train that a variant is fitted on."""
MOST_WORK = 600
"""Columns times classes that trees are tried on; more would take minutes."""
SANITY_ROWS = 2_000
"""Rows of train that sanity checks are made on."""
SHARE_OF_ERROR = 0.02
"""Share of the candidate's loss that another capacity must save to be of account."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of a check.

    Attributes:
        holds: Whether it passes; None if it could not be told.
        reason: What was found, with its figure; or why it could not be told.
        estimate: The figure.
        repair: What to do if it fails, a verb first.
    """

    holds: bool | None
    reason: str
    estimate: Estimate | None = None
    repair: str = ""


def matrices(inputs: Inputs, *parts: str) -> tuple[Contract, list[Any]]:
    """The contract, and the encoded rows of parts as the candidate is asked them."""
    scorer = inputs["scorer"]
    found = [scorer.matrix(part, inputs[f"frame/{part}"]) for part in parts]
    return scorer.header.contract, found


def why_untrained(inputs: Inputs) -> str:
    """Why there is nothing that was trained; empty if there is."""
    form = inputs["scorer"].header.form
    return "" if form == "estimator" else f"the candidate is a {form}: nothing was trained"


def too_few(dev: Predictions) -> str:
    """Why dev can't tell anything; empty if it can."""
    from seatrial.evaluation.measurement import FEWEST_RELEVANT

    return f"dev has {len(dev)} rows: too few to tell" if len(dev) < FEWEST_RELEVANT else ""


def loss_metric(dev: Predictions) -> str:
    """What checks measure it by: a loss, or balanced accuracy where it states no probabilities."""
    if dev.task == "regression":
        return "mae"
    return "log_loss" if dev.states_probabilities else "balanced_accuracy"


def spoken(metric: str) -> str:
    """A metric's name for people."""
    return {"mae": "mean absolute error", "log_loss": "log loss"}.get(metric, metric)


def some_rows(rows: int) -> Any:
    """Places of the rows that a variant is fitted on."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])


def turned(saved: Estimate) -> Estimate:
    """The same difference, told the other way round."""
    from dataclasses import replace

    assert saved.value is not None
    assert saved.low is not None
    assert saved.high is not None
    return replace(saved, value=-saved.value, low=-saved.high, high=-saved.low)
