"""Whose a resource is, and what a reference names, however the reference is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cql_like_rules import lenient

_PATIENT_KEYS = ("subject", "patient", "beneficiary", "for", "individual")
# Any id at all: one that FHIR would not allow must not make a reference pass for none.
_ENDS_IN_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/(?!\.+(?:/|$))([^/?#\s]+)(?:/_history/[^/]+)?/?$")


def type_and_id(reference: str) -> tuple[str, str] | None:
    """The type and the id that a relative or absolute reference ends in; None for others (`#x`, `urn:uuid:…`)."""
    match = _ENDS_IN_TYPE_AND_ID.search(reference.strip())
    return (match[1], match[2]) if match else None


def patient_of(resource: Mapping[str, Any]) -> str | None:
    """The id of the patient that a resource is about; None when it does not tell, or is not about one patient.

    `subject` and `patient` count, and what stands for them: the `beneficiary` of a Coverage (its subscriber does not),
    whom a Task is `for`, the `individual` of a ResearchSubject.
    """
    if resource.get("resourceType") == "Patient":
        return lenient.text(resource.get("id")) or None
    for key in _PATIENT_KEYS:
        for reference in lenient.objects(resource.get(key)):
            found = type_and_id(lenient.text(reference.get("reference")))
            if found is not None and found[0] == "Patient":
                return found[1]
    return None


def of_another_patient(resources: Iterable[Mapping[str, Any]], patient_id: str) -> Mapping[str, Any] | None:
    """The first resource that is about another patient; None when there is none."""
    return next((each for each in resources if patient_of(each) not in (None, patient_id)), None)


def references_in(value: Any, path: str) -> Iterable[str]:
    """The literal references at a path of a resource (`activity.reference`), one or a list at each step."""
    found = lenient.objects(value)
    for key in path.split("."):
        found = [member for each in found for member in lenient.objects(each.get(key))]
    for reference in found:
        text = lenient.text(reference.get("reference"))
        if text:
            yield text
