"""The ledger keeps its contract on both databases, and says what is wrong with a file."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from seatrial.core.clock import ManualClock
from seatrial.core.errors import StoreError, UserError
from seatrial.store import schema
from seatrial.store.ledger import Ledger
from seatrial.store.migrations import upgrade
from seatrial.testing.ledger import LedgerContract
from seatrial.testing.ledger_fixtures import CHAIN, START, open_as


class TestSqlite(LedgerContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return str(tmp_path / "ledger.db")


class TestPostgresql(LedgerContract):
    @pytest.fixture
    def url(self, postgres_url: str) -> str:
        return postgres_url


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def path(tmp_path: Path, clock: ManualClock) -> Path:
    """A ledger of one entry, closed, in one file."""
    path = tmp_path / "ledger.db"
    with open_as(CHAIN, str(path), clock) as ledger:
        ledger.append("run", {"secret": "sesame"}, key="k")
    return path


@pytest.mark.parametrize("offset", range(0, 240, 8))
def test_one_byte_flipped_in_the_file_is_found(path: Path, clock: ManualClock, offset: int) -> None:
    content = bytearray(path.read_bytes())
    first_byte_of_the_row = content.index(b"laptoprun2026")
    content[first_byte_of_the_row + offset] ^= 0x80
    path.write_bytes(content)
    with open_as(CHAIN, str(path), clock) as ledger:
        assert ledger.verify() != []


@pytest.mark.parametrize("occurrence", range(6))
def test_one_byte_flipped_in_any_table_or_index_is_found(
    path: Path, clock: ManualClock, occurrence: int
) -> None:
    content = bytearray(path.read_bytes())
    content[[match.start() for match in re.finditer(b"laptop", content)][occurrence]] ^= 0x01
    path.write_bytes(content)
    with open_as(CHAIN, str(path), clock) as ledger:
        assert ledger.verify() != []


def test_a_payload_of_another_type_is_found(path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE entry SET payload = 'text'")
        connection.commit()
    with open_as(CHAIN, str(path), clock) as ledger:
        assert ledger.verify() != []


def test_a_file_that_is_no_ledger(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes, not a ledger\n" * 100)
    with pytest.raises(StoreError, match=r"this file is not a ledger\. check the path"):
        open_as(CHAIN, str(path), clock)


def test_a_damaged_file(path: Path, clock: ManualClock) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreError, match="the ledger's file is damaged"):
        open_as(CHAIN, str(path), clock)


def test_a_folder_that_is_not_there(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(StoreError, match=r"the ledger can't be opened\. check that its folder"):
        open_as(CHAIN, str(tmp_path / "nowhere" / "ledger.db"), clock)


def test_a_ledger_that_can_only_be_read(path: Path, clock: ManualClock) -> None:
    with open_as(CHAIN, f"sqlite:///file:{path}?mode=ro&uri=true", clock) as ledger:
        assert len(ledger.find()) == 1
        with pytest.raises(StoreError, match="the ledger can only be read"):
            ledger.append("run", {})


def test_a_lock_that_is_not_let_go(path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Ledger.open(
            str(path), installation=CHAIN, clock=clock, actor="ada", secret=b"s", wait_s=0.1
        ) as ledger:
            with pytest.raises(StoreError, match="locked by another process"):
                ledger.append("run", {})
            assert len(ledger.find()) == 1


def test_a_row_that_is_locked_in_postgresql(postgres_url: str, clock: ManualClock) -> None:
    opened = {"installation": CHAIN, "clock": clock, "actor": "ada", "secret": b"s"}
    with (
        Ledger.open(postgres_url, **opened) as first,
        Ledger.open(postgres_url, **opened, wait_s=0.1) as second,
        first._database.writing() as transaction,
    ):
        transaction.lock(CHAIN)
        with pytest.raises(StoreError, match="locked by another process"):
            second.append("run", {})


def test_a_server_that_does_not_answer(clock: ManualClock) -> None:
    url = "postgresql://ada:sesame@127.0.0.1:1/ledger"
    with pytest.raises(StoreError, match="the database can't be reached") as caught:
        open_as(CHAIN, url, clock)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://db/ledger", "://"])
def test_a_database_of_another_kind(url: str, clock: ManualClock) -> None:
    with pytest.raises(UserError):
        open_as(CHAIN, url, clock)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_schema_from_scratch_equals_all_migrations(
    kind: str, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> None:
    url = (
        f"sqlite:///{tmp_path}/ledger.db"
        if kind == "sqlite"
        else request.getfixturevalue("postgres_url").replace("://", "+psycopg://")
    )
    engine = create_engine(url)
    with engine.begin() as connection:
        schema.LASTING.create_all(connection)
        upgrade(connection)
        migrated = description(connection)
        schema.PROJECTED.drop_all(connection)
        schema.PROJECTED.create_all(connection)
        assert description(connection) == migrated
        assert {"record", "fact", "seatrial_version"} <= migrated.keys()
    engine.dispose()


def description(connection: object) -> dict[str, object]:
    tables = inspect(connection)
    return {
        name: (
            [{**column, "type": repr(column["type"])} for column in tables.get_columns(name)],
            tables.get_pk_constraint(name),
            tables.get_indexes(name),
            tables.get_table_options(name) if connection.dialect.name == "sqlite" else None,
        )
        for name in tables.get_table_names()
    }


def test_the_newest_migration_is_the_current_schema(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/ledger.db")
    with engine.begin() as connection:
        upgrade(connection)
        found = connection.exec_driver_sql("SELECT version_num FROM seatrial_version").scalar()
    engine.dispose()
    assert found == schema.CURRENT


def test_alembic_is_not_imported_for_a_ledger_of_this_version(
    tmp_path: Path, in_a_new_process: Callable[..., str]
) -> None:
    program = (
        "import sys; from seatrial.store.ledger import Ledger; "
        "from seatrial.core.clock import SystemClock; "
        "assert 'sqlalchemy' not in sys.modules; "
        "Ledger.open(sys.argv[1], installation='i', clock=SystemClock(), actor='a', secret=b's'); "
        "print(*sorted({'alembic', 'sqlalchemy', 'polars', 'fsspec'} & set(sys.modules)))"
    )
    for _ in ("made", "opened again"):
        assert in_a_new_process(program, str(tmp_path / "ledger.db")) == "sqlalchemy\n"


def test_importing_the_room_imports_nothing_heavy(in_a_new_process: Callable[..., str]) -> None:
    program = (
        "import sys, seatrial.store; "
        "print(*{'alembic', 'sqlalchemy', 'polars', 'fsspec', 'numpy'} & set(sys.modules))"
    )
    assert in_a_new_process(program) == "\n"
