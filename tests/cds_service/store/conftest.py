"""What the tests of the store share: a database of either kind, and a call to be remembered."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.decision import CardIdentity, EvaluationRow
from cds_service.store.database import Database
from cds_service.store.feedback import rows_of_feedback
from cds_service.store.records import CallRecord
from cds_service.store.rows import Row
from tests.cds_service.store.postgresql import PostgreSQL, programs

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)

CallMaker = Callable[..., CallRecord]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed: make postgres")
    server = PostgreSQL(found)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is empty, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/cds.sqlite3"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def call_record() -> CallMaker:
    return _call_record


def _call_record(
    order: str = "MedicationRequest/mr1", *cards: str, created_at: datetime.datetime = MOMENT
) -> CallRecord:
    shown = tuple(CardIdentity(card, "dose") for card in cards)
    return CallRecord(
        hook_instance="2e82516d-bbef-53ca-a40a-3e2870f891d0",
        hook="order-sign",
        service="s",
        client="",
        duration_ms=1.25,
        engine_version="0.1.0",
        created_at=created_at,
        evaluations=(EvaluationRow(order, "P.1", "2", "met", "initial", "I.A", shown),),
    )


@pytest.fixture
def feedback_rows() -> Callable[..., list[Row]]:
    """Rows of feedback on one card, one for each comment."""

    def rows(*comments: str, card: str = "c1", received_at: datetime.datetime = MOMENT) -> list[Row]:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05.250Z"}
        items = [
            FeedbackItem.model_validate(item | {"overrideReason": {"userComment": comment}}) for comment in comments
        ]
        return rows_of_feedback(items, "s", "", received_at)

    return rows


Locked = Callable[[Database, str], AbstractContextManager[None]]


@pytest.fixture
def locked() -> Locked:
    """Within it, another holds what a writer of the table needs."""

    @contextmanager
    def locked(database: Database, table: str) -> Iterator[None]:
        # On SQLite each transaction begins with the lock of the whole database.
        sqlite = database.engine.dialect.name == "sqlite"
        how = "SELECT 1" if sqlite else f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
        with database.engine.begin() as connection:
            connection.execute(sa.text(how))
            yield

    return locked
