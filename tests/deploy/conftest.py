"""The service as a process of its own, as an operator runs it, with policies from a folder that can be changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.policy import POLICIES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
EXAMPLE = (ROOT / "fhir_examples" / "order-sign" / "leukine-aml-dose-overage.json").read_bytes()
POLICY = "CP.PHAR.295"
VERSION = "2026.03"
SECONDS = 60.0

COMMANDS = {
    "waitress": ["-c", "from cds_service.cli import main; main()", "serve"],
    "gunicorn": ["-m", "gunicorn", "-c", str(DEPLOY / "gunicorn.conf.py"), "cds_service.wsgi:app"],
}


class Mounted:
    """A folder with one policy, as it would be mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(POLICIES / POLICY, folder / POLICY)
        self._file = folder / POLICY / "policy.cql"
        self._text = self._file.read_text(encoding="utf-8")

    def has_version(self, version: str) -> None:
        self._file.write_text(self._text.replace(f"version '{VERSION}'", f"version '{version}'"), encoding="utf-8")

    def is_broken(self) -> None:
        self._file.write_text(self._text.replace("define ", "defined ", 2), encoding="utf-8")


class Running:
    """A running service: what it answers, and the lines of its log."""

    def __init__(self, server: str, folder: Path, within: Sequence[str] = (), **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._log = folder / "log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ONCOLOGY_CDS_")},
            "PYTHONPATH": str(ROOT),
            "WEB_CONCURRENCY": "2",
            "ONCOLOGY_CDS_PORT": str(self.port),
            "ONCOLOGY_CDS_DATABASE_URL": f"sqlite:///{folder}/cds.sqlite3",
            "ONCOLOGY_CDS_ALLOW_ANONYMOUS_CLIENTS": "true",
            **{f"ONCOLOGY_CDS_{name.upper()}": value for name, value in settings.items()},
        }
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*within, sys.executable, *COMMANDS[server]], cwd=folder, env=environment, stdout=log, stderr=log
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.log().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]

    def get(self, path: str, body: bytes | None = None) -> bytes:
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            content: bytes = response.read()
            return content

    def versions(self) -> set[str]:
        """The versions of the policies by which an order is decided."""
        found = json.loads(self.get("/cds-services/order-sign", EXAMPLE))["extension"]["oncology-cds"]
        return {determination["policy"]["version"] for determination in found["determinations"]}

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, f"never: {what}\n{self.log()}"
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return bool(self.get("/healthz"))
        except urllib.error.URLError:
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


@pytest.fixture
def mounted(tmp_path: Path) -> Mounted:
    return Mounted(tmp_path / "policies")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a server with these settings, `within` a command that runs it, and waits until it answers."""
    started: list[Running] = []

    def run(server: str, within: Callable[[Path], Sequence[str]] = lambda _: (), **settings: str) -> Running:
        folder = tmp_path / f"run{len(started)}"
        folder.mkdir()
        running = Running(server, folder, within(folder), **settings)
        started.append(running)
        running.until(running.answers, "answers")
        return running

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.terminate()
            try:
                running.process.wait(10)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()


def places_of(problems: list[str]) -> list[str]:
    """`policy.cql:12` of each problem that names a place."""
    return [found[0] for problem in problems if (found := re.search(r"policy\.cql:\d+", problem))]
