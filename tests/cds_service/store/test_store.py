from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.decision import CardIdentity, EvaluationRow
from cds_service.store.database import Database, StoreFailed
from cds_service.store.evaluations import BackgroundSink, EvaluationTable
from cds_service.store.feedback import FeedbackTable
from cds_service.store.models import Assertion, Base, Card, Evaluation, Exchange
from cds_service.store.records import CallRecord, ShownAssertion, order_hash


def call_record(order: str = "MedicationRequest/mr1", *cards: str) -> CallRecord:
    return CallRecord(
        hook_instance="2e82516d-bbef-53ca-a40a-3e2870f891d0",
        hook="order-sign",
        service="s",
        client="",
        duration_ms=1.25,
        engine_version="0.1.0",
        created_at=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        evaluations=(
            EvaluationRow(order, "P.1", "2", "met", "initial", "I.A", tuple(CardIdentity(c, "dose") for c in cards)),
        ),
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/folder/cds.sqlite3"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_database_is_migrated_once_and_may_be_opened_again(url: str, database: Database) -> None:
    database.migrate()
    database.migrate()
    EvaluationTable(database).write([call_record()])
    again = Database(url)
    again.migrate()
    with again.engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from evaluations")) == 1
        assert connection.scalar(sa.text("select version_num from alembic_version")) == "0003"
    again.close()


@pytest.fixture
def move(database: Database) -> Any:
    """Brings the tables to a version, forwards or back."""

    def move(revision: str, *, back: bool = False) -> None:
        config = Config()
        config.set_main_option("script_location", "cds_service.store:migrations")
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            (command.downgrade if back else command.upgrade)(config, revision)

    return move


def feedback(comment: str) -> FeedbackItem:
    item = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05.250Z"}
    return FeedbackItem.model_validate(item | {"overrideReason": {"userComment": comment}})


def test_evaluations_and_cards_stay_through_migrations_in_both_directions(database: Database, move: Any) -> None:
    database.migrate()
    EvaluationTable(database).write([call_record("MedicationRequest/mr1", "c1", "c2")])
    move("0001", back=True)
    with database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version", "cards", "evaluations", "feedback"}
    move("head")
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("select uuid from cards order by uuid")).scalars().all() == ["c1", "c2"]
        assert connection.scalar(sa.text("select call_id from evaluations")) is None
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_feedback_from_before_a_migration_is_known_again_afterwards(database: Database, move: Any) -> None:
    now = datetime.datetime.now(datetime.UTC)
    table = FeedbackTable(database)
    table.write([feedback("first"), feedback("added later")], "s", "", now)
    move("0002", back=True)
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("select user_comment from feedback")).scalars().all() == ["first"]
    move("head")
    table.write([feedback("first"), feedback("added later")], "s", "", now)
    with database.engine.connect() as connection:
        kept = connection.execute(sa.text("select user_comment from feedback order by id")).scalars().all()
    assert kept == ["first", "added later"]


def test_several_workers_may_start_at_once(url: str, database: Database) -> None:
    failures: list[Exception] = []

    def start() -> None:
        one = Database(url)
        try:
            one.migrate()
        except StoreFailed as error:
            failures.append(error)
        one.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(sa.text("PRAGMA synchronous")) == 2


def test_an_evaluation_is_stored_with_its_cards_and_a_hash_for_its_order(database: Database) -> None:
    EvaluationTable(database).write([call_record("MedicationRequest/mr1", "c1", "c2")])
    with Session(database.engine) as session:
        row = session.scalars(select(Evaluation)).one()
        assert (row.policy, row.policy_version, row.status, row.section) == ("P.1", "2", "met", "I.A")
        assert row.created_at == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
        assert row.order_hash == order_hash("MedicationRequest/mr1")
        assert [(card.uuid, card.kind) for card in row.cards] == [("c1", "dose"), ("c2", "dose")]


def test_no_identifier_of_the_order_is_in_the_file(database: Database, tmp_path: Path) -> None:
    EvaluationTable(database).write([call_record("MedicationRequest/find-me")])
    database.close()
    assert all(b"find-me" not in path.read_bytes() for path in (tmp_path / "folder").iterdir())


def test_the_cards_of_a_deleted_evaluation_go_with_it(database: Database) -> None:
    EvaluationTable(database).write([call_record("MedicationRequest/mr1", "c1")])
    with database.engine.begin() as connection:
        connection.execute(sa.delete(Evaluation))
        assert connection.scalar(select(sa.func.count()).select_from(Card)) == 0


def test_what_was_said_of_the_coverage_of_a_deleted_call_goes_with_it(database: Database) -> None:
    said = ShownAssertion("a-1", "MedicationRequest/find-me", "covered", "auth-needed", doc_needed=("clinical",))
    EvaluationTable(database).write([replace(call_record(), assertions=(said,))])
    with Session(database.engine) as session:
        (row,) = session.scalars(select(Exchange)).one().assertions
        assert (row.assertion_id, row.covered, row.pa_needed, row.doc_needed) == (
            *("a-1", "covered", "auth-needed"),
            ["clinical"],
        )
        assert row.order_hash == order_hash("MedicationRequest/find-me")
    with database.engine.begin() as connection:
        connection.execute(sa.delete(Exchange))
        assert connection.scalar(select(sa.func.count()).select_from(Assertion)) == 0


def test_a_call_is_not_stored_twice(database: Database) -> None:
    record = call_record()
    EvaluationTable(database).write([record])
    with pytest.raises(StoreFailed, match="IntegrityError"):
        EvaluationTable(database).write([record])
    with Session(database.engine) as session:
        assert len(session.scalars(select(Evaluation)).all()) == 1


def test_work_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.add(Card(uuid="c", kind="dose", evaluation_id=99))

    with pytest.raises(StoreFailed, match="IntegrityError"):
        fail()
    with Session(database.engine) as session:
        assert session.scalars(select(Card)).all() == []


def test_the_message_of_a_failure_holds_no_data(database: Database) -> None:
    with pytest.raises(StoreFailed) as caught, database.transaction() as session:
        session.execute(sa.text("insert into cards (uuid) values ('find-me')"))
    assert "find-me" not in str(caught.value)


class Table:
    """A table that fails, or waits, when told to."""

    def __init__(self) -> None:
        self.written: list[CallRecord] = []
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()

    def write(self, calls: Sequence[CallRecord]) -> None:
        self.gate.wait(5)
        if self.failing:
            raise StoreFailed("OperationalError")
        self.written += calls


@pytest.fixture
def table() -> Table:
    return Table()


def test_what_is_recorded_is_written_in_the_background(table: Table) -> None:
    sink = BackgroundSink(table)  # type: ignore[arg-type]
    calls = [call_record(f"MedicationRequest/{n}") for n in range(500)]
    for call in calls:
        sink.record(call)
    assert sink.flush(5)
    assert table.written == calls
    sink.close()


def test_recording_does_not_wait_for_a_slow_store(table: Table) -> None:
    table.gate.clear()
    sink = BackgroundSink(table, capacity=3, batch=1)  # type: ignore[arg-type]
    with capture_logs() as lines:
        for _ in range(10):
            sink.record(call_record())
    assert sink.lost >= 6
    assert lines[0]["event"] == "evaluations lost"
    assert not sink.flush(0.01)
    table.gate.set()
    assert sink.flush(5)
    assert len(table.written) + sink.lost == 10
    sink.close()


def test_a_store_that_fails_is_logged_and_counted_and_tried_again_with_the_next_call(table: Table) -> None:
    sink = BackgroundSink(table)  # type: ignore[arg-type]
    table.failing = True
    with capture_logs() as lines:
        sink.record(call_record("MedicationRequest/find-me"))
        assert sink.flush(5)
    assert sink.lost == 1
    assert lines[0]["reason"] == "OperationalError"
    assert "find-me" not in str(lines)
    table.failing = False
    sink.record(call_record())
    assert sink.flush(5)
    assert len(table.written) == 1
    sink.close()


def test_closing_writes_what_is_waiting_and_recording_starts_again(table: Table) -> None:
    sink = BackgroundSink(table)  # type: ignore[arg-type]
    sink.record(call_record())
    sink.close()
    assert len(table.written) == 1
    sink.record(call_record())
    sink.close()
    assert len(table.written) == 2
