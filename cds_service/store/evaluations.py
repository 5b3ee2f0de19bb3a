"""What is remembered of every call, written without holding up the answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

import structlog

from cds_service.decision import EvaluationRow

from .database import Database, StoreFailed
from .models import Assertion, Base, Card, Evaluation, Exchange
from .records import CallRecord, ShownAssertion, order_hash

_log = structlog.get_logger(__name__)


class EvaluationSink(Protocol):
    """Where calls are remembered. It returns at once and raises nothing: a card never waits for the store."""

    def record(self, call: CallRecord) -> None: ...

    def flush(self, seconds: float) -> bool:
        """Waits until everything recorded so far is written; False when it is not within these seconds."""
        ...

    def close(self) -> None: ...


class EvaluationTable:
    """The calls in the database, each with its evaluations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, calls: Sequence[CallRecord]) -> None:
        """Writes the calls, all or none. Raises StoreFailed."""
        with self._database.transaction() as session:
            session.add_all(row for call in calls for row in _rows(call))


class BackgroundSink:
    """A sink that a thread of its own empties into the table.

    What is still in memory when the process dies is lost, and so is what comes when `capacity` calls are waiting or
    what the database refuses; `lost` counts those calls, and each loss is logged.
    """

    def __init__(self, table: EvaluationTable, capacity: int = 10_000, batch: int = 200) -> None:
        self._table = table
        self._batch = batch
        self._calls: queue.Queue[CallRecord | None] = queue.Queue(capacity)
        self._written = threading.Condition()
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self.lost = 0

    def record(self, call: CallRecord) -> None:
        with self._written:
            if self._thread is None or not self._thread.is_alive():
                # Started with the first call, so in the worker process even when a server forks after loading.
                self._thread = threading.Thread(target=self._run, name="evaluations", daemon=True)
                self._thread.start()
            self._waiting += 1
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            self._lose(1, "queue full")
            self._done(1)

    def flush(self, seconds: float) -> bool:
        with self._written:
            return self._written.wait_for(lambda: self._waiting == 0, seconds)

    def close(self) -> None:
        """Writes what is waiting and ends the thread."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._calls.put(None)
            thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            taken = [self._calls.get()]
            while len(taken) < self._batch and not self._calls.empty():
                taken.append(self._calls.get_nowait())
            closing = None in taken
            calls = [call for call in taken if call is not None]
            if calls:
                self._write(calls)

    def _write(self, calls: Sequence[CallRecord]) -> None:
        try:
            self._table.write(calls)
        except StoreFailed as error:
            self._lose(len(calls), str(error))
        self._done(len(calls))

    def _lose(self, calls: int, reason: str) -> None:
        self.lost += calls
        _log.error("evaluations lost", calls=calls, reason=reason, lost=self.lost)

    def _done(self, calls: int) -> None:
        with self._written:
            self._waiting -= calls
            self._written.notify_all()


def _rows(call: CallRecord) -> Iterator[Base]:
    yield Exchange(
        call_id=call.call_id,
        hook_instance=call.hook_instance,
        hook=call.hook,
        service=call.service,
        client=call.client,
        tenant=call.tenant,
        status=call.status,
        token_use=call.token_use,
        request_hash=call.request.hash,
        request_bytes=call.request.length,
        request_sealed=call.request.sealed,
        response_hash=call.response.hash,
        response_bytes=call.response.length,
        response_sealed=call.response.sealed,
        cards=[{"uuid": card.uuid, "suggestions": list(card.suggestions)} for card in call.cards],
        duration_ms=call.duration_ms,
        engine_version=call.engine_version,
        created_at=call.created_at,
        assertions=[_assertion(each) for each in call.assertions],
    )
    for row in call.evaluations:
        yield _evaluation(call, row)


def _assertion(shown: ShownAssertion) -> Assertion:
    return Assertion(
        assertion_id=shown.assertion_id,
        order_hash=order_hash(shown.order),
        covered=shown.covered,
        pa_needed=shown.pa_needed,
        satisfied_pa_id=shown.satisfied_pa_id,
        doc_needed=list(shown.doc_needed),
        info_needed=list(shown.info_needed),
        questionnaires=list(shown.questionnaires),
    )


def _evaluation(call: CallRecord, row: EvaluationRow) -> Evaluation:
    return Evaluation(
        call_id=call.call_id,
        hook_instance=call.hook_instance,
        hook=call.hook,
        service=call.service,
        client=call.client,
        order_hash=order_hash(row.order),
        policy=row.policy,
        policy_version=row.policy_version,
        phase=row.phase,
        section=row.section,
        status=row.status,
        duration_ms=call.duration_ms,
        engine_version=call.engine_version,
        created_at=call.created_at,
        cards=[Card(uuid=card.uuid, kind=card.kind) for card in row.cards],
    )
