from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.cdshooks.envelope import FhirAuthorization
from cds_service.cdshooks.feedback import OverrideReason

Post = Callable[..., Any]


def set_at(call: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The call with a member set, or removed when the value is `...`."""
    *parents, name = path.split(".")
    target: Any = call
    for parent in parents:
        target = target.setdefault(parent, {})
    if value is ...:
        del target[name]
    else:
        target[name] = value
    return call


def places(response: Any) -> list[str]:
    return [issue.get("expression", [""])[0] for issue in response.get_json(force=True)["issue"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"{} {}", b"{'hook': 1}"])
def test_a_body_that_is_no_json_object_is_400(post: Post, body: bytes) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.get_json(force=True)["issue"][0]["code"] == "structure"


@pytest.mark.rules("R-2", "R-3", "R-7", "R-20", "E-1", "E-3")
@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("hook", ..., "hook"),
        ("hook", "order-select", "hook"),
        ("hook", 7, "hook"),
        ("hook", None, "hook"),
        ("hookInstance", ..., "hookInstance"),
        ("hookInstance", "not a uuid", "hookInstance"),
        ("hookInstance", "2e82516dbbef53caa40a3e2870f891d0", "hookInstance"),
        ("hookInstance", "2e82516d-bbef-53ca-a40a-3e2870f891d0\n", "hookInstance"),
        ("context", ..., "context"),
        ("context", [], "context"),
        ("context", None, "context"),
        ("context.patientId", ..., "context.patientId"),
        ("context.patientId", "", "context.patientId"),
        ("context.patientId", "Patient/p1", "context.patientId"),
        ("context.patientId", "..", "context.patientId"),
        ("context.patientId", "p 1", "context.patientId"),
        ("context.patientId", 17, "context.patientId"),
        ("context.userId", ..., "context.userId"),
        ("context.userId", "", "context.userId"),
        ("context.userId", "pr1", "context.userId"),
        ("context.userId", "Patient/p1", "context.userId"),
        ("context.userId", "Practitioner/a/b", "context.userId"),
        ("context.encounterId", "Encounter/1", "context.encounterId"),
        ("context.draftOrders", ..., "context.draftOrders"),
        ("context.draftOrders", [], "context.draftOrders"),
        ("context.draftOrders", {"resourceType": "List"}, "context.draftOrders"),
        ("context.draftOrders", {"resourceType": "Bundle"}, "context.draftOrders"),
        ("context.draftOrders", {"resourceType": "Bundle", "entry": []}, "context.draftOrders"),
        (
            "context.draftOrders",
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]},
            "context.draftOrders",
        ),
        ("fhirServer", "ehr.example.org", "fhirServer"),
        ("fhirServer", "file:///etc/passwd", "fhirServer"),
        ("fhirServer", "https://user:word@ehr.example.org/fhir", "fhirServer"),
        ("fhirServer", "https://ehr.example.org:port/fhir", "fhirServer"),
        ("fhirServer", {}, "fhirServer"),
        ("fhirAuthorization", {"access_token": "t"}, "fhirAuthorization"),
        ("prefetch", [], "prefetch"),
        ("prefetch", "none", "prefetch"),
        ("extension", [], "extension"),
    ],
)
def test_a_wrong_envelope_is_400_and_says_what_is_wrong(
    post: Post, call: dict[str, Any], decider: Any, path: str, value: Any, place: str
) -> None:
    response = post(set_at(call, path, value))
    assert response.status_code == 400
    assert places(response) == [place]
    assert decider.calls == 0


@pytest.mark.rules("R-4")
@pytest.mark.parametrize(
    ("authorization", "place"),
    [
        ({}, "fhirAuthorization.access_token"),
        ({"access_token": 5}, "fhirAuthorization.access_token"),
        ({"access_token": ""}, "fhirAuthorization.access_token"),
        ({"access_token": "a\r\nX-Header: b"}, "fhirAuthorization.access_token"),
        ({"access_token": "t", "token_type": "Basic"}, "fhirAuthorization.token_type"),
        ({"access_token": "t", "expires_in": "soon"}, "fhirAuthorization.expires_in"),
        ({"access_token": "t", "scope": []}, "fhirAuthorization.scope"),
        ("t", "fhirAuthorization"),
    ],
)
def test_a_wrong_token_is_400(post: Post, call: dict[str, Any], authorization: Any, place: str) -> None:
    call |= {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": authorization}
    response = post(call)
    assert response.status_code == 400
    assert places(response) == [place]


def test_all_problems_are_named_at_once(post: Post) -> None:
    response = post({"hook": "other", "hookInstance": "x", "context": {"patientId": "a/b"}, "fhirAuthorization": {}})
    assert response.status_code == 400
    assert places(response) == [
        "hook",
        "hookInstance",
        "context.patientId",
        "context.userId",
        "context.draftOrders",
        "fhirAuthorization.access_token",
    ]


@pytest.mark.rules("E-1")
def test_an_outcome_repeats_nothing_of_the_request(post: Post, call: dict[str, Any]) -> None:
    call["context"]["patientId"] = "Patient/Jane-Doe"
    call["context"]["userId"] = "Dr. House"
    call["hookInstance"] = "SSN 123"
    text = post(call).text
    assert not any(word in text for word in ("Jane", "House", "123"))


@pytest.mark.rules("R-8")
def test_unknown_members_are_ignored_at_every_level(post: Post, call: dict[str, Any]) -> None:
    clean = post(call).get_json()
    call["unknown"] = {"a": [1]}
    call["context"]["unknown"] = None
    call["context"]["draftOrders"]["unknown"] = 1
    call["context"]["draftOrders"]["entry"].append({"unknown": True})
    call["context"]["draftOrders"]["entry"][0]["resource"]["unknown"] = {"x": "y"}
    call["prefetch"] = {"unknown": {"a": 1}}
    call["extension"] = {"vendor.unknown": 1}
    assert post(call).get_json() == clean


def test_members_that_are_null_count_as_absent(post: Post, call: dict[str, Any]) -> None:
    call |= {"fhirServer": None, "fhirAuthorization": None, "prefetch": None, "extension": None}
    call["context"]["encounterId"] = None
    assert post(call).status_code == 200


@pytest.mark.rules("R-21")
@pytest.mark.parametrize(
    "change",
    [
        {"type": "collection"},
        {"type": "searchset", "total": 1},
        {"entry": {"resource": {"resourceType": "ServiceRequest", "id": "s", "subject": {"reference": "Patient/p1"}}}},
    ],
)
def test_sloppy_bundles_are_accepted(post: Post, call: dict[str, Any], change: dict[str, Any]) -> None:
    call["context"]["draftOrders"] |= change
    assert post(call).status_code == 200


def test_a_user_given_by_an_absolute_url_is_the_user_it_ends_in(post: Post, call: Any, decider: Any) -> None:
    call["context"]["userId"] = "https://ehr.example.org/fhir/Practitioner/7"
    assert post(call).status_code == 200
    assert decider.request.context.user_id == "Practitioner/7"


def test_upper_case_uuids_are_accepted_and_kept(post: Post, call: Any, decider: Any) -> None:
    call["hookInstance"] = str(uuid.uuid4()).upper()
    assert post(call).status_code == 200
    assert decider.request.hook_instance == call["hookInstance"]


@pytest.mark.rules("R-22")
@pytest.mark.parametrize("identity", [..., "", None, 5])
def test_an_order_without_an_id_is_422(post: Post, call: Any, decider: Any, identity: Any) -> None:
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    set_at(order, "id", identity)
    response = post(call)
    assert response.status_code == 422
    assert places(response) == ["context.draftOrders.MedicationRequest[0].id"]
    assert decider.calls == 0


def test_two_different_orders_with_one_id_are_422_and_the_same_one_twice_is_one(
    post: Post, call: Any, decider: Any
) -> None:
    entries = call["context"]["draftOrders"]["entry"]
    entries.append(entries[0])
    assert post(call).status_code == 200
    assert len(decider.orders.for_drugs) == 1
    entries.append({"resource": {**entries[0]["resource"], "status": "active"}})
    response = post(call)
    assert response.status_code == 422
    assert response.get_json(force=True)["issue"][0]["code"] == "duplicate"


def test_another_order_without_an_id_does_not_keep_the_drug_from_being_checked(post: Post, call: Any) -> None:
    call["context"]["draftOrders"]["entry"].append({"resource": {"resourceType": "ServiceRequest"}})
    assert post(call).status_code == 200


@pytest.mark.rules("R-23")
def test_orders_of_any_status_are_decided_on(post: Post, call: Any, decider: Any) -> None:
    call["context"]["draftOrders"]["entry"][0]["resource"]["status"] = "active"
    post(call)
    assert [order["id"] for order in decider.orders.for_drugs] == ["mr1"]


def test_a_token_and_a_comment_are_not_shown_when_their_model_is_printed() -> None:
    authorization = FhirAuthorization(access_token="secret-token")
    assert "secret" not in repr(authorization)
    assert "secret" not in repr(OverrideReason(user_comment="secret"))
