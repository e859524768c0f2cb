"""Digests: the names of things by their content.

A digest is the SHA-256 of bytes, in hexadecimal. Values are written as canonical JSON first (keys
sorted, no spaces, no NaN), so that equal values have equal digests on every machine and in every
version of Python.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

_READ_BYTES = 1 << 20


def canonical(value: Any) -> bytes:
    """Write a value as canonical JSON.

    Raises:
        ValueError: a float is NaN or infinite, or a type has no JSON form.

    >>> canonical({"b": 1, "a": [True, None, 0.1]})
    b'{"a":[true,null,0.1],"b":1}'
    """
    try:
        text = json.dumps(
            value,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
            default=_plain,
        )
    except TypeError as error:
        raise ValueError(str(error)) from error
    return text.encode()


def digest(value: Any) -> str:
    """Name a value by its content.

    >>> digest({"a": 1})[:12]
    '015abd7f5cc5'
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def digest_bytes(*chunks: Any) -> str:
    """Name bytes, or anything with a buffer, by content; chunks are read as if joined."""
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(chunk)
    return total.hexdigest()


def digest_file(path: Path) -> str:
    """Name a file by its bytes, without holding it in memory."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_READ_BYTES):
            total.update(chunk)
    return total.hexdigest()


def keyed_hash(secret: bytes, text: str) -> str:
    """Name a person or a row's key so that the ledger need not hold it (HMAC-SHA-256, RFC 2104).

    >>> keyed_hash(b"secret", "ada")[:8]
    '3c304861'
    """
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def short(name: str) -> str:
    """Show a digest to a person: its first 6 signs.

    >>> short("015abd7f5cc57a2d")
    '015abd'
    """
    return name[:6]


def merge(digests: Iterable[str]) -> str:
    """Name an ordered list of things by their names."""
    return digest(list(digests))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    message = f"{type(value).__name__} has no canonical form: {value!r}"
    raise TypeError(message)
