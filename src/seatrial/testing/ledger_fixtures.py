"""What the suites of the ledger stand on: a ledger, ways to it from behind, and other processes."""

# ruff: noqa: D102
# The name of a fixture is what it is.

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from seatrial.core.clock import ManualClock
from seatrial.store.entry import Entry
from seatrial.store.ledger import Ledger

START = datetime(2026, 1, 1, tzinfo=UTC)
CHAIN = "laptop"


class LedgerFixtures:
    """An empty ledger, one with three entries, and one elsewhere."""

    @pytest.fixture
    def url(self) -> str:
        message = "give the URL of an empty database"
        raise NotImplementedError(message)

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(START)

    @pytest.fixture
    def ledger(self, url: str, clock: ManualClock) -> Iterator[Ledger]:
        with open_as(CHAIN, url, clock) as ledger:
            yield ledger

    @pytest.fixture
    def three(self, ledger: Ledger) -> list[Entry]:
        return [ledger.append("run", {"number": number}, key="k") for number in (1, 2, 3)]

    @pytest.fixture
    def elsewhere(self, tmp_path: Path, clock: ManualClock) -> Iterator[Ledger]:
        with open_as("desktop", f"{tmp_path}/elsewhere.db", clock) as ledger:
            yield ledger

    @pytest.fixture
    def tamper(self, url: str) -> Callable[[str], None]:
        def change(statement: str) -> None:
            with behind(url) as connection:
                assert connection.execute(text(statement)).rowcount > 0

        return change


def child(program: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a program in a process of its own."""
    words = [str(argument) for argument in arguments]
    return subprocess.Popen([sys.executable, "-c", program, *words])  # noqa: S603 - our own words


def open_as(installation: str, url: str, clock: ManualClock) -> Ledger:
    """Open a ledger as one of several installations."""
    return Ledger.open(url, installation=installation, clock=clock, actor="ada", secret=b"s")


def behind(url: str) -> AbstractContextManager[Connection]:
    """Reach behind a ledger, with the rights of whoever keeps its database."""
    address = url if "://" in url else f"sqlite:///{url}"
    parsed = make_url(address)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool).begin()


def overwrite(url: str, *, seq: int, payload: bytes) -> None:
    """Change what an entry holds, and nothing else."""
    with behind(url) as connection:
        connection.execute(
            text("UPDATE entry SET payload = :payload WHERE seq = :seq"),
            {"payload": payload, "seq": seq},
        )


def drop_projections(url: str) -> None:
    """Leave a ledger with what lasts, as an older version would have."""
    with behind(url) as connection:
        for table in ("record", "fact", "seatrial_version"):
            connection.execute(text(f"DROP TABLE {table}"))
