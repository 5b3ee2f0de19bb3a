from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.errors import CqlError

Value = Callable[..., Any]
Resource = Callable[..., dict[str, Any]]

MELANOMA, GLIOMA, ASTHMA = "372244006", "393564001", "195967001"


def references(found: list[Any]) -> list[str]:
    return [element.reference for element in found]


@pytest.fixture
def record(conditions: Resource, weights: Resource) -> list[dict[str, Any]]:
    return [conditions("m", MELANOMA), conditions("g", ASTHMA, GLIOMA), conditions("a", ASTHMA), weights("w", 70)]


def test_a_retrieve_gives_the_resources_of_its_type_in_the_order_of_the_record(
    value_of: Value, record: list[dict[str, Any]]
) -> None:
    assert references(value_of("[Condition]", record)) == ["Condition/m", "Condition/g", "Condition/a"]
    assert value_of("[Procedure]", record) == []


@pytest.mark.parametrize(
    ("retrieve", "expected"),
    [
        ('[Condition: "Cancer"]', ["Condition/m", "Condition/g"]),
        ('[Condition: code in "Cancer"]', ["Condition/m", "Condition/g"]),
        ('[Condition: "Melanoma"]', ["Condition/m"]),
        ('[Condition: "Melanoma or glioma"]', ["Condition/m", "Condition/g"]),
        ('[Observation: "Weight"]', ["Observation/w"]),
        ('[Observation: "Melanoma"]', []),
        ("[Condition: Code '393564001' from \"SNOMED\"]", ["Condition/g"]),
    ],
)
def test_a_retrieve_is_filtered_by_a_value_set_a_code_or_a_concept(
    value_of: Value, record: list[dict[str, Any]], retrieve: str, expected: list[str]
) -> None:
    assert references(value_of(retrieve, record)) == expected


def test_a_retrieve_is_filtered_by_codes_that_an_expression_gives(
    value_of: Value, record: list[dict[str, Any]]
) -> None:
    assert references(value_of('[Condition: { "Melanoma", "Glioma" }]', record)) == ["Condition/m", "Condition/g"]
    assert value_of("[Condition: (null as List<Code>)]", record) == []


def test_another_path_than_the_primary_one_can_be_named(value_of: Value, conditions: Resource) -> None:
    coding = {"coding": [{"system": "http://snomed.info/sct", "code": MELANOMA}]}
    record = [conditions("x", ASTHMA, category=[coding])]
    assert references(value_of('[Condition: category in "Cancer"]', record)) == ["Condition/x"]


def test_patient_is_the_patient_of_the_record(value_of: Value) -> None:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1970-06-01"}
    assert str(value_of("Patient.birthDate.value", [patient])) == "1970-06-01"
    assert value_of("Patient.birthDate.value", []) is None


def test_a_value_set_that_nobody_has_is_an_error_at_load(compile_defines: Callable[..., Any]) -> None:
    with pytest.raises(CqlError, match=r"no value set https://example\.org/ValueSet/unknown"):
        compile_defines("define X: true", parameters="valueset \"U\": 'https://example.org/ValueSet/unknown'")
