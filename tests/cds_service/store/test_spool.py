"""The spool: what waits on disk, whose it is, and what becomes of it when a disk or a process fails."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cds_service.store.spool import DAMAGED, SUFFIX, SpoolFailed, SpoolFile, all_waiting, left_behind

MOST = 10**9


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SpoolFile]:
    file = SpoolFile.create(tmp_path / "spool")
    yield file
    file.close()


def contents(file: SpoolFile) -> list[bytes]:
    return [entry.content for entry in file.oldest(MOST, MOST)]


def leave(folder: Path, *added: bytes) -> Path:
    """A file as a process leaves it that is killed."""
    program = """
import os, sys
from pathlib import Path
from cds_service.store.spool import SpoolFile
file = SpoolFile.create(Path(sys.argv[1]))
for content in sys.argv[2:]:
    file.add("call", content.encode())
os.kill(os.getpid(), 9)
"""
    before = set(folder.glob(f"*{SUFFIX}"))
    ended = subprocess.run([sys.executable, "-c", program, folder, *added], timeout=60, check=False)
    assert ended.returncode == -9
    (path,) = set(folder.glob(f"*{SUFFIX}")) - before
    return path


def test_entries_come_out_as_they_went_in_oldest_first(file: SpoolFile) -> None:
    file.add("call", b"one")
    file.add("feedback", b"\x00two", durable=True)
    assert [(entry.kind, entry.content) for entry in file.oldest(10, MOST)] == [
        ("call", b"one"),
        ("feedback", b"\x00two"),
    ]
    assert (file.waiting, file.bytes) == (2, 7)


def test_what_is_removed_does_not_come_again(file: SpoolFile) -> None:
    for content in (b"1", b"2", b"3"):
        file.add("call", content)
    file.remove(file.oldest(2, MOST))
    assert contents(file) == [b"3"]
    file.remove(file.oldest(2, MOST))
    file.add("call", b"4")
    assert contents(file) == [b"4"]
    assert (file.waiting, file.bytes) == (1, 1)


def test_as_much_is_read_as_is_asked_for_and_one_entry_at_least(file: SpoolFile) -> None:
    for content in (b"long", b"a", b"b", b"long"):
        file.add("call", content)
    assert len(file.oldest(3, MOST)) == 3
    assert len(file.oldest(MOST, 5)) == 2
    assert len(file.oldest(MOST, 1)) == 1


def test_many_threads_may_add_while_one_removes(file: SpoolFile) -> None:
    def add(number: int) -> None:
        for each in range(200):
            file.add("call", f"{number}-{each}".encode())

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    seen: list[bytes] = []
    while len(seen) < 800:
        entries = file.oldest(50, MOST)
        seen += [entry.content for entry in entries]
        if entries:
            file.remove(entries)
            file.carry_over()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 800
    assert (file.waiting, file.bytes) == (0, 0)


def test_a_durable_entry_waits_for_the_disk_and_others_do_not(file: SpoolFile) -> None:
    settings: list[int] = []

    def note(statement: str) -> None:
        if statement.startswith("INSERT"):
            settings.append(file._reading.execute("PRAGMA synchronous").fetchone()[0])
        elif statement.startswith("PRAGMA synchronous="):
            settings.append(-1)

    file._appending.set_trace_callback(note)
    file.add("call", b"1")
    assert len(settings) == 1
    file.add("feedback", b"2", durable=True)
    # Around the insert of a durable entry, and only there, is it set to wait.
    assert len(settings) == 4
    assert settings[1] == settings[3] == -1
    assert file._appending.execute("PRAGMA synchronous").fetchone() == (1,)


def test_the_write_ahead_log_is_carried_over_and_used_again(file: SpoolFile) -> None:
    log = Path(f"{file.path}-wal")
    for _ in range(20):
        for _ in range(20):
            file.add("call", bytes(10_000))
        file.carry_over(above=100_000)
        file.remove(file.oldest(MOST, MOST))
    assert log.stat().st_size < 1_000_000
    assert file.waiting == 0


def test_an_empty_file_is_deleted_when_its_process_ends(tmp_path: Path) -> None:
    file = SpoolFile.create(tmp_path)
    file.add("call", b"1")
    file.remove(file.oldest(1, MOST))
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_entries_stays_and_is_taken_over(tmp_path: Path) -> None:
    file = SpoolFile.create(tmp_path)
    file.add("call", b"1")
    file.close()
    (left,) = left_behind(tmp_path)
    assert contents(left) == [b"1"]
    left.add("call", b"2")
    assert contents(left) == [b"1", b"2"]
    left.remove(left.oldest(MOST, MOST))
    left.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_added_is_there(tmp_path: Path) -> None:
    leave(tmp_path, b"one", b"two")
    (left,) = left_behind(tmp_path)
    assert contents(left) == [b"one", b"two"]
    assert (left.waiting, left.bytes) == (2, 6)
    left.close()


def test_the_file_of_a_living_process_is_left_alone(tmp_path: Path, file: SpoolFile) -> None:
    file.add("call", b"1")
    assert list(left_behind(file.path.parent)) == []
    assert SpoolFile.adopt(file.path) is None


def test_only_one_takes_over_what_was_left(tmp_path: Path) -> None:
    path = leave(tmp_path, b"1")
    first = SpoolFile.adopt(path)
    assert first is not None
    assert SpoolFile.adopt(path) is None
    first.remove(first.oldest(MOST, MOST))
    first.close()
    assert SpoolFile.adopt(path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_died_before_it_had_made_its_file_leaves_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / f"x{SUFFIX}").touch()
    (left,) = left_behind(tmp_path)
    assert left.waiting == 0
    left.close()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_put_aside_and_the_others_are_read(tmp_path: Path) -> None:
    damaged = tmp_path / f"0{SUFFIX}"
    damaged.write_bytes(b"this is no database, and says so at length" * 100)
    leave(tmp_path, b"1")
    with capture_logs() as lines:
        (left,) = left_behind(tmp_path)
    assert contents(left) == [b"1"]
    left.close()
    assert [line["log_level"] for line in lines] == ["error"]
    assert damaged.with_suffix(DAMAGED).exists()
    assert not damaged.exists()


def test_a_file_that_cannot_be_opened_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    (tmp_path / f"0{SUFFIX}").mkdir()
    leave(tmp_path, b"1")
    with capture_logs() as lines:
        (left,) = left_behind(tmp_path)
    assert contents(left) == [b"1"]
    left.close()
    assert [(line["event"], line["log_level"]) for line in lines] == [("a file of the spool cannot be opened", "error")]


def test_what_another_version_wrote_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "x.spool2").write_bytes(b"")
    assert list(left_behind(tmp_path)) == []
    assert (tmp_path / "x.spool2").exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert list(left_behind(tmp_path / "none")) == []
    assert all_waiting(tmp_path / "none") == []


def test_what_waits_is_seen_from_outside(tmp_path: Path, file: SpoolFile) -> None:
    file.add("call", b"123")
    leave(file.path.parent, b"1", b"2")
    found = sorted(all_waiting(file.path.parent), key=lambda each: each.entries)
    assert [(each.in_use, each.entries, each.bytes) for each in found] == [(True, 1, 3), (False, 2, 2)]
    assert len(list(left_behind(file.path.parent))) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is kept out by nothing but a file in the way")
def test_others_on_the_machine_cannot_look_into_it(file: SpoolFile) -> None:
    assert file.path.parent.stat().st_mode & 0o077 == 0
    assert file.path.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolFailed, match=r"FileExistsError|NotADirectoryError"):
        SpoolFile.create(tmp_path / "file" / "spool")


def full(file: SpoolFile) -> None:
    """No page more than there are: SQLite says then what it says of a full disk."""
    (pages,) = file._appending.execute("PRAGMA page_count").fetchone()
    file._appending.execute(f"PRAGMA max_page_count={pages}")


def test_a_full_disk_refuses_what_is_added_and_keeps_what_is_there(file: SpoolFile) -> None:
    file.add("call", b"1")
    full(file)
    with pytest.raises(SpoolFailed, match="SQLITE_FULL"):
        file.add("call", bytes(100_000))
    assert contents(file) == [b"1"]
    assert (file.waiting, file.bytes) == (1, 1)
    file._appending.execute("PRAGMA max_page_count=1000000")
    file.add("call", b"2")
    assert contents(file) == [b"1", b"2"]


def test_a_real_limit_of_the_system_loses_only_what_it_refused(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from cds_service.store.spool import SpoolFailed, SpoolFile
file = SpoolFile.create(Path(sys.argv[1]))
file.add("call", b"before")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
refused = 0
for _ in range(100):
    try:
        file.add("call", bytes(10_000))
    except SpoolFailed:
        refused += 1
try:
    file.probe()
except SpoolFailed:
    print("no probe")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.probe()
file.add("feedback", b"after", durable=True)
assert file.waiting == 102 - refused, file.waiting
print(refused)
file.close()
"""
    ended = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, timeout=60, check=False)
    assert ended.stderr == b""
    refused = int(ended.stdout.split()[-1])
    assert 0 < refused < 100
    (left,) = left_behind(tmp_path)
    kept = contents(left)
    assert (kept[0], kept[-1], len(kept)) == (b"before", b"after", 102 - refused)
    left.close()


def test_what_cannot_be_deleted_is_not_given_again(file: SpoolFile) -> None:
    class Refusing:
        def execute(self, *arguments: object) -> None:
            raise sqlite3.OperationalError("disk full")

    for content in (b"1", b"2"):
        file.add("call", content)
    connection = file._appending
    file._appending = Refusing()  # type: ignore[assignment]
    with capture_logs() as lines:
        file.remove(file.oldest(1, MOST))
    file._appending = connection
    assert lines[0]["log_level"] == "error"
    assert contents(file) == [b"2"]
    assert file.waiting == 1
    file.remove(file.oldest(1, MOST))
    assert file._reading.execute("SELECT count(*) FROM entries").fetchone() == (0,)
