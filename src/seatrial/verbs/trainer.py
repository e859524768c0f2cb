"""Make a candidate from its recipe: fit, choose the threshold, archive, record the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.digest import digest
from seatrial.models.augment import augment
from seatrial.models.export import LEAST_ROWS, archive
from seatrial.models.ladder import Fitted, Sample, fit
from seatrial.records.candidate import GIVEN, Candidate, is_baseline
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import finish
from seatrial.scoring.code import feature_functions, load_function, source_digest
from seatrial.scoring.encode import Columns, Functions, derive, encode, typed
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import admitting, bound_of, on_dev
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.recipe import Recipe
from seatrial.verbs.versions import git_state

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from seatrial.evaluation import Predictions
    from seatrial.evaluation.threshold import Bound


class Trainer:
    """Makes candidates from recipes."""

    def __init__(self, chain: Chain, materials: Materials) -> None:
        self.chain, self.materials = chain, materials

    def families(self) -> list[str]:
        """Families of the ladder, simplest first."""
        plan = self.chain.plan
        dummy = "majority" if self.chain.classes else "mean"
        lags = plan.text.data.lags if plan.text.task.kind == "forecast" else None
        rungs = [
            dummy,
            *(["naive"] if lags is not None else []),
            *(["seasonal_naive"] if lags is not None and lags.season is not None else []),
            *(["rule"] if plan.fallback is not None else []),
            *(f"{GIVEN}{name}" for name in self.chain.given),
            *plan.text.train.candidates,
        ]
        return list(dict.fromkeys(rungs))

    def make(self, recipe: Recipe) -> Candidate:
        """Fit, archive and record one candidate."""
        if recipe.family.startswith(GIVEN) and self.chain.classes:
            from seatrial.data.given import demand_answers

            demand_answers(self.materials.column("train", recipe.features[0]), self.chain.classes)
        under = self.chosen_under(recipe.family)
        fitted, contract, data = self._build(recipe, under)
        chain, project = self.chain, self.chain.project
        artefact = project.blobs.put(data.archive)
        candidate = _candidate(recipe, fitted, contract, data, artefact, under)
        metrics = on_dev(chain, self.materials.predictions(candidate, "dev"))
        run = {
            **candidate.to_json(),
            "metrics": {name: each.to_json() for name, each in metrics.items()},
            "seed": chain.plan.text.train.seed,
            "config": digest(chain.plan.text.train.model_dump(mode="json")),
            "git": git_state(project.root),
            "code": chain.code(recipe.family),
            "data": {"snapshot": chain.snapshot.id, "split": chain.split.assignment},
            "environment": chain.environment,
        }
        facts: dict[str, Any] = {
            "family": recipe.family,
            "seconds": fitted.seconds,
            "peak_mb": fitted.peak_mb,
        }
        facts |= {name: each for name, each in candidate.parameters.items() if _is_fact(each)}
        facts |= {name: each.value for name, each in metrics.items() if each.value is not None}
        project.ledger.append("run", run, key=recipe.digest, facts=facts)
        project.ledger.append("candidate", candidate.to_json(), key=recipe.digest)
        return candidate

    def contract(self, family: str) -> tuple[Contract, Functions]:
        """What a candidate of this family is asked, and the feature functions it derives with."""
        recipe = self.chain.recipe(family)
        functions = self._functions(recipe)
        return self._contract(recipe, functions), functions

    def again(self, candidate: Candidate) -> str:
        """Train a candidate again, under its own bounds, and give the digest of the archive."""
        from seatrial.core.digest import digest_bytes

        recipe = self.chain.recipe(candidate.family)
        return digest_bytes(self._build(recipe, candidate.chosen_under)[2].archive)

    def on_file(self, recipe: Recipe) -> Candidate | None:
        """The candidate of a recipe, if its threshold was chosen under the bounds of now."""
        known = self.chain.on_file(recipe)
        same = known is not None and known.chosen_under == self.chosen_under(recipe.family)
        return known if same else None

    def chosen_under(self, family: str) -> dict[str, Any]:
        """What a threshold is chosen under, besides what the recipe holds; JSON-able."""
        text = self.chain.plan.text
        if is_baseline(family) or self.chain.task != "binary" or text.task.errors is not None:
            return {}
        claims = admitting(self.chain)
        bounds = [list(bound_of(claim, self.chain.plan.metrics)) for claim in claims]
        return {"bounds": bounds, "confidence": text.release.confidence}

    def _build(
        self, recipe: Recipe, under: Mapping[str, Any]
    ) -> tuple[Fitted, Contract, _Archived]:
        chain, plan = self.chain, self.chain.plan
        functions = self._functions(recipe)
        contract = self._contract(recipe, functions)
        asked = [feature.name for feature in contract.features]
        plain = Sample(self._raw("train", asked), self.materials.truth("train"))
        sample = self.augmented(recipe, contract, plain)
        fitted = fit(
            recipe.family,
            contract,
            sample,
            functions,
            rule=chain.rule_of(recipe.family),
            seed=plan.text.train.seed,
            root=chain.project.root,
            parameters=recipe.parameters,
        )
        dev = self._raw("dev", asked)
        matrix = (
            encode(contract, dev, functions) if fitted.estimator is not None else np.empty((0, 0))
        )
        threshold, chosen = self._threshold(fitted, contract, dev, matrix, under)
        module = contract.code
        data = archive(
            fitted,
            contract,
            threshold=threshold,
            proof=self._proof(contract, functions, matrix, sample.columns),
            code={module: source_digest(module, chain.project.root)} if module else None,
            package=recipe.family.partition(":")[0].partition(".")[0]
            if ":" in recipe.family and not is_baseline(recipe.family)
            else None,
        )
        return fitted, contract, _Archived(data, threshold, chosen)

    def augmented(self, recipe: Recipe, contract: Contract, sample: Sample) -> Sample:
        """Rows, and after them what the recipe's augmentations make of them.

        Raises:
            CodeError: an augmentation failed.
        """
        if not recipe.augment:
            return sample
        text, root = self.chain.plan.text.train, self.chain.project.root
        columns, truth = [typed(contract, sample.columns)], [sample.truth]
        for name in recipe.augment:
            function = text.augment[name].function
            changed, which = augment(
                function,
                load_function(function, root),
                contract,
                sample.columns,
                seed=text.seed,
            )
            columns.append({each: values[which] for each, values in changed.items()})
            truth.append(sample.truth[which])
        joined = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
        return Sample(joined, np.concatenate(truth))

    def _proof(
        self, contract: Contract, functions: Functions, dev: NDArray[Any], train: Columns
    ) -> NDArray[Any]:
        """The rows of dev, and as many of train as a fast form needs beside them."""
        more = LEAST_ROWS - len(dev)
        if more <= 0 or not len(dev):
            return dev
        beside = {name: values[:more] for name, values in train.items()}
        return np.vstack([dev, encode(contract, beside, functions)])

    def _raw(self, part: str, names: Sequence[str]) -> dict[str, Any]:
        return self.materials.raw(part, names) or {"": [None] * len(self.materials.truth(part))}

    def _functions(self, recipe: Recipe) -> Functions:
        module = self.chain.plan.text.train.features
        if module is None or is_baseline(recipe.family):
            return {}
        return feature_functions(module, self.chain.project.root)

    def _contract(self, recipe: Recipe, functions: Functions) -> Contract:
        chain, plan = self.chain, self.chain.plan
        frame = self.materials.frame("train", (*recipe.features, *recipe.hidden))
        contract = Contract(
            task=chain.task,
            features=self._features(frame, recipe.family),
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

    def _features(self, frame: pl.DataFrame, family: str) -> tuple[Feature, ...]:
        """The raw inputs, and what reads those that are texts or images."""
        from seatrial.scoring import encoders

        described = _described(frame, text=self.chain.text)
        reads = encoders.kind_of(family)
        if reads is None:
            return described
        reader = encoders.encoder(family)
        return tuple(
            replace(each, encoder=reader) if each.kind == reads else each for each in described
        )

    def _threshold(
        self,
        fitted: Fitted,
        contract: Contract,
        dev: Mapping[str, Any],
        matrix: Any,
        under: Mapping[str, Any],
    ) -> tuple[float | None, Mapping[str, Any]]:
        if fitted.kind != "estimator" or contract.task != "binary":
            return None, {}
        from seatrial.scoring.format import Header

        chain = self.chain
        scores = fitted.form.scores(matrix, dev)
        answers = finish(Header("estimator", fitted.family, contract, 0.5), scores)
        joined = np.column_stack([scores, answers.decided])
        predictions = as_predictions(
            chain, joined, self.materials.truth("dev"), self.materials.units("dev"), rule=False
        )
        return self.best_threshold(predictions, under)

    def best_threshold(
        self, predictions: Predictions, under: Mapping[str, Any]
    ) -> tuple[float, Mapping[str, Any]]:
        """The best on dev that leaves room for the interval on test; else the best without."""
        from seatrial.evaluation import choose_threshold, decide

        plan = self.chain.plan
        errors, metric = plan.text.task.errors, plan.metrics[plan.optimise.metric]
        choose = partial(
            choose_threshold,
            predictions,
            optimise=metric.name,
            higher=metric.higher_is_better,
            costs=errors.model_dump(exclude={"unit"}) if errors else None,
            confidence=under.get("confidence", plan.text.release.confidence),
        )
        bounds: list[Bound] = [tuple(bound) for bound in under.get("bounds", ())]
        threshold, record = choose(bounds=bounds)
        if not bounds or record["chosen_by"] == "shortfall":
            return threshold, record
        decided = replace(predictions, decided=decide(predictions.scores, threshold))
        roomy = choose(bounds=[_with_room(each, decided, under["confidence"]) for each in bounds])
        return (threshold, record) if roomy[1]["chosen_by"] == "shortfall" else roomy


@dataclass(frozen=True, slots=True)
class _Archived:
    archive: bytes
    threshold: float | None
    chosen: Mapping[str, Any]


def _candidate(
    recipe: Recipe,
    fitted: Fitted,
    contract: Contract,
    data: _Archived,
    artefact: str,
    under: Mapping[str, Any],
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
        chosen_under=under,
        curve=data.chosen.get("curve", {}),
        form="onnx" if proved else fitted.kind,
        parity="" if parity is None else parity.reason or f"same on {parity.rows:,} rows",
        features=tuple(each.name for each in contract.inputs),
        parameters=_plain(fitted.parameters),
        seconds=round(fitted.seconds, 3),
        peak_mb=round(fitted.peak_mb, 1),
        notes=fitted.notes,
    )


def _is_fact(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _described(frame: pl.DataFrame, *, text: Sequence[str] = ()) -> tuple[Feature, ...]:
    from seatrial.data.schema import infer

    moments = {column.name for column in frame if column.dtype.is_temporal()}
    known = {
        each.name: each
        for each in infer(frame, [name for name in frame.columns if name not in moments], text=text)
    }
    return tuple(known.get(name) or Feature(name, "moment") for name in frame.columns)


def _frame(columns: Sequence[tuple[str, Any]]) -> pl.DataFrame:
    import polars as pl

    made = [pl.Series(name, values.tolist(), strict=False) for name, values in columns]
    return pl.DataFrame([each.fill_nan(None) if each.dtype.is_float() else each for each in made])


_ROOM = 2**0.5
"""Reaches of the interval on dev that a bound is moved by: dev and test both have an error."""


def _with_room(bound: Bound, predictions: Predictions, confidence: float) -> Bound:
    from seatrial.evaluation import measure

    metric, arguments, sign, at = bound
    found = measure(metric, predictions, arguments=arguments, confidence=confidence).estimate
    if found.value is None or found.low is None or found.high is None:
        return bound
    room = _ROOM * (found.value - found.low if sign in {">=", ">"} else found.value - found.high)
    return metric, arguments, sign, at + room
