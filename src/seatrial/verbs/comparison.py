"""Compare the ladder on dev: what each rung has, whether it keeps the claims, which is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.records.bounds import limit, shortfall
from seatrial.records.candidate import GIVEN, Candidate
from seatrial.records.claim import Claim, Measure, arguments_of
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.evaluation.threshold import Bound


def admitting(chain: Chain) -> list[Claim]:
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
        and not claim.measure.is_of_scenarios
        and (claim.measure.quantifier, claim.measure.versus, claim.measure.where)
        == (None, None, None)
    ]


def bound_of(claim: Claim, metrics: Mapping[str, Any]) -> Bound:
    """A claim's bound, as the choice of a threshold takes it."""
    assert claim.bound is not None
    name = claim.measure.metric
    return name, arguments_of(claim.measure), claim.bound.sign, limit(claim.bound, metrics[name])


def on_dev(chain: Chain, answers: Predictions) -> dict[str, Estimate]:
    """The optimised metric and those of the claims on the whole, of one candidate on dev."""
    shown = [chain.plan.optimise, *(claim.measure for claim in admitting(chain))]
    return {str(measure): estimated(chain, measure, answers) for measure in shown}


def estimated(
    chain: Chain, measure: Measure, answers: Predictions, versus: Predictions | None = None
) -> Estimate:
    """One measure of answers, with the plan's costs and confidence."""
    from seatrial.evaluation import measure as estimate

    text = chain.plan.text
    return estimate(
        measure.metric,
        answers,
        arguments=arguments_of(measure),
        versus=versus,
        costs=text.task.errors.model_dump(exclude={"unit"}) if text.task.errors else None,
        confidence=text.release.confidence,
    ).estimate


class Comparison:
    """Every candidate on dev."""

    def __init__(
        self, chain: Chain, materials: Materials, candidates: Mapping[str, Candidate]
    ) -> None:
        self._chain = chain
        self._optimise = chain.plan.optimise
        self._metric = chain.plan.metrics[self._optimise.metric]
        self._answers = {
            name: materials.predictions(each, "dev") for name, each in candidates.items()
        }
        self._claims = admitting(chain)
        self.metrics = {name: on_dev(chain, answers) for name, answers in self._answers.items()}
        self.broken = {name: self._first_broken(name) for name in candidates}

    def _first_broken(self, name: str) -> str | None:
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
            proved = (behind.high or 0.0) < 0 if sense > 0 else (behind.low or 0.0) > 0
            if behind.measured and not proved:
                simple = spoken(name)
                return name, f"{spoken(best)} is not better than {simple}, and {simple} is simpler"
        return best, f"best {metric} on dev of those that keep the claims there"

    def paired(self, name: str, best: str) -> Estimate:
        """Difference of the optimised metric from the best, row by row."""
        return estimated(self._chain, self._optimise, self._answers[name], self._answers[best])


def spoken(family: str) -> str:
    """A family's name for people: what it is, without the packages that it stands in."""
    return _SPOKEN.get(family, family.removeprefix(GIVEN).rpartition(".")[2])


_SPOKEN = {
    "boosted": "boosted trees",
    "naive": "last known value",
    "seasonal_naive": "a season ago",
    "tfidf": "words",
    "sentence": "sentence encoder",
    "convolutional": "convolutional network",
}
