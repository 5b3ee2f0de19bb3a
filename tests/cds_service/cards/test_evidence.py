from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.evidence import evidence_words, resource_words, short_reference
from cql_like_rules.determination import Evidence
from cql_like_rules.record import Record


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8277-6", "display": "Body surface area"}]},
                "effectiveDateTime": "2026-04-10T08:00:00Z",
                "valueQuantity": {"value": Decimal("1.80"), "unit": "m2", "code": "m2"},
            },
            "observation Body surface area 1.8 m², 2026-04-10",
        ),
        (
            {
                "resourceType": "Condition",
                "code": {"text": "Acute myeloid *leukemia*"},
                "onsetDateTime": "2026-03",
            },
            "diagnosis Acute myeloid \\*leukemia\\*, 2026-03",
        ),
        (
            {
                "resourceType": "MedicationStatement",
                "status": "stopped",
                "medicationCodeableConcept": {"coding": [{"code": "1605067"}]},
                "effectivePeriod": {"end": "2026-04-02"},
            },
            "medication 1605067, stopped, 2026-04-02",
        ),
        ({"resourceType": "QuestionnaireResponse", "authored": "2026-04-15"}, "questionnaire answers, 2026-04-15"),
        (
            {"resourceType": "PractitionerRole", "specialty": [{"text": "hematology"}]},
            "prescriber hematology",
        ),
        ({"resourceType": "Patient", "birthDate": "1964-05-05"}, "patient, 1964-05-05"),
        ({"resourceType": "Flag"}, "flag"),
        (
            {
                "resourceType": "AdverseEvent",
                "event": {"text": "Infusion reaction"},
                "date": "2026-04-02",
            },
            "adverse event Infusion reaction, 2026-04-02",
        ),
        (
            {
                "resourceType": "ServiceRequest",
                "code": {"text": "Oncology consult"},
                "occurrenceDateTime": "2026-04-02T10:00:00Z",
            },
            "service request Oncology consult, 2026-04-02",
        ),
        (
            {
                "resourceType": "Encounter",
                "type": [{"text": "Chemotherapy"}],
                "period": {"start": "2026-04-02"},
            },
            "encounter Chemotherapy, 2026-04-02",
        ),
        (
            {
                "resourceType": "Observation",
                "code": "text where an object belongs",
                "valueQuantity": {"value": "much"},
                "valueCodeableConcept": {"coding": {"display": "Detected"}},
                "effectiveDateTime": 2026,
            },
            "observation Detected",
        ),
        (
            {"resourceType": "Observation", "code": {"text": "EGFR"}, "valueCodeableConcept": {"text": "Detected"}},
            "observation EGFR Detected",
        ),
        ({"resourceType": "Condition", "code": {"coding": ["C92.0"]}}, "diagnosis"),
    ],
)
def test_a_resource_is_told_by_type_subject_and_date(resource: dict[str, Any], words: str) -> None:
    assert resource_words(resource) == words


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("Observation/253116f1-286a-5609-a4b7-f40276b6868d", "Observation/253116f1…"),
        ("Condition/c1", "Condition/c1"),
        ("Patient", "Patient"),
        ("Observation/<b>", "Observation/&lt;b&gt;"),
    ],
)
def test_a_reference_is_shortened_to_what_tells_it_apart(reference: str, shown: str) -> None:
    assert short_reference(reference) == shown


def test_a_record_is_where_resources_are_looked_up(build: Any) -> None:
    record = Record([{"resourceType": "Condition", "id": "c", "code": {"text": "AML"}, "recordedDate": "2026-03-01"}])
    criterion = build.criterion("I.A.1", "diagnosis", evidence=(Evidence("Condition/c"), Evidence("Condition/gone")))
    assert (
        evidence_words([criterion], record, "MedicationRequest/m")
        == "diagnosis AML, 2026-03-01 (Condition/c); Condition/gone"
    )


def test_the_order_whose_card_it_is_is_not_named_as_evidence(build: Any) -> None:
    criterion = build.criterion("I.A.1", "diagnosis", evidence=(Evidence("MedicationRequest/m"),))
    assert evidence_words([criterion], None, "MedicationRequest/m") == ""
