"""The forms in which a candidate answers: a constant, a column, a rule, an estimator, its fast form."""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import ArchiveError
from seatrial.records.contract import Contract
from seatrial.records.rule import Answer, Rule
from seatrial.scoring.encode import Columns

Scores = NDArray[np.float64]
"""(n_rows, n_classes) probabilities, or (n_rows,) predictions for regression; NaN if a form has none."""


class Form(Protocol):
    """Something that answers."""

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:
        """Answer rows, given both as the encoded matrix and as raw columns."""
        ...


class Constant:
    """The same answer to everything."""

    def __init__(self, contract: Contract, answer: list[float]) -> None:
        self._answer = np.array(answer if contract.classes else answer[0], dtype=np.float64)

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:  # noqa: ARG002 — one form reads the matrix, another the columns
        """Answer rows."""
        rows = len(next(iter(columns.values())))
        return np.broadcast_to(self._answer, (rows, *self._answer.shape)).copy()


class ColumnForm:
    """What a column says, such as the target's own value a season ago; a number where it is missing."""

    def __init__(self, column: str, otherwise: float) -> None:
        self._column, self._otherwise = column, otherwise

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:  # noqa: ARG002 — one form reads the matrix, another the columns
        """Answer rows."""
        given = [np.nan if value is None else value for value in columns[self._column]]
        values = np.array(given, dtype=np.float64)
        return np.where(np.isfinite(values), values, self._otherwise)


class RuleForm:
    """A rule's answers; for classes it gives 1 to its answer, and no probabilities are claimed."""

    def __init__(self, contract: Contract, rule: Rule) -> None:
        self._contract, self._rule = contract, rule

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:  # noqa: ARG002 — one form reads the matrix, another the columns
        """Answer rows."""
        answer = self._rule.compiled()
        read = {name: columns[name] for name in self._rule.columns}
        rows = len(next(iter(columns.values())))
        answers = [
            answer({name: _plain(values[row]) for name, values in read.items()})
            for row in range(rows)
        ]
        classes = self._contract.classes
        if not classes:
            return np.array(answers, dtype=np.float64)
        codes: dict[Answer, int] = {name: code for code, name in enumerate(classes)}
        codes |= {True: 1, False: 0}
        return one_hot(np.array([codes[each] for each in answers]), len(classes))


class EstimatorForm:
    """A fitted scikit-learn estimator."""

    def __init__(self, contract: Contract, estimator: Any) -> None:
        self._contract, self._estimator = contract, estimator

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:  # noqa: ARG002 — one form reads the matrix, another the columns
        """Answer rows."""
        if not self._contract.classes:
            return np.asarray(self._estimator.predict(matrix), dtype=np.float64)
        if hasattr(self._estimator, "predict_proba"):
            given = np.asarray(self._estimator.predict_proba(matrix), dtype=np.float64)
            scores: Scores = np.zeros((len(given), len(self._contract.classes)))
            scores[:, np.asarray(self._estimator.classes_, dtype=int)] = given
            return scores
        codes = np.asarray(self._estimator.predict(matrix), dtype=int)
        return one_hot(codes, len(self._contract.classes))


class OnnxForm:
    """The same estimator, converted; used only if it was proved the same."""

    def __init__(self, contract: Contract, model: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ArchiveError(f"the fast form can't be opened: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[-1].name
        self._contract = contract

    def scores(self, matrix: NDArray[np.float64], columns: Columns) -> Scores:  # noqa: ARG002 — one form reads the matrix, another the columns
        """Answer rows."""
        (output,) = self._session.run([self._output], {self._input: matrix.astype(np.float32)})
        scores = np.asarray(output, dtype=np.float64)
        return scores if self._contract.classes else np.reshape(scores, len(matrix))


def one_hot(codes: NDArray[Any], classes: int) -> Scores:
    """Scores that give 1 to one class; (n_rows, n_classes)."""
    scores: Scores = np.zeros((len(codes), classes))
    scores[np.arange(len(codes)), codes] = 1.0
    return scores


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
