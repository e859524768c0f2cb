"""Blobs keep their contract in a folder, in memory and over the protocol of S3."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from seatrial.core.errors import StoreError, TamperedError
from seatrial.store.blobs import Blobs
from seatrial.testing.blobs import NAME, WORDS, BlobContract


class TestFolder(BlobContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return str(tmp_path / "made" / "when needed")

    def test_a_file_changed_after_it_was_checked_is_not_given_again(self, blobs: Blobs) -> None:
        blobs.put(WORDS)
        blobs.local_path(NAME).write_bytes(b"mutiny")
        with pytest.raises(TamperedError):
            blobs.local_path(NAME)


class TestMemory(BlobContract):
    @pytest.fixture
    def url(self) -> str:
        return f"memory://{uuid.uuid4().hex}"

    def test_a_copy_that_was_changed_is_fetched_again(self, blobs: Blobs) -> None:
        blobs.put(WORDS)
        blobs.local_path(NAME).write_bytes(b"mutiny")
        assert blobs.local_path(NAME).read_bytes() == WORDS


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class TestS3(BlobContract):
    @pytest.fixture
    def options(self, s3_endpoint: str) -> dict[str, str]:
        return {"endpoint_url": s3_endpoint, "key": "key", "secret": "secret"}

    @pytest.fixture
    def url(self, s3_endpoint: str) -> str:
        bucket = uuid.uuid4().hex
        boto3.client(
            "s3",
            endpoint_url=s3_endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        ).create_bucket(Bucket=bucket)
        return f"s3://{bucket}/blobs"


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    blobs = Blobs.open(
        "s3://bucket/blobs",
        endpoint_url="http://127.0.0.1:1",
        key="key",
        secret="secret",
        config_kwargs={"retries": {"max_attempts": 0}},
    )
    with pytest.raises(StoreError, match="blobs can't be reached"):
        blobs.put(WORDS)


def test_an_address_of_no_known_kind() -> None:
    with pytest.raises(StoreError, match="carrierpigeon"):
        Blobs.open("carrierpigeon://roof")


def test_a_missing_driver_is_named_with_what_installs_it(
    in_a_new_process: Callable[..., str],
) -> None:
    program = """
import sys
sys.modules["s3fs"] = None
from seatrial.core.errors import MissingExtraError
from seatrial.store.blobs import Blobs
try:
    Blobs.open("s3://bucket")
except MissingExtraError as error:
    print(error)
"""
    said = "Storing in s3://bucket needs the extra `s3`. pip install 'seatrial[s3]'\n"
    assert in_a_new_process(program) == said


DIE_BEFORE_THE_RENAME = """
import os, signal, sys
from pathlib import Path
from seatrial.store.blobs import Blobs

Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Blobs.open(sys.argv[1]).put(b"all hands on deck")
"""

DIE_HALF_WAY = """
import os, signal, sys
from seatrial.store import blobs

def half():
    yield b"all hands"
    os.kill(os.getpid(), signal.SIGKILL)

blobs._chunks = lambda path: half()
blobs.Blobs.open(sys.argv[1]).put_file(blobs.Path(sys.executable))
"""


@pytest.mark.parametrize("program", [DIE_BEFORE_THE_RENAME, DIE_HALF_WAY])
def test_a_writer_that_is_killed_leaves_nothing_to_be_seen(tmp_path: Path, program: str) -> None:
    folder = tmp_path / "blobs"
    killed = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    blobs = Blobs.open(str(folder))
    assert killed.returncode == -signal.SIGKILL
    assert list((folder / ".partial").iterdir()) != []
    assert list(blobs.digests()) == []
    assert blobs.get(blobs.put(WORDS)) == WORDS


def test_a_writer_that_fails_leaves_nothing_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    blobs = Blobs.open(str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full"):
        blobs.put(WORDS)
    assert list(blobs.digests()) == []
    assert list((tmp_path / ".partial").iterdir()) == []


def test_a_folder_where_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("not a folder")
    with pytest.raises(StoreError, match="blobs can't be reached"):
        Blobs.open(str(tmp_path / "blobs")).put(WORDS)
