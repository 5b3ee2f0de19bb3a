"""Rows T-31 and T-34: what became of cards, and how long an answer takes."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from cds_service.store.models import Feedback
from tests.conformance.cds_hooks.examples import names, request_of
from tests.conformance.cds_hooks.vectors import Caller, dose_too_high, new_call

Json = dict[str, Any]

NOW = "2026-04-14T16:05:00Z"


@pytest.fixture
def card(call: Caller) -> Json:
    """A card of a call of its own."""
    (shown,) = call.answer(new_call(dose_too_high())).cards
    return shown


def stored(app: Flask, card: str) -> list[Feedback]:
    with Session(app.extensions["oncology-cds"]["database"].engine) as session:
        return list(session.scalars(select(Feedback).where(Feedback.card == card).order_by(Feedback.id)))


def give(client: FlaskClient, *items: Json, service: str = "order-sign-crd") -> Any:
    return client.post(f"/cds-services/{service}/feedback", json={"feedback": list(items)})


@pytest.mark.rules("F-1", "F-2", "F-6", "F-7")
def test_T_31_an_accepted_suggestion_is_stored(client: FlaskClient, app: Flask, card: Json) -> None:
    accepted = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": NOW,
    }
    response = give(client, accepted)
    assert (response.status_code, response.data) == (200, b"")
    (row,) = stored(app, card["uuid"])
    assert row.accepted_suggestions == [card["suggestions"][0]["uuid"]]


@pytest.mark.rules("F-2", "F-3", "F-4")
def test_T_31_an_override_is_stored_with_its_reason_once(client: FlaskClient, app: Flask, card: Json) -> None:
    own = {"code": "other", "system": "https://vendor.example/reasons"}
    overridden = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": own, "userComment": "discussed"},
        "outcomeTimestamp": NOW,
    }
    for _ in range(2):
        assert give(client, overridden, overridden).status_code == 200
    (row,) = stored(app, card["uuid"])
    assert (row.reason_code, row.reason_system, row.user_comment) == (own["code"], own["system"], "discussed")


@pytest.mark.rules("F-2", "F-4")
def test_T_31_a_batch_with_a_card_that_nobody_knows_is_stored_whole(
    client: FlaskClient, app: Flask, card: Json
) -> None:
    offered = card["overrideReasons"][0]
    known = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": offered},
        "outcomeTimestamp": NOW,
    }
    unknown = {"card": "nobody-showed-this", "outcome": "overridden", "outcomeTimestamp": NOW}
    assert give(client, unknown, known).status_code == 200
    assert len(stored(app, card["uuid"])) == 1


@pytest.mark.rules("F-2")
@pytest.mark.parametrize(
    "wrong", [{"acceptedSuggestions": None}, {"outcome": "ignored"}, {"card": None}, {"outcomeTimestamp": "later"}]
)
def test_T_31_feedback_that_lacks_what_is_required_is_400(client: FlaskClient, card: Json, wrong: Json) -> None:
    accepted = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": NOW}
    accepted["acceptedSuggestions"] = [{"id": "s"}]
    given = {name: value for name, value in {**accepted, **wrong}.items() if value is not None}
    response = give(client, given)
    assert response.status_code == 400
    assert response.get_json(force=True)["resourceType"] == "OperationOutcome"


@pytest.mark.rules("P-30", "E-5")
def test_T_34_nine_of_ten_answers_come_within_five_seconds(call: Caller) -> None:
    took = []
    requests = [request_of(name) for name in names()]
    for number in range(100):
        request = new_call(requests[number % len(requests)])
        started = time.perf_counter()
        call.answer(request)
        took.append(time.perf_counter() - started)
    assert statistics.quantiles(took, n=10)[-1] < 5
    assert statistics.median(took) < 0.5


@pytest.mark.rules("P-32")
def test_an_answer_has_no_insignificant_white_space(call: Caller) -> None:
    text = call(dose_too_high()).text
    assert "\n" not in text
    assert '": ' not in text.replace('\\"', "")
