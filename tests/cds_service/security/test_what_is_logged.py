"""The log of a running service over calls of every kind: no token in it, and nothing of a patient."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import Signer

pytestmark = pytest.mark.rules("S-9", "S-12", "P-23", "T-33")

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
EXAMPLE = json.loads((EXAMPLES / "leukine-aml-dose-overage.json").read_text(encoding="utf-8"))
PATIENT = EXAMPLE["context"]["patientId"]
ACCESS_TOKEN = "access-token-find-me"
SECONDS = 60
# What log lines are made of beside what is named in the requests.
WORDS = re.compile(r"order-(sign|select|dispatch)(-crd)?|draftOrders|[A-Z][A-Za-z]+(Request|Order|Response)")


class Ehr(BaseHTTPRequestHandler):
    """A FHIR server of a kind that its path names: good, or broken in one of many ways."""

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        what = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": condition()}]}
        if kind == "broken":
            self.send_error(500, "Jane Find-me")
        elif kind == "unauthorized":
            self._answer(401, {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "Jane Find-me"}]})
        elif kind == "garbage":
            self._answer(200, "Jane Find-me")
        elif kind == "away":
            self.send_response(302)
            self.send_header("Location", f"http://Jane-Find-me.example/{self.path}")
            self.end_headers()
        elif kind == "other":
            self._answer(
                200, what | {"entry": [{"resource": condition() | {"subject": {"reference": "Patient/Jane"}}}]}
            )
        elif kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.send_header("Jane Find-me", "x")
            self.end_headers()
            self.wfile.write(b'{"resourceType"')
        elif "?" in self.path:
            self._answer(200, what)
        else:
            kind, identity = self.path.split("/")[2:4]
            self._answer(200, {"resourceType": kind, "id": identity, "birthDate": "1961-08-17"})

    def _answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


def condition() -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "condition-find-me",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"text": "Jane Find-me has leukaemia"},
        "onsetDateTime": "Jane Find-me in May",
    }


@pytest.fixture(scope="module")
def ehr() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ehr)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def running(tmp_path: Path, clients_file: Callable[..., Path]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service with trusted clients, its log on its standard error, which goes to a file."""
    environment = os.environ | {
        "ONCOLOGY_CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
        "ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE": str(clients_file()),
        "ONCOLOGY_CDS_LOG_LEVEL": "DEBUG",
        "ONCOLOGY_CDS_FHIR_TIMEOUT_SECONDS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-c", "from cds_service.cli import main; main()", "serve", "--dev", "--port", "0"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert address is not None, (tmp_path / "log").read_text()
            yield process, address[0]
        finally:
            if process.poll() is None:
                process.kill()


def send(url: str, body: Any, headers: Mapping[str, str]) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def changed(**members: Any) -> dict[str, Any]:
    return copy.deepcopy(EXAMPLE) | members


def with_ehr(server: str) -> dict[str, Any]:
    """The example without its record, which a FHIR server has to tell."""
    authorization = {
        "access_token": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 60,
        "scope": "x",
        "subject": "y",
    }
    return changed(prefetch={}, fhirServer=server, fhirAuthorization=authorization)


def bodies(ehr: str) -> Iterator[tuple[Any, int]]:
    """Calls of every kind, and what each is answered."""
    yield EXAMPLE, 200
    for kind in ("good", "broken", "unauthorized", "garbage", "away", "cut"):
        yield with_ehr(f"{ehr}/{kind}"), 200
    yield with_ehr("http://127.0.0.1:1/find-me"), 200
    yield with_ehr("http://jane-find-me.invalid/fhir"), 200
    yield with_ehr(f"{ehr}/other"), 400
    yield with_ehr("jane find-me"), 400
    yield b'{"patient": "Jane Find-me"', 400
    yield b'["Jane Find-me"]', 400
    yield changed(hook="Jane Find-me"), 400
    yield changed(hookInstance="Jane Find-me"), 400
    yield changed(context={"patientId": "Jane Find-me", "userId": "Jane Find-me"}), 400
    yield changed(fhirAuthorization={"access_token": f"{ACCESS_TOKEN} Jane"}), 400
    yield changed(prefetch={"Jane Find-me": {"resourceType": "Jane Find-me"}, "patient": "Jane Find-me"}), 200
    other = changed()
    other["context"]["draftOrders"]["entry"][0]["resource"]["subject"] = {"reference": "Patient/Jane-Find-me"}
    yield other, 400
    nameless = changed()
    del nameless["context"]["draftOrders"]["entry"][0]["resource"]["id"]
    yield nameless, 422


def feedback() -> Iterator[tuple[Any, int]]:
    item = {"card": "Jane Find-me", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    yield {"feedback": [item | {"overrideReason": {"userComment": "Jane Find-me"}}]}, 200
    yield {"feedback": [item | {"outcome": "Jane Find-me"}]}, 400


def test_no_log_line_has_a_token_or_anything_of_a_patient(
    running: tuple[subprocess.Popen[str], str], signer: Signer, ehr: str, tmp_path: Path
) -> None:
    process, address = running
    tokens: list[str] = []

    def post(path: str, body: Any, **claims: Any) -> int:
        tokens.append(signer.token(path, **{"aud": address + path, "tenant": "find-me-tenant"} | claims))
        return send(address + path, body, {"Authorization": f"Bearer {tokens[-1]}"})

    for path in ("/cds-services/order-sign", "/cds-services/order-sign-crd"):
        for body, status in bodies(ehr):
            assert post(path, body) in {status, 400, 412} if path.endswith("crd") else post(path, body) == status
    for body, status in feedback():
        assert post("/cds-services/order-sign/feedback", body) == status
    for claims in ({"exp": 1}, {"iss": "https://jane-find-me.example"}, {"header": {"kid": "jane-find-me"}}):
        assert post("/cds-services/order-sign", EXAMPLE, **claims) == 401
    again = {"Authorization": f"Bearer {tokens[0]}"}
    assert send(f"{address}/cds-services/order-sign", EXAMPLE, again) == 401
    assert send(f"{address}/cds-services/order-sign", EXAMPLE, {"Authorization": "Bearer jane.find-me.x"}) == 401
    assert send(f"{address}/cds-services/Jane-Find-me?Jane=Find-me", EXAMPLE, {"X-Request-ID": "Jane Find-me"}) == 401
    assert post("/cds-services/Jane-Find-me", EXAMPLE) == 404
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0

    log = (tmp_path / "log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert len([line for line in lines if line["event"] == "request"]) == len(tokens) + 3
    assert {line["status"] for line in lines if line["event"] == "request"} >= {200, 400, 401, 404, 422}
    assert "find-me" not in log.lower()
    assert ACCESS_TOKEN not in log
    assert not [token for token in tokens if token in log or token.split(".")[1] in log or token.split(".")[2] in log]
    assert sorted(text for text in texts(EXAMPLE) if text in log) == []


def texts(value: Any) -> set[str]:
    """What a request says of the patient and of who treats them: all texts but those that say what it is."""
    if isinstance(value, Mapping):
        return {text for name, member in value.items() if name != "hookInstance" for text in texts(member)}
    if isinstance(value, list):
        return {text for member in value for text in texts(member)}
    return {value} if isinstance(value, str) and len(value) > 7 and not WORDS.fullmatch(value) else set()
