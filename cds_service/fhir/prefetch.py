"""Prefetch templates, one for each resource type that the policies retrieve (CDS Hooks 2.0, "Prefetch Template")."""

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
    nothing: then there are no such resources, which is not the same as not knowing of any. `words` are what it is to
    a prescriber.
    """

    key: str
    query: str
    types: tuple[str, ...]
    words: str


_PAYER, *_RECORD = (Template(search.key, search.query, (search.type,), search.words) for search in SEARCHES.values())
TEMPLATES: tuple[Template, ...] = (
    Template("patient", "Patient/{{context.patientId}}", ("Patient",), "the patient's own data"),
    _PAYER,
    Template("practitioner", "{{context.userId}}", tuple(sorted(PEOPLE, reverse=True)), "the prescriber's data"),
    *_RECORD,
)
"""Every template that there can be. A key that no policy asks for is understood when a client sends it."""

RESOURCE_TYPES = frozenset(name for template in TEMPLATES for name in template.types)
"""Every resource type that can be asked for."""

READ_TYPES = RESOURCE_TYPES - SEARCHES.keys()
"""Those that are read by their id: the patient, the prescriber."""

BY_KEY: Mapping[str, Template] = {template.key: template for template in TEMPLATES}


def templates_for(resource_types: Iterable[str]) -> dict[str, Template]:
    """The templates by key, in a fixed order, that bring these types; a type without a template brings none."""
    wanted = frozenset(resource_types)
    return {template.key: template for template in TEMPLATES if not wanted.isdisjoint(template.types)}


def substituted(query: str, context: Mapping[str, str | None]) -> str | None:
    """The query with its tokens replaced by these context members; None when one of them is not known or understood.

    A value is percent-encoded, with the slash of `Type/id` kept.
    """
    values = {name: context.get(name) for name in _TOKEN.findall(query)}
    if not all(values.values()):
        return None
    text = _TOKEN.sub(lambda match: quote(values[match[1]] or "", safe="/"), query)
    return None if "{{" in text else text
