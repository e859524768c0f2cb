"""What tells two parts apart is named by its column, however wide the columns before it are."""

import numpy as np
import pytest

from seatrial.models.shift import shift, told_apart
from seatrial.records.contract import Contract, Feature

WIDE = Contract(
    "binary",
    (Feature("face", "image", shape=(2, 2, 1)), Feature("age", "number")),
    classes=("no", "yes"),
)
TEXTS = Contract("binary", (Feature("said", "text"),), classes=("no", "yes"))
ROWS = 400
UNITS = (np.arange(ROWS), np.arange(ROWS))


def drawn(seed: int, *, older: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (ROWS, 4)).astype(float)
    return np.column_stack([pixels, random.normal(40 + older, 10, ROWS)])


def test_a_column_behind_an_image_is_named_and_not_the_image() -> None:
    found = shift(WIDE, drawn(1), drawn(2, older=15), UNITS)
    assert found.is_notable
    assert [name for name, _ in found.features] == ["age"]


def said(seed: int, words: list[str]) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.array([[" ".join(random.choice(words, 6))] for _ in range(ROWS)], dtype=object)


def test_texts_are_told_apart_by_their_words() -> None:
    usual = ["see", "you", "home", "later", "dinner", "work", "call", "love"]
    same = told_apart(TEXTS, said(1, usual), said(2, usual), UNITS)
    other = told_apart(TEXTS, said(1, usual), said(3, [*usual, "win", "prize", "cash"]), UNITS)
    assert same.low < 0.55
    assert other.low > 0.8
    assert [name for name, _ in shift(TEXTS, said(1, usual), said(3, ["win"]), UNITS).features] == [
        "said"
    ]


@pytest.mark.truth
def test_rows_of_one_kind_are_hardly_ever_told_apart() -> None:
    low = [told_apart(WIDE, drawn(2 * each), drawn(2 * each + 1), UNITS).low for each in range(40)]
    assert sum(each > 0.5 for each in low) <= 3  # 2.5 % of 40, and chance
