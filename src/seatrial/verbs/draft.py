"""Draft a plan: its claims with bounds from dev, its text with a comment on every choice."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.core.estimate import Estimate
from seatrial.records.rule import Rule
from seatrial.reports import numbers
from seatrial.verbs.chain import Chain

if TYPE_CHECKING:
    from seatrial.data.infer import Roles
    from seatrial.evaluation import Predictions

OPTIMISE = {"binary": "recall", "multiclass": "balanced_accuracy", "regression": "mae"}
"""What is optimised before somebody decides."""


@dataclass(frozen=True, slots=True)
class DraftedClaim:
    """A claim that ``init`` wrote: its text, the comment beside it, how strong it is."""

    text: str
    because: str
    commitment: str = "guarantee"


def draft_claims(
    chain: Chain, rule_on_dev: Predictions, *, groups: Sequence[str], has_rule: bool
) -> tuple[list[DraftedClaim], Estimate | None]:
    """Draft claims whose bounds the rule (or the constant) keeps on dev.

    Returns:
        The claims, and the figure that speaks for the rule.
    """
    from seatrial.evaluation import measure

    task = chain.task
    found = measure(_FLOOR[task], rule_on_dev).estimate
    who = "the rule" if has_rule else "the constant answer"
    claims = [_floor(task, found, who, prevalence=_prevalence(rule_on_dev))]
    if has_rule:
        sign = "<=" if task == "regression" else ">="
        text = f"{OPTIMISE[task]} vs rule {sign} 0"
        claims.append(DraftedClaim(text, "or the rule would do", "target"))
    claims += _grouped(task, groups)
    claims += [
        DraftedClaim("schema", "dev and test keep to the kinds, ranges and levels of training"),
        DraftedClaim("no_leakage", "nothing of dev and test is known to training"),
        DraftedClaim("latency_ms(p99) <= 50 ms", "a person does not notice it", "target"),
        DraftedClaim("memory_mb <= 500", "fits in the smallest container"),
    ]
    return claims, found if found.measured else None


_FLOOR = {"binary": "precision", "multiclass": "accuracy", "regression": "mae"}


def _floor(task: str, found: Estimate, who: str, *, prevalence: float) -> DraftedClaim:
    if task == "regression":
        assert found.value is not None
        bound = _rounded(found.value)
        return DraftedClaim(f"mae <= {bound:g}", f"{who} has {numbers.whole(found)} on dev")
    if found.low is None:
        bound = min(math.floor(prevalence * 150) / 100, 0.95)
        return DraftedClaim(f"{_FLOOR[task]} >= {bound:g}", "half as much again as guessing")
    bound = math.floor(found.low * 100) / 100
    return DraftedClaim(f"{_FLOOR[task]} >= {bound:g}", f"{who} has {numbers.whole(found)} on dev")


def _prevalence(predictions: Predictions) -> float:
    return (
        float((predictions.truth == len(predictions.classes) - 1).mean())
        if predictions.classes
        else 0.0
    )


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _grouped(task: str, groups: Sequence[str]) -> list[DraftedClaim]:
    if task == "multiclass":
        return [DraftedClaim("worst recall by class >= 0.5", "no class is given up", "target")]
    if task == "regression" or not groups:
        return []
    name = _identifier(groups[0])
    return [
        DraftedClaim(
            f"gap recall by {name} <= 0.2",
            f"{groups[0]} makes groups of 100 rows and more",
            "target",
        )
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
) -> str:
    """Write a plan with a comment on every choice.

    Args:
        name: Of the project.
        source: Name and address of the data.
        seen: What is what in it.
        rule: The fallback; None leaves it open.
        claims: The drafted claims; none leaves a single one that makes the plan valid.
        candidates: What is trained.
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
        "data:",
        "  sources:",
        f"    {source_name}: {{uri: {scalar(uri)}}}   # add `licence:` and `owner:`",
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
    "classification": ("accuracy >= 0", "replaced by init"),
    "regression": ("mae >= 0", "replaced by init"),
}


def _task(seen: Roles) -> str:
    if seen.task == "regression":
        return "regression"
    return "binary" if seen.target != seen.target_column else "multiclass"


def _group(seen: Roles) -> str:
    return f", group: {scalar(seen.group)}" if seen.group else ""


def _listed(seen: Roles) -> list[str]:
    lines = []
    if seen.drop or seen.forbid:
        lines.append("  features:")
    for verb, choices in (("drop", seen.drop), ("forbid", seen.forbid)):
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
