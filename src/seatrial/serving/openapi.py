"""The OpenAPI document of a release: each feature with its kind, and what training saw of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.records.contract import Contract, Feature, FeatureKind
from seatrial.records.manifest import Manifest
from seatrial.runtime.request import MOST_ROWS

_TYPES: Mapping[FeatureKind, Mapping[str, Any]] = {
    "number": {"type": ["number", "null"]},
    "category": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "moment": {"type": ["string", "null"], "format": "date-time"},
    "text": {"type": ["string", "null"]},
    "image": {"type": ["string", "array", "null"], "contentEncoding": "base64"},
}
_KEY = {
    "description": "Names what is decided about; it is hashed, and routes the request.",
    "oneOf": [
        {"type": "string", "maxLength": 1024},
        {"type": "number"},
        {"type": "array", "items": {"type": ["string", "number"]}},
    ],
}
_FAULTS = {
    "type": "object",
    "required": ["error", "faults"],
    "properties": {
        "error": {"type": "string"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "fact", "hint")},
            },
        },
    },
}
_MOMENT = {"type": "string", "format": "date-time"}
_ID = {"type": "string", "description": "From the answer to /predict."}


def document(manifest: Manifest, *, replay: bool) -> dict[str, Any]:
    """Describe what a release is asked and answers.

    Ranges and levels are what training saw, told as descriptions and examples; others are answered too.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": manifest.project,
            "version": str(manifest.release),
            "description": f"What decides on {manifest.contract.target or manifest.project}.",
        },
        "paths": {
            "/predict": _post(
                "Decide about one thing, or about several.",
                _or_rows(_row(manifest, replay=replay)),
                200,
            ),
            "/decide": _post(
                "Say what a person decided.", _or_rows(_person(manifest.contract)), 202
            ),
            "/outcome": _post(
                "Say what turned out to be true.", _or_rows(_outcome(manifest.contract)), 202
            ),
            "/event": _post("Say what else happened.", _or_rows(_event()), 202),
            **{
                path: {"get": {"summary": summary, "responses": {"200": {"description": "Yes."}}}}
                for path, summary in _READS.items()
            },
        },
        "components": {"schemas": {"Faults": _FAULTS, "Decision": _decision(manifest.contract)}},
    }


_READS = {
    "/health": "Whether the process lives.",
    "/ready": "Whether it can answer, and log.",
    "/metrics": "Counts, for Prometheus.",
}


def _post(summary: str, schema: Mapping[str, Any], status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if status == 200:  # noqa: PLR2004 — HTTP's own number
        one = {"$ref": "#/components/schemas/Decision"}
        answer["content"] = _json(_or_rows(one))
    faults = {"content": _json({"$ref": "#/components/schemas/Faults"})}
    refusals = {
        "400": "Not JSON.",
        "413": "Too large.",
        "422": "Not what is asked for; each field is named.",
        "503": "Overload, or the log can't be written.",
    }
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": _json(schema)},
            "responses": {
                str(status): answer,
                **{code: {"description": words, **faults} for code, words in refusals.items()},
            },
        }
    }


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _or_rows(schema: Mapping[str, Any]) -> dict[str, Any]:
    rows = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_ROWS}
    several = {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
    return {"oneOf": [schema, several]}


def _row(manifest: Manifest, *, replay: bool) -> dict[str, Any]:
    features = _columns(manifest.contract.features)
    features["required"] = [each.name for each in manifest.contract.features]
    properties = {"key": _KEY, "features": features, "context": _columns(manifest.context)}
    if replay:
        properties["at"] = _MOMENT
    return _object(properties, required=["key", "features"])


def _columns(columns: Sequence[Feature]) -> dict[str, Any]:
    return _object({each.name: _column(each) for each in columns}, required=[])


def _column(feature: Feature) -> dict[str, Any]:
    schema: dict[str, Any] = {**_TYPES[feature.kind]}
    seen = []
    if feature.low is not None and feature.high is not None:
        seen.append(f"{feature.low:g} to {feature.high:g}")
        schema["examples"] = [feature.low, feature.high]
    if feature.levels:
        seen.append(f"{len(feature.levels)} levels")
        schema["examples"] = list(feature.levels[:20])
    if feature.missing:
        seen.append(f"{feature.missing:.1%} missing")
    if feature.shape is not None:
        size = "x".join(str(each) for each in feature.shape)
        schema["description"] = f"Pixels, {size} bytes row by row in base64, or as nested lists."
        return schema
    if seen:
        schema["description"] = f"Seen in training: {', '.join(seen)}. Others are answered too."
    return schema


def _answer(contract: Contract) -> dict[str, Any]:
    return {"enum": list(contract.classes)} if contract.classes else {"type": "number"}


def _decision(contract: Contract) -> dict[str, Any]:
    decided = {"oneOf": [_answer(contract), {"type": "null"}]}
    alternatives = _object(
        {"decision": _answer(contract), "confidence": {"type": "number"}}, required=[]
    )
    return _object(
        {
            "decision_id": {"type": "string"},
            "decision": {**decided, "description": "null where a person must decide"},
            "confidence": {"type": ["number", "null"]},
            "alternatives": {"type": "array", "items": alternatives},
            "decided_by": {"enum": ["model", "reference", "person", "fallback"]},
            "release": {"type": "string"},
            "candidate": {"type": "string"},
            "failure": {
                "type": "string",
                "description": "why the fallback, or a person; absent otherwise",
            },
        },
        required=["decision_id", "decision", "decided_by"],
    )


def _person(contract: Contract) -> dict[str, Any]:
    fields = {
        "decision_id": _ID,
        "decision": _answer(contract),
        "by": {"type": "string"},
        "at": _MOMENT,
    }
    return _object(fields, required=["decision_id", "decision"])


def _outcome(contract: Contract) -> dict[str, Any]:
    fields = {"decision_id": _ID, "key": _KEY, "outcome": _answer(contract), "at": _MOMENT}
    return _object(fields, required=["outcome"])


def _event() -> dict[str, Any]:
    fields = {
        "decision_id": _ID,
        "key": _KEY,
        "event": {"type": "string"},
        "note": {"type": "object"},
        "at": _MOMENT,
    }
    return _object(fields, required=["event"])


def _object(properties: Mapping[str, Any], *, required: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
