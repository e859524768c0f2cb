"""A PostgreSQL server of our own, for as long as the tests run."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

ROLE = "seatrial"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder of a running server's socket."""
    folder = Path(tempfile.mkdtemp(prefix="seatrial-pg-"))
    as_owner = unprivileged(folder)
    data = folder / "data"
    run([program("initdb"), "-D", data, "-U", ROLE, "-A", "trust", "-E", "UTF8", "-N"], as_owner)
    settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    control = [program("pg_ctl"), "-D", data, "-w", "-l", folder / "log"]
    run([*control, "-o", settings, "start"], as_owner)
    yield folder
    run([*control, "-m", "immediate", "stop"], as_owner)
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: Path) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"ledger_{uuid.uuid4().hex}"
    engine = create_engine(
        f"postgresql+psycopg://{ROLE}@/postgres?host={postgres_server}",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield f"postgresql://{ROLE}@/{name}?host={postgres_server}"
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    pytest.fail(f"{name} was not found; install the package `postgresql` to run these tests")


def unprivileged(folder: Path) -> dict[str, object]:
    """How to start the server: it refuses to run as root, so root becomes somebody else."""
    if os.geteuid() != 0:
        return {}
    known = {person.pw_name for person in pwd.getpwall()}
    owner = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def run(command: list[object], as_owner: dict[str, object]) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **as_owner,
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stderr}")


@pytest.fixture
def in_a_new_process() -> Callable[..., str]:
    """Run a program in an interpreter of its own and return what it prints."""

    def call(source: str, *arguments: str) -> str:
        command = [sys.executable, "-c", source, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return call
