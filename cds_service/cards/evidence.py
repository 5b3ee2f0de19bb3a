"""What a status rests on, in words: the type of the resource, what it is about, its date, and a short reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cql_like_rules.cql.model import FHIR
from cql_like_rules.determination import CriterionResult

from .amounts import amount, number
from .content import Resources
from .text import clipped, markdown

MOST_SHOWN = 4
"""A card names so many resources for a statement; the determination holds them all."""

_TYPE_WORDS = {
    "AllergyIntolerance": "allergy",
    "Condition": "diagnosis",
    "Coverage": "coverage",
    "DocumentReference": "document",
    "MedicationAdministration": "administration",
    "MedicationDispense": "dispense",
    "MedicationRequest": "order",
    "MedicationStatement": "medication",
    "Observation": "observation",
    "Organization": "payer",
    "Patient": "patient",
    "Practitioner": "prescriber",
    "PractitionerRole": "prescriber",
    "Procedure": "procedure",
    "QuestionnaireResponse": "questionnaire answers",
}
"""Words for the usual types; any other goes by its name (`care plan`)."""
_WORD = re.compile(r"[A-Z][a-z]+")
_SUBJECTS = ("name", "code", "medicationCodeableConcept", "specialty", "type")
_DATES = (
    "effectiveDateTime",
    "effectivePeriod",
    "performedDateTime",
    "performedPeriod",
    "onsetDateTime",
    "authored",
    "authoredOn",
    "date",
    "recordedDate",
    "dateAsserted",
    "whenHandedOver",
    "occurrenceDateTime",
    "occurrencePeriod",
    "period",
    "created",
    "birthDate",
)
_LONGEST_ID = 12
_LONGEST_SUBJECT = 60


def short_reference(reference: str) -> str:
    """`Observation/253116f1…`: enough of the reference to tell resources apart on a card."""
    kind, _, identity = reference.rpartition("/")
    if len(identity) > _LONGEST_ID:
        identity = f"{identity[:8]}…"
    return markdown(f"{kind}/{identity}" if kind else identity)


def resource_words(resource: Mapping[str, Any]) -> str:
    """Type, subject and date of a resource in Markdown: `observation Body surface area 1.8 m2, 2026-04-10`."""
    kind = str(resource.get("resourceType", ""))
    head = " ".join(part for part in (_type_words(kind), _subject(resource), _value(resource)) if part)
    parts = [head, str(resource.get("status", "")) if kind.startswith("Medication") else "", _date(resource)]
    return markdown(", ".join(part for part in parts if part))


def evidence_words(criteria: Iterable[CriterionResult], resources: Resources | None, order: str) -> str:
    """The resources that the status of the criteria rests on, in Markdown, each once; "" when there are none.

    `resources` is where they are looked up; of one that is not there only the reference is shown. The order itself,
    whose card this is, is not named again.
    """
    references = (item.reference for criterion in criteria for item in criterion.evidence)
    distinct = [reference for reference in dict.fromkeys(references) if reference != order]
    words = [_described(reference, resources) for reference in distinct[:MOST_SHOWN]]
    if len(distinct) > MOST_SHOWN:
        words.append(f"{len(distinct) - MOST_SHOWN} more")
    return "; ".join(words)


def _described(reference: str, resources: Resources | None) -> str:
    short = short_reference(reference)
    resource = resources.find(reference) if resources else None
    if resources is None or resource is None or not isinstance(resource.json, Mapping):
        return short
    by_text = ", identified by its text" if resources.identified_by_text(reference) else ""
    return f"{resource_words(resource.json)}{by_text} ({short})"


def _type_words(kind: str) -> str:
    return _TYPE_WORDS.get(kind) or " ".join(_WORD.findall(kind)).lower()


def _subject(resource: Mapping[str, Any]) -> str:
    for name in (*_SUBJECTS, FHIR.primary_code_path(str(resource.get("resourceType"))) or "category"):
        value = resource.get(name)
        words = value if name == "name" and isinstance(value, str) else _concept_words(value)
        if words:
            return clipped(words, _LONGEST_SUBJECT)
    return ""


def _concept_words(concept: Any) -> str:
    if isinstance(concept, list):
        concept = concept[0] if concept else None
    if not isinstance(concept, Mapping):
        return ""
    if isinstance(concept.get("text"), str):
        return str(concept["text"])
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else [codings]:
        if isinstance(coding, Mapping):
            words = coding.get("display") or coding.get("code")
            if isinstance(words, str):
                return words
    return ""


def _value(resource: Mapping[str, Any]) -> str:
    value = resource.get("valueQuantity")
    if isinstance(value, Mapping) and isinstance(value.get("value"), int | float | Decimal):
        return _amount(value)
    return _concept_words(resource.get("valueCodeableConcept"))


def _amount(value: Mapping[str, Any]) -> str:
    try:
        figure = number(Decimal(str(value["value"])))
    except InvalidOperation:
        return ""
    return amount(figure, str(value.get("code") or value.get("unit") or ""))


def _date(resource: Mapping[str, Any]) -> str:
    for name in _DATES:
        value = resource.get(name)
        if isinstance(value, Mapping):
            value = value.get("start") or value.get("end")
        if isinstance(value, str) and value:
            return value[:10]
    return ""
