"""Train the small recurrent network with PyTorch, for a series whose lags are columns."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import MissingExtraError, PlanError
from seatrial.core.units import span
from seatrial.records.contract import Contract
from seatrial.scoring.recurrent import RecurrentRegressor

_LAG = re.compile(r"(?P<series>.+)_(?:lag_(?P<steps>\d+)|(?P<span>\d+(?:min|h|d|mo))_ago)$")
BATCH = 128
RATE = 5e-3
HELD_OUT = 0.15
"""Share of the rows on which it is judged when to stop."""
PATIENCE = 10
"""Epochs without a better held-out loss after which it stops."""

Floats = NDArray[np.float64]


def build(contract: Contract, *, seed: int) -> RecurrentRegressor:
    """Make the unfitted network for a contract.

    Every column called ``SERIES_lag_K`` is the value of a series K steps ago, ``SERIES_24h_ago`` (as the
    plan's `lags` names it) that of 24 hours ago; the rest is static.

    Args:
        contract: Names and kinds of the columns; the task must be regression.
        seed: For everything random in the fit.

    Raises:
        MissingExtraError: PyTorch, which trains it, is not installed.
        PlanError: it is asked for classes, or there are no lags.
    """
    if contract.classes:
        hint = "take it out of `train.candidates`, or write `kind: regression`"
        raise PlanError("`recurrent` answers numbers, not classes", hint=hint)
    names = [each.name for each in contract.inputs]
    lags = lag_columns(names)
    if not lags:
        hint = "write `data.lags`, or name a series' earlier values SERIES_lag_1, SERIES_lag_2, ..."
        raise PlanError("`recurrent` needs columns of earlier values", hint=hint)
    if find_spec("torch") is None:
        raise MissingExtraError("training `recurrent`", extra="torch")
    static = tuple(place for place, name in enumerate(names) if _lag(name) is None)
    return RecurrentRegressor(
        lags=lags,
        static=static,
        levels=tuple(len(contract.inputs[place].levels) for place in static),
        seed=seed,
        trainer=f"{__name__}:{train.__name__}",
    )


def lag_columns(names: list[str]) -> tuple[tuple[int, ...], ...]:
    """Places of the lags: for each step, the oldest first, one column a series; −1 for none.

    >>> lag_columns(["y_lag_1", "hour", "y_lag_10", "x_lag_1"])
    ((-1, 2), (3, 0))
    >>> lag_columns(["y_1h_ago", "hour", "y_1d_ago"])
    ((2,), (0,))
    """
    found = {lag: place for place, name in enumerate(names) if (lag := _lag(name)) is not None}
    series = sorted({name for _, name in found})
    steps = sorted({each for each, _ in found}, reverse=True)
    return tuple(tuple(found.get((step, name), -1) for name in series) for step in steps)


def _lag(name: str) -> tuple[int, str] | None:
    """How long ago, in steps or minutes, and of which series; None for a column that is no lag."""
    found = _LAG.match(name)
    if found is None:
        return None
    return span(found["span"]) if found["span"] else int(found["steps"]), found["series"]


def train(
    estimator: RecurrentRegressor, series: Floats, static: Floats, truth: Floats
) -> dict[str, Floats]:
    """Train on standardised rows and keep the weights of the best held-out loss.

    One thread and a random state of its own: the same rows and seed give the same weights.

    Args:
        estimator: Its settings.
        series: (n_rows, n_steps, n_series).
        static: (n_rows, n_static).
        truth: (n_rows,).

    Returns:
        Weights by the names in :data:`seatrial.scoring.recurrent.WEIGHTS`.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(estimator.seed)
            modules = layers(estimator, series.shape[2], static.shape[1])
            rows = [torch.tensor(each, dtype=torch.float32) for each in (series, static, truth)]
            _descend(modules, rows, epochs=estimator.epochs)
            return weights(modules)
    finally:
        torch.set_num_threads(threads)


def layers(estimator: RecurrentRegressor, channels: int, static: int) -> Any:
    """The network's layers: the recurrent unit, the mixing and the output layer."""
    from torch import nn

    hidden = estimator.hidden
    recurrent = nn.GRU(channels, hidden, batch_first=True)
    return nn.ModuleList([recurrent, nn.Linear(hidden + static, hidden), nn.Linear(hidden, 1)])


def forward(modules: Any, series: Any, static: Any) -> Any:
    """Answer rows with PyTorch; (n_rows,)."""
    import torch

    recurrent, mix, out = modules
    state = recurrent(series)[1][0]  # (n_rows, hidden)
    return out(torch.relu(mix(torch.cat([state, static], dim=1))))[:, 0]


def weights(modules: Any) -> dict[str, Floats]:
    """The layers' weights as arrays, by the names that answering knows."""
    recurrent, mix, out = modules
    named = {
        "weight_ih_": recurrent.weight_ih_l0,
        "weight_hh_": recurrent.weight_hh_l0,
        "bias_ih_": recurrent.bias_ih_l0,
        "bias_hh_": recurrent.bias_hh_l0,
        "weight_mix_": mix.weight,
        "bias_mix_": mix.bias,
        "weight_out_": out.weight,
        "bias_out_": out.bias,
    }
    return {name: each.detach().double().numpy().copy() for name, each in named.items()}


def _descend(modules: Any, rows: list[Any], *, epochs: int) -> None:
    import copy

    import torch

    order = torch.randperm(len(rows[2]))
    held = order[: max(int(HELD_OUT * len(order)), 1)]
    learnt = order[len(held) :] if len(order) > 1 else order
    optimizer = torch.optim.Adam(modules.parameters(), lr=RATE)
    best, kept, waited = float("inf"), copy.deepcopy(modules.state_dict()), 0
    for _ in range(epochs):
        for places in learnt[torch.randperm(len(learnt))].split(BATCH):
            optimizer.zero_grad()
            _loss(modules, rows, places).backward()
            torch.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
            optimizer.step()
        with torch.no_grad():
            loss = float(_loss(modules, rows, held))
        waited = 0 if loss < best else waited + 1
        if loss < best:
            best, kept = loss, copy.deepcopy(modules.state_dict())
        if waited >= PATIENCE:
            break
    modules.load_state_dict(kept)


def _loss(modules: Any, rows: list[Any], places: Any) -> Any:
    import torch

    series, static, truth = (each[places] for each in rows)
    return torch.nn.functional.mse_loss(forward(modules, series, static), truth)
