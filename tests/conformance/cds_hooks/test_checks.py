"""The clients' own checks find what is wrong: a good answer passes, and each way of breaking it is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.cds_hooks.answers import crd_violations, hooks_violations
from tests.conformance.cds_hooks.coverage_information import (
    INVARIANTS,
    URL,
    V_2_0_1,
    V_2_2_1,
    coverage_information_violations,
)
from tests.conformance.cds_hooks.ehr import Ehr, Unfillable
from tests.conformance.cds_hooks.exact import Number, blanks, differences, exact, read_exactly
from tests.conformance.cds_hooks.vectors import Caller, dose_too_high, order_in, other_drug_first, two_policies

Json = dict[str, Any]
Break = Callable[[Json], Any]

COMMON: dict[str, Json] = {
    "coverage": {"valueReference": {"reference": "Coverage/c1"}},
    "covered": {"valueCode": "covered"},
    "pa-needed": {"valueCode": "auth-needed"},
    "doc-needed": {"valueCode": "clinical"},
    "doc-purpose": {"valueCode": "withpa"},
    "reason": {"valueCodeableConcept": {"text": "the stage is missing"}},
    "questionnaire": {"valueCanonical": "https://example.org/Questionnaire/q|1"},
    "date": {"valueDate": "2026-11-21"},
    "coverage-assertion-id": {"valueString": "a-1"},
}


def order_with(*extensions: Json) -> Json:
    return {"resourceType": "MedicationRequest", "id": "m", "extension": list(extensions)}


def information(**parts: Json | None) -> Json:
    """A good coverage-information, with other parts (`pa_needed`), or without those that are None."""
    wanted = {**COMMON, **{name.replace("_", "-"): part for name, part in parts.items()}}
    return {"url": URL, "extension": [{"url": name, **part} for name, part in wanted.items() if part is not None]}


def code(value: str) -> Json:
    return {"valueCode": value}


def test_a_good_coverage_information_is_good_in_both_versions() -> None:
    assert coverage_information_violations(order_with(information())) == []


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"doc_needed": None}, "Q-1"),
        ({"pa_needed": None}, "Q-2"),
        ({"covered": code("not-covered")}, "Q-2"),
        ({"covered": code("conditional")}, "Q-3"),
        ({"info_needed": code("performer")}, "Q-3"),
        ({"pa_needed": code("satisfied"), "satisfied_pa_id": {"valueString": "1"}}, "Q-4"),
        ({"pa_needed": code("no-auth")}, "Q-4"),
        ({"pa_needed": code("satisfied"), "doc_purpose": None}, "Q-5"),
        ({"satisfied_pa_id": {"valueString": "1"}}, "Q-5"),
        ({"info_needed": code("OTH"), "covered": code("conditional"), "reason": None, "doc_purpose": None}, "Q-6"),
        ({"reason": {"valueCodeableConcept": {"coding": []}}}, "Q-7"),
        ({"reason": None}, "Q-8"),
        ({"covered": code("indeterminate"), "reason": None, "doc_purpose": None}, "Q-9"),
        ({"questionnaire": None}, "B-3"),
        ({"questionnaire": {"valueCanonical": "https://example.org/Questionnaire/q"}}, "version"),
        ({"covered": code("maybe")}, "does not know"),
        ({"covered": {"valueString": "covered"}}, "instead of valueCode"),
        ({"date": {"valueDate": "21.11.2026"}}, "no date"),
        ({"date": None}, "date is there 0 times"),
        ({"coverage": {"valueReference": {"reference": "Patient/1"}}}, "no Coverage"),
        ({"coverage_assertion_id": {"valueString": " "}}, "no text"),
        ({"expiry_date": {"valueDate": "2026-12-31"}}, "not defined in CRD 2.0.1"),
        ({"covered": code("indeterminate"), "pa_needed": code("indeterminate")}, "CRD 2.0.1 does not know"),
        ({"doc_needed": code("both")}, "CRD 2.2.1 does not know"),
    ],
)
def test_a_broken_coverage_information_is_noticed(parts: dict[str, Any], problem: str) -> None:
    found = coverage_information_violations(order_with(information(**parts)))
    assert [each for each in found if problem in each]


def test_the_readings_of_the_two_versions_differ_where_they_differ() -> None:
    only_2_2 = order_with(information(covered=code("indeterminate"), pa_needed=code("indeterminate")))
    assert coverage_information_violations(only_2_2, [V_2_2_1]) == []
    assert coverage_information_violations(only_2_2, [V_2_0_1])
    assert {name for name, readings in INVARIANTS.items() if set(readings) == {V_2_0_1, V_2_2_1}} == {
        f"Q-{number}" for number in range(1, 10)
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"coverage_assertion_id": {"valueString": "a-2"}}),
        ({}, {"coverage": {"valueReference": {"reference": "Coverage/c2"}}}),
    ],
)
def test_ids_that_are_mixed_up_are_noticed(first: Any, second: Any) -> None:
    assert coverage_information_violations(order_with(information(**first), information(**second)))


def action(answer: Json) -> Json:
    resource: Json = answer["systemActions"][0]
    return resource


BREAKS: dict[str, Break] = {
    "no cards": lambda answer: answer.pop("cards"),
    "a member that is null": lambda answer: answer["cards"][0].update(detail=None),
    "an empty list": lambda answer: answer["cards"][0].update(links=[]),
    "white space": lambda answer: answer["cards"][0]["source"].update(label=" "),
    "a blank in an order": lambda answer: answer["systemActions"][0]["resource"].update(note=[]),
    "a long summary": lambda answer: answer["cards"][0].update(summary="x" * 140),
    "a summary of two lines": lambda answer: answer["cards"][0].update(summary="one\ntwo"),
    "an unknown indicator": lambda answer: answer["cards"][0].update(indicator="hard-stop"),
    "no label": lambda answer: answer["cards"][0]["source"].pop("label"),
    "another topic": lambda answer: answer["cards"][0]["source"].update(topic={"system": "x", "code": "limits"}),
    "a topic that is none": lambda answer: answer["cards"][0]["source"]["topic"].update(code="dose"),
    "no uuid": lambda answer: answer["cards"][0].pop("uuid"),
    "a uuid of a suggestion that is none": lambda answer: suggestion(answer).update(uuid="1"),
    "no selectionBehavior": lambda answer: with_suggestion(answer).pop("selectionBehavior"),
    "links beside suggestions": lambda answer: with_suggestion(answer).update(
        links=[{"label": "l", "url": "https://example.org", "type": "absolute"}]
    ),
    "a link without a host": lambda answer: answer["cards"][-1].update(
        links=[{"label": "l", "url": "/policies", "type": "absolute"}]
    ),
    "appContext on an absolute link": lambda answer: answer["cards"][-1].update(
        links=[{"label": "l", "url": "https://e.org", "type": "absolute", "appContext": "x"}]
    ),
    "an override reason without a system": lambda answer: answer["cards"][0]["overrideReasons"][0].pop("system"),
    "no actions": lambda answer: suggestion(answer).update(actions=[]),
    "an action without a description": lambda answer: suggestion(answer)["actions"][0].pop("description"),
    "an update of another order": lambda answer: suggestion(answer)["actions"][0]["resource"].update(id="other"),
    "an update of more than the dose": lambda answer: suggestion(answer)["actions"][0]["resource"].update(status="x"),
    "no associated resource": lambda answer: answer["cards"][0]["extension"].pop("davinci-crd.associated-resource"),
    "two actions for an order": lambda answer: answer["systemActions"].append(answer["systemActions"][0]),
    "a coverage action that creates": lambda answer: action(answer).update(type="create"),
    "a system action without a description": lambda answer: action(answer).pop("description"),
    "an element lost": lambda answer: action(answer)["resource"].pop("authoredOn"),
    "an element changed": lambda answer: action(answer)["resource"].update(intent="plan"),
    "a number written anew": lambda answer: dose(action(answer)["resource"]).update(value=Number("540.0")),
    "an element added": lambda answer: action(answer)["resource"].update(priority="stat"),
    "no coverage-information": lambda answer: action(answer)["resource"].pop("extension"),
    "another extension": lambda answer: action(answer)["resource"]["extension"].append({"url": "http://e.org"}),
    "a 2.2 code": lambda answer: part(answer, "covered").update(valueCode="indeterminate"),
    "two cards with a uuid": lambda answer: answer["cards"].append(copy.deepcopy(answer["cards"][0])),
}


def with_suggestion(answer: Json) -> Json:
    return next(card for card in answer["cards"] if "suggestions" in card)


def suggestion(answer: Json) -> Json:
    first: Json = with_suggestion(answer)["suggestions"][0]
    return first


def dose(order: Json) -> Json:
    value: Json = order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    return value


def part(answer: Json, name: str) -> Json:
    (extension,) = action(answer)["resource"]["extension"]
    return next(each for each in extension["extension"] if each["url"] == name)


@pytest.fixture
def good(call: Caller) -> Json:
    """An answer with a card that changes the order, as a client reads it."""
    answer: Json = read_exactly(call(dose_too_high()).data)
    return answer


def judged(answer: Json) -> list[str]:
    orders = [exact(order_in(dose_too_high()))]
    found = hooks_violations(answer, orders)
    return found or crd_violations(answer, orders, hook="order-sign", versions=(V_2_0_1, V_2_2_1))


def test_a_good_answer_is_good(good: Json) -> None:
    assert judged(good) == []


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_answer_is_noticed(good: Json, name: str) -> None:
    BREAKS[name](good)
    assert judged(good)


@pytest.mark.parametrize(
    "change",
    [
        lambda actions: actions[0].update(resourceId="MedicationRequest/other"),
        lambda actions: actions[0].pop("resourceId"),
        lambda actions: actions[1]["resource"].pop("requester"),
        lambda actions: actions[1]["resource"].update(status="active"),
        lambda actions: actions[1]["resource"].update(resourceType="ServiceRequest"),
        lambda actions: actions.pop(),
    ],
)
def test_a_broken_replacement_is_noticed(call: Caller, change: Callable[[list[Json]], Any]) -> None:
    answer = read_exactly(call(other_drug_first()).data)
    actions = answer["cards"][0]["suggestions"][0]["actions"]
    actions.sort(key=lambda each: each["type"], reverse=True)
    orders = [exact(order_in(other_drug_first()))]
    change(actions)
    assert hooks_violations(answer, orders) or crd_violations(answer, orders, hook="order-sign", versions=(V_2_0_1,))


def test_documentation_for_a_selected_order_is_noticed(good: Json) -> None:
    action(good)["resource"]["extension"][0]["extension"] += [
        {"url": "doc-needed", "valueCode": "clinical"},
        {"url": "questionnaire", "valueCanonical": "https://example.org/q|1"},
    ]
    orders = [exact(order_in(dose_too_high()))]
    found = crd_violations(good, orders, hook="order-select", versions=(V_2_0_1,))
    assert [each for each in found if "only selected" in each]


def test_blanks_are_found_at_any_depth() -> None:
    value = {"a": [{"b": None}, " "], "c": {}, "d": 0, "e": False}
    assert list(blanks(value)) == ["a[0].b", "a[1]", "c"]


def test_numbers_differ_by_their_digits() -> None:
    assert list(differences(read_exactly(b'{"a": 7.50}'), read_exactly(b'{"a": 7.5}'))) == ["a"]
    assert list(differences(read_exactly(b'{"a": [1, 2]}'), read_exactly(b'{"a": [1]}'))) == ["a"]
    assert list(differences({"a": True}, {"a": 1})) == ["a"]


# The EHR that fills prefetch


@pytest.fixture
def ehr() -> Ehr:
    return Ehr(
        [
            {"resourceType": "Patient", "id": "p"},
            {"resourceType": "Medication", "id": "drug"},
            {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"}},
            {"resourceType": "Practitioner", "id": "d"},
            {"resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": {"reference": "Patient/p"}},
            {"resourceType": "Coverage", "id": "old", "status": "cancelled", "beneficiary": {"reference": "Patient/p"}},
        ]
    )


CONTEXT: Json = {
    "patientId": "p",
    "userId": "PractitionerRole/r",
    "draftOrders": {
        "entry": [
            {
                "resource": {
                    "resourceType": "MedicationRequest",
                    "medicationReference": {"reference": "Medication/drug"},
                }
            },
            {"resource": {"resourceType": "ServiceRequest", "requester": {"reference": "PractitionerRole/r"}}},
        ]
    },
}


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Patient/{{context.patientId}}", "Patient/p"),
        ("{{context.userId}}", "PractitionerRole/r"),
        ("PractitionerRole/{{userPractitionerRoleId}}", "PractitionerRole/r"),
        (
            "Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id}}",
            "Medication?_id=drug",
        ),
        (
            "Practitioner?_id={{%roles.entry.resource.practitioner.resolve().id"
            "|context.draftOrders.entry.resource.requester.resolve().ofType(Practitioner).id}}",
            "Practitioner?_id=d",
        ),
    ],
)
def test_templates_are_filled(ehr: Ehr, template: str, query: str) -> None:
    filled = {"roles": ehr.search("PractitionerRole?_id=r")}
    assert ehr.query(template, CONTEXT, filled) == query


def test_a_simple_client_leaves_out_what_it_cannot_fill(ehr: Ehr) -> None:
    templates = {
        "patient": "Patient/{{context.patientId}}",
        "encounter": "Encounter/{{context.encounterId}}",
        "roles": "PractitionerRole?_id={{context.draftOrders.entry.resource.requester.resolve().id}}",
        "coverage": "Coverage?patient={{context.patientId}}&status=active",
        "conditions": "Condition?patient={{context.patientId}}",
    }
    simple = ehr.prefetch(templates, CONTEXT, simple=True, empty="null")
    assert list(simple) == ["patient", "coverage", "conditions"]
    assert [entry["resource"]["id"] for entry in simple["coverage"]["entry"]] == ["c"]
    assert simple["conditions"] is None
    able = ehr.prefetch(templates, CONTEXT, simple=False, empty="bundle")
    assert list(able) == ["patient", "roles", "coverage", "conditions"]
    assert able["conditions"]["entry"] == []


@pytest.mark.parametrize(
    "template", ["X?_id={{context.a.where(b = 1)}}", "X?_id={{other.a}}", "X?_id={{context.a.b()}}"]
)
def test_what_is_not_in_the_language_of_templates_is_refused(ehr: Ehr, template: str) -> None:
    with pytest.raises((AssertionError, Unfillable)):
        ehr.query(template, {"a": {"b": 1}}, {})


def test_several_policies_are_judged_too(call: Caller) -> None:
    request = two_policies()
    answer = read_exactly(call(request).data)
    del answer["systemActions"][0]["resource"]["contained"]
    orders = [exact(entry["resource"]) for entry in request["context"]["draftOrders"]["entry"]]
    assert crd_violations(answer, orders, hook="order-sign", versions=(V_2_0_1,))
