"""Row hashes stay what they are, are even, and ignore nothing."""

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from seatrial.core.errors import DataError
from seatrial.store.rows import row_hashes

ROWS = 200_000
ALMOST_CERTAIN = 1e-6

KEYS = {
    "counted": pl.Series(range(ROWS)),
    "even": pl.Series(range(0, 2 * ROWS, 2)),
    "shifted": pl.Series(range(ROWS)) * 2**32,
    "real": pl.Series(range(ROWS)) / 8,
    "text": pl.Series([f"customer-{number}" for number in range(ROWS)]),
    "day": pl.Series(range(ROWS)).cast(pl.Datetime("us")),
}


def test_hashes_are_the_same_in_every_version_of_our_libraries() -> None:
    frame = pl.DataFrame(
        {
            "whole": [1, None, -3],
            "real": [0.5, -0.0, math.nan],
            "text": ["", "sea trial, and all hands on deck", None],
            "yes": [True, False, None],
            "day": [dt.date(2026, 1, 1), None, dt.date(1969, 7, 20)],
            "at": pl.Series([0, 1, None]).cast(pl.Datetime("us", "UTC")),
        }
    )
    assert row_hashes(frame).tolist() == [
        17255301230711915150,
        11640085286075844727,
        1845375834246533039,
    ]
    assert row_hashes(frame, secret=b"salt").tolist() == [
        15777868851912313118,
        14375985321340920723,
        13954679598602302929,
    ]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("bits_dropped", [0, 24, 55])
def test_a_split_by_hash_is_even(kind: str, bits_dropped: int) -> None:
    hashes = row_hashes(pl.DataFrame({"key": KEYS[kind]}), secret=b"salt")
    shares = (hashes >> np.uint64(bits_dropped)) % np.uint64(512)
    counts = np.bincount(shares.astype(int), minlength=512)
    expected = ROWS / 512
    distance = ((counts - expected) ** 2 / expected).sum()
    assert ALMOST_CERTAIN < chi2.sf(distance, df=511) < 1 - ALMOST_CERTAIN


@pytest.mark.parametrize("kind", KEYS)
def test_different_keys_have_different_hashes(kind: str) -> None:
    assert len(np.unique(row_hashes(pl.DataFrame({"key": KEYS[kind]})))) == ROWS


def test_splits_by_two_secrets_are_independent() -> None:
    frame = pl.DataFrame({"key": KEYS["counted"]})
    one, two = (row_hashes(frame, secret=secret) % np.uint64(2) for secret in (b"a", b"b"))
    together = (one == two).mean()
    assert abs(together - 0.5) < 5 * 0.5 / math.sqrt(ROWS)


@given(
    rows=st.lists(
        st.tuples(st.text(max_size=20) | st.none(), st.integers(-5, 5) | st.none()), min_size=1
    )
)
def test_equal_rows_and_only_they_have_equal_hashes(
    rows: list[tuple[str | None, int | None]],
) -> None:
    frame = pl.DataFrame(rows, schema={"text": pl.String, "n": pl.Int64}, orient="row")
    assert len(np.unique(row_hashes(frame))) == len(set(rows))


@given(st.lists(st.text(max_size=30), min_size=1), st.integers(0, 30))
def test_a_hash_depends_on_its_row_alone(texts: list[str], start: int) -> None:
    frame = pl.DataFrame({"text": texts})
    assert (row_hashes(frame)[start:] == row_hashes(frame[start:])).all()


def test_long_texts_that_differ_in_one_letter() -> None:
    text = "x" * 1_000
    texts = [text[:place] + "y" + text[place + 1 :] for place in range(1_000)]
    assert len(np.unique(row_hashes(pl.DataFrame({"text": texts})))) == 1_000


def test_the_order_and_the_width_of_columns_do_not_matter() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    narrow = frame.select(pl.col("b").cast(pl.UInt8), pl.col("a").cast(pl.Int16))
    assert (row_hashes(frame) == row_hashes(narrow)).all()


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"b": [1], "a": [2]}),
        pl.DataFrame({"a": [1.0], "b": [2]}),
        pl.DataFrame({"a": ["1"], "b": [2]}),
        pl.DataFrame({"a": [1], "b": [2], "c": [0]}),
        pl.DataFrame({"a": [1], "b": [None]}, schema={"a": pl.Int64, "b": pl.Int64}),
        pl.DataFrame({"a": [1], "b": [2]}).cast(pl.Datetime("us")),
    ],
)
def test_nothing_is_ignored(other: pl.DataFrame) -> None:
    frame = pl.DataFrame({"a": [1], "b": [2]})
    assert row_hashes(frame)[0] != row_hashes(other)[0]


def test_only_chosen_columns_count() -> None:
    frame = pl.DataFrame({"key": ["x", "x"], "value": [1, 2]})
    one, two = row_hashes(frame, columns=["key"])
    assert one == two


def test_no_rows_have_no_hashes() -> None:
    assert row_hashes(pl.DataFrame({"text": []}, schema={"text": pl.String})).shape == (0,)


def test_a_column_that_cannot_be_hashed_is_named() -> None:
    with pytest.raises(DataError, match="column `tags` has the type List"):
        row_hashes(pl.DataFrame({"tags": [["a"]]}))
