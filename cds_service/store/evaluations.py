"""The calls in the database, each with its evaluations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from .database import Database
from .models import Assertion, Card, Evaluation, Exchange
from .rows import CallRows, Row

_SHARED = ("call_id", "hook_instance", "hook", "service", "client", "duration_ms", "engine_version", "created_at")
"""What an evaluation says as its exchange does."""


class EvaluationTable:
    """The calls in the database, each once however often it is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, calls: Sequence[CallRows]) -> None:
        """Writes the calls that are not there yet, all or none. Raises StoreFailed."""
        with self._database.transaction() as session:
            self.add(session, calls)

    def add(self, session: Session, calls: Sequence[CallRows]) -> None:
        """As `write`, within a transaction. Raises what SQLAlchemy raises."""
        if not calls:
            return
        unwritten = self._database.insert(Exchange).on_conflict_do_nothing(index_elements=[Exchange.call_id])
        rows = [dict(call.exchange) for call in calls]
        written = session.execute(unwritten.returning(Exchange.call_id, Exchange.id), rows)
        ids = {row.call_id: row.id for row in written}
        # A call that is there is there with all that hangs on it. One that comes twice here is taken once.
        new = {call.exchange["call_id"]: call for call in calls if call.exchange["call_id"] in ids}
        _add_assertions(session, [(ids[call_id], each) for call_id, call in new.items() for each in call.assertions])
        _add_evaluations(session, [(call.exchange, each) for call in new.values() for each in call.evaluations])


def _add_assertions(session: Session, assertions: Sequence[tuple[int, Row]]) -> None:
    if assertions:
        session.execute(insert(Assertion), [{**row, "exchange_id": exchange} for exchange, row in assertions])


def _add_evaluations(session: Session, evaluations: Sequence[tuple[Row, Row]]) -> None:
    if not evaluations:
        return
    rows = [
        {name: exchange[name] for name in _SHARED} | {name: said for name, said in row.items() if name != "cards"}
        for exchange, row in evaluations
    ]
    ids = session.scalars(insert(Evaluation).returning(Evaluation.id, sort_by_parameter_order=True), rows).all()
    cards = [
        {**card, "evaluation_id": evaluation_id}
        for evaluation_id, (_, row) in zip(ids, evaluations, strict=True)
        for card in row["cards"]
    ]
    if cards:
        session.execute(insert(Card), cards)
