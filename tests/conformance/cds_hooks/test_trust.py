"""Rows T-2 and T-33: who may call, and what is kept of it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from structlog.testing import capture_logs

from cds_service.security.sealing import Seal
from cds_service.settings import Settings
from cds_service.store.audit import Audit
from tests.conformance.cds_hooks.ehr import SERVER
from tests.conformance.cds_hooks.examples import application, closed, record_of
from tests.conformance.cds_hooks.vectors import Caller, all_met, dose_too_high, new_call, with_server

Json = dict[str, Any]

BASE = "https://cds.example.org"
ISSUER = "https://ehr.example.org"
PATH = "/cds-services/order-sign-crd"
SEALING_KEY = Fernet.generate_key().decode()
SECRET = "an-access-token-that-nobody-may-see"
KEYS = {
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "RS384": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def jwk(algorithm: str) -> Json:
    public = KEYS[algorithm].public_key()
    kind = jwt.algorithms.ECAlgorithm if algorithm == "ES384" else jwt.algorithms.RSAAlgorithm
    return {**kind.to_jwk(public, as_dict=True), "kid": algorithm}


def token(path: str = PATH, algorithm: str = "ES384", key: Any = None, **claims: Any) -> str:
    """A good token, but for what is said."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": BASE + path, "exp": now + 300, "iat": now, "jti": uuid.uuid4().hex}
    signing = KEYS.get(algorithm) if key is None else key
    return jwt.encode({**good, **claims}, signing, algorithm, {"kid": "ES384" if algorithm not in KEYS else algorithm})


def with_token(signed: str) -> Json:
    return {"headers": {"Authorization": f"Bearer {signed}"}}


@pytest.fixture(scope="module")
def trusting(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application for one client with two keys, which keeps what it is asked."""
    folder: Path = tmp_path_factory.mktemp("trust")
    lines = ["[[client]]", 'name = "Example EHR"', f'iss = "{ISSUER}"', "[client.jwks]", "keys = ["]
    for algorithm in KEYS:
        lines.append("{" + ", ".join(f"{name} = {json.dumps(value)}" for name, value in jwk(algorithm).items()) + "},")
    (folder / "clients.toml").write_text("\n".join([*lines, "]"]), encoding="utf-8")
    changed: Json = {
        "trusted_clients_file": folder / "clients.toml",
        "public_url": BASE,
        "store_clinical": True,
        "store_clinical_key": (SecretStr(SEALING_KEY),),
        "database_url": f"sqlite:///{folder}/cds.sqlite3",
    }
    app = application(settings, **changed)
    yield app
    closed(app)


@pytest.fixture(scope="module")
def sealed() -> Seal:
    return Seal([SecretStr(SEALING_KEY)])


@pytest.fixture
def client(trusting: Flask) -> FlaskClient:
    return trusting.test_client()


@pytest.mark.rules("D-9", "S-2", "S-3", "S-4", "S-5")
@pytest.mark.parametrize("algorithm", KEYS)
def test_T_02_a_trusted_client_is_answered(client: FlaskClient, algorithm: str) -> None:
    discovery = client.get("/cds-services", **with_token(token("/cds-services", algorithm)))
    assert len(discovery.get_json()["services"]) == 6
    assert Caller(client)(dose_too_high(), **with_token(token(algorithm=algorithm))).status_code == 200


WRONG: dict[str, Callable[[], str]] = {
    "for another address": lambda: token("/cds-services/order-sign"),
    "for another server": lambda: token(aud=f"https://other.example.org{PATH}"),
    "expired": lambda: token(exp=int(time.time()) - 3600),
    "without an expiry": lambda: token(exp=None),
    "symmetric": lambda: token(algorithm="HS256", key="s" * 48),
    "unsigned": lambda: token(algorithm="none", key=""),
    "of another issuer": lambda: token(iss="https://elsewhere.example.org"),
    "by another key": lambda: token(key=ec.generate_private_key(ec.SECP384R1())),
    "no token": lambda: "abc",
}


@pytest.mark.rules("S-2", "S-3", "S-4", "S-5", "S-6", "S-7", "S-8")
@pytest.mark.parametrize("name", WRONG)
def test_T_02_a_token_that_is_not_right_is_401_without_a_word(client: FlaskClient, name: str) -> None:
    response = Caller(client)(dose_too_high(), **with_token(WRONG[name]()))
    assert (response.status_code, response.data) == (401, b"")
    discovery = client.get("/cds-services", **with_token(WRONG[name]()))
    assert (discovery.status_code, discovery.data) == (401, b"")


@pytest.mark.rules("S-7", "S-8", "S-2")
def test_T_02_a_token_is_good_for_one_request(client: FlaskClient) -> None:
    signed = token()
    assert Caller(client)(dose_too_high(), **with_token(signed)).status_code == 200
    assert Caller(client)(dose_too_high(), **with_token(signed)).status_code == 401
    assert Caller(client)(dose_too_high()).status_code == 401


@pytest.mark.rules("S-10")
def test_T_02_a_preflight_needs_no_token(client: FlaskClient) -> None:
    asked = {"Origin": "https://sandbox.example.org", "Access-Control-Request-Method": "POST"}
    assert client.options(PATH, headers=asked).status_code == 200


@pytest.mark.rules("S-9", "S-11", "S-12", "S-13", "P-23")
def test_T_33_no_token_is_logged_and_a_call_is_found_by_its_hook_instance(
    client: FlaskClient, trusting: Flask, sealed: Seal, ehr_server: responses.RequestsMock
) -> None:
    signed = token()
    request = new_call(with_server(all_met(), SERVER, SECRET))
    record_of(request).serve(ehr_server)
    with capture_logs() as lines:
        response = Caller(client)(request, **with_token(signed))
    assert response.status_code == 200
    asked = [call.request for call in ehr_server.calls]
    assert asked
    assert {each.headers["Authorization"] for each in asked} == {f"Bearer {SECRET}"}
    assert all(each.url.startswith(SERVER) for each in asked)
    said = json.dumps(lines, default=str)
    family = request["prefetch"]["patient"]["name"][0]["family"]
    assert not [each for each in (signed, SECRET, request["context"]["patientId"], family) if each in said]
    services = trusting.extensions["oncology-cds"]
    assert services["sink"].flush(5)
    (kept,) = Audit(services["database"], reader="a test").of(request["hookInstance"], contents=True)
    assert json.loads(sealed.open(kept.response_sealed)) == response.get_json()
    stored = json.loads(sealed.open(kept.request_sealed))
    assert stored["prefetch"] == request["prefetch"]
    assert SECRET not in json.dumps(stored)
    assert signed not in json.dumps(stored)
