"""The estimators of the ladder, each with its preprocessing inside."""

from __future__ import annotations

from typing import Any

import numpy as np

from seatrial.records.contract import Contract
from seatrial.scoring.encode import spans

TREES = 200
"""Boosting rounds; at a learning rate of 0.1 the loss on tables of this kind is flat by then."""
MOST_WORDS = 20_000
"""Words and pairs of words that are kept of a text column, the most frequent first."""
TOPICS = 50
WORD = r"(?u)\b\w+\b|[^\w\s]"
"""A word, or one sign that is none: an exclamation mark tells as much as many a word."""
_FREEDOM_OF_WORDS = 10.0
_FREEDOM_OF_ENCODED = 0.1
"""Inverse strength of the penalty: the best of 0.001 to 1 on spam in text messages and on digits."""
_WIDE = ("encoded", "pixel")


def preprocess(contract: Contract) -> Any:
    """Impute, scale and spread out the matrix for a linear model.

    Numbers: median, then zero mean and unit variance. Categories: one column a level; an unseen
    level is all zeros, a missing value a level of its own. Texts: see :func:`words`. Pixels stay as
    they are, what an encoder gives is scaled: pixels at the edge that hardly vary would become noise.

    Args:
        contract: Kinds and levels of the columns, in the order of the matrix.

    Returns:
        An unfitted ``ColumnTransformer`` on (n_rows, n_columns) float64, or objects.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    places = _places(contract)
    levels = [_codes(len(each.levels)) for each in contract.inputs if each.kind == "category"]
    as_numbers = [_as_numbers()] if contract.reads_words else []
    parts = [
        (
            "number",
            make_pipeline(
                *as_numbers,
                SimpleImputer(strategy="median", keep_empty_features=True),
                StandardScaler(),
            ),
            places["number"],
        ),
        (
            "category",
            make_pipeline(*as_numbers, OneHotEncoder(categories=levels, handle_unknown="ignore"))
            if as_numbers
            else OneHotEncoder(categories=levels, handle_unknown="ignore"),
            places["category"],
        ),
        ("encoded", make_pipeline(*as_numbers, StandardScaler()), places["encoded"]),
        ("pixel", _as_numbers() if as_numbers else "passthrough", places["pixel"]),
        *((f"words{place}", words(), place) for place in places["words"]),
    ]
    return ColumnTransformer([part for part in parts if part[2] != []])


def words(*, fewest: int = 2) -> Any:
    """Words and pairs of neighbouring words of a text, weighed by how few texts hold them.

    Args:
        fewest: Texts that a word must stand in.

    Source:
        Spaerck Jones (1972), Journal of Documentation 28(1), 11-21, doi:10.1108/eb026526.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, 2),
        min_df=fewest,
        max_features=MOST_WORDS,
        sublinear_tf=True,
        token_pattern=WORD,
        strip_accents="unicode",
    )


def plain_words(estimator: Any) -> None:
    """Number the words of a fitted estimator with Python's numbers, in place.

    scikit-learn leaves NumPy's, and an archive would hold a member for each of them.
    """
    if hasattr(estimator, "vocabulary_"):
        known = estimator.vocabulary_.items()
        estimator.vocabulary_ = {word: int(place) for word, place in sorted(known)}
    parts = [*getattr(estimator, "steps", ()), *getattr(estimator, "transformers_", ())]
    for part in parts:
        plain_words(part[1])


def _places(contract: Contract) -> dict[str, list[int]]:
    """Columns of the matrix by how they are read."""
    found: dict[str, list[int]] = {name: [] for name in ("number", "category", *_WIDE, "words")}
    for feature, columns in spans(contract):
        kind = "category" if feature.kind == "category" else "number"
        if feature.encoder is not None:
            kind = "encoded"
        elif feature.kind in {"text", "image"}:
            kind = "words" if feature.kind == "text" else "pixel"
        found[kind] += range(columns.start, columns.stop)
    return found


def _as_numbers() -> Any:
    """Numbers that stand beside a text come as objects."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(np.asarray, kw_args={"dtype": "float64"})


def _codes(levels: int) -> Any:
    """Every level's code and the code for missing; the code between them is for unseen ones."""
    return np.array([*range(levels), levels + 1], dtype=np.float64)


def linear(contract: Contract, *, seed: int) -> Any:
    """Logistic or ridge regression on the preprocessed matrix.

    What an encoder gives is many columns that say alike things; it is held back more.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    freedom = _FREEDOM_OF_ENCODED if contract.encoders else 1.0
    freedom = _FREEDOM_OF_WORDS if contract.reads_words else freedom
    if contract.classes:
        model = LogisticRegression(C=freedom, max_iter=500, tol=1e-3, random_state=seed)
        return make_pipeline(preprocess(contract), model)
    return make_pipeline(preprocess(contract), Ridge(alpha=1.0 / freedom))


def boosted(contract: Contract, *, seed: int) -> Any:
    """Gradient-boosted trees on the matrix as it is; a category's levels are ordered by frequency.

    Of a text the trees see the :data:`TOPICS` directions in which its words vary most.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if contract.classes else HistGradientBoostingRegressor
    trees = kind(max_iter=TREES, learning_rate=0.1, early_stopping=False, random_state=seed)
    if not contract.reads_words:
        return trees
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import TruncatedSVD
    from sklearn.pipeline import make_pipeline

    places = _places(contract)
    others = sorted(place for kind, each in places.items() if kind != "words" for place in each)
    topics = [
        (f"words{place}", make_pipeline(words(), TruncatedSVD(TOPICS, random_state=seed)), place)
        for place in places["words"]
    ]
    parts = [*([("number", _as_numbers(), others)] if others else []), *topics]
    return make_pipeline(ColumnTransformer(parts), trees)
