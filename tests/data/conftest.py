"""A store, and a way from rows to a snapshot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seatrial.data.fingerprint import Fingerprints
from seatrial.data.snapshot import freeze
from seatrial.plan.schema_data import Data
from seatrial.records.dataset import Snapshot
from seatrial.store import Blobs, Tables


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.open(str(tmp_path / "blobs"))


@pytest.fixture
def tables(blobs: Blobs) -> Tables:
    return Tables(blobs)


@pytest.fixture
def digests(tmp_path: Path) -> Fingerprints:
    return Fingerprints(tmp_path / "digests.json")


@pytest.fixture
def frozen(
    tmp_path: Path, tables: Tables, digests: Fingerprints
) -> Callable[..., tuple[Snapshot, Data]]:
    """Freeze a frame as the only source of a plan; keyword arguments are keys of ``data``."""

    def freeze_frame(frame: pl.DataFrame, **section: Any) -> tuple[Snapshot, Data]:
        frame.write_parquet(tmp_path / "rows.parquet")
        data = Data(sources={"rows": {"uri": "rows.parquet"}}, **{"key": "id", **section})
        return freeze(data, root=tmp_path, tables=tables, digests=digests), data

    return freeze_frame
