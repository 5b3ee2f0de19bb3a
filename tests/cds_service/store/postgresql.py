"""A PostgreSQL server for tests, from the machine's own programs, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, text

_ACCOUNT = "postgres"
"""The server refuses to run as root; packages of it make this account."""

_OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c shared_buffers=16MB"


def programs() -> Path | None:
    """Where the newest server's programs are; None where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


class PostgreSQL:
    """A server that listens on a socket in its own folder only. Fast, and of no use where the power may fail."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._account = _ACCOUNT if os.geteuid() == 0 else None
        # Not below the folder of the tests, which no other account can enter; and short, as a socket's name must be.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if self._account:
            shutil.chown(self._folder, self._account)
        self._databases = 0
        self._run("initdb", "-D", self._data, "-U", "cds", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", f"{_OPTIONS} -k {self._folder}", "start")

    def stop(self) -> None:
        """As a crash would: connections are cut."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"test{self._databases}"
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://cds@/{database}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = (str(self._programs / program), *arguments)
        # The server would inherit a pipe and keep it open: a file it is.
        with tempfile.TemporaryFile() as said:
            ended = subprocess.run(
                command, stdout=said, stderr=said, user=self._account, cwd=self._folder, timeout=60, check=False
            )
            said.seek(0)
            assert ended.returncode == 0, said.read().decode()
