"""What the FHIR endpoint offers. Source: FHIR R4, CapabilityStatement."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from cds_service.artifacts.identity import canonical
from cds_service.artifacts.search import PARAMETERS

QUESTIONNAIRE_PACKAGE = "http://hl7.org/fhir/us/davinci-dtr/OperationDefinition/questionnaire-package"
"""The operation of Da Vinci DTR that gives a Questionnaire with all that it needs."""

_PACKAGE = {"name": "questionnaire-package", "definition": QUESTIONNAIRE_PACKAGE}
_CHANGED = "2026-11-21"
"""The day on which what is offered last changed."""


def capability_statement(types: Iterable[str], *, packages: bool) -> dict[str, Any]:
    """The CapabilityStatement of an endpoint that serves resources of these types, and packages of Questionnaires."""
    release = version("oncology-cds")
    return {
        "resourceType": "CapabilityStatement",
        "id": "oncology-cds",
        "url": canonical("CapabilityStatement", "oncology-cds"),
        "version": release,
        "name": "OncologyCds",
        "title": "Oncology drug policies",
        "status": "active",
        "date": _CHANGED,
        "kind": "instance",
        "software": {"name": "oncology-cds", "version": release},
        "implementation": {"description": "The policies that this service decides by, as FHIR artifacts"},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Read only. Orders are decided on by CDS Hooks, not by this endpoint.",
                "resource": [_resource(type_name, packages) for type_name in types],
                **({"operation": [_PACKAGE]} if packages else {}),
            }
        ],
    }


def _resource(type_name: str, packages: bool) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": type_name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [{"name": name, "type": type_} for name, type_ in PARAMETERS.items()],
    }
    if packages and type_name == "Questionnaire":
        resource["operation"] = [_PACKAGE]
    return resource
