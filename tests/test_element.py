"""Elements: FHIR read by name through the model table."""

from decimal import Decimal

import pytest

from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.element import Element

CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C92.00"}], "text": "AML"},
    "onsetDateTime": "2026-03",
    "stage": [{"summary": {"text": "IV"}}],
    "extension": [{"url": "http://example.org/x", "valueBoolean": True}],
}


def element(type_name, json):
    notes = []
    return Element(type_name, json, notes=notes), notes


def test_a_backbone_element_has_the_name_of_the_model():
    condition, _ = element("Condition", CONDITION)
    stage = condition.get("stage")[0]
    assert (stage.type, stage.path) == ("Condition.Stage", "stage[0]")
    assert stage.get("summary").get("text").value == "IV"
    assert stage.get("summary").path == "stage[0].summary"
    assert stage.resource is condition
    assert stage.reference == "Condition/c1"


def test_a_choice_has_the_type_that_is_present():
    condition, _ = element("Condition", CONDITION)
    onset = condition.get("onset")
    assert onset.type == "dateTime"
    assert onset.path == "onsetDateTime"
    assert onset.value == DateTime(2026, 3)
    assert condition.get("abatement") is None


def test_a_dose_quantity_is_found_under_the_name_of_quantity():
    dosage, _ = element("Dosage", {"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]})
    dose = dosage.get("doseAndRate")[0].get("dose")
    assert dose.get("value").value == Decimal(5)


def test_values_of_primitives_are_system_values():
    patient, _ = element(
        "Patient", {"resourceType": "Patient", "id": "p", "active": True, "birthDate": "1970-02-03", "gender": "male"}
    )
    assert patient.get("active").value is True
    assert patient.get("birthDate").value == Date(1970, 2, 3)
    assert patient.get("gender").value == "male"
    assert patient.get("id").value == "p"


def test_an_element_is_read_once():
    condition, _ = element("Condition", CONDITION)
    assert condition.get("code") is condition.get("code")


def test_extensions_work_everywhere():
    condition, _ = element("Condition", CONDITION)
    extension = condition.get("extension")[0]
    assert extension.get("url").value == "http://example.org/x"
    assert extension.get("value").value is True
    patient, _ = element(
        "Patient", {"birthDate": "1970", "_birthDate": {"id": "b", "extension": [{"url": "u", "valueString": "s"}]}}
    )
    assert patient.get("birthDate").get("extension")[0].get("value").value == "s"
    assert patient.get("birthDate").get("id") == "b"


def test_a_primitive_that_has_only_an_extension_has_no_value():
    patient, notes = element("Patient", {"_birthDate": {"extension": [{"url": "u", "valueCode": "unknown"}]}})
    assert patient.get("birthDate").value is None
    assert notes == []


def test_lists_of_primitives_keep_their_extensions():
    name, _ = element("HumanName", {"given": ["A", None], "_given": [None, {"extension": [{"url": "u"}]}]})
    first, second = name.get("given")
    assert first.value == "A"
    assert second.value is None
    assert second.get("extension")[0].get("url").value == "u"


def test_one_object_where_fhir_has_an_array_is_a_list_of_one():
    condition, notes = element("Condition", {"stage": {"summary": {"text": "IV"}}})
    assert [stage.get("summary").get("text").value for stage in condition.get("stage")] == ["IV"]
    assert notes == []


def test_an_array_of_one_where_fhir_has_one_element_is_that_element():
    condition, _ = element("Condition", {"code": [{"text": "AML"}]})
    assert condition.get("code").get("text").value == "AML"


def test_several_values_where_one_is_expected_are_none_and_noted():
    condition, notes = element("Condition", {"resourceType": "Condition", "id": "c", "code": [{}, {}]})
    assert condition.get("code") is None
    assert [(note.reference, note.path) for note in notes] == [("Condition/c", "code")]


@pytest.mark.parametrize(
    ("type_name", "json"),
    [("date", "03.02.1970"), ("dateTime", 2026), ("decimal", "eighty"), ("boolean", "true"), ("integer", 1.5)],
)
def test_what_cannot_be_read_is_none_and_noted(type_name, json):
    found, notes = element(type_name, json)
    assert found.value is None
    assert found.value is None
    assert len(notes) == 1


def test_a_number_in_quotes_is_read():
    quantity, notes = element("Quantity", {"value": "80"})
    assert quantity.get("value").value == Decimal(80)
    assert notes == []


def test_a_birth_date_with_a_time_is_its_day():
    found, _ = element("date", "1970-02-03T00:00:00Z")
    assert found.value == Date(1970, 2, 3)


def test_text_where_an_object_belongs_is_none_and_noted():
    condition, notes = element("Condition", {"code": "AML"})
    assert condition.get("code") is None
    assert len(notes) == 1


def test_an_element_that_the_type_does_not_have_is_none():
    condition, _ = element("Condition", {"colour": "red"})
    assert condition.get("colour") is None


def test_contained_resources_have_their_own_type():
    request, _ = element("MedicationRequest", {"contained": [{"resourceType": "Medication", "id": "m", "code": {}}]})
    assert request.get("contained")[0].type == "Medication"


@pytest.mark.parametrize("resource_type", [None, 5, {}, [], " "])
def test_a_contained_resource_that_does_not_tell_its_type_is_any_resource(resource_type: object) -> None:
    request, _ = element("MedicationRequest", {"contained": [{"resourceType": resource_type, "id": "m"}]})
    assert request.get("contained")[0].type == "Resource"


def test_elements_are_equal_by_type_and_content():
    one, _ = element("Condition", CONDITION)
    other, _ = element("Condition", dict(CONDITION))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Element("Observation", CONDITION)
    assert one != CONDITION
