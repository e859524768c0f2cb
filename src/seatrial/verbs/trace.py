"""One row on its way through the candidate: inputs, encoded features, answer, what pushed it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.models.estimators import WORD
from seatrial.records.contract import Feature
from seatrial.scoring.archive import Scorer, open_archive
from seatrial.scoring.encode import encode, spans
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.slices import candidate_of

if TYPE_CHECKING:
    from seatrial.records.candidate import Candidate
    from seatrial.verbs.error_records import Case

MOST_PUSHES = 5
MOST_WORDS = 100
"""Different words of a text that are taken away in turn."""
SAME = 1e-5
"""Greatest difference of a score that is the same answer, as when a fast form is proved."""


@dataclass(frozen=True, slots=True)
class Push:
    """What one input did: the score less that with a typical value in its place."""

    feature: str
    value: Any
    typical: Any
    change: float


@dataclass(frozen=True, slots=True)
class Trace:
    """One row, step by step.

    Attributes:
        row: Its name.
        truth: What is true.
        inputs: Raw columns.
        encoded: What the model's matrix holds of each input: a number, or how many there are.
        trained: Scores by the way of training: the estimator itself.
        served: Scores by the way of serving: the archive, in its fast form if it was proved.
        classes: Names of the classes; empty for a number.
        decision: What is decided.
        threshold: Least score of the positive class; None without one.
        pushes: What moved the score of the positive class, the decided one, or the number most.
        form: How it is served.
    """

    row: str
    truth: str
    inputs: Mapping[str, Any]
    encoded: Mapping[str, float | str]
    trained: tuple[float, ...]
    served: tuple[float, ...]
    classes: tuple[str, ...]
    decision: str
    threshold: float | None
    pushes: tuple[Push, ...]
    form: str

    @property
    def is_same(self) -> bool:
        """Whether training and serving give the same answer."""
        scale = (
            max(1.0, *(abs(each) for each in np.nan_to_num(self.trained).tolist()))
            if not self.classes
            else 1.0
        )
        both = zip(self.trained, self.served, strict=True)
        gaps = [abs(one - two) for one, two in both if not (np.isnan(one) and np.isnan(two))]
        return max(gaps, default=0.0) <= SAME * scale

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial trace --json``; see ``docs/json.md``."""
        return {
            "row": self.row,
            "truth": self.truth,
            "inputs": {name: _plain(value) for name, value in self.inputs.items()},
            "encoded": {name: _plain(value) for name, value in self.encoded.items()},
            "training": [_plain(each) for each in self.trained],
            "serving": [_plain(each) for each in self.served],
            "same": self.is_same,
            "classes": list(self.classes),
            "decision": self.decision,
            "threshold": self.threshold,
            "form": self.form,
            "pushes": [
                {
                    "feature": each.feature,
                    "value": _plain(each.value),
                    "typical": _plain(each.typical),
                    "change": each.change,
                }
                for each in self.pushes
            ],
        }


def trace(project: Project, name: str | None = None) -> Trace:
    """Follow a row of dev that ``seatrial errors`` names; the worst wrong answer without a name.

    Raises:
        NotFoundError: there is no candidate, or no row of the sample has that name.
    """
    from seatrial.verbs.errors import case_of

    return Tracer(project).follow(case_of(project, name))


class Tracer:
    """Follows rows of dev through the kept candidate; what all of them need is read once.

    Raises:
        NotFoundError: there is no candidate.
    """

    def __init__(self, project: Project) -> None:
        from seatrial.verbs.error_records import PART

        chain = Chain(project)
        materials = Materials(chain)
        candidate = candidate_of(chain, materials)
        self._served = materials.scorer(candidate)
        self._trained = _estimator(project, candidate)
        self._asked = [each.name for each in self._served.header.contract.features]
        self._frame = materials.frame(PART, self._asked)
        self._typical = typical_values(materials, self._asked)

    def follow(self, case: Case) -> Trace:
        """Follow one."""
        row: dict[str, Any] = {"": None}
        if self._asked:
            row = dict(zip(self._asked, self._frame.row(case.place), strict=True))
        named = (case.id, case.truth)
        return _traced(named, row, self._trained, self._served, self._typical)


def typical_values(materials: Materials, names: Sequence[str]) -> dict[str, Any]:
    """Of each column the median, or the most frequent value, on train."""
    found = {}
    for column in materials.frame("train", names):
        known = column.drop_nulls()
        if column.dtype.is_numeric():
            found[column.name] = known.median()
        else:
            found[column.name] = known.mode().sort().first() if len(known) else None
    return found


def _estimator(project: Project, candidate: Candidate) -> Scorer:
    """The candidate in the form that was trained."""
    data = project.blobs.get(candidate.artefact)
    return open_archive(data, root=project.root, expected=candidate.artefact, fast=False)


def _traced(
    named: tuple[str, str],
    row: Mapping[str, Any],
    trained: Scorer,
    served: Scorer,
    typical: Mapping[str, Any],
) -> Trace:
    contract = served.header.contract
    columns = {key: [value] for key, value in row.items()}
    answers = served.answer(columns)
    scores = np.atleast_1d(answers.scores[0])
    decided = answers.decided[0]
    at = (1 if len(contract.classes) == 2 else int(decided)) if contract.classes else 0  # noqa: PLR2004 — binary
    is_read = served.header.form == "estimator"
    matrix = encode(contract, columns, served.functions) if is_read else np.empty((1, 0))
    return Trace(
        *named,
        row,
        {each.name: _encoded(each, matrix[0, place]) for each, place in spans(contract)}
        if is_read
        else {},
        tuple(float(each) for each in np.atleast_1d(trained.answer(columns).scores[0])),
        tuple(float(each) for each in scores),
        contract.classes,
        contract.classes[int(decided)] if contract.classes else f"{float(decided):.4g}",
        served.header.threshold,
        pushes(served, row, typical, at),
        served.header.form,
    )


def pushes(
    scorer: Scorer, row: Mapping[str, Any], typical: Mapping[str, Any], at: int
) -> tuple[Push, ...]:
    """What moved a score most: each input in turn is replaced by a typical value, a text loses each word.

    Args:
        scorer: The candidate.
        row: Raw columns of the row.
        typical: Typical values by column.
        at: Class whose score is looked at; 0 for a number.
    """
    if scorer.header.form != "estimator" or not typical:
        return ()
    kinds = {each.name: each.kind for each in scorer.header.contract.features}
    tried: list[tuple[str, Any, Any]] = []
    others = []
    for name, value in typical.items():
        if kinds[name] == "text":
            text = str(row[name] or "")
            tried += [(name, word, "no such word") for word in _words(text)]
            others += [{**row, name: _without(text, word)} for word in _words(text)]
        elif kinds[name] != "image":
            tried.append((name, row[name], value))
            others.append({**row, name: value})
    rows = [dict(row), *others]
    scores = scorer.answer({name: [each[name] for each in rows] for name in row}).scores
    of = scores[:, at] if scores.ndim > 1 else scores
    found = [Push(*each, float(of[0] - of[place])) for place, each in enumerate(tried, start=1)]
    found.sort(key=lambda each: -abs(each.change))
    return tuple(each for each in found[:MOST_PUSHES] if abs(each.change) > 0)


def _words(text: str) -> list[str]:
    """The different words and signs of a text, the first of them."""
    return list(dict.fromkeys(re.findall(WORD, text)))[:MOST_WORDS]


def _without(text: str, word: str) -> str:
    return re.sub(
        rf"(?<!\w){re.escape(word)}(?!\w)" if word.isalnum() else re.escape(word), "", text
    )


def _encoded(feature: Feature, values: Any) -> float | str:
    """What the matrix holds of an input."""
    if feature.kind == "text" and feature.encoder is None:
        return f"{len(re.findall(WORD, str(values[0] or '')))} words"
    return float(values[0]) if len(values) == 1 else f"{len(values)} numbers"


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
