"""Whatever is sent, the answer is cards or a 4xx with an OperationOutcome; never an error of the service."""

from __future__ import annotations

import copy
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.cdshooks.offered import ORDER_SIGN_ID

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [place for key, member in members for place in places(member, (*path, key))]


def mutated(call: Any, place: tuple[Any, ...], value: Any) -> Any:
    call = copy.deepcopy(call)
    target = call
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return call


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_call_with_anything_anywhere_is_answered_or_refused(app: Flask, call: Any, data: st.DataObject) -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p1"}}
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "x"}]}
    entries = [{"resource": condition, "search": {"mode": "match"}}, {"resource": outcome}]
    searched = {"resourceType": "Bundle", "total": 1, "entry": entries, "link": [{"relation": "self", "url": "x"}]}
    call["prefetch"] = {"patient": patient, "conditions": searched, "other": [condition]}
    call["context"]["draftOrders"]["entry"][0]["resource"]["requester"] = {"reference": "Practitioner/1"}
    sent = mutated(call, data.draw(st.sampled_from(places(call))), data.draw(JSON))
    client: FlaskClient = app.test_client()
    response = client.post(f"/cds-services/{ORDER_SIGN_ID}", json=sent)
    body = response.get_json(force=True)
    if response.status_code == 200:
        assert "cards" in body
    else:
        assert response.status_code in (400, 422)
        assert body["resourceType"] == "OperationOutcome"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=JSON)
def test_feedback_of_any_shape_is_refused(app: Flask, item: Any) -> None:
    response = app.test_client().post(f"/cds-services/{ORDER_SIGN_ID}/feedback", json={"feedback": [item]})
    assert response.status_code == 400
