"""Who may call the service: asked of every call where trusted clients are told, and of nobody else."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.cli import main
from cds_service.security.clients import ClientsRefused
from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.models import Evaluation, Exchange, Feedback, UsedToken
from cds_service.store.tokens import PURGE_SECONDS, UsedTokens

from .conftest import BASE, Signer

CALL = f"/cds-services/{ORDER_SIGN_ID}"
FEEDBACK = f"{CALL}/feedback"
PACKAGE = "/fhir/Questionnaire/$questionnaire-package"
ITEM = {
    "card": "c",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "s"}],
    "outcomeTimestamp": "2026-01-02T03:04:05Z",
}
Make = Callable[..., Flask]


@pytest.fixture
def make(
    settings: Settings, decider: Any, services: Any, clients_file: Callable[..., Path]
) -> Iterator[Callable[..., Flask]]:
    """Applications with trusted clients on one database: several are workers of one service."""
    made: list[Flask] = []

    def make(client: dict[str, Any] | None = None, **changed: Any) -> Flask:
        fields = {"trusted_clients_file": clients_file(**(client or {})), "public_url": BASE} | changed
        made.append(create_app(settings.model_copy(update=fields), decider, services=services))
        return made[-1]

    yield make
    for app in made:
        app.extensions["oncology-cds"]["sink"].close()
        app.extensions["oncology-cds"]["database"].close()


@pytest.fixture
def trusting(make: Make) -> FlaskClient:
    return make().test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def stored(app: Flask, model: type[Any]) -> list[Any]:
    assert app.extensions["oncology-cds"]["sink"].flush(5)
    with Session(app.extensions["oncology-cds"]["database"].engine) as session:
        return list(session.scalars(select(model)))


@pytest.mark.rules("S-2", "S-5", "F-6")
def test_discovery_calls_and_feedback_are_answered_to_a_trusted_client(
    trusting: FlaskClient, signer: Signer, call: Any
) -> None:
    found = trusting.get("/cds-services", headers=bearer(signer.token("/cds-services")))
    assert found.get_json()["services"]
    answered = trusting.post(CALL, json=call, headers=bearer(signer.token(CALL, kid="rsa")))
    assert len(answered.get_json()["cards"]) == 1
    for path in (FEEDBACK, CALL):
        given = trusting.post(FEEDBACK, json={"feedback": [ITEM]}, headers=bearer(signer.token(path)))
        assert given.status_code == 200


@pytest.mark.rules("S-2", "S-8", "T-2")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("GET", "/cds-services/"),
        ("HEAD", "/cds-services"),
        ("POST", CALL),
        ("POST", f"{CALL}/"),
        ("GET", CALL),
        ("POST", FEEDBACK),
        ("POST", "/cds-services/unknown"),
        ("GET", "/cds-services/unknown/deeper"),
        ("POST", PACKAGE),
        ("PUT", "/fhir/Questionnaire/x"),
        ("DELETE", "/anything"),
    ],
)
def test_whoever_brings_no_token_is_401_and_told_nothing(trusting: FlaskClient, method: str, path: str) -> None:
    with capture_logs() as lines:
        response = trusting.open(path, method=method)
    assert response.status_code == 401
    assert response.data == b""
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "Content-Type" not in response.headers
    assert [(line["status"], line["refused"]) for line in lines] == [(401, "no-token")]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x", "Bearer\tx"])
def test_what_is_no_bearer_token_is_none(trusting: FlaskClient, call: Any, header: str) -> None:
    with capture_logs() as lines:
        assert trusting.post(CALL, json=call, headers={"Authorization": header}).status_code == 401
    assert lines[0]["refused"] == "no-token"


def test_the_scheme_may_be_written_in_any_case(trusting: FlaskClient, signer: Signer, call: Any) -> None:
    header = {"Authorization": f"bearer  {signer.token(CALL)}"}
    assert trusting.post(CALL, json=call, headers=header).status_code == 200


@pytest.mark.rules("S-8", "S-9", "T-2")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"exp": 1}, "expired"),
        ({"path": FEEDBACK}, "audience"),
        ({"iss": "https://evil.example.org"}, "issuer"),
        ({"header": {"jku": "https://evil.example.org"}}, "jku"),
        ({"alg": "none", "key": ""}, "algorithm"),
    ],
)
def test_a_token_that_is_refused_is_401_with_its_reason_in_the_log_only(
    trusting: FlaskClient, signer: Signer, call: Any, wrong: dict[str, Any], code: str
) -> None:
    token = signer.token(**({"path": CALL} | wrong))
    with capture_logs() as lines:
        response = trusting.post(CALL, json=call, headers=bearer(token))
    assert (response.status_code, response.data) == (401, b"")
    assert [line["refused"] for line in lines] == [code]
    assert not any(part in str(lines) for part in token.split(".") if part)
    assert "evil" not in str(lines)


def test_nothing_of_a_call_is_read_before_its_caller_is_known(
    trusting: FlaskClient, make: Make, decider: Any, call: Any
) -> None:
    assert trusting.post(CALL, data=b"{", content_type="text/plain").status_code == 401
    assert decider.calls == 0
    app = make()
    app.test_client().post(CALL, json=call)
    assert stored(app, Exchange) == []


@pytest.mark.rules("S-7", "T-2")
def test_a_token_is_good_for_one_request_at_any_worker(make: Make, signer: Signer, call: Any) -> None:
    first, second = make().test_client(), make().test_client()
    header = bearer(signer.token(CALL))
    assert first.post(CALL, json=call, headers=header).status_code == 200
    with capture_logs() as lines:
        assert first.post(CALL, json=call, headers=header).status_code == 401
        assert second.post(CALL, json=call, headers=header).status_code == 401
    assert [line["refused"] for line in lines] == ["replay", "replay"]


def test_of_many_requests_with_one_token_one_is_answered(make: Make, signer: Signer) -> None:
    apps, header, statuses = [make(), make()], bearer(signer.token("/cds-services")), []

    def ask(app: Flask) -> None:
        statuses.append(app.test_client().get("/cds-services", headers=header).status_code)

    threads = [threading.Thread(target=ask, args=(apps[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200] + 7 * [401]


def test_two_clients_may_use_the_same_token_id(settings: Settings) -> None:
    database = Database(settings.database_url)
    used, later = UsedTokens(database), datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    assert used.first_use("https://a.example", "1", later)
    assert used.first_use("https://b.example", "1", later)
    assert not used.first_use("https://a.example", "1", later)
    database.close()


def test_neither_token_nor_its_id_is_stored(make: Make, signer: Signer, tmp_path: Path) -> None:
    app = make()
    token = signer.token("/cds-services", jti="find-me")
    app.test_client().get("/cds-services", headers=bearer(token))
    (row,) = stored(app, UsedToken)
    assert len(row.mark) == 64
    app.extensions["oncology-cds"]["database"].close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "store").iterdir())
    assert b"find-me" not in kept
    assert token.split(".")[2].encode() not in kept


def test_used_tokens_are_forgotten_once_they_are_too_old_anyway(
    make: Make, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make()
    client, database = app.test_client(), app.extensions["oncology-cds"]["database"]
    client.get("/cds-services", headers=bearer(signer.token("/cds-services")))
    with database.transaction() as session:
        session.execute(update(UsedToken).values(refused_from=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)))
    client.get("/cds-services", headers=bearer(signer.token("/cds-services")))
    assert len(stored(app, UsedToken)) == 2
    later = time.monotonic() + PURGE_SECONDS
    monkeypatch.setattr("cds_service.store.tokens.time.monotonic", lambda: later)
    client.get("/cds-services", headers=bearer(signer.token("/cds-services")))
    assert len(stored(app, UsedToken)) == 2


def test_without_its_database_a_worker_still_answers_each_token_once(
    make: Make, signer: Signer, call: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with capture_logs() as lines:
        client = make(database_url=f"sqlite:///{tmp_path}/file/cds.sqlite3").test_client()
        header = bearer(signer.token(CALL))
        assert client.post(CALL, json=call, headers=header).status_code == 200
        assert client.post(CALL, json=call, headers=header).status_code == 401
        assert client.post(CALL, json=call, headers=bearer(signer.token(CALL))).status_code == 200
    assert "used tokens are known to this process only" in [line["event"] for line in lines]


def test_what_a_worker_remembers_by_itself_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    used = UsedTokens(Database(f"sqlite:///{tmp_path}/file/cds.sqlite3"), most=3)
    now = datetime.datetime.now(datetime.UTC)
    later = now + datetime.timedelta(minutes=5)
    assert used.first_use("i", "old", now - datetime.timedelta(seconds=1))
    assert all(used.first_use("i", name, later) for name in ("a", "b", "c", "d"))
    assert not used.first_use("i", "d", later)
    assert used.first_use("i", "old", later), "the first are forgotten"


@pytest.mark.rules("S-10", "T-3")
@pytest.mark.parametrize("path", ["/cds-services", CALL, FEEDBACK])
def test_a_preflight_is_not_asked_and_a_browser_can_read_a_refusal(trusting: FlaskClient, path: str) -> None:
    headers = {
        "Origin": "https://sandbox.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    response = trusting.options(path, headers=headers)
    assert response.status_code == 200
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].lower()
    refused = trusting.post(path, headers={"Origin": "https://sandbox.example"})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] in ("*", "https://sandbox.example")


@pytest.mark.parametrize("path", ["/healthz", "/fhir/metadata", "/somewhere"])
def test_what_is_public_is_read_without_a_token(trusting: FlaskClient, path: str) -> None:
    assert trusting.get(path).status_code in {200, 404}


@pytest.mark.rules("S-5")
def test_the_public_address_counts_and_not_what_a_request_says(trusting: FlaskClient, signer: Signer) -> None:
    good = bearer(signer.token("/cds-services"))
    assert trusting.get("/cds-services", headers=good | {"Host": "internal:8080"}).status_code == 200
    elsewhere = bearer(signer.token(aud="http://evil.example.org/cds-services"))
    assert trusting.get("/cds-services", headers=elsewhere | {"Host": "evil.example.org"}).status_code == 401


def test_without_a_public_address_it_is_the_one_that_was_asked(make: Make, signer: Signer) -> None:
    client = make(public_url=None).test_client()
    header = bearer(signer.token(aud="http://cds.local:8080/cds-services")) | {"Host": "cds.local:8080"}
    assert client.get("/cds-services", headers=header).status_code == 200


def test_a_token_for_a_service_gives_no_feedback_to_another(trusting: FlaskClient, signer: Signer) -> None:
    header = bearer(signer.token("/cds-services/other"))
    assert trusting.post(FEEDBACK, json={"feedback": [ITEM]}, headers=header).status_code == 401
    header = bearer(signer.token("/cds-services"))
    assert trusting.post("/cds-services/feedback", json={}, headers=header).status_code == 401


@pytest.mark.rules("S-9")
def test_the_client_is_kept_with_calls_and_feedback_and_logged_by_its_name(
    make: Make, signer: Signer, call: Any
) -> None:
    app = make({"tenants": ["north"]})
    client = app.test_client()
    with capture_logs() as lines:
        client.post(CALL, json=call, headers=bearer(signer.token(CALL, tenant="north")))
        client.post(FEEDBACK, json={"feedback": [ITEM]}, headers=bearer(signer.token(FEEDBACK, tenant="north")))
    assert [line["client"] for line in lines] == ["Example EHR", "Example EHR"]
    assert [(row.client, row.tenant) for row in stored(app, Exchange)] == [("Example EHR", "north")]
    assert [row.client for row in stored(app, Evaluation)] == ["Example EHR"]
    assert [row.client for row in stored(app, Feedback)] == ["Example EHR"]


@pytest.mark.rules("P-28", "S-15")
def test_a_call_names_only_the_fhir_servers_of_its_client(make: Make, signer: Signer, call: Any, decider: Any) -> None:
    client = make({"fhir_hosts": ["fhir.example.org"]}).test_client()
    call["fhirServer"] = "https://evil.example.org/fhir"
    assert client.post(CALL, json=call, headers=bearer(signer.token(CALL))).status_code == 200
    assert "The record could not be fetched: this service may not ask that record system." in decider.messages


EVERYONE = {"trusted_clients_file": None, "public_url": None, "dev": False, "allow_anonymous_clients": True}


def test_outside_development_the_service_does_not_start_for_everyone_unless_it_is_told_to(make: Make) -> None:
    with pytest.raises(ClientsRefused, match="ONCOLOGY_CDS_ALLOW_ANONYMOUS_CLIENTS=true"):
        make(**EVERYONE | {"allow_anonymous_clients": False})


@pytest.mark.parametrize("dev", [False, True])
def test_clients_that_are_told_are_asked_whoever_else_may_call(make: Make, call: Any, dev: bool) -> None:
    client = make(dev=dev, allow_anonymous_clients=True).test_client()
    assert client.post(CALL, json=call).status_code == 401


def test_nobody_is_asked_where_no_clients_are_told_and_that_is_said(settings: Settings, make: Make, call: Any) -> None:
    with capture_logs() as lines:
        client = make(**EVERYONE).test_client()
    assert [(line["log_level"], line["setting"]) for line in lines] == [("warning", "trusted_clients_file")]
    assert client.post(CALL, json=call).status_code == 200
    assert client.post(CALL, json=call, headers=bearer("garbage")).status_code == 200


def test_an_unknown_public_address_is_told_outside_development(make: Make) -> None:
    with capture_logs() as lines:
        make(public_url=None, dev=False)
        make(dev=False)
        make(public_url=None)
        make(trusted_clients_file=None)
    assert [line["setting"] for line in lines] == ["public_url"]


def test_the_service_does_not_start_with_a_wrong_file_of_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clients.toml"
    file.write_text("[[client]]\nname = 'x'\n")
    monkeypatch.setenv("ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE", str(file))
    monkeypatch.setenv("ONCOLOGY_CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    result = CliRunner().invoke(main, ["serve", "--dev", "--port", "0"])
    assert result.exit_code == 1
    assert f"{file}: client[1].iss: Field required" in result.stderr
