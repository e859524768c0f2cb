"""What is not what it says is refused before anything is built."""

import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from seatrial.core.errors import ArchiveError
from seatrial.models.export import archive
from seatrial.models.ladder import Sample, fit
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import audit, open_archive
from seatrial.scoring.format import HEADER, read_header

CONTRACT = Contract("binary", (Feature("x", "number", -3, 3),), classes=("no", "yes"))
X = np.random.default_rng(1).normal(size=400)


@pytest.fixture(scope="module")
def good() -> bytes:
    made = fit("linear", CONTRACT, Sample({"x": X}, (X > 0).astype(np.int64)), {})
    return archive(made, CONTRACT, threshold=0.5, proof=X.reshape(-1, 1))


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return {name: source.read(name) for name in source.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, data in content.items():
            target.writestr(name, data)
    return buffer.getvalue()


def header(data: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(members(data)[HEADER]), **changes}).encode()


def test_one_changed_byte_of_a_member_is_found(good) -> None:
    content = members(good)
    estimator = content["estimator.skops"]
    content["estimator.skops"] = estimator[:-1] + bytes([estimator[-1] ^ 1])
    with pytest.raises(ArchiveError, match="not what its header says"):
        audit(packed(content))


def test_a_member_that_climbs_out_is_refused(good) -> None:
    with pytest.raises(ArchiveError, match="holds what it may not"):
        audit(packed({**members(good), "../../etc/passwd": b""}))


def test_a_member_twice_is_refused(good) -> None:
    buffer = io.BytesIO(good)
    with zipfile.ZipFile(buffer, "a") as target, pytest.warns(UserWarning, match="Duplicate name"):
        target.writestr(HEADER, b"{}")
    with pytest.raises(ArchiveError, match="one name twice"):
        audit(buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"\x80\x04\x95"])
def test_bytes_that_are_no_archive_are_refused(data) -> None:
    with pytest.raises(ArchiveError, match="not an archive"):
        audit(data)


def test_a_format_of_the_future_is_refused_with_what_can_be_read(good) -> None:
    content = members(good) | {HEADER: header(good, format=3)}
    with pytest.raises(ArchiveError, match="the archive has format 3"):
        audit(packed(content))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 1}'])
def test_a_header_that_lacks_something_is_refused(data) -> None:
    with pytest.raises(ArchiveError):
        read_header(data)


def test_an_estimator_with_a_foreign_type_is_not_built(good) -> None:
    import skops.io

    from seatrial.core.digest import digest_bytes

    class Foreign:
        def __init__(self) -> None:
            self.value = 1

    foreign = skops.io.dumps(Foreign())
    digests = {name: digest_bytes(data) for name, data in members(good).items() if name != HEADER}
    digests["estimator.skops"] = digest_bytes(foreign)
    content = members(good) | {"estimator.skops": foreign, HEADER: header(good, members=digests)}
    with pytest.raises(ArchiveError, match="the estimator holds"):
        open_archive(packed(content), fast=False)


def test_a_pickle_in_place_of_the_estimator_is_not_loaded(good) -> None:
    import pickle

    from seatrial.core.digest import digest_bytes

    evil = pickle.dumps(print)
    digests = {name: digest_bytes(data) for name, data in members(good).items() if name != HEADER}
    digests["estimator.skops"] = digest_bytes(evil)
    content = members(good) | {"estimator.skops": evil, HEADER: header(good, members=digests)}
    with pytest.raises(ArchiveError, match="can't be read"):
        open_archive(packed(content), fast=False)


def test_reading_an_estimator_loads_no_array_library_that_happens_to_be_installed(tmp_path) -> None:
    (tmp_path / "torch.py").write_text("print('loaded')\n")
    code = "from seatrial.scoring.skops_io import skops_io; skops_io(); print('read'); import torch"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["read", "loaded"]
