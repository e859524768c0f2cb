"""A small recurrent network that answers with NumPy alone: what is trained elsewhere is served here.

A gated recurrent unit reads the lags of a row from the oldest to the newest; its last state and the
other columns go through one hidden layer.

Source:
    Cho et al. (2014), arXiv:1406.1078, in the form that PyTorch computes: the reset gate is applied
    after the recurrent product.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEIGHTS = (
    "weight_ih_",  # (3 * hidden, channels), the gates in the order reset, update, new
    "weight_hh_",  # (3 * hidden, hidden)
    "bias_ih_",  # (3 * hidden,)
    "bias_hh_",  # (3 * hidden,)
    "weight_mix_",  # (hidden, hidden + n_static)
    "bias_mix_",  # (hidden,)
    "weight_out_",  # (1, hidden)
    "bias_out_",  # (1,)
)


class RecurrentRegressor:
    """A recurrent network over lag columns, with the interface of a scikit-learn regressor.

    Everything fitted is an array, so that an archive needs no code but this class, and answering
    needs neither PyTorch nor scikit-learn.

    Args:
        lags: For each time step, the oldest first, the column of each series; −1 where a series has
            no such lag.
        static: Columns that don't change with time.
        levels: For each static column the number of its levels; 0 for a number. A category's code
            is spread out, one column a level.
        hidden: Width of the state.
        epochs: Most passes over the rows.
        seed: For the first weights, the order of the rows, and which are held out.
        trainer: ``module:function`` that is called with the estimator, the matrix and the truth, and
            gives the weights by name.

    Attributes:
        centre_: (n_inputs,) mean of each column in training.
        spread_: (n_inputs,) its standard deviation; 1 for a constant.
        target_: (2,) mean and standard deviation of the truth.
        weight_ih_: As the rest, listed in :data:`WEIGHTS`.

    >>> RecurrentRegressor(lags=((1,), (0,)), static=(2,), levels=(0,)).hidden
    16
    """

    weight_ih_: Floats
    weight_hh_: Floats
    bias_ih_: Floats
    bias_hh_: Floats
    weight_mix_: Floats
    bias_mix_: Floats
    weight_out_: Floats
    bias_out_: Floats

    def __init__(
        self,
        *,
        lags: tuple[tuple[int, ...], ...] = (),
        static: tuple[int, ...] = (),
        levels: tuple[int, ...] = (),
        hidden: int = 16,
        epochs: int = 60,
        seed: int = 0,
        trainer: str = "",
    ) -> None:
        self.lags, self.static, self.levels = lags, static, levels
        self.hidden, self.epochs, self.seed, self.trainer = hidden, epochs, seed, trainer

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 — scikit-learn's signature
        """Settings by name."""
        names = ("lags", "static", "levels", "hidden", "epochs", "seed", "trainer")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **settings: Any) -> Self:
        """Change settings.

        Raises:
            ValueError: there is no such setting.
        """
        for name, value in settings.items():
            if name not in self.get_params():
                message = f"no setting is called {name}"
                raise ValueError(message)
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 — scikit-learn's names
        """Train, by the function that ``trainer`` names.

        Args:
            X: (n_rows, n_inputs) float64, NaN for missing.
            y: (n_rows,) float64.
        """
        matrix, truth = np.asarray(X, np.float64), np.asarray(y, np.float64)
        module, _, name = self.trainer.partition(":")
        self.centre_, self.spread_ = _scale(matrix)
        centre, spread = _scale(truth[:, None])
        self.target_ = np.array([centre[0], spread[0]])
        train = getattr(importlib.import_module(module), name)
        weights: Mapping[str, Floats] = train(self, *self.parts(matrix), self.standardised(truth))
        for each in WEIGHTS:
            setattr(self, each, np.asarray(weights[each], np.float64))
        self.n_features_in_ = matrix.shape[1]
        return self

    def predict(self, X: Any) -> Floats:  # noqa: N803 — scikit-learn's name
        """Answer rows; (n_rows,) float64."""
        series, static = self.parts(np.asarray(X, np.float64))
        mean, spread = self.target_
        said: Floats = mean + spread * self._forward(series, static)
        return said

    def parts(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Split rows into series and the rest, standardised; a missing value becomes the mean.

        Returns:
            (n_rows, n_steps, n_series), the oldest step first, and (n_rows, n_static).
        """
        plain = np.nan_to_num((matrix - self.centre_) / self.spread_, nan=0.0)
        padded = np.column_stack([plain, np.zeros(len(plain))])  # column -1 is for lags not there
        series = padded[:, np.array(self.lags, dtype=np.int64)]
        spread_out = [
            (matrix[:, [place]] == np.arange(levels)).astype(np.float64)
            if levels
            else plain[:, [place]]
            for place, levels in zip(self.static, self.levels, strict=True)
        ]
        return series, np.hstack([np.empty((len(matrix), 0)), *spread_out])

    def standardised(self, truth: Floats) -> Floats:
        """The truth as the network answers it."""
        mean, spread = self.target_
        scaled: Floats = (truth - mean) / spread
        return scaled

    def _forward(self, series: Floats, static: Floats) -> Floats:
        width = self.weight_hh_.shape[1]
        state = np.zeros((len(series), width))
        for step in range(series.shape[1]):
            given = series[:, step] @ self.weight_ih_.T + self.bias_ih_  # (n_rows, 3 * width)
            kept = state @ self.weight_hh_.T + self.bias_hh_  # (n_rows, 3 * width)
            gates = _sigmoid(given[:, : 2 * width] + kept[:, : 2 * width])
            reset, update = gates[:, :width], gates[:, width:]
            new = np.tanh(given[:, 2 * width :] + reset * kept[:, 2 * width :])
            state = (1.0 - update) * new + update * state
        mixed = np.hstack([state, static]) @ self.weight_mix_.T + self.bias_mix_
        said: Floats = (np.maximum(mixed, 0.0) @ self.weight_out_.T + self.bias_out_)[:, 0]
        return said

    def __sklearn_tags__(self) -> Any:
        """Say what it is to scikit-learn, if that asks."""
        from sklearn.utils import Tags, TargetTags
        from sklearn.utils._tags import InputTags, RegressorTags

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True),
            transformer_tags=None,
            classifier_tags=None,
            regressor_tags=RegressorTags(),
            input_tags=InputTags(allow_nan=True),
        )


def _scale(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; those of a column without values are 0 and 1."""
    known = ~np.isnan(values)
    counts = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, values, 0.0).sum(axis=0) / counts
    spread = np.sqrt((np.where(known, values - centre, 0.0) ** 2).sum(axis=0) / counts)
    return centre, np.where(spread > 0, spread, 1.0)


def _sigmoid(values: Floats) -> Floats:
    halves: Floats = 0.5 * (1.0 + np.tanh(0.5 * values))  # doesn't overflow
    return halves
