"""What a snapshot depends on, as one digest; computed without reading a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial.core.digest import digest
from seatrial.data.fingerprint import Fingerprints
from seatrial.data.locations import locate
from seatrial.plan.schema_data import Data, Source

FORMAT_VERSION = 1
"""Raised when the same sources give another snapshot than before."""


def recipe_key(data: Data, *, root: Path, digests: Fingerprints) -> str:
    """Name everything that a snapshot depends on: bytes of the sources, joins, exclusions, key.

    Equal keys mean equal snapshots, so that an unchanged plan on unchanged files reads nothing.

    Raises:
        DataError: a source isn't there or can't be read.
    """
    return digest(
        {
            "version": FORMAT_VERSION,
            "sources": [_source(name, data.sources[name], root, digests) for name in data.sources],
            "key": list(data.keys),
            "exclude": [[rule.where, rule.because] for rule in data.exclude],
            **({"lags": _lags(data)} if data.lags is not None else {}),
        }
    )


def _source(name: str, source: Source, root: Path, digests: Fingerprints) -> dict[str, Any]:
    location = locate(source.uri, root=root, format=source.format)
    return {
        "name": name,
        "bytes": digests.of(location),
        "format": location.format,
        "zipped": location.zipped,
        "join": None if source.join is None else source.join.model_dump(),
        **({} if source.header else {"header": False}),
    }


def _lags(data: Data) -> list[Any]:
    assert data.lags is not None
    return [data.time, data.lags.model_dump()]
