"""Checks of a candidate that find what is wrong with it, each as a probe that answers yes or no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate, not_measured
from seatrial.plan.load import Plan
from seatrial.probes.probe import Inputs, Reading
from seatrial.probes.symptom_checks import (
    better_than_constant,
    calibrated,
    every_class_is_predicted,
    labels_are_consistent,
    no_unexpected_slice,
    parts_are_alike,
)
from seatrial.probes.symptom_inputs import Found
from seatrial.probes.symptom_refits import not_overfitted, not_underfitted, sanity
from seatrial.records.check import Layer
from seatrial.records.claim import Measure
from seatrial.records.evidence import Ask


@dataclass(frozen=True, slots=True)
class Symptom:
    """A check as a probe.

    Attributes:
        name: Of its metric.
        layer: Where what it finds goes wrong.
        roles: What it reads.
        find: Answers, given what it reads and the plan's values.
        seconds: What it costs, about.
        uses: Values of the plan that it reads.
        version: Raised when it answers something else.
    """

    name: str
    layer: Layer
    roles: tuple[str, ...]
    find: Callable[[Inputs], Found]
    seconds: float = 2.0
    uses: tuple[str, ...] = ()
    version: int = 1

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002 — it takes no arguments
        """Say what is needed to measure this."""
        known: Mapping[str, Any] = {
            "optimize": plan.text.optimize,
            "task.errors": plan.text.task.errors.model_dump() if plan.text.task.errors else None,
            "train.seed": plan.text.train.seed,
            "data.split": plan.text.data.split.model_dump(),
            "train.parameters": {
                name: dict(each) for name, each in plan.text.train.parameters.items()
            },
        }
        used = {path: known[path] for path in self.uses}
        return Ask(self.name, self.version, {}, tuple(sorted(self.roles)), used)

    def answer(self, inputs: Inputs) -> Found:
        """The answer, found on one thread: on some thousand rows, threads mostly wait for each other."""
        from threadpoolctl import threadpool_limits

        try:
            with threadpool_limits(limits=1):
                return self.find(inputs)
        except (ValueError, FloatingPointError, ZeroDivisionError) as error:
            said = str(error).partition("\n")[0]
            return Found(None, f"these rows can't be looked at so: {said}")

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002 — a symptom is one question
        """Measure it."""
        found = self.answer(inputs)
        statistics = {
            "layer": self.layer,
            "repair": found.repair,
            "figure": found.estimate.to_json() if found.estimate else None,
        }
        if found.holds is None:
            return Reading(not_measured(found.reason, unit="yes or no"), statistics)
        value, n = float(found.holds), found.estimate.n if found.estimate else 1
        said = Estimate(value, value, value, n, "all were looked at", "yes or no")
        return Reading(said, statistics, findings=(found.reason,))


_FITTED = (
    "scorer",
    "frame/train",
    "frame/dev",
    "truth/train",
    "truth/dev",
    "units/dev",
    "predictions/dev",
)

_BUILT = ("scorer", "archive", "frame/train", "truth/train")
_SEEDED = ("train.seed", "train.parameters")

SYMPTOMS: tuple[Symptom, ...] = (
    *(
        Symptom(name, "implementation", _BUILT, sanity(name), 2.0, _SEEDED, version=2)
        for name in ("overfits_tiny_batch", "invariant_to_row_order", "label_order")
    ),
    *(
        Symptom(name, "dataset", _BUILT, sanity(name), 2.0, _SEEDED, version=2)
        for name in ("chance_on_shuffled_labels", "input_scale")
    ),
    Symptom(
        "every_class_is_predicted",
        "dataset",
        ("predictions/dev", "truth/dev"),
        every_class_is_predicted,
        0.2,
    ),
    Symptom("labels_are_consistent", "dataset", _FITTED, labels_are_consistent, 4.0),
    Symptom(
        "parts_are_alike",
        "dataset",
        ("scorer", "frame/train", "frame/test", "units/train", "units/test"),
        parts_are_alike,
        4.0,
        ("data.split",),
        version=2,
    ),
    Symptom(
        "not_overfitted",
        "hyperparameters",
        (*_FITTED, "predictions/train", "truth/train"),
        not_overfitted,
        6.0,
        ("train.seed",),
        version=2,
    ),
    Symptom(
        "better_than_constant",
        "fit",
        ("predictions/dev", "truth/train", "truth/dev", "units/dev"),
        better_than_constant,
        0.2,
    ),
    Symptom(
        "not_underfitted",
        "fit",
        (*_FITTED, "predictions/train"),
        not_underfitted,
        8.0,
        ("train.seed",),
        version=2,
    ),
    Symptom("calibrated", "fit", ("predictions/dev", "truth/dev", "units/dev"), calibrated, 0.2),
    Symptom(
        "no_unexpected_slice",
        "fit",
        ("scorer", "frame/dev", "predictions/dev", "truth/dev", "units/dev"),
        no_unexpected_slice,
        3.0,
    ),
)
