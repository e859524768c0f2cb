"""Whether rows are alike within days, customers or groups, so that there are fewer than it seems."""

from __future__ import annotations

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.evaluation.predictions import Codes, Floats
from seatrial.stats import intraclass_correlation


def alike(errors: Floats, codes: Codes, *, level: float = 0.95) -> Estimate:
    """How alike the errors within one code are: their intraclass correlation.

    Args:
        errors: (n_rows,) float64, ``predictions.errors``, say.
        codes: (n_rows,) int64, the day, customer or group of a row; -1 for none.
        level: Two-sided coverage of the interval, in (0, 1).

    Returns:
        Estimate in ``fraction``: 0 if rows of one code are no more alike than others, 1 if they are
        the same. A lower end above 0 says that the unit of resampling is too small.

    >>> alike(np.array([0.0, 0.0, 0.1, 1.0, 1.0, 0.9]), np.array([0, 0, 0, 1, 1, 1])).value > 0.9
    True
    """
    known = codes >= 0
    return intraclass_correlation(
        np.asarray(errors, dtype=np.float64)[known], codes[known], confidence=level
    )
