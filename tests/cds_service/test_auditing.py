"""What is remembered of every call, and what never is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.decision import CoverageNote, Decision
from cds_service.security.sealing import Seal
from cds_service.settings import Settings
from cds_service.store.audit import questionnaires_of
from cds_service.store.models import Evaluation, Exchange
from cds_service.store.records import order_hash

URL = f"/cds-services/{ORDER_SIGN_ID}"
KEY = SecretStr(Fernet.generate_key().decode())
ORDER = "MedicationRequest/mr1"
Kept = Callable[[], list[Exchange]]


@pytest.fixture
def kept(app: Flask) -> Kept:
    return lambda: exchanges(app)


def exchanges(app: Flask) -> list[Exchange]:
    assert app.extensions["oncology-cds"]["sink"].flush(5)
    asked = select(Exchange).order_by(Exchange.id)
    parts = (selectinload(Exchange.assertions), selectinload(Exchange.evaluations))
    sealed = (undefer(Exchange.request_sealed), undefer(Exchange.response_sealed))
    with Session(app.extensions["oncology-cds"]["database"].engine) as session:
        return list(session.scalars(asked.options(*parts, *sealed)))


@pytest.fixture
def sealing(settings: Settings, decider: Any, services: Any) -> Iterator[Flask]:
    """The service where contents are kept."""
    changed = settings.model_copy(update={"store_clinical": True, "store_clinical_key": (KEY,)})
    app = create_app(changed, decider, services=services)
    yield app
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.mark.rules("S-12", "S-14", "F-7", "T-33")
def test_a_call_is_kept_with_what_it_was_answered(
    post: Any, call: Any, decider: Any, kept: Kept, json_text: Any
) -> None:
    card = {"uuid": "c1", "summary": "x", "suggestions": [{"uuid": "s1"}, {"uuid": "s2"}, {"label": "no uuid"}]}
    decider.decision = Decision(cards=[card, {"uuid": "c2", "summary": "y"}])
    body = json_text(call).encode()
    response = post(body)
    (row,) = kept()
    assert (row.hook_instance, row.hook, row.service) == (call["hookInstance"], "order-sign", ORDER_SIGN_ID)
    assert (row.status, row.client, row.tenant, row.token_use) == (200, "", "", "not-used")
    assert (row.request_hash, row.request_bytes) == (hashlib.sha256(body).hexdigest(), len(body))
    assert (row.response_hash, row.response_bytes) == (hashlib.sha256(response.data).hexdigest(), len(response.data))
    assert row.cards == [{"uuid": "c1", "suggestions": ["s1", "s2"]}, {"uuid": "c2", "suggestions": []}]
    assert row.duration_ms > 0
    assert (row.request_sealed, row.response_sealed) == (None, None)


def test_a_call_that_no_policy_is_about_is_kept_too(post: Any, call: Any, decider: Any, kept: Kept) -> None:
    decider.decision = Decision()
    post(call)
    (row,) = kept()
    assert (row.cards, row.evaluations, row.assertions) == ([], [], [])


def test_the_evaluations_of_a_call_are_found_by_it(post: Any, call: Any, kept: Kept) -> None:
    post(call)
    post(call)
    rows = kept()
    assert [[each.policy for each in row.evaluations] for row in rows] == [["P.1"], ["P.1"]]
    assert rows[0].call_id != rows[1].call_id


def extension(**parts: Any) -> dict[str, Any]:
    """A coverage-information extension with these sub-extensions."""
    return {"url": "x", "extension": [{"url": url.replace("_", "-"), **value} for url, value in parts.items()]}


@pytest.mark.rules("S-12", "S-14")
def test_what_was_said_of_coverage_is_kept_as_codes(post: Any, call: Any, decider: Any, kept: Kept, app: Flask) -> None:
    note = extension(
        coverage={"valueReference": {"reference": "Coverage/find-me"}},
        covered={"valueCode": "covered"},
        pa_needed={"valueCode": "satisfied"},
        doc_needed={"valueCode": "clinical"},
        info_needed={"valueCode": "OTH"},
        reason={"valueCodeableConcept": {"text": "find me"}},
        questionnaire={"valueCanonical": "https://x.example/Questionnaire/1|2"},
        coverage_assertion_id={"valueString": "a-1"},
        satisfied_pa_id={"valueString": "pa-1"},
    )
    bare = extension(coverage_assertion_id={"valueString": "a-2"})
    notes = [CoverageNote(ORDER, note), CoverageNote("ServiceRequest/s1", bare)]
    decider.decision = Decision(coverage_notes=notes)
    post(call)
    (row,) = kept()
    first, second = row.assertions
    assert (first.assertion_id, first.order_hash) == ("a-1", order_hash(ORDER))
    assert (first.covered, first.pa_needed, first.satisfied_pa_id) == ("covered", "satisfied", "pa-1")
    assert (first.doc_needed, first.info_needed) == (["clinical"], ["OTH"])
    assert (second.covered, second.pa_needed, second.questionnaires) == ("", "", [])
    database = app.extensions["oncology-cds"]["database"]
    assert questionnaires_of(database, "a-1") == ("https://x.example/Questionnaire/1|2",)
    assert questionnaires_of(database, "a-2") == ()
    assert questionnaires_of(database, "unknown") == ()


@pytest.mark.parametrize(
    ("changed", "status", "names"),
    [
        ({"context": None}, 400, ("order-sign", True)),
        ({"hook": "find me, Jane Doe"}, 400, ("", True)),
        ({"hookInstance": "Jane Doe"}, 400, ("order-sign", False)),
        ({"hookInstance": 5, "hook": []}, 400, ("", False)),
    ],
)
@pytest.mark.rules("S-12")
def test_a_refused_call_is_kept_with_what_can_be_told_of_it(
    post: Any, call: Any, kept: Kept, changed: dict[str, Any], status: int, names: tuple[str, bool]
) -> None:
    instance = call["hookInstance"]
    assert post(call | changed).status_code == status
    (row,) = kept()
    assert row.status == status
    assert (row.hook, row.hook_instance) == (names[0], instance if names[1] else "")
    assert row.response_bytes > 0


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b""])
def test_what_cannot_be_read_is_kept_by_its_hash(post: Any, kept: Kept, body: bytes) -> None:
    assert post(body).status_code == 400
    (row,) = kept()
    assert (row.hook_instance, row.hook, row.request_hash) == ("", "", hashlib.sha256(body).hexdigest())


def test_a_failure_of_the_service_is_kept(post: Any, call: Any, decider: Any, kept: Kept) -> None:
    decider.failure = KeyError("Jane Doe")
    post(call)
    (row,) = kept()
    assert (row.status, row.hook_instance, row.cards) == (500, call["hookInstance"], [])


def test_what_is_no_call_is_not_kept_as_one(client: Any, post: Any, call: Any, kept: Kept) -> None:
    client.get("/cds-services")
    post(call, url="/cds-services/unknown")
    post({"feedback": []}, url=f"{URL}/feedback")
    assert kept() == []


@pytest.mark.rules("S-11")
def test_without_being_asked_to_nothing_clinical_is_stored(post: Any, call: Any, app: Flask, tmp_path: Path) -> None:
    call["context"]["patientId"] = "find-me-1"
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    order |= {"id": "find-me-2", "subject": {"reference": "Patient/find-me-1"}, "note": [{"text": "find-me-3"}]}
    assert post(call).status_code == 200
    exchanges(app)
    app.extensions["oncology-cds"]["database"].close()
    files = [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
    assert len(files) > 1
    assert all(b"find-me" not in file.read_bytes() for file in files)


@pytest.mark.rules("S-9", "S-12", "P-23", "T-33")
def test_contents_are_kept_encrypted_and_without_the_token_where_that_is_asked_for(
    sealing: Flask, call: Any, tmp_path: Path
) -> None:
    call |= {
        "fhirServer": "https://ehr.example.org/fhir",
        "fhirAuthorization": {"access_token": "find-me-secret", "token_type": "Bearer"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p1", "name": [{"text": "find-me"}]}},
    }
    response = sealing.test_client().post(URL, json=call, headers={"Authorization": "Bearer find-me-jwt"})
    (row,) = exchanges(sealing)
    assert row.request_sealed is not None
    assert row.response_sealed is not None
    request = json.loads(Seal([KEY]).open(row.request_sealed))
    assert request == {name: value for name, value in call.items() if name != "fhirAuthorization"}
    assert Seal([KEY]).open(row.response_sealed) == response.data
    sealing.extensions["oncology-cds"]["database"].close()
    files = [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
    assert len(files) > 1
    assert all(b"find-me" not in file.read_bytes() for file in files)


def test_of_a_request_that_cannot_be_read_no_content_is_kept_but_of_its_answer(sealing: Flask) -> None:
    sealing.test_client().post(URL, data=b"{", content_type="application/json")
    (row,) = exchanges(sealing)
    assert row.request_sealed is None
    assert row.response_sealed is not None


def test_evaluations_from_before_there_were_exchanges_stay(app: Flask, post: Any, call: Any) -> None:
    post(call)
    exchanges(app)
    database = app.extensions["oncology-cds"]["database"]
    with database.transaction() as session:
        session.scalars(select(Evaluation)).one().call_id = None
    (row,) = exchanges(app)
    assert row.evaluations == []
