"""From what policies need to what is searched for and followed."""

from __future__ import annotations

import pytest

from cds_service.fhir.wanted import wanted_for
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.cql.syntax import Position


def test_a_type_is_searched_for_once_however_many_codes_are_needed() -> None:
    wanted = wanted_for(
        [
            DataRequirement("Condition", "code", "https://example.org/ValueSet/a"),
            DataRequirement("Condition", "code", "https://example.org/ValueSet/b"),
            DataRequirement("Practitioner"),
            DataRequirement("PractitionerRole"),
        ]
    )
    assert list(wanted.templates) == ["practitioner", "conditions"]


def test_what_is_only_referred_to_needs_no_search() -> None:
    assert wanted_for([DataRequirement("Medication"), DataRequirement("Organization")]).templates == {}


def test_references_among_the_elements_are_told_as_json_spells_them() -> None:
    wanted = wanted_for(
        [
            DataRequirement("MedicationRequest", elements=("authoredOn", "medication", "requester")),
            DataRequirement("CarePlan", elements=("activity.detail.product", "activity.reference", "status")),
            DataRequirement("Observation", elements=("value",)),
        ]
    )
    assert wanted.references == {
        "MedicationRequest": ("medicationReference", "requester"),
        "CarePlan": ("activity.detail.productReference", "activity.reference"),
    }


def test_resources_that_nothing_brings_are_refused_with_the_place_that_retrieves_them() -> None:
    place = Position("policy.cql", 12, 3)
    with pytest.raises(CqlError) as caught:
        wanted_for([DataRequirement("Condition"), DataRequirement("Location", positions=(place,))])
    assert "policy.cql:12:3: no Location can be fetched" in str(caught.value)
