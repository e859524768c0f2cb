"""Shares to rows: the three ways to cut a table into parts, on plain arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seatrial.core.digest import keyed_hash

Shares = tuple[float, float, float]
Codes = npt.NDArray[np.uint8]

FEW = 2_000
"""Rows, or groups, from which each is placed by its hash alone.

At 2,000 rows a share of 0.2 has a standard error of 0.9 points; with fewer, chance spoils it.
"""

_HASHES = float(2**64)
_NO_ROUNDING = 1e-9


def in_order(ranks: npt.NDArray[np.int64], shares: Shares) -> Codes:
    """Cut an ordered column at the shares; rows of one rank stay together.

    Args:
        ranks: (n_rows,) int64, dense from 0.
        shares: Of train, dev and test.

    >>> in_order(np.array([0, 0, 1, 2, 3]), (0.6, 0.2, 0.2)).tolist()
    [0, 0, 0, 1, 2]
    """
    sizes = np.bincount(ranks)
    parts: Codes = _by_middle(sizes, shares)[ranks]
    return parts


def by_hash(
    hashes: npt.NDArray[np.uint64],
    strata: npt.NDArray[np.int64],
    shares: Shares,
    *,
    salt: str = "",
) -> Codes:
    """Place rows by their hash.

    Args:
        hashes: (n_rows,) uint64; rows of one hash go to one part.
        strata: (n_rows,) int64, classes; under :data:`FEW` rows each is cut by itself.
        shares: Of train, dev and test.
        salt: Decides, with the class, how a share of a row is rounded.
    """
    if len(hashes) >= FEW:
        return _by_threshold(hashes, shares)
    codes = np.zeros(len(hashes), dtype=np.uint8)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        codes[rows] = _ranked(hashes[rows], shares, _uniform(f"{salt}/{stratum}"))
    return codes


def by_group(hashes: npt.NDArray[np.uint64], shares: Shares) -> Codes:
    """Place whole groups by their hash; under :data:`FEW` groups, by their share of the rows too.

    Args:
        hashes: (n_rows,) uint64, equal for rows of one group.
        shares: Of train, dev and test.
    """
    different, groups, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
    if len(different) >= FEW:
        return _by_threshold(hashes, shares)
    parts: Codes = _by_middle(sizes, shares)[groups]
    return parts


def _by_threshold(hashes: npt.NDArray[np.uint64], shares: Shares) -> Codes:
    places = hashes.astype(np.float64) / _HASHES
    return _parts(places, shares)


def _by_middle(sizes: npt.NDArray[np.int64], shares: Shares) -> Codes:
    """Part of each block of rows, in order, by where the middle of the block falls."""
    ends = np.cumsum(sizes)
    middles = (ends - sizes / 2) / ends[-1]
    return _parts(middles, shares)


def _parts(places: npt.NDArray[np.float64], shares: Shares) -> Codes:
    parts: Codes = np.searchsorted(np.cumsum(shares)[:2], places, side="right").astype(np.uint8)
    return parts


def _ranked(hashes: npt.NDArray[np.uint64], shares: Shares, rounding: float) -> Codes:
    """Cut the order of the hashes at the shares, rounded up with the probability of the rest."""
    ordered = np.sort(hashes)
    codes = np.zeros(len(hashes), dtype=np.uint8)
    for share in np.cumsum(shares)[:2]:
        cut = int(np.floor(share * len(hashes) + rounding + _NO_ROUNDING))
        # `<`, not a position: rows of one hash stay together
        if cut < len(hashes):
            codes += (hashes >= ordered[cut]).astype(np.uint8)
    return codes


def _uniform(text: str) -> float:
    """Give a number in [0, 1) that is always the same for the same text."""
    return int(keyed_hash(b"seatrial-split", text)[:13], 16) / 16**13 * (1 - 2 * _NO_ROUNDING)
