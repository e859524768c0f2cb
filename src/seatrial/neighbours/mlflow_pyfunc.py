"""What MLflow loads a candidate with: a table in, decisions and scores out, by the archive alone.

MLflow imports this module by name (``loader_module`` of an ``MLmodel`` file) and calls
:func:`_load_pyfunc`; pandas is there because MLflow brings it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UserError
from seatrial.neighbours.mlflow_model import ARCHIVE, CODE, answered
from seatrial.records.contract import Feature
from seatrial.scoring.archive import Scorer, open_archive

if TYPE_CHECKING:
    import pandas as pd


class Model:
    """A candidate that answers tables.

    Args:
        scorer: The opened archive.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def predict(
        self,
        model_input: pd.DataFrame,
        params: Mapping[str, Any] | None = None,  # noqa: ARG002 — MLflow passes it
    ) -> pd.DataFrame:
        """Answer rows.

        Args:
            model_input: A column for each feature; one that had missing values in training may be
                left out. Other columns are left aside.
            params: Nothing is read from it.

        Returns:
            ``decision``, a class or a number, and ``score_CLASS`` for each class where the candidate
            claims probabilities; rows keep their index.

        Raises:
            UserError: a column is missing.
        """
        import pandas as pd

        header = self.scorer.header
        columns = {each.name: _column(each, model_input) for each in header.contract.features}
        answers = self.scorer.answer(columns or {"": np.full(len(model_input), None)})
        names = [name for name, _ in answered(header)]
        classes = header.contract.classes
        if not classes:
            return pd.DataFrame({names[0]: answers.decided}, index=model_input.index)
        decided = [classes[code] for code in answers.decided]
        scores = zip(names[1:], np.transpose(answers.scores), strict=False)
        return pd.DataFrame({names[0]: decided, **dict(scores)}, index=model_input.index)


def _column(feature: Feature, table: pd.DataFrame) -> NDArray[Any]:
    """One column as scoring reads it: NaN or None where a value is missing."""
    if feature.name not in table:
        if feature.missing == 0:
            hint = "give each column of the signature"
            raise UserError(f"the table lacks {feature.name}", hint=hint)
        return np.full(len(table), None)
    given = table[feature.name]
    if feature.kind == "number":
        return np.asarray(given.to_numpy(dtype=np.float64, na_value=np.nan))
    if feature.kind == "moment":
        return np.asarray(given.to_numpy(dtype="datetime64[us]"))
    values = np.empty(len(table), dtype=object)
    values[:] = given.tolist()
    values[given.isna().to_numpy()] = None
    return values


def _load_pyfunc(path: str) -> Model:
    """Open what stands in a model's ``data`` folder; nothing is unpickled."""
    root = Path(path)
    archive = (root / ARCHIVE).read_bytes()
    return Model(open_archive(archive, root=root / CODE))
