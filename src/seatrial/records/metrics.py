"""The glossary: every name that a claim may use as its metric, and the facts a plan needs of it.

How each is computed stands in ``evaluation`` (metrics of predictions) and ``probes`` (everything
else). Here is only what can be said without data: which tasks it suits, its unit, which way is
better, its arguments, and which constant answer would maximise it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from seatrial.records.cadence import Cadence

Task = Literal["binary", "multiclass", "regression"]
Subject = Literal["predictions", "data", "candidate", "features"]
CLASSIFICATION: tuple[Task, ...] = ("binary", "multiclass")
REGRESSION: tuple[Task, ...] = ("regression",)
EVERY_TASK: tuple[Task, ...] = (*CLASSIFICATION, *REGRESSION)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a metric.

    Attributes:
        name: As written in a claim, ``class`` in ``recall(class=Adelie)``.
        kind: What it may be.
        required: Whether a claim must give it.
        low: Least allowed number.
        high: Greatest allowed number.
    """

    name: str
    kind: Literal["number", "text", "column", "percentile"]
    required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the glossary.

    Attributes:
        name: As written in a claim.
        meaning: One sentence for people.
        subject: What it is measured on; decides the probe.
        tasks: Task kinds that it suits.
        unit: Unit of its value; ``target`` is the target's own.
        higher_is_better: Which way is good.
        arguments: What may stand in its brackets.
        answers_yes_or_no: Whether it is claimed without an operator.
        maximised_by: The constant answer that gives it its best value, if one does: ``positive``
            (always the positive class), ``negative``, or None.
        spread: The difference that counts as far on a chart: 0.25 for shares; None: by ratio.
        every: How often it is worth what it costs; a claim may say otherwise.
    """

    name: str
    meaning: str
    subject: Subject
    tasks: tuple[Task, ...] = EVERY_TASK
    unit: str = "fraction"
    higher_is_better: bool = True
    arguments: tuple[Argument, ...] = ()
    answers_yes_or_no: bool = False
    maximised_by: Literal["positive", "negative"] | None = None
    spread: float | None = 0.25
    punishes: frozenset[str] = field(default_factory=frozenset)
    every: Cadence = "push"


_BOTH = frozenset({"positive", "negative"})
_CLASS = (Argument("class", "text"),)


def _predictions(name: str, meaning: str, **facts: object) -> Metric:
    return Metric(name, meaning, "predictions", **{"tasks": CLASSIFICATION, **facts})  # type: ignore[arg-type]


def _symptom(name: str, meaning: str, tasks: tuple[Task, ...] = EVERY_TASK) -> Metric:
    return Metric(name, meaning, "candidate", tasks, answers_yes_or_no=True)


_BUILT_IN = (
    _predictions("accuracy", "share of decisions that are right", punishes=_BOTH),
    _predictions("balanced_accuracy", "mean of the recalls of the classes", punishes=_BOTH),
    _predictions(
        "precision",
        "share of the rows called positive that are",
        arguments=_CLASS,
        punishes=frozenset({"positive"}),
    ),
    _predictions(
        "recall",
        "share of the positive rows that are found",
        arguments=_CLASS,
        maximised_by="positive",
        punishes=frozenset({"negative"}),
    ),
    _predictions(
        "specificity",
        "share of the negative rows left alone",
        arguments=_CLASS,
        maximised_by="negative",
        punishes=frozenset({"positive"}),
    ),
    _predictions("f1", "harmonic mean of precision and recall", arguments=_CLASS, punishes=_BOTH),
    _predictions("matthews_corrcoef", "correlation of decision and truth", punishes=_BOTH),
    _predictions(
        "false_positive_rate",
        "share of the negative rows called positive",
        arguments=_CLASS,
        higher_is_better=False,
        maximised_by="negative",
        punishes=frozenset({"positive"}),
    ),
    _predictions(
        "false_negative_rate",
        "share of the positive rows that are missed",
        arguments=_CLASS,
        higher_is_better=False,
        maximised_by="positive",
        punishes=frozenset({"negative"}),
    ),
    _predictions(
        "selection_rate",
        "share of all rows called positive",
        arguments=_CLASS,
        higher_is_better=False,
        maximised_by="negative",
        punishes=frozenset({"positive"}),
    ),
    _predictions("roc_auc", "chance that a positive row scores above a negative one"),
    _predictions("average_precision", "area under precision over recall", tasks=("binary",)),
    _predictions(
        "log_loss", "mean negative log-likelihood", unit="nats", higher_is_better=False, spread=None
    ),
    _predictions("brier", "mean squared error of the probabilities", higher_is_better=False),
    _predictions(
        "calibration_error",
        "mean gap between stated and observed probability, 15 bins of equal size",
        higher_is_better=False,
    ),
    _predictions(
        "top_k_accuracy",
        "share of rows whose true class is among the k most probable",
        arguments=(Argument("k", "number", required=True, low=1.0),),
        punishes=_BOTH,
    ),
    _predictions(
        "coverage",
        "share of rows whose decision has at least the required confidence",
        arguments=(Argument("confidence", "number", low=0.0, high=1.0),),
    ),
    _predictions(
        "expected_cost",
        "mean cost of the errors, for 1,000 decisions",
        unit="cost",
        higher_is_better=False,
        spread=None,
        punishes=_BOTH,
    ),
    Metric("mae", "mean absolute error", "predictions", REGRESSION, "target", False, spread=None),
    Metric(
        "rmse",
        "root of the mean squared error",
        "predictions",
        REGRESSION,
        "target",
        False,
        spread=None,
    ),
    Metric("r2", "share of the variance explained", "predictions", REGRESSION),
    Metric(
        "mean_error",
        "mean of prediction minus truth (bias)",
        "predictions",
        REGRESSION,
        "target",
        False,
        spread=None,
    ),
    Metric(
        "mape",
        "mean absolute error as a share of the truth",
        "predictions",
        REGRESSION,
        higher_is_better=False,
    ),
    Metric(
        "within",
        "share of predictions that lie within a distance of the truth",
        "predictions",
        REGRESSION,
        arguments=(Argument("distance", "number", required=True, low=0.0),),
    ),
    Metric(
        "prevalence",
        "share of the rows that are truly positive",
        "predictions",
        CLASSIFICATION,
        arguments=_CLASS,
    ),
    Metric("rows", "rows of the data", "data", unit="rows", spread=None),
    Metric(
        "missing",
        "share of a column's values that are missing",
        "data",
        arguments=(Argument("column", "column", required=True),),
        higher_is_better=False,
    ),
    Metric(
        "duplicates",
        "share of rows that repeat another row, key aside",
        "data",
        higher_is_better=False,
    ),
    Metric(
        "schema", "every row keeps to the schema of the features", "data", answers_yes_or_no=True
    ),
    Metric(
        "no_leakage",
        "no row, group, time or target leaks between the parts of the split",
        "data",
        answers_yes_or_no=True,
    ),
    Metric(
        "allowed_features",
        "no forbidden column reached training",
        "candidate",
        answers_yes_or_no=True,
    ),
    Metric(
        "benefit",
        "rise of the optimised metric that a feature gives (permutation)",
        "features",
        arguments=(Argument("feature", "column"),),
        every="night",
    ),
    Metric(
        "latency_ms",
        "time of one answer, one row, in process, on this host",
        "candidate",
        unit="ms",
        higher_is_better=False,
        spread=None,
        arguments=(Argument("percentile", "percentile"),),
        every="night",
    ),
    Metric(
        "memory_mb",
        "peak resident memory of a process that answers",
        "candidate",
        unit="MB",
        higher_is_better=False,
        spread=None,
        every="night",
    ),
    Metric(
        "reproducible",
        "training twice gives the same predictions",
        "candidate",
        answers_yes_or_no=True,
        every="night",
    ),
    Metric(
        "pipeline",
        "the whole way runs again: raw data, snapshot, split, training, archive, an answer",
        "candidate",
        answers_yes_or_no=True,
        every="night",
    ),
    Metric(
        "numerically_stable",
        "extreme and missing inputs give finite answers",
        "candidate",
        answers_yes_or_no=True,
    ),
    _symptom("overfits_tiny_batch", "it learns a few rows by heart"),
    _symptom("invariant_to_row_order", "a row's answer depends on that row alone"),
    _symptom("label_order", "probabilities belong to their classes", CLASSIFICATION),
    _symptom("chance_on_shuffled_labels", "trained on shuffled labels it knows nothing"),
    _symptom("input_scale", "inputs are of one scale where that matters"),
    _symptom(
        "every_class_is_predicted", "each class that occurs is decided for some row", CLASSIFICATION
    ),
    _symptom(
        "labels_are_consistent", "no class has labels that contradict what is sure", CLASSIFICATION
    ),
    _symptom("parts_are_alike", "train and test can't be told apart by the features"),
    _symptom("not_overfitted", "less capacity is not proved better on dev"),
    _symptom("better_than_constant", "it is proved better than the answer that is always the same"),
    _symptom("not_underfitted", "more capacity is not proved better on dev"),
    _symptom("calibrated", "its probabilities are those with which things happen", CLASSIFICATION),
    _symptom("no_unexpected_slice", "no slice is worse than the candidate itself expects"),
)

GLOSSARY: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _BUILT_IN})
"""Every metric that Seatrial brings, by name."""


def glossary(extra: Iterable[Metric] = ()) -> Mapping[str, Metric]:
    """The built-in metrics and a project's own.

    Raises:
        ValueError: a name is taken.
    """
    names = dict(GLOSSARY)
    for metric in extra:
        if metric.name in names:
            message = f"two metrics are called {metric.name}"
            raise ValueError(message)
        names[metric.name] = metric
    return MappingProxyType(names)
