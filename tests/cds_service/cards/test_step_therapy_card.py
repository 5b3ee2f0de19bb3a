from __future__ import annotations

import copy
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from cds_service.cards import cards_for
from cql_like_rules.determination import Comparison, Evidence, Finding, Status


def only_card(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (card,) = cards
    return card


def test_the_title_says_which_drug_comes_first_and_not_which_exemption_failed(build: Any) -> None:
    card = only_card(cards_for(build.step_therapy()))
    assert card["summary"] == "Leukine: Zarxio has to be tried first"


def test_the_detail_names_the_criteria_and_the_preferred_drug_with_its_own_dose(build: Any) -> None:
    card = only_card(cards_for(build.step_therapy()))
    assert card["detail"] == (
        "- I.A.4.b: Zarxio has to be tried first.\n"
        "- I.A.4.a: No state law exempts this patient.\n\n"
        "Preferred: Zarxio 5 mcg/kg SC daily.\n\n"
        "Policy: CP.PHAR.295 version 2026.03, section I.A."
    )


def test_the_order_is_deleted_and_one_for_the_preferred_drug_created_in_one_suggestion(build: Any) -> None:
    card = only_card(cards_for(build.step_therapy()))
    (suggestion,) = card["suggestions"]
    delete, create = suggestion["actions"]
    assert suggestion["label"] == "Replace Leukine with Zarxio 5 mcg/kg SC daily"
    assert suggestion["isRecommended"] is True
    assert delete == {
        "type": "delete",
        "description": "Remove the order for Leukine",
        "resourceId": "MedicationRequest/order-1",
    }
    assert create["type"] == "create"
    assert create["description"] == "Order Zarxio 5 mcg/kg SC daily"
    assert card["selectionBehavior"] == "at-most-one"


def created(cards: list[dict[str, Any]]) -> dict[str, Any]:
    return dict(only_card(cards)["suggestions"][0]["actions"][1]["resource"])


def test_the_new_order_is_a_draft_for_the_same_patient_and_reason_with_the_drugs_own_dose(build: Any) -> None:
    order = build.order(resource=build.resource(priorPrescription={"reference": "MedicationRequest/old"}))
    resource = created(cards_for(build.step_therapy(order)))
    identity = resource.pop("id")
    assert identity != "order-1"
    assert resource == {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [
                {
                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                    "code": "1605067",
                    "display": "Zarxio",
                }
            ],
            "text": "Zarxio",
        },
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "authoredOn": "2026-11-03",
        "requester": {"reference": "PractitionerRole/r"},
        "reasonReference": [{"reference": "Condition/c"}],
        "insurance": [{"reference": "Coverage/v"}],
        "dosageInstruction": [
            {
                "text": "5 mcg/kg SC daily",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "route": {
                    "coding": [
                        {"system": "http://snomed.info/sct", "code": "34206005", "display": "Subcutaneous route"}
                    ]
                },
                "doseAndRate": [
                    {
                        "doseQuantity": {
                            "value": 5,
                            "unit": "mcg/kg",
                            "system": "http://unitsofmeasure.org",
                            "code": "ug/kg",
                        }
                    }
                ],
            }
        ],
    }


def test_the_new_order_is_valid_fhir_and_the_old_one_is_not_changed(build: Any) -> None:
    resource = build.resource()
    before = copy.deepcopy(resource)
    new = created(cards_for(build.step_therapy(build.order(resource=resource))))
    assert MedicationRequest.model_validate(new).status == "draft"
    assert resource == before


def test_a_weekly_dose_is_ordered_once_a_week(build: Any) -> None:
    alternative = build.alternative(build.quantity("2.5", "mg/wk"))
    resource = created(cards_for(build.step_therapy(alternative=alternative)))
    instruction = resource["dosageInstruction"][0]
    assert instruction["timing"] == {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}
    assert instruction["text"] == "2.5 mg SC weekly"
    assert MedicationRequest.model_validate(resource)


def test_a_reason_inside_the_old_order_is_not_carried_over_as_the_new_order_lacks_it(build: Any) -> None:
    resource = build.resource(
        contained=[{"resourceType": "Condition", "id": "c1"}], reasonReference=[{"reference": "#c1"}]
    )
    new = created(cards_for(build.step_therapy(build.order(resource=resource))))
    assert "reasonReference" not in new
    assert "contained" not in new


def test_a_route_that_is_not_of_snomed_is_given_as_text(build: Any) -> None:
    alternative = build.alternative(route_code="IVINJ", route_display="Injection, intravenous")
    resource = created(cards_for(build.step_therapy(alternative=alternative)))
    assert resource["dosageInstruction"][0]["route"] == {"text": "Injection, intravenous"}


def test_an_order_that_lacks_what_every_order_needs_gives_the_reason_instead_of_a_suggestion(build: Any) -> None:
    resource = build.resource()
    del resource["subject"]
    card = only_card(cards_for(build.step_therapy(build.order(resource=resource))))
    assert "suggestions" not in card
    assert "An order for Zarxio could not be prepared, because subject of this order is missing" in card["detail"]


def test_an_alternative_without_a_dose_for_this_use_is_not_ordered(build: Any) -> None:
    alternative = build.alternative(dose=None)
    card = only_card(
        cards_for(build.step_therapy(alternative=type(alternative)(**{**_fields(alternative), "dose": None})))
    )
    assert "suggestions" not in card
    assert "The policy gives no dose of Zarxio for this use; order it by hand." in card["detail"]


def _fields(alternative: Any) -> dict[str, Any]:
    return {name: getattr(alternative, name) for name in type(alternative).__dataclass_fields__}


def test_without_an_alternative_nothing_is_suggested(build: Any) -> None:
    card = only_card(cards_for(build.step_therapy(alternative=None)))
    assert "suggestions" not in card
    assert "Preferred" not in card["detail"]


def test_where_the_record_is_silent_the_replacement_is_offered_but_not_recommended(build: Any) -> None:
    missing = build.criterion("I.A.4.b", "step-therapy", Status.MISSING, ask="Document the outcome of Zarxio")
    determination = build.determination(
        None, Finding("step-therapy", "warning", (missing,)), alternative=build.alternative()
    )
    card = only_card(cards_for(determination))
    assert card["summary"] == "Leukine: Document the outcome of Zarxio"
    assert "isRecommended" not in card["suggestions"][0]


@pytest.mark.parametrize("name", ["L" * 200, "<b>Leukine</b>"])
def test_labels_stay_short_and_plain_for_any_drug_name(build: Any, name: str) -> None:
    card = only_card(cards_for(build.step_therapy(build.order(name=name))))
    (suggestion,) = card["suggestions"]
    assert len(suggestion["label"]) <= 60
    assert "<" not in suggestion["label"]
    assert "<" not in suggestion["actions"][0]["description"]


class Found:
    def __init__(self, json: Any) -> None:
        self.json = json


class Statements:
    """A record with one statement of a drug that only its text names."""

    def find(self, reference: str) -> Found | None:
        return Found(
            {
                "resourceType": "MedicationStatement",
                "status": "stopped",
                "medicationCodeableConcept": {"text": "Zarxio <300> mcg"},
                "effectivePeriod": {"start": "2026-09-01T08:00:00Z", "end": "2026-09-05"},
            }
        )

    def identified_by_text(self, reference: str) -> bool:
        return True


def test_what_the_record_says_of_the_preferred_drug_is_told_in_words_and_that_its_text_alone_named_it(
    build: Any,
) -> None:
    first = build.criterion(
        "I.A.4.b",
        "step-therapy",
        unmet="Zarxio has to be tried first",
        evidence=(Evidence("MedicationStatement/253116f1-286a-5609-a4b7-f40276b6868d", "status"),) * 2,
    )
    determination = build.determination(None, Finding("step-therapy", "warning", (first,)))
    detail = only_card(cards_for(determination, resources=Statements()))["detail"]
    assert detail.startswith(
        "I.A.4.b: Zarxio has to be tried first. Rests on: medication Zarxio &lt;300&gt; mcg, stopped, 2026-09-01, "
        "identified by its text (MedicationStatement/253116f1…)."
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Zarxio", "Replace Leukine with Zarxio 5 mcg/kg SC daily"),
        ("generic filgrastim injection", "Replace with generic filgrastim injection 5 mcg/kg SC daily"),
        ("generic filgrastim for injection X", "Order generic filgrastim for injection X 5 mcg/kg SC daily"),
    ],
)
def test_the_label_gives_up_other_words_before_the_dose(build: Any, name: str, label: str) -> None:
    (card,) = cards_for(build.step_therapy(alternative=build.alternative(name=name)))
    shown = card["suggestions"][0]["label"]
    assert len(shown) <= 60
    assert shown == label


def test_the_number_that_was_counted_is_told_once(build: Any) -> None:
    counted = (
        Comparison("GreaterOrEqual", 4, 1, True, "Prior lines", ""),
        Comparison("Greater", 4, 3, True, "Prior lines", ""),
        Comparison("GreaterOrEqual", 2, 3, False, "", "Failures needed"),
        Comparison("Equal", True, False, False, "Relapsed", ""),
    )
    lines = build.criterion("I.A.6.a", "step-therapy", unmet="Covered after 1 to 3 prior lines", comparisons=counted)
    number = build.criterion(
        "I.A.6.g", "step-therapy", Status.MISSING, comparisons=(Comparison("Greater", 9, 3, True, "Prior drugs", ""),)
    )
    card = only_card(cards_for(build.determination(None, Finding("step-therapy", "warning", (lines, number)))))
    assert "\n\nPrior lines: 4.\n\nPolicy:" in card["detail"]
    assert "Prior drugs" not in card["detail"]
