"""What each feature gives: the fall of the optimised metric when its values are shuffled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seatrial.core.errors import UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.plan.load import Plan
from seatrial.probes.probe import Inputs, Reading
from seatrial.records.claim import Measure, arguments_of
from seatrial.records.evidence import Ask, GroupEstimate

if TYPE_CHECKING:
    from seatrial.scoring.archive import Scorer

MOST_ROWS = 20_000


class BenefitProbe:
    """Permutation importance on dev, with a paired interval for each feature.

    Source:
        Breiman (2001), Machine Learning 45, 5-32, doi:10.1023/A:1010933404324; the interval is that
        of the paired difference, with Bonferroni's correction for the number of features.
    """

    name = "benefit"
    version = 1
    seconds = 10.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:
        """Say what is needed to measure this."""
        used: dict[str, Any] = {"optimize": plan.text.optimize}
        if plan.text.task.errors is not None:
            used["task.errors"] = plan.text.task.errors.model_dump()
        params = {"feature": arguments_of(measure).get("feature"), "quantifier": measure.quantifier}
        roles = ("frame/dev", "predictions/dev", "scorer", "truth/dev", "units/dev")
        return Ask(self.name, self.version, params, roles, used)

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it."""
        scorer: Scorer = inputs["scorer"]
        names = [feature.name for feature in scorer.header.contract.features]
        wanted = ask.params["feature"]
        if wanted is not None and wanted not in names:
            hint = f"features: {', '.join(names)}"
            raise UserError(f"the candidate has no feature {wanted}", hint=hint)
        shuffled = _Shuffled(scorer, inputs, ask)
        chosen = names if wanted is None else [wanted]
        results = [
            GroupEstimate(name, shuffled.benefit(name, 1 - 0.05 / len(chosen)), settled=True)
            for name in chosen
        ]
        ranked = tuple(sorted(results, key=lambda each: each.estimate.value or 0.0, reverse=True))
        measured = [each.estimate for each in ranked if each.estimate.measured]
        if not measured:
            return Reading(not_measured("no feature's benefit could be measured"), groups=ranked)
        return Reading(measured[-1], groups=ranked, findings=_useless(ranked))


def _useless(ranked: tuple[GroupEstimate, ...]) -> tuple[str, ...]:
    idle = [each.label for each in ranked if (each.estimate.low or 0.0) <= 0.0]
    if not idle:
        return ("every feature is proved to help",)
    return (f"not proved to help: {', '.join(idle[:12])}",)


class _Shuffled:
    """A candidate's answers with one column shuffled."""

    def __init__(self, scorer: Scorer, inputs: Inputs, ask: Ask) -> None:
        import numpy as np

        from seatrial.plan.claims import parse_claim

        self._scorer = scorer
        predictions = inputs["predictions/dev"]
        random = np.random.default_rng(0)
        rows = len(predictions.truth)
        kept = np.sort(random.permutation(rows)[:MOST_ROWS])
        self._base = replace(
            predictions,
            **{
                name: getattr(predictions, name)[kept]
                for name in ("scores", "decided", "truth", "units")
            },
        )
        frame: Mapping[str, Any] = inputs["frame/dev"]
        self._columns = {name: _take(values, kept) for name, values in frame.items()}
        self._order = random.permutation(len(kept))
        self._measure = parse_claim(inputs.plan("optimize"))[0]
        costs = inputs.plan("task.errors") if "task.errors" in ask.plan else None
        self._costs = (
            {name: costs[name] for name in ("false_negative", "false_positive")} if costs else None
        )

    def benefit(self, name: str, level: float) -> Estimate:
        from seatrial.evaluation import measure
        from seatrial.records.metrics import GLOSSARY

        columns = {**self._columns, name: _take(self._columns[name], self._order)}
        answers = self._scorer.answer(columns)
        worse = replace(self._base, scores=answers.scores, decided=answers.decided)
        ahead, behind = self._base, worse
        if not GLOSSARY[self._measure.metric].higher_is_better:
            ahead, behind = worse, self._base
        found = measure(
            self._measure.metric,
            ahead,
            arguments=arguments_of(self._measure),
            versus=behind,
            costs=self._costs,
            level=level,
        )
        return found.estimate


def _take(values: Any, places: Any) -> Any:
    import numpy as np

    return np.asarray(values, dtype=getattr(values, "dtype", object))[places]
