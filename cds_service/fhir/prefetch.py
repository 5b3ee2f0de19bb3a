"""Prefetch templates, one for each resource type that the policies retrieve (CDS Hooks 2.0, "Prefetch Template").

Da Vinci CRD has standard templates for some of it, with tokens that follow references (CRD 2.2, "Prefetch"); clients of
CDS Hooks 2.0 cannot fill these, and this service need not: what they follow, it fetches by reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from .searches import PEOPLE, SEARCHES

_TOKEN = re.compile(r"\{\{\s*context\.([A-Za-z]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """What is asked for under one key, and the resource types that an answer delivers.

    `query` is a FHIR read or search with tokens. A type counts as delivered when the key was answered, even with
    nothing: then there are no such resources, which is not the same as not knowing of any. `brings` are the types of an
    answer where it is no search for all of them, and delivers none. `words` are what it is to a prescriber.
    """

    key: str
    query: str
    types: tuple[str, ...]
    words: str
    brings: tuple[str, ...] = ()

    def may_hold(self, resource_types: frozenset[str]) -> bool:
        """Whether resources of these types are an answer."""
        return not resource_types.isdisjoint(self.brings or self.types)


_PAYER, *_RECORD = (Template(search.key, search.query, (search.type,), search.words) for search in SEARCHES.values())
TEMPLATES: tuple[Template, ...] = (
    Template("patient", "Patient/{{context.patientId}}", ("Patient",), "the patient's own data"),
    _PAYER,
    Template("practitioner", "{{context.userId}}", tuple(sorted(PEOPLE, reverse=True)), "the prescriber's data"),
    *_RECORD,
)
"""Every template that there can be. A key that no policy asks for is understood when a client sends it."""

_DRAFTED = "context.draftOrders.entry.resource"
_DISPATCHED = "context.dispatchedOrders.resolve()"
_ORDERED_BY = ("sender", "recipient", "requester", "performer", "orderer", "prescriber")


def _people(type_name: str, *before: str) -> str:
    """CRD's search for the people of one type: of the encounter, then those whom the drafts name."""
    named = (f"{_DRAFTED}.{element}.resolve().ofType({type_name}).id" for element in _ORDERED_BY)
    taking_part = f"%encounter.participant.individual.resolve().ofType({type_name}).id"
    return f"{type_name}?_id={{{{{'|'.join([*before, taking_part, *named])}}}}}"


_CRD_COVERAGE = Template("coverage", "Coverage?patient={{context.patientId}}&status=active", _PAYER.types, _PAYER.words)
_CRD_PAYERS = Template(
    "payers",
    "Organization?_id={{%coverage.entry.resource.payor.resolve().ofType(Organization).id}}",
    (),
    "the payer",
    ("Organization",),
)
_CRD_OF_DRAFTS = (
    Template("encounter", "Encounter/{{context.encounterId}}", (), "the encounter", ("Encounter",)),
    Template(
        "medications",
        f"Medication?_id={{{{{_DRAFTED}.ofType(MedicationRequest).medication.resolve().id}}}}",
        (),
        "the ordered medications",
        ("Medication",),
    ),
    Template("practitionerRoles", _people("PractitionerRole"), ("PractitionerRole",), "the prescriber's data"),
    Template(
        "practitioners",
        _people("Practitioner", "%practitionerRoles.entry.resource.practitioner.resolve().id"),
        ("Practitioner",),
        "the prescriber's data",
    ),
)
_CRD_OF_DISPATCH = (
    Template(
        "dispatchedOrders",
        f"MedicationRequest?_id={{{{{_DISPATCHED}.ofType(MedicationRequest).id}}}}",
        (),
        "the dispatched orders",
        ("MedicationRequest",),
    ),
    Template(
        "medications",
        "Medication?_id={{%dispatchedOrders.entry.resource.medication.resolve().id}}",
        (),
        "the ordered medications",
        ("Medication",),
    ),
)

RESOURCE_TYPES = frozenset(name for template in TEMPLATES for name in template.types)
"""Every resource type that can be asked for."""

READ_TYPES = RESOURCE_TYPES - SEARCHES.keys()
"""Those that are read by their id: the patient, the prescriber."""

BY_KEY: Mapping[str, Template] = {
    template.key: template for template in (*_CRD_OF_DISPATCH, *_CRD_OF_DRAFTS, _CRD_PAYERS, *TEMPLATES)
}
"""By its key every template that any service asks for: keys mean the same everywhere."""


def templates_for(resource_types: Iterable[str]) -> dict[str, Template]:
    """The templates by key, in a fixed order, that bring these types; a type without a template brings none."""
    wanted = frozenset(resource_types)
    return {template.key: template for template in TEMPLATES if not wanted.isdisjoint(template.types)}


def fillable(templates: Mapping[str, Template], told: frozenset[str]) -> dict[str, Template]:
    """The templates that a context with these members can fill."""
    return {key: template for key, template in templates.items() if told.issuperset(_TOKEN.findall(template.query))}


def crd_templates(plain: Mapping[str, Template], hook: str) -> dict[str, Template]:
    """The templates of a CRD service: the standard ones for what they cover, and the plain ones for all else.

    Each comes after those that it refers to. Source: CRD 2.2.1, CRDServices (order-sign, order-select, order-dispatch).
    """
    of_orders = _CRD_OF_DISPATCH if hook == "order-dispatch" else _CRD_OF_DRAFTS
    standard = {template.key: template for template in (_CRD_COVERAGE, _CRD_PAYERS, *of_orders)}
    patient = {key: template for key, template in plain.items() if "Patient" in template.types}
    others = {key: template for key, template in plain.items() if PEOPLE.isdisjoint(template.types)}
    return {**patient, **standard, **{key: each for key, each in others.items() if key not in standard}}


def substituted(query: str, context: Mapping[str, str | None]) -> str | None:
    """The query with its tokens replaced by these context members; None when one of them is not known or understood.

    A value is percent-encoded, with the slash of `Type/id` kept.
    """
    values = {name: context.get(name) for name in _TOKEN.findall(query)}
    if not all(values.values()):
        return None
    text = _TOKEN.sub(lambda match: quote(values[match[1]] or "", safe="/"), query)
    return None if "{{" in text else text
