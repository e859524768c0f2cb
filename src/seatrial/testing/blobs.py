"""The contract of a place for blobs: inherit :class:`BlobContract` and say where it is.

::

    class TestOurBucket(BlobContract):
        @pytest.fixture
        def url(self) -> str:
            return "s3://bucket/an-empty-prefix"

The fixture must name an empty place for each test.
"""

# ruff: noqa: D102
# The name of a test is its promise.

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import NotFoundError, TamperedError
from seatrial.store.blobs import Blobs

WORDS = b"all hands on deck"
NAME = hashlib.sha256(WORDS).hexdigest()
ABSENT = "0" * 64


class BlobContract:
    """What blobs promise, wherever they are kept."""

    @pytest.fixture
    def url(self) -> str:
        message = "give the address of an empty place"
        raise NotImplementedError(message)

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        """What fsspec needs beside the address."""
        return {}

    @pytest.fixture
    def blobs(self, url: str, options: dict[str, Any], tmp_path: Path) -> Blobs:
        return Blobs.open(url, cache=tmp_path / "cache", **options)

    @pytest.fixture
    def overwrite(self, url: str, options: dict[str, Any]) -> Callable[[bytes], None]:
        """Put other bytes under :data:`NAME`, behind the store's back."""
        from fsspec.core import url_to_fs

        def write(data: bytes) -> None:
            system, root = url_to_fs(url, **options)
            system.pipe_file(f"{root}/{NAME[:2]}/{NAME}", data)

        return write

    def test_what_was_put_is_got_by_its_digest(self, blobs: Blobs) -> None:
        assert blobs.put(WORDS) == NAME
        assert blobs.get(NAME) == WORDS

    @pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(256)) * 40_000])
    def test_any_bytes_can_be_put(self, blobs: Blobs, data: bytes) -> None:
        assert blobs.get(blobs.put(data)) == data

    def test_a_file_is_put_like_its_bytes(self, blobs: Blobs, tmp_path: Path) -> None:
        path = tmp_path / "words"
        path.write_bytes(WORDS)
        assert blobs.put_file(path) == NAME
        assert blobs.get(NAME) == WORDS
        assert path.read_bytes() == WORDS

    def test_a_file_that_is_not_there(self, blobs: Blobs, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="no such file"):
            blobs.put_file(tmp_path / "absent")

    def test_putting_twice_stores_once(self, blobs: Blobs, tmp_path: Path) -> None:
        (tmp_path / "words").write_bytes(WORDS)
        names = {blobs.put(WORDS), blobs.put(WORDS), blobs.put_file(tmp_path / "words")}
        assert list(blobs.digests()) == list(names) == [NAME]

    def test_every_blob_is_named_in_order(self, blobs: Blobs) -> None:
        assert list(blobs.digests()) == []
        names = [blobs.put(bytes([number])) for number in range(9)]
        assert list(blobs.digests()) == sorted(names)

    def test_what_is_there_is_known_to_be_there(self, blobs: Blobs) -> None:
        assert not blobs.has(NAME)
        blobs.put(WORDS)
        assert blobs.has(NAME)

    def test_a_deleted_blob_is_gone(self, blobs: Blobs) -> None:
        blobs.put(WORDS)
        blobs.delete(NAME)
        assert not blobs.has(NAME)
        with pytest.raises(NotFoundError, match=f"there is no blob {NAME}"):
            blobs.get(NAME)

    def test_deleting_what_is_not_there_does_nothing(self, blobs: Blobs) -> None:
        blobs.delete(ABSENT)
        assert list(blobs.digests()) == []

    def test_what_is_not_there_has_no_file(self, blobs: Blobs) -> None:
        with pytest.raises(NotFoundError, match=f"there is no blob {ABSENT}"):
            blobs.local_path(ABSENT)

    @pytest.mark.parametrize("other", [WORDS[:-1], WORDS + b"!", WORDS.upper(), b""])
    def test_changed_bytes_are_found_when_read(
        self, blobs: Blobs, overwrite: Callable[[bytes], None], other: bytes
    ) -> None:
        blobs.put(WORDS)
        overwrite(other)
        with pytest.raises(TamperedError, match=f"the blob {NAME} was changed"):
            blobs.get(NAME)
        with pytest.raises(TamperedError, match=f"the blob {NAME} was changed"):
            blobs.local_path(NAME)

    def test_a_local_path_holds_the_bytes(self, blobs: Blobs) -> None:
        blobs.put(WORDS)
        assert blobs.local_path(NAME).read_bytes() == WORDS
        assert blobs.local_path(NAME) == blobs.local_path(NAME)

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", NAME.upper(), NAME[:-1]])
    def test_a_name_that_is_no_digest_is_our_mistake(self, blobs: Blobs, name: str) -> None:
        with pytest.raises(ValueError, match="is not a digest"):
            blobs.get(name)
