"""Which columns are read and not looked up: free text, and images."""

from __future__ import annotations

import polars as pl

from seatrial.data.schema import MOST_LEVELS, image_shape

FEWEST_WORDS = 5
"""Words that half of the texts have at least; names and addresses have fewer."""
_TEXT_SHARE = 0.5


def free_text(column: pl.Series) -> str:
    """Say why a column is free text; nothing if it isn't.

    Its texts are mostly different, or more than a category has levels, and half of them have five
    words or more.

    >>> free_text(pl.Series("city", ["Oslo", "Paris"] * 300))
    ''
    """
    if column.dtype != pl.String or told_image(column):
        return ""
    known = column.drop_nulls()
    different = known.n_unique()
    if different <= max(1, min(MOST_LEVELS, _TEXT_SHARE * len(known))):
        return ""
    words = known.str.count_matches(r"\S+").median()
    if not isinstance(words, float) or words < FEWEST_WORDS:
        return ""
    return f"{different:,} different texts, half of them of {words:.0f} words or more"


def told_image(column: pl.Series) -> str:
    """Say why a column holds images; nothing if it doesn't."""
    shape = image_shape(column)
    if shape is None:
        return ""
    height, width, channels = shape
    return (
        f"{len(column):,} images of {height} × {width}, {'gray' if channels == 1 else 'in colour'}"
    )
