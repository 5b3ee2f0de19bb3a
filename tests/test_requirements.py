"""What deciding needs of a record, for every policy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import pytest

from cds_service.validation import problems_of
from cql_like_rules.cases import Case, cases_of, determination_of
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.policy import POLICIES, Policy, load_policy
from cql_like_rules.requirements import OF_EVERY_ORDER, data_requirements_library, requirements_of_policies
from cql_like_rules.terminology import Terminology

FOLDERS = sorted(path.parent.name for path in POLICIES.glob("*/policy.cql"))
EVERY = 8
"""One case of so many is tried: they are variations of each other. That all of them retrieve nothing but what is
required is seen where they run, in tests/policies."""
KEPT = frozenset(
    {"resourceType", "id", "status", "verificationStatus", "contained", "subject", "patient", "beneficiary"}
)
"""Elements that a record looks at itself: whose a resource is, and whether it was entered in error."""

Loaded = Callable[[str], Policy]


@pytest.fixture(scope="module")
def loaded(shipped_terminology: Terminology) -> Loaded:
    return cache(lambda folder: load_policy(POLICIES / folder, shipped_terminology))


def reduced(case: Case, requirements: tuple[DataRequirement, ...]) -> Case:
    """The case with a record of nothing but the required types and elements."""
    elements = {requirement.type: requirement.elements for requirement in requirements}
    resources = (
        dict(members(resource, elements[resource["resourceType"]]))
        for resource in case.resources
        if resource["resourceType"] in elements
    )
    return dataclasses.replace(case, resources=tuple(resources))


def members(resource: Mapping[str, Any], elements: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The members of a resource that these elements are written in, a choice of types under any of its names."""
    names = {path.partition(".")[0] for path in elements}
    for key, value in resource.items():
        name = key.lstrip("_")
        if name in KEPT | names or any(_spells(name, choice, resource["resourceType"]) for choice in names):
            yield key, value


def _spells(key: str, name: str, type_name: str) -> bool:
    element = FHIR.element(type_name, name)
    return element is not None and key.lower() in {f"{name}{choice}".lower() for choice in element.choices}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_record_of_nothing_but_what_is_required_decides_as_the_whole_one(
    folder: str, loaded: Loaded, shipped_terminology: Terminology
) -> None:
    policy = loaded(folder)
    required = requirements_of_policies([policy])
    for case in islice(cases_of(POLICIES / folder), 0, None, EVERY):
        whole = determination_of(case, policy, shipped_terminology)
        small = determination_of(reduced(case, required), policy, shipped_terminology)
        assert (small.status, small.criteria, small.findings) == (whole.status, whole.criteria, whole.findings), (
            case.name
        )


def test_what_every_order_needs_is_there_without_any_policy() -> None:
    assert requirements_of_policies([]) == OF_EVERY_ORDER
    assert {"Coverage", "MedicationRequest", "Observation", "Patient"} < {each.type for each in OF_EVERY_ORDER}


class TestAsFhir:
    @pytest.mark.parametrize("folder", FOLDERS)
    def test_it_is_valid_r4(self, folder: str, loaded: Loaded) -> None:
        assert list(problems_of(data_requirements_library([loaded(folder)]))) == []

    def test_of_several_policies_too(self, loaded: Loaded) -> None:
        policies = [loaded(folder) for folder in FOLDERS]
        library = data_requirements_library(policies)
        assert list(problems_of(library)) == []
        assert len(library["dataRequirement"]) == len(requirements_of_policies(policies))
        assert library["type"]["coding"][0]["code"] == "module-definition"

    def test_requirements_are_told_with_their_codes_and_elements(self, tiny: Any, criterion_define: Any) -> None:
        rule = 'exists ([Condition] C where C.onset is not null and AgeInYearsAt("Order".date) > 17)'
        policy = tiny.policy(criterion_define("I", rule))
        library = data_requirements_library([policy])
        assert library["id"] == "T.1-data-requirements"
        assert library["version"] == "1.0"
        assert {"type": "depends-on", "resource": f"{policy.url}|1.0"} in library["relatedArtifact"]
        by_type = {each["type"]: each for each in library["dataRequirement"]}
        assert by_type["Condition"] == {
            "type": "Condition",
            "profile": ["http://hl7.org/fhir/StructureDefinition/Condition"],
            "mustSupport": ["onset"],
        }
        assert by_type["Patient"]["mustSupport"] == ["birthDate"]
        (body_size,) = by_type["Observation"]["codeFilter"]
        assert body_size["path"] == "code"
        assert {"system": "http://loinc.org", "code": "29463-7"} in body_size["code"]
        assert by_type["QuestionnaireResponse"]["mustSupport"] == ["authored", "item", "status"]

    @pytest.mark.parametrize("folder", FOLDERS[:1])
    def test_it_is_the_same_every_time(self, folder: str, loaded: Loaded, shipped_terminology: Terminology) -> None:
        again = load_policy(POLICIES / folder, shipped_terminology)
        assert data_requirements_library([again]) == data_requirements_library([loaded(folder)])
