"""The estimators of the ladder, each with its preprocessing inside."""

from __future__ import annotations

from typing import Any

import numpy as np

from seatrial.records.contract import Contract

TREES = 200
"""Boosting rounds; at a learning rate of 0.1 the loss on tables of this kind is flat by then."""


def preprocess(contract: Contract) -> Any:
    """Impute, scale and spread out the matrix for a linear model.

    Numbers: median, then zero mean and unit variance. Categories: one column a level; an unseen
    level is all zeros, a missing value a level of its own.

    Args:
        contract: Kinds and levels of the columns, in the order of the matrix.

    Returns:
        An unfitted ``ColumnTransformer`` on (n_rows, n_inputs) float64.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    inputs = contract.inputs
    numbers = [place for place, each in enumerate(inputs) if each.kind != "category"]
    categories = [place for place, each in enumerate(inputs) if each.kind == "category"]
    levels = [_codes(len(inputs[place].levels)) for place in categories]
    parts = [
        (
            "number",
            make_pipeline(
                SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
            ),
            numbers,
        ),
        ("category", OneHotEncoder(categories=levels, handle_unknown="ignore"), categories),
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def _codes(levels: int) -> Any:
    """Every level's code and the code for missing; the code between them is for unseen ones."""
    return np.array([*range(levels), levels + 1], dtype=np.float64)


def linear(contract: Contract, *, seed: int) -> Any:
    """Logistic or ridge regression on the preprocessed matrix."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    if contract.classes:
        model = LogisticRegression(max_iter=500, tol=1e-3, random_state=seed)
        return make_pipeline(preprocess(contract), model)
    return make_pipeline(preprocess(contract), Ridge(alpha=1.0))


def boosted(contract: Contract, *, seed: int) -> Any:
    """Gradient-boosted trees on the matrix as it is; a category's levels are ordered by frequency."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if contract.classes else HistGradientBoostingRegressor
    return kind(max_iter=TREES, learning_rate=0.1, early_stopping=False, random_state=seed)
