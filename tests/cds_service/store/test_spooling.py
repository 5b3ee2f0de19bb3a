"""Calls go through the spool: at once to the disk, later to the database, whatever happens between."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from structlog.testing import capture_logs

from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.settings import Settings
from cds_service.store import spooling
from cds_service.store.database import Database, StoreFailed
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.feedback import FeedbackDesk, FeedbackTable
from cds_service.store.models import Exchange, Feedback
from cds_service.store.records import CallRecord, Content
from cds_service.store.rows import Row
from cds_service.store.spool import SUFFIX, SpoolFailed, SpoolFile, SpoolState, all_waiting
from cds_service.store.spooling import SpoolingSink, spool_folder
from tests.cds_service.store.conftest import MOMENT, CallMaker
from tests.cds_service.store.postgresql import PostgreSQL

ROOM = 1_000_000
Sinks = Callable[..., SpoolingSink]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def sinks(database: Database, folder: Path) -> Iterator[Sinks]:
    """Makes sinks over the database and the folder, as many as there are workers."""
    made: list[SpoolingSink] = []

    def make(capacity: int = ROOM, over: Database = database) -> SpoolingSink:
        made.append(SpoolingSink(over, folder, capacity))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def sink(sinks: Sinks) -> SpoolingSink:
    return sinks()


@pytest.fixture
def stored(database: Database) -> Callable[[], list[str]]:
    """The call ids in the database, in the order in which they were written."""

    def stored() -> list[str]:
        with database.transaction() as session:
            return list(session.scalars(select(Exchange.call_id).order_by(Exchange.id)))

    return stored


class Outage:
    """Makes a database fail every transaction, or wait in it, and lets it be well again."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()
        transaction = database.transaction

        def intercepted(within: float | None = None) -> Any:
            self.gate.wait(10)
            if self.failing:
                raise StoreFailed("OperationalError")
            return transaction(within)

        monkeypatch.setattr(database, "transaction", intercepted)


@pytest.fixture
def outage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(database, monkeypatch)


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def ids(calls: list[CallRecord]) -> list[str]:
    return [call.call_id for call in calls]


def test_what_is_recorded_is_written_in_the_background(
    sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]]
) -> None:
    calls = [call_record(f"MedicationRequest/{n}", "c") for n in range(500)]
    for call in calls:
        sink.record(call)
    assert sink.flush(30)
    assert stored() == ids(calls)
    assert sink.state() == SpoolState(0, 0, ROOM, 0, writable=True, reachable=True)


def test_nobody_has_to_flush(sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]]) -> None:
    sink.record(call_record())
    assert until(lambda: len(stored()) == 1)
    sink.record(call_record())
    assert until(lambda: len(stored()) == 2)


def test_recording_does_not_wait_for_a_slow_database(
    sink: SpoolingSink, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]]
) -> None:
    outage.gate.clear()
    began = time.monotonic()
    for _ in range(100):
        sink.record(call_record())
    assert time.monotonic() - began < 2
    assert sink.state().waiting == 100
    assert sink.state().bytes > 0
    assert not sink.flush(0.01)
    outage.gate.set()
    assert sink.flush(30)
    assert len(stored()) == 100


def test_a_database_that_fails_loses_nothing_and_is_asked_again(
    sink: SpoolingSink, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]]
) -> None:
    outage.failing = True
    calls = [call_record("MedicationRequest/find-me") for _ in range(150)]
    with capture_logs() as lines:
        for call in calls:
            sink.record(call)
        assert not sink.flush(0.3)
        assert until(lambda: not sink.state().reachable)
        outage.failing = False
        assert sink.flush(30)
    assert stored() == ids(calls)
    assert sink.state().lost == 0
    events = [line["event"] for line in lines]
    assert events.count("the database takes nothing, calls wait in the spool") == 1
    assert events.count("the database takes calls again") == 1
    assert "find-me" not in str(lines)


def test_a_database_that_comes_back_is_found_without_a_new_call(
    sink: SpoolingSink, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]]
) -> None:
    outage.failing = True
    sink.record(call_record())
    assert until(lambda: not sink.state().reachable)
    outage.failing = False
    assert until(lambda: len(stored()) == 1)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_crashes_and_comes_back_gets_every_call_once(
    database: Database,
    sink: SpoolingSink,
    call_record: CallMaker,
    postgresql: PostgreSQL,
    stored: Callable[[], list[str]],
    feedback_rows: Callable[..., list[Row]],
) -> None:
    database.migrate()
    calls = [call_record() for _ in range(60)]
    for call in calls[:20]:
        sink.record(call)
    assert sink.flush(30)
    postgresql.stop()
    try:
        for call in calls[20:40]:
            sink.record(call)
        sink.keep(feedback_rows("while it was away"))
        assert until(lambda: not sink.state().reachable)
        assert sink.state().waiting == 21
    finally:
        postgresql.start()
    for call in calls[40:]:
        sink.record(call)
    assert sink.flush(30)
    assert stored() == ids(calls)
    with database.transaction() as session:
        assert session.scalars(select(Feedback.user_comment)).all() == ["while it was away"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_feedback_is_acknowledged_soon_while_the_server_is_away_and_stored_when_it_is_back(
    database: Database, sink: SpoolingSink, postgresql: PostgreSQL
) -> None:
    database.migrate()
    desk = FeedbackDesk(FeedbackTable(database), sink.keep)
    item = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    postgresql.stop()
    try:
        began = time.monotonic()
        for _ in range(3):
            desk.write([FeedbackItem.model_validate(item)], "s", "", MOMENT)
        assert time.monotonic() - began < 4
        assert sink.state().waiting == 3
    finally:
        postgresql.start()
    assert sink.flush(30)
    with database.transaction() as session:
        assert session.scalars(select(Feedback.card)).all() == ["c1"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_database_that_is_locked_for_long_gets_everything_later(
    database: Database, sink: SpoolingSink, call_record: CallMaker, monkeypatch: pytest.MonkeyPatch, stored: Any
) -> None:
    monkeypatch.setattr("cds_service.store.database._WAIT_SECONDS", 0.1)
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(sa.text("SELECT 1"))
        sink.record(call_record())
        assert until(lambda: not sink.state().reachable)
    assert sink.flush(30)
    assert len(stored()) == 1


def test_what_is_kept_as_feedback_is_written_with_the_calls(
    database: Database, sink: SpoolingSink, call_record: CallMaker, feedback_rows: Callable[..., list[Row]]
) -> None:
    FeedbackTable(database).write(feedback_rows("a"))
    sink.record(call_record())
    sink.keep(feedback_rows("a", "b"))
    assert sink.flush(30)
    with database.transaction() as session:
        assert session.scalars(select(Feedback.user_comment).order_by(Feedback.id)).all() == ["a", "b"]


def test_feedback_waits_for_the_disk_and_calls_do_not(
    sink: SpoolingSink, call_record: CallMaker, feedback_rows: Callable[..., list[Row]]
) -> None:
    file, durable = sink._own_file(), []
    add = file.add

    def noted(kind: str, content: bytes, **options: bool) -> None:
        durable.append((kind, options["durable"]))
        add(kind, content, **options)

    file.add = noted  # type: ignore[method-assign]
    sink.record(call_record())
    sink.keep(feedback_rows("a"))
    assert durable == [("call", False), ("feedback", True)]


def test_tables_of_a_newer_version_are_left_to_a_newer_service(
    url: str, sinks: Sinks, call_record: CallMaker, database: Database, stored: Callable[[], list[str]]
) -> None:
    database.migrate()
    with database.transaction() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    older = Database(url)
    sink = sinks(over=older)
    sink.record(call_record())
    assert until(lambda: not sink.state().reachable)
    sink.close()
    older.close()
    newer = sinks()
    newer.start()
    assert until(lambda: len(stored()) == 1)
    assert newer.state().lost == 0


@pytest.mark.parametrize("reason", ["IntegrityError", "JSONDecodeError"])
def test_a_call_that_the_database_refuses_is_lost_alone_and_that_is_told(
    sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]], outage: Outage, reason: str
) -> None:
    outage.failing = True
    good = [call_record(), call_record()]
    with capture_logs() as lines:
        sink.record(good[0])
        if reason == "IntegrityError":
            # No number of the protocol, and none that the column takes.
            sink.record(replace(call_record("MedicationRequest/find-me"), status=None))  # type: ignore[arg-type]
        else:
            sink._add(spooling.CALL, b"this is no call")
        sink.record(good[1])
        outage.failing = False
        assert sink.flush(30)
    assert stored() == ids(good)
    assert sink.state().lost == 1
    (loss,) = (line for line in lines if line["event"] == "evaluations lost")
    assert (loss["log_level"], loss["kind"], loss["reason"]) == ("error", "call", reason)
    assert "find-me" not in str(lines)


def test_what_finds_no_room_is_counted_and_logged_and_raises_nothing(
    sinks: Sinks, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]]
) -> None:
    outage.failing = True
    sink = sinks(capacity=3000)
    calls = [call_record() for _ in range(20)]
    with capture_logs() as lines:
        for call in calls:
            sink.record(call)
    state = sink.state()
    assert 0 < state.lost < 20
    assert (state.waiting, state.writable) == (20 - state.lost, False)
    losses = [line for line in lines if line["event"] == "evaluations lost"]
    assert [line["lost"] for line in losses] == list(range(1, state.lost + 1))
    assert {(line["log_level"], line["reason"]) for line in losses} == {("error", "full")}
    outage.failing = False
    assert sink.flush(30)
    assert stored() == ids(calls[: 20 - state.lost])
    assert until(lambda: sink.state().writable)


def test_feedback_that_finds_no_room_is_told_so(
    sinks: Sinks, feedback_rows: Callable[..., list[Row]], database: Database, outage: Outage
) -> None:
    outage.failing = True
    sink = sinks(capacity=10)
    with pytest.raises(SpoolFailed, match="full"):
        sink.keep(feedback_rows("a"))


@pytest.mark.parametrize("after_a_call", [False, True])
def test_what_was_left_behind_takes_room(
    sinks: Sinks, call_record: CallMaker, outage: Outage, folder: Path, after_a_call: bool
) -> None:
    outage.failing = True
    for _ in range(3):
        left = SpoolFile.create(folder)
        left.add(spooling.FEEDBACK, b"[]" + b" " * 2000)
        left.close()
    sink = sinks(capacity=6500)
    if after_a_call:
        sink.record(call_record())
    else:
        sink.start()
    assert until(lambda: sink._left > 6000)
    sink.record(call_record())
    assert sink.state().lost == 1
    outage.failing = False
    assert until(lambda: [each.entries for each in all_waiting(folder)] == [0])


def test_a_folder_that_cannot_be_written_keeps_no_card_back_and_is_tried_again(
    sinks: Sinks, call_record: CallMaker, folder: Path, stored: Callable[[], list[str]]
) -> None:
    folder.write_text("a file in its way")
    sink = sinks()
    with capture_logs() as lines:
        sink.record(call_record())
    assert sink.state().lost == 1
    assert not sink.state().writable
    assert "evaluations lost" in [line["event"] for line in lines]
    folder.unlink()
    assert until(lambda: sink.state().writable)
    sink.record(call_record())
    assert sink.flush(30)
    assert len(stored()) == 1


def test_a_disk_that_was_full_is_written_again(
    sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]], outage: Outage
) -> None:
    outage.failing = True
    sink.record(call_record())
    assert sink._file is not None
    connection = sink._file._appending
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    with capture_logs() as lines:
        sink.record(replace(call_record(), request=Content("h", 1, bytes(100_000))))
    assert sink.state().lost == 1
    assert {line["reason"] for line in lines if line["event"] == "evaluations lost"} == {"SQLITE_FULL"}
    connection.execute("PRAGMA max_page_count=100000")
    outage.failing = False
    sink.record(call_record())
    assert sink.flush(30)
    assert len(stored()) == 2


def test_closing_writes_what_is_waiting_and_recording_starts_again(
    sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]], folder: Path
) -> None:
    sink.record(call_record())
    sink.close()
    assert len(stored()) == 1
    assert list(folder.iterdir()) == []
    assert sink.state().waiting == 0
    sink.record(call_record())
    sink.close()
    assert len(stored()) == 2


def test_what_cannot_be_written_at_the_end_is_written_by_the_next(
    sinks: Sinks, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]], folder: Path
) -> None:
    outage.failing = True
    first = sinks()
    calls = [call_record() for _ in range(150)]
    for call in calls:
        first.record(call)
    began = time.monotonic()
    first.close()
    assert time.monotonic() - began < 2
    outage.failing = False
    second = sinks()
    with capture_logs() as lines:
        second.start()
        assert until(lambda: len(stored()) == 150)
        assert until(lambda: "what was left behind is written" in [line["event"] for line in lines])
    assert stored() == ids(calls)
    second.close()
    assert list(folder.iterdir()) == []


def test_a_database_that_hangs_does_not_keep_the_process(
    sink: SpoolingSink, call_record: CallMaker, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "_CLOSING_SECONDS", 0.1)
    outage.gate.clear()
    sink.record(call_record())
    with capture_logs() as lines:
        sink.close()
    assert lines == [{"event": "the store did not answer at the end", "waiting": 1, "log_level": "error"}]
    outage.gate.set()
    assert until(lambda: sink.state().waiting == 0)


def test_workers_on_one_folder_do_not_touch_each_others_files(
    sinks: Sinks, call_record: CallMaker, outage: Outage, stored: Callable[[], list[str]], folder: Path
) -> None:
    outage.failing = True
    workers = [sinks() for _ in range(3)]
    calls = [call_record() for _ in range(30)]
    for number, call in enumerate(calls):
        workers[number % 3].record(call)
    assert [worker.state().waiting for worker in workers] == [10, 10, 10]
    assert len(list(folder.glob(f"*{SUFFIX}"))) == 3
    outage.failing = False
    assert all(worker.flush(30) for worker in workers)
    assert sorted(stored()) == sorted(ids(calls))


def test_a_call_that_was_stored_before_its_entry_was_removed_is_not_stored_twice(
    sink: SpoolingSink, database: Database, call_record: CallMaker, stored: Callable[[], list[str]]
) -> None:
    first, second = call_record("MedicationRequest/mr1", "c1"), call_record()
    EvaluationTable(database).write([spooling.rows_of(first)])
    sink.record(first)
    sink.record(second)
    assert sink.flush(30)
    assert stored() == ids([first, second])
    assert sink.state().lost == 0


def test_a_call_that_ends_while_the_sink_is_closed_is_not_lost(
    sink: SpoolingSink, call_record: CallMaker, stored: Callable[[], list[str]]
) -> None:
    sink.record(call_record())
    assert sink.flush(30)
    file = sink._own_file()
    add = file.add

    def closed_before(*arguments: Any, **options: Any) -> None:
        sink.close()
        add(*arguments, **options)

    file.add = closed_before  # type: ignore[method-assign]
    sink.record(call_record())
    assert sink.state().lost == 0
    assert sink.flush(30)
    assert len(stored()) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_breaks_off_is_told_of_and_another_writes(
    sink: SpoolingSink, call_record: CallMaker, monkeypatch: pytest.MonkeyPatch, stored: Callable[[], list[str]]
) -> None:
    def fail(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(sink, "_empty", fail)
        with capture_logs() as lines:
            sink.record(call_record())
            assert until(lambda: bool(lines))
        assert lines[0] == {"event": "the thread that writes the spool broke off", "log_level": "error"}
    assert not sink._reachable
    sink.state()
    assert until(lambda: len(stored()) == 1)


def test_a_system_without_a_thread_to_give_keeps_no_call_back(
    sink: SpoolingSink, call_record: CallMaker, monkeypatch: pytest.MonkeyPatch, stored: Callable[[], list[str]]
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without, capture_logs() as lines:
        without.setattr(threading.Thread, "start", refuse)
        sink.record(call_record())
    assert lines == [{"event": "no thread to write the spool", "log_level": "error"}]
    assert sink.flush(30)
    assert len(stored()) == 1


def test_a_process_that_was_forked_has_a_file_of_its_own(
    sink: SpoolingSink, call_record: CallMaker, folder: Path, monkeypatch: pytest.MonkeyPatch, outage: Outage
) -> None:
    outage.failing = True
    sink.record(call_record())
    mine = sink._file
    monkeypatch.setattr(os, "getpid", lambda: 1)
    sink.record(call_record())
    assert sink._file is not mine
    assert len(list(folder.glob(f"*{SUFFIX}"))) == 2
    assert mine is not None
    mine.close()


def test_nothing_clinical_is_in_the_spool_but_what_is_sealed(
    sink: SpoolingSink, call_record: CallMaker, outage: Outage, folder: Path
) -> None:
    outage.failing = True
    sink.record(replace(call_record("MedicationRequest/find-me"), request=Content("h", 1, b"sealed")))
    sink.flush(0.1)
    files = list(folder.iterdir())
    assert sum(file.stat().st_size for file in files) > 0
    assert all(b"find-me" not in file.read_bytes() for file in files)


@pytest.mark.parametrize(
    ("url", "set_to", "expected"),
    [
        ("sqlite:///var/x.sqlite3", None, "var/x.sqlite3.spool"),
        ("sqlite:////data/x.sqlite3", "", "/data/x.sqlite3.spool"),
        ("sqlite://", None, "var/spool"),
        ("postgresql://db/cds", None, "var/spool"),
        ("postgresql://db/cds", "/spool", "/spool"),
    ],
)
def test_the_spool_is_where_it_is_set_or_beside_the_database(url: str, set_to: str | None, expected: str) -> None:
    settings = Settings.model_validate({"database_url": url, "spool_folder": set_to})
    assert spool_folder(settings) == Path(expected)
