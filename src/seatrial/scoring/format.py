"""The archive format of a candidate, versions 1 and 2.

An archive is a ZIP file, its members stored in this order with a fixed date, so that equal
candidates are equal bytes:

- ``archive.json``: the :class:`Header`;
- ``estimator.skops``: the fitted scikit-learn pipeline (form ``estimator``);
- ``model.onnx``: its fast form, only if it was proved the same.

Version 2 has what version 1 lacks: features of kind ``text`` and ``image`` with their shape and
encoder, and the form ``column``. A header that needs none of it is written as version 1, so that
the candidate of a table has the digest that it always had.

How to change it: add a number to :data:`READABLE`, teach :func:`read_header` to lift an older header
to the newest, keep one archive of each older version under ``tests/scoring/archives`` with the answers
that it must give, and write the change into ``docs/archive.md``. A number never changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from seatrial.core.digest import canonical
from seatrial.core.errors import ArchiveError
from seatrial.records.contract import Contract

NEWEST = 2
READABLE = frozenset({1, 2})
HEADER, ESTIMATOR, ONNX = "archive.json", "estimator.skops", "model.onnx"
MEMBERS = (HEADER, ESTIMATOR, ONNX)
MOST_BYTES = 2_000_000_000
"""Of one member, unpacked."""

FormName = Literal["constant", "column", "rule", "estimator"]


@dataclass(frozen=True, slots=True)
class Parity:
    """What was found when the fast form was held against the estimator.

    Attributes:
        rows: Real rows compared.
        edge_rows: Made-up rows compared: nulls, unseen levels, extremes.
        greatest_difference: Of any score; relative to the spread of the target for regression.
        flipped: Decisions that differ.
        proved: Whether the fast form is used.
        reason: Why it isn't.
    """

    rows: int
    edge_rows: int
    greatest_difference: float | None
    flipped: int
    proved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What an archive says of itself.

    Attributes:
        form: How it answers.
        family: Name of the ladder's rung that made it.
        contract: What it is asked and answers.
        threshold: Least score of the positive class to be called positive; binary only.
        parameters: The form's own: a rule's text, a constant's scores.
        code: Digest of the feature module that it needs, by name; None without one.
        types: Types of the user's package in the estimator.
        parity: How the fast form compares; None without one.
        members: SHA-256 of every other member.
    """

    form: FormName
    family: str
    contract: Contract
    threshold: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, str] | None = None
    types: tuple[str, ...] = ()
    parity: Parity | None = None
    members: Mapping[str, str] = field(default_factory=dict)


def write_header(header: Header) -> bytes:
    """Write a header as the oldest version that can say all of it."""
    plain = {name: getattr(header, name) for name in Header.__slots__}
    return canonical({**plain, "format": _version(header), "contract": header.contract.to_json()})


def _version(header: Header) -> int:
    contract = header.contract
    is_new = any(each.kind in {"text", "image"} for each in (*contract.features, *contract.derived))
    return NEWEST if is_new or header.form == "column" else 1


def read_header(data: bytes) -> Header:
    """Read a header of any readable version.

    Raises:
        ArchiveError: it isn't one, or it is of a version that this program doesn't know.
    """
    try:
        plain = json.loads(data)
        version = plain.pop("format")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ArchiveError("the archive has no readable header", where=HEADER) from None
    if version not in READABLE:
        hint = f"this program reads {sorted(READABLE)}; a newer Seatrial may read it"
        raise ArchiveError(f"the archive has format {version}", where=HEADER, hint=hint)
    try:
        return Header(
            **{
                **plain,
                "contract": Contract.from_json(plain["contract"]),
                "types": tuple(plain["types"]),
                "parity": Parity(**plain["parity"]) if plain["parity"] else None,
            }
        )
    except (TypeError, KeyError, AttributeError):
        raise ArchiveError("the archive's header lacks something", where=HEADER) from None
