"""CQL libraries as FHIR Libraries: the text itself, and what a client has to know to run it.

Sources: FHIR R4, Library (logic-library) and ParameterDefinition; HL7, Using CQL with FHIR, Library resources.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.artifacts.identity import canonical, fhir_id
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.requirements import requirements_of
from cql_like_rules.cql.syntax import IncludeDef, ValueSetDef
from cql_like_rules.cql.types import IntervalOf, ListOf, Named, Type
from cql_like_rules.policy import Policy
from cql_like_rules.requirements import data_requirement_json

_LOGIC_LIBRARY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "logic-library"}]}
PATIENTS = {"coding": [{"system": "http://hl7.org/fhir/resource-types", "code": "Patient"}]}
NATURES = {
    "coverage": "A coverage policy: what a plan asks for before it pays for a drug.",
    "guidance": "Guidance: how a drug is best given. It says nothing of what is paid for.",
}
"""What a document is, by the nature of the policy."""

_FHIR_TYPES = {
    "Boolean": "boolean",
    "Integer": "integer",
    "Decimal": "decimal",
    "String": "string",
    "Date": "date",
    "DateTime": "dateTime",
    "Time": "time",
    "Quantity": "Quantity",
    "Ratio": "Ratio",
    "Code": "Coding",
    "Concept": "CodeableConcept",
}
_INTERVALS = {"Date": "Period", "DateTime": "Period", "Quantity": "Range"}
_ANY = "Any"
"""FHIR's abstract type, for what FHIR has no type for: a tuple, a choice of types."""


def library_of_policy(policy: Policy, identity: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """The Library of one version of a policy, with that id. `versions` are those of value sets, by address."""
    return {
        **_head(policy.library, identity, policy.url, policy.title),
        **({"publisher": policy.publisher} if policy.publisher else {}),
        "description": NATURES[policy.nature],
        **effective_period(policy),
        **_content(policy.library, versions),
    }


def library_of_included(library: CompiledLibrary, versions: Mapping[str, str]) -> dict[str, Any]:
    """The Library of CQL that policies share; `versions` as above. Raises ValueError when its name makes no id."""
    title = next((tag.value for tag in library.tags if tag.name == "title"), library.name)
    return {
        **_head(library, fhir_id(library.name), canonical("Library", library.name), title),
        **_content(library, versions),
    }


def effective_period(policy: Policy) -> dict[str, Any]:
    """The element `effectivePeriod` of an artifact of the policy; nothing when it has neither begin nor end."""
    days = {"start": policy.effective, "end": policy.until}
    period = {name: day.isoformat() for name, day in days.items() if day is not None}
    return {"effectivePeriod": period} if period else {}


def included_in(library: CompiledLibrary) -> Iterator[CompiledLibrary]:
    """Every library that it includes, directly or by another; one may come several times."""
    for each in library.includes.values():
        yield each
        yield from included_in(each)


def _head(library: CompiledLibrary, identity: str, url: str, title: str) -> dict[str, Any]:
    return {
        "resourceType": "Library",
        "id": identity,
        "url": url,
        **({"version": library.version} if library.version else {}),
        "name": library.name,
        "title": title,
        "status": "active",
        "type": _LOGIC_LIBRARY,
        "subjectCodeableConcept": PATIENTS,
    }


def _content(library: CompiledLibrary, versions: Mapping[str, str]) -> dict[str, Any]:
    """What is left out when a library has none of it: FHIR has no empty lists."""
    text = base64.b64encode(library.syntax.source.encode()).decode()
    depends_on = _depends_on(library, versions)
    lists: Mapping[str, list[dict[str, Any]]] = {
        "relatedArtifact": [{"type": "depends-on", "resource": resource} for resource in depends_on],
        "parameter": list(_parameters(library)),
        "dataRequirement": [data_requirement_json(requirement) for requirement in requirements_of(library)],
    }
    return {
        **{name: members for name, members in lists.items() if members},
        "content": [{"contentType": "text/cql", "data": text, "title": f"{library.name}.cql"}],
    }


def _depends_on(library: CompiledLibrary, versions: Mapping[str, str]) -> Iterator[str]:
    """The canonical addresses of the libraries it includes and the value sets it names, in the order of the text.

    With versions, as Da Vinci DTR wants it; the rules name value sets without, and take the one that is loaded.
    """
    for definition in library.syntax.definitions:
        match definition:
            case IncludeDef(library=name, version=version):
                yield _versioned(canonical("Library", name), version)
            case ValueSetDef(id=url, version=version):
                yield _versioned(url, version or versions.get(url))


def _versioned(url: str, version: str | None) -> str:
    return f"{url}|{version}" if version else url


def _parameters(library: CompiledLibrary) -> Iterator[dict[str, Any]]:
    """What is to be supplied, and what each define gives."""
    for name, parameter in library.parameters.items():
        yield _parameter(name, "in", library.resolved.type_of(parameter.syntax))
    for name, define in library.defines.items():
        if not define.private:
            yield _parameter(name, "out", define.type, define.tag("title"))


def _parameter(name: str, use: str, type_: Type, title: str | None = None) -> dict[str, Any]:
    is_list = isinstance(type_, ListOf)
    return {
        "name": name,
        "use": use,
        "min": 0,
        "max": "*" if is_list else "1",
        **({"documentation": title} if title else {}),
        "type": _fhir_type(type_.element if isinstance(type_, ListOf) else type_),
    }


def _fhir_type(type_: Type) -> str:
    match type_:
        case Named("FHIR", name):
            # A part of a resource (`Observation.Component`) has no type of its own.
            return "BackboneElement" if "." in name else name
        case Named("System", name):
            return _FHIR_TYPES.get(name, _ANY)
        case IntervalOf(Named("System", name)):
            return _INTERVALS.get(name, _ANY)
    return _ANY
