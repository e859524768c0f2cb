"""Many tests at once: p-values adjusted so that their number is paid for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def benjamini_hochberg(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values that control the share of false discoveries.

    Args:
        p_values: (n_tests,) each in [0, 1], independent or positively dependent.

    Returns:
        (n_tests,) float64 in the order given; those up to ``a`` are discoveries at rate ``a``.

    Raises:
        ValueError: a p-value lies outside [0, 1].

    Source:
        Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300,
        doi:10.1111/j.2517-6161.1995.tb02031.x.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p, order = _ordered(p_values)
    n = len(p)
    scaled = p[order] * n / np.arange(1, n + 1)
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values that control the chance of any false discovery, whatever the dependence.

    Args:
        p_values: (n_tests,) each in [0, 1].

    Returns:
        (n_tests,) float64 in the order given.

    Raises:
        ValueError: a p-value lies outside [0, 1].

    Source:
        Holm (1979), Scand. J. Stat. 6(2), 65-70, https://www.jstor.org/stable/4615733.

    >>> holm([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.09, 0.09, 0.5]
    """
    p, order = _ordered(p_values)
    n = len(p)
    return _restored(np.maximum.accumulate(p[order] * np.arange(n, 0, -1)), order)


def _ordered(p_values: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0.0) & (p <= 1.0)):
        message = "p-values must be a flat list of numbers in [0, 1]"
        raise ValueError(message)
    return p, np.argsort(p, kind="stable")


def _restored(
    adjusted: npt.NDArray[np.float64], order: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1.0)
    return result
