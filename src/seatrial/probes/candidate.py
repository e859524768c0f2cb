"""What is measured on the archived candidate itself: speed, memory, stability, reproducibility."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seatrial.core.estimate import Estimate, not_measured
from seatrial.plan.load import Plan
from seatrial.probes.probe import Inputs, Reading, no, yes
from seatrial.records.claim import Measure, arguments_of
from seatrial.records.contract import Contract, Feature
from seatrial.records.evidence import Ask
from seatrial.scoring.timing import Runs, Timing

if TYPE_CHECKING:
    from seatrial.scoring.archive import Scorer

RUNS = 3
"""Processes; a latency that one of them showed is never hidden by the others."""
MOST_RUNS = 9
"""Processes that are started to find so many during which the host is quiet."""
ANSWERS = 400
"""Of each process; a p99 needs 368."""
BUSY = 1.5
"""Wall over processor time from which the host had other things to do."""
_MOST_SHOWN = 40


def _served(measure: Measure, probe: str, version: int) -> Ask:
    """What every measurement of the served form depends on."""
    return Ask(
        probe=probe,
        version=version,
        params=arguments_of(measure),
        roles=("host", "timings"),
        frame=f"{RUNS} processes, one row an answer",
    )


class LatencyProbe:
    """Time of one answer, one row, in a process of its own, from raw columns to decision."""

    name = "latency"
    version = 1
    seconds = 8.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return _served(measure, self.name, self.version)

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it."""
        every = _runs(inputs, quiet=RUNS)
        runs = [each for each in every if each.busy <= BUSY][:RUNS]
        if len(runs) < RUNS:
            quietest = min(each.busy for each in every)
            reason = f"host busy: answers took {quietest:.1f} times their processor time and more"
            return Reading(not_measured(reason, unit="ms"), retry=True)
        share = float(str(ask.params.get("percentile", "p99"))[1:]) / 100
        return Reading(_percentile(runs, share), _summary(runs))


def _percentile(runs: Sequence[Timing], share: float) -> Estimate:
    from seatrial.stats import quantile

    each = [quantile(timing.milliseconds, share) for timing in runs]
    value = statistics.median(estimate.value or 0.0 for estimate in each)
    low = min(estimate.low or 0.0 for estimate in each)
    high = max(estimate.high or math.inf for estimate in each)
    answers = sum(len(timing.milliseconds) for timing in runs)
    return Estimate(value, low, high, answers, "order-statistics-95, widest of 3 runs", "ms")


def _summary(runs: Sequence[Timing]) -> dict[str, Any]:
    import numpy as np

    points = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
    return {
        "quantiles": list(points),
        "milliseconds": [np.quantile(run.milliseconds, points).round(4).tolist() for run in runs],
        "busy": [round(run.busy, 3) for run in runs],
    }


class MemoryProbe:
    """Peak resident memory of a process that opened the archive and answered."""

    name = "memory"
    version = 1
    seconds = 3.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return _served(measure, self.name, self.version)

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        peaks = sorted(each.peak_mb for each in _runs(inputs))
        value = statistics.median(peaks)
        return Reading(
            Estimate(value, peaks[0], peaks[-1], RUNS, "range of 3 runs", "MB"), {"peak_mb": peaks}
        )


def _runs(inputs: Inputs, *, quiet: int = 0) -> list[Timing]:
    """The first three runs; or as many as it takes until so many were quiet, or a limit is reached."""
    timings: Runs = inputs["timings"]
    _ = inputs["host"]
    runs = timings.first(RUNS, answers=ANSWERS)
    while len(runs) < MOST_RUNS and sum(each.busy <= BUSY for each in runs) < quiet:
        runs = timings.first(len(runs) + 1, answers=ANSWERS)
    return runs


class StableProbe:
    """Extreme, unseen and missing inputs, one column at a time and all at once, give finite answers."""

    name = "numerically_stable"
    version = 1
    seconds = 1.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("sample", "scorer"))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        scorer: Scorer = inputs["scorer"]
        rows = list(extremes(scorer.header.contract, inputs["sample"][0]))
        found = [f"{said} with {what}" for what, row in rows if (said := broken(scorer, row))]
        return no(len(rows), *found[:10]) if found else yes(len(rows))


def broken(scorer: Scorer, row: Mapping[str, Any]) -> str:
    """What is wrong with the answer to a row; empty if it is finite."""
    import numpy as np

    try:
        answers = scorer.answer({name: [value] for name, value in row.items()})
    except Exception as error:  # noqa: BLE001 — whatever it raises, it didn't answer
        return f"raises {type(error).__name__}"
    finite = np.isfinite(np.asarray(answers.decided, dtype=float)).all()
    stated = scorer.header.form == "rule" or np.isfinite(answers.scores).all()
    return "" if finite and stated else "not finite"


def extremes(contract: Contract, row: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Rows at the edges, each with what is odd about it: missing, extreme, unseen values."""
    made = [("every input missing", dict.fromkeys(row))]
    for feature in contract.features:
        made += [
            (f"{feature.name} = {str(value)[:_MOST_SHOWN]}", {**row, feature.name: value})
            for value in _edges(feature)
        ]
    return made


def _edges(feature: Feature) -> list[Any]:
    if feature.kind == "number":
        return [None, 0.0, -1e12, 1e12, float("inf"), float("-inf")]
    if feature.kind == "boolean":
        return [None, True, False]
    if feature.shape is not None:
        import numpy as np

        from seatrial.records.image import write

        return [None, *(write(np.full(feature.shape, each, dtype=np.uint8)) for each in (0, 255))]
    if feature.kind == "text":
        return [None, "", "\u00e6 \U0001f600 " * 10, "word " * 20_000]
    return [None] if feature.kind == "moment" else [None, "", "a level that was never seen"]


class ReproducibleProbe:
    """Training again from the record gives the same archive, byte for byte."""

    name = "reproducible"
    version = 1
    seconds = 20.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("artefact", "retrain"))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        retrain: Callable[[], str] = inputs["retrain"]
        first, second = inputs["artefact"], retrain()
        if first == second:
            return yes(2, f"both give {first[:6]}")
        return no(2, f"the first training gave {first[:6]}, the second {second[:6]}")


class PipelineProbe:
    """The whole way runs: raw sources, snapshot, split, training of every family, archive, an answer."""

    name = "pipeline"
    version = 1
    seconds = 60.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("pipeline",))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        rerun: Callable[[], tuple[bool, str]] = inputs["pipeline"]
        ran, said = rerun()
        return yes(1, said) if ran else no(1, said)


class AllowedFeaturesProbe:
    """No forbidden column is among what the candidate is asked."""

    name = "allowed_features"
    version = 1
    seconds = 0.1

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        forbidden = {"data.features.forbid": list(plan.text.data.features.forbid)}
        return Ask(self.name, self.version, {}, ("scorer",), forbidden)

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        scorer: Scorer = inputs["scorer"]
        asked = [feature.name for feature in scorer.header.contract.features]
        found = sorted(set(asked) & set(inputs.plan("data.features.forbid")))
        if found:
            return no(len(asked), f"forbidden, and asked for: {', '.join(found)}")
        return yes(len(asked))
