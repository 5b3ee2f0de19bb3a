"""What a library retrieves and reads, told from its text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cql_like_rules.cql.library import SourceText, compile_text
from cql_like_rules.cql.requirements import DataRequirement, merged, requirements_of
from cql_like_rules.cql.values.concept import LOINC, Code, ValueSet

HEADER = """library Main version '1.0.0'
using FHIR version '4.0.1'
{includes}
codesystem "LOINC": 'http://loinc.org'
valueset "Cancer": 'https://example.org/ValueSet/cancer'
valueset "Drug": 'https://example.org/ValueSet/drug'
code "Weight": '29463-7' from "LOINC" display 'Body weight'
code "Measured weight": '3141-9' from "LOINC"
concept "Any weight": {{ "Weight", "Measured weight" }}
parameter "Codes" List<System.Code>
context Patient
"""
SHARED = """library Shared version '1'
using FHIR version '4.0.1'
valueset "Shared drug": 'https://example.org/ValueSet/shared-drug'
context Patient
define "Unused": [Encounter]
define "Taken": [MedicationStatement: "Shared drug"]
define "Taken now": "Taken" S where S.status.value = 'active'
define function Requests(since Date): [MedicationRequest] R where R.authoredOn.value >= since
define fluent function happened(procedure FHIR.Procedure): procedure.status.value = 'completed'
define fluent function unused(procedure FHIR.Procedure): exists [Goal]
"""
CANCER = "https://example.org/ValueSet/cancer"


class Sources:
    def __init__(self, libraries: Mapping[str, str]) -> None:
        self._libraries = libraries

    def read(self, name: str, version: str | None) -> SourceText | None:
        return SourceText(f"{name}.cql", self._libraries[name])

    def resolve(self, url: str) -> ValueSet | None:
        return ValueSet(url)


def needed(
    definitions: str, defines: tuple[str, ...] | None = None, libraries: Mapping[str, str] | None = None
) -> list[DataRequirement]:
    """The requirements of some definitions under the header."""
    sources = Sources(libraries or {})
    includes = "\n".join(f"include {name} version '1' called {name}" for name in libraries or ())
    text = SourceText("main.cql", HEADER.format(includes=includes) + definitions)
    return list(requirements_of(compile_text(text, sources, sources, strict=False), defines))


def types(requirements: list[DataRequirement]) -> list[str]:
    return [requirement.type for requirement in requirements]


def elements(requirements: list[DataRequirement], type_name: str) -> tuple[str, ...]:
    return next(requirement.elements for requirement in requirements if requirement.type == type_name)


def test_a_retrieve_needs_all_resources_of_its_type() -> None:
    assert needed('define "It": exists [CarePlan]') == [DataRequirement("CarePlan")]


def test_a_library_that_retrieves_nothing_needs_nothing() -> None:
    assert needed('define "It": 1 + 1') == []


def test_a_value_set_is_told_by_its_address_and_the_path_it_is_looked_for_in() -> None:
    assert needed('define "It": exists [Condition: "Cancer"]') == [
        DataRequirement("Condition", "code", CANCER, elements=("code",))
    ]
    assert needed('define "It": exists [MedicationRequest: reasonCode in "Cancer"]') == [
        DataRequirement("MedicationRequest", "reasonCode", CANCER, elements=("reasonCode",))
    ]


def test_codes_and_concepts_are_told_with_their_systems() -> None:
    weight = Code("29463-7", LOINC, None, "Body weight")
    (one,) = needed('define "It": exists [Observation: "Weight"]')
    assert one.codes == (weight,)
    (several,) = needed('define "It": exists [Observation: "Any weight"]')
    assert several.codes == (weight, Code("3141-9", LOINC))


def test_codes_that_are_computed_may_be_any() -> None:
    (requirement,) = needed('define "It": exists [Condition: code in "Codes"]')
    assert not requirement.is_filtered
    assert requirement.elements == ("code",)


def test_the_same_retrieve_is_told_once_with_all_its_places() -> None:
    (requirement,) = needed('define "A": [Condition]\ndefine "B": exists [Condition]')
    first, second = (position.line for position in requirement.positions)
    assert second == first + 1


def test_requirements_stand_in_one_order_however_the_library_is_written() -> None:
    one = needed('define "It": exists [Procedure] and exists [Condition: "Drug"] and exists [Condition: "Cancer"]')
    other = needed('define "It": exists [Condition: "Cancer"] and exists [Condition: "Drug"] and exists [Procedure]')
    assert one == other
    assert [(each.type, each.value_set.rpartition("/")[2]) for each in one] == [
        ("Condition", "cancer"),
        ("Condition", "drug"),
        ("Procedure", ""),
    ]


@pytest.mark.parametrize("expression", ["Patient.gender.value = 'female'", "exists (Patient.name N where N is null)"])
def test_the_patient_is_needed_where_the_text_names_it(expression: str) -> None:
    assert types(needed(f'define "It": {expression}')) == ["Patient"]


@pytest.mark.parametrize("age", ["AgeInYearsAt(@2026-01-01)", "AgeInYears()"])
def test_an_age_needs_the_birth_date(age: str) -> None:
    assert needed(f'define "It": {age} > 18') == [DataRequirement("Patient", elements=("birthDate",))]


class TestReach:
    def test_a_define_leads_to_the_defines_it_names(self) -> None:
        text = 'define "A": exists "B"\ndefine "B": [Goal]\ndefine "C": [Flag]'
        assert types(needed(text, ("A",))) == ["Goal"]
        assert types(needed(text)) == ["Flag", "Goal"]

    def test_an_unknown_define_is_refused(self) -> None:
        with pytest.raises(KeyError):
            needed('define "A": 1', ("B",))

    def test_of_an_included_library_only_what_is_reached_is_needed(self) -> None:
        text = 'define "It": exists Shared."Taken now" or exists Shared.Requests(@2026-01-01)'
        found = needed(text, libraries={"Shared": SHARED})
        assert types(found) == ["MedicationRequest", "MedicationStatement"]
        assert found[1].value_set == "https://example.org/ValueSet/shared-drug"
        assert elements(found, "MedicationStatement") == ("medication", "status")

    def test_fluent_functions_are_followed(self) -> None:
        found = needed('define "It": [Procedure] P where P.happened()', libraries={"Shared": SHARED})
        assert found == [DataRequirement("Procedure", elements=("status",))]


class TestElements:
    def test_elements_of_queries_and_sort_keys_are_told(self) -> None:
        text = """define "It": [Procedure] P where P.status.value = 'completed' sort by id.value"""
        assert elements(needed(text), "Procedure") == ("id", "status")

    def test_elements_of_parts_are_told_by_their_path(self) -> None:
        text = 'define "It": [Observation] O where exists (O.component C where C.code is not null)'
        assert elements(needed(text), "Observation") == ("component.code",)

    def test_what_lies_inside_a_data_type_is_told_by_the_element_that_holds_it(self) -> None:
        text = 'define "It": [Coverage] C return all C.period.start.value'
        assert elements(needed(text), "Coverage") == ("period",)

    def test_all_requirements_of_a_type_have_the_elements_that_are_read_of_any(self) -> None:
        text = 'define "A": [Condition: "Cancer"] C where C.onset is null\ndefine "B": [Condition]'
        assert {each.elements for each in needed(text)} == {("code", "onset")}


def test_requirements_of_several_libraries_are_merged() -> None:
    one = needed('define "It": [Goal] G where G.target is null')
    other = needed('define "It": [Goal] G where G.subject is null')
    (requirement,) = merged([*one, *other])
    assert requirement.elements == ("subject", "target")
    assert len(requirement.positions) == 1
    assert merged([*other, *one]) == merged([*one, *other])
