"""`oncology-cds serve`: as a process of its own, from its first line to its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.cli import main
from cds_service.store.database import Database
from cds_service.store.models import Exchange

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
SECONDS = 30

Running = tuple[subprocess.Popen[str], str]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with started(tmp_path) as service:
        yield service


@contextmanager
def started(tmp_path: Path) -> Iterator[Running]:
    """The service on a free port, with the database of the folder, and its address."""
    environment = os.environ | {
        "ONCOLOGY_CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
        "PYTHONUNBUFFERED": "1",
    }
    entry = "from cds_service.cli import main; main()"
    command = [sys.executable, "-c", entry, "serve", "--dev", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert address is not None, first
            yield process, address[0]
        finally:
            if process.poll() is None:
                process.kill()


def ask(address: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        assert response.status == 200
        return json.loads(response.read())


def test_the_service_answers_and_stops_when_it_is_told_to(running: Running) -> None:
    process, address = running
    service, *_ = ask(f"{address}/cds-services")["services"]
    assert (service["id"], service["hook"]) == (ORDER_SIGN_ID, "order-sign")
    example = (EXAMPLES / "leukine-aml-dose-overage.json").read_bytes()
    (card,) = ask(f"{address}/cds-services/{ORDER_SIGN_ID}", example)["cards"]
    assert card["summary"] == "Leukine 300 mcg/m² is above the 250 mcg/m² daily limit"
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0


def test_calls_outlive_a_service_that_is_killed(running: Running, tmp_path: Path) -> None:
    process, address = running
    example = (EXAMPLES / "leukine-aml-dose-overage.json").read_bytes()
    for _ in range(5):
        ask(f"{address}/cds-services/{ORDER_SIGN_ID}", example)
    process.kill()
    process.wait(SECONDS)
    with started(tmp_path):
        database = Database(f"sqlite:///{tmp_path}/cds.sqlite3")
        end = time.monotonic() + SECONDS
        while calls(database) < 5 and time.monotonic() < end:
            time.sleep(0.05)
        assert calls(database) == 5
        database.close()


def calls(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Exchange)) or 0


def test_the_first_lines_say_where_it_listens_and_what_to_post(running: Running) -> None:
    process, address = running
    assert process.stdout is not None
    process.stdout.readline()
    line = process.stdout.readline()
    assert f"{address}/cds-services/{ORDER_SIGN_ID}" in line
    posted = re.search(r"-d @(\S+)", line)
    assert posted is not None
    assert Path(posted[1]).is_file()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_dev_listens_on_no_public_address(host: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--dev", "--host", host, "--port", "0"])
    assert result.exit_code == 2
    assert "listens on this machine only" in result.stderr


def test_dev_listens_on_no_public_address_that_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_HOST", "0.0.0.0")
    result = CliRunner().invoke(main, ["serve", "--dev", "--port", "0"])
    assert result.exit_code == 2
    assert "listens on this machine only" in result.stderr


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--threads", "0"]])
def test_numbers_that_cannot_be_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["serve", *arguments]).exit_code == 2
