"""Rows T-1, T-3, T-4, T-5, T-10, T-14 and T-20: discovery, and calls that cannot be answered as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conformance.cds_hooks.answers import CARD_TYPES
from tests.conformance.cds_hooks.ehr import SERVER
from tests.conformance.cds_hooks.exact import blanks
from tests.conformance.cds_hooks.vectors import (
    Caller,
    all_met,
    coverage_in,
    dispatching,
    dose_too_high,
    order_in,
    resources_of,
    selecting,
    version,
    with_prefetch,
    with_server,
    without_prefetch,
)

Json = dict[str, Any]


def refused(response: Any, status: int) -> Json:
    """The OperationOutcome of a refusal with this status; it quotes nothing of the patient."""
    assert response.status_code == status, response.text
    outcome: Json = response.get_json(force=True)
    assert outcome["resourceType"] == "OperationOutcome"
    assert list(blanks(outcome)) == []
    assert all(issue["severity"] == "error" and issue["details"]["text"] for issue in outcome["issue"])
    return outcome


def changed(request: Json, path: str, value: Any) -> Json:
    """The request with another value at a path; `...` takes the member away."""
    *parents, name = path.split(".")
    target: Any = request
    for parent in parents:
        target = target[parent]
    if value is ...:
        del target[name]
    else:
        target[name] = value
    return request


@pytest.mark.rules("D-1", "D-3", "D-4", "D-6", "D-8", "D-14")
def test_T_01_discovery_lists_services_without_anything_null_or_empty(client: FlaskClient) -> None:
    response = client.get("/cds-services")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    services = response.get_json()["services"]
    assert list(blanks(services)) == []
    for service in services:
        assert all(isinstance(service[name], str) for name in ("hook", "id", "title", "description"))
        assert re.fullmatch(r"[A-Za-z0-9._~\-]+", service["id"])
        assert all(isinstance(query, str) for query in service["prefetch"].values())
        assert isinstance(service.get("extension", {}), dict)


@pytest.mark.rules("D-10", "D-11", "D-12", "D-13", "D-14", "D-15", "X-42")
def test_T_01_each_crd_service_declares_its_versions_and_options(crd_services: list[Json], client: FlaskClient) -> None:
    assert [service["hook"] for service in crd_services] == ["order-sign", "order-select", "order-dispatch"]
    for service in crd_services:
        versions = service["extension"]["davinci-crd.version"]
        assert versions == ["2.1", "2.2"]
        assert all(re.fullmatch(r"[1-9]\d*\.[1-9]\d*", each) for each in versions)
        options = service["extension"]["davinci-crd.configuration-options"]
        assert "coverage-info" in [option["code"] for option in options]
        for option in options:
            assert option["code"] in CARD_TYPES | {"max-cards"}
            assert type(option["default"]) is {"boolean": bool, "integer": int}[option["type"]]
        for name in ("code", "name", "description"):
            values = [option[name] for option in options]
            assert len(set(values)) == len(values)
        assert options == crd_services[0]["extension"]["davinci-crd.configuration-options"]
    again = client.get("/cds-services").get_json()["services"]
    assert [each for each in again if each in crd_services] == crd_services


@pytest.mark.rules("S-10")
@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/order-sign-crd", "/cds-services/order-sign/feedback"])
def test_T_03_a_browser_may_ask_without_credentials_whether_it_may_call(client: FlaskClient, path: str) -> None:
    response = client.options(
        path,
        headers={
            "Origin": "https://sandbox.example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert 200 <= response.status_code < 300
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://sandbox.example.org")
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed


@pytest.mark.rules("R-13", "E-1", "E-2", "E-3")
@pytest.mark.parametrize("service", ["order-sign", "order-sign-crd"])
@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"hook": "order-sign",}', b"{} // comment"])
def test_T_04_a_body_that_is_no_json_object_is_400(call: Caller, body: bytes, service: str) -> None:
    refused(call(body, service), 400)


@pytest.mark.rules("R-2", "R-7", "R-20", "E-1", "E-3", "R-4")
@pytest.mark.parametrize("service", ["order-sign", "order-sign-crd"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hook", ...),
        ("hook", "order-select"),
        ("hookInstance", ...),
        ("hookInstance", "17"),
        ("context", ...),
        ("context.patientId", ...),
        ("context.patientId", "Patient/1"),
        ("context.userId", ...),
        ("context.userId", "Patient/1"),
        ("context.draftOrders", ...),
        ("context.draftOrders", {"resourceType": "List"}),
        ("context.draftOrders", {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}),
        ("prefetch", []),
    ],
)
def test_T_04_a_wrong_envelope_is_400_and_never_422(call: Caller, path: str, value: Any, service: str) -> None:
    refused(call(changed(dose_too_high(), path, value), service), 400)


@pytest.mark.rules("R-40")
@pytest.mark.parametrize("selections", [..., [], None, "MedicationRequest/1", ["MedicationRequest/other"], [{}]])
def test_T_04_selections_that_name_no_draft_are_400(call: Caller, selections: Any) -> None:
    request = dose_too_high()
    request = changed(selecting(request, [order_in(request)]), "context.selections", selections)
    refused(call(request, "order-select-crd"), 400)


@pytest.mark.rules("R-50")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dispatchedOrders", ...),
        ("dispatchedOrders", []),
        ("dispatchedOrders", [7]),
        ("performer", ...),
        ("performer", "somebody"),
        ("patientId", ...),
    ],
)
def test_T_04_a_dispatch_without_patient_orders_or_performer_is_400(call: Caller, name: str, value: Any) -> None:
    request = changed(dispatching(dose_too_high()), f"context.{name}", value)
    refused(call(request, "order-dispatch-crd"), 400)


@pytest.mark.rules("R-3", "R-4")
@pytest.mark.parametrize("service", ["order-sign", "order-sign-crd"])
def test_T_05_a_token_without_a_server_is_400(call: Caller, service: str) -> None:
    request = with_server(dose_too_high(), SERVER, "token")
    del request["fhirServer"]
    refused(call(request, service), 400)


@pytest.mark.rules("R-4")
@pytest.mark.parametrize(
    "member", [{"access_token": 1}, {"token_type": "MAC"}, {"expires_in": "soon"}, {"scope": []}, {"subject": 1}]
)
def test_T_05_a_member_of_the_authorization_with_another_type_is_400(call: Caller, member: Json) -> None:
    request = with_server(all_met(), SERVER, "token")
    request["fhirAuthorization"] |= member
    refused(call(request), 400)


@pytest.mark.rules("P-25")
def test_T_10_a_coverage_that_is_neither_sent_nor_to_be_had_is_412(call: Caller) -> None:
    for service, request in (
        ("order-sign-crd", dose_too_high()),
        ("order-select-crd", selecting(dose_too_high(), [order_in(dose_too_high())])),
        ("order-dispatch-crd", dispatching(dose_too_high())),
    ):
        refused(call(without_prefetch(request, "coverage"), service), 412)


@pytest.mark.rules("P-25", "P-24", "P-4")
def test_T_10_a_plain_service_needs_no_coverage(call: Caller) -> None:
    answer = call.answer(without_prefetch(dose_too_high(), "coverage"), "order-sign")
    assert "dose" in answer.kinds


@pytest.mark.rules("P-26", "E-1")
@pytest.mark.parametrize("none", [None, {"resourceType": "Bundle", "type": "searchset", "total": 0}])
def test_T_14_no_coverage_is_400(call: Caller, none: Any) -> None:
    refused(call(with_prefetch(dose_too_high(), coverage=none)), 400)


@pytest.mark.rules("P-26", "E-1")
def test_T_14_two_coverages_that_nothing_tells_apart_are_400(call: Caller) -> None:
    request = dose_too_high()
    second = {**coverage_in(request), "id": "second"}
    request["prefetch"]["coverage"]["entry"].append({"resource": second})
    refused(call(request), 400)


@pytest.mark.rules("P-26")
def test_T_14_of_two_coverages_the_one_that_comes_first_is_answered_for(call: Caller) -> None:
    request = dose_too_high()
    first = coverage_in(request)
    second = {**first, "id": "second", "order": 2}
    first["order"] = 1
    request["prefetch"]["coverage"]["entry"].insert(0, {"resource": second})
    (information,) = call.answer(request).coverage()
    assert information.coverage == f"Coverage/{first['id']}"


@pytest.mark.rules("P-26", "E-1")
def test_T_14_the_coverage_of_another_payer_is_400_where_only_some_are_served(
    another: Callable[..., FlaskClient],
) -> None:
    call = Caller(another(served_payers=("http://example.org/payers|ours",)))
    request = dose_too_high()
    (payer,) = resources_of(request, "Organization")
    refused(call(request), 400)
    payer["identifier"] = [{"system": "http://example.org/payers", "value": "theirs"}]
    refused(call(request), 400)
    payer["identifier"][0]["value"] = "ours"
    assert call.answer(request).coverage()


@pytest.mark.rules("R-10", "E-1")
@pytest.mark.parametrize("number", ["9.9", "2.0", "2", "", "2.2.1", 2.2, ["2.2"], {}])
def test_T_20_a_version_that_is_not_supported_is_422(call: Caller, number: Any) -> None:
    refused(call(version(all_met(), number)), 422)


@pytest.mark.rules("R-10")
@pytest.mark.parametrize("number", ["2.1", "2.2"])
def test_T_20_the_versions_declared_are_supported(call: Caller, number: str) -> None:
    assert call.answer(version(all_met(), number)).coverage()


@pytest.mark.rules("R-22")
def test_an_order_without_an_id_is_422(call: Caller) -> None:
    request = dose_too_high()
    del order_in(request)["id"]
    refused(call(request), 422)
