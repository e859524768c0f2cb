"""Gap, ratio and worst over groups, with intervals that pay for having looked at every group.

The group that looks worst is partly the unluckiest. So the end that says "no better than this" holds
for all groups, or all pairs of groups, at once. The other end needs no such care: the worst of the
ends lies beyond that of the truly worst group, whichever it is (an intersection-union test).

Source: Berger (1982), Technometrics 24(4), 295-300, doi:10.1080/00401706.1982.10487790.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seatrial.core.estimate import Estimate
from seatrial.stats.critical import critical, percent
from seatrial.stats.linearised import Codes, Floats, Summary, dense, ends


def correlation(influences: Sequence[Floats], clusters: Sequence[Codes]) -> Floats:
    """How the errors of the groups hang together, through the clusters that they share.

    Args:
        influences: One array a group, (rows of the group,) float64.
        clusters: One array a group, the same lengths, int64.

    Returns:
        (n_groups, n_groups) float64; 0 beside the diagonal for a group without variance.

    >>> import numpy as np
    >>> up, down = np.array([1.0, -1.0]), np.array([-1.0, 1.0])
    >>> correlation([up, down], [np.array([0, 1]), np.array([0, 1])]).round(9).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    groups = len(influences)
    codes, size = dense(np.concatenate(clusters))
    columns = np.repeat(np.arange(groups), [len(part) for part in influences])
    flat = np.concatenate(influences)
    products = np.zeros((groups, groups))
    for block, start, stop in _blocks(codes, size, groups):
        cell = (codes[block] - start) * groups + columns[block]
        sums = np.bincount(cell, weights=flat[block], minlength=(stop - start) * groups)
        table = sums.reshape(stop - start, groups)  # (clusters of the block, n_groups)
        products += table.T @ table
    spread = np.sqrt(np.diag(products))
    scale = np.where(spread > 0.0, spread, np.inf)
    result: Floats = products / np.outer(scale, scale)
    np.fill_diagonal(result, 1.0)
    return result


def worst(
    summaries: Sequence[Summary],
    correlations: Floats,
    *,
    higher_is_better: bool,
    confidence: float = 0.95,
    unit: str = "fraction",
) -> Estimate:
    """The value of the worst group.

    Args:
        summaries: One a group, at least one.
        correlations: (n_groups, n_groups), as :func:`correlation` gives it.
        higher_is_better: Whether the worst is the least.
        confidence: Two-sided coverage, in (0, 1).
        unit: Unit of the statistic.

    Source:
        Montiel Olea and Plagborg-Møller (2019), J. Appl. Econometrics 34(1), 1-17,
        doi:10.1002/jae.2656 (the band by the largest deviation).
    """
    df = _df(summaries)
    each = _all_ends(summaries, critical(confidence, df))
    together = _all_ends(summaries, band(correlations, df=df, confidence=confidence))
    low, high = (each[0], together[1]) if higher_is_better else (together[0], each[1])
    pick: Callable[[Floats], np.float64] = np.min if higher_is_better else np.max
    values = np.array([summary.value for summary in summaries])
    method = f"simultaneous-{percent(confidence)}"
    n = sum(summary.n for summary in summaries)
    return Estimate(float(pick(values)), float(pick(low)), float(pick(high)), n, method, unit)


def gap(
    summaries: Sequence[Summary],
    correlations: Floats,
    *,
    confidence: float = 0.95,
    unit: str = "fraction",
) -> Estimate:
    """The greatest value of a group minus the least.

    Args:
        summaries: One a group, at least two.
        correlations: (n_groups, n_groups), as :func:`correlation` gives it.
        confidence: Two-sided coverage, in (0, 1).
        unit: Unit of the statistic.

    Source:
        A pair's difference from the ends of its two intervals: Zou (2007), Psychol.
        Methods 12(4), 399-413, doi:10.1037/1082-989X.12.4.399. All pairs at once: Hothorn, Bretz and Westfall
        (2008), Biometrical J. 50(3), 346-363, doi:10.1002/bimj.200810425.
    """
    values = np.array([summary.value for summary in summaries])
    df = _df(summaries)
    together = band(correlations, df=df, confidence=confidence, pairs=_errors(summaries))
    low, _ = _gap_ends(values, *_all_ends(summaries, together), correlations)
    _, high = _gap_ends(values, *_all_ends(summaries, critical(confidence, df)), correlations)
    n = sum(summary.n for summary in summaries)
    method = f"simultaneous-{percent(confidence)}"
    return Estimate(float(np.ptp(values)), low, high, n, method, unit)


def ratio(
    summaries: Sequence[Summary], correlations: Floats, *, confidence: float = 0.95
) -> Estimate:
    """The least value of a group over the greatest, in ``fraction``: a gap of logarithms.

    Args:
        summaries: One a group, at least two; no value is negative and one is positive.
        correlations: (n_groups, n_groups), as :func:`correlation` gives it.
        confidence: Two-sided coverage, in (0, 1).

    Raises:
        ValueError: a value is negative, or none is positive.

    Source:
        As :func:`gap`; on logarithms: Zou and Donner (2008), Stat. Med. 27(10), 1693-1702,
        doi:10.1002/sim.3095.
    """
    values = np.array([summary.value for summary in summaries])
    if values.min() < 0.0 or values.max() <= 0.0:
        message = "a ratio needs values of 0 or more, and one above 0"
        raise ValueError(message)
    relative = _errors(summaries) / np.maximum(values, _TINY)
    df = _df(summaries)
    together = band(correlations, df=df, confidence=confidence, pairs=relative)
    least, _ = _log_gap_ends(values, *_all_ends(summaries, together), correlations)
    each = critical(confidence, df)
    _, most = _log_gap_ends(values, *_all_ends(summaries, each), correlations)
    value = float(values.min() / values.max())
    n = sum(summary.n for summary in summaries)
    return Estimate(
        value,
        min(math.exp(-most), value),
        max(math.exp(-least), value),
        n,
        f"simultaneous-{percent(confidence)}",
    )


def band(
    correlations: Floats, *, df: float | None, confidence: float = 0.95, pairs: Floats | None = None
) -> float:
    """Standard errors that cover the largest deviation of all groups, or of all pairs of groups.

    Args:
        correlations: (n_groups, n_groups) of the groups' errors.
        df: Degrees of freedom; None for the normal distribution.
        confidence: Of all together, in (0, 1).
        pairs: (n_groups,) standard errors, to look at all pairs; None to look at the groups.

    >>> import numpy as np
    >>> alone = band(np.eye(1), df=None)
    >>> four = band(np.eye(4), df=None)
    >>> bool(abs(alone - 1.96) < 0.02), bool(abs(four - 2.49) < 0.02)
    (True, True)
    """
    values, vectors = np.linalg.eigh(correlations)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = _normals(len(correlations)) @ root.T  # (n_draws, n_groups)
    largest = np.abs(draws).max(axis=1) if pairs is None else _largest_pair(draws, pairs)
    if df is not None:
        largest = largest / _chi(df)
    return max(float(np.quantile(largest, confidence)), critical(confidence, df))


_DRAWS = 8192
_SEED = 20_240_229
_TINY = 1e-12


@lru_cache(maxsize=16)
def _normals(groups: int) -> Floats:
    """Normal deviates, (n_draws, n_groups), each column a shuffle of the same even quantiles.

    A Latin hypercube errs by a fifth of what independent draws do.

    Source:
        McKay, Beckman and Conover (1979), Technometrics 21(2), 239-245, doi:10.2307/1268522.
    """
    from scipy.special import ndtri

    even = ndtri((np.arange(_DRAWS) + 0.5) / _DRAWS)
    random = np.random.default_rng(_SEED)
    return random.permuted(np.tile(even, (groups, 1)), axis=1).T


@lru_cache(maxsize=64)
def _chi(df: float) -> Floats:
    return np.sqrt(np.random.default_rng(_SEED + 1).chisquare(df, _DRAWS) / df)


def _largest_pair(draws: Floats, errors: Floats) -> Floats:
    moved = draws * errors
    centred = moved - moved.mean(axis=0)
    products = centred.T @ centred / len(draws)
    largest = np.zeros(len(draws))
    for first in range(len(errors) - 1):
        others = slice(first + 1, None)
        variance = np.diag(products)[others] + products[first, first] - 2 * products[first, others]
        deviation = np.abs(moved[:, [first]] - moved[:, others])  # (n_draws, later groups)
        scale = np.where(variance > _TINY**2, np.sqrt(np.maximum(variance, 0.0)), np.inf)
        largest = np.maximum(largest, (deviation / scale).max(axis=1))
    return largest


def _gap_ends(
    values: Floats, low: Floats, high: Floats, correlations: Floats
) -> tuple[float, float]:
    down, up = values - low, high - values
    apart = values[:, None] - values[None, :]
    least = apart - _reach(down, up, correlations)
    most = apart + _reach(up, down, correlations)
    np.fill_diagonal(least, 0.0)
    np.fill_diagonal(most, 0.0)
    return float(least.max()), float(most.max())


def _log_gap_ends(
    values: Floats, low: Floats, high: Floats, correlations: Floats
) -> tuple[float, float]:
    inner = np.where(values > 0.0, values, high / 2.0)  # the logarithm of 0 has no neighbours
    logs = [np.log(np.maximum(part, _TINY)) for part in (inner, low, high)]
    return _gap_ends(logs[0], logs[1], logs[2], correlations)


def _reach(first: Floats, second: Floats, correlations: Floats) -> npt.NDArray[np.float64]:
    squares = first[:, None] ** 2 + second[None, :] ** 2
    return np.sqrt(np.maximum(squares - 2.0 * correlations * np.outer(first, second), 0.0))


def _all_ends(summaries: Sequence[Summary], deviate: float) -> tuple[Floats, Floats]:
    low, high = zip(*(ends(summary, deviate) for summary in summaries), strict=True)
    return np.array(low), np.array(high)


def _errors(summaries: Sequence[Summary]) -> Floats:
    """Standard errors; that of a group without variance is read off its interval."""
    found = []
    for summary in summaries:
        low, high = ends(summary, 1.0)
        found.append(math.sqrt(summary.variance) or (high - low) / 2.0)
    return np.array(found)


def _df(summaries: Sequence[Summary]) -> float | None:
    known = [summary.df for summary in summaries if summary.df is not None]
    return min(known, default=None)


def _blocks(
    codes: Codes, size: int, groups: int
) -> list[tuple[npt.NDArray[np.intp] | slice, int, int]]:
    """Rows in blocks of whole clusters, each block's table small enough for memory."""
    step = max(_CELLS // groups, 1)
    if size <= step:
        return [(slice(None), 0, size)]
    order = np.argsort(codes, kind="stable")
    starts = range(0, size, step)
    cuts = np.searchsorted(codes[order], [*starts, size])
    return [
        (order[cuts[i] : cuts[i + 1]], start, min(start + step, size))
        for i, start in enumerate(starts)
    ]


_CELLS = 4_000_000
"""Cells of one table of cluster sums: 32 MB."""
