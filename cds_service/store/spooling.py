"""What is remembered of every call: into the spool at once, into the database when it takes it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import make_url

from cds_service.settings import Settings

from .database import Database, StoreFailed, StoreRefused
from .evaluations import EvaluationTable
from .feedback import FeedbackTable
from .records import CallRecord
from .rows import Row, Unreadable, packed_call, packed_feedback, rows_of, unpacked_call, unpacked_feedback
from .spool import Entry, SpoolFailed, SpoolFile, SpoolState, left_behind

CALL, FEEDBACK = "call", "feedback"

_BATCH, _BATCH_BYTES = 100, 4 * 1024 * 1024
_LINGER_SECONDS = 0.1
"""Calls that come within this time are written together, which costs far less than one by one."""

_LOOK_SECONDS = 10.0
"""How often the folder is searched for what dead processes left."""

_PROBE_SECONDS = 1.0
"""How often a disk that failed is tried."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0
"""How long a database that failed is left alone."""

_CLOSING_SECONDS = 5.0
"""How long an ending process writes. What still waits then is written by the next."""

_LOG_BYTES = 2 * 1024 * 1024

_log = structlog.get_logger(__name__)


def spool_folder(settings: Settings) -> Path:
    """Where the spool is: as set, else beside an SQLite database, else `var/spool`."""
    if settings.spool_folder is not None:
        return settings.spool_folder
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(f"{url.database}.spool")
    return Path("var/spool")


class EvaluationSink(Protocol):
    """Where calls are remembered. It returns at once and raises nothing: a card never waits for the store."""

    def record(self, call: CallRecord) -> None: ...

    def keep(self, feedback: Sequence[Row]) -> None:
        """Keeps feedback that the database did not take; durable when it returns. Raises SpoolFailed."""
        ...

    def state(self) -> SpoolState: ...

    def start(self) -> None:
        """Begins to write, also what earlier processes left. Once in each worker; recording starts it too."""
        ...

    def flush(self, seconds: float) -> bool:
        """Waits until everything recorded so far is written; False when it is not within these seconds."""
        ...

    def close(self) -> None: ...


class SpoolingSink:
    """A sink whose calls wait on disk, in a file of this process, for a thread that writes them to the database.

    `folder` is shared by the workers of one machine; `capacity` is in bytes. A call that cannot be kept is lost: that
    is counted and logged, and the answer goes out all the same.
    """

    def __init__(self, database: Database, folder: Path, capacity: int) -> None:
        self._database = database
        self._folder = folder
        self._capacity = capacity
        self._evaluations = EvaluationTable(database)
        self._feedback = FeedbackTable(database)
        self._opening = threading.Lock()
        self._file: SpoolFile | None = None
        self._process = os.getpid()
        self._left = 0
        self._lost = 0
        self._writable = self._reachable = True
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._has_work = self._closing = False
        self._hurrying = 0

    def record(self, call: CallRecord) -> None:
        try:
            self._add(CALL, packed_call(rows_of(call)))
        except SpoolFailed as error:
            self._lose(1, str(error))

    def keep(self, feedback: Sequence[Row]) -> None:
        self._add(FEEDBACK, packed_feedback(feedback), durable=True)

    def state(self) -> SpoolState:
        if not self._closing:
            self.start()
        file = self._mine
        waiting, size = (file.waiting, file.bytes) if file else (0, 0)
        return SpoolState(waiting, size, self._capacity, self._lost, self._writable, self._reachable)

    def start(self) -> None:
        # A thread does not live on in a process that was forked, so each worker starts its own.
        if self._thread is None or not self._thread.is_alive():
            with self._changed:
                if self._thread is None or not self._thread.is_alive():
                    self._closing = False
                    self._thread = self._started()

    def _started(self) -> threading.Thread | None:
        thread = threading.Thread(target=self._run, name="spool", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The system has no thread to give, or the process is ending: what is on disk can wait for either.
            _log.error("no thread to write the spool")
            return None
        return thread

    def flush(self, seconds: float) -> bool:
        if self._is_empty():
            return True
        self.start()
        with self._changed:
            self._hurrying += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(self._is_empty, seconds)
            finally:
                self._hurrying -= 1

    def close(self) -> None:
        """Writes what is waiting, as far as the database takes it, and ends the thread. The rest stays on disk."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_CLOSING_SECONDS)
            if self._thread.is_alive():
                _log.error("the store did not answer at the end", waiting=self.state().waiting)
                return
        with self._opening:
            file, self._file = self._mine, None
        if file is not None:
            file.close()

    def _add(self, kind: str, content: bytes, *, durable: bool = False) -> None:
        """Raises SpoolFailed."""
        try:
            file = self._own_file()
            if file.bytes + self._left + len(content) > self._capacity:
                raise SpoolFailed("full")
            try:
                file.add(kind, content, durable=durable)
            except SpoolFailed:
                if file is self._file:
                    raise
                # It was closed meanwhile, by an ending process that answers its last calls.
                self._own_file().add(kind, content, durable=durable)
        except SpoolFailed:
            self._writable = False
            raise
        self._writable = True
        self.start()
        if not self._has_work:
            with self._changed:
                self._has_work = True
                self._changed.notify_all()

    def _own_file(self) -> SpoolFile:
        """The file of this process: one that was forked does not write into that of its parent. Raises SpoolFailed."""
        file = self._mine
        if file is not None:
            return file
        with self._opening:
            file = self._mine
            if file is None:
                file = SpoolFile.create(self._folder)
                self._file, self._process = file, os.getpid()
            return file

    @property
    def _mine(self) -> SpoolFile | None:
        return self._file if self._process == os.getpid() else None

    def _is_empty(self) -> bool:
        file = self._mine
        return file is None or file.waiting == 0

    def _lose(self, calls: int, reason: str, kind: str = CALL) -> None:
        with self._changed:
            self._lost += calls
        _log.error("evaluations lost", calls=calls, kind=kind, reason=reason, lost=self._lost)

    def _run(self) -> None:
        try:
            self._write_until_closed()
        except BaseException:
            # Calls go on waiting on disk; the next one, or whoever asks for the state, starts a thread anew.
            self._reachable = False
            _log.error("the thread that writes the spool broke off")
            raise

    def _write_until_closed(self) -> None:
        looked = float("-inf")
        pause = _FIRST_PAUSE
        while True:
            with self._changed:
                closing, self._has_work = self._closing, False
            look = (self._left > 0 or time.monotonic() - looked >= _LOOK_SECONDS) and not closing
            try:
                self._write_everything(look=look)
                pause = _FIRST_PAUSE
            except StoreFailed as error:
                self._note_failure(str(error))
                pause = min(2 * pause, _LONGEST_PAUSE)
            if look:
                looked = time.monotonic()
            self._see_to_the_disk()
            with self._changed:
                self._changed.notify_all()
                if closing:
                    return
                self._rest(pause)

    def _rest(self, pause: float) -> None:
        """Waits until there is something to do: for work, or, where the database failed, for it to recover."""
        if self._reachable:
            longest = _LOOK_SECONDS if self._writable else _PROBE_SECONDS
            self._changed.wait_for(lambda: self._has_work or self._is_hurried(), longest)
            self._changed.wait_for(self._is_hurried, _LINGER_SECONDS)
        elif self._hurrying:
            self._changed.wait(_LINGER_SECONDS)
        else:
            self._changed.wait_for(self._is_hurried, pause)

    def _is_hurried(self) -> bool:
        return self._closing or (self._hurrying > 0 and not self._is_empty())

    def _see_to_the_disk(self) -> None:
        """Brings to the disk what the database does not take, and sees whether a disk that failed writes again."""
        try:
            file = self._own_file()
            if not self._reachable:
                file.carry_over()
            if not self._writable and file.bytes + self._left < self._capacity:
                file.probe()
                self._writable = True
        except SpoolFailed as error:
            if self._writable:
                _log.error("the spool cannot be written", reason=str(error))
            self._writable = False

    def _note_failure(self, reason: str) -> None:
        if self._reachable:
            _log.error("the database takes nothing, calls wait in the spool", reason=reason)
        self._reachable = False

    def _write_everything(self, *, look: bool) -> None:
        """Empties the file of this process, and, when asked to `look`, what others left. Raises StoreFailed."""
        failure: StoreFailed | None = None
        try:
            if self._mine is not None:
                self._empty(self._mine)
        except StoreFailed as error:
            failure = error
        if look:
            failure = self._take_over(failure)
        if failure is not None:
            raise failure

    def _take_over(self, failure: StoreFailed | None) -> StoreFailed | None:
        """Writes what dead processes left, up to the first failure, which is returned; what stays takes room."""
        left = 0
        try:
            for file in left_behind(self._folder):
                waiting = file.waiting
                try:
                    if failure is None:
                        self._empty(file)
                        _log.info("what was left behind is written", entries=waiting)
                except StoreFailed as error:
                    failure = error
                finally:
                    left += file.bytes
                    file.close()
        except SpoolFailed as error:
            _log.error("what was left behind cannot be read", reason=str(error))
        self._left = left
        return failure

    def _empty(self, file: SpoolFile) -> None:
        """Raises StoreFailed; what the database refuses for what it holds is lost, so that it keeps up nothing else."""
        while entries := self._oldest(file):
            try:
                self._write(entries)
            except (StoreRefused, Unreadable):
                for entry in entries:
                    self._write_alone(entry)
            if not self._reachable:
                _log.info("the database takes calls again", waiting=file.waiting)
            self._reachable = True
            # What writes first after carrying over waits for the disk: so that is the removal, and no call.
            self._carry_over(file, above=_LOG_BYTES)
            file.remove(entries)

    def _carry_over(self, file: SpoolFile, above: int) -> None:
        try:
            file.carry_over(above)
        except SpoolFailed as error:
            _log.error("the spool cannot be carried over", reason=str(error))

    def _oldest(self, file: SpoolFile) -> list[Entry]:
        try:
            return file.oldest(_BATCH, _BATCH_BYTES)
        except SpoolFailed as error:
            _log.error("the spool cannot be read", reason=str(error))
            return []

    def _write_alone(self, entry: Entry) -> None:
        try:
            self._write([entry])
        except (StoreRefused, Unreadable) as error:
            self._lose(1, str(error), entry.kind)

    def _write(self, entries: Sequence[Entry]) -> None:
        """Writes entries, all or none; what is there already is not written again."""
        calls = [unpacked_call(entry.content) for entry in entries if entry.kind == CALL]
        feedback = [row for entry in entries if entry.kind == FEEDBACK for row in unpacked_feedback(entry.content)]
        with self._database.transaction() as session:
            self._evaluations.add(session, calls)
            self._feedback.add(session, feedback)
