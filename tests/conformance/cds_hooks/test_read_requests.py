"""Rows T-6 to T-9, T-11 to T-13, T-23, T-25 and T-32: what requests may look like, and what is made of them."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from flask.testing import FlaskClient

from tests.conformance.cds_hooks.answers import echo_violations, order_reference
from tests.conformance.cds_hooks.coverage_information import coverage_information_violations
from tests.conformance.cds_hooks.ehr import SERVER, TOKEN
from tests.conformance.cds_hooks.exact import read_exactly
from tests.conformance.cds_hooks.examples import record_of, request_of
from tests.conformance.cds_hooks.vectors import (
    Answer,
    Caller,
    all_met,
    configured,
    coverage_in,
    dispatching,
    dose_too_high,
    extended,
    five_orders,
    order_in,
    orders_in,
    other_drug_first,
    two_policies,
    version,
    with_prefetch,
    with_server,
    without_prefetch,
)

Json = dict[str, Any]

UNKNOWN = "x-nobody-asked-for"
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


def with_unknown_members(value: Any) -> Any:
    """The value with a member that nobody asked for in every object, at every level."""
    if isinstance(value, dict):
        return {**{name: with_unknown_members(member) for name, member in value.items()}, UNKNOWN: {"a": [1, "b"]}}
    if isinstance(value, list):
        return [with_unknown_members(member) for member in value]
    return value


def without_unknown_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_unknown_members(member) for name, member in value.items() if name != UNKNOWN}
    if isinstance(value, list):
        return [without_unknown_members(member) for member in value]
    return value


def asked_of(mock: responses.RequestsMock) -> list[str]:
    """What the FHIR server was asked, without its address."""
    return sorted(call.request.url.removeprefix(SERVER + "/") for call in mock.calls)


def on_server(request: Json, mock: responses.RequestsMock) -> Json:
    """The request of a client that has all of it on its FHIR server."""
    record_of(request).serve(mock)
    return with_server(request, SERVER, TOKEN)


@pytest.mark.rules("R-8", "X-40", "R-11", "P-12")
@pytest.mark.parametrize("name", ["leukine-aml-dose-overage", "kyprolis-krd-five-orders", "imfinzi-bladder-cancer"])
def test_T_06_members_that_nobody_asked_for_change_nothing(call: Caller, name: str) -> None:
    clean = extended(request_of(name), **{"davinci-crd.configuration": {"max-cards": 10}})
    unclean = with_unknown_members(clean)
    unclean["extension"]["davinci-crd.configuration"]["coverage"] = True
    answer = call.answer(unclean)
    assert without_unknown_members(answer.json) == call.answer(clean).json
    assert all(UNKNOWN in action["resource"] for action in answer.actions)


@pytest.mark.rules("C-2", "X-10", "X-11", "X-12", "R-27", "R-9", "R-30", "C-21")
def test_T_07_an_order_that_no_policy_is_about_is_still_answered_for(call: Caller) -> None:
    request = request_of("xatmep-leukemia-child")
    order = order_in(request)
    for name in ("reasonReference", "reasonCode", "medicationReference"):
        order.pop(name, None)
    order["medicationCodeableConcept"] = {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "105585"}],
        "text": "methotrexate 2.5 MG Oral Tablet",
    }
    order["dosageInstruction"] = [
        {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [
                {
                    "doseQuantity": {
                        "value": 7.5,
                        "unit": "mg",
                        "system": "http://unitsofmeasure.org",
                        "code": "mg",
                    }
                }
            ],
        }
    ]
    request["prefetch"] = {"coverage": {"resourceType": "Bundle", "entry": [{"resource": coverage_in(request)}]}}
    answer = call.answer(request)
    (action,) = answer.actions
    assert action["type"] == "update"
    assert action["description"]
    assert list(echo_violations(order, action["resource"])) == []
    assert coverage_information_violations(action["resource"]) == []
    (information,) = answer.coverage()
    assert (information.one("covered"), information.one("pa-needed")) == ("conditional", "conditional")
    assert information.all("info-needed") == ["OTH"]
    assert "methotrexate" in information.reason_texts[0]


@pytest.mark.rules("R-24", "R-25", "C-15", "X-10", "X-50", "X-1", "X-3")
def test_T_08_every_order_has_its_action_and_cards_say_which_drug_they_are_about(call: Caller) -> None:
    request = two_policies()
    answer = call.answer(request)
    assert [order_reference(action["resource"]) for action in answer.actions] == [
        order_reference(order) for order in orders_in(request)
    ]
    names = {
        order_reference(order): (
            order.get("medicationCodeableConcept", {}).get("text") or order["medicationReference"]["display"]
        )
        for order in orders_in(request)
    }
    assert len(answer.cards) == 3
    for card in answer.cards:
        associated = [each["reference"] for each in card["extension"]["davinci-crd.associated-resource"]]
        assert associated
        for reference in associated:
            brand = re.split(r"[ (]", names[reference])[0]
            assert brand.lower() in f"{card['summary']} {card['detail']}".lower()


@pytest.mark.rules("R-24", "X-1")
def test_T_08_orders_of_every_type_have_an_action(call: Caller) -> None:
    request = dose_too_high()
    patient = {"reference": f"Patient/{request['context']['patientId']}"}
    others = [
        {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "intent": "order", "subject": patient},
        {"resourceType": "DeviceRequest", "id": "d1", "status": "draft", "intent": "order", "subject": patient},
        {"resourceType": "NutritionOrder", "id": "n1", "status": "draft", "intent": "order", "patient": patient},
        {"resourceType": "VisionPrescription", "id": "v1", "status": "draft", "patient": patient},
        {"resourceType": "CommunicationRequest", "id": "c1", "status": "draft", "subject": patient},
    ]
    request["context"]["draftOrders"]["entry"] += [{"resource": each} for each in others]
    answer = call.answer(request)
    assert [order_reference(action["resource"]) for action in answer.actions] == [
        order_reference(order) for order in orders_in(request)
    ]
    assert all(
        info.one("covered") == "conditional" for each in others for info in answer.coverage(order_reference(each))
    )


@pytest.mark.rules("R-26", "P-20", "P-21")
def test_T_09_the_drug_may_be_contained_prefetched_or_read(call: Caller, ehr_server: responses.RequestsMock) -> None:
    request = dose_too_high()
    coded = call.answer(request)
    medication = {
        "resourceType": "Medication",
        "id": "med",
        "code": order_in(request).pop("medicationCodeableConcept"),
    }
    contained, prefetched, read = (copy.deepcopy(request) for _ in range(3))
    order_in(contained).update(medicationReference={"reference": "#med"}, contained=[medication])
    for each in (prefetched, read):
        order_in(each)["medicationReference"] = {"reference": "Medication/med"}
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": medication}]}
    ehr = record_of(request)
    ehr.store(medication)
    ehr.serve(ehr_server)
    answers = [
        call.answer(contained),
        call.answer(with_prefetch(prefetched, medications=bundle)),
        call.answer(with_server(read, SERVER, TOKEN)),
    ]
    for answer in answers:
        assert answer.statuses == coded.statuses
        assert answer.kinds == coded.kinds == ["dose"]


@pytest.mark.rules("P-10", "R-6", "P-24")
@pytest.mark.parametrize("nothing", [None, {"resourceType": "Bundle", "type": "searchset", "total": 0}])
def test_T_11_what_was_asked_and_is_empty_is_not_asked_again(
    call: Caller, ehr_server: responses.RequestsMock, nothing: Any
) -> None:
    request = other_drug_first()
    del request["prefetch"]["conditions"]
    request = with_prefetch(on_server(request, ehr_server), medicationStatements=nothing)
    answer = call.answer(request)
    asked = asked_of(ehr_server)
    assert any(each.startswith("Condition?") for each in asked)
    assert not [each for each in asked if each.startswith("MedicationStatement")]
    (information,) = answer.coverage()
    assert information.one("covered") == "covered"
    assert information.reason_texts


@pytest.mark.rules("P-10", "B-4", "P-24")
def test_T_12_an_outcome_instead_of_data_is_told_and_not_asked_again(
    call: Caller, ehr_server: responses.RequestsMock
) -> None:
    request = with_prefetch(on_server(all_met(), ehr_server), medicationStatements=FAILED)
    answer = call.answer(version(request, "2.2"))
    assert not [each for each in asked_of(ehr_server) if each.startswith("MedicationStatement")]
    (information,) = answer.coverage()
    assert information.one("covered") == "indeterminate"
    assert information.reason_codes == ["technical"]
    assert information.reason_texts[0]


@pytest.mark.rules("P-10", "P-25")
def test_T_12_an_outcome_instead_of_the_coverage_is_412(call: Caller) -> None:
    assert call(with_prefetch(all_met(), coverage=FAILED)).status_code == 412


FAILURES: dict[str, Any] = {
    "unauthorized": {"status": 401},
    "forbidden": {"status": 403},
    "broken": {"status": 500},
    "no JSON": {"body": "<html>"},
    "no connection": {"body": requests.ConnectionError("no")},
    "no answer": {"body": requests.Timeout("late")},
}


@pytest.mark.rules("P-31", "E-4", "B-4", "P-24", "C-4")
@pytest.mark.parametrize("failure", FAILURES)
def test_T_13_a_record_that_cannot_be_read_is_told_as_such(
    call: Caller, ehr_server: responses.RequestsMock, failure: str
) -> None:
    ehr_server.get(re.compile(re.escape(SERVER)), **FAILURES[failure])
    request = with_server(without_prefetch(all_met(), "medicationStatements", "conditions"), SERVER, TOKEN)
    answer = call.answer(version(request, "2.2"))
    (information,) = answer.coverage()
    assert information.one("covered") == "indeterminate"
    assert information.reason_codes == ["technical"]
    assert information.reason_texts[0]
    (shared,) = call.answer(request).coverage()
    assert shared.one("covered") == "conditional"
    assert shared.reason_texts[0]


@pytest.mark.rules("P-30", "P-31", "E-5", "P-32")
def test_T_13_a_slow_record_does_not_keep_the_answer(
    another: Callable[..., FlaskClient], ehr_server: responses.RequestsMock
) -> None:
    def slow(request: Any) -> tuple[int, dict[str, str], str]:
        time.sleep(0.4)
        return 200, {}, json.dumps({"resourceType": "Bundle", "type": "searchset"})

    ehr_server.add_callback(responses.GET, re.compile(re.escape(SERVER)), slow)
    call = Caller(another(deadline_seconds=0.5, answer_reserve_seconds=0.3, fhir_connections=1))
    request = with_server(
        without_prefetch(all_met(), "medicationStatements", "conditions", "procedures"), SERVER, TOKEN
    )
    started = time.perf_counter()
    (information,) = call.answer(version(request, "2.2")).coverage()
    assert time.perf_counter() - started < 3
    assert information.reason_codes == ["technical"]


@pytest.mark.rules("R-23", "R-54")
@pytest.mark.parametrize("status", ["active", "on-hold", "completed"])
def test_T_23_an_order_that_is_signed_again_is_answered(call: Caller, status: str) -> None:
    request = dose_too_high()
    draft = call.answer(request)
    order_in(request)["status"] = status
    answer = call.answer(request)
    assert answer.statuses == draft.statuses
    assert answer.kinds == draft.kinds
    assert [action["resource"]["status"] for action in answer.actions] == [status]


@pytest.mark.rules("R-50", "R-51", "R-52", "R-53", "R-54", "X-1")
def test_T_25_dispatch_has_the_names_of_both_versions_of_its_hook(call: Caller) -> None:
    request = dose_too_high()
    reference = order_reference(order_in(request))
    task = {
        "resourceType": "Task",
        "id": "t",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": reference},
        "for": {"reference": f"Patient/{request['context']['patientId']}"},
    }
    newer = dispatching(request, dispatchedOrders=[reference], fulfillmentTasks=[task])
    older = dispatching(request, order=reference, task=task)
    del older["context"]["dispatchedOrders"]
    answers = [call.answer(each, "order-dispatch-crd") for each in (newer, older)]
    for answer in answers:
        assert answer.kinds == ["dose"]
        assert [order_reference(action["resource"]) for action in answer.actions] == [reference]
        assert answer.statuses == call.answer(request).statuses
    assert answers[0].json == answers[1].json


@pytest.mark.rules("R-50", "P-20")
def test_T_25_dispatched_orders_are_read_from_the_record(call: Caller, ehr_server: responses.RequestsMock) -> None:
    request = five_orders()
    dispatched = dispatching(request)
    del dispatched["prefetch"]["dispatched"]
    ehr = record_of(request)
    for order in orders_in(request):
        ehr.store(order)
    ehr.serve(ehr_server)
    del dispatched["prefetch"]["medicationRequests"]
    answer = call.answer(with_server(dispatched, SERVER, TOKEN), "order-dispatch-crd")
    assert {order_reference(action["resource"]) for action in answer.actions} == {
        order_reference(order) for order in orders_in(request)
    }
    assert answer.determinations[0]["status"] == "met"


@pytest.mark.rules("R-12", "X-11")
@pytest.mark.parametrize("number", ["7.50", "7.500", "540.0", "1e1", "0.00000750"])
def test_T_32_a_dose_keeps_the_digits_that_it_was_written_with(call: Caller, number: str) -> None:
    request = dose_too_high()
    order_in(request)["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = "NUMBER"
    order_in(request)["_status"] = {"extension": [{"url": "http://example.org/e", "valueDecimal": "NUMBER"}]}
    body = json.dumps(request).replace('"NUMBER"', number).encode()
    response = call(body)
    assert response.status_code == 200
    (action,) = read_exactly(response.data)["systemActions"]
    sent = read_exactly(body)["context"]["draftOrders"]["entry"][0]["resource"]
    assert list(echo_violations(sent, action["resource"])) == []


@pytest.mark.rules("R-1")
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_json_is_taken_with_and_without_a_charset(call: Caller, content_type: str | None) -> None:
    assert call(dose_too_high(), content_type=content_type).status_code == 200


@pytest.mark.rules("R-14")
def test_references_to_another_base_are_the_resources_that_they_end_in(call: Caller) -> None:
    request = five_orders()
    text = re.sub(r'"reference": "([A-Z]\w+/)', r'"reference": "http://other.example.org/r4/\1', json.dumps(request))
    elsewhere = with_server(json.loads(text), "https://ehr.example.org/payer/fhir", TOKEN)
    assert Answer(call(elsewhere).get_json()).statuses == call.answer(request).statuses


@pytest.mark.rules("R-5")
def test_prefetch_is_enough_without_a_server(call: Caller) -> None:
    request = all_met()
    assert "fhirServer" not in request
    (information,) = call.answer(request).coverage()
    assert information.one("covered") == "covered"


@pytest.mark.rules("R-9", "B-8", "R-41")
@pytest.mark.parametrize("missing", ["birthDate", "gender", "address", "name", "identifier"])
def test_a_patient_without_optional_data_is_no_error(call: Caller, missing: str) -> None:
    request = all_met()
    request["prefetch"]["patient"].pop(missing)
    (information,) = call.answer(request).coverage()
    assert information.one("covered") == "covered"


@pytest.mark.rules("R-9", "R-29", "R-41")
@pytest.mark.parametrize(
    "left", [("subject", "medicationCodeableConcept"), ("subject", "medicationCodeableConcept", "authoredOn")]
)
def test_an_order_of_little_but_the_drug_is_no_error(call: Caller, left: tuple[str, ...]) -> None:
    request = dose_too_high()
    order = order_in(request)
    kept = {name: order[name] for name in ("resourceType", "id", "status", "intent", *left)}
    request["context"]["draftOrders"]["entry"] = [{"resource": kept}]
    answer = call.answer(configured(request, max_cards=5))
    assert len(answer.actions) == 1


@pytest.mark.rules("R-28", "R-27")
def test_billing_codes_are_considered_and_not_needed(call: Caller) -> None:
    request = dose_too_high()
    known = call.answer(request)
    concept = order_in(request)["medicationCodeableConcept"]
    concept["coding"].append({"system": "http://example.org/local-drugs", "code": "17"})
    concept["extension"] = [
        {
            "url": "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options",
            "valueCodeableConcept": {
                "coding": [{"system": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J2820"}]
            },
        }
    ]
    assert call.answer(request).statuses == known.statuses
    concept["coding"] = concept["coding"][-1:]
    concept["text"] = "as above"
    assert call.answer(request).statuses == known.statuses
