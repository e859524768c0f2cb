"""What stands in front of a model card, as model hubs read it: its task, its licence, its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.core.estimate import Estimate
from seatrial.records.claim import Measure
from seatrial.reports import numbers
from seatrial.web.facts import Facts

_TASKS = {"regression": "tabular-regression"}
_KINDS = {
    "text": "text-classification",
    "image": "image-classification",
    "forecast": "time-series-forecasting",
}


def front_matter(facts: Facts, *, licence: str) -> Mapping[str, Any]:
    """Metadata as model hubs read it: task, licence, and each measured claim as a result.

    Source:
        The specification of metadata of the Hugging Face Hub's model cards.
    """
    kind = facts.project.plan.text.task.kind
    task = _KINDS.get(kind) or _TASKS.get(facts.chain.task, "tabular-classification")
    found: dict[str, Any] = {"license": licence.lower()} if licence else {}
    found |= {"tags": ["seatrial", task], "pipeline_tag": task}
    results = _results(facts)
    if not results:
        return found
    used = list(dict.fromkeys(each["type"] for each in results))
    index = {
        "name": facts.name,
        "results": [
            {
                "task": {"type": task},
                "dataset": {
                    "type": facts.chain.snapshot.sources[0].name,
                    "name": ", ".join(each.name for each in facts.chain.snapshot.sources),
                    "split": "test",
                    "revision": facts.chain.snapshot.id,
                },
                "metrics": results,
            }
        ],
    }
    return {**found, "metrics": used, "model-index": [index]}


def _results(facts: Facts) -> list[dict[str, Any]]:
    """Claims on predictions of the test part, as judged offline."""
    known = facts.checked.metrics
    return [
        {
            "type": _type(claim.measure),
            "name": f"{claim.measure}, {_described(judgement.evidence.estimate)}",
            "value": judgement.evidence.estimate.value,
        }
        for claim, judgement in zip(facts.checked.claims, facts.checked.judgements, strict=True)
        if judgement.evidence is not None
        and judgement.stage == "offline"
        and judgement.evidence.estimate.measured
        and known[claim.measure.metric].subject == "predictions"
        and claim.measure.part == "test"
    ]


def _type(measure: Measure) -> str:
    """The metric, as a hub ranks by it; a difference or a ratio of two is none."""
    if measure.versus is not None:
        return f"{measure.metric}_difference"
    return (
        f"{measure.metric}_{measure.quantifier}"
        if measure.quantifier in {"gap", "ratio"}
        else measure.metric
    )


def _described(estimate: Estimate) -> str:
    span = numbers.interval(estimate).strip("[]").replace(", ", " to ")
    return f"95 % from {span}, n = {numbers.count(estimate.n)}"
