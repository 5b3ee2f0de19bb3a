"""What deciding needs of a record: what the policies retrieve, and what is read of every order and of who pays.

    requirements_of_policies(policies)      # from their CQL
    data_requirements_library(policies)     # the same as a FHIR Library

A record that holds all of it decides as the whole record would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cql_like_rules.cql.requirements import DataRequirement, merged, requirements_of
from cql_like_rules.cql.values.concept import LOINC, Code
from cql_like_rules.orders import body_charted
from cql_like_rules.policy import Policy

OF_EVERY_ORDER: tuple[DataRequirement, ...] = (
    DataRequirement("Coverage", elements=("order", "payor", "status")),
    DataRequirement(
        "Medication", elements=("amount", "code", "ingredient.isActive", "ingredient.item", "ingredient.strength")
    ),
    DataRequirement(
        "MedicationRequest",
        elements=("authoredOn", "dispenseRequest", "dosageInstruction", "medication", "priorPrescription", "status"),
    ),
    DataRequirement(
        "Observation",
        "code",
        codes=tuple(Code(code, LOINC) for code in body_charted.CODES),
        elements=("code", "component.code", "component.value", "effective", "issued", "status", "value"),
    ),
    DataRequirement("Organization", elements=("alias", "identifier", "name")),
    DataRequirement("Patient"),
    DataRequirement("QuestionnaireResponse", elements=("authored", "item", "status")),
)
"""What reading an order takes, whatever the policies: drug, dose, earlier dose, body size, the plan that pays."""

_PROJECT = "https://oncology-cds.example"
_PROFILES = "http://hl7.org/fhir/StructureDefinition"
_LIBRARY_TYPES = "http://terminology.hl7.org/CodeSystem/library-type"
_RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"


def requirements_of_policies(policies: Iterable[Policy]) -> tuple[DataRequirement, ...]:
    """What deciding by these policies needs, each requirement once, by type and codes."""
    of_policies = (requirement for policy in policies for requirement in requirements_of(policy.library))
    return merged((*OF_EVERY_ORDER, *of_policies))


def data_requirements_library(policies: Sequence[Policy]) -> dict[str, Any]:
    """What deciding by these policies needs, as a FHIR R4 Library (module-definition) with its data requirements."""
    requirements = requirements_of_policies(policies)
    value_sets = {requirement.value_set for requirement in requirements if requirement.value_set}
    depends_on = [*(f"{policy.url}|{policy.version}" for policy in policies), *sorted(value_sets)]
    return {
        "resourceType": "Library",
        **_identity(policies),
        "status": "active",
        "type": {"coding": [{"system": _LIBRARY_TYPES, "code": "module-definition"}]},
        "subjectCodeableConcept": {"coding": [{"system": _RESOURCE_TYPES, "code": "Patient"}]},
        "relatedArtifact": [{"type": "depends-on", "resource": resource} for resource in depends_on],
        "dataRequirement": [data_requirement_json(requirement) for requirement in requirements],
    }


def _identity(policies: Sequence[Policy]) -> Mapping[str, Any]:
    """Which Library it is: that of one policy at its version, or of several together."""
    suffix = "data-requirements"
    if len(policies) != 1:
        identity, title = suffix, "Data requirements of the policies"
        version = {}
    else:
        (policy,) = policies
        identity, title = f"{policy.id}-{suffix}", f"Data requirements of {policy.title}"
        version = {"version": policy.version}
    url = f"{_PROJECT}/Library/{identity}"
    return {"id": identity, "url": url, **version, "name": "DataRequirements", "title": title}


def data_requirement_json(requirement: DataRequirement) -> dict[str, Any]:
    """A requirement as FHIR's DataRequirement."""
    written: dict[str, Any] = {"type": requirement.type, "profile": [f"{_PROFILES}/{requirement.type}"]}
    if requirement.elements:
        written["mustSupport"] = list(requirement.elements)
    if requirement.is_filtered:
        codes = [_coding(code) for code in requirement.codes]
        found_in = {"valueSet": requirement.value_set} if requirement.value_set else {"code": codes}
        written["codeFilter"] = [{"path": requirement.code_path, **found_in}]
    return written


def _coding(code: Code) -> dict[str, str]:
    members = {"system": code.system, "version": code.version, "code": code.code, "display": code.display}
    return {name: member for name, member in members.items() if member}
