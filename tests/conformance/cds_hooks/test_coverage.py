"""Rows T-15 to T-19, T-21, T-22, T-24 and T-26: what coverage-information says, and when there is none."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from tests.conformance.cds_hooks.answers import echo_violations
from tests.conformance.cds_hooks.coverage_information import (
    URL,
    V_2_0_1,
    V_2_2_1,
    coverage_information_violations,
    read_coverage_information,
)
from tests.conformance.cds_hooks.exact import resources_in
from tests.conformance.cds_hooks.examples import request_of
from tests.conformance.cds_hooks.vectors import (
    Caller,
    all_met,
    configured,
    coverage_in,
    dispatching,
    dose_too_high,
    extended,
    five_orders,
    new_call,
    not_documented,
    order_in,
    orders_in,
    other_drug_first,
    selecting,
    two_policies,
    version,
    with_prefetch,
)

Json = dict[str, Any]

THREE_FINDINGS = "leukine-bmt-continued-above-limit"
VARIANTS: dict[str, Callable[[], Json]] = {
    "not met": dose_too_high,
    "met": all_met,
    "missing": not_documented,
    "step therapy": other_drug_first,
    "several orders": five_orders,
    "several policies": two_policies,
    "not listed": lambda: request_of("leukine-alveolar-proteinosis"),
    "no policy": lambda: request_of("methotrexate-unbranded-auto-injector"),
    "another line of business": lambda: request_of("imfinzi-medicare"),
    "unknown payer": lambda: request_of("kyprolis-unknown-payer"),
    "section unknown": lambda: request_of("leukine-minimal"),
    "guidance": lambda: request_of("darzalex-no-antibody-screen"),
    "expired": lambda: expired(all_met()),
    "unreadable": lambda: with_prefetch(
        all_met(), medicationStatements={"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    ),
}


def expired(request: Json) -> Json:
    """The request, with a coverage that ended the year before."""
    coverage_in(request)["period"] = {"start": "2024-01-01", "end": "2024-12-31"}
    return request


def assertion(coverage: str, *parts: Json, identity: str = "a-1") -> Json:
    """Somebody's coverage-information on a coverage."""
    return {
        "url": URL,
        "extension": [
            {"url": "coverage", "valueReference": {"reference": coverage}},
            {"url": "covered", "valueCode": "covered"},
            {"url": "pa-needed", "valueCode": "no-auth"},
            *parts,
            {"url": "date", "valueDate": "2026-01-02"},
            {"url": "coverage-assertion-id", "valueString": identity},
        ],
    }


@pytest.mark.rules("B-6", "Q-2", "P-27")
@pytest.mark.parametrize("number", ["", "2.1", "2.2"])
@pytest.mark.parametrize(
    "change", [{"period": {"end": "2024-12-31"}}, {"status": "cancelled"}, {"period": {"start": "2027-01-01"}}]
)
def test_T_15_a_coverage_that_is_not_in_force_covers_nothing(call: Caller, change: Json, number: str) -> None:
    request = all_met()
    coverage_in(request).update(change)
    (information,) = call.answer(version(request, number) if number else request).coverage()
    assert information.one("covered") == "not-covered"
    assert information.all("pa-needed") == ()
    assert information.reason_codes == ["no-active-coverage"]
    assert information.reason_texts[0]


@pytest.mark.rules("X-41", "X-3", "X-40", "C-1", "C-2")
def test_T_16_coverage_information_can_be_switched_off(call: Caller) -> None:
    answer = call.answer(configured(dose_too_high(), coverage_info=False))
    assert "systemActions" not in answer.json
    assert answer.kinds == ["dose"]


@pytest.mark.rules("X-41", "C-42", "X-40")
@pytest.mark.parametrize("name", ["leukine-aml-dose-overage", "otrexup-daily", THREE_FINDINGS])
def test_T_16_each_topic_of_cards_can_be_switched_off(call: Caller, name: str) -> None:
    request = request_of(name)
    every = call.answer(request)
    for topic in set(every.topics):
        left = call.answer(configured(request, **{topic: False}))
        assert left.topics == [each for each in every.topics if each != topic]
        assert left.actions == every.actions


@pytest.mark.rules("X-41", "C-14", "X-42")
@pytest.mark.parametrize("most", [0, 1, 2, 100])
def test_T_17_the_most_important_cards_are_kept(call: Caller, most: int) -> None:
    request = request_of("daratumumab-carfilzomib-two-answers")
    every = call.answer(request)
    assert len(every.cards) == 3
    answer = call.answer(configured(request, max_cards=most))
    assert answer.cards == every.cards[:most]
    assert [card["indicator"] for card in every.cards] == ["warning", "warning", "info"]


@pytest.mark.rules("X-40", "X-42")
@pytest.mark.parametrize(
    "configuration",
    [
        {"max-cards": "x", "coverage-info": 5},
        {"max-cards": -1, "limits": "no"},
        {"max-cards": 1.5},
        {"max-cards": None, "coverage-info": None},
        {"max-cards": True},
        {"coverage-info": "false"},
        [],
        "all",
        None,
        7,
    ],
)
def test_T_18_a_configuration_that_makes_no_sense_is_passed_over(call: Caller, configuration: Any) -> None:
    request = dose_too_high()
    expected = call.answer(request)
    with capture_logs() as lines:
        answer = call.answer(extended(request, **{"davinci-crd.configuration": configuration}))
    assert answer.json == expected.json
    assert configuration is None or [line for line in lines if line["event"].startswith("configuration")]


@pytest.mark.rules("B-10", "Q-5", "X-40")
def test_T_19_an_authorization_is_given_only_to_clients_that_want_one(another: Callable[..., FlaskClient]) -> None:
    call = Caller(another(unsolicited_determinations=True))
    (given,) = call.answer(all_met()).coverage()
    assert given.one("pa-needed") == "satisfied"
    assert given.one("satisfied-pa-id")
    (asked,) = call.answer(configured(all_met(), unsolicited_determ=False)).coverage()
    assert asked.one("pa-needed") == "auth-needed"
    assert not asked.all("satisfied-pa-id")
    (not_met,) = call.answer(dose_too_high()).coverage()
    assert not_met.one("pa-needed") == "auth-needed"


@pytest.mark.rules("B-10")
def test_T_19_no_authorization_is_given_where_the_operator_has_not_switched_it_on(call: Caller) -> None:
    (information,) = call.answer(configured(all_met(), unsolicited_determ=True)).coverage()
    assert information.one("pa-needed") == "auth-needed"
    assert not information.all("satisfied-pa-id")


@pytest.mark.rules("X-10", "X-22")
@pytest.mark.parametrize("number", ["", "2.2"])
@pytest.mark.parametrize("request_", [all_met, dose_too_high, not_documented])
def test_T_21_an_order_that_has_it_already_gets_no_action(
    call: Caller, request_: Callable[[], Json], number: str
) -> None:
    request = version(request_(), number) if number else request_()
    (action,) = call.answer(request).actions
    again = copy.deepcopy(request)
    again["context"]["draftOrders"]["entry"] = [{"resource": action["resource"]}]
    answer = call.answer(new_call(again))
    assert "systemActions" not in answer.json
    assert answer.kinds == call.answer(request).kinds


@pytest.mark.rules("X-10", "X-22", "B-2")
def test_T_21_what_has_changed_replaces_what_was_said_before(call: Caller) -> None:
    request = dose_too_high()
    (action,) = call.answer(request).actions
    (before,) = read_coverage_information(action["resource"])
    changed = all_met_from(request, action["resource"])
    (information,) = call.answer(new_call(changed)).coverage()
    assert information.coverage == before.coverage
    assert information.reason_texts != before.reason_texts


def all_met_from(request: Json, order: Json) -> Json:
    """The request with the order as it came back, and a dose that is within the limit."""
    changed = copy.deepcopy(request)
    order = copy.deepcopy(order)
    order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 450
    changed["context"]["draftOrders"]["entry"] = [{"resource": order}]
    return changed


@pytest.mark.rules("X-22", "F-7")
def test_T_21_the_same_order_again_has_the_same_assertion(call: Caller) -> None:
    first, second = (call.answer(new_call(all_met())).coverage()[0] for _ in range(2))
    assert first.one("coverage-assertion-id") == second.one("coverage-assertion-id")


@pytest.mark.rules("X-11", "B-2")
def test_T_22_what_another_payer_said_is_kept(call: Caller) -> None:
    request = all_met()
    theirs = assertion("Coverage/of-another-payer")
    other = {"url": "http://example.org/fhir/StructureDefinition/ward", "valueString": "7b"}
    order_in(request)["extension"] = [theirs, other]
    (action,) = call.answer(request).actions
    extensions = action["resource"]["extension"]
    assert extensions[:2] == [theirs, other]
    first, ours = read_coverage_information(action["resource"])
    assert ours.coverage == f"Coverage/{coverage_in(request)['id']}"
    assert ours.one("coverage-assertion-id") != first.one("coverage-assertion-id")
    assert list(echo_violations(order_in(request), action["resource"])) == []


@pytest.mark.rules("X-11", "B-2")
def test_T_22_what_was_said_of_our_coverage_is_replaced(call: Caller) -> None:
    request = all_met()
    coverage = f"Coverage/{coverage_in(request)['id']}"
    order_in(request)["extension"] = [
        assertion("Coverage/of-another-payer"),
        assertion(f"https://ehr.example.org/fhir/{coverage}", identity="old"),
    ]
    (action,) = call.answer(request).actions
    assert [each.coverage for each in read_coverage_information(action["resource"])] == [
        "Coverage/of-another-payer",
        coverage,
    ]


@pytest.mark.rules("R-42", "R-41", "B-1", "X-1")
@pytest.mark.parametrize("number", ["", "2.2"])
def test_T_24_nothing_is_to_be_documented_when_an_order_is_only_selected(call: Caller, number: str) -> None:
    request = not_documented()
    request = version(request, number) if number else request
    (signed,) = call.answer(request).coverage()
    assert signed.all("doc-needed") == ["clinical"]
    assert signed.all("questionnaire")
    answer = call.answer(selecting(request, orders_in(request)), "order-select-crd")
    for information in answer.coverage():
        assert not {"clinical", "admin"} & set(information.all("doc-needed"))
        assert not information.all("questionnaire")
    assert "documentation" not in answer.kinds


@pytest.mark.rules("R-41")
def test_T_24_only_what_is_selected_is_decided_on(call: Caller) -> None:
    request = two_policies()
    first, *_ = orders_in(request)
    answer = call.answer(selecting(request, [first]), "order-select-crd")
    reference = f"MedicationRequest/{first['id']}"
    assert {each["order"] for each in answer.determinations} <= {reference}
    assert [action["resource"]["id"] for action in answer.actions] == [first["id"]]


@pytest.mark.rules("R-41")
def test_T_24_a_dose_that_is_too_high_is_told_when_the_order_is_selected(call: Caller) -> None:
    request = dose_too_high()
    for service in ("order-select", "order-select-crd"):
        answer = call.answer(selecting(request, orders_in(request)), service)
        assert answer.kinds == ["dose"]


@pytest.mark.rules("Q-1", "Q-2", "Q-3", "Q-4", "Q-5", "Q-6", "Q-7", "Q-8", "Q-9", "B-1", "B-3", "X-14", "X-12")
@pytest.mark.parametrize("unsolicited", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_T_26_every_coverage_information_holds_the_invariants_of_both_versions(
    another: Callable[..., FlaskClient], call: Caller, variant: str, unsolicited: bool
) -> None:
    asked = Caller(another(unsolicited_determinations=True)) if unsolicited else call
    request = VARIANTS[variant]()
    calls = [(request, "order-sign-crd", (V_2_0_1, V_2_2_1))]
    calls += [(version(request, "2.1"), "order-sign-crd", (V_2_0_1, V_2_2_1))]
    calls += [(version(request, "2.2"), "order-sign-crd", (V_2_2_1,))]
    calls += [(selecting(request, orders_in(request)), "order-select-crd", (V_2_0_1, V_2_2_1))]
    calls += [(version(dispatching(request), "2.2"), "order-dispatch-crd", (V_2_2_1,))]
    for each, service, versions in calls:
        answer = asked.answer(each, service)
        assert len(answer.actions) == len(orders_in(request))
        for action in answer.actions:
            assert coverage_information_violations(action["resource"], versions) == []


@pytest.mark.rules("B-3", "X-20", "X-23", "X-30", "B-8", "C-43")
def test_missing_documentation_names_its_questionnaire(call: Caller) -> None:
    answer = call.answer(not_documented())
    (information,) = answer.coverage()
    assert information.all("doc-needed") == ["clinical"]
    assert information.all("doc-purpose") == ["withpa"]
    (canonical,) = information.all("questionnaire")
    address, _, number = canonical.partition("|")
    assert address.startswith("https://")
    assert number
    served = call.client.get(f"/fhir/Questionnaire/{address.rpartition('/')[2]}")
    assert served.status_code == 200
    questionnaire = served.get_json(force=True)
    assert (questionnaire["url"], questionnaire["version"]) == (address, number)
    assert not [link for card in answer.cards for link in card.get("links", []) if link["type"] == "smart"]
    assert all(action["type"] == "update" for action in answer.actions)


@pytest.mark.rules("X-15", "B-11", "X-14")
def test_reasons_name_the_policy_and_what_is_not_met(call: Caller) -> None:
    (information,) = call.answer(dose_too_high()).coverage()
    (reason,) = information.reason_texts
    assert "CP.PHAR.295" in reason
    assert "I.A" in reason
    assert "250 mcg/m²" in reason


@pytest.mark.rules("X-15")
def test_an_assertion_is_of_today(call: Caller) -> None:
    (information,) = call.answer(all_met()).coverage()
    day = datetime.date.fromisoformat(information.one("date"))
    assert abs((datetime.datetime.now(datetime.UTC).date() - day).days) <= 1


@pytest.mark.rules("X-3")
def test_a_plain_service_has_system_actions_for_a_client_that_speaks_crd(call: Caller) -> None:
    request = dose_too_high()
    assert "systemActions" not in call.answer(request, "order-sign").json
    assert call.answer(configured(request, max_cards=10), "order-sign").coverage()


@pytest.mark.rules("X-21", "X-23")
def test_the_package_of_an_assertion_holds_its_questionnaire(call: Caller) -> None:
    request = not_documented()
    (information,) = call.answer(request).coverage()
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "coverage", "resource": coverage_in(request)},
            {"name": "order", "resource": order_in(request)},
            {"name": "questionnaire", "valueCanonical": information.one("questionnaire")},
        ],
    }
    response = call.client.post(
        "/fhir/Questionnaire/$questionnaire-package", json=parameters, content_type="application/fhir+json"
    )
    assert response.status_code == 200, response.text
    package = response.get_json(force=True)
    found = [each for each in resources_in(package) if each["resourceType"] == "Questionnaire"]
    assert [f"{each['url']}|{each['version']}" for each in found] == [information.one("questionnaire")]
