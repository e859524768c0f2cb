"""Which probe measures which metric: the built-in ones, those of plugins, the project's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from seatrial.core.errors import CodeError
from seatrial.probes.candidate import (
    AllowedFeaturesProbe,
    LatencyProbe,
    MemoryProbe,
    PipelineProbe,
    ReproducibleProbe,
    StableProbe,
)
from seatrial.probes.data import (
    DuplicatesProbe,
    LeakageProbe,
    MissingProbe,
    RowsProbe,
    SchemaProbe,
)
from seatrial.probes.features import BenefitProbe
from seatrial.probes.predictions import PredictionsProbe
from seatrial.probes.probe import Probe
from seatrial.probes.symptoms import SYMPTOMS
from seatrial.records.metrics import GLOSSARY, Metric, glossary

_BUILT_IN: Mapping[str, Probe] = {
    "rows": RowsProbe(),
    "duplicates": DuplicatesProbe(),
    "missing": MissingProbe(),
    "schema": SchemaProbe(),
    "no_leakage": LeakageProbe(),
    "allowed_features": AllowedFeaturesProbe(),
    "benefit": BenefitProbe(),
    "latency_ms": LatencyProbe(),
    "memory_mb": MemoryProbe(),
    "reproducible": ReproducibleProbe(),
    "pipeline": PipelineProbe(),
    "numerically_stable": StableProbe(),
    **{each.name: each for each in SYMPTOMS},
}
_GROUP = "seatrial.probes"
_OWN = "probes"


@dataclass(frozen=True, slots=True)
class Registry:
    """Every metric that a claim may name, and what measures it."""

    metrics: Mapping[str, Metric]
    probes: Mapping[str, Probe]

    def probe(self, metric: str) -> Probe:
        """The probe that measures a metric."""
        return self.probes[metric]


def load(root: Path) -> Registry:
    """Gather the probes of a project.

    A plugin is an entry point of the group ``seatrial.probes``, the project's own stand in its
    ``probes.py``; either has ``PROBES``, a mapping of :class:`Metric` to :class:`Probe`.

    Raises:
        CodeError: one can't be loaded, lacks ``PROBES``, or takes a name that is taken.
    """
    extra: dict[Metric, Probe] = {}
    for point in entry_points(group=_GROUP):
        extra.update(_probes(point.load(), point.name))
    if (root / f"{_OWN}.py").is_file():
        from seatrial.scoring.code import load_module

        extra.update(_probes(load_module(_OWN, root), f"{_OWN}.py"))
    metrics = _metrics(extra)
    predictions = PredictionsProbe()
    found: dict[str, Probe] = {
        name: predictions for name, each in GLOSSARY.items() if each.subject == "predictions"
    }
    return Registry(
        metrics, {**found, **_BUILT_IN, **{each.name: probe for each, probe in extra.items()}}
    )


def _metrics(extra: Iterable[Metric]) -> Mapping[str, Metric]:
    try:
        return glossary(extra)
    except ValueError as error:
        raise CodeError(str(error), where=f"{_OWN}.py", hint="give yours another name") from None


def _probes(module: Any, where: str) -> Mapping[Metric, Probe]:
    found = getattr(module, "PROBES", None)
    if not isinstance(found, Mapping):
        hint = "PROBES = {Metric(...): MyProbe()}; see docs/probes.md"
        raise CodeError("there is no mapping PROBES", where=where, hint=hint)
    return found
