"""What is wrong with the kept candidate: checks in the order in which it pays to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.judging.verdicts import Filed
from seatrial.records.check import LAYERS, Check, Layer
from seatrial.records.claim import Measure
from seatrial.records.evidence import Evidence, Verdict
from seatrial.records.metrics import Metric
from seatrial.verbs.measuring import Measuring, Wanted
from seatrial.verbs.project import Project
from seatrial.verbs.slices import candidate_of

Told = Callable[[str, int, int], None]

_LAYERS: Mapping[str, Layer] = {
    "overfits_tiny_batch": "implementation",
    "invariant_to_row_order": "implementation",
    "label_order": "implementation",
    "reproducible": "implementation",
    "numerically_stable": "implementation",
    "schema": "dataset",
    "no_leakage": "dataset",
    "chance_on_shuffled_labels": "dataset",
    "input_scale": "dataset",
    "every_class_is_predicted": "dataset",
    "labels_are_consistent": "dataset",
    "parts_are_alike": "dataset",
    "not_overfitted": "hyperparameters",
    "better_than_constant": "fit",
    "not_underfitted": "fit",
    "calibrated": "fit",
    "no_unexpected_slice": "fit",
}
"""The checks, in the order in which they are made, and where what each finds goes wrong."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes:
        candidate: Short name of the candidate.
        family: Its family.
        checks: In the order in which they were made.
    """

    candidate: str
    family: str
    checks: tuple[Check, ...]

    @property
    def explains(self) -> Check | None:
        """The first that fails: what lies behind it may be its consequence."""
        return next((each for each in self.checks if each.verdict == "fail"), None)

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial doctor --json``; see ``docs/json.md``."""
        first = self.explains
        return {
            "candidate": self.candidate,
            "checks": [each.to_json() for each in self.checks],
            "explains": first.id if first else None,
        }


def doctor(
    project: Project,
    *,
    measure: bool = True,
    again: bool = False,
    tell: Told = lambda _what, _done, _all: None,
) -> Diagnosis:
    """Make every check of the kept candidate that isn't on file.

    Args:
        project: The project.
        measure: Whether anything may be measured; without, what isn't on file is unknown.
        again: Whether what is on file is measured again.
        tell: Told what is being checked, how many are done, how many there are.

    Raises:
        NotFoundError: there is no candidate.
    """
    measuring = Measuring(project)
    chain = measuring.chain
    candidate = candidate_of(chain, measuring.materials)
    metrics = chain.plan.metrics
    measures = [Measure(name) for name in _LAYERS if chain.task in metrics[name].tasks]
    found = measuring.gather(measures, measure=measure, again=again, tell=tell)
    answered = {wanted.measure.metric: (wanted, filed) for wanted, filed in found}
    checks = [_check(metrics[name], layer, answered.get(name)) for name, layer in _LAYERS.items()]
    checks.sort(key=lambda each: LAYERS.index(each.layer))
    return Diagnosis(candidate.name, candidate.family, tuple(checks))


def _check(metric: Metric, layer: Layer, answer: tuple[Wanted, Filed] | None) -> Check:
    title = metric.meaning[0].upper() + metric.meaning[1:]
    if answer is None:
        return Check(metric.name, title, layer, "not applicable", "it does not suit the target")
    evidence = answer[1].evidence
    if evidence is None:
        return Check(metric.name, title, layer, "unknown", answer[1].why_not)
    estimate = evidence.estimate
    if not estimate.measured:
        return Check(
            metric.name, title, layer, "unknown", estimate.method, evidence=evidence.digest
        )
    verdict: Verdict = "pass" if (estimate.value or 0.0) >= 1 else "fail"
    figure = evidence.statistics.get("figure")
    return Check(
        metric.name,
        title,
        layer,
        verdict,
        "; ".join(evidence.findings[:2])
        or ("nothing was found" if verdict == "pass" else "it says no"),
        Estimate.from_json(figure) if figure else None,
        _repair(metric, evidence) if verdict == "fail" else "",
        evidence.digest,
    )


def _repair(metric: Metric, evidence: Evidence) -> str:
    stated = evidence.statistics.get("repair")
    return (
        str(stated)
        if stated
        else _REPAIRS.get(metric.name, f"Repair it: seatrial why {metric.name}")
    )


_REPAIRS: Mapping[str, str] = {
    "reproducible": "Take the seed that the builder is handed wherever it draws at random",
    "numerically_stable": "Bound or impute the inputs that break it, in a feature function or a pipeline",
    "schema": "Find out where the rows outside of the schema come from, or exclude them with a reason",
    "no_leakage": "Forbid the columns that know the answer, or split by what the parts share",
}
