"""Which kind of error is worth working on: the room to improve of each tag, from a sample."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seatrial.core.estimate import Estimate, not_measured
from seatrial.evaluation.predictions import Floats, Mask
from seatrial.stats import critical, wilson
from seatrial.stats.mover import Span, product, span, weighted_sum

FEWEST_OF_A_KIND = 2
"""Wrong answers, and right ones, without which nothing is known of how they differ."""
POINTS = "points"
"""Unit of a gain: points of a hundred of all rows."""
_WHOLE = 100.0


def room(accuracy: Estimate, reference: Estimate, share: Estimate) -> Estimate:
    """Points of accuracy over all rows that a group would add if it came up to a reference.

    Args:
        accuracy: Of the candidate in the group, in ``fraction``.
        reference: Of people, or a baseline, in the same group.
        share: Of all rows that the group is.

    Returns:
        Estimate in ``points``; 0 at least, for a group that is ahead has no room; its lower end may be
        below.

    Source:
        Gap times share: Ng (2018), Machine Learning Yearning, chapters 14-19. The interval:
        :mod:`seatrial.stats.mover`.

    >>> exactly = lambda value: Estimate(value, value, value, 1, "exact")
    >>> room(exactly(0.94), exactly(0.95), exactly(0.60)).value.__round__(6)
    0.6
    """
    gap = weighted_sum([(1.0, span(reference)), (-1.0, span(accuracy))])
    value, low, high = product(gap, span(share))
    return _points((max(value, 0.0), low, max(high, 0.0)), accuracy.n)


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows that were looked at, drawn from the wrong answers and from the right ones.

    Attributes:
        is_wrong: (n_rows,) bool, whether the answer is wrong.
        wrong: Wrong answers that the rows were drawn from.
        right: Right answers that the rows were drawn from.
    """

    is_wrong: Mask
    wrong: int
    right: int

    @property
    def weights(self) -> Floats:
        """Share of all rows that each row stands for, (n_rows,); they sum to 1 if both kinds are there."""
        total = self.wrong + self.right
        drawn = (max(int(self.is_wrong.sum()), 1), max(int((~self.is_wrong).sum()), 1))
        each = (self.wrong / total / drawn[0], self.right / total / drawn[1])
        return np.where(self.is_wrong, *each)


def mean_of_tag(
    tagged: Mask, sample: Sample, values: Floats, *, unit: str = "fraction"
) -> Estimate:
    """Mean of a value over all rows with a tag, from a sample of wrong and right answers that were drawn apart.

    Args:
        tagged: (n_rows,) bool, the rows of the sample that have it.
        sample: How they were drawn; without right answers nothing is known of all rows.
        values: (n_rows,) float.
        unit: Of the values.

    Returns:
        Estimate. Values that are seldom other than 0 may not have been drawn, so each kind of answer is taken to
        hold one row more, of the greatest value that was seen (1 for a share).

    Source:
        A ratio of two stratified sums, linearised: Cochran (1977), Sampling Techniques, chapter 6.

    >>> sample = Sample(np.array([True] * 4 + [False] * 4), 10, 90)
    >>> mean_of_tag(np.ones(8, dtype=bool), sample, sample.is_wrong.astype(float)).value
    0.1
    """
    is_wrong, weights = sample.is_wrong, sample.weights
    total = float(weights @ tagged)
    few = min(int(is_wrong.sum()), int((~is_wrong).sum()))
    if not total or few < FEWEST_OF_A_KIND:
        return not_measured("too few wrong or right answers were looked at", n=int(tagged.sum()))
    value = float(weights @ (tagged * values)) / total
    spread = tagged * (values - value) / total
    most = 1.0 if unit == "fraction" else float(np.abs(values).max())
    reach = _reach(spread, sample, (most / total, most / total))
    return Estimate(value, value - reach, value + reach, int(tagged.sum()), "stratified-95", unit)


def _reach(adds: Floats, sample: Sample, unseen: tuple[float, float]) -> float:
    """Half the width of a stratified mean's interval.

    Args:
        adds: (n_rows,) what each row adds.
        sample: How the rows were drawn.
        unseen: How far a wrong and a right answer that was not drawn may lie from the others; one of
            each is reckoned with. 0 where all of a kind are alike for certain.
    """
    variance = 0.0
    for kind, far in zip((sample.is_wrong, ~sample.is_wrong), unseen, strict=True):
        n = int(kind.sum())
        if far:
            squares = float(((adds[kind] - adds[kind].mean()) ** 2).sum()) + far**2
            variance += float(sample.weights[kind].sum()) ** 2 * squares / (n - 1) / n
    return critical(0.95, max(len(adds) - 1, 1)) * math.sqrt(variance)


@dataclass(frozen=True, slots=True)
class Priority:
    """One tag.

    Attributes:
        tag: Its name.
        rows: Rows of the sample that have it.
        share_of_errors: Share of the wrong answers that have it.
        error_rate: Share of the rows with it whose answer is wrong.
        share_of_data: Share of all rows that have it.
        gain: Points of accuracy that are there to be had, against the reference.
    """

    tag: str
    rows: int
    share_of_errors: Estimate
    error_rate: Estimate
    share_of_data: Estimate
    gain: Estimate


def priorities(
    tagged: Mapping[str, Mask],
    sample: Sample,
    references: Mapping[str, Estimate],
    *,
    everywhere: Mapping[str, float] | None = None,
) -> tuple[Priority, ...]:
    """The four figures of each tag, the one with the most room first.

    Args:
        tagged: (n_rows,) bool by tag: the rows of the sample that have it; a row may have several.
        sample: How the rows were drawn.
        references: Error rate of people, or of a baseline, in each tag; 0 where none is given.
        everywhere: Share of all rows, where it is known and need not be estimated.

    >>> mask = np.array([True, True, False, False])
    >>> found = priorities({"blurry": mask}, Sample(np.array([True, True, True, True]), 50, 950), {})
    >>> found[0].share_of_errors.value, found[0].share_of_data.method
    (0.5, 'no right answer was looked at')
    """
    found = [
        _priority(tag, mask, sample, references.get(tag, _NONE), (everywhere or {}).get(tag))
        for tag, mask in tagged.items()
    ]
    found.sort(key=lambda each: -(each.gain.value or 0.0))
    return tuple(found)


_NONE = Estimate(0.0, 0.0, 0.0, 0, "exact")


def _priority(
    tag: str, mask: Mask, sample: Sample, reference: Estimate, known: float | None
) -> Priority:
    wrong, right = sample.is_wrong, ~sample.is_wrong
    errors = _share(mask[wrong])
    total = sample.wrong + sample.right
    rate = sample.wrong / total if total else 0.0
    if known is not None:
        share = Estimate(known, known, known, total, "all rows were counted")
        of_right: Estimate | None = None
    elif right.any():
        of_right = _share(mask[right])
        share = _fraction(
            weighted_sum([(rate, _span(errors)), (1.0 - rate, span(of_right))]), len(mask)
        )
    else:
        reason = not_measured("no right answer was looked at", n=int(wrong.sum()))
        return Priority(tag, int(mask.sum()), errors, reason, reason, _gain_of_errors(errors, rate))
    return Priority(
        tag,
        int(mask.sum()),
        errors,
        _rate_within(errors, of_right, share, rate),
        share,
        _gain(errors, share, reference, rate) if reference.measured else reference,
    )


def _share(mask: Mask) -> Estimate:
    if not len(mask):
        return not_measured("no wrong answer was looked at")
    return wilson(int(mask.sum()), len(mask))


def _span(estimate: Estimate) -> Span:
    return span(estimate) if estimate.measured else (0.0, 0.0, 1.0)


def _fraction(found: Span, n: int) -> Estimate:
    value, low, high = (min(max(each, 0.0), 1.0) for each in found)
    return Estimate(value, low, high, n, "mover-95")


def _rate_within(
    errors: Estimate, of_right: Estimate | None, share: Estimate, rate: float
) -> Estimate:
    """Wrong rows with the tag over all rows with it, from the ends of both shares."""
    value, low, high = _span(errors)
    if of_right is None:
        at = share.value or 0.0
        if at <= 0.0:
            return not_measured("no row has it")
        return _fraction((rate * value / at, rate * low / at, rate * high / at), errors.n)
    other, other_low, other_high = span(of_right)

    def within(wrong: float, right: float) -> float:
        both = rate * wrong + (1.0 - rate) * right
        return rate * wrong / both if both > 0 else 0.0

    if value == 0.0 and other == 0.0:
        return not_measured("no row of the sample has it")
    found = (within(value, other), within(low, other_high), within(high, other_low))
    return Estimate(*found, errors.n + of_right.n, "both ends-95")


def _gain(errors: Estimate, share: Estimate, reference: Estimate, rate: float) -> Estimate:
    """Share of all rows that are wrong and have the tag, less what the reference has wrong there."""
    allowed = product(span(reference), span(share))
    found = weighted_sum([(rate, _span(errors)), (-1.0, allowed)])
    return _points((max(found[0], 0.0), found[1], max(found[2], 0.0)), errors.n)


def _gain_of_errors(errors: Estimate, rate: float) -> Estimate:
    return _points(weighted_sum([(rate, _span(errors))]), errors.n)


def _points(found: Span, n: int) -> Estimate:
    value, low, high = (each * _WHOLE for each in found)
    return Estimate(value, min(low, value), max(high, value), n, "mover-95", POINTS)


def difference(here: Estimate, there: Estimate) -> Estimate:
    """How much greater a share is here than there, among other rows.

    >>> difference(wilson(30, 100), wilson(10, 100)).value.__round__(6)
    0.2
    """
    unknown = next((each for each in (here, there) if not each.measured), None)
    if unknown is not None:
        return unknown
    found = weighted_sum([(1.0, span(here)), (-1.0, span(there))])
    return Estimate(*found, here.n + there.n, "mover-95")


def stands_apart(found: Estimate, *, among: int) -> bool:
    """Whether a difference is beyond noise, where so many were looked at.

    Both arms of its 95 % interval are lengthened as those of a normal value would be (Bonferroni).

    >>> one = Estimate(0.2, 0.02, 0.35, 200, "mover-95")
    >>> stands_apart(one, among=1), stands_apart(one, among=10)
    (True, False)
    """
    if found.value is None or found.low is None or found.high is None:
        return False
    normal = statistics.NormalDist()
    longer = normal.inv_cdf(1 - 0.025 / among) / normal.inv_cdf(0.975)
    low = found.value - longer * (found.value - found.low)
    high = found.value + longer * (found.high - found.value)
    return low > 0 or high < 0


@dataclass(frozen=True, slots=True)
class Order:
    """Whether the first tag is proved to be first.

    Attributes:
        is_settled: Whether the interval of its gain less that of the next is above 0.
        lead: That difference, in points.
        more: Rows to be tagged beside those that are, until it probably would be; 0 if it is
            settled; None if the two are alike, or there are not so many.
    """

    is_settled: bool
    lead: Estimate
    more: int | None


def order(first: Mask, second: Mask, sample: Sample, allowed: Sequence[float]) -> Order | None:
    """Hold the first tag against the next, row by row: they may share rows.

    Args:
        first: (n_rows,) bool, rows with the tag of the greatest gain.
        second: The same, of the next.
        sample: How the rows were drawn.
        allowed: Error rate of the reference in the first and in the second.

    Returns:
        None if too few rows were looked at.

    Source:
        A stratified mean and its variance: Cochran (1977), Sampling Techniques, chapter 5.
    """
    is_wrong = sample.is_wrong
    unseen = (
        1.0,
        max(allowed),
    )  # a right answer adds what the reference has wrong, and else nothing
    counts = (int(is_wrong.sum()), int((~is_wrong).sum()))
    if any(far and n < FEWEST_OF_A_KIND for far, n in zip(unseen, counts, strict=True)):
        return None
    adds = first * (is_wrong - allowed[0]) - second * (is_wrong - allowed[1])
    lead, reach = float(sample.weights @ adds), _reach(adds, sample, unseen)
    estimate = _points((lead, lead - reach, lead + reach), len(adds))
    if lead - reach > 0:
        return Order(True, estimate, 0)
    if lead <= 0.0:
        return Order(False, estimate, None)
    needed = math.ceil(len(adds) * (reach / lead) ** 2)
    is_there = needed <= sample.wrong + sample.right
    return Order(False, estimate, needed - len(adds) if is_there else None)


def rows_to_see(change: float) -> int:
    """Rows on which a candidate that takes away so much of the error is proved better, in 4 of 5 tries.

    Args:
        change: Share of the rows that turn from wrong to right, while none turns from right to wrong;
            in (0, 1].

    Source:
        McNemar's test at 5 % with power 80 %: Connor (1987), Biometrics 43(1), 207-211,
        doi:10.2307/2531962.

    >>> rows_to_see(0.15), rows_to_see(0.05)
    (50, 155)
    """
    discordant, power = change, statistics.NormalDist().inv_cdf(0.8)
    level = statistics.NormalDist().inv_cdf(0.975)
    spread = level * math.sqrt(discordant) + power * math.sqrt(discordant - change**2)
    return math.ceil((spread / change) ** 2)


def rows_to_collect(found: Priority, *, rows: int, on_dev: int, dev: float) -> int | None:
    """Rows of a tag to collect: they double it, and dev would tell if half of its errors went.

    Args:
        found: The tag.
        rows: Rows that there are, of all parts.
        on_dev: Of these, rows of dev.
        dev: Share of what is collected that dev gets.

    Returns:
        None if it isn't known how many rows have the tag, or how often they are wrong.

    >>> whole = Estimate(0.01, 0.0, 0.02, 200, "")
    >>> half = Estimate(0.5, 0.4, 0.6, 200, "")
    >>> rows_to_collect(Priority("rain", 5, half, half, whole, half), rows=10_000, on_dev=2_000, dev=0.2)
    100
    """
    share, rate = found.share_of_data.value, found.error_rate.value
    if not share or not rate:
        return None
    lacking = max(rows_to_see(rate / 2.0) - share * on_dev, 0.0)
    return math.ceil(max(share * rows, lacking / dev))
