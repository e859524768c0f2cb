"""A candidate that is asked: rows in, an answer or a failure for each row out, and never an exception."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from seatrial.records.contract import Contract, Feature
from seatrial.records.manifest import Arm
from seatrial.scoring.archive import Scorer, open_archive
from seatrial.scoring.format import ONNX, Header

Row = Mapping[str, Any]
Broken = Literal["raised", "stalled", "not a number"]
"""Why there is no answer."""
_log = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """What a model said of one row.

    Attributes:
        decided: The class, or the predicted number.
        output: Probability by class, or the predicted number; None from a rule, which claims none.
        confidence: Probability of the decided class; None without one.
    """

    decided: str | float
    output: Mapping[str, float] | float | None
    confidence: float | None


class Model(Protocol):
    """Something that can be asked, here or elsewhere."""

    @property
    def form(self) -> str:
        """How it answers: ``onnx``, ``estimator``, ``rule``, ``constant``."""
        ...


class HereModel:
    """A model that answers in this process.

    Args:
        scorer: The opened archive.
        threshold: The release's own threshold; None: the archive's.
    """

    def __init__(self, scorer: Scorer, *, threshold: float | None) -> None:
        if threshold is not None:
            scorer = replace(scorer, header=replace(scorer.header, threshold=threshold))
        self._scorer, self._contract = scorer, scorer.header.contract
        self._names = [each.name for each in self._contract.features]
        self.form = form_of(scorer.header)

    def answer(self, rows: Sequence[Row]) -> list[Answer | Broken]:
        """Answer rows; if that fails, each by itself, so that one bad row costs no other its answer."""
        try:
            return self._answered(rows)
        except (Exception, SystemExit) as error:  # noqa: BLE001 — a model may raise anything
            if len(rows) > 1:
                return [each for row in rows for each in self.answer([row])]
            _log.warning("model_raised: %s", type(error).__name__)  # never a row's values
            return ["raised"]

    def warm(self) -> None:
        """Answer a typical row, so that the first request doesn't pay for what is made once."""
        self.answer([typical_row(self._contract)])

    def _answered(self, rows: Sequence[Row]) -> list[Answer | Broken]:
        columns = {name: [row[name] for row in rows] for name in self._names}
        answers = self._scorer.answer(
            columns or {"": [None] * len(rows)}
        )  # a constant asks for none
        classes = self._contract.classes
        if not classes:
            return [_number(each) for each in answers.decided.tolist()]
        decided = answers.decided.tolist()
        if self.form == "rule":
            return [Answer(classes[code], None, None) for code in decided]
        scores = answers.scores.tolist()
        return [_of_class(classes, each, code) for each, code in zip(scores, decided, strict=True)]


def open_model(data: bytes, arm: Arm, *, code: Path | None, threshold: float | None) -> HereModel:
    """Open an arm's archive in this process, and warm it.

    Raises:
        ArchiveError: it may not be opened; says why.
        CodeError: its modules can't be loaded.
    """
    model = HereModel(open_archive(data, root=code, expected=arm.artefact), threshold=threshold)
    model.warm()
    return model


def form_of(header: Header) -> str:
    """How an archive answers where its fast form may be used."""
    return "onnx" if header.form == "estimator" and _is_proved(header) else header.form


def is_fast(header: Header) -> bool:
    """Whether an archive runs nobody's Python but ours, in a form that was proved.

    Only such a one may answer where a request that doesn't return would hold up all others.
    """
    runs_code = bool(header.code or header.contract.code)
    if header.contract.encoders:  # a network that reads a text takes as long as a hundred rows
        return False
    return not runs_code and form_of(header) != "estimator"


def typical_row(contract: Contract) -> Row:
    """A row that training could have seen: least numbers, the most frequent levels."""
    return {each.name: _typical(each) for each in contract.features}


def _typical(feature: Feature) -> Any:
    match feature.kind:
        case "number":
            return feature.low
        case "category":
            return feature.levels[0] if feature.levels else None
        case "boolean":
            return False
    return None


def _is_proved(header: Header) -> bool:
    return ONNX in header.members and header.parity is not None and header.parity.proved


def _number(value: float) -> Answer | Broken:
    return Answer(value, value, None) if math.isfinite(value) else "not a number"


def _of_class(classes: Sequence[str], scores: Sequence[float], code: int) -> Answer | Broken:
    if not math.isfinite(sum(scores)):
        return "not a number"
    return Answer(classes[code], dict(zip(classes, scores, strict=True)), scores[code])
