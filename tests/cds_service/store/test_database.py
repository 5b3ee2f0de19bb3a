"""The database: its tables, those who use it at once, and what is told of its failures. On SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from cds_service.store.database import Database, StoreFailed, StoreRefused
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.feedback import FeedbackTable
from cds_service.store.models import Base, Card, UsedToken
from cds_service.store.rows import Row, rows_of
from tests.cds_service.store.conftest import MOMENT, CallMaker, Locked


@pytest.fixture
def move(database: Database) -> Callable[..., None]:
    """Brings the tables to a version, forwards or back."""

    def move(revision: str, *, back: bool = False) -> None:
        config = Config()
        config.set_main_option("script_location", "cds_service.store:migrations")
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            (command.downgrade if back else command.upgrade)(config, revision)

    return move


def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_database_is_migrated_once_and_may_be_opened_again(
    url: str, database: Database, call_record: CallMaker
) -> None:
    assert database.revisions()[0] == ""
    database.migrate()
    database.migrate()
    EvaluationTable(database).write([rows_of(call_record())])
    again = Database(url)
    again.migrate()
    version, newest = again.revisions()
    assert version == newest != ""
    with again.engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from evaluations")) == 1
    again.close()


def test_evaluations_and_cards_stay_through_migrations_in_both_directions(
    database: Database, move: Callable[..., None], call_record: CallMaker
) -> None:
    EvaluationTable(database).write([rows_of(call_record("MedicationRequest/mr1", "c1", "c2"))])
    move("0001", back=True)
    with database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version", "cards", "evaluations", "feedback"}
    move("head")
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("select uuid from cards order by uuid")).scalars().all() == ["c1", "c2"]
        assert connection.scalar(sa.text("select call_id from evaluations")) is None
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_feedback_from_before_a_migration_is_known_again_afterwards(
    database: Database, move: Callable[..., None], feedback_rows: Callable[..., list[Row]]
) -> None:
    table = FeedbackTable(database)
    table.write(feedback_rows("first", "added later"))
    move("0002", back=True)
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("select user_comment from feedback")).scalars().all() == ["first"]
    move("head")
    table.write(feedback_rows("first", "added later"))
    with database.engine.connect() as connection:
        kept = connection.execute(sa.text("select user_comment from feedback order by id")).scalars().all()
    assert kept == ["first", "added later"]


def test_several_workers_may_start_at_once(url: str) -> None:
    failures: list[Exception] = []
    ready = threading.Barrier(6)

    def start() -> None:
        one = Database(url)
        ready.wait(5)
        try:
            one.migrate()
        except StoreFailed as error:
            failures.append(error)
        one.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_several_processes_may_start_at_once(url: str) -> None:
    """As gunicorn's workers do. Threads of one process take turns at Alembic."""
    program = """
import sys, time
from cds_service.store.database import Database
database = Database(sys.argv[1])
time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
database.migrate()
"""
    moment = str(time.time() + 3)
    workers = [subprocess.Popen([sys.executable, "-c", program, url, moment], stderr=subprocess.PIPE) for _ in range(4)]
    said = [worker.communicate(timeout=60)[1] for worker in workers]
    assert said == [b""] * 4
    assert [worker.returncode for worker in workers] == [0] * 4


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(database: Database) -> None:
    with database.transaction() as session:
        assert session.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1
        assert session.scalar(sa.text("PRAGMA synchronous")) == 2
        assert session.scalar(sa.text("PRAGMA busy_timeout")) == 5000
    with database.transaction(within=0.5) as session:
        assert session.scalar(sa.text("PRAGMA busy_timeout")) == 500


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_url_of_postgresql_needs_no_driver(url: str) -> None:
    for scheme in ("postgresql", "postgres"):
        database = Database(url.replace("postgresql+psycopg", scheme))
        database.migrate()
        assert database.revisions()[0] != ""
        database.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_statement_that_takes_long_is_ended_where_somebody_waits(database: Database) -> None:
    database.migrate()
    with database.transaction() as session:
        session.execute(sa.text("SELECT pg_sleep(0.3)"))
    with pytest.raises(StoreFailed, match="OperationalError"), database.transaction(within=0.2) as session:
        session.execute(sa.text("SELECT pg_sleep(5)"))


def test_whoever_cannot_wait_is_not_kept_by_the_locks_of_others(database: Database, locked: Locked) -> None:
    database.migrate()

    def write() -> None:
        with database.transaction(within=0.2) as session:
            session.add(UsedToken(mark="m", refused_from=MOMENT))

    with locked(database, "used_tokens"):
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(StoreFailed):
                write()
        took = time.monotonic() - began
    # The first waits for its bound; after it the database is left alone for a while.
    assert 0.15 < took < 2


def test_a_database_that_was_left_alone_is_asked_again(
    database: Database, locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.store.database._REST_SECONDS", 0.05)
    database.migrate()
    with locked(database, "used_tokens"), pytest.raises(StoreFailed), database.transaction(within=0.05) as session:
        session.execute(sa.delete(UsedToken))
    with pytest.raises(StoreFailed, match="resting"), database.transaction(within=0.05):
        pass
    time.sleep(0.06)
    with database.transaction(within=0.5) as session:
        session.add(UsedToken(mark="m", refused_from=MOMENT))


def test_whoever_cannot_wait_does_not_wait_for_a_migration(database: Database) -> None:
    holds, let_go = threading.Event(), threading.Event()
    upgrade = database._upgrade

    def slow(engine: sa.Engine) -> None:
        holds.set()
        let_go.wait(5)
        upgrade(engine)

    database._upgrade = slow  # type: ignore[method-assign]
    migrating = threading.Thread(target=database.migrate)
    migrating.start()
    assert holds.wait(5)
    with pytest.raises(StoreFailed, match="another migrates"), database.transaction(within=0.05):
        pass
    let_go.set()
    migrating.join()
    assert database.revisions()[0] != ""


def test_a_refusal_is_told_apart_from_a_database_that_cannot_be_reached(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="IntegrityError"), database.transaction() as session:
        session.execute(sa.insert(Card), [{"uuid": "c", "kind": "dose", "evaluation_id": None}])
    with pytest.raises(StoreRefused), database.transaction() as session:
        session.add(UsedToken(mark="\ud800", refused_from=MOMENT))
    (tmp_path / "file").write_text("")
    elsewhere = Database(f"sqlite:///{tmp_path}/file/cds.sqlite3")
    with pytest.raises(StoreFailed) as caught:
        elsewhere.migrate()
    assert not isinstance(caught.value, StoreRefused)
    elsewhere.close()


def test_a_refusal_lets_the_next_ask_at_once(database: Database) -> None:
    with pytest.raises(StoreRefused), database.transaction(within=0.5) as session:
        session.execute(sa.insert(Card), [{"uuid": "c", "kind": "dose", "evaluation_id": None}])
    with database.transaction(within=0.5) as session:
        session.add(UsedToken(mark="m", refused_from=MOMENT))


def test_work_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.add(UsedToken(mark="m", refused_from=MOMENT))
            session.flush()
            session.add(Card(uuid="c", kind="dose", evaluation_id=99))

    with pytest.raises(StoreFailed, match="IntegrityError"):
        fail()
    with Session(database.engine) as session:
        assert session.scalars(sa.select(UsedToken)).all() == []


def test_the_message_of_a_failure_holds_no_data(database: Database) -> None:
    with pytest.raises(StoreFailed) as caught, database.transaction() as session:
        session.execute(sa.text("insert into cards (uuid) values ('find-me')"))
    assert "find-me" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    database = Database("postgresql://cds:find-me@127.0.0.1:1/cds")
    with pytest.raises(StoreFailed, match="OperationalError"):
        database.migrate()
    assert "find-me" not in database.url
    database.close()


@pytest.mark.parametrize("name", ["connect_timeout", "tcp_user_timeout"])
def test_what_the_url_says_of_waiting_goes_before(name: str) -> None:
    told: dict[str, Any] = {}
    database = Database(f"postgresql://cds@127.0.0.1:1/cds?{name}=7")

    @sa.event.listens_for(database.engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
        told.update(options)

    with pytest.raises(StoreFailed):
        database.migrate()
    assert str(told[name]) == "7"
    database.close()
