"""Train the ladder: every family that the plan names, tracked, compared on dev, one of them kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.errors import PlanError
from seatrial.core.estimate import Estimate
from seatrial.models.export import archive
from seatrial.models.ladder import BASELINES, Fitted, Sample, fit
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Claim, Measure, arguments_of
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import finish
from seatrial.scoring.code import feature_functions, source_digest
from seatrial.scoring.encode import Functions, derive, encode, typed
from seatrial.verbs.chain import Chain, Recipe
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import Project
from seatrial.verbs.versions import git_state

if TYPE_CHECKING:
    import polars as pl

    from seatrial.evaluation import Measurement, Predictions

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
    """

    candidate: Candidate
    metrics: Mapping[str, Estimate]
    against_best: Estimate | None
    reused: bool
    excluded: str | None


@dataclass(frozen=True, slots=True)
class Training:
    """What a training gave.

    Attributes:
        rungs: Simplest first.
        chosen: Family that is kept.
        optimise: The optimised metric.
        rows: Rows of dev.
        why: Why this one is kept.
    """

    rungs: tuple[Rung, ...]
    chosen: str
    optimise: str
    rows: int
    why: str

    @property
    def kept(self) -> Rung:
        """The rung that is kept."""
        return next(rung for rung in self.rungs if rung.candidate.family == self.chosen)


def train(project: Project, *, tell: Told = lambda _line: None) -> Training:
    """Train every family of the plan on train, choose thresholds and the best family on dev.

    A family whose recipe is on file is not trained again. The test part is not read.

    Args:
        project: The project.
        tell: Told what is being trained.

    Raises:
        PlanError: the plan doesn't fit the data.
        CodeError: the user's code failed.
        ArchiveError: an estimator can't be archived safely.
    """
    chain = Chain(project)
    _demand_known_kind(chain)
    chain.demand_claim_columns()
    materials = Materials(chain)
    trainer = Trainer(chain, materials)
    families = trainer.families()
    made: dict[str, tuple[Candidate, bool]] = {}
    for family in families:
        recipe = chain.recipe(family)
        known = chain.on_file(recipe)
        if known is None:
            tell(f"Training {spoken(family)}")
        made[family] = (known or trainer.make(recipe), known is not None)
    return _choose(chain, materials, made)


def _demand_known_kind(chain: Chain) -> None:
    kind = chain.plan.text.task.kind
    if kind not in {"classification", "regression"}:
        hint = "classification and regression on tables can be trained"
        raise PlanError(f"no family of candidates suits {kind} yet", where="task.kind", hint=hint)


def spoken(family: str) -> str:
    """A family's name for people."""
    return {"boosted": "boosted trees"}.get(family, family)


class Trainer:
    """Makes candidates from recipes."""

    def __init__(self, chain: Chain, materials: Materials) -> None:
        self.chain, self.materials = chain, materials

    def families(self) -> list[str]:
        """Families of the ladder, simplest first."""
        plan = self.chain.plan
        dummy = "majority" if self.chain.classes else "mean"
        rungs = [
            dummy,
            *(["rule"] if plan.fallback is not None else []),
            *plan.text.train.candidates,
        ]
        return list(dict.fromkeys(rungs))

    def make(self, recipe: Recipe) -> Candidate:
        """Fit, archive and record one candidate."""
        fitted, contract, data = self._build(recipe)
        project = self.chain.project
        artefact = project.blobs.put(data.archive)
        candidate = _candidate(recipe, fitted, contract, data, artefact)
        run = {
            **candidate.to_json(),
            "git": git_state(project.root),
            "environment": self.chain.environment,
        }
        facts = {
            name: value
            for name, value in fitted.parameters.items()
            if isinstance(value, (int, float, str))
        }
        facts |= {"family": recipe.family, "seconds": fitted.seconds, "peak_mb": fitted.peak_mb}
        project.ledger.append("run", run, key=recipe.digest, facts=_plain(facts))
        project.ledger.append("candidate", candidate.to_json(), key=recipe.digest)
        return candidate

    def again(self, family: str) -> str:
        """Train a family again and give the digest that its archive would have."""
        from seatrial.core.digest import digest_bytes

        return digest_bytes(self._build(self.chain.recipe(family))[2].archive)

    def _build(self, recipe: Recipe) -> tuple[Fitted, Contract, _Archived]:
        chain, plan = self.chain, self.chain.plan
        functions = self._functions(recipe)
        contract = self._contract(recipe, functions)
        asked = [feature.name for feature in contract.features]
        sample = Sample(self._raw("train", asked), self.materials.truth("train"))
        fitted = fit(
            recipe.family,
            contract,
            sample,
            functions,
            rule=plan.fallback,
            seed=plan.text.train.seed,
            root=chain.project.root,
        )
        dev = self._raw("dev", asked)
        matrix = (
            encode(contract, dev, functions) if fitted.estimator is not None else np.empty((0, 0))
        )
        threshold, chosen = self._threshold(fitted, contract, dev, matrix)
        module = contract.code
        data = archive(
            fitted,
            contract,
            threshold=threshold,
            proof=matrix,
            code={module: source_digest(module, chain.project.root)} if module else None,
            package=recipe.family.partition(":")[0].partition(".")[0]
            if ":" in recipe.family
            else None,
        )
        return fitted, contract, _Archived(data, threshold, chosen)

    def _raw(self, part: str, names: Sequence[str]) -> dict[str, Any]:
        return self.materials.raw(part, names) or {"": [None] * len(self.materials.truth(part))}

    def _functions(self, recipe: Recipe) -> Functions:
        module = self.chain.plan.text.train.features
        if module is None or recipe.family in BASELINES:
            return {}
        return feature_functions(module, self.chain.project.root)

    def _contract(self, recipe: Recipe, functions: Functions) -> Contract:
        chain, plan = self.chain, self.chain.plan
        frame = self.materials.frame("train", (*recipe.features, *recipe.hidden))
        contract = Contract(
            task=chain.task,
            features=_described(frame),
            code=plan.text.train.features if functions else None,
            hidden=recipe.hidden,
            classes=chain.classes,
            target=plan.text.task.target,
            unit=plan.text.task.unit,
        )
        if not functions:
            return contract
        given = typed(contract, self._raw("train", frame.columns))
        derived = [(name, derive(name, function, given)) for name, function in functions.items()]
        return replace(contract, derived=_described(_frame(derived)))

    def _threshold(
        self, fitted: Fitted, contract: Contract, dev: Mapping[str, Any], matrix: Any
    ) -> tuple[float | None, Mapping[str, Any]]:
        if fitted.kind != "estimator" or contract.task != "binary":
            return None, {}
        from seatrial.evaluation import choose_threshold
        from seatrial.scoring.format import Header

        chain, plan = self.chain, self.chain.plan
        scores = fitted.form.scores(matrix, dev)
        answers = finish(Header("estimator", fitted.family, contract, 0.5), scores)
        joined = np.column_stack([scores, answers.decided])
        predictions = as_predictions(
            chain, joined, self.materials.truth("dev"), self.materials.units("dev"), rule=False
        )
        errors = plan.text.task.errors
        metric = plan.metrics[plan.optimise.metric]
        threshold, record = choose_threshold(
            predictions,
            optimise=metric.name,
            higher=metric.higher_is_better,
            costs=errors.model_dump(exclude={"unit"}) if errors else None,
            bounds=[_bound(claim, plan.metrics) for claim in _admitting(chain)],
            confidence=plan.text.release.confidence,
        )
        return threshold, record


@dataclass(frozen=True, slots=True)
class _Archived:
    archive: bytes
    threshold: float | None
    chosen: Mapping[str, Any]


def _candidate(
    recipe: Recipe, fitted: Fitted, contract: Contract, data: _Archived, artefact: str
) -> Candidate:
    from seatrial.scoring.archive import audit

    parity = audit(data.archive).parity
    proved = parity is not None and parity.proved
    return Candidate(
        family=recipe.family,
        recipe=recipe.digest,
        artefact=artefact,
        leaves=recipe.leaves,
        threshold=data.threshold,
        chosen_by=data.chosen.get("chosen_by"),
        curve=data.chosen.get("curve", {}),
        form="onnx" if proved else fitted.kind,
        parity="" if parity is None else parity.reason or f"same on {parity.rows:,} rows",
        features=tuple(each.name for each in contract.inputs),
        parameters=_plain(fitted.parameters),
        seconds=round(fitted.seconds, 3),
        peak_mb=round(fitted.peak_mb, 1),
        notes=fitted.notes,
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _described(frame: pl.DataFrame) -> tuple[Feature, ...]:
    from seatrial.data.schema import infer

    moments = {column.name for column in frame if column.dtype.is_temporal()}
    known = {
        each.name: each
        for each in infer(frame, [name for name in frame.columns if name not in moments])
    }
    return tuple(known.get(name) or Feature(name, "moment") for name in frame.columns)


def _frame(columns: Sequence[tuple[str, Any]]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        {name: pl.Series(name, values.tolist(), nan_to_null=True) for name, values in columns}
    )


def _admitting(chain: Chain) -> list[Claim]:
    """Claims on the whole of the predictions, that any candidate must keep on dev."""
    metrics = chain.plan.metrics
    return [
        claim
        for claim in chain.plan.claims
        if claim.bound is not None
        and claim.bound.sign != "="
        and claim.commitment == "guarantee"
        and claim.stage in {None, "offline"}
        and metrics[claim.measure.metric].subject == "predictions"
        and chain.task in metrics[claim.measure.metric].tasks
        and claim.waiver is None
        and (claim.measure.quantifier, claim.measure.versus, claim.measure.where)
        == (None, None, None)
    ]


def _bound(claim: Claim, metrics: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], str, float]:
    from seatrial.judging.verdicts import limit

    assert claim.bound is not None
    name = claim.measure.metric
    return name, arguments_of(claim.measure), claim.bound.sign, limit(claim.bound, metrics[name])


def _choose(
    chain: Chain, materials: Materials, made: Mapping[str, tuple[Candidate, bool]]
) -> Training:
    """Keep the best on dev among those that keep the claims there; the simplest of equals."""
    comparison = _Comparison(chain, materials, {name: each for name, (each, _) in made.items()})
    eligible = [name for name in made if comparison.broken[name] is None]
    best, why = comparison.best(eligible or [name for name in made if name not in BASELINES])
    if not eligible:
        why = "no candidate keeps every claim on dev; this one is the best that was trained"
    rungs = tuple(
        Rung(
            candidate=candidate,
            metrics=comparison.metrics[name],
            against_best=None if name == best else comparison.paired(name, best),
            reused=reused,
            excluded=comparison.broken[name],
        )
        for name, (candidate, reused) in made.items()
    )
    trained = [name for name in made if name not in BASELINES]
    record = {
        "chosen": best,
        "simplest": next((name for name in trained if name != best), trained[0]),
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
    if newest is None or newest.payload != record:
        chain.project.ledger.append("selection", record, key=chain.plan.text.project)
    return Training(rungs, best, chain.plan.optimise.metric, len(materials.truth("dev")), why)


class _Comparison:
    """Every candidate on dev."""

    def __init__(
        self, chain: Chain, materials: Materials, candidates: Mapping[str, Candidate]
    ) -> None:
        self._chain = chain
        plan = chain.plan
        self._optimise = plan.optimise
        self._metric = plan.metrics[plan.optimise.metric]
        self._costs = (
            plan.text.task.errors.model_dump(exclude={"unit"}) if plan.text.task.errors else None
        )
        self._answers = {
            name: materials.predictions(each, "dev") for name, each in candidates.items()
        }
        self._claims = _admitting(chain)
        shown = [plan.optimise, *(claim.measure for claim in self._claims)]
        self.metrics = {
            name: {str(measure): self._measure(measure, answers).estimate for measure in shown}
            for name, answers in self._answers.items()
        }
        self.broken = {name: self._first_broken(name) for name in candidates}

    def _measure(
        self, measure: Measure, answers: Predictions, versus: Predictions | None = None
    ) -> Measurement:
        from seatrial.evaluation import measure as estimate

        return estimate(
            measure.metric,
            answers,
            arguments=arguments_of(measure),
            versus=versus,
            costs=self._costs,
            confidence=self._chain.plan.text.release.confidence,
        )

    def _first_broken(self, name: str) -> str | None:
        from seatrial.judging.verdicts import shortfall

        for claim in self._claims:
            estimate = self.metrics[name][str(claim.measure)]
            missed = shortfall(claim, self._chain.plan.metrics[claim.measure.metric], estimate)
            if missed is None or missed > 0:
                return claim.id
        return None

    def best(self, names: Sequence[str]) -> tuple[str, str]:
        """The best by the optimised metric, or a simpler one that is not proved worse."""
        sense = 1 if self._metric.higher_is_better else -1
        metric = str(self._optimise)

        def value(name: str) -> float:
            found = self.metrics[name][metric].value
            return -np.inf if found is None else sense * found

        best = max(names, key=value)
        for name in names[: names.index(best)]:
            behind = self.paired(name, best)
            worst_case = behind.low if sense > 0 else behind.high
            if worst_case is not None and behind.value is not None:
                proved = (behind.high or 0.0) < 0 if sense > 0 else (behind.low or 0.0) > 0
                if not proved:
                    return (
                        name,
                        f"{spoken(best)} is not better than {spoken(name)}, and {spoken(name)} is simpler",
                    )
        return best, f"best {metric} on dev of those that keep the claims there"

    def paired(self, name: str, best: str) -> Estimate:
        """Difference of the optimised metric from the best, row by row."""
        return self._measure(self._optimise, self._answers[name], self._answers[best]).estimate
