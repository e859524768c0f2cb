"""A file is named by its bytes, and read again only when it changed."""

import json
import os
from pathlib import Path

import pytest

from seatrial.core.digest import digest_file
from seatrial.core.errors import DataError
from seatrial.data.fingerprint import Fingerprints
from seatrial.data.locations import locate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n")
    return path


def test_the_name_is_the_digest_of_the_bytes(file: Path, tmp_path: Path) -> None:
    known = Fingerprints(tmp_path / "digests.json")
    assert known.of(locate("rows.csv", root=tmp_path)) == digest_file(file)


def test_an_unchanged_file_is_not_read_again(file: Path, tmp_path: Path, monkeypatch) -> None:
    location = locate("rows.csv", root=tmp_path)
    before = Fingerprints(tmp_path / "digests.json").of(location)
    monkeypatch.setattr("seatrial.data.fingerprint.digest_file", lambda path: pytest.fail("read"))
    assert Fingerprints(tmp_path / "digests.json").of(location) == before


def test_a_changed_file_of_the_same_size_gets_another_name(file: Path, tmp_path: Path) -> None:
    location, known = locate("rows.csv", root=tmp_path), Fingerprints(tmp_path / "digests.json")
    before = known.of(location)
    file.write_text("a,b\n1,3\n")
    os.utime(file, ns=(0, 0))
    assert known.of(location) != before


@pytest.mark.parametrize("half", ["", "{", "[1]", '{"/a": ', "wrong"])
def test_half_a_memory_is_made_again(file: Path, tmp_path: Path, half: str) -> None:
    text = half if half != "wrong" else json.dumps({str(file): 5})
    (tmp_path / "digests.json").write_text(text)
    name = Fingerprints(tmp_path / "digests.json").of(locate("rows.csv", root=tmp_path))
    assert name == digest_file(file)


def test_a_file_that_went_away_is_a_data_error(file: Path, tmp_path: Path) -> None:
    location = locate("rows.csv", root=tmp_path)
    file.unlink()
    with pytest.raises(DataError, match=r"rows\.csv: there is no such file"):
        Fingerprints(tmp_path / "digests.json").of(location)
