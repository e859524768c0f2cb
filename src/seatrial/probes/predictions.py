"""Metrics of a candidate's predictions, on a part of the split, in a slice, by group, in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

from seatrial.core.errors import UserError
from seatrial.core.estimate import brief
from seatrial.plan.load import Plan
from seatrial.probes.probe import Inputs, Reading
from seatrial.records.claim import Measure, arguments_of
from seatrial.records.evidence import Ask, GroupEstimate

MOST_GROUPS = 50
"""Distinct values of a number that still make a group each; more are cut at the quartiles."""


class PredictionsProbe:
    """Compare decisions and scores with the truth."""

    name = "predictions"
    version = 1
    seconds = 1.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:
        """Say what is needed to measure this."""
        part = measure.part
        roles = [f"predictions/{part}", f"truth/{part}", f"units/{part}"]
        roles += [f"column/{part}/{name}" for name in measure.by if name != "class"]
        if measure.versus is not None:
            roles.append(f"predictions/{part}@{measure.versus}")
        if measure.where is not None:
            roles.append(f"mask/{part}/{measure.where}")
        used: dict[str, Any] = {}
        if measure.metric == "coverage" and "confidence" not in arguments_of(measure):
            used["release.confidence"] = plan.text.release.confidence
        if measure.metric == "expected_cost":
            errors = plan.text.task.errors
            used["task.errors"] = errors.model_dump() if errors else None
        return Ask(
            probe=self.name,
            version=self.version,
            params={
                "metric": measure.metric,
                "arguments": arguments_of(measure),
                "quantifier": measure.quantifier,
                "by": list(measure.by),
                "versus": measure.versus,
                "part": part,
            },
            roles=tuple(sorted(roles)),
            plan=used,
            where=str(measure.where) if measure.where is not None else None,
        )

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it."""
        from seatrial.evaluation import measure

        part, params = ask.params["part"], ask.params
        predictions = inputs[f"predictions/{part}"]
        versus = params["versus"]
        costs = inputs.plan("task.errors") if "task.errors" in ask.plan else None
        confidence = inputs.plan("release.confidence") if "release.confidence" in ask.plan else 0.7
        found = measure(
            params["metric"],
            predictions,
            arguments=params["arguments"],
            rows=inputs[f"mask/{part}/{ask.where}"] if ask.where else None,
            by=groups_of(
                params["by"],
                [inputs[f"column/{part}/{name}"] for name in params["by"] if name != "class"],
            ),
            spread=params["quantifier"],
            versus=inputs[f"predictions/{part}@{versus}"] if versus else None,
            costs={name: costs[name] for name in ("false_negative", "false_positive")}
            if costs
            else None,
            confidence=confidence,
        )
        unit = costs["unit"] if costs else found.estimate.unit
        estimate = replace(found.estimate, unit=unit)
        telling = _telling(found.groups, params["quantifier"])
        return Reading(estimate, found.statistics, found.groups, telling)


def _telling(groups: tuple[GroupEstimate, ...], quantifier: str | None) -> tuple[str, ...]:
    settled = [each for each in groups if each.settled and each.estimate.value is not None]
    if quantifier is None or not settled:
        return ()
    ranked = sorted(settled, key=lambda each: each.estimate.value or 0.0)
    low, high = ranked[0], ranked[-1]
    too_few = [each.label for each in groups if not each.settled]
    sentence = f"lowest in {low.label} ({brief(low.estimate.value)}), highest in {high.label} ({brief(high.estimate.value)})"
    return (sentence, f"too few to tell: {', '.join(too_few[:10])}") if too_few else (sentence,)


def groups_of(names: Sequence[str], columns: Sequence[Any]) -> Any | Literal["class"] | None:
    """Groups of rows, by the columns that a claim names; None without names.

    Args:
        names: Columns, or ``class`` alone.
        columns: The columns, in the order of the names.

    Raises:
        UserError: ``class`` stands beside others.
    """
    from seatrial.evaluation import Group

    if not names:
        return None
    if list(names) == ["class"]:
        return "class"
    if "class" in names:
        raise UserError("`by class` stands alone", hint="use `where` for the slice")
    labels = [_labels(name, column) for name, column in zip(names, columns, strict=True)]
    import numpy as np

    joined = np.array(
        [", ".join(row) if None not in row else "" for row in zip(*labels, strict=True)]
    )
    found, codes = np.unique(joined, return_inverse=True)
    codes = codes.astype(np.int64)
    if found[0] == "":
        return Group(tuple(found[1:].tolist()), codes - 1)
    return Group(tuple(found.tolist()), codes)


def _labels(name: str, column: Any) -> Sequence[str | None]:
    values: list[Any] = column.to_list()
    known = [value for value in values if value is not None]
    is_number = bool(known) and all(isinstance(value, (int, float)) for value in known[:1000])
    if is_number and len(set(known)) > MOST_GROUPS:
        return _quartiles(name, values)
    return [None if value is None else _shown(value) for value in values]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _quartiles(name: str, known: Sequence[float | None]) -> list[str | None]:
    import numpy as np

    values = np.array([np.nan if value is None else value for value in known], dtype=float)
    edges = np.unique(np.nanquantile(values, [0.25, 0.5, 0.75]))
    ends = ["", *(f"{edge:g}" for edge in edges), ""]
    labels = [
        f"{name} {'from ' + low if low else ''}{' ' if low and high else ''}{'to ' + high if high else ''}"
        for low, high in pairwise(ends)
    ]
    places = np.searchsorted(edges, values, side="right")
    return [
        None if np.isnan(value) else labels[place]
        for value, place in zip(values, places, strict=True)
    ]
