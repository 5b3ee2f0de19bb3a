"""What the tests of the service share: a call, a decider that only remembers what it was asked, and a client."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.offered import ORDER_SIGN_ID, offered_services
from cds_service.cdshooks.orders import Orders
from cds_service.cdshooks.services import Service
from cds_service.decision import CardIdentity, Decision, EvaluationRow, Question
from cds_service.fhir.wanted import Wanted, wanted_for
from cds_service.settings import Settings
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.record import Record, RecordNote
from tests.cds_service.logged import no_log_line_tells_of_a_patient

__all__ = ["no_log_line_tells_of_a_patient"]

PATIENT = "p1"
CALL_URL = f"/cds-services/{ORDER_SIGN_ID}"
CARD_UUID = "b9a6c7e0-5c7e-5d5e-9d0b-1f3f6a1c2d3e"

NEEDED = (
    DataRequirement("Patient", elements=("birthDate",)),
    DataRequirement("Coverage", elements=("payor", "type")),
    DataRequirement("Condition", elements=("code",)),
    DataRequirement("Observation", elements=("code", "performer", "value")),
    DataRequirement("MedicationRequest", elements=("medication", "reasonReference", "requester")),
    DataRequirement("MedicationStatement", elements=("medication", "status")),
    DataRequirement("Procedure"),
    DataRequirement("CarePlan", elements=("activity.detail.product", "activity.reference")),
    DataRequirement("PractitionerRole", elements=("practitioner", "specialty")),
    DataRequirement("Practitioner", elements=("qualification",)),
    DataRequirement("Medication", elements=("code",)),
    DataRequirement("Organization", elements=("address",)),
)
"""What some policies need."""

CALL: dict[str, Any] = {
    "hook": "order-sign",
    "hookInstance": "2e82516d-bbef-53ca-a40a-3e2870f891d0",
    "context": {
        "userId": "PractitionerRole/pr1",
        "patientId": PATIENT,
        "draftOrders": {
            "resourceType": "Bundle",
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "mr1",
                        "status": "draft",
                        "intent": "order",
                        "medicationCodeableConcept": {"text": "a drug"},
                        "subject": {"reference": f"Patient/{PATIENT}"},
                        "authoredOn": "2025-06-02",
                    }
                }
            ],
        },
    },
}


class RememberingDecider:
    """Shows one card for each order, and keeps what it was asked."""

    def __init__(self) -> None:
        self.request: HookRequest | None = None
        self.orders = Orders()
        self.kinds: frozenset[str] | None = None
        self.record: Record | None = None
        self.notes: Sequence[RecordNote] = ()
        self.calls = 0
        self.failure: Exception | None = None
        self.decision: Decision | None = None

    def decide(self, question: Question) -> Decision:
        self.request, self.record, self.notes = question.request, question.record, question.notes
        self.orders, self.kinds = question.orders, question.kinds
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        if self.decision is not None:
            return self.decision
        return Decision(
            cards=[
                {"uuid": CARD_UUID, "summary": "A dose", "indicator": "info", "source": {"label": "P"}, "links": []}
            ],
            determinations=[{"order": "MedicationRequest/mr1", "status": "met", "section": ""}],
            evaluations=[
                EvaluationRow("MedicationRequest/mr1", "P.1", "1", "met", cards=(CardIdentity(CARD_UUID, "dose"),))
            ],
        )

    @property
    def delivered(self) -> frozenset[str]:
        assert self.record is not None
        return self.record.delivered

    @property
    def messages(self) -> list[str]:
        return [note.message for note in self.notes]

    def ids(self, type_name: str) -> list[str]:
        assert self.record is not None
        return [element.json["id"] for element in self.record.retrieve(type_name)]


@pytest.fixture
def call() -> dict[str, Any]:
    return copy.deepcopy(CALL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(dev=True, database_url=f"sqlite:///{tmp_path}/store/cds.sqlite3")


@pytest.fixture
def decider() -> RememberingDecider:
    return RememberingDecider()


@pytest.fixture
def wanted() -> Wanted:
    return wanted_for(NEEDED)


@pytest.fixture
def services(wanted: Wanted) -> tuple[Service, ...]:
    return tuple(offered_services(wanted, {}))


@pytest.fixture
def app(settings: Settings, decider: RememberingDecider, services: tuple[Service, ...]) -> Iterator[Flask]:
    app = create_app(settings, decider, services=services)
    yield app
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def post(client: FlaskClient) -> Callable[..., Any]:
    def post(body: Any, url: str = CALL_URL, **options: Any) -> Any:
        if isinstance(body, bytes | str):
            return client.post(url, data=body, **{"content_type": "application/json", **options})
        return client.post(url, json=body, **options)

    return post


@pytest.fixture
def json_text() -> Callable[[Any], str]:
    return json.dumps
