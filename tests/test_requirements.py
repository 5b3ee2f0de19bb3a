"""What deciding needs of a record, for every policy and every case of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from cds_service.validation import problems_of
from cql_like_rules.cases import Case, cases_of, determination_of
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.cql.values.concept import ValueSet
from cql_like_rules.determination import Determination
from cql_like_rules.policy import POLICIES, Policy, load_policy
from cql_like_rules.record import Record
from cql_like_rules.requirements import OF_EVERY_ORDER, data_requirements_library, requirements_of_policies
from cql_like_rules.terminology import Terminology

# One group a policy: its cases run once, in one of the processes of `pytest -n 2 --dist loadgroup`.
FOLDERS = [
    pytest.param(folder, marks=pytest.mark.xdist_group(f"requirements of {folder}"))
    for folder in sorted(path.parent.name for path in POLICIES.glob("*/policy.cql"))
]
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


@dataclass(frozen=True, slots=True)
class Run:
    """The cases of a policy, each with the whole record and with the reduced one, and what was retrieved meanwhile."""

    required: tuple[DataRequirement, ...]
    determinations: tuple[tuple[str, Determination, Determination], ...]
    retrieved: frozenset[tuple[str, str]]


def run_of(folder: str, policy: Policy, terminology: Terminology) -> Run:
    required = requirements_of_policies([policy])
    retrieved: set[tuple[str, str]] = set()
    retrieve = Record.retrieve

    def remembering(record: Record, type_name: str, path: str | None = None, codes: Any = None) -> Any:
        retrieved.add((type_name, codes.id if isinstance(codes, ValueSet) else ""))
        return retrieve(record, type_name, path, codes)

    with patch.object(Record, "retrieve", remembering):
        determinations = tuple(
            (
                case.name,
                determination_of(case, policy, terminology),
                determination_of(reduced(case, required), policy, terminology),
            )
            for case in cases_of(POLICIES / folder)
        )
    return Run(required, determinations, frozenset(retrieved))


@pytest.fixture(scope="module")
def runs(loaded: Loaded, shipped_terminology: Terminology) -> Iterator[Callable[[str], Run]]:
    made = cache(lambda folder: run_of(folder, loaded(folder), shipped_terminology))
    yield made
    made.cache_clear()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_retrieve_of_every_case_is_among_the_requirements(folder: str, runs: Callable[[str], Run]) -> None:
    run = runs(folder)
    assert {type_name for type_name, _ in run.retrieved} <= {requirement.type for requirement in run.required}
    assert {each for each in run.retrieved if each[1]} <= {(each.type, each.value_set) for each in run.required}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_record_of_nothing_but_what_is_required_decides_as_the_whole_one(
    folder: str, runs: Callable[[str], Run]
) -> None:
    for name, whole, small in runs(folder).determinations:
        assert (small.status, small.criteria, small.findings) == (whole.status, whole.criteria, whole.findings), name


def test_what_every_order_needs_is_there_without_any_policy() -> None:
    assert requirements_of_policies([]) == OF_EVERY_ORDER
    assert {"Coverage", "MedicationRequest", "Observation", "Patient"} < {each.type for each in OF_EVERY_ORDER}


class TestAsFhir:
    @pytest.mark.parametrize("folder", FOLDERS)
    def test_it_is_valid_r4(self, folder: str, loaded: Loaded) -> None:
        assert list(problems_of(data_requirements_library([loaded(folder)]))) == []

    def test_of_several_policies_too(self, loaded: Loaded) -> None:
        policies = [loaded(path.parent.name) for path in sorted(POLICIES.glob("*/policy.cql"))]
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

    @pytest.mark.parametrize("folder", FOLDERS[:1])
    def test_it_is_the_same_every_time(self, folder: str, loaded: Loaded, shipped_terminology: Terminology) -> None:
        again = load_policy(POLICIES / folder, shipped_terminology)
        assert data_requirements_library([again]) == data_requirements_library([loaded(folder)])
