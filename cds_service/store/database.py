"""The database: an engine, and its tables at the newest version."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

_MIGRATIONS = "cds_service.store:migrations"
_BUSY_SECONDS = 5


class StoreFailed(Exception):
    """The database could not be reached or written. Its message names the kind of error and holds no data."""


class Database:
    """A database by its URL. Nothing is opened before it is used, so that a service starts without its store."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(self._url, hide_parameters=True)
        self._lock = threading.Lock()
        self._migrated = False
        if self._is_sqlite:
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_immediately)

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def migrate(self) -> None:
        """Brings the tables to the newest version; done once. Raises StoreFailed."""
        with self._lock, _as_store_failed():
            if self._migrated:
                return
            if self._is_sqlite and self._url.database and self._url.database != ":memory:":
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            config = Config()
            config.set_main_option("script_location", _MIGRATIONS)
            with self._engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            self._migrated = True

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or not at all. Raises StoreFailed."""
        self.migrate()
        with _as_store_failed(), Session(self._engine) as session, session.begin():
            yield session

    def insert(self, table: type[Any]) -> postgresql.Insert | sqlite.Insert:
        """An insert into the table of a model which may say what to do about a row that is there already."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()


@contextmanager
def _as_store_failed() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError) as error:
        # The message of a database error may quote the row that it failed on.
        raise StoreFailed(type(error).__name__) from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late for changes of the tables; SQLAlchemy's begin is used instead.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={_BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Connection) -> None:
    # Taking the write lock at once waits for another writer, where taking it later would fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
