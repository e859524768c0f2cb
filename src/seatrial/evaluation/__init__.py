"""Predictions and truth become estimates. Gets predictions, never a model: nothing can be refitted."""

from seatrial.evaluation.likeness import alike
from seatrial.evaluation.measurement import Measurement, measure
from seatrial.evaluation.metrics import MEASURES
from seatrial.evaluation.predictions import Group, Predictions
from seatrial.evaluation.settle import rows_to_settle
from seatrial.evaluation.threshold import choose_threshold, decide
from seatrial.records.evidence import GroupEstimate

__all__ = [
    "MEASURES",
    "Group",
    "GroupEstimate",
    "Measurement",
    "Predictions",
    "alike",
    "choose_threshold",
    "decide",
    "measure",
    "rows_to_settle",
]
