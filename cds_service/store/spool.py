"""What waits to be written to the database, on disk: one file for each process, so that no two share one.

A file is an SQLite database in WAL mode. An entry that was added is in the hands of the operating system: it outlives
the process, however that ends. The disk is only waited for where that is asked for (`durable`), and when the
write-ahead log is carried over (`carry_over`), which the writing thread does. A process holds a lock on its file for as
long as it lives; a file whose lock is free was left behind, and whoever gets the lock may empty it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

SUFFIX = ".spool1"
"""The name of a file tells the form of what is in it, so that another version leaves alone what it cannot read."""

DAMAGED = ".damaged"
"""What a file is renamed to that SQLite cannot read."""

_LOG_LIMIT = 8 * 1024 * 1024
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=0", f"journal_size_limit={_LOG_LIMIT}")
_TABLE = "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content BLOB NOT NULL)"
_AMOUNT = "SELECT count(*), coalesce(sum(length(content)), 0) FROM entries"

_log = structlog.get_logger(__name__)


class SpoolFailed(Exception):
    """The spool is full, or cannot be read or written. Its message holds no data."""


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How it stands with the memory of one process.

    `waiting` entries of `bytes` in all are on disk and not yet in the database; there is room for `capacity` bytes.
    `lost` calls could be kept neither here nor there, since the process began. `writable` tells whether the spool takes
    entries, `reachable` whether the database took the last ones.
    """

    waiting: int
    bytes: int
    capacity: int
    lost: int
    writable: bool
    reachable: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that waits: a call or feedback, as `kind` tells."""

    id: int
    kind: str
    content: bytes


class SpoolFile:
    """The entries of one process, oldest first. Any thread may add; one thread reads and removes."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock_file = lock
        self._lock = threading.Lock()
        self._removed = 0
        with ExitStack() as undone:
            self._appending = undone.enter_context(closing(_connected(path)))
            # A connection of its own: adding does not wait while a long entry is read.
            self._reading = undone.enter_context(closing(_connected(path)))
            self.waiting, self.bytes = self._reading.execute(_AMOUNT).fetchone()
            (self._last,) = self._reading.execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()
            undone.pop_all()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new file in the folder, which is made. Raises SpoolFailed."""
        path = folder / f"{uuid.uuid4()}{SUFFIX}"
        with _as_spool_failed():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _locked(path)
            if lock is None:
                raise SpoolFailed("the lock of a new file is taken")
            try:
                with _made(path) as connection:
                    connection.execute(_TABLE)
                return cls(path, lock)
            except (sqlite3.Error, OSError):
                _delete(path)
                os.close(lock)
                raise

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """The file that a dead process left; None while its process lives, or when another got hold of it.

        A file that cannot be read is put aside for a human to look at, and logged. Raises SpoolFailed.
        """
        with _as_spool_failed():
            lock = _locked(path)
            if lock is None:
                return None
            try:
                if not path.exists():
                    _lock_path(path).unlink(missing_ok=True)
                    os.close(lock)
                    return None
                with _made(path) as connection:
                    # The process may have died before it had made the table.
                    connection.execute(_TABLE)
                return cls(path, lock)
            except (sqlite3.OperationalError, OSError):
                os.close(lock)
                raise
            except sqlite3.DatabaseError:
                _put_aside(path)
                os.close(lock)
                return None

    def add(self, kind: str, content: bytes, *, durable: bool = False) -> None:
        """Adds an entry; a durable one outlives a loss of power too once this returns. Raises SpoolFailed."""
        with self._lock, _as_spool_failed():
            if durable:
                self._appending.execute("PRAGMA synchronous=FULL")
            try:
                self._appending.execute("INSERT INTO entries VALUES (?, ?, ?)", (self._last + 1, kind, content))
            finally:
                if durable:
                    self._appending.execute("PRAGMA synchronous=NORMAL")
            self._last += 1
            self.waiting += 1
            self.bytes += len(content)

    def oldest(self, most: int, most_bytes: int) -> list[Entry]:
        """Entries that were not removed, oldest first: at most so many, and no more bytes unless one alone has them.

        Raises SpoolFailed.
        """
        found: list[Entry] = []
        size = 0
        with _as_spool_failed():
            asked = "SELECT id, kind, content FROM entries WHERE id > ? ORDER BY id LIMIT ?"
            rows = self._reading.execute(asked, (self._removed, most))
            for row in rows:
                size += len(row[2])
                if found and size > most_bytes:
                    break
                found.append(Entry(*row))
            rows.close()
        return found

    def remove(self, entries: list[Entry]) -> None:
        """Removes what `oldest` gave, whatever the disk says: it is not given again by this object."""
        self._removed = entries[-1].id
        with self._lock:
            self.waiting -= len(entries)
            self.bytes -= sum(len(entry.content) for entry in entries)
            try:
                self._appending.execute("DELETE FROM entries WHERE id <= ?", (self._removed,))
            except sqlite3.Error as error:
                # A full disk refuses this too. They go with the next that are removed, or with the file.
                _log.error("written entries stay in the spool", reason=type(error).__name__)

    def carry_over(self, above: int = 0) -> None:
        """Carries a write-ahead log of more bytes than `above` over into the file, and waits for the disk.

        Entries can be added meanwhile. Raises SpoolFailed.
        """
        with _as_spool_failed():
            if self._log_size() > above:
                self._reading.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def probe(self) -> None:
        """Writes without adding anything. Raises SpoolFailed when nothing can be written."""
        with self._lock, _as_spool_failed():
            self._appending.execute("PRAGMA user_version=1")

    def close(self) -> None:
        """Lets go of the file, and deletes it when nothing waits in it."""
        with self._lock:
            self._reading.close()
            self._appending.close()
            with suppress(OSError):
                if self.waiting == 0:
                    _delete(self.path)
            os.close(self._lock_file)

    def _log_size(self) -> int:
        try:
            return Path(f"{self.path}-wal").stat().st_size
        except FileNotFoundError:
            return 0


def left_behind(folder: Path) -> Iterator[SpoolFile]:
    """The files in the folder whose processes are dead, one after the other; whoever takes one closes it.

    One that cannot be opened is logged and left. Raises SpoolFailed when the folder cannot be read.
    """
    with _as_spool_failed():
        paths = sorted(folder.glob(f"*{SUFFIX}"))
    for path in paths:
        try:
            file = SpoolFile.adopt(path)
        except SpoolFailed as error:
            _log.error("a file of the spool cannot be opened", file=path.name, reason=str(error))
            continue
        if file is not None:
            yield file


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file of the spool as seen from outside. `in_use`: its process lives, and writes what waits."""

    name: str
    in_use: bool
    entries: int
    bytes: int


def all_waiting(folder: Path) -> list[Waiting]:
    """What waits in all files of the folder. Raises SpoolFailed."""
    with _as_spool_failed():
        seen = [_seen(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    return [each for each in seen if each is not None]


def _seen(path: Path) -> Waiting | None:
    """A file as seen from outside; None when it has gone meanwhile."""
    lock = _locked(path)
    try:
        with closing(_connected(path)) as connection:
            return Waiting(path.name, lock is None, *connection.execute(_AMOUNT).fetchone())
    except sqlite3.Error:
        if path.exists():
            raise
        return None
    finally:
        if lock is not None:
            if not path.exists():
                _lock_path(path).unlink(missing_ok=True)
            os.close(lock)


def _connected(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=1, isolation_level=None, check_same_thread=False
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def _made(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is made when it is not there."""
    path.touch(mode=0o600)
    connection = _connected(path)
    try:
        yield connection
    finally:
        connection.close()


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _locked(path: Path) -> int | None:
    """The lock of a file, held until it is closed or the process ends; None when another holds it."""
    lock = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _delete(path: Path) -> None:
    """Deletes a file and all that belongs to it, the lock last: until then nobody else takes it for left behind."""
    for name in (str(path), f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)
    _lock_path(path).unlink(missing_ok=True)


def _put_aside(path: Path) -> None:
    path.rename(path.with_suffix(DAMAGED))
    _lock_path(path).unlink(missing_ok=True)
    _log.error("a file of the spool is damaged and was put aside", file=path.with_suffix(DAMAGED).name)


@contextmanager
def _as_spool_failed() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        # A message of SQLite may name what it failed on; its code tells what happened.
        raise SpoolFailed(getattr(error, "sqlite_errorname", "") or type(error).__name__) from error
