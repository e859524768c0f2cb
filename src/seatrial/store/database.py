"""Opening SQLite and PostgreSQL, and saying in a sentence what either complains of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from seatrial.core.errors import MissingExtraError, StoreError, UserError
from seatrial.store import schema
from seatrial.store.transaction import Transaction

_BEGIN = "seatrial_begin"
# The default of 2 MiB is read again from the disk at each search of a thousand runs.
_CACHE_KIB = 65_536

_SENTENCES = (
    ("locked", "the ledger is locked by another process", "wait for it to finish and try again"),
    ("readonly", "the ledger can only be read", "give yourself the right to write to it"),
    ("not a database", "this file is not a ledger", "check the path, or restore a copy"),
    (
        "malformed",
        "the ledger's file is damaged",
        "restore a copy, then `seatrial ledger pull` the rest",
    ),
    ("disk is full", "the disk is full", "make room; nothing was half-written"),
    ("unable to open", "the ledger can't be opened", "check that its folder exists and is yours"),
    ("lock timeout", "the ledger is locked by another process", "wait for it and try again"),
    ("connection", "the database can't be reached", "check that the server runs, and the address"),
)


class Database:
    """A ledger's database, with every table that this version needs."""

    def __init__(self, url: str, *, wait_s: float) -> None:
        parsed = _parse(url)
        self.place = parsed.render_as_string(hide_password=True)
        self._engine = _engine(parsed, wait_s=wait_s)
        self._writing = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._reading = _one_state(self._engine)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See one state of the database, whatever others write meanwhile."""
        with self._in_words(), self._reading.begin() as connection:
            yield Transaction(connection)

    @contextmanager
    def auditing(self) -> Iterator[Transaction]:
        """As :meth:`reading`, but bytes that aren't text are read as other text, not refused."""
        with self.reading() as transaction:
            driver = transaction.connection.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                yield transaction
                return
            driver.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")
            try:
                yield transaction
            finally:
                driver.text_factory = str

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Write all or nothing."""
        with self._in_words(), self._writing.begin() as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with self.reading() as transaction:
            version = transaction.version()
        if version == schema.CURRENT:
            return
        if version is not None and version > schema.CURRENT:
            fact = f"the ledger was written by a newer Seatrial (revision {version})"
            raise StoreError(fact, where=self.place, hint="upgrade Seatrial to read it")
        with self.writing() as transaction:
            _bring_up_to_date(transaction)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self._sentence(error) from error

    def _sentence(self, error: Exception) -> StoreError:
        said = str(getattr(error, "orig", None) or error)
        for sign, sentence, hint in _SENTENCES:
            if sign in said:
                return StoreError(sentence, where=self.place, hint=hint)
        reason = said.splitlines()[0] if said else type(error).__name__
        return StoreError(f"the database refused: {reason}", where=self.place)


def _bring_up_to_date(transaction: Transaction) -> None:
    transaction.lock_schema()
    version = transaction.version()
    if version is None:
        transaction.create()
    elif version != schema.CURRENT:
        from seatrial.store.migrations import upgrade

        upgrade(transaction.connection)
        transaction.rebuild()


def _parse(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UserError(f"{url!r} is not a database URL") from error
    family = parsed.get_backend_name()
    if family not in {"sqlite", "postgresql"}:
        hint = "give a file's path or postgresql://user@host/name"
        raise UserError(f"a ledger can't be kept in {family}", hint=hint)
    return parsed.set(drivername="postgresql+psycopg") if family == "postgresql" else parsed


def _engine(url: URL, *, wait_s: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": wait_s})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise MissingExtraError("A ledger in PostgreSQL", extra="postgres") from error
    event.listen(engine, "connect", partial(_set_up_postgresql, wait_s))
    return engine


def _one_state(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _set_up_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver would begin transactions by itself, and deferred ones: two writers that both
    # read first then fail at once instead of waiting for each other.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")


def _set_up_postgresql(wait_s: float, connection: Any, _: Any) -> None:
    connection.execute(f"SET lock_timeout = {round(wait_s * 1000)}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
