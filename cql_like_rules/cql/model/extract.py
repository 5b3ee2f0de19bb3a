"""Make the type table `fhir-4.0.1.json` from the FHIR 4.0.1 model info file of the CQL project.

    python cql_like_rules/cql/model/extract.py fhir-modelinfo-4.0.1.xml

Needed again only when a policy asks for a resource type that is not in `RESOURCES`. See README.md in this folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

# What is about one patient (CompartmentDefinition/patient 4.0.1, and Device), and what that refers to. Left out are
# AuditEvent, Basic, Group, Provenance and Schedule, which say nothing of a patient's health, and List, a word of CQL.
RESOURCES = [
    "Account",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "BodyStructure",
    "CarePlan",
    "CareTeam",
    "ChargeItem",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "Communication",
    "CommunicationRequest",
    "Composition",
    "Condition",
    "Consent",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "Encounter",
    "EnrollmentRequest",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "Invoice",
    "Location",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "MolecularSequence",
    "NutritionOrder",
    "Observation",
    "Organization",
    "Patient",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchSubject",
    "RiskAssessment",
    "ServiceRequest",
    "Specimen",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "VisionPrescription",
]

NAMESPACE = "{urn:hl7-org:elm-modelinfo:r1}"
KIND = "{http://www.w3.org/2001/XMLSchema-instance}type"


def type_table(model_info: ElementTree.Element) -> dict[str, dict[str, object]]:
    """The types that `RESOURCES` are made of, by name, in alphabetical order."""
    infos = {info.attrib["name"]: info for info in model_info.iter(f"{NAMESPACE}typeInfo")}
    table: dict[str, dict[str, object]] = {}
    waiting = list(RESOURCES)
    while waiting:
        name = waiting.pop()
        if name in table or name not in infos:
            continue
        elements = {element.attrib["name"]: _notation(element) for element in infos[name].iter(f"{NAMESPACE}element")}
        table[name] = _row(infos[name], elements)
        waiting += [part.rstrip("*") for notation in elements.values() for part in notation.split("|")]
        waiting.append(_local(infos[name].attrib["baseType"]))
    return dict(sorted(table.items()))


def _row(info: ElementTree.Element, elements: dict[str, str]) -> dict[str, object]:
    row: dict[str, object] = {"base": _local(info.attrib["baseType"])}
    if code_path := info.get("primaryCodePath"):
        row["code"] = code_path
    return row | {"elements": elements}


def _notation(element: ElementTree.Element) -> str:
    """`string`, `Coding*` for a list, `Quantity|string` for a choice."""
    if named := element.get("elementType"):
        return _local(named)
    return _specifier(element[0])


def _specifier(node: ElementTree.Element) -> str:
    match node.attrib[KIND]:
        case "ListTypeSpecifier":
            return (_local(node.attrib["elementType"]) if "elementType" in node.attrib else _specifier(node[0])) + "*"
        case "ChoiceTypeSpecifier":
            return "|".join(dict.fromkeys(_choices(node)))
        case _:
            return _local(f"{node.get('namespace', 'FHIR')}.{node.attrib['name']}")


def _choices(node: ElementTree.Element) -> Iterator[str]:
    return (_specifier(choice) for choice in node.iter(f"{NAMESPACE}choice"))


def _local(name: str) -> str:
    """Names of FHIR types stand without the prefix; names of System types keep theirs."""
    return name.removeprefix("FHIR.")


def main(path: str) -> None:
    table = type_table(ElementTree.parse(path).getroot())
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table.items())
    Path(__file__).with_name("fhir-4.0.1.json").write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
