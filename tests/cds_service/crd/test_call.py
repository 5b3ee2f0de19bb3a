"""What a call asks of CRD, before anything else is done."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cds_service.cdshooks.outcome import CallRefused
from cds_service.crd import read_crd
from cds_service.crd.configuration import Configuration
from cds_service.crd.versions import Edition
from cds_service.settings import Settings

PLAIN: dict[str, Any] = {
    "hook": "order-sign",
    "hookInstance": "2e82516d-bbef-53ca-a40a-3e2870f891d0",
    "fhirServer": "https://ehr.example.org/fhir/",
    "context": {
        "userId": "Practitioner/d",
        "patientId": "p",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest"}}]},
    },
}


@pytest.fixture
def body() -> dict[str, Any]:
    return copy.deepcopy(PLAIN)


def test_a_plain_call_asks_nothing_of_crd(crd: Any, body: dict[str, Any]) -> None:
    for extension in ({}, None, {"other": 1}, {"davinci-pas.x": 1}):
        assert crd.read({**body, "extension": extension}, strict=False) is None


@pytest.mark.parametrize("member", ["davinci-crd.configuration", "davinci-crd.requestedVersion", "davinci-crd.new"])
def test_a_crd_client_is_known_by_what_it_sends_to_a_plain_service(crd: Any, body: dict[str, Any], member: str) -> None:
    call = crd.read({**body, "extension": {member: {}}}, strict=False)
    assert (call.strict, call.edition) == (False, Edition.SHARED)


def test_a_crd_service_needs_no_extension(crd: Any, body: dict[str, Any]) -> None:
    call = crd.read(body)
    assert (call.strict, call.early, call.edition) == (True, False, Edition.SHARED)
    assert call.configuration == Configuration(unsolicited=False)
    assert call.client == ("https://ehr.example.org/fhir", "p")
    assert call.policy_page == ""


@pytest.mark.rules("R-10")
def test_a_version_that_is_not_supported_is_refused_by_a_crd_service_only(crd: Any, body: dict[str, Any]) -> None:
    body["extension"] = {"davinci-crd.requestedVersion": "9.9"}
    with pytest.raises(CallRefused) as caught:
        crd.read(body)
    assert caught.value.status == 422
    assert crd.read(body, strict=False).edition is Edition.SHARED


def test_the_default_version_is_a_setting(crd: Any, body: dict[str, Any]) -> None:
    assert crd.read(body, crd_version="2.2").edition is Edition.STU_2_2
    body["extension"] = {"davinci-crd.requestedVersion": "2.1"}
    assert crd.read(body, crd_version="2.2").edition is Edition.SHARED


def test_authorizations_are_given_where_the_service_and_the_client_want_them(crd: Any, body: dict[str, Any]) -> None:
    def unsolicited(wanted: Any, **settings: Any) -> bool:
        configuration = {} if wanted is None else {"unsolicited-determ": wanted}
        call = crd.read({**body, "extension": {"davinci-crd.configuration": configuration}}, **settings)
        return bool(call.unsolicited)

    assert [unsolicited(wanted) for wanted in (None, True, False)] == [False, False, False]
    given = [unsolicited(wanted, unsolicited_determinations=True) for wanted in (None, True, False)]
    assert given == [True, True, False]


@pytest.mark.rules("R-42")
def test_an_order_that_is_only_selected_is_early(crd: Any, body: dict[str, Any]) -> None:
    drafts = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest", "id": "s"}}]}
    context = {**body["context"], "draftOrders": drafts, "selections": ["ServiceRequest/s"]}
    assert crd.read({**body, "hook": "order-select", "context": context}).early


def test_a_dispatched_order_is_not_early(crd: Any, body: dict[str, Any]) -> None:
    context = {"patientId": "p", "dispatchedOrders": ["ServiceRequest/s"], "performer": "Organization/o"}
    assert not crd.read({**body, "hook": "order-dispatch", "context": context}).early


def test_policies_are_linked_where_they_have_pages(crd: Any, body: dict[str, Any]) -> None:
    call = read_crd(crd.request(body), Settings(), strict=True, policy_page="https://cds.example.org/policies")
    assert call is not None
    assert call.policy_page == "https://cds.example.org/policies"
