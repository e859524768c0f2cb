"""Train the ladder: every family that the plan names, tracked, compared on dev, one of them kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seatrial.core.errors import PlanError
from seatrial.core.estimate import Estimate
from seatrial.plan.config import with_config
from seatrial.records.candidate import GIVEN, Candidate, is_baseline
from seatrial.reports import numbers
from seatrial.reports.training import LadderRow
from seatrial.verbs.augment import Checker, why_not
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import Comparison, spoken
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.slices import PEOPLE
from seatrial.verbs.trainer import Trainer

Told = Callable[[str], None]
"""Is told what is going on, a line at a time."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One family on dev.

    Attributes:
        candidate: What came out.
        metrics: Estimates on dev by metric; the optimised one first.
        against_best: Paired difference of the optimised metric from the kept one; None for itself.
        reused: Whether nothing that it depends on had changed.
        excluded: The claim that it can't keep on dev, if that kept it out.
        augmented: Augmentations of the plan, each with why it is not used; empty if it is.
        caveat: What its figures don't say; empty if there is nothing to be aware of.
    """

    candidate: Candidate
    metrics: Mapping[str, Estimate]
    against_best: Estimate | None
    reused: bool
    excluded: str | None
    augmented: Mapping[str, str] = field(default_factory=dict)
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """What a training gave.

    Attributes:
        rungs: Simplest first.
        chosen: Family that is kept.
        optimise: The optimised metric.
        rows: Rows of dev.
        unlabelled: Rows without a target, in any part; they are in no training and no metric.
        why: Why this one is kept.
    """

    rungs: tuple[Rung, ...]
    chosen: str
    optimise: str
    rows: int
    unlabelled: int
    why: str

    @property
    def kept(self) -> Rung:
        """The rung that is kept."""
        return next(rung for rung in self.rungs if rung.candidate.family == self.chosen)

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial train --json``; see ``docs/json.md``."""
        return {
            "chosen": self.chosen,
            "candidate": self.kept.candidate.name,
            "why": self.why,
            "rows": self.rows,
            "unlabelled": self.unlabelled,
            "ladder": [_rung_json(rung) for rung in self.rungs],
        }


def _rung_json(rung: Rung) -> dict[str, Any]:
    candidate = rung.candidate
    return {
        "family": candidate.family,
        "candidate": candidate.name,
        "metrics": {name: each.to_json() for name, each in rung.metrics.items()},
        "against_best": rung.against_best.to_json() if rung.against_best else None,
        "excluded": rung.excluded,
        "threshold": candidate.threshold,
        "form": candidate.form,
        "parity": candidate.parity,
        "seconds": candidate.seconds,
        "peak_mb": candidate.peak_mb,
        "reused": rung.reused,
        "augmented": dict(rung.augmented),
        "caveat": rung.caveat,
    }


def reported(project: Project) -> dict[str, tuple[str, Estimate, str]]:
    """Metric, figure and source of what others published, by name; an interval where they say how many rows."""
    from seatrial.stats import wilson

    found = {}
    for name, each in project.plan.text.baselines.items():
        if each.value is None or each.metric is None:
            continue
        if each.n is not None and 0 <= each.value <= 1:
            told = replace(wilson(round(each.value * each.n), each.n), value=each.value)
        else:
            told = Estimate(each.value, each.value, each.value, each.n or 0, "as it was reported")
        found[name] = (each.metric, told, each.source or "")
    return found


def rows_of(
    training: Training, others: Mapping[str, tuple[str, Estimate, str]] = MappingProxyType({})
) -> list[LadderRow]:
    """The ladder as rows for people; after it the figures of others."""
    figures = [
        LadderRow(
            name,
            {metric: told},
            None,
            None,
            kept=False,
            note=f"{metric} {numbers.whole(told)}, {source}",
        )
        for name, (metric, told, source) in others.items()
    ]
    return [*_rungs(training), *figures]


def _rungs(training: Training) -> list[LadderRow]:
    return [
        LadderRow(
            name=spoken(rung.candidate.family),
            metrics=rung.metrics,
            against_best=rung.against_best,
            seconds=rung.candidate.seconds,
            kept=rung.candidate.family == training.chosen,
            note=_note(rung),
        )
        for rung in training.rungs
    ]


def _note(rung: Rung) -> str:
    said = f"breaks {rung.excluded}" if rung.excluded else ""
    again = "unchanged" if rung.reused and not is_baseline(rung.candidate.family) else ""
    used = [f"with {name}" for name, why in rung.augmented.items() if not why]
    left = [f"without {name}: {why}" for name, why in rung.augmented.items() if why]
    return ", ".join(filter(None, [said, again, *used, *left, rung.caveat]))


def _caveat(project: Project, family: str) -> str:
    """What the figures of people don't say: against another person's label they tell how far two agree."""
    if family != f"{GIVEN}{PEOPLE}" or project.plan.text.task.truth == "outcome":
        return ""
    if project.plan.text.task.truth == "person":
        return "agreement with another person's label, not how often people are right"
    return "if the target is another person's label this is agreement, not error: say `task.truth`"


def train(
    project: Project, *, config: Path | None = None, tell: Told = lambda _line: None
) -> Training:
    """Train every family of the plan on train, choose thresholds and the best family on dev.

    A family whose recipe is on file is not trained again. The test part is not read.

    Args:
        project: The project.
        config: A file with another `train:` section, to try it: its runs are tracked and compared,
            and what was kept before stays kept, because the plan alone says what is judged.
        tell: Told what is being trained.

    Raises:
        PlanError: the plan doesn't fit the data.
        CodeError: the user's code failed.
        ArchiveError: an estimator can't be archived safely.
    """
    chain = Chain(project, plan=with_config(project.plan, config) if config else None)
    _demand_what_it_takes(chain)
    chain.demand_claim_columns()
    materials = Materials(chain)
    trainer = Trainer(chain, materials)
    families = trainer.families()
    made: dict[str, tuple[Candidate, bool]] = {}
    checker = Checker(chain, materials, trainer)
    for family in families:
        checker.measure(family, only_answered=True, tell=tell)
        recipe = chain.recipe(family)
        known = trainer.on_file(recipe)
        if known is None:
            tell(f"Training {spoken(family)}")
        made[family] = (known or trainer.make(recipe), known is not None)
    return _choose(chain, materials, made, keep=config is None)


def _demand_what_it_takes(chain: Chain) -> None:
    """Refuse a kind of task whose columns the plan doesn't name."""
    text = chain.plan.text
    if text.task.kind == "forecast" and text.data.lags is None:
        hint = f"as in `lags: {{of: {text.task.target}, back: [1h, 24h], season: 24h}}`"
        raise PlanError("a forecast needs `data.lags`", where="data", hint=hint)
    if text.task.kind == "text" and not chain.text:
        hint = "as in `features: {text: [message]}`"
        raise PlanError("no column is free text", where="data.features.text", hint=hint)
    if text.task.kind == "image" and not chain.images:
        hint = "a source of images is a folder with a folder a class, a zip of it, or an IDX file"
        raise PlanError("no column holds images", where="data.sources", hint=hint)


def _choose(
    chain: Chain,
    materials: Materials,
    made: Mapping[str, tuple[Candidate, bool]],
    *,
    keep: bool,
) -> Training:
    """Keep the best on dev among those that keep the claims there; the simplest of equals."""
    comparison = Comparison(chain, materials, {name: each for name, (each, _) in made.items()})
    people = f"{GIVEN}{PEOPLE}"  # nobody can be put behind a server
    eligible = [name for name in made if comparison.broken[name] is None and name != people]
    best, why = comparison.best(eligible or [name for name in made if not is_baseline(name)])
    if not eligible:
        why = "no candidate keeps every claim on dev; this one is the best that was trained"
    rungs = tuple(
        Rung(
            candidate=candidate,
            metrics=comparison.metrics[name],
            against_best=None if name == best else comparison.paired(name, best),
            reused=reused,
            excluded=comparison.broken[name],
            augmented=why_not(chain, name),
            caveat=_caveat(chain.project, name),
        )
        for name, (candidate, reused) in made.items()
    )
    record = {
        "chosen": best,
        "simplest": _simplest(list(made), best),
        "ladder": list(made),
        "recipes": {name: each.recipe for name, (each, _) in made.items()},
        "why": why,
        "dev": {
            rung.candidate.family: {
                "artefact": rung.candidate.artefact,
                "metrics": {name: each.to_json() for name, each in rung.metrics.items()},
                "against_best": rung.against_best.to_json() if rung.against_best else None,
                "excluded": rung.excluded,
            }
            for rung in rungs
        },
    }
    newest = chain.project.ledger.newest("selection", chain.plan.text.project)
    if keep and (newest is None or newest.payload != record):
        chain.project.ledger.append("selection", record, key=chain.plan.text.project)
    return Training(
        rungs=rungs,
        chosen=best,
        optimise=chain.plan.optimise.metric,
        rows=len(materials.truth("dev")),
        unlabelled=sum(part.unlabelled for part in chain.split.parts.values()),
        why=why,
    )


def newest(project: Project) -> Training | None:
    """What the last training that was kept gave, as it was filed; None before the first.

    Rows without a target are not on file there: ``unlabelled`` is 0.
    """
    ledger = project.ledger
    selection = ledger.newest("selection", project.plan.text.project)
    if selection is None:
        return None
    record = selection.payload
    filed = ledger.newest_of("candidate", record["recipes"].values())
    rungs = tuple(
        Rung(
            candidate=Candidate.from_json(filed[recipe].payload),
            metrics={
                name: Estimate.from_json(each)
                for name, each in _optimised_first(project, record["dev"][family]["metrics"])
            },
            against_best=Estimate.from_json(against) if against else None,
            reused=False,
            excluded=record["dev"][family]["excluded"],
            caveat=_caveat(project, family),
        )
        for family, recipe in record["recipes"].items()
        for against in [record["dev"][family]["against_best"]]
    )
    kept = record["dev"][record["chosen"]]["artefact"]
    return Training(
        rungs=tuple(sorted(rungs, key=lambda rung: record["ladder"].index(rung.candidate.family))),
        chosen=record["chosen"],
        optimise=project.plan.optimise.metric,
        rows=_rows_of_dev(project, kept),
        unlabelled=0,
        why=record["why"],
    )


def _optimised_first(project: Project, metrics: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Metrics of a rung; the ledger keeps them by name."""
    return sorted(metrics.items(), key=lambda each: each[0] != str(project.plan.optimise))


def _rows_of_dev(project: Project, artefact: str) -> int:
    """Rows of dev that a candidate was asked about when it was kept; 0 if that isn't on file."""
    asked = (entry.payload for entry in project.ledger.find("scores"))
    return next(
        (each["rows"] for each in asked if (each["artefact"], each["part"]) == (artefact, "dev")), 0
    )


def _simplest(ladder: Sequence[str], best: str) -> str:
    """The simplest trained family below the best; else the baseline next below; else the best."""
    below = ladder[: ladder.index(best)]
    trained = [name for name in below if not is_baseline(name)]
    return next(iter([*trained, *reversed(below)]), best)
