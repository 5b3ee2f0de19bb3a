"""Calls in the database: each once, with all that hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from cds_service.store.database import Database
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.models import Assertion, Base, Card, Evaluation, Exchange
from cds_service.store.records import Content, ShownAssertion, ShownCard, order_hash
from cds_service.store.rows import Unreadable, packed_call, rows_of, unpacked_call, unpacked_feedback
from tests.cds_service.store.conftest import MOMENT, CallMaker

SAID = ShownAssertion("a-1", "MedicationRequest/find-me", "covered", "auth-needed", doc_needed=("clinical",))

Count = Callable[[type[Base]], int]


@pytest.fixture
def count(database: Database) -> Count:
    def count(table: type[Base]) -> int:
        with database.transaction() as session:
            return session.scalar(select(sa.func.count()).select_from(table)) or 0

    return count


def test_an_evaluation_is_stored_with_its_cards_and_a_hash_for_its_order(
    database: Database, call_record: CallMaker
) -> None:
    call = call_record("MedicationRequest/mr1", "c1", "c2")
    EvaluationTable(database).write([rows_of(call)])
    with Session(database.engine) as session:
        row = session.scalars(select(Evaluation)).one()
        assert (row.policy, row.policy_version, row.status, row.section) == ("P.1", "2", "met", "I.A")
        assert (row.phase, row.hook, row.service, row.client) == ("initial", "order-sign", "s", "")
        assert (row.call_id, row.duration_ms, row.engine_version) == (call.call_id, 1.25, "0.1.0")
        assert row.created_at == MOMENT
        assert row.order_hash == order_hash("MedicationRequest/mr1")
        assert [(card.uuid, card.kind) for card in row.cards] == [("c1", "dose"), ("c2", "dose")]


def test_each_evaluation_has_its_own_cards(database: Database, call_record: CallMaker) -> None:
    calls = [call_record(f"MedicationRequest/{n}", f"c{n}a", f"c{n}b") for n in range(30)]
    EvaluationTable(database).write([rows_of(call) for call in calls])
    with Session(database.engine) as session:
        for number, call in enumerate(calls):
            row = session.scalars(select(Evaluation).where(Evaluation.call_id == call.call_id)).one()
            assert row.order_hash == order_hash(f"MedicationRequest/{number}")
            assert {card.uuid for card in row.cards} == {f"c{number}a", f"c{number}b"}


def test_what_was_said_of_coverage_is_stored_with_its_call(database: Database, call_record: CallMaker) -> None:
    EvaluationTable(database).write([rows_of(call_record()), rows_of(replace(call_record(), assertions=(SAID,)))])
    with Session(database.engine) as session:
        row = session.scalars(select(Assertion)).one()
        assert (row.assertion_id, row.covered, row.pa_needed) == ("a-1", "covered", "auth-needed")
        assert (row.doc_needed, row.info_needed, row.questionnaires) == (["clinical"], [], [])
        assert row.order_hash == order_hash("MedicationRequest/find-me")


def test_no_identifier_of_the_order_is_in_the_file(database: Database, call_record: CallMaker, tmp_path: Path) -> None:
    EvaluationTable(database).write([rows_of(call_record("MedicationRequest/find-me"))])
    database.close()
    assert all(b"find-me" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_cards_of_a_deleted_evaluation_go_with_it(database: Database, call_record: CallMaker, count: Count) -> None:
    EvaluationTable(database).write([rows_of(call_record("MedicationRequest/mr1", "c1"))])
    with database.transaction() as session:
        session.execute(sa.delete(Evaluation))
    assert count(Card) == 0


def test_what_was_said_of_the_coverage_of_a_deleted_call_goes_with_it(
    database: Database, call_record: CallMaker, count: Count
) -> None:
    EvaluationTable(database).write([rows_of(replace(call_record(), assertions=(SAID,)))])
    assert count(Assertion) == 1
    with database.transaction() as session:
        session.execute(sa.delete(Exchange))
    assert count(Assertion) == 0


def test_a_call_that_is_written_again_is_stored_once_and_holds_up_no_other(
    database: Database, call_record: CallMaker, count: Count
) -> None:
    table = EvaluationTable(database)
    first = rows_of(replace(call_record("MedicationRequest/mr1", "c1"), assertions=(SAID,)))
    other = rows_of(call_record("MedicationRequest/mr2", "c2"))
    table.write([first])
    table.write([first, other, other])
    table.write([other])
    assert [count(each) for each in (Exchange, Evaluation, Card, Assertion)] == [2, 2, 2, 1]


def test_nothing_to_write_is_no_failure(database: Database, count: Count) -> None:
    EvaluationTable(database).write([])
    assert count(Exchange) == 0


def test_a_call_comes_out_of_the_spool_as_it_went_in(call_record: CallMaker, database: Database) -> None:
    call = replace(
        call_record("MedicationRequest/\ud800", "c1"),
        request=Content.of(b"{}", b"\x00sealed\xff"),
        cards=(ShownCard("c1", ("s1",)),),
        assertions=(SAID,),
    )
    rows = rows_of(call)
    back = unpacked_call(packed_call(rows))
    assert (back.exchange, back.assertions, back.evaluations) == (rows.exchange, rows.assertions, rows.evaluations)
    EvaluationTable(database).write([back])
    with Session(database.engine) as session:
        sealed = undefer(Exchange.request_sealed), undefer(Exchange.response_sealed)
        row = session.scalars(select(Exchange).options(*sealed)).one()
        assert (row.request_sealed, row.response_sealed) == (b"\x00sealed\xff", None)
        assert row.cards == [{"uuid": "c1", "suggestions": ["s1"]}]
        assert row.created_at == MOMENT


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"exchange": {}}', b'{"exchange": []}', b"\xff"])
def test_what_is_no_call_is_told_so(content: bytes) -> None:
    with pytest.raises(Unreadable):
        unpacked_call(content)


@pytest.mark.parametrize("content", [b"", b"{", b"1", b'["x"]', b'[{"received_at": "x"}]', b"\xff"])
def test_what_is_no_feedback_is_told_so(content: bytes) -> None:
    with pytest.raises(Unreadable):
        unpacked_feedback(content)
