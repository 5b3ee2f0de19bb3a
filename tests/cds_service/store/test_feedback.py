"""Feedback is acknowledged when it is durable: in the database, or in the spool while that takes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.store.database import Database, StoreFailed, StoreRefused
from cds_service.store.feedback import FeedbackDesk, FeedbackTable
from cds_service.store.models import Feedback
from cds_service.store.rows import Row, packed_feedback, unpacked_feedback
from cds_service.store.spool import SpoolFailed
from tests.cds_service.store.conftest import MOMENT

ITEM = FeedbackItem.model_validate(
    {
        "card": "c\u00001",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-01-02T03:04:05.250Z",
        "overrideReason": {"reason": {"code": "r", "system": "s"}, "userComment": "find me"},
    }
)


class Spool:
    def __init__(self) -> None:
        self.kept: list[Row] = []
        self.failing = False

    def keep(self, rows: Sequence[Row]) -> None:
        if self.failing:
            raise SpoolFailed("full")
        self.kept += rows


@pytest.fixture
def spool() -> Spool:
    return Spool()


@pytest.fixture
def desk(database: Database, spool: Spool) -> FeedbackDesk:
    return FeedbackDesk(FeedbackTable(database), spool.keep)


def comments(database: Database) -> list[str | None]:
    with database.transaction() as session:
        return list(session.scalars(select(Feedback.user_comment).order_by(Feedback.id)))


def test_feedback_is_in_the_database_when_it_is_acknowledged(
    database: Database, desk: FeedbackDesk, spool: Spool
) -> None:
    desk.write([ITEM], "order-sign", "a client", MOMENT)
    with Session(database.engine) as session:
        row = session.scalars(select(Feedback)).one()
        assert (row.card, row.outcome, row.service, row.client) == ("c1", "overridden", "order-sign", "a client")
        assert (row.reason_code, row.user_comment, row.received_at) == ("r", "find me", MOMENT)
    assert spool.kept == []


def test_feedback_that_is_told_again_is_kept_once(database: Database, feedback_rows: Callable[..., list[Row]]) -> None:
    table = FeedbackTable(database)
    table.write(feedback_rows("a", "b", "a"))
    table.write(feedback_rows("b", "c"))
    assert comments(database) == ["a", "b", "c"]


def test_while_the_database_takes_nothing_the_spool_does(
    desk: FeedbackDesk, spool: Spool, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    def fail(rows: Sequence[Row]) -> None:
        raise StoreFailed("OperationalError")

    table = FeedbackTable(database)
    monkeypatch.setattr(table, "write", fail)
    with capture_logs() as lines:
        FeedbackDesk(table, spool.keep).write([ITEM], "s", "", MOMENT)
    assert [row["user_comment"] for row in spool.kept] == ["find me"]
    assert lines == [
        {"event": "feedback waits in the spool", "items": 1, "reason": "OperationalError", "log_level": "warning"}
    ]
    spool.failing = True
    with pytest.raises(StoreFailed, match="OperationalError, and spool: full"):
        FeedbackDesk(table, spool.keep).write([ITEM], "s", "", MOMENT)


def test_what_the_database_refuses_is_not_acknowledged(
    spool: Spool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(rows: Sequence[Row]) -> None:
        raise StoreRefused("DataError")

    table = FeedbackTable(database)
    monkeypatch.setattr(table, "write", refuse)
    with pytest.raises(StoreRefused):
        FeedbackDesk(table, spool.keep).write([ITEM], "s", "", MOMENT)
    assert spool.kept == []


def test_feedback_comes_out_of_the_spool_as_it_went_in(
    database: Database, feedback_rows: Callable[..., list[Row]]
) -> None:
    rows = feedback_rows("a", "b")
    back = unpacked_feedback(packed_feedback(rows))
    assert back == rows
    table = FeedbackTable(database)
    table.write(rows)
    table.write(back)
    assert comments(database) == ["a", "b"]
