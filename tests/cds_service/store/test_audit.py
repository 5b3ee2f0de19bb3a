"""Looking back at calls, on either database: what was kept is told, and who looks is written down."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from cds_service.store.audit import Audit, questionnaires_of
from cds_service.store.database import Database
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.feedback import FeedbackTable
from cds_service.store.models import AuditRead
from cds_service.store.records import Content, ShownAssertion, ShownCard
from cds_service.store.rows import Row, rows_of
from tests.cds_service.store.conftest import MOMENT, CallMaker


def test_a_call_is_told_with_all_that_hangs_on_it(
    database: Database, call_record: CallMaker, feedback_rows: Callable[..., list[Row]]
) -> None:
    said = ShownAssertion("a-1", "MedicationRequest/mr1", "covered", questionnaires=("https://x.example/Q|1",))
    call = replace(
        call_record("MedicationRequest/mr1", "c1"),
        cards=(ShownCard("c1", ("s1",)),),
        assertions=(said,),
        request=Content("h", 1, b"sealed"),
    )
    EvaluationTable(database).write([rows_of(call)])
    FeedbackTable(database).write(feedback_rows("why"))
    (kept,) = Audit(database, "someone").of(call.hook_instance.upper(), contents=True)
    assert kept.request_sealed == b"sealed"
    assert kept.response_sealed is None
    assert kept.told["call"] == call.call_id
    assert [each["cards"] for each in kept.told["evaluations"]] == [[{"uuid": "c1", "kind": "dose"}]]
    assert [each["assertion"] for each in kept.told["coverage"]] == ["a-1"]
    assert [each["userComment"] for each in kept.told["feedback"]] == ["why"]
    assert questionnaires_of(database, "a-1") == ("https://x.example/Q|1",)
    with database.transaction() as session:
        (look,) = session.scalars(select(AuditRead))
        assert (look.reader, look.found, look.opened) == ("someone", 1, True)


def test_calls_are_listed_newest_first_and_from_a_moment_on(database: Database, call_record: CallMaker) -> None:
    days = [MOMENT + datetime.timedelta(days=each) for each in range(3)]
    EvaluationTable(database).write([rows_of(call_record(created_at=day)) for day in days])
    audit = Audit(database, "someone")
    assert [line["at"] for line in audit.since(days[1], 10)] == [days[2].isoformat(), days[1].isoformat()]
    assert [line["at"] for line in audit.since(None, 1)] == [days[2].isoformat()]
