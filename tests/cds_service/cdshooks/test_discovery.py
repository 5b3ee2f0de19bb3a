from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.cdshooks.services import Service, Services
from cds_service.fhir.wanted import Wanted
from cds_service.settings import Settings


def empty_members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        members = list(value.values())
    elif isinstance(value, list):
        members = value
    else:
        return []
    found = [member for member in members if member is None or member in ("", [], {})]
    return found + [each for member in members for each in empty_members(member)]


def test_discovery_lists_plain_services_first_and_then_those_of_crd(client: FlaskClient) -> None:
    listed = [(each["id"], each["hook"]) for each in client.get("/cds-services").get_json()["services"]]
    assert listed == [
        ("order-sign", "order-sign"),
        ("order-select", "order-select"),
        ("order-dispatch", "order-dispatch"),
        ("order-sign-crd", "order-sign"),
        ("order-select-crd", "order-select"),
        ("order-dispatch-crd", "order-dispatch"),
    ]


@pytest.mark.rules("D-3", "D-4", "D-8", "D-16")
def test_discovery_lists_the_service_with_the_prefetch_that_its_policies_need(client: FlaskClient) -> None:
    response = client.get("/cds-services")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    service, *_ = response.get_json()["services"]
    assert service["hook"] == "order-sign"
    assert service["id"] == ORDER_SIGN_ID
    assert service["title"]
    assert service["description"]
    assert list(service["prefetch"].items()) == [
        ("patient", "Patient/{{context.patientId}}"),
        ("coverage", "Coverage?patient={{context.patientId}}&status=active&_include=Coverage:payor"),
        ("practitioner", "{{context.userId}}"),
        ("conditions", "Condition?patient={{context.patientId}}"),
        ("observations", "Observation?patient={{context.patientId}}&_sort=-date"),
        ("medicationRequests", "MedicationRequest?patient={{context.patientId}}"),
        ("medicationStatements", "MedicationStatement?patient={{context.patientId}}"),
        ("procedures", "Procedure?patient={{context.patientId}}"),
        ("carePlans", "CarePlan?patient={{context.patientId}}"),
    ]
    assert empty_members(response.get_json()) == []


@pytest.mark.rules("D-2")
def test_discovery_of_no_service_is_an_empty_list(settings: Settings, decider: Any) -> None:
    client = create_app(settings, decider, services=()).test_client()
    assert client.get("/cds-services").get_json() == {"services": []}


def test_members_without_a_value_are_left_out() -> None:
    entry = Service("x", "order-sign", "", "What it does", Wanted()).entry
    assert entry == {"hook": "order-sign", "id": "x", "description": "What it does"}


@pytest.mark.rules("D-7")
def test_one_id_may_answer_several_hooks(settings: Settings, decider: Any, services: Any, call: Any) -> None:
    other = Service(ORDER_SIGN_ID, "patient-view", "Other", "Another hook", Wanted(), HookRequest)
    client = create_app(settings, decider, services=(*services, other)).test_client()
    assert client.post(f"/cds-services/{ORDER_SIGN_ID}", json=call).status_code == 200
    call |= {"hook": "patient-view", "context": {"patientId": "p1"}}
    assert client.post(f"/cds-services/{ORDER_SIGN_ID}", json=call).status_code == 200
    assert decider.orders.asked == ()


def test_two_services_with_the_same_id_and_hook_are_refused(services: Any) -> None:
    with pytest.raises(ValueError, match="same id and hook"):
        Services((*services, *services))


def test_at_dispatch_nothing_is_asked_that_its_context_cannot_tell(client: FlaskClient) -> None:
    services = {each["id"]: each for each in client.get("/cds-services").get_json()["services"]}
    assert "practitioner" in services["order-sign"]["prefetch"]
    assert "practitioner" not in services["order-dispatch"]["prefetch"]
    assert all("userId" not in query for query in services["order-dispatch"]["prefetch"].values())
