"""Intervals and tests; knows numbers only, nothing of models or plans."""

from seatrial.stats.confidence_sequences import quantile_sequence, rate_sequence, ratio_sequence
from seatrial.stats.critical import critical
from seatrial.stats.intraclass import design_effect, intraclass_correlation
from seatrial.stats.learning_curve import Law, learning_curve
from seatrial.stats.linearised import (
    AT_MOST_ONE,
    CORRELATION,
    POSITIVE,
    REAL,
    SHARE,
    Linear,
    Scale,
    Summary,
    difference,
    ends,
    interval,
    summarise,
)
from seatrial.stats.multiple import benjamini_hochberg, holm
from seatrial.stats.order_statistics import quantile
from seatrial.stats.proportions import wilson, wilson_by_unit, wilson_clustered
from seatrial.stats.selection import best_of
from seatrial.stats.sequential import LOOKS_IN_90_DAYS, Detector
from seatrial.stats.simultaneous import correlation, gap, ratio, worst
from seatrial.stats.two_rates import TwoRates

__all__ = [
    "AT_MOST_ONE",
    "CORRELATION",
    "LOOKS_IN_90_DAYS",
    "POSITIVE",
    "REAL",
    "SHARE",
    "Detector",
    "Law",
    "Linear",
    "Scale",
    "Summary",
    "TwoRates",
    "benjamini_hochberg",
    "best_of",
    "correlation",
    "critical",
    "design_effect",
    "difference",
    "ends",
    "gap",
    "holm",
    "interval",
    "intraclass_correlation",
    "learning_curve",
    "quantile",
    "quantile_sequence",
    "rate_sequence",
    "ratio",
    "ratio_sequence",
    "summarise",
    "wilson",
    "wilson_by_unit",
    "wilson_clustered",
    "worst",
]
