"""What the hooks put in their contexts, and which orders that asks about."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

Post = Callable[..., Any]

SELECT_URL = "/cds-services/order-select"
DISPATCH_URL = "/cds-services/order-dispatch"


@pytest.fixture
def select(call: dict[str, Any]) -> dict[str, Any]:
    """Two drafts, of which the second was just selected."""
    first = call["context"]["draftOrders"]["entry"][0]
    second = copy.deepcopy(first)
    second["resource"]["id"] = "mr2"
    call["context"]["draftOrders"]["entry"].append(second)
    call["context"]["selections"] = ["MedicationRequest/mr2"]
    return call | {"hook": "order-select"}


@pytest.fixture
def dispatch(call: dict[str, Any]) -> dict[str, Any]:
    """An order that goes to a performer, and is found in the prefetch."""
    order = call["context"]["draftOrders"]["entry"][0]["resource"] | {"status": "active"}
    call["context"] = {
        "patientId": call["context"]["patientId"],
        "dispatchedOrders": ["MedicationRequest/mr1"],
        "performer": "Organization/pharmacy",
        "fulfillmentTasks": [{"resourceType": "Task", "status": "requested"}],
    }
    found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": order}]}
    return call | {"hook": "order-dispatch", "prefetch": {"dispatchedOrders": found}}


@pytest.mark.rules("R-40", "R-41")
def test_only_selected_orders_are_asked_about_and_the_others_are_beside_them(
    post: Post, select: Any, decider: Any
) -> None:
    assert post(select, SELECT_URL).status_code == 200
    assert [order["id"] for order in decider.orders.asked] == ["mr2"]
    assert [order["id"] for order in decider.orders.beside] == ["mr1", "mr2"]
    assert decider.kinds == {"dose", "step-therapy"}


def test_a_selection_may_be_an_absolute_reference(post: Post, select: Any, decider: Any) -> None:
    select["context"]["selections"] = ["https://ehr.example.org/fhir/MedicationRequest/mr1"]
    assert post(select, SELECT_URL).status_code == 200
    assert [order["id"] for order in decider.orders.asked] == ["mr1"]


@pytest.mark.rules("R-40")
@pytest.mark.parametrize(
    "selections", [None, [], "MedicationRequest/mr1", ["mr1"], [7], ["MedicationRequest/other"], [{}]]
)
def test_selections_that_name_no_draft_are_refused(post: Post, select: Any, selections: Any) -> None:
    select["context"]["selections"] = selections
    assert post(select, SELECT_URL).status_code == 400


def test_an_order_that_is_selected_needs_neither_dose_nor_route(post: Post, select: Any) -> None:
    for entry in select["context"]["draftOrders"]["entry"]:
        entry["resource"] = {"resourceType": "MedicationRequest", "id": entry["resource"]["id"]}
    assert post(select, SELECT_URL).status_code == 200


@pytest.mark.rules("R-50", "R-53", "R-54")
def test_dispatched_orders_are_found_in_the_prefetch(post: Post, dispatch: Any, decider: Any) -> None:
    assert post(dispatch, DISPATCH_URL).status_code == 200
    (order,) = decider.orders.asked
    assert (order["id"], order["status"]) == ("mr1", "active")


@pytest.mark.rules("R-51", "R-52")
def test_the_names_of_hook_version_1_0_mean_the_same(post: Post, dispatch: Any, decider: Any) -> None:
    context = dispatch["context"]
    context["order"] = context.pop("dispatchedOrders")[0]
    context["task"] = context.pop("fulfillmentTasks")[0]
    assert post(dispatch, DISPATCH_URL).status_code == 200
    assert [order["id"] for order in decider.orders.asked] == ["mr1"]


@pytest.mark.rules("R-51")
def test_the_names_of_version_1_1_may_have_a_hyphen(post: Post, dispatch: Any, decider: Any) -> None:
    context = dispatch["context"]
    context["dispatched-orders"] = context.pop("dispatchedOrders")
    context["fulfillment-tasks"] = context.pop("fulfillmentTasks")
    assert post(dispatch, DISPATCH_URL).status_code == 200
    assert [order["id"] for order in decider.orders.asked] == ["mr1"]


def test_orders_that_were_not_dispatched_are_not_asked_about(post: Post, dispatch: Any, decider: Any) -> None:
    entries = dispatch["prefetch"]["dispatchedOrders"]["entry"]
    entries.append({"resource": entries[0]["resource"] | {"id": "mr2"}})
    assert post(dispatch, DISPATCH_URL).status_code == 200
    assert [order["id"] for order in decider.orders.asked] == ["mr1"]
    assert decider.ids("MedicationRequest") == ["mr1", "mr2"]


def test_the_dispatched_orders_alone_do_not_tell_that_the_patient_has_no_others(
    post: Post, dispatch: Any, decider: Any
) -> None:
    assert post(dispatch, DISPATCH_URL).status_code == 200
    assert "MedicationRequest" not in decider.delivered


@pytest.mark.rules("P-25")
def test_dispatched_orders_that_cannot_be_had_are_said_to_be_missing(post: Post, dispatch: Any) -> None:
    del dispatch["prefetch"]
    response = post(dispatch, DISPATCH_URL)
    assert response.status_code == 412
    assert response.get_json(force=True)["issue"][0]["code"] == "not-found"


@pytest.mark.rules("R-50")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("patientId", None),
        ("patientId", "Patient/p1"),
        ("dispatchedOrders", None),
        ("dispatchedOrders", []),
        ("dispatchedOrders", "MedicationRequest/mr1"),
        ("dispatchedOrders", ["mr1"]),
        ("dispatchedOrders", [{"reference": "MedicationRequest/mr1"}]),
        ("performer", None),
        ("performer", ""),
        ("performer", "pharmacy"),
        ("fulfillmentTasks", {"resourceType": "Task"}),
    ],
)
def test_a_context_of_dispatch_that_breaks_the_hook_is_refused(
    post: Post, dispatch: Any, member: str, value: Any
) -> None:
    dispatch["context"][member] = value
    assert post(dispatch, DISPATCH_URL).status_code == 400


@pytest.mark.parametrize(
    "context", [None, [], "x", 7, {"order": 7}, {"order": ["MedicationRequest/mr1"], "task": 3}, {}]
)
def test_a_context_of_dispatch_that_is_nonsense_is_refused(post: Post, dispatch: Any, context: Any) -> None:
    dispatch["context"] = context
    assert post(dispatch, DISPATCH_URL).status_code == 400


def test_a_dispatched_order_of_another_patient_is_refused(post: Post, dispatch: Any) -> None:
    dispatch["prefetch"]["dispatchedOrders"]["entry"][0]["resource"]["subject"] = {"reference": "Patient/other"}
    assert post(dispatch, DISPATCH_URL).status_code == 400
