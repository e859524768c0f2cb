"""What a plan that is well formed may still have wrong with it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from seatrial.core.errors import Fault, PlanError
from seatrial.core.units import convert, span
from seatrial.plan.grammar import parse_condition
from seatrial.plan.schema import PlanText
from seatrial.records.claim import Claim, Measure
from seatrial.records.dataset import PARTS
from seatrial.records.metrics import GLOSSARY, Metric

NUMBERED = ("row",)
"""The key of a table that has none: the number of the row."""
_EITHER_WAY = frozenset({"prevalence", "selection_rate", "rows", "mean_error", "coverage"})
"""Metrics whose good side depends on the system."""
_FREE_OF_RANGE = frozenset({"r2", "mape", "matthews_corrcoef", "benefit"})
"""Metrics in fractions that may leave [0, 1]."""


class Place(Protocol):
    """Says where in the file a path of keys stands."""

    def __call__(self, *path: str | int) -> str:
        """Write it as ``plan.yaml:14``."""
        ...


def faults(
    text: PlanText,
    claims: tuple[Claim, ...],
    optimise: Measure,
    metrics: Mapping[str, Metric],
    place: Place,
    *,
    every: bool = True,
) -> list[Fault]:
    """Everything that is wrong with a plan whose sections are valid.

    Args:
        text: What stands in the plan.
        claims: Those of its claims that can be read.
        optimise: The metric to optimise.
        metrics: The glossary.
        place: Says where something stands.
        every: Whether all of its claims could be read; if not, what is missing isn't missed.
    """
    found = [
        *_conditions(text, place),
        *_names(text, claims, place),
        *_forecast(text, place),
        *_settings(text, place),
        *_augmentations(text, place),
    ]
    for claim in claims:
        where = _at(claim, place)
        found += _claim(claim, metrics[claim.measure.metric], where)
        found += _task(claim.measure, text, metrics, where)
        found += [*_scenarios(claim, text, where), *_cadence(claim, metrics, where)]
    if every:
        found += [
            *_hazards(text, claims, place),
            *_optimiser(optimise, text, claims, metrics, place),
        ]
    return found


_CLASSES = "recall >= 0.5"
_EXAMPLE = {"regression": "mae <= 10", "forecast": "mae <= 10"}


def _augmentations(text: PlanText, place: Place) -> Iterator[Fault]:
    """Whether it can be told if people answer a changed row rightly."""
    has_numbers = text.task.kind in {"regression", "forecast"}
    for name, each in text.train.augment.items():
        if has_numbers is (each.within is None):
            where = place("train", "augment", name)
            if has_numbers:
                fact = f"`{name}` doesn't say when people's answer is right"
                yield Fault(fact, where, f"write `within: 5`, in units of {text.task.target}")
            else:
                fact = f"`within` is for numbers, and the task is {text.task.kind}"
                yield Fault(fact, where, "leave it out")


def _settings(text: PlanText, place: Place) -> Iterator[Fault]:
    for family in text.train.parameters:
        if family not in text.train.candidates:
            fact = f"`train.parameters` names {family}, which is no candidate"
            hint = f"candidates: {', '.join(text.train.candidates)}"
            yield Fault(fact, place("train", "parameters", family), hint)


def _at(claim: Claim, place: Place) -> str:
    return f"{place().rpartition(':')[0]}:{claim.line}"


def advice(text: PlanText, claims: tuple[Claim, ...], metrics: Mapping[str, Metric]) -> list[Fault]:
    """What a careful reviewer would say of a valid plan; nothing here stops a run."""
    found = [
        Fault(f"`{claim}` holds a good value against the system", hint="is the sign meant so?")
        for claim in claims
        if _is_upside_down(claim, metrics[claim.measure.metric])
    ]
    if text.problem is None or text.problem.measure is None:
        hint = "`problem: {statement: ..., measure: {name: ..., today: ...}}`"
        found.append(Fault("no business figure is named that should move", hint=hint))
    elif text.problem.measure.today is None:
        fact = "`problem.measure.today` is open"
        found.append(Fault(fact, hint="until it is known, nothing is released beyond shadow"))
    if set(text.owners.values()) == {"nobody"}:
        found.append(Fault("`owners.default` is nobody", hint="write the name of a person or team"))
    drafts = [claim.id for claim in claims if claim.draft]
    if drafts:
        hint = f"read the bound, then: seatrial claim sign {drafts[0]} --by NAME"
        found.append(Fault(f"{len(drafts)} claims are drafts that nobody signed", hint=hint))
    if not text.hazards:
        found.append(
            Fault(
                "no hazard is named",
                hint="`hazards:` asks what would go wrong, and which claim shows it",
            )
        )
    found += [
        Fault(f"no claim shows the hazard `{hazard.what}`", hint="give it `claim:`")
        for hazard in text.hazards
        if hazard.claim is None
    ]
    if not any(claim.measure.where is not None or claim.measure.by for claim in claims):
        found.append(
            Fault(
                "no claim looks at a slice or a group",
                hint=f"as in `{_EXAMPLE.get(text.task.kind, _CLASSES)} where origin = 'LGA'`",
            )
        )
    if text.data.keys == NUMBERED:
        hint = "only ever append: one that is taken out renames all after it, their parts and their tags"
        found.append(Fault("rows are named by their number", hint=hint))
    people = text.baselines.get("people")
    if people is not None and people.column is not None and text.task.truth is None:
        hint = "`task.truth: outcome`, or `person`: then people are measured in agreement with one of them"
        found.append(Fault("whether the target is another person's label isn't said", hint=hint))
    if text.release.fallback is None:
        found.append(
            Fault(
                "`release.fallback` is open",
                hint="without a rule nobody answers when the model may not",
            )
        )
    return found


def _is_upside_down(claim: Claim, metric: Metric) -> bool:
    if claim.bound is None or claim.bound.sign == "=":
        return False
    if claim.measure.quantifier or metric.name in _EITHER_WAY:
        return False
    return (claim.bound.sign in {"<=", "<"}) is metric.higher_is_better


def _conditions(text: PlanText, place: Place) -> Iterator[Fault]:
    for index, exclusion in enumerate(text.data.exclude):
        yield from _unreadable(exclusion.where, place("data", "exclude", index))
    for name, scenario in text.scenarios.items():
        if scenario.where is not None:
            yield from _unreadable(scenario.where, place("scenarios", name))
        if scenario.within is not None and text.task.kind not in {"regression", "forecast"}:
            fact = f"`scenarios.{name}.within` is a distance, and {text.task.kind} answers a class"
            yield Fault(fact, place("scenarios", name), "leave it out")


def _unreadable(condition: str, where: str) -> tuple[Fault, ...]:
    try:
        parse_condition(condition, where=where)
    except PlanError as error:
        return error.faults
    return ()


def _names(text: PlanText, claims: tuple[Claim, ...], place: Place) -> Iterator[Fault]:
    ids = Counter(claim.id for claim in claims)
    for claim in claims:
        where = _at(claim, place)
        if ids[claim.id] > 1:
            hint = "give one of them an `id:`"
            yield Fault(f"two claims are called {claim.id}", where, hint)
        known = claim.owner in text.owners or claim.owner in text.owners.values()
        if not known:
            hint = f"owners: {', '.join(text.owners)}"
            yield Fault(
                f"`{claim.id}` is owned by {claim.owner}, whom `owners` doesn't name",
                where,
                hint,
            )
    if "default" not in text.owners:
        yield Fault(
            "`owners.default` is missing", place("owners"), "it answers for claims without an owner"
        )


def _forecast(text: PlanText, place: Place) -> Iterator[Fault]:
    """A forecast that reads what isn't known yet when it is made."""
    horizon, lags = text.task.horizon, text.data.lags
    if text.task.kind != "forecast":
        if horizon is not None:
            fact = f"`horizon` is for forecasts, and the task is {text.task.kind}"
            yield Fault(fact, place("task", "horizon"), "leave it out, or write `kind: forecast`")
        return
    if text.data.split.by != "time":
        fact = f"a forecast is judged on the future, and the split is by {text.data.split.by}"
        yield Fault(fact, place("data", "split"), "write `split: {by: time, ...}`")
    if lags is None or horizon is None:
        return
    near = [back for back in lags.back if span(back) < span(horizon)]
    if near:
        fact = f"{horizon} ahead, the value {near[0]} before isn't known yet"
        hint = f"take {', '.join(near)} out of `data.lags.back`"
        yield Fault(fact, place("data", "lags", "back"), hint)


def _hazards(text: PlanText, claims: tuple[Claim, ...], place: Place) -> Iterator[Fault]:
    ids = [claim.id for claim in claims]
    for index, hazard in enumerate(text.hazards):
        if hazard.claim is not None and hazard.claim not in ids:
            near = difflib.get_close_matches(hazard.claim, ids, n=1, cutoff=0.4)
            hint = f"nearest: {near[0]}" if near else f"claims: {', '.join(ids) or 'none'}"
            yield Fault(f"no claim is called {hazard.claim}", place("hazards", index), hint)


def _claim(claim: Claim, metric: Metric, where: str) -> Iterator[Fault]:
    measure, bound = claim.measure, claim.bound
    if measure.quantifier and not measure.by:
        yield Fault(
            f"`{measure.quantifier}` needs `by`",
            where,
            f"as in `{measure.quantifier} {metric.name} by COLUMN`",
        )
    if measure.by and not measure.quantifier:
        yield Fault(
            "`by` needs gap, ratio or worst",
            where,
            f"as in `worst {measure.subject} by {measure.by[0]} ...`",
        )
    if measure.quantifier and measure.versus:
        hint = "claim the difference in one slice: `recall vs rule >= 0 where COLUMN = 'VALUE'`"
        yield Fault(f"`{measure.quantifier}` and `vs` can't stand together", where, hint)
    yield from _unread(measure, metric, where)
    if metric.answers_yes_or_no and bound:
        yield Fault(f"{metric.name} answers yes or no", where, f"leave out `{bound}`")
    if not metric.answers_yes_or_no and bound is None:
        sign = ">=" if metric.higher_is_better else "<="
        yield Fault(f"`{claim}` has no bound", where, f"as in `{claim} {sign} 0.5`")
    if bound is not None and not metric.answers_yes_or_no:
        yield from _bound(claim, metric, where)


def _unread(measure: Measure, metric: Metric, where: str) -> Iterator[Fault]:
    """Clauses that the metric's probe does not read: the claim would say what was not measured."""
    by_feature = metric.subject == "features" and measure.by == ("feature",)
    grouped = bool(measure.by) and not by_feature
    if metric.subject == "predictions":
        if "feature" in measure.by:
            yield Fault(f"{metric.name} is not measured by feature", where, "benefit is")
        if "class" in measure.by and len(measure.by) > 1:
            yield Fault("`by class` stands alone", where, "use `where` for the slice")
    elif metric.name in GLOSSARY:
        given = {
            "by": grouped,
            "vs": measure.versus is not None,
            "where": measure.where is not None,
            "on": measure.part != "test",
        }
        for clause in (name for name, is_given in given.items() if is_given):
            yield Fault(f"{metric.name} is not measured `{clause}`", where, f"leave `{clause}` out")


def _scenarios(claim: Claim, text: PlanText, where: str) -> Iterator[Fault]:
    """A set that isn't there, or is asked for where there are only requests."""
    name = claim.measure.part
    if not claim.measure.is_of_scenarios:
        return
    if name not in text.scenarios:
        known = [*PARTS, *text.scenarios]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"nearest: {near[0]}. " if near else ""
        fact = f"`on {name}`: no scenario set is called {name}"
        yield Fault(fact, where, f"{hint}There are {', '.join(known)}; sets stand in `scenarios`")
    if claim.stage not in {None, "offline"}:
        fact = f"`on {name}` is measured offline, and the claim is `in {claim.stage}`"
        yield Fault(fact, where, "write two claims")


def _cadence(claim: Claim, metrics: Mapping[str, Metric], where: str) -> Iterator[Fault]:
    """`continuous` is what the follower does, and it sees decisions and outcomes alone."""
    metric = metrics[claim.measure.metric]
    served = metric.subject == "predictions" or metric.name == "latency_ms"
    if claim.every == "continuous" and (
        claim.stage == "offline" or claim.measure.is_of_scenarios or not served
    ):
        fact = f"`{claim.id}` is measured offline alone, so it can't be measured continuously"
        yield Fault(fact, where, "`every` is push, night or week")


def _bound(claim: Claim, metric: Metric, where: str) -> Iterator[Fault]:
    bound = claim.bound
    assert bound is not None
    value = bound.value
    if bound.unit is not None:
        try:
            value = convert(bound.value, bound.unit, to=metric.unit)
        except ValueError:
            yield Fault(
                f"{metric.name} is measured in {metric.unit}, got {bound}",
                where,
                f"write it in {metric.unit}",
            )
            return
    if metric.unit != "fraction" or metric.name in _FREE_OF_RANGE:
        return
    low = -1.0 if claim.measure.versus else 0.0
    if not low <= value <= 1:
        hint = f"{value:g} % is {value / 100:g}" if 1 < value <= 100 else ""  # noqa: PLR2004
        yield Fault(
            f"the bound of {metric.name} must lie in [{low:g}, 1], got {bound.value:g}", where, hint
        )


def _task(
    measure: Measure, text: PlanText, metrics: Mapping[str, Metric], where: str
) -> Iterator[Fault]:
    metric = metrics[measure.metric]
    regression = text.task.kind in {"regression", "forecast"}
    suits = "regression" in metric.tasks if regression else set(metric.tasks) - {"regression"}
    if not suits:
        fitting = [
            each.name
            for each in metrics.values()
            if each.subject == "predictions" and (("regression" in each.tasks) is regression)
        ]
        yield Fault(
            f"{metric.name} does not suit {text.task.kind}",
            where,
            f"these do: {', '.join(fitting)}",
        )
    if metric.name == "expected_cost" and text.task.errors is None:
        yield Fault(
            "expected_cost needs `task.errors`",
            where,
            "as in {false_negative: 90, false_positive: 25, unit: USD}",
        )


def _optimiser(
    optimise: Measure,
    text: PlanText,
    claims: tuple[Claim, ...],
    metrics: Mapping[str, Metric],
    place: Place,
) -> Iterator[Fault]:
    metric, where = metrics[optimise.metric], place("optimize")
    yield from _task(optimise, text, metrics, where)
    if metric.subject != "predictions":
        yield Fault(
            f"`optimize` must name a metric of the predictions, got {metric.name}",
            where,
            "as in recall or rmse",
        )
    if optimise.is_of_scenarios:
        fact = f"`optimize` is chosen on dev, and can't be measured on {optimise.part}"
        yield Fault(fact, where, "hold the set to a bound, as a claim")
    side = metric.maximised_by
    if side and not any(_stands_against(claim, metrics, side) for claim in claims):
        against = sorted(each.name for each in metrics.values() if side in each.punishes)
        yield Fault(
            f"always answering {side} gives the best {metric.name}, and no claim stands against it",
            where,
            f"add a claim on one of {', '.join(against)}, as in `{_EXAMPLE[side]}`",
        )


_EXAMPLE = {"positive": "precision >= 0.45", "negative": "recall >= 0.50"}


def _stands_against(claim: Claim, metrics: Mapping[str, Metric], side: str) -> bool:
    metric, bound = metrics[claim.measure.metric], claim.bound
    if bound is None or claim.commitment == "observe" or side not in metric.punishes:
        return False
    if (
        claim.measure.where is not None
        or claim.measure.is_of_scenarios
        or claim.measure.quantifier
        or claim.stage not in {None, "offline"}
    ):
        return False
    return (bound.sign in {">=", ">"}) is metric.higher_is_better
