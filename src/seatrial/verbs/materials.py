"""Rows and answers in memory: the parts of the split, and what candidates say of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seatrial.core.digest import digest
from seatrial.records.candidate import Candidate
from seatrial.records.dataset import PARTS
from seatrial.verbs.chain import Chain
from seatrial.verbs.released import Released
from seatrial.verbs.scenarios import TEST, Sets

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from seatrial.data.leakage import Layout
    from seatrial.data.target import Labels
    from seatrial.evaluation import Predictions
    from seatrial.scoring.archive import Scorer

_DECIMALS = 6
"""Of a stored score: beyond them two machines may differ in nothing that matters."""


class Materials:
    """What probes and training are handed; everything is read once.

    Where a part is asked for, a scenario set may be named too.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.sets = Sets(chain)
        self._released: dict[str, Released] = {}
        self._frames: dict[tuple[str, tuple[str, ...]], pl.DataFrame] = {}
        self._scorers: dict[str, Scorer] = {}
        self._predictions: dict[tuple[str, str], Predictions] = {}

    @cached_property
    def _codes(self) -> NDArray[np.uint8]:
        from seatrial.data.split import read_codes

        return read_codes(self.chain.split, self.chain.project.blobs)

    def rows(self, part: str) -> NDArray[np.bool_]:
        """Rows of a part whose target is known; (n_snapshot_rows,) bool."""
        condition = self.sets.condition(part) if part in self.sets else None
        place = PARTS.index(part if condition is None else TEST)
        wanted: NDArray[np.bool_] = (self._codes == place) & self.chain.labels.known
        return wanted if condition is None else wanted & self._met(condition)

    def _is_file(self, part: str) -> bool:
        return part in self.sets and self.sets.condition(part) is None

    def truth(self, part: str) -> NDArray[Any]:
        """Class codes, or numbers, of a part; (n_rows,)."""
        if self._is_file(part):
            return self.sets.cases(part).expected
        return self.chain.labels.values[self.rows(part)]

    @cached_property
    def _units(self) -> NDArray[np.int64]:
        from seatrial.data.split import unit_codes

        chain = self.chain
        return unit_codes(chain.snapshot, chain.plan.text.data, chain.project.tables)

    def units(self, part: str) -> NDArray[np.int64]:
        """The resampled unit of each row of a part; (n_rows,)."""
        return self.sets.units(part) if self._is_file(part) else self._units[self.rows(part)]

    def frame(self, part: str, names: Sequence[str]) -> pl.DataFrame:
        """Columns of a part, as they are in the snapshot."""
        import polars as pl

        from seatrial.data.query import columns

        wanted = (part, tuple(names))
        if not names:
            return pl.DataFrame()
        if self._is_file(part):
            return self.sets.frame(part, names)
        if wanted not in self._frames:
            chain = self.chain
            rows = self.rows(part)
            self._frames[wanted] = columns(
                chain.snapshot, list(names), chain.project.tables, rows=rows
            )
        return self._frames[wanted]

    def column(self, part: str, name: str) -> pl.Series:
        """One column of a part, or of the whole snapshot for the part ``all``."""
        if part != "all":
            return self.frame(part, [name])[name]
        from seatrial.data.query import columns

        return columns(self.chain.snapshot, [name], self.chain.project.tables)[name]

    def layout(self, features: Sequence[str]) -> tuple[pl.DataFrame, Labels, Layout]:
        """Everything that tells whether the parts know each other."""
        from seatrial.data.leakage import Layout
        from seatrial.data.query import columns

        chain, data = self.chain, self.chain.plan.text.data
        kinds = chain.snapshot.kinds
        lags = data.lags.columns.values() if data.lags is not None else ()
        features = [name for name in features if name not in lags]  # earlier targets by design
        named = [name for name in (data.unit, data.split.group) if name in kinds]
        wanted = dict.fromkeys([*features, *named, *([data.time] if data.time else [])])
        frame = columns(chain.snapshot, list(wanted), chain.project.tables)
        groups = {name: frame[name] for name in named if name is not None}
        time = frame[data.time] if data.time else None
        return (
            frame.select(features),
            chain.labels,
            Layout(self._codes, data.split.by, time, groups),
        )

    def raw(self, part: str, names: Sequence[str]) -> dict[str, Any]:
        """Columns of a part, as a candidate is given them; see :func:`raw`."""
        return {column.name: raw(column) for column in self.frame(part, names)}

    def sample(self, part: str, names: Sequence[str], *, rows: int) -> list[dict[str, Any]]:
        """The first rows of a part, as mappings of plain values."""
        if not names:
            return [{"": None}]
        return list(self.frame(part, names).head(rows).iter_rows(named=True))

    def mask(self, part: str, condition: str) -> NDArray[np.bool_]:
        """Rows of a part that meet a condition; (n_rows,) bool."""
        if self._is_file(part):
            return self.sets.mask(part, condition)
        return self._met(condition)[self.rows(part)]

    def _met(self, condition: str) -> NDArray[np.bool_]:
        """Rows of the snapshot that meet a condition; (n_snapshot_rows,) bool."""
        from seatrial.data.query import mask
        from seatrial.plan.grammar import parse_condition

        chain = self.chain
        met: NDArray[np.bool_] = mask(
            chain.snapshot, parse_condition(condition), chain.project.tables
        )
        return met

    def released(self, given: Released) -> Candidate:
        """A candidate of a release, to be asked what its own contract asks, with its own code."""
        self._released[given.candidate.artefact] = given
        return given.candidate

    def _asked(self, candidate: Candidate) -> tuple[str, ...]:
        """Raw columns that a candidate is asked with."""
        given = self._released.get(candidate.artefact)
        if given is not None:
            return given.asks
        names = self.chain.recipe(candidate.family)
        return (*names.features, *names.hidden)

    def scorer(self, candidate: Candidate) -> Scorer:
        """A candidate, opened from its archive."""
        from seatrial.scoring.archive import open_archive

        if candidate.artefact not in self._scorers:
            project, given = self.chain.project, self._released.get(candidate.artefact)
            self._scorers[candidate.artefact] = open_archive(
                project.blobs.get(candidate.artefact),
                root=given.root if given else project.root,
                expected=candidate.artefact,
            )
        return self._scorers[candidate.artefact]

    def scores_key(self, candidate: Candidate, part: str) -> str:
        """Name of a candidate's answers to a part."""
        asked = self._asked(candidate)
        if part in self.sets:
            also = self.chain.split.parts[TEST].target
            cases = self.sets.digest(part, reads=asked, also=also)
            return digest({"artefact": candidate.artefact, "set": cases})
        given = self.chain.split.parts[part]
        digests = [(name, given.columns[name]) for name in asked]
        return digest({"artefact": candidate.artefact, "columns": digests, "target": given.target})

    @property
    def split_rule(self) -> str:
        """Name of the rule that says which row is in which part: under another one the parts are fresh."""
        return digest(self.chain.plan.text.data.split.model_dump(mode="json"))

    def predictions_digest(self, candidate: Candidate, part: str) -> str | None:
        """Name of the answers themselves; None if the candidate was never asked."""
        entry = self.chain.project.ledger.newest("scores", self.scores_key(candidate, part))
        return str(entry.payload["blob"]) if entry is not None else None

    def predictions(self, candidate: Candidate, part: str) -> Predictions:
        """A candidate's answers to a part, with the truth; asked once, kept on file."""
        wanted = (candidate.artefact, part)
        if wanted not in self._predictions:
            blob = self.predictions_digest(candidate, part)
            answers = self._answers(candidate, part) if blob is None else self._read(blob)
            self._predictions[wanted] = self._with_truth(candidate, part, answers)
        return self._predictions[wanted]

    def _answers(self, candidate: Candidate, part: str) -> NDArray[np.float64]:
        import numpy as np

        raw_columns = self.raw(part, self._asked(candidate))
        scorer = self.scorer(candidate)
        answers = scorer.answer(raw_columns or {"": [None] * len(self.truth(part))})
        scores = answers.scores.reshape(len(answers.decided), -1)
        joined = np.column_stack([scores.round(_DECIMALS), answers.decided]).astype(np.float64)
        buffer = io.BytesIO()
        np.save(buffer, joined, allow_pickle=False)
        project = self.chain.project
        blob = project.blobs.put(buffer.getvalue())
        record = {
            "blob": blob,
            "artefact": candidate.artefact,
            "part": part,
            "rows": len(joined),
            "split": self.split_rule,
        }
        project.ledger.append("scores", record, key=self.scores_key(candidate, part))
        return joined

    def _read(self, blob: str) -> NDArray[np.float64]:
        import numpy as np

        loaded = np.load(io.BytesIO(self.chain.project.blobs.get(blob)), allow_pickle=False)
        answers: NDArray[np.float64] = loaded
        return answers

    def _with_truth(
        self, candidate: Candidate, part: str, answers: NDArray[np.float64]
    ) -> Predictions:
        return as_predictions(
            self.chain, answers, self.truth(part), self.units(part), rule=candidate.form == "rule"
        )


def as_predictions(
    chain: Chain,
    answers: NDArray[np.float64],
    truth: NDArray[Any],
    units: NDArray[np.int64],
    *,
    rule: bool,
) -> Predictions:
    """Put answers, (n_rows, n_scores + 1), and truth together."""
    import numpy as np

    from seatrial.evaluation import Predictions

    if not chain.classes:
        return Predictions(chain.task, (), answers[:, 0], answers[:, -1], truth, units)
    scores = np.full_like(answers[:, :-1], np.nan) if rule else answers[:, :-1]
    if not rule:
        scores = scores / scores.sum(axis=1, keepdims=True)
    return Predictions(
        chain.task, chain.classes, scores, answers[:, -1].astype(np.int64), truth, units
    )


def raw(column: pl.Series) -> Any:
    """A column as a candidate is given it: float64 with NaN, datetime64 with NaT, or objects with None."""
    import numpy as np
    import polars as pl

    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if isinstance(column.dtype, (pl.Date, pl.Datetime)):
        known = column.is_not_null().to_numpy()
        stamps = column.dt.epoch("us").fill_null(0).to_numpy().astype("datetime64[us]")
        return np.where(known, stamps, np.datetime64("NaT"))
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_list()
    return values
