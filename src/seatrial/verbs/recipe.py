"""What a candidate of a family would be made of, now: columns, code, hyperparameters, environment."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from seatrial.core.digest import digest, short
from seatrial.records.candidate import GIVEN, NAIVE, RECIPE_VERSION, is_baseline
from seatrial.verbs.augmentations import admitted

if TYPE_CHECKING:
    from seatrial.verbs.chain import Chain

SPLIT_LEAVES = ("data.split", "data.exclude", "data.unit", "task.target")
"""What decides which row is where, in the plan."""
_LIBRARIES = ("numpy", "scikit-learn", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a candidate of a family would be made of, now.

    Attributes:
        family: The family.
        digest: Name of all that decides its predictions.
        leaves: Every root input by name and short value.
        features: Raw columns that the model is shown, in order.
        hidden: Raw columns that only feature functions read.
        parameters: Hyperparameters that the plan sets, by name.
        augment: Augmentations that it is trained with; those that passed their checks.
        plain: Name of the same without augmentations and hyperparameters: what their checks are tied to.
    """

    family: str
    digest: str
    leaves: Mapping[str, str]
    features: tuple[str, ...]
    hidden: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    augment: tuple[str, ...] = ()
    plain: str = ""


def make(chain: Chain, family: str, *, plain: bool) -> Recipe:
    """What a candidate of a family would be made of, now.

    Args:
        chain: The project.
        family: The family.
        plain: Without the plan's augmentations.

    Raises:
        CodeError: the user's code can't be read.
    """
    trained = not is_baseline(family)
    rule = chain.rule_of(family)
    shown = chain.features if trained else (rule.columns if rule else ())
    if family in NAIVE or family.startswith(GIVEN):
        shown = (chain.repeated_column(family),)
    hidden = chain.hidden if trained else ()
    code = chain.code(family) if trained else {}
    versions = chain.environment if trained else {}
    text = chain.text if trained else ()
    encoder = _encoder(family)
    parameters = chain.plan.text.train.parameters.get(family, {})
    threshold = _threshold_plan(chain) if trained and chain.task == "binary" else {}
    made_of = {
        "family": family,
        "version": RECIPE_VERSION,
        "columns": {part: _digests(chain, part, (*shown, *hidden)) for part in ("train", "dev")},
        "target": {part: chain.split.parts[part].target for part in ("train", "dev")},
        "hidden": hidden,
        "derived": chain.plan.text.train.features if trained else None,
        "seed": chain.plan.text.train.seed if trained else None,
        "rule": str(rule) if rule else None,
        "threshold": threshold,
        "code": code,
        "environment": versions,
        **({"text": text} if text else {}),
        **({"encoder": encoder} if encoder else {}),
    }
    bare = digest(made_of)
    used = admitted(chain.project, chain.plan, bare) if trained and not plain else {}
    made_of |= {"parameters": parameters} if parameters else {}
    made_of |= {"augment": used} if used else {}
    roots = {
        **chain.plan_leaves(
            *SPLIT_LEAVES, "data.features", "data.context", "train.seed", "train.features"
        ),
        **chain.plan_leaves(f"train.parameters.{family}"),
        **({"release.fallback": str(rule)} if rule and family == "rule" else {}),
        **threshold,
        **chain.column_leaves((*shown, *hidden, *chain.target_columns)),
        **{f"code {name}": short(each) for name, each in code.items()},
        **{f"environment {name}": each for name, each in versions.items()},
        **{f"encoder {name}": each for name, each in encoder.items()},
        **{f"train.augment.{name}": short(each) for name, each in used.items()},
    }
    return Recipe(
        family, digest(made_of), roots, tuple(shown), hidden, parameters, tuple(used), bare
    )


def _encoder(family: str) -> dict[str, str]:
    """Package and version of the network that a family reads with, and how it is given what."""
    from seatrial.scoring import encoders

    if encoders.kind_of(family) is None:
        return {}
    found = encoders.encoder(family)
    return {found.package: found.version, "reading": str(found.reading)}


def _threshold_plan(chain: Chain) -> Mapping[str, str]:
    if chain.plan.text.task.errors is not None:
        return chain.plan_leaves("task.errors")
    return chain.plan_leaves("optimize")


def code_of(chain: Chain, family: str) -> dict[str, str]:
    """Digest of each definition in the user's modules that a family is made with."""
    from seatrial.scoring.code import code_digests

    modules = [
        chain.plan.text.train.features,
        family.partition(":")[0] if ":" in family and not is_baseline(family) else None,
    ]
    found: dict[str, str] = {}
    for module in modules:
        found |= code_digests(module, chain.project.root) if module else {}
    return found


def _digests(chain: Chain, part: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, chain.split.parts[part].columns[name]) for name in names]


def environment() -> dict[str, str]:
    """Versions that may change what training gives."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in _LIBRARIES}}
