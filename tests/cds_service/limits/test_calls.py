"""How much one request may bring; every limit is told in a 413 that says which."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cdshooks.outcome import CallRefused
from cds_service.limits.calls import MOST_FEEDBACK, MOST_OF_A_TYPE, SizeLimits, entries_in, too_many_of_a_type
from cds_service.settings import Settings

URL = "/cds-services/order-sign"
LIMITS = SizeLimits(orders=3, resources=20)


def refusal(check: Callable[[Any], None], value: Any) -> list[str]:
    with pytest.raises(CallRefused) as refused:
        check(value)
    assert refused.value.status == 413
    assert {issue.code for issue in refused.value.issues} == {"too-costly"}
    return [issue.text for issue in refused.value.issues]


def condition(number: int) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": f"c{number}", "subject": {"reference": "Patient/p1"}}


def with_orders(call: dict[str, Any], count: int) -> dict[str, Any]:
    call = copy.deepcopy(call)
    (entry,) = call["context"]["draftOrders"]["entry"]
    call["context"]["draftOrders"]["entry"] = [
        {"resource": {**entry["resource"], "id": f"mr{number}"}} for number in range(count)
    ]
    return call


@pytest.fixture
def small(settings: Settings, decider: Any, services: Any) -> FlaskClient:
    changed = settings.model_copy(update={"max_orders": 3, "max_resources": 20})
    return create_app(changed, decider, services=services).test_client()


def outcome(response: Any) -> list[str]:
    assert response.status_code == 413
    body = response.get_json(force=True)
    assert body["resourceType"] == "OperationOutcome"
    return [issue["details"]["text"] for issue in body["issue"]]


def test_a_call_with_as_many_orders_as_allowed_is_answered_and_one_more_is_413(small: FlaskClient, call: Any) -> None:
    assert small.post(URL, json=with_orders(call, 3)).status_code == 200
    assert outcome(small.post(URL, json=with_orders(call, 4))) == ["There are more than 3 orders."]


def test_resources_of_prefetch_and_context_are_counted_together(small: FlaskClient, call: Any) -> None:
    listed = [condition(number) for number in range(10)]
    bundled = {"resourceType": "Bundle", "entry": [{"resource": condition(number)} for number in range(10, 19)]}
    call["prefetch"] = {"conditions": bundled, "other": listed}
    # One draft order, the two ids of the context, and nineteen conditions.
    assert outcome(small.post(URL, json=call)) == ["There are more than 20 resources."]
    call["prefetch"]["other"] = listed[:8]
    assert small.post(URL, json=call).status_code == 200


def test_no_model_is_made_of_a_call_that_is_too_large(small: FlaskClient, call: Any, decider: Any) -> None:
    call["context"]["draftOrders"]["entry"] = [{}] * 300_000
    call["hookInstance"] = "not a uuid"
    started = time.perf_counter()
    assert outcome(small.post(URL, json=call)) == ["There are more than 20 resources."]
    assert time.perf_counter() - started < 5
    assert decider.calls == 0


def test_selections_and_dispatched_orders_are_orders(call: Any) -> None:
    for name in ("selections", "dispatchedOrders"):
        named = {**call, "context": {**call["context"], name: [f"MedicationRequest/{number}" for number in range(4)]}}
        assert "There are more than 3 orders." in refusal(LIMITS.check_call, named)


@pytest.mark.parametrize("type_name", MOST_OF_A_TYPE)
def test_nobody_has_that_many_of_some_types(call: Any, type_name: str) -> None:
    most = MOST_OF_A_TYPE[type_name]
    limits = SizeLimits(orders=3, resources=10_000)
    call["prefetch"] = {"any": [{"resourceType": type_name}] * most}
    limits.check_call(call)
    call["prefetch"]["more"] = {"resourceType": type_name}
    assert refusal(limits.check_call, call) == [f"There are more than {most} resources of type {type_name}."]
    assert too_many_of_a_type([call["prefetch"]["any"], call["prefetch"]["more"]])
    assert not too_many_of_a_type([call["prefetch"]["any"]])


def test_feedback_comes_in_batches_of_a_thousand_at_most(client: FlaskClient) -> None:
    item = {"card": "x", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    batch = {"feedback": [item] * (MOST_FEEDBACK + 1)}
    assert outcome(client.post(f"{URL}/feedback", json=batch)) == ["There are more than 1000 items."]
    batch["feedback"].pop()
    assert client.post(f"{URL}/feedback", json=batch).status_code == 200


def test_parameters_of_an_operation_are_counted() -> None:
    order = {"name": "order", "resource": {"resourceType": "MedicationRequest", "id": "1"}}
    LIMITS.check_parameters({"parameter": [order] * 3})
    assert refusal(LIMITS.check_parameters, {"parameter": [order] * 4}) == ["There are more than 3 orders."]
    held = {"name": "referenced", "resource": {"resourceType": "Bundle", "entry": [{"resource": condition(1)}] * 21}}
    assert refusal(LIMITS.check_parameters, {"parameter": [held]}) == ["There are more than 20 resources."]


@pytest.mark.parametrize("value", [None, 1, "text", [], [1], {}, {"resourceType": "Bundle", "entry": 7}])
def test_what_is_no_container_is_counted_as_what_it_is_and_never_an_error(value: Any) -> None:
    limits = SizeLimits(orders=0, resources=100)
    for name in ("context", "prefetch", "parameter", "feedback"):
        limits.check_call({name: value})
        limits.check_parameters({name: value})
        limits.check_feedback({name: value})


def test_bundles_within_bundles_are_looked_into() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": condition(1)}, {"resource": condition(2)}, 3]}
    outer = {"resourceType": "Bundle", "entry": {"resource": inner}}
    assert len(list(entries_in({"a": [outer, None], "b": 5}))) == 5
