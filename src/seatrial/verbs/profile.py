"""The profile that a candidate's inputs and answers are later compared with, kept beside the candidate."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.records.candidate import Candidate
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project

if TYPE_CHECKING:
    import polars as pl

    from seatrial.monitoring.reference import Reference

KIND = "profile"
OUTPUT = "output"
"""Column of what the candidate says: the score of its positive class, its decision, or its number."""


def keep_profile(materials: Materials, candidate: Candidate) -> None:
    """File the profile of a candidate: its inputs in training, and its answers on dev.

    On dev, because a model is surer of rows that it was trained on.
    """
    from seatrial.monitoring.reference import Reference

    project = materials.chain.project
    if project.ledger.newest(KIND, candidate.artefact) is not None:
        return
    recipe = materials.chain.recipe(candidate.family)
    read = {*materials.chain.text, *materials.chain.images}  # no levels, and large
    names = [name for name in (*recipe.features, *recipe.hidden) if name not in read]
    frame = materials.frame("train", names)
    answers = Reference.build({OUTPUT: _answers(materials, candidate)})
    inputs = Reference.build(frame, columns=names) if names else answers
    whole = replace(inputs, columns={**inputs.columns, **answers.columns})
    record = {
        "blob": project.blobs.put(whole.to_bytes()),
        "rows": whole.rows,
        "outcomes": project.blobs.put(_outcomes(materials, candidate)),
    }
    project.ledger.append(KIND, record, key=candidate.artefact)


def profile_of(project: Project, artefact: str) -> Reference | None:
    """The profile of a candidate; None if none was filed."""
    from seatrial.monitoring.reference import Reference

    entry = project.ledger.newest(KIND, artefact)
    return Reference.from_bytes(project.blobs.get(entry.payload["blob"])) if entry else None


def outcomes_of(project: Project, artefact: str) -> pl.DataFrame | None:
    """What the candidate said on dev and what was true: ``score``, ``outcome``, ``unit``.

    None if it wasn't filed, or of several classes, where one score doesn't tell.
    """
    import polars as pl

    entry = project.ledger.newest(KIND, artefact)
    if entry is None:
        return None
    frame = pl.read_parquet(io.BytesIO(project.blobs.get(entry.payload["outcomes"])))
    return frame if frame.height else None


def output_of(scores: pl.Series, decided: pl.Series, classes: tuple[str, ...]) -> pl.Series:
    """What a candidate said, as one column.

    Args:
        scores: (n_rows,) lists, a score a class; null where the candidate states none.
        decided: (n_rows,) class codes, or numbers.
        classes: Names of the classes; empty for regression.
    """
    import polars as pl

    binary = 2
    if not classes:
        return decided.alias(OUTPUT)
    stated = len(classes) == binary and not scores.drop_nulls().is_empty()
    if stated and not bool(scores.drop_nulls().list.get(1).is_nan().all()):
        return scores.list.get(1).alias(OUTPUT)
    names = {float(code): name for code, name in enumerate(classes)}
    return decided.replace_strict(names, default=None, return_dtype=pl.String).alias(OUTPUT)


def _outcomes(materials: Materials, candidate: Candidate) -> bytes:
    import polars as pl

    found = materials.predictions(candidate, "dev")
    told = found.task == "regression" or (found.task == "binary" and found.states_probabilities)
    scores = found.scores if found.task == "regression" else found.scores[:, -1]
    columns = {"score": scores, "outcome": found.truth.astype(float), "unit": found.units}
    frame = pl.DataFrame(columns)
    buffer = io.BytesIO()
    (frame if told else frame.clear()).write_parquet(buffer)
    return buffer.getvalue()


def _answers(materials: Materials, candidate: Candidate) -> pl.Series:
    import polars as pl

    found = materials.predictions(candidate, "dev")
    rows = found.scores.reshape(len(found), -1).tolist()
    scores = pl.Series(rows, dtype=pl.List(pl.Float64))
    return output_of(scores, pl.Series(found.decided.astype(float)), found.classes)
