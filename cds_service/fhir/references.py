"""Whose a resource is, and what a reference names, however the reference is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cql_like_rules import lenient

_PATIENT_KEYS = ("subject", "patient", "beneficiary")
# Any id at all: one that FHIR would not allow must not make a reference pass for none.
_ENDS_IN_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/(?!\.+(?:/|$))([^/?#\s]+)(?:/_history/[^/]+)?/?$")


def type_and_id(reference: str) -> tuple[str, str] | None:
    """The type and the id that a relative or absolute reference ends in; None for others (`#x`, `urn:uuid:…`)."""
    match = _ENDS_IN_TYPE_AND_ID.search(reference.strip())
    return (match[1], match[2]) if match else None


def patient_of(resource: Mapping[str, Any]) -> str | None:
    """The id of the patient that a resource is about; None when it does not tell, or is not about one patient.

    `subject`, `patient` and `beneficiary` count, the last being the patient of a Coverage; its subscriber does not.
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


def references_in(value: Any, key: str) -> Iterable[str]:
    """The literal references under this key of a resource, whether it holds one or a list of them."""
    for reference in lenient.objects(value.get(key) if isinstance(value, Mapping) else None):
        text = lenient.text(reference.get("reference"))
        if text:
            yield text
