"""`oncology-cds store`: the tables, what is in them, what waits, and what is deleted."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.decision import EvaluationRow
from cds_service.store.database import Database
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.records import CallRecord, Content
from cds_service.store.rows import packed_call, rows_of
from cds_service.store.spool import SpoolFile


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/cds.sqlite3"
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", url)
    return url


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().setLevel(level)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["store", *arguments])


def call(days_ago: int) -> CallRecord:
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days_ago)
    sealed = Content("h", 1, b"sealed")
    evaluations = (EvaluationRow("MedicationRequest/1", "P", "1", "met"),)
    return CallRecord("h", "order-sign", "s", "", 1.0, "0.1.0", moment, request=sealed, evaluations=evaluations)


def keep(url: str, *days_ago: int) -> None:
    database = Database(url)
    EvaluationTable(database).write([rows_of(call(each)) for each in days_ago])
    database.close()


def test_migrate_brings_the_tables_to_the_newest_version_however_often(url: str) -> None:
    for _ in range(2):
        result = run("migrate")
        assert result.exit_code == 0
        assert result.output == f"{url}: version 0003\n"


def test_a_database_that_cannot_be_reached_ends_with_the_reason_and_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", "postgresql://cds:find-me@127.0.0.1:1/cds")
    for command in ("migrate", "status", "purge"):
        result = run(command)
        assert result.exit_code == 1
        assert "cannot be used: OperationalError" in result.output
        assert "find-me" not in result.output


def test_the_status_of_tables_that_are_not_there_is_a_failure_and_makes_none(tmp_path: Path) -> None:
    result = run("status")
    assert result.exit_code == 1
    assert "tables of version -, the newest is 0003" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_status_tells_what_is_kept_and_what_waits(url: str, tmp_path: Path) -> None:
    keep(url, 3, 2)
    left = SpoolFile.create(tmp_path / "cds.sqlite3.spool")
    left.add("call", packed_call(rows_of(call(1))))
    left.close()
    result = run("status")
    assert result.exit_code == 0
    assert "2 calls, 2 with their contents, the oldest 20" in result.output
    assert "2 evaluations, 0 feedback" in result.output
    assert "1 entries wait in 1 files, 1 of them left by processes that ended" in result.output
    told = json.loads(run("status", "--json").output)
    assert (told["calls"], told["version"], told["newest"]) == (2, "0003", "0003")
    assert [(each["waiting"], each["inUse"]) for each in told["spool"]["files"]] == [(1, False)]


def test_what_waits_is_told_though_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", "postgresql://cds@127.0.0.1:1/cds")
    monkeypatch.setenv("ONCOLOGY_CDS_SPOOL_FOLDER", str(tmp_path / "spool"))
    waiting = SpoolFile.create(tmp_path / "spool")
    waiting.add("call", b"1")
    result = run("status")
    assert result.exit_code == 1
    assert "1 entries wait in 1 files\n" in result.output
    waiting.close()


def test_a_spool_that_cannot_be_read_ends_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "cds.sqlite3.spool"
    folder.mkdir()
    (folder / "x.spool1").write_bytes(b"no database" * 1000)
    result = run("status")
    assert result.exit_code == 1
    assert "cannot be read: SQLITE_NOTADB" in result.output


def test_purge_goes_by_the_settings(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(url, 400, 40, 4)
    monkeypatch.setenv("ONCOLOGY_CDS_RETENTION_DAYS", "300")
    monkeypatch.setenv("ONCOLOGY_CDS_RETENTION_CLINICAL_DAYS", "30")
    told = "1 calls with 1 evaluations, 0 feedback, the contents of 1 more calls\n"
    assert run("purge", "--dry-run").output == f"would delete: {told}"
    result = run("purge")
    assert result.stdout == f"deleted: {told}"
    (line,) = (json.loads(each) for each in result.stderr.splitlines())
    assert (line["event"], line["calls"], line["level"]) == ("the store was purged", 1, "warning")
    assert json.loads(run("status", "--json").output)["calls"] == 2


def test_purge_goes_by_the_days_that_are_told(url: str) -> None:
    keep(url, 10, 4)
    assert "deleted: 1 calls" in run("purge", "--older-than", "5").output
    told = json.loads(run("status", "--json").output)
    assert (told["calls"], told["withContents"]) == (1, 1)


@pytest.mark.parametrize("days", ["0", "-1", "x"])
def test_purge_refuses_what_is_no_number_of_days(url: str, days: str) -> None:
    keep(url, 10)
    assert run("purge", "--older-than", days).exit_code == 2
    assert json.loads(run("status", "--json").output)["calls"] == 1
