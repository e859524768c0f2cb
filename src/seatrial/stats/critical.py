"""Critical values: how many standard errors an interval reaches to either side."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65_536)
def critical(confidence: float, df: float | None = None) -> float:
    """Two-sided critical value of the normal, or of Student's t, distribution.

    Args:
        confidence: Two-sided coverage, in (0, 1).
        df: Degrees of freedom, above 0; None for the normal distribution.

    Raises:
        ValueError: ``confidence`` lies outside (0, 1), or ``df`` is not positive.

    >>> round(critical(0.95), 4), round(critical(0.95, 10), 4)
    (1.96, 2.2281)
    """
    from scipy.special import ndtri, stdtrit

    if not 0.0 < confidence < 1.0:
        message = f"confidence must lie in (0, 1), got {confidence}"
        raise ValueError(message)
    upper = 1.0 - (1.0 - confidence) / 2.0
    if df is None:
        return float(ndtri(upper))
    if df <= 0:
        message = f"df must be positive, got {df}"
        raise ValueError(message)
    return float(stdtrit(df, upper))


def percent(confidence: float) -> str:
    """Write a confidence as it ends the name of a method.

    >>> percent(0.95), percent(0.995)
    ('95', '99.5')
    """
    return f"{confidence * 100:g}"
