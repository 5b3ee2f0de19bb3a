"""The database: an engine, and its tables at the newest version. SQLite, or PostgreSQL by psycopg."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

_MIGRATIONS = "cds_service.store:migrations"
_MIGRATING = 0x6F6E636F
"""The number of the lock that one migration of a PostgreSQL database holds against others."""

_ALEMBIC = threading.Lock()
"""Alembic keeps what it works on in its modules: one migration at a time in a process."""

_WAIT_SECONDS = 5.0
"""How long a transaction waits for the locks of others, where nobody waits for it."""

_REST_SECONDS = 2.0
"""How long a database that kept somebody waiting is not asked by those who cannot wait."""

_CONNECT_SECONDS = 2
_CONNECTING: Mapping[str, dict[str, Any]] = {
    "sqlite": {"timeout": _CONNECT_SECONDS},
    # A connection that nothing comes back on is given up after 5 s.
    "postgresql": {"connect_timeout": _CONNECT_SECONDS, "tcp_user_timeout": 5000},
}
"""What drivers are told, unless the URL tells them otherwise: how long connecting may take."""


class StoreFailed(Exception):
    """The database could not be reached or written. Its message names the kind of error and holds no data."""


class StoreRefused(StoreFailed):
    """The database was reached and refused what it was given, as it would again."""


class Database:
    """A database by its URL. Nothing is opened before it is used, so that a service starts without its store."""

    def __init__(self, url: str) -> None:
        self._url = _with_driver(make_url(url))
        waits = _CONNECTING["sqlite" if self._is_sqlite else "postgresql"]
        given = {name: value for name, value in waits.items() if name not in self._url.query}
        options = {} if self._is_sqlite else {"pool_pre_ping": True, "pool_timeout": _CONNECT_SECONDS}
        self._engine = create_engine(self._url, hide_parameters=True, connect_args=given, **options)
        self._lock = threading.Lock()
        self._migrated = False
        self._rests_until = 0.0
        if self._is_sqlite:
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_immediately)
        else:
            event.listen(self._engine, "begin", _set_timeouts)

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def url(self) -> str:
        """The URL, without a password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def _file(self) -> Path | None:
        """The file of an SQLite database; None for one in memory, and for a server."""
        name = self._url.database
        return Path(name) if self._is_sqlite and name and name != ":memory:" else None

    def migrate(self) -> None:
        """Brings the tables to the newest version; done once, by one process at a time. Raises StoreFailed."""
        self._migrate(None)

    def revisions(self) -> tuple[str, str]:
        """The version of the tables ("" without tables), and the newest one. Changes nothing. Raises StoreFailed."""
        newest = ScriptDirectory.from_config(_alembic()).get_current_head() or ""
        if self._file is not None and not self._file.exists():
            return "", newest
        with _as_store_failed(), self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or "", newest

    @contextmanager
    def transaction(self, within: float | None = None) -> Iterator[Session]:
        """A session whose work is committed at the end, or not at all. Raises StoreFailed.

        `within` is for those whom somebody waits for: no statement and no lock takes longer than these seconds, and a
        database that failed one of them is not asked by the next for a while. Connecting may take 2 s, once.
        """
        if within is not None and time.monotonic() < self._rests_until:
            raise StoreFailed("resting")
        try:
            self._migrate(within)
            with _as_store_failed(), Session(self._hurried(within)) as session, session.begin():
                yield session
        except StoreRefused:
            raise
        except StoreFailed:
            if within is not None:
                self._rests_until = time.monotonic() + _REST_SECONDS
            raise

    def _hurried(self, within: float | None) -> Engine:
        return self._engine if within is None else self._engine.execution_options(**{_WITHIN: within})

    def _migrate(self, within: float | None) -> None:
        if self._migrated:
            return
        if not self._lock.acquire(timeout=-1 if within is None else within):
            raise StoreFailed("another migrates")
        try:
            with _as_store_failed():
                if not self._migrated:
                    self._upgrade(self._hurried(within))
                    self._migrated = True
        finally:
            self._lock.release()

    def _upgrade(self, engine: Engine) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        with engine.begin() as connection:
            if not self._is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})
            config = _alembic()
            config.attributes["connection"] = connection
            with _ALEMBIC:
                command.upgrade(config, "head")
        if not self._is_sqlite:
            # A server that loads before it forks must not leave its connection to several workers.
            self._engine.dispose()

    def insert(self, table: type[Any]) -> postgresql.Insert | sqlite.Insert:
        """An insert into the table of a model which may say what to do about a row that is there already."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()


_WITHIN = "oncology_cds_within"


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    return config


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


@contextmanager
def _as_store_failed() -> Iterator[None]:
    # The message of a database error may quote the row that it failed on.
    try:
        yield
    except (DataError, IntegrityError, UnicodeError) as error:
        raise StoreRefused(type(error).__name__) from error
    except (SQLAlchemyError, CommandError, OSError) as error:
        # SQLAlchemy's own error of a statement, which the database never saw.
        kind = StoreRefused if type(error) is StatementError else StoreFailed
        raise kind(type(error).__name__) from error


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late for changes of the tables; SQLAlchemy's begin is used instead.
    connection.isolation_level = None
    _keep_write_ahead_log(connection)
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    # Of several who turn to it at once, on a new file, SQLite refuses all but one without waiting.
    end = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout={_milliseconds(connection)}")
    # Taking the write lock at once waits for another writer, where taking it later would fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_timeouts(connection: Connection) -> None:
    wait = _milliseconds(connection)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")
    if _WITHIN in connection.get_execution_options():
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait}")


def _milliseconds(connection: Connection) -> int:
    seconds: float = connection.get_execution_options().get(_WITHIN, _WAIT_SECONDS)
    return round(1000 * seconds)
