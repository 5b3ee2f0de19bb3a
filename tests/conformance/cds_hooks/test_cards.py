"""Rows T-27 to T-30: what is on a card, and what one click does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conformance.cds_hooks.answers import is_uuid, validity_violations
from tests.conformance.cds_hooks.exact import differences
from tests.conformance.cds_hooks.examples import request_of
from tests.conformance.cds_hooks.vectors import (
    Caller,
    all_met,
    coverage_in,
    dose_too_high,
    not_documented,
    order_in,
    orders_in,
    other_drug_first,
    resources_of,
    with_prefetch,
)

Json = dict[str, Any]

LONG_NAME = "Leukine " + "sargramostim recombinant yeast derived " * 5
MARKUP = '<script>alert("x")</script> **bold** [a link](https://evil.example.org) ![i](https://evil.example.org/i.png)'


def body_size_missing() -> Json:
    return request_of("kyprolis-missing-body-surface-area")


def named(request: Json, name: str) -> Json:
    """The request with the drug called that, and its plan and prescriber too."""
    order_in(request)["medicationCodeableConcept"]["text"] = name
    order_in(request)["requester"]["display"] = name
    for payer in resources_of(request, "Organization"):
        payer["name"] = name
    coverage_in(request)["payor"][0]["display"] = name
    return request


@pytest.mark.rules("C-10")
@pytest.mark.parametrize("service", ["order-sign", "order-sign-crd"])
@pytest.mark.parametrize("request_", [dose_too_high, other_drug_first, not_documented])
def test_T_27_a_summary_is_short_and_whole_whatever_the_drug_is_called(
    call: Caller, request_: Any, service: str
) -> None:
    assert len(LONG_NAME) > 200
    answer = call.answer(named(request_(), LONG_NAME), service)
    assert answer.cards
    for card in answer.cards:
        assert len(card["summary"]) <= 139
        assert "\n" not in card["summary"]
        assert card["summary"] == card["summary"].strip()
        assert card["source"]["label"]


@pytest.mark.rules("C-10", "S-15")
@pytest.mark.parametrize("service", ["order-sign", "order-sign-crd"])
@pytest.mark.parametrize("request_", [dose_too_high, other_drug_first, body_size_missing])
def test_T_28_text_of_the_request_is_escaped(call: Caller, request_: Any, service: str) -> None:
    request = named(request_(), MARKUP)
    for each in resources_of(request, "MedicationStatement") + resources_of(request, "Condition"):
        each.setdefault("code" if each["resourceType"] == "Condition" else "medicationCodeableConcept", {})["text"] = (
            MARKUP
        )
    answer = call.answer(request, service)
    assert answer.cards
    for card in answer.cards:
        detail = re.sub(r"\\.", "", card.get("detail", ""))
        assert "<script" not in detail
        assert "](https://evil.example.org" not in detail
        assert "**bold**" not in detail


@pytest.mark.rules("C-20", "C-21", "C-22", "C-23", "C-40", "C-43", "C-11", "F-7")
def test_T_29_a_dose_that_is_too_high_is_mended_by_one_update(call: Caller) -> None:
    request = dose_too_high()
    (card,) = call.answer(request).cards
    assert card["source"]["topic"]["code"] in ("limits", "off-guideline")
    assert card["selectionBehavior"] == "at-most-one"
    (suggestion,) = card["suggestions"]
    assert is_uuid(card["uuid"])
    assert is_uuid(suggestion["uuid"])
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    assert action["description"]
    assert action["resource"]["id"] == order_in(request)["id"]
    changed = {place.partition("[")[0] for place in differences(order_in(request), action["resource"])}
    assert changed == {"dosageInstruction"}
    assert list(validity_violations(action["resource"])) == []


@pytest.mark.rules("C-20", "C-22", "C-40", "C-41", "C-43", "C-44")
def test_T_30_another_drug_first_is_a_delete_with_a_create(call: Caller) -> None:
    request = other_drug_first()
    (card,) = call.answer(request).cards
    assert card["source"]["topic"]["code"] == "therapy-alternatives-req"
    assert card["selectionBehavior"] == "at-most-one"
    for suggestion in card["suggestions"]:
        delete, create = sorted(suggestion["actions"], key=lambda action: action["type"], reverse=True)
        assert (delete["type"], create["type"]) == ("delete", "create")
        assert delete["resourceId"] == f"MedicationRequest/{order_in(request)['id']}"
        assert "resource" not in delete
        proposed = create["resource"]
        assert proposed["resourceType"] == "MedicationRequest"
        assert proposed["status"] == "draft"
        assert proposed["subject"] == order_in(request)["subject"]
        assert proposed["requester"] == order_in(request)["requester"]
        assert proposed["intent"]
        assert proposed["authoredOn"]
        assert list(validity_violations(proposed)) == []


@pytest.mark.rules("C-32", "X-20", "X-24")
@pytest.mark.parametrize("request_", [dose_too_high, other_drug_first, not_documented])
def test_no_card_launches_an_app_or_sends_to_a_portal(call: Caller, request_: Any) -> None:
    for card in call.answer(request_()).cards:
        assert all(link["type"] == "absolute" for link in card.get("links", []))
        assert not re.search(r"\bportal\b", f"{card['summary']} {card.get('detail', '')}", re.IGNORECASE)


@pytest.mark.rules("C-14")
def test_an_order_that_is_in_order_has_no_card(call: Caller) -> None:
    for service in ("order-sign", "order-sign-crd"):
        assert call.answer(all_met(), service).cards == []


@pytest.mark.rules("X-51", "C-44")
def test_what_was_tried_before_is_not_advised_again(call: Caller) -> None:
    request = other_drug_first()
    tried = request_of("leukine-aml-met")["prefetch"]["medicationStatements"]
    patient = {"reference": f"Patient/{request['context']['patientId']}"}
    for entry in tried["entry"]:
        entry["resource"]["subject"] = patient
        entry["resource"].pop("reasonReference", None)
    answer = call.answer(with_prefetch(request, medicationStatements=tried))
    assert "step-therapy" not in answer.kinds


@pytest.mark.rules("X-51")
def test_the_other_orders_of_the_call_count(call: Caller) -> None:
    request = request_of("kyprolis-krd-at-the-kd-dose")
    together = call.answer(request)
    bundle = request["context"]["draftOrders"]
    bundle["entry"] = [entry for entry in bundle["entry"] if "lenalidomide" not in str(entry["resource"])]
    without = call.answer(request)
    assert together.kinds == ["dose"]
    assert "dose" not in without.kinds


@pytest.mark.rules("C-15", "C-14")
def test_a_card_on_one_of_several_orders_says_which(call: Caller) -> None:
    request = request_of("kyprolis-krd-at-the-kd-dose")
    (card,) = call.answer(request).cards
    assert len(orders_in(request)) > 1
    (associated,) = card["extension"]["davinci-crd.associated-resource"]
    assert associated == {"reference": card["extension"]["oncology-cds"]["order"]}
    assert "Kyprolis" in f"{card['summary']} {card['detail']}"
