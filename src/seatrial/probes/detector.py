"""How often a detector of the project finds something in the answers: an insult, a price below cost."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import CodeError, UserError
from seatrial.plan.load import Plan
from seatrial.probes.predictions import groups_of
from seatrial.probes.probe import Inputs, Probe, Reading
from seatrial.records.claim import Measure
from seatrial.records.evidence import Ask
from seatrial.records.metrics import Metric

DECIDED, CONFIDENCE = "decided", "confidence"
_OF_THE_ANSWER = frozenset({DECIDED, CONFIDENCE})


def detector(detect: Callable[..., Any], *, version: int = 1) -> dict[Metric, Probe]:
    """Make a metric of a detector: the share of answers in which it finds something.

    The metric bears the function's name and is better when lower. A claim may say ``where``, ``on``,
    ``by``; its interval respects ``data.unit``. A change of the function's source makes it stale.

    Args:
        detect: Gets whole columns and gives (n_rows,) bool. Its parameters are ``decided`` (class
            names, or numbers), ``confidence`` (probability of the decided class), and columns of the data.
        version: Raise it when something that the function calls changes.

    Returns:
        What ``PROBES`` of the project's ``probes.py`` holds.

    >>> def shouts(decided, text):
    ...     '''answers to what shouts'''
    ...     return text.str.to_uppercase() == text
    >>> [(metric.name, metric.meaning, metric.higher_is_better) for metric in detector(shouts)]
    [('shouts', 'answers to what shouts', False)]
    """
    said = (inspect.getdoc(detect) or f"answers in which {detect.__name__} finds something").strip()
    metric = Metric(
        detect.__name__, said.splitlines()[0].rstrip("."), "candidate", higher_is_better=False
    )
    return {metric: DetectorProbe(detect, version=version)}


class DetectorProbe:
    """Share of the answers to a part in which a detector finds something."""

    seconds = 1.0

    def __init__(self, detect: Callable[..., Any], *, version: int) -> None:
        self._detect, self.version = detect, version
        self.name = detect.__name__
        self._reads = tuple(inspect.signature(detect).parameters)

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        if measure.versus is not None:
            raise UserError(f"{self.name} is not measured `vs`", hint="leave `vs` out")
        part = measure.part
        columns = [*measure.by, *(name for name in self._reads if name not in _OF_THE_ANSWER)]
        roles = {f"predictions/{part}", f"units/{part}"}
        roles |= {f"column/{part}/{name}" for name in columns}
        if measure.where is not None:
            roles.add(f"mask/{part}/{measure.where}")
        return Ask(
            probe=self.name,
            version=self.version,
            params={
                "code": digest_bytes(inspect.getsource(self._detect).encode()),
                "quantifier": measure.quantifier,
                "by": list(measure.by),
                "part": part,
            },
            roles=tuple(sorted(roles)),
            where=str(measure.where) if measure.where is not None else None,
        )

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it.

        Raises:
            CodeError: the detector raised, or didn't give one value a row.
        """
        import numpy as np

        from seatrial.evaluation import Predictions, measure

        part, by = ask.params["part"], ask.params["by"]
        answers = inputs[f"predictions/{part}"]
        found = self._found(answers, inputs, part)
        nothing = np.full((len(found), 2), np.nan)
        told = measure(
            "prevalence",
            Predictions("binary", ("", self.name), nothing, found, found, inputs[f"units/{part}"]),
            rows=inputs[f"mask/{part}/{ask.where}"] if ask.where else None,
            by=groups_of(by, [inputs[f"column/{part}/{name}"] for name in by]),
            spread=ask.params["quantifier"],
        )
        return Reading(told.estimate, told.statistics, told.groups)

    def _found(self, answers: Any, inputs: Inputs, part: str) -> Any:
        import numpy as np

        given: Mapping[str, Callable[[], Any]] = {
            DECIDED: lambda: (
                np.array(answers.classes)[answers.decided] if answers.classes else answers.decided
            ),
            CONFIDENCE: lambda: np.take_along_axis(
                answers.scores, answers.decided[:, None], axis=1
            )[:, 0],
        }
        columns = {
            name: given[name]() if name in given else inputs[f"column/{part}/{name}"]
            for name in self._reads
        }
        try:
            found = np.asarray(self._detect(**columns))
        except Exception as error:
            fact = f"the detector raised {type(error).__name__}: {error}"
            raise CodeError(fact, where=self.name, hint="it gets whole columns") from error
        rows = len(answers.truth)
        if found.shape != (rows,) or found.dtype != np.bool_:
            fact = f"the detector gave {found.dtype} of shape {found.shape} for {rows} rows"
            raise CodeError(fact, where=self.name, hint="give True or False for each row")
        return found.astype(np.int64)
