"""`oncology-cds calls`: what was asked and answered, and that looking at it is written down."""

from __future__ import annotations

import getpass
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.cli import main
from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.models import AuditRead

URL = f"/cds-services/{ORDER_SIGN_ID}"
KEY = Fernet.generate_key().decode()
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().setLevel(level)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", settings.database_url)
    return lambda *arguments: CliRunner().invoke(main, ["calls", *arguments])


@pytest.fixture
def answered(decider: Any, services: Any, call: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A call that was answered with its contents kept, and feedback on its card; the answer."""
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL", "true")
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", KEY)
    call["fhirAuthorization"] = {"access_token": "secret-token"}
    call["fhirServer"] = "http://127.0.0.1:1/fhir"
    app = create_app(Settings(dev=True), decider, services=services)
    client = app.test_client()
    response: dict[str, Any] = client.post(URL, json=call).get_json()
    item = {"card": response["cards"][0]["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    client.post(f"{URL}/feedback", json={"feedback": [item]})
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()
    return response


def reads(settings: Settings) -> list[tuple[str, str, int, bool]]:
    database = Database(settings.database_url)
    with Session(database.engine) as session:
        rows = [(row.reader, row.question, row.found, row.opened) for row in session.scalars(select(AuditRead))]
    database.close()
    return rows


@pytest.mark.rules("S-12", "T-33")
def test_request_and_response_are_found_by_the_hook_instance(run: Run, answered: Any, call: Any) -> None:
    result = run("show", call["hookInstance"].upper(), "--json")
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)
    assert found["response"]["content"] == answered
    assert found["request"]["content"]["context"] == call["context"]
    assert "secret-token" not in result.stdout
    assert (found["service"], found["status"], found["cards"]) == (ORDER_SIGN_ID, 200, 1)
    (evaluation,) = found["evaluations"]
    assert (evaluation["policy"], evaluation["status"]) == ("P.1", "met")
    assert evaluation["cards"][0]["uuid"] == answered["cards"][0]["uuid"]
    assert [item["outcome"] for item in found["feedback"]] == ["overridden"]


def test_a_call_is_told_in_words(run: Run, answered: Any, call: Any) -> None:
    result = run("show", call["hookInstance"])
    assert result.exit_code == 0
    for words in (
        "status 200 in ",
        "access token used",
        "P.1 version 1",
        f"card {answered['cards'][0]['uuid']}, suggestions: none",
        f"feedback on {answered['cards'][0]['uuid']} at 2026-01-02T03:04:05+00:00: overridden",
        "request: ",
        '"summary":"A dose"',
    ):
        assert words in result.stdout


@pytest.mark.rules("S-12")
def test_every_look_is_logged_and_written_down(run: Run, answered: Any, call: Any, settings: Settings) -> None:
    result = run("show", call["hookInstance"])
    log = next(json.loads(line) for line in result.stderr.splitlines() if "audit was read" in line)
    assert (log["reader"], log["found"], log["opened"]) == (getpass.getuser(), 1, True)
    run("list", "--since", "2026-01-01")
    run("show", "0")
    assert reads(settings) == [
        (getpass.getuser(), f"show {call['hookInstance']}", 1, True),
        (getpass.getuser(), "list since 2026-01-01T00:00:00+00:00", 1, False),
        (getpass.getuser(), "show 0", 0, True),
    ]


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_reader_without_a_name_is_known_by_number(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", fail)
    assert run("list").exit_code == 0
    assert [reader for reader, *_ in reads(settings)] == [f"uid {os.getuid()}"]


def test_without_a_key_the_rest_is_shown(
    run: Run, answered: Any, call: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONCOLOGY_CDS_STORE_CLINICAL")
    monkeypatch.delenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY")
    result = run("show", call["hookInstance"], "--json")
    (found,) = json.loads(result.stdout)
    assert set(found["request"]) == {"sha256", "bytes"}
    assert reads(settings)[0][3] is False


def test_what_another_key_encrypted_is_said_to_be_unreadable(
    run: Run, answered: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", Fernet.generate_key().decode())
    (found,) = json.loads(run("show", call["hookInstance"], "--json").stdout)
    assert found["response"]["unreadable"] == "no key that is known opens it"
    assert "request was kept, but no key" in run("show", call["hookInstance"]).stdout
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", f"{Fernet.generate_key().decode()},{KEY}")
    (found,) = json.loads(run("show", call["hookInstance"], "--json").stdout)
    assert found["response"]["content"] == answered


def test_an_unknown_hook_instance_is_said_and_ends_with_1(run: Run, answered: Any) -> None:
    result = run("show", "2e82516d-bbef-53ca-a40a-3e2870f891d1")
    assert result.exit_code == 1
    assert "No call has this hook instance." in result.stderr
    result = run("show", "2e82516d-bbef-53ca-a40a-3e2870f891d1", "--json")
    assert (result.exit_code, result.stdout) == (1, "[]\n")


def test_calls_are_listed_newest_first(run: Run, settings: Settings, decider: Any, services: Any, call: Any) -> None:
    app = create_app(settings, decider, services=services)
    app.test_client().post(URL, json=call)
    app.test_client().post(URL, json={})
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()
    lines = run("list").stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["400", "200"]
    assert call["hookInstance"] in lines[1]
    assert lines[0].endswith(f"{ORDER_SIGN_ID}  -  -")
    assert [each["status"] for each in json.loads(run("list", "--json", "--most", "1").stdout)] == [400]
    assert run("list", "--since", "2999-01-01").stdout == ""


@pytest.mark.parametrize("arguments", [["list", "--since", "yesterday"], ["list", "--most", "0"], ["show"]])
def test_questions_that_make_no_sense_are_refused(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [["list"], ["show", "0"]])
def test_a_store_that_cannot_be_read_ends_the_command_with_its_reason(
    run: Run, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", f"sqlite:///{tmp_path}/file/cds.sqlite3")
    result = run(*arguments)
    assert result.exit_code == 1
    assert "the store cannot be read" in result.stderr


def test_nothing_is_shown_when_it_cannot_be_written_down(
    run: Run, answered: Any, call: Any, settings: Settings
) -> None:
    database = Database(settings.database_url)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE audit_reads"))
    database.close()
    result = run("show", call["hookInstance"])
    assert result.exit_code == 1
    assert result.stdout == ""
