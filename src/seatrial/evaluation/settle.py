"""How many rows would probably settle a claim."""

from __future__ import annotations

import math

from seatrial.core.estimate import Estimate


def rows_to_settle(estimate: Estimate, bound: float) -> int | None:
    """Relevant rows, all together, that would probably put the interval on the value's side.

    An interval's reach shrinks with the root of the rows. The value is taken to stay where it is,
    so this is as good a guess as the value itself.

    Returns:
        Rows, at least 1; ``estimate.n`` or fewer if the claim is settled already. None if no number
        would do: the value equals the bound, or there is none.

    >>> rows_to_settle(Estimate(0.5, 0.4, 0.6, 100, "wilson-95"), 0.45)
    400
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    distance = abs(estimate.value - bound)
    if distance == 0.0:
        return None
    above = estimate.value > bound
    reach = estimate.value - estimate.low if above else estimate.high - estimate.value
    if reach > distance:  # with more rows both sides come to reach equally far
        reach = max(reach, (estimate.high - estimate.low) / 2.0)
    return max(math.ceil(round(estimate.n * (reach / distance) ** 2, 6)), 1)
