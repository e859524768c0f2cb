"""What is wrong with the kept candidate: checks in the order in which it pays to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.evaluation.parts import Parts
from seatrial.evaluation.question import Question
from seatrial.judging.experiments import Known, experiments, of_baseline
from seatrial.judging.verdicts import Filed
from seatrial.records.candidate import Candidate, is_baseline
from seatrial.records.check import LAYERS, Check, Layer
from seatrial.records.claim import Measure
from seatrial.records.evidence import Evidence, Verdict
from seatrial.records.metrics import Metric
from seatrial.records.step import Step
from seatrial.reports import numbers
from seatrial.verbs.chain import Chain
from seatrial.verbs.errors import errors
from seatrial.verbs.measuring import Measuring, Wanted
from seatrial.verbs.project import Project
from seatrial.verbs.slices import candidate_of, people_of, question_of
from seatrial.verbs.train import reported

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
        parts: The error in parts; None if the optimised metric isn't measured.
        hurdle: Which of three it is stuck at: ``training set``, ``dev and test set``, ``business goal``;
            empty if it took them all.
        experiments: What to try for the part that dominates, in order.
    """

    candidate: str
    family: str
    checks: tuple[Check, ...]
    parts: Parts | None
    hurdle: str
    experiments: tuple[Step, ...]

    @property
    def explains(self) -> Check | None:
        """The first that fails: what lies behind it may be its consequence."""
        return next((each for each in self.checks if each.verdict == "fail"), None)

    @property
    def total(self) -> str:
        """What the parts sum to, as a sentence."""
        if self.parts is None:
            return ""
        where = "test" if self.parts.is_on_test else "dev; test was not asked about yet"
        return f"The error in {self.parts.metric} is {numbers.whole(self.parts.total)} on {where}. Its parts:"

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial doctor --json``; see ``docs/json.md``."""
        first = self.explains
        return {
            "candidate": self.candidate,
            "checks": [each.to_json() for each in self.checks],
            "explains": first.id if first else None,
            "parts": _parts_json(self.parts),
            "hurdle": self.hurdle or None,
            "experiments": [each.to_json() for each in self.experiments],
        }


def doctor(
    project: Project,
    *,
    again: bool = False,
    tell: Told = lambda _what, _done, _all: None,
) -> Diagnosis:
    """Make every check of the kept candidate that isn't on file.

    Args:
        project: The project.
        again: Whether what is on file is measured again.
        tell: Told what is being checked, how many are done, how many there are.

    Raises:
        NotFoundError: there is no candidate.
    """
    measuring = Measuring(project)
    chain = measuring.chain
    candidate = candidate_of(chain, measuring.materials)
    checks = checks_of(measuring, measure=True, again=again, tell=tell)
    parts = _parts(measuring, candidate)
    known = Known(
        {each.id: each for each in checks},
        candidate.family,
        _tag(project),
        candidate.seconds,
        has_features=chain.plan.text.task.kind not in {"text", "image"},
    )
    return Diagnosis(
        candidate.name,
        candidate.family,
        tuple(checks),
        parts,
        _hurdle(measuring, parts),
        _experiments(chain, known, parts),
    )


def _experiments(chain: Chain, known: Known, parts: Parts | None) -> tuple[Step, ...]:
    if parts is None:
        return ()
    if not is_baseline(known.family):
        return experiments(parts.dominant, _why(parts), known)
    trained = [each for each in chain.plan.text.train.candidates if not is_baseline(each)]
    return of_baseline(_why(parts), replace(known, family=trained[-1])) if trained else ()


def checks_of(
    measuring: Measuring,
    *,
    measure: bool,
    again: bool = False,
    tell: Told = lambda _what, _done, _all: None,
) -> list[Check]:
    """The checks in their order.

    Args:
        measuring: Of the project.
        measure: Whether anything may be measured; without, what isn't on file is unknown.
        again: Whether what is on file is measured again.
        tell: Told what is being checked, how many are done, how many there are.
    """
    task, metrics = measuring.chain.task, measuring.chain.plan.metrics
    measures = [Measure(name) for name in _LAYERS if task in metrics[name].tasks]
    found = measuring.gather(measures, measure=measure, again=again, tell=tell)
    answered = {wanted.measure.metric: (wanted, filed) for wanted, filed in found}
    checks = [_check(metrics[name], layer, answered.get(name)) for name, layer in _LAYERS.items()]
    return sorted(checks, key=lambda each: LAYERS.index(each.layer))


def repairs(measuring: Measuring) -> tuple[Step, ...]:
    """What the doctor found and how to mend it, as far as that is on file; measures nothing."""
    failing = [each for each in checks_of(measuring, measure=False) if each.verdict == "fail"]
    return tuple(
        Step(
            each.repair,
            f"{each.id} fails: {each.reason}",
            (each.evidence,),
            None,
            "1 cause less; what lies behind it may go with it",
            None,
            "seatrial doctor --again",
        )
        for each in failing
    )


def _parts(measuring: Measuring, candidate: Candidate) -> Parts | None:
    """The error in parts. The test part is looked at only if it was asked about before."""
    from seatrial.evaluation.parts import error_parts

    chain, materials = measuring.chain, measuring.materials
    seen = materials.predictions_digest(candidate, "test") is not None
    question = question_of(chain, chain.plan.optimise)
    answers = {
        part: materials.predictions(candidate, part)
        for part in ("train", "dev", "test")
        if part != "test" or seen
    }
    return error_parts(
        question,
        answers["train"],
        answers["dev"],
        answers.get("test"),
        reference=_best_known(measuring, question),
    )


def _best_known(measuring: Measuring, question: Question) -> Estimate | None:
    """What people reach on dev, or the best figure of others; None without either.

    Against a person's label people are measured in agreement, which is nobody's error.
    """
    from seatrial.evaluation import measure

    chain = measuring.chain
    people = people_of(chain, measuring.materials)
    if people is not None and chain.plan.text.task.truth != "person":
        return measure(
            question.metric,
            measuring.materials.predictions(people, "dev"),
            arguments=question.arguments,
            costs=question.costs,
        ).estimate
    figures = [
        told
        for metric, told, _ in reported(measuring.project).values()
        if metric == question.metric
    ]
    sense = 1 if chain.plan.metrics[question.metric].higher_is_better else -1
    return max(figures, key=lambda each: sense * (each.value or 0.0), default=None)


def _hurdle(measuring: Measuring, parts: Parts | None) -> str:
    """The first of three hurdles that it doesn't take: train, dev and test, the business goal."""
    if parts is None or not parts.parts:
        return ""
    if parts.dominant == "avoidable bias":
        return "training set"
    if parts.dominant in {"variance", "validation overfitting"}:
        return "dev and test set"
    problem = measuring.chain.plan.text.problem
    measured = (
        problem is not None and problem.measure is not None and problem.measure.today is not None
    )
    return "" if measured else "business goal"


def _tag(project: Project) -> tuple[str, Estimate] | None:
    """The tag with the most room, if anybody tagged."""
    if project.ledger.find("tag", limit=1) == []:
        return None
    found = errors(project, look=False)
    return (found.tags[0].priority.tag, found.tags[0].priority.gain) if found.tags else None


def _why(parts: Parts) -> str:
    named = dict(parts.parts)
    if parts.dominant is None:
        return ""
    where = "test" if parts.is_on_test else "dev"
    return (
        f"{parts.dominant} is {numbers.whole(named[parts.dominant])} of an error of "
        f"{numbers.whole(parts.total)} on {where}"
    )


def _parts_json(parts: Parts | None) -> dict[str, Any] | None:
    if parts is None:
        return None
    return {
        "metric": parts.metric,
        "total": parts.total.to_json(),
        "on": "test" if parts.is_on_test else "dev",
        "parts": {name: each.to_json() for name, each in parts.parts},
        "dominant": parts.dominant,
    }


def _check(metric: Metric, layer: Layer, answer: tuple[Wanted, Filed] | None) -> Check:
    title = metric.meaning[0].upper() + metric.meaning[1:]
    if answer is None:
        return Check(metric.name, title, layer, "not applicable", "it does not suit the target")
    evidence = answer[1].evidence
    if evidence is None:
        return Check(metric.name, title, layer, "unknown", answer[1].why_not)
    estimate = evidence.estimate
    if not estimate.measured:
        moot = "nothing was trained" in estimate.method
        return Check(
            metric.name,
            title,
            layer,
            "not applicable" if moot else "unknown",
            estimate.method,
            evidence=evidence.digest,
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
