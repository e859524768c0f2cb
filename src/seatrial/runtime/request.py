"""What a caller sends: read by a decoder that is made from the contract, with every fault named."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from seatrial.core.errors import DataError, Fault
from seatrial.records.contract import Contract, Feature, FeatureKind
from seatrial.records.image import from_request
from seatrial.runtime.faults import find_faults
from seatrial.runtime.wire import Key, checked_key, moment

MOST_ROWS = 1000
"""Rows of one request."""
_TYPES: Mapping[FeatureKind, Any] = {
    "number": float | None,
    "category": str | None,
    "boolean": bool | None,
    "moment": str | None,
    "text": str | None,
    "image": str | list[Any] | None,
}


class NotJsonError(DataError):
    """The body of a request is not JSON at all."""

    http_status = 400


class Request(msgspec.Struct, frozen=True):
    """One thing to decide about.

    Attributes:
        key: Its key as text; see :func:`~seatrial.runtime.wire.key_text`.
        features: Raw inputs as they came, by name.
        context: What was sent beside them.
        row: Both together, with moments as datetimes in UTC without a zone: what models and rules read.
        at: When the event happened; None: now.
        arrived_ns: Reading of ``time.perf_counter_ns`` when it arrived.
    """

    key: str
    features: Mapping[str, Any]
    context: Mapping[str, Any]
    row: Mapping[str, Any]
    at: datetime | None
    arrived_ns: int


class RequestReader:
    """Reads requests of one contract.

    Args:
        contract: Names and kinds of the features; each must be sent, null stands for a missing value.
        context: What may be sent beside them.
        replay: Whether a request may say when it happened.
    """

    def __init__(
        self, contract: Contract, context: Sequence[Feature] = (), *, replay: bool = True
    ) -> None:
        self._contract, self._context, self._replay = contract, tuple(context), replay
        self._names = [each.name for each in contract.features]
        self._beside = [each.name for each in context]
        self._moments = [
            each.name for each in (*contract.features, *context) if each.kind == "moment"
        ]
        self._numbers = [
            each.name for each in (*contract.features, *context) if each.kind == "number"
        ]
        self._images = [each for each in contract.features if each.shape is not None]
        self._one = _row_type(contract.features, self._context)
        self._decode_one = msgspec.json.Decoder(self._one).decode
        self._decode_rows = msgspec.json.Decoder(_rows_type(self._one)).decode

    def body(self, data: bytes) -> tuple[list[Request], bool]:
        """Read the body of a request to decide.

        Returns:
            The requests, and whether they came as ``{"rows": [...]}``.

        Raises:
            NotJsonError: it isn't JSON.
            DataError: it isn't what the contract asks for; holds every fault.
        """
        arrived = time.perf_counter_ns()
        try:
            try:
                given, several = [self._decode_one(data)], False
            except msgspec.ValidationError:
                given, several = self._decode_rows(data).rows, True
            if 0 < len(given) <= MOST_ROWS:
                return [self._request(each, arrived) for each in given], several
        except (ValueError, RecursionError):
            pass  # what is wrong is found below, all of it
        raise self._refused(read_json(data))

    def one(
        self,
        *,
        key: Any,
        features: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> Request:
        """Read one request from values instead of bytes.

        Raises:
            DataError: it isn't what the contract asks for; holds every fault.
        """
        arrived = time.perf_counter_ns()
        plain = {"key": key, "features": features, "context": dict(context or {}), "at": at}
        try:
            request = self._request(msgspec.convert(plain, self._one), arrived)
            msgspec.json.encode(plain)  # a text that can't be written can't be logged
            if all(math.isfinite(request.row.get(name) or 0.0) for name in self._numbers):
                return request
        except (ValueError, RecursionError):
            pass  # what is wrong is found below, all of it
        raise self._refused(plain)

    def _request(self, given: Any, arrived: int) -> Request:
        """Build a request from what was decoded; a ``ValueError`` sends it to the list of faults."""
        features = dict(zip(self._names, msgspec.structs.astuple(given.features), strict=True))
        for each in self._images:
            if features[each.name] is not None:
                features[each.name] = _cell(features[each.name], each)
        context: dict[str, Any] = {}
        if given.context is not None:
            sent = zip(self._beside, msgspec.structs.astuple(given.context), strict=True)
            context = {name: value for name, value in sent if value is not msgspec.UNSET}
        row = {**features, **context} if context else features
        if self._moments:
            row = {**row, **{name: moment(row[name]) for name in self._moments if row.get(name)}}
        at = None
        if given.at is not None:
            at = moment(given.at).replace(tzinfo=UTC)
            if not self._replay:
                raise ValueError("at")
        return Request(checked_key(given.key), features, context, row, at, arrived)

    def _refused(self, plain: Any) -> DataError:
        faults = find_faults(
            plain, self._contract, self._context, replay=self._replay, most_rows=MOST_ROWS
        )
        return refusal(faults)


def _cell(value: Any, feature: Feature) -> str:
    """An image as a cell; a ``ValueError`` sends it to the list of faults."""
    assert feature.shape is not None
    try:
        return from_request(value, feature.shape)
    except DataError as error:
        raise ValueError(feature.name) from error


def read_json(data: bytes) -> Any:
    """Read a body as JSON.

    Raises:
        NotJsonError: it isn't JSON, or there is none.
    """
    if not data.strip():
        raise NotJsonError("there is no body", where="body", hint="send one JSON object")
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        fact = f"the body is not JSON: {error}"
        raise NotJsonError(fact, where="body", hint="send one JSON object, in UTF-8") from None


def refusal(faults: Sequence[Fault]) -> DataError:
    """One error that holds every fault of a request."""
    first = faults[0]
    error = DataError(first.fact, where=first.where, hint=first.hint)
    error.faults = tuple(faults)
    return error


def _row_type(features: Sequence[Feature], context: Sequence[Feature]) -> Any:
    fields: list[Any] = [
        ("key", Key),
        ("features", _columns_type(features, needed=True)),
        ("context", _columns_type(context, needed=False) | None, None),
        ("at", str | None, None),
    ]
    return msgspec.defstruct("Row", fields, forbid_unknown_fields=True)


def _rows_type(row: Any) -> Any:
    return msgspec.defstruct("Rows", [("rows", list[row])], forbid_unknown_fields=True)


def _columns_type(columns: Sequence[Feature], *, needed: bool) -> Any:
    """A type whose fields bear the columns' names; Python only sees ``f0``, ``f1`` ..."""
    fields: list[Any] = [
        (f"f{at}", _TYPES[each.kind])
        if needed
        else (f"f{at}", _TYPES[each.kind] | msgspec.UnsetType, msgspec.UNSET)
        for at, each in enumerate(columns)
    ]
    names = {f"f{at}": each.name for at, each in enumerate(columns)}
    return msgspec.defstruct("Columns", fields, rename=names, forbid_unknown_fields=True)
