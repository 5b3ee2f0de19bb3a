"""The FHIR 4.0.1 type table."""

from __future__ import annotations

import pytest

from cql_like_rules.cql.model import FHIR, ElementType


def test_a_single_element_has_its_type() -> None:
    assert FHIR.element("Condition", "code") == ElementType("CodeableConcept")


def test_a_repeating_element_is_a_list() -> None:
    assert FHIR.element("Condition", "stage") == ElementType("Condition.Stage", is_list=True)


def test_a_choice_element_names_its_types() -> None:
    onset = FHIR.element("Condition", "onset")
    assert onset == ElementType("choice", ("dateTime", "Age", "Period", "Range", "string"))


def test_inherited_elements_are_found() -> None:
    assert FHIR.element("Age", "unit") == ElementType("string")
    assert FHIR.element("Condition.Stage", "extension") == ElementType("Extension", is_list=True)


def test_an_unknown_element_or_type_is_none() -> None:
    assert FHIR.element("Condition", "onsetDateTime") is None
    assert FHIR.element("Nonsense", "code") is None
    assert FHIR.base("Nonsense") is None
    assert FHIR.primary_code_path("Nonsense") is None


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("dateTime", "System.DateTime"),
        ("code", "System.String"),
        ("EncounterStatus", "System.String"),
        ("positiveInt", "System.Integer"),
        ("Quantity", None),
    ],
)
def test_primitives_have_a_system_type(name: str, system: str | None) -> None:
    assert FHIR.primitive(name) == system


@pytest.mark.parametrize(
    ("name", "path"),
    [("Observation", "code"), ("MedicationRequest", "medication"), ("Encounter", "type"), ("Patient", None)],
)
def test_retrieves_filter_by_the_primary_code_path(name: str, path: str | None) -> None:
    assert FHIR.primary_code_path(name) == path


def test_resources_and_data_types_are_told_apart() -> None:
    assert FHIR.is_resource("Observation")
    assert not FHIR.is_resource("Quantity")
    assert not FHIR.is_resource("DomainResource")


def test_every_element_has_a_type_of_the_table() -> None:
    missing = {
        name
        for type_name in FHIR.types
        for element in FHIR.elements(type_name).values()
        for name in element.choices or (element.type,)
        if not (FHIR.is_type(name) or name.startswith("System."))
    }
    assert missing == set()
