"""What is deleted when, and that what stays is whole."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from cds_service.store import retention
from cds_service.store.database import Database
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.feedback import FeedbackTable
from cds_service.store.models import Assertion, Card, Evaluation, Exchange, Feedback
from cds_service.store.records import CallRecord, Content, ShownAssertion
from cds_service.store.retention import Purged, Retention
from cds_service.store.rows import Row, rows_of
from tests.cds_service.store.conftest import CallMaker

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
SEALED = Content("h", 1, b"sealed")
Rows = Callable[..., list[Row]]


def ago(days: int) -> datetime.datetime:
    return NOW - datetime.timedelta(days=days)


@pytest.fixture
def retaining(database: Database) -> Retention:
    """A year for calls, a month for contents."""
    return Retention(database, ago(365), ago(30))


@pytest.fixture
def keep(database: Database, call_record: CallMaker) -> Callable[..., CallRecord]:
    """Stores a call of so many days ago that showed the cards."""

    def keep(days: int, *cards: str, sealed: bool = True) -> CallRecord:
        call = replace(
            call_record("MedicationRequest/mr1", *cards, created_at=ago(days)),
            assertions=(ShownAssertion("a", "MedicationRequest/mr1"),),
            request=SEALED if sealed else Content("h", 1),
            response=SEALED if sealed else Content("h", 1),
        )
        EvaluationTable(database).write([rows_of(call)])
        return call

    return keep


def left(database: Database) -> dict[str, list[str | None]]:
    with database.transaction() as session:
        return {
            "exchanges": list(session.scalars(select(Exchange.call_id).order_by(Exchange.id))),
            "evaluations": list(session.scalars(select(Evaluation.call_id).order_by(Evaluation.id))),
            "cards": list(session.scalars(select(Card.uuid).order_by(Card.id))),
            "feedback": list(session.scalars(select(Feedback.card).order_by(Feedback.id))),
        }


def test_a_call_goes_with_all_that_hangs_on_it(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord], feedback_rows: Rows
) -> None:
    keep(400, "old")
    new = keep(300, "new")
    FeedbackTable(database).write(feedback_rows("x", card="old", received_at=ago(10)))
    FeedbackTable(database).write(feedback_rows("x", card="new", received_at=ago(299)))
    assert retaining.delete() == Purged(exchanges=1, evaluations=1, feedback=1, contents=1)
    assert left(database) == {
        "exchanges": [new.call_id],
        "evaluations": [new.call_id],
        "cards": ["new"],
        "feedback": ["new"],
    }
    with database.transaction() as session:
        assert session.scalar(select(sa.func.count()).select_from(Assertion)) == 1
        orphans = select(Evaluation.id).where(Evaluation.call_id.not_in(select(Exchange.call_id)))
        assert session.scalars(orphans).all() == []


def test_feedback_stays_as_long_as_a_call_that_showed_its_card(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord], feedback_rows: Rows
) -> None:
    keep(400, "shown twice")
    keep(100, "shown twice")
    FeedbackTable(database).write(feedback_rows("x", card="shown twice", received_at=ago(390)))
    assert retaining.delete().feedback == 0
    assert left(database)["feedback"] == ["shown twice"]


def test_feedback_about_a_card_that_is_not_known_goes_by_its_own_age(
    database: Database, retaining: Retention, feedback_rows: Rows
) -> None:
    FeedbackTable(database).write(feedback_rows("x", card="unknown, old", received_at=ago(366)))
    FeedbackTable(database).write(feedback_rows("x", card="unknown, new", received_at=ago(364)))
    assert retaining.delete().feedback == 1
    assert left(database)["feedback"] == ["unknown, new"]


def test_evaluations_from_before_there_were_exchanges_go_by_their_age(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord]
) -> None:
    keep(400, "old")
    keep(300, "new")
    with database.transaction() as session:
        session.execute(sa.update(Evaluation).values(call_id=None))
        session.execute(sa.delete(Exchange))
    assert retaining.delete() == Purged(exchanges=0, evaluations=1, feedback=0, contents=0)
    assert left(database)["cards"] == ["new"]


def test_contents_go_first_and_the_call_stays(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord]
) -> None:
    keep(31, "a")
    keep(29, "b")
    keep(31, "c", sealed=False)
    assert retaining.delete() == Purged(exchanges=0, evaluations=0, feedback=0, contents=1)
    with database.transaction() as session:
        rows = session.execute(select(Exchange.request_sealed, Exchange.response_sealed).order_by(Exchange.id)).all()
    assert [tuple(row) for row in rows] == [(None, None), (b"sealed", b"sealed"), (None, None)]


def test_contents_are_not_kept_longer_than_their_call(database: Database, keep: Callable[..., CallRecord]) -> None:
    keep(40)
    assert Retention(database, ago(30), ago(90)).delete() == Purged(1, 1, 0, 0)
    keep(20)
    assert Retention(database, ago(30), ago(90)).delete() == Purged(0, 0, 0, 0)


def test_what_would_be_deleted_is_told_and_stays(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord], feedback_rows: Rows
) -> None:
    keep(400, "old")
    keep(31, "new")
    FeedbackTable(database).write(feedback_rows("x", card="old", received_at=ago(390)))
    before = left(database)
    told = retaining.would_delete()
    assert told == Purged(exchanges=1, evaluations=1, feedback=1, contents=1)
    assert left(database) == before
    assert retaining.delete() == told
    assert retaining.would_delete() == Purged(0, 0, 0, 0)


def test_much_is_deleted_in_steps(
    database: Database, retaining: Retention, keep: Callable[..., CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 3)
    for _ in range(7):
        keep(400, "old")
    new = keep(1, "new")
    assert retaining.delete() == Purged(exchanges=7, evaluations=7, feedback=0, contents=0)
    assert left(database)["evaluations"] == [new.call_id]
