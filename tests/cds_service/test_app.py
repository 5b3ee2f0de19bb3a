from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.decision import Decision
from cds_service.fhir.prefetch import BY_KEY
from cds_service.settings import Settings

Post = Callable[..., Any]
URL = f"/cds-services/{ORDER_SIGN_ID}"


def outcome_of(response: Any) -> dict[str, Any]:
    assert response.mimetype == "application/fhir+json"
    outcome = response.get_json(force=True)
    assert outcome["resourceType"] == "OperationOutcome"
    assert all(issue["severity"] == "error" and issue["details"]["text"] for issue in outcome["issue"])
    return dict(outcome)


def test_a_call_is_answered_with_the_cards_and_determinations_of_the_decider(post: Post, call: Any) -> None:
    response = post(call)
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    body = response.get_json()
    assert [card["summary"] for card in body["cards"]] == ["A dose"]
    assert body["extension"]["oncology-cds"]["determinations"] == [{"order": "MedicationRequest/mr1", "status": "met"}]


@pytest.mark.rules("C-1")
def test_nothing_to_say_is_an_empty_list_of_cards_and_nothing_else(post: Post, call: Any, decider: Any) -> None:
    decider.decision = Decision()
    assert post(call).data == b'{"cards":[]}'


def test_what_is_empty_is_left_out_of_cards_but_not_of_fhir_resources(post: Post, call: Any, decider: Any) -> None:
    resource = {"resourceType": "MedicationRequest", "id": "mr1", "note": [], "name": None}
    action = {"type": "update", "description": "", "resource": resource}
    decider.decision = Decision(cards=[{"summary": "x", "detail": "", "links": []}], system_actions=[action])
    body = post(call).get_json()
    assert body == {"cards": [{"summary": "x"}], "systemActions": [{"type": "update", "resource": resource}]}


@pytest.mark.rules("R-12", "X-11")
def test_numbers_of_an_order_are_echoed_as_they_were_written(post: Post, decider: Any) -> None:
    numbers = "[7.50,0.00000001,1e2,1.0E+3,12345678901234567890.12345678901234567890,-0.0,5]"
    order = f'{{"resourceType":"MedicationRequest","id":"a","n":{numbers},"subject":{{"reference":"Patient/p1"}}}}'
    body = (
        '{"hook":"order-sign","hookInstance":"2e82516d-bbef-53ca-a40a-3e2870f891d0","context":{"userId":"Practitioner/1",'
        f'"patientId":"p1","draftOrders":{{"resourceType":"Bundle","entry":[{{"resource":{order}}}]}}}}}}'
    )

    class Echo:
        def decide(self, question: Any) -> Decision:
            (order,) = question.orders.for_drugs
            assert order["n"][0] == Decimal("7.5")
            return Decision(system_actions=[{"type": "update", "resource": order}])

    decider.decide = Echo().decide
    assert f'"n":{numbers}' in post(body).text


@pytest.mark.rules("R-1")
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_json_is_accepted_with_a_charset_and_without_a_content_type(
    client: FlaskClient, call: Any, content_type: str | None, json_text: Callable[[Any], str]
) -> None:
    assert client.post(URL, data=json_text(call), content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_refused_with_415(post: Post, content_type: str) -> None:
    response = post(b"{}", content_type=content_type)
    assert response.status_code == 415
    assert outcome_of(response)["issue"][0]["code"] == "not-supported"


def test_a_compressed_body_is_refused_with_415(post: Post) -> None:
    assert post(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}).status_code == 415


def test_an_unknown_service_is_404_for_calls_and_feedback(post: Post, call: Any) -> None:
    assert outcome_of(post(call, url="/cds-services/other"))["issue"][0]["code"] == "not-found"
    assert post({"feedback": []}, url="/cds-services/other/feedback").status_code == 404


def test_a_wrong_method_is_405_and_says_what_is_allowed(client: FlaskClient) -> None:
    response = client.get(URL)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    outcome_of(response)


def test_an_unknown_address_is_404_with_an_outcome_and_never_html(client: FlaskClient) -> None:
    response = client.get("/somewhere")
    assert response.status_code == 404
    outcome_of(response)


def test_a_body_above_the_limit_is_413(settings: Settings, decider: Any, services: Any, call: Any) -> None:
    client = create_app(settings.model_copy(update={"max_body_bytes": 100}), decider, services=services).test_client()
    response = client.post(URL, json=call)
    assert response.status_code == 413
    assert outcome_of(response)["issue"][0]["code"] == "too-long"


@pytest.mark.rules("E-1", "C-4")
def test_an_unexpected_error_is_500_and_neither_answer_nor_log_repeats_its_message(
    post: Post, call: Any, decider: Any
) -> None:
    decider.failure = KeyError("Jane Doe")
    with capture_logs() as lines:
        response = post(call)
    assert response.status_code == 500
    assert outcome_of(response)["issue"][0]["code"] == "exception"
    assert "Jane" not in response.text
    assert "Jane" not in str(lines)
    error = next(line for line in lines if line["event"] == "unexpected error")
    assert error["error"] == "KeyError"
    assert any("decide" in place for place in error["places"])


def test_a_request_is_logged_with_its_figures_and_no_health_data(post: Post, call: Any) -> None:
    call["fhirServer"] = "https://ehr.example.org/fhir"
    call["fhirAuthorization"] = {"access_token": "secret-token", "token_type": "Bearer"}
    call["prefetch"] = dict.fromkeys(BY_KEY)
    with capture_logs() as lines:
        post(call, headers={"X-Request-ID": "abc-1"})
    (line,) = lines
    assert line["request_id"] == "abc-1"
    assert line["hook"] == "order-sign"
    assert line["hook_instance"] == call["hookInstance"]
    assert (line["cards"], line["orders"], line["fetches"]) == (1, 1, 0)
    assert line["duration_ms"] >= 0
    for secret in ("p1", "mr1", "a drug", "pr1", "secret-token"):
        assert secret not in [str(value) for value in line.values()]
        assert "secret-token" not in str(line)


def test_a_request_id_that_could_carry_anything_is_replaced(client: FlaskClient) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "Jane Doe, born 1950"})
    assert "Jane" not in response.headers["X-Request-ID"]
    assert response.headers["X-Request-ID"]


def test_health_is_told(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.get_json()["status"] == "ok"


@pytest.mark.rules("S-10")
@pytest.mark.parametrize("path", ["/cds-services", URL, URL + "/feedback"])
def test_a_browser_may_ask_without_credentials_what_it_may_call(client: FlaskClient, path: str) -> None:
    response = client.options(
        path,
        headers={
            "Origin": "https://sandbox.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://sandbox.example")
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.rules("S-10")
def test_a_browser_can_read_errors_too(post: Post) -> None:
    response = post(b"{", headers={"Origin": "https://sandbox.example"})
    assert response.status_code == 400
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://sandbox.example")


def test_only_listed_origins_may_call_when_some_are_listed(settings: Settings, decider: Any, services: Any) -> None:
    listed = settings.model_copy(update={"cors_origins": ("https://ehr.example.org",)})
    client = create_app(listed, decider, services=services).test_client()
    good = client.get("/cds-services", headers={"Origin": "https://ehr.example.org"})
    bad = client.get("/cds-services", headers={"Origin": "https://evil.example.org"})
    assert good.headers["Access-Control-Allow-Origin"] == "https://ehr.example.org"
    assert "Access-Control-Allow-Origin" not in bad.headers


@pytest.mark.rules("P-32")
def test_a_database_that_cannot_be_opened_keeps_no_card_back(
    decider: Any, services: Any, call: Any, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(
        dev=True, database_url=f"sqlite:///{tmp_path}/file/cds.sqlite3", spool_folder=tmp_path / "spool"
    )
    with capture_logs() as lines:
        app = create_app(settings, decider, services=services)
        response = app.test_client().post(URL, json=call)
        state = app.extensions["oncology-cds"]["sink"].state()
        app.extensions["oncology-cds"]["sink"].close()
    assert len(response.get_json()["cards"]) == 1
    assert "store not ready" in [line["event"] for line in lines]
    assert (state.waiting, state.lost) == (1, 0)


@pytest.mark.rules("P-32")
def test_a_call_that_can_be_kept_nowhere_is_counted_and_its_card_goes_out(
    decider: Any, services: Any, call: Any, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(dev=True, database_url=f"sqlite:///{tmp_path}/file/cds.sqlite3")
    with capture_logs() as lines:
        app = create_app(settings, decider, services=services)
        response = app.test_client().post(URL, json=call)
        app.extensions["oncology-cds"]["sink"].close()
    assert len(response.get_json()["cards"]) == 1
    assert "evaluations lost" in [line["event"] for line in lines]
    assert app.extensions["oncology-cds"]["sink"].state().lost == 1
