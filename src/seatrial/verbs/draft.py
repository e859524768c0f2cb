"""Draft a plan: its claims with bounds from dev, its text with a comment on every choice."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.records.rule import Rule
from seatrial.reports import numbers
from seatrial.verbs.chain import Chain

if TYPE_CHECKING:
    from seatrial.data.infer import Roles
    from seatrial.evaluation import Predictions

OPTIMISE = {"binary": "f1", "multiclass": "balanced_accuracy", "regression": "mae"}
"""What is optimised before somebody decides: nobody has said yet what a missed positive costs and what a false one."""


@dataclass(frozen=True, slots=True)
class DraftedClaim:
    """A claim that ``init`` wrote: its text, the comment beside it, how strong it is."""

    text: str
    because: str
    commitment: str = "guarantee"


def draft_claims(
    chain: Chain, simple: Simple, on_dev: Predictions, *, groups: Sequence[tuple[str, str]]
) -> list[DraftedClaim]:
    """Draft claims whose bounds a simple answer keeps on dev.

    Args:
        chain: The scratch project.
        simple: Who gives it.
        on_dev: What it gave.
        groups: Columns whose groups are held against each other, and why.
    """
    task = chain.task
    claims = [_floor(chain, simple, on_dev)]
    if simple.beats is not None:
        sign = "<=" if task == "regression" else ">="
        text = f"{OPTIMISE[task]} vs {simple.beats} {sign} 0"
        claims.append(DraftedClaim(text, f"or {simple.name} would do", "target"))
    claims += _grouped(task, groups)
    claims += [
        DraftedClaim("schema", "dev and test keep to the kinds, ranges and levels of training"),
        DraftedClaim("no_leakage", "nothing of dev and test is known to training"),
        DraftedClaim("latency_ms(p99) <= 50 ms", "a person does not notice it", "target"),
        DraftedClaim("memory_mb <= 500", "fits in the smallest container"),
    ]
    return claims


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple answer that a model has to be better than.

    Attributes:
        family: The baseline.
        name: What a person calls it.
        beats: As a claim's `vs` names it; None for a constant, which any model beats.
    """

    family: str
    name: str
    beats: str | None


FLOOR = {"binary": "precision", "multiclass": "balanced_accuracy", "regression": "mae"}
"""What is bounded first, by what a rule has: accuracy says little where one class is rare."""


def _floor(chain: Chain, simple: Simple, on_dev: Predictions) -> DraftedClaim:
    from seatrial.evaluation import measure

    metric = FLOOR[chain.task] if simple.beats is not None else OPTIMISE[chain.task]
    found = measure(metric, on_dev).estimate
    because = f"{simple.name} has {numbers.whole(found)} on dev" if found.measured else ""
    if chain.task == "regression":
        assert found.value is not None
        return DraftedClaim(f"mae <= {_rounded(found.value):g}", because)
    if simple.beats is not None and found.low is not None:
        return DraftedClaim(f"{metric} >= {math.floor(found.low * 100) / 100:g}", because)
    guess = _guessing(on_dev)
    if chain.plan.text.task.kind in {"text", "image"}:
        bound, because = (1 + guess) / 2, "halfway from guessing to perfect"
    else:
        bound, because = min(guess * 1.5, 0.95), "half as much again as guessing"
    return DraftedClaim(f"{metric} >= {math.floor(bound * 100) / 100:g}", because)


def _guessing(predictions: Predictions) -> float:
    """What guessing has: precision and recall of a coin that falls as the classes do, or the balanced accuracy of any constant."""
    classes = len(predictions.classes)
    if classes == 2:  # noqa: PLR2004 — binary
        return float((predictions.truth == 1).mean())
    return 1 / classes


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _grouped(task: str, groups: Sequence[tuple[str, str]]) -> list[DraftedClaim]:
    if task == "multiclass":
        return [DraftedClaim("worst recall by class >= 0.5", "no class is given up", "target")]
    return [
        DraftedClaim(f"gap recall by {_identifier(name)} <= 0.2", because, "target")
        for name, because in groups
    ]


def _identifier(name: str) -> str:
    from seatrial.records.condition import Column

    return str(Column(name))


def plan_text(
    name: str,
    *,
    source: tuple[str, str],
    seen: Roles,
    rule: Rule | None,
    claims: Sequence[DraftedClaim],
    candidates: Sequence[str] = ("linear", "boosted"),
    header: bool = True,
) -> str:
    """Write a plan with a comment on every choice.

    Args:
        name: Of the project.
        source: Name and address of the data.
        seen: What is what in it.
        rule: The fallback; None leaves it open.
        claims: The drafted claims; none leaves a single one that makes the plan valid.
        candidates: What is trained.
        header: Whether the data's first line names its columns.
    """
    source_name, uri = source
    written = claims or [DraftedClaim(*_PLACEHOLDER[seen.task])]
    optimise = OPTIMISE[_task(seen)]
    parts = [
        "# What must be true of this system. Drafted from the data by `seatrial init`; every line is yours.",
        "version: 1",
        f"project: {name}",
        "# problem:                # what should work better, and the business figure that would show it",
        "#   statement: ...",
        "#   measure: {name: ..., today: null}",
        "owners: {default: nobody}   # who answers for a claim that names nobody else",
        "task:",
        f"  kind: {seen.task}",
        f"  target: {scalar(seen.target)}   # {seen.target_because}",
        *_horizon(seen),
        "data:",
        "  sources:",
        f"    {source_name}: {{uri: {scalar(uri)}{'' if header else ', header: false'}}}   # add `licence:` and `owner:`",
        f"  key: {_flow(seen.key) if len(seen.key) > 1 else scalar(seen.key[0])}   # {seen.key_because}",
        *(
            [f"  time: {scalar(seen.time.value)}   # {seen.time.because}"]
            if seen.time.value
            else []
        ),
        *(
            [f"  unit: {scalar(seen.unit.value)}   # {seen.unit.because}"]
            if seen.unit.value
            else []
        ),
        f"  split: {{by: {seen.split.value}{_group(seen)}, train: 0.6, dev: 0.2, test: 0.2}}   # {seen.split.because}",
        *_lags(seen),
        *_listed(seen),
        "train:",
        f"  candidates: {_flow(candidates)}   # and yours, as package.module:builder",
        "  seed: 0",
        f"optimize: {optimise}   # the one metric to {'lower' if optimise == 'mae' else 'raise'}",
        "claims:",
        *(_claim(each) for each in written),
        *_fallback(rule),
    ]
    return "\n".join(parts) + "\n"


_PLACEHOLDER = {
    **dict.fromkeys(("classification", "text", "image"), ("accuracy >= 0", "replaced by init")),
    **dict.fromkeys(("regression", "forecast"), ("mae >= 0", "replaced by init")),
}


def _horizon(seen: Roles) -> list[str]:
    if seen.course is None:
        return []
    return [
        f"  horizon: {seen.course.step}   # how long before the answer is needed: {seen.course.step_because}"
    ]


def _lags(seen: Roles) -> list[str]:
    course = seen.course
    if course is None:
        return []
    parts = [f"of: {scalar(seen.target_column)}", f"back: {_flow(course.back)}"]
    parts += [f"season: {course.season}"] if course.season else []
    parts += [f"hour: {scalar(course.hour)}"] if course.hour else []
    parts += [f"by: {_flow(course.by)}"] if course.by else []
    return [f"  lags: {{{', '.join(parts)}}}   # {course.because}"]


def _task(seen: Roles) -> str:
    if seen.task in {"regression", "forecast"}:
        return "regression"
    return "binary" if seen.target != seen.target_column else "multiclass"


def _group(seen: Roles) -> str:
    return f", group: {scalar(seen.group)}" if seen.group else ""


def _listed(seen: Roles) -> list[str]:
    lines = []
    if seen.drop or seen.forbid or seen.text:
        lines.append("  features:")
    for verb, choices in (("text", seen.text), ("drop", seen.drop), ("forbid", seen.forbid)):
        lines += [f"    {verb}:"] if choices else []
        lines += [f"      - {scalar(str(choice.value))}   # {choice.because}" for choice in choices]
    if seen.context:
        lines.append("  context:   # logged and sliced by, never shown to the model")
        lines += [
            f"    - {scalar(str(choice.value))}   # {choice.because}" for choice in seen.context
        ]
    return lines


def _claim(claim: DraftedClaim) -> str:
    strength = f", commitment: {claim.commitment}" if claim.commitment != "guarantee" else ""
    return f"  - {{claim: {json.dumps(claim.text, ensure_ascii=False)}{strength}, draft: true}}   # {claim.because}"


def _fallback(rule: Rule | None) -> list[str]:
    lines = [
        "release:",
        "  path: [shadow, partial 5%, partial 25%, partial 100%]",
        "  confidence: 0.70",
    ]
    if rule is None:
        return [*lines, "  # fallback: ...   # a condition that answers when the model may not"]
    if rule.is_condition:
        return [
            *lines,
            f"  fallback: {json.dumps(str(rule), ensure_ascii=False)}   # best rule of one column on train",
        ]
    cases: list[Mapping[str, Any]] = [
        {"when": str(node), "answer": answer} for node, answer in rule.cases
    ]
    cases.append({"answer": rule.otherwise})
    return [
        *lines,
        "  fallback:   # best rule of one column on train; the first case that is true answers",
        *(f"    - {json.dumps(case, ensure_ascii=False)}" for case in cases),
    ]


_PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"})


def scalar(text: str) -> str:
    """Write text so that YAML reads it back as this text.

    >>> scalar("tenure"), scalar("yes")
    ('tenure', '"yes"')
    """
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _RESERVED
    return text if plain else json.dumps(text, ensure_ascii=False)


def _flow(names: Sequence[str]) -> str:
    return f"[{', '.join(scalar(name) for name in names)}]"
