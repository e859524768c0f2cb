"""Write a candidate's archive: deterministic bytes, no pickle, a fast form only where proved."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import ArchiveError
from seatrial.models.ladder import Fitted
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import ALLOWED_TYPES, finish
from seatrial.scoring.encode import spans, width
from seatrial.scoring.format import ESTIMATOR, HEADER, ONNX, Header, Parity, write_header
from seatrial.scoring.forms import EstimatorForm, OnnxForm, Scores
from seatrial.scoring.skops_io import skops_io

LEAST_ROWS = 1_000
"""Real rows on which a fast form must be proved."""
MOST_ROWS = 20_000
TOLERANCE = 1e-5
_DATE = (1980, 1, 1, 0, 0, 0)
_STOP_WORDS = re.compile(r'("_stop_words_id": \{[^{}]*"content": ")\d+')
"""An address that a vectoriser remembers its stop words by; without it, it looks at them anew."""
_NO_WORDS = "no converter: it reads words"


def archive(
    fitted: Fitted,
    contract: Contract,
    *,
    threshold: float | None,
    proof: NDArray[np.float64],
    code: Mapping[str, str] | None = None,
    package: str | None = None,
) -> bytes:
    """Write a candidate's archive.

    Args:
        fitted: The family after training.
        contract: What it is asked and answers.
        threshold: Least score of the positive class; binary only.
        proof: (n_rows, n_columns) real rows on which the fast form is held against the estimator.
        code: Digest of each of the user's modules that it needs.
        package: The user's package; types from it may stand in the estimator.

    Raises:
        ArchiveError: the estimator holds a type that may not be in an archive.
    """
    own = fitted.kind != "estimator"
    header = Header(
        fitted.kind, fitted.family, contract, threshold, fitted.parameters if own else {}, code
    )
    members: dict[str, bytes] = {}
    if fitted.kind == "estimator":
        members[ESTIMATOR] = _skops(fitted.estimator)
        header = replace(header, types=_types(members[ESTIMATOR], package))
        columns = sum(width(each) for each in contract.inputs)
        model = _NO_WORDS if contract.reads_words else _onnx(fitted.estimator, columns)
        parity = prove(fitted.estimator, model, header, proof)
        header = replace(header, parity=parity)
        if parity.proved and isinstance(model, bytes):
            members[ONNX] = model
    digests = {name: digest_bytes(content) for name, content in members.items()}
    return _zip({HEADER: write_header(replace(header, members=digests)), **members})


def prove(estimator: Any, model: bytes | str, header: Header, rows: NDArray[np.float64]) -> Parity:
    """Hold a fast form against its estimator on real rows and on edge rows made from them.

    Args:
        estimator: The fitted estimator.
        model: The fast form, or the reason why there is none.
        header: Names the contract and the threshold.
        rows: (n_rows, n_inputs) real rows.
    """
    if isinstance(model, str):
        return Parity(0, 0, None, 0, proved=False, reason=model)
    if len(rows) < LEAST_ROWS:
        reason = f"needs {LEAST_ROWS:,} real rows, there are {len(rows):,}"
        return Parity(len(rows), 0, None, 0, proved=False, reason=reason)
    contract = header.contract
    edges = edge_rows(contract, rows)
    matrix = np.vstack([rows[:MOST_ROWS], edges])
    try:
        fast = OnnxForm(contract, model).scores(matrix, {})
    except Exception as error:  # noqa: BLE001 — whatever a runtime raises, the form isn't proved
        reason = f"the fast form raised {type(error).__name__}"
        return Parity(len(rows), len(edges), None, 0, proved=False, reason=reason)
    slow = EstimatorForm(contract, estimator).scores(matrix, {})
    return _compare(header, slow, fast, real=min(len(rows), MOST_ROWS))


def _compare(header: Header, slow: Scores, fast: Scores, *, real: int) -> Parity:
    scale = np.ones_like(slow)
    if not header.contract.classes:
        scale = np.maximum(np.abs(slow), float(np.ptp(slow[:real])) or 1.0)
    difference = float((np.abs(slow - fast) / scale).max())
    flipped = 0
    if header.contract.classes:
        flipped = int((finish(header, slow).decided != finish(header, fast).decided).sum())
    proved = bool(np.isfinite(difference)) and difference <= TOLERANCE and flipped == 0
    reason = "" if proved else f"differs by up to {difference:.1e} and flips {flipped} decisions"
    shown = difference if np.isfinite(difference) else None
    return Parity(real, len(slow) - real, shown, flipped, proved, reason)


def edge_rows(contract: Contract, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows at the edges: each column missing, unseen or extreme, on a real row; and all at once.

    Returns:
        (n_edge_rows, n_columns) float64.
    """
    made = []
    every = rows[:2].copy() if len(rows) > 1 else np.repeat(rows, 2, axis=0)
    for place, (feature, columns) in enumerate(spans(contract)):
        edges = _edges(feature)
        for value in edges:
            row = rows[place % len(rows)].copy()
            row[columns] = value
            made.append(row)
        every[0, columns], every[1, columns] = edges[-1], edges[0]
    return np.vstack([*made, every])


def _edges(feature: Feature) -> list[float]:
    if feature.encoder is not None:
        return [0.0, -1.0, 1.0]
    if feature.kind == "image":
        return [0.0, 1.0]
    if feature.kind == "category":
        levels = len(feature.levels)
        return [float(levels + 1), float(levels), 0.0]
    if feature.kind == "boolean":
        return [np.nan, 0.0, 1.0]
    low, high = feature.low or 0.0, feature.high or 0.0
    reach = max(abs(low), abs(high), 1.0)
    return [np.nan, low, high, 0.0, -10 * reach, 10 * reach, -1e6 * reach, 1e6 * reach]


def _onnx(estimator: Any, inputs: int) -> bytes | str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from skl2onnx import to_onnx

            options = {id(estimator): {"zipmap": False}} if hasattr(estimator, "classes_") else None
            example = np.zeros((1, inputs), dtype=np.float32)
            model = to_onnx(estimator, example, options=options)
        except Exception as error:  # noqa: BLE001 — a converter may raise anything
            return f"no converter: {type(error).__name__}"
    model.opset_import.sort(key=lambda each: each.domain)  # skl2onnx lists a set
    return model.SerializeToString(deterministic=True)  # type: ignore[no-any-return]


def _types(estimator: bytes, package: str | None) -> tuple[str, ...]:
    untrusted = set(skops_io().get_untrusted_types(data=estimator)) - ALLOWED_TYPES
    own = {name for name in untrusted if package is not None and name.split(".")[0] == package}
    if strange := sorted(untrusted - own):
        hint = "use scikit-learn's own estimators, or define the class in the project's package"
        raise ArchiveError(
            f"the estimator holds {', '.join(strange)}, which an archive may not", hint=hint
        )
    return tuple(sorted(own))


def _skops(estimator: Any) -> bytes:
    """Write an estimator with skops; its memory addresses become numbers, so equal is equal bytes."""
    source = zipfile.ZipFile(io.BytesIO(skops_io().dumps(estimator)))
    schema = source.read("schema.json").decode()
    names = re.findall(r'"(?:__id__"\s*:\s*|file"\s*:\s*")(\d+)', schema)
    renamed = {name: str(place) for place, name in enumerate(dict.fromkeys(names), start=1)}
    pattern = re.compile(r'("__id__"\s*:\s*|"file"\s*:\s*")(\d+)')
    text = pattern.sub(lambda found: found[1] + renamed.get(found[2], found[2]), schema)
    text = _STOP_WORDS.sub(r"\g<1>0", text)
    members = {}
    for name in source.namelist():
        stem, dot, ending = name.partition(".")
        members[renamed.get(stem, stem) + dot + ending] = source.read(name)
    members["schema.json"] = json.dumps(json.loads(text), sort_keys=True).encode()
    return _zip(dict(sorted(members.items())))


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return buffer.getvalue()
