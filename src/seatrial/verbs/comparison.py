"""Compare the ladder on dev: what each rung has, whether it keeps the claims, which is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.records.bounds import shortfall
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Measure, arguments_of
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.trainer import admitting

if TYPE_CHECKING:
    from seatrial.evaluation import Measurement, Predictions


class Comparison:
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
        self._claims = admitting(chain)
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


def spoken(family: str) -> str:
    """A family's name for people."""
    return {"boosted": "boosted trees"}.get(family, family)
