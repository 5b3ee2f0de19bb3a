"""The record: what is known about the patient in this call."""

import copy
import time

import pytest

from cql_like_rules.cql.values.concept import Code, Concept, ValueSet
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
AML = ValueSet("https://example.org/ValueSet/aml", "AML", frozenset({(ICD, "C92.00"), (ICD, "C92.02")}))


def condition(identity="c1", code="C92.00", **more):
    return {"resourceType": "Condition", "id": identity, "code": {"coding": [{"system": ICD, "code": code}]}, **more}


def references(elements):
    return [element.reference for element in elements]


def test_resources_are_retrieved_by_type_in_the_order_given():
    record = Record([condition("b"), {"resourceType": "Patient", "id": "p"}, condition("a")])
    assert references(record.retrieve("Condition")) == ["Condition/b", "Condition/a"]
    assert record.retrieve("Observation") == []


def test_everything_that_was_kept_is_told_by_type():
    refused = {**condition("wrong"), "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    record = Record([condition("b"), {"resourceType": "Patient", "id": "p"}, refused, condition("a")])
    assert references(record.resources) == ["Condition/b", "Condition/a", "Patient/p"]


def test_resources_are_retrieved_by_value_set_code_and_concept():
    record = Record([condition("aml"), condition("other", "I10"), {"resourceType": "Condition", "id": "text"}])
    assert references(record.retrieve("Condition", None, AML)) == ["Condition/aml"]
    assert references(record.retrieve("Condition", "code", Code("I10", ICD))) == ["Condition/other"]
    both = Concept((Code("I10", ICD), Code("C92.00", ICD)))
    assert references(record.retrieve("Condition", "code", both)) == ["Condition/aml", "Condition/other"]


def test_another_path_than_the_primary_one_can_be_asked_for():
    observation = {
        "resourceType": "Observation",
        "id": "o",
        "category": [{"coding": [{"system": "http://example.org", "code": "laboratory"}]}],
    }
    record = Record([observation])
    assert references(record.retrieve("Observation", "category", Code("laboratory", "http://example.org")))
    assert record.retrieve("Observation", "code", Code("laboratory", "http://example.org")) == []


def test_codes_are_compared_in_canonical_form():
    order = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "medicationCodeableConcept": {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "71837-5843-01"}]},
    }
    leukine = ValueSet("x", "x", frozenset({("http://hl7.org/fhir/sid/ndc", "71837584301")}))
    assert references(Record([order]).retrieve("MedicationRequest", None, leukine)) == ["MedicationRequest/m"]


def test_bundles_are_opened_and_found_by_full_url():
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": condition()},
            {"resource": {"resourceType": "OperationOutcome"}},
            {"search": {"mode": "include"}},
        ],
    }
    record = Record([bundle])
    assert references(record.retrieve("Condition")) == ["Condition/c1"]
    assert record.find("urn:uuid:1").reference == "Condition/c1"
    assert record.notes == []


def test_a_bundle_entry_that_is_no_array_is_opened_too():
    record = Record([{"resourceType": "Bundle", "entry": {"resource": condition()}}])
    assert references(record.retrieve("Condition")) == ["Condition/c1"]


@pytest.mark.parametrize("junk", [None, "text", 5, [], {}, {"resourceType": 5}])
def test_what_is_not_a_resource_is_left_out_and_noted(junk):
    record = Record([junk, condition()])
    assert references(record.retrieve("Condition")) == ["Condition/c1"]
    assert len(record.notes) == 1


def test_of_two_resources_with_the_same_id_the_first_counts():
    record = Record([condition(code="C92.00"), condition(code="I10")])
    assert [c.json["code"]["coding"][0]["code"] for c in record.retrieve("Condition")] == ["C92.00"]


def test_resources_without_an_id_are_all_kept():
    without_id = {"resourceType": "Condition", "code": {"text": "AML"}}
    assert len(Record([without_id, dict(without_id)]).retrieve("Condition")) == 2


def test_what_was_entered_in_error_is_left_out_and_refuted_conditions_stay():
    record = Record(
        [
            {"resourceType": "Observation", "id": "o", "status": "entered-in-error"},
            condition("e", verificationStatus={"coding": [{"code": "entered-in-error"}]}),
            condition("r", verificationStatus={"coding": [{"code": "refuted"}]}),
        ]
    )
    assert record.retrieve("Observation") == []
    assert references(record.retrieve("Condition")) == ["Condition/r"]


def test_resources_of_another_patient_are_left_out_and_noted():
    record = Record(
        [
            {"resourceType": "Patient", "id": "p1"},
            {"resourceType": "Patient", "id": "p2"},
            condition("mine", subject={"reference": "https://ehr.example.org/Patient/p1"}),
            condition("not-mine", subject={"reference": "Patient/p2"}),
            condition("unsaid"),
        ],
        patient_id="p1",
    )
    assert record.patient.reference == "Patient/p1"
    assert references(record.retrieve("Condition")) == ["Condition/mine", "Condition/unsaid"]
    assert [note.reference for note in record.notes] == ["Patient/p2", "Condition/not-mine"]


def test_there_is_no_patient_when_none_was_given():
    assert Record([]).patient is None


def test_what_was_delivered_is_told_apart_from_what_is_there():
    record = Record([], delivered=["Condition", "Observation"])
    assert record.delivered == {"Condition", "Observation"}
    assert record.retrieve("Condition") == []


def test_resources_are_found_by_their_references():
    record = Record([condition()])
    for reference in ("Condition/c1", "https://ehr.example.org/fhir/Condition/c1", "Condition/c1/_history/3"):
        assert record.find(reference).reference == "Condition/c1"
    assert record.find("Condition/c2") is None
    assert record.find("") is None


def test_contained_resources_are_found_within_their_container():
    order = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "contained": [{"resourceType": "Medication", "id": "med"}],
        "medicationReference": {"reference": "#med"},
    }
    record = Record([order])
    assert record.find("#med", record.find("MedicationRequest/m")).type == "Medication"
    assert record.find("#other", record.find("MedicationRequest/m")) is None
    assert record.find("#med") is None


LEUKINE = {"coding": [{"system": RXNORM, "code": "203878"}], "text": "Leukine"}


def by_reference(reference, **more):
    return {"resourceType": "MedicationStatement", "id": "s", "medicationReference": {"reference": reference}, **more}


@pytest.mark.parametrize(
    "resources",
    [
        [by_reference("#med", contained=[{"resourceType": "Medication", "id": "med", "code": LEUKINE}])],
        [by_reference("Medication/med"), {"resourceType": "Medication", "id": "med", "code": LEUKINE}],
        [
            by_reference("https://ehr.example.org/Medication/med"),
            {"resourceType": "Medication", "id": "med", "code": LEUKINE},
        ],
        [
            by_reference(
                "#med",
                contained=[
                    {"resourceType": "Medication", "id": "med", "ingredient": [{"itemCodeableConcept": LEUKINE}]}
                ],
            )
        ],
    ],
)
def test_a_medication_by_reference_is_retrieved_by_its_code(resources):
    before = copy.deepcopy(resources)
    found = Record(resources).retrieve("MedicationStatement", None, Code("203878", RXNORM))
    assert references(found) == ["MedicationStatement/s"]
    assert resources == before


def test_a_medication_that_is_not_there_leaves_its_display_as_text():
    statement = by_reference("Medication/gone")
    statement["medicationReference"]["display"] = "Leukine 250 mcg"
    found = Record([statement]).retrieve("MedicationStatement")[0]
    assert found.get("medication").get("text").value == "Leukine 250 mcg"


def test_a_drug_known_by_text_only_gets_a_marked_code():
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Allergic to LEUKINE"}}
    coded = {"resourceType": "AllergyIntolerance", "id": "b", "code": LEUKINE}
    before = copy.deepcopy(allergy)
    record = Record([allergy, coded], terminology=load_terminology())
    found = record.retrieve("AllergyIntolerance", None, Code("203878", RXNORM))
    assert references(found) == ["AllergyIntolerance/a", "AllergyIntolerance/b"]
    assert record.identified_by_text("AllergyIntolerance/a")
    assert not record.identified_by_text("AllergyIntolerance/b")
    assert found[0].get("code").get("coding")[0].get("extension")[0].get("value").value is True
    assert allergy == before


def test_a_name_inside_a_longer_word_identifies_nothing():
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Leukineesque"}}
    record = Record([allergy], terminology=load_terminology())
    assert record.retrieve("AllergyIntolerance", None, Code("203878", RXNORM)) == []


def test_twenty_resources_are_indexed_in_well_under_half_a_millisecond():
    resources = [condition(f"c{i}", verificationStatus={"coding": [{"code": "confirmed"}]}) for i in range(20)]
    terminology = load_terminology()
    fastest = 1.0
    for _ in range(20):
        start = time.perf_counter()
        Record(resources, (), "p", terminology).retrieve("Condition", None, AML)
        fastest = min(fastest, time.perf_counter() - start)
    assert fastest < 0.0005
