"""Log records as tables: each decision with what the candidate and the reference would have said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.records.contract import Feature
from seatrial.records.manifest import Arm, Manifest
from seatrial.scoring.archive import Scorer, open_archive
from seatrial.scoring.forms import RuleForm
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.project import Project

if TYPE_CHECKING:
    import polars as pl

Record = Mapping[str, Any]
ID, AT, KEY = "@id", "@at", "@key"
PLAIN = {
    "decision_id": ID,
    "key_hash": KEY,
    "level": "@level",
    "arm": "@arm",
    "propensity": "@propensity",
    "explored": "@explored",
    "decided_by": "@decided_by",
    "failure": "@failure",
    "audit": "@audit",
    "release": "@release",
    "candidate": "@candidate",
    "form": "@form",
    "latency_us": "@latency_us",
}
"""Fields of a logged decision that are columns as they are."""


class Shadow:
    """Scores what the answering process didn't ask."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._served: dict[str, _Served] = {}

    def tables(self, records: Sequence[Record]) -> dict[str, pl.DataFrame]:
        """Records as the tables ``decisions`` and ``aftermath``.

        Of decisions, ``@scores`` (a list, one a class; one number for regression) and ``@decided``
        (a class's code, or a number) are the candidate's, ``@reference`` and ``@served`` those of the
        reference and of the answer; null where there is none.
        """
        import polars as pl

        after = [record for record in records if record["kind"] != "decision"]
        decided: dict[str, list[Record]] = {}
        for record in records:
            if record["kind"] == "decision":
                decided.setdefault(record["release"], []).append(record)
        frames = [self._served_by(name).frame(found) for name, found in decided.items()]
        decisions = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
        return {"decisions": decisions, "aftermath": _aftermath(after)}

    def _served_by(self, release: str) -> _Served:
        if release not in self._served:
            data = self._project.blobs.get(release)
            self._served[release] = _Served(Manifest.from_json(json.loads(data)), self._project)
        return self._served[release]


@dataclass
class _Served:
    """One manifest, with what it takes to answer as it would have."""

    manifest: Manifest
    project: Project

    @cached_property
    def candidate(self) -> Scorer | None:
        """The candidate, opened; None if there is none."""
        return self._opened(self.manifest.candidate) if self.manifest.candidate else None

    @cached_property
    def reference(self) -> Scorer | None:
        """The reference, if it is a candidate of an older release."""
        arm = self.manifest.reference
        return self._opened(arm) if arm.kind == "archive" else None

    def _opened(self, arm: Arm) -> Scorer:
        folder = serving_folder(self.project).path
        root: Path | None = folder / arm.code if arm.code else None
        return open_archive(self.project.blobs.get(arm.artefact), root=root, expected=arm.artefact)

    def frame(self, records: Sequence[Record]) -> pl.DataFrame:
        """Decisions of this release as a table."""
        import polars as pl

        contract = self.manifest.contract
        features = {each.name: _values(each, "features", records) for each in contract.features}
        context = {each.name: _values(each, "context", records) for each in self.manifest.context}
        columns = {**features, **context}
        plain = {name: [record[each] for record in records] for each, name in PLAIN.items()}
        scores, decided = self._said(self.candidate, records, columns)
        told: dict[str, Any] = {
            "@scores": scores,
            "@decided": decided,
            "@reference": self._reference(records, columns),
            "@served": [self._code(record["decision"]) for record in records],
            "@confidence": [record["confidence"] for record in records],
        }
        numbers: dict[str, Any] = {
            **dict.fromkeys(told, pl.Float64),
            "@scores": pl.List(pl.Float64),
        }
        kinds = {
            each.name: _DTYPES[each.kind] for each in (*contract.features, *self.manifest.context)
        }
        typed = {
            name: pl.Series(name, _plain(values), dtype=_dtype(kinds[name]))
            for name, values in columns.items()
        }
        at = pl.Series([record["at"] for record in records], dtype=pl.String)
        return pl.DataFrame(
            {
                AT: at.str.to_datetime(time_unit="us", time_zone="UTC"),
                **plain,
                **{name: pl.Series(name, each, dtype=numbers[name]) for name, each in told.items()},
                **typed,
            }
        )

    def _said(
        self, scorer: Scorer | None, records: Sequence[Record], columns: Mapping[str, Any]
    ) -> tuple[list[list[float] | None], list[float | None]]:
        """What the candidate said, or would have said; null where it fails."""
        if scorer is None:
            return [None] * len(records), [None] * len(records)
        scores, decided = _answers(scorer, columns, len(records))
        return scores, decided

    def _reference(
        self, records: Sequence[Record], columns: Mapping[str, Any]
    ) -> list[float | None]:
        kind = self.manifest.reference.kind
        if kind == "people":
            return [None] * len(records)
        if self.reference is not None:
            return _answers(self.reference, columns, len(records))[1]
        contract = self.manifest.contract
        scores = RuleForm(contract, self.manifest.fallback).scores(np.empty((0, 0)), columns)
        decided = scores.argmax(axis=1) if contract.classes else scores
        return [float(each) for each in decided]

    def _code(self, decision: str | float | None) -> float | None:
        classes = self.manifest.contract.classes
        if decision is None or not classes:
            return None if decision is None else float(decision)
        return float(classes.index(str(decision)))


def _answers(
    scorer: Scorer, columns: Mapping[str, Any], rows: int
) -> tuple[list[list[float] | None], list[float | None]]:
    """Ask rows together; if that fails, one by one, so that one bad row costs one answer."""
    try:
        answers = scorer.answer(columns)
    except Exception:  # noqa: BLE001 — the user's model may raise anything, and the log goes on
        if rows == 1:
            return [None], [None]
        single = [
            _answers(scorer, {name: each[row : row + 1] for name, each in columns.items()}, 1)
            for row in range(rows)
        ]
        return [score for scores, _ in single for score in scores], [
            one for _, decided in single for one in decided
        ]
    scores = answers.scores.reshape(rows, -1)
    is_rule = scorer.header.form == "rule"  # it states no scores
    finite = [is_rule or bool(np.isfinite(row).all()) for row in scores]
    return (
        [row.tolist() if fine else None for row, fine in zip(scores, finite, strict=True)],
        [float(each) if fine else None for each, fine in zip(answers.decided, finite, strict=True)],
    )


def _values(feature: Feature, where: str, records: Sequence[Record]) -> Any:
    """A column as a candidate is given it: float64 with NaN, or objects with None."""
    found = [record[where].get(feature.name) for record in records]
    if feature.kind == "number":
        return np.array([np.nan if each is None else each for each in found], dtype=np.float64)
    values = np.empty(len(found), dtype=object)
    values[:] = [_moment(each) for each in found] if feature.kind == "moment" else found
    return values


def _moment(text: str | None) -> Any:
    from datetime import UTC, datetime

    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


_DTYPES = {
    "number": "Float64",
    "category": "String",
    "boolean": "Boolean",
    "moment": "Datetime",
    "text": "String",
    "image": "String",
}


def _dtype(name: str) -> Any:
    import polars as pl

    return pl.Datetime("us") if name == "Datetime" else getattr(pl, name)


def _plain(values: Any) -> list[Any]:
    if values.dtype == np.float64:
        return [None if np.isnan(each) else each for each in values.tolist()]
    return list(values)


def _aftermath(records: Sequence[Record]) -> pl.DataFrame:
    import polars as pl

    at = pl.Series([record["at"] for record in records], dtype=pl.String)
    values = [record["value"] for record in records]
    return pl.DataFrame(
        {
            "kind": pl.Series([record["kind"] for record in records], dtype=pl.String),
            AT: at.str.to_datetime(time_unit="us", time_zone="UTC"),
            ID: pl.Series([record["decision_id"] for record in records], dtype=pl.String),
            KEY: pl.Series([record["key_hash"] for record in records], dtype=pl.String),
            "value": pl.Series(
                [None if each is None else class_name(each) for each in values], dtype=pl.String
            ),
        }
    )


def class_name(value: str | float | bool) -> str:  # noqa: FBT001 — an outcome, not a switch
    """A decision or outcome as a class is named: ``true`` and ``false`` for booleans."""
    return str(value).lower() if isinstance(value, bool) else str(value)
