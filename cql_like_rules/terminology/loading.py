"""FHIR ValueSet files, read into the coded concepts that they list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

from cql_like_rules.cql.values.concept import canonical_coding

_TERM_TYPE = "https://oncology-cds.example/StructureDefinition/rxnorm-term-type"


@dataclass(frozen=True, slots=True)
class CodedConcept:
    """One code of a value set, its system in canonical form.

    `term_type` is RxNorm's (`BN` brand, `IN` ingredient, `SBD` branded product), empty where the file does not tell.
    """

    system: str
    code: str
    display: str
    term_type: str = ""


@dataclass(frozen=True, slots=True)
class ValueSetFile:
    """A ValueSet as its file lists it. `name` is its title, the words that a prescriber would use; `text` the file."""

    url: str
    name: str
    concepts: tuple[CodedConcept, ...]
    text: str = field(repr=False, compare=False)


class TerminologyError(Exception):
    """A terminology file is not a ValueSet that lists its codes. The message names the file."""


def read_value_sets(folder: Traversable) -> Iterator[ValueSetFile]:
    """The value sets of the `*.json` files in a folder, by file name.

    Raises TerminologyError for a file that is not an extensional FHIR ValueSet: a value set that were quietly empty
    would make every rule that rests on it fail to find anything.
    """
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".json"):
            yield _value_set(file.name, file.read_text(encoding="utf-8"))


def _value_set(name: str, text: str) -> ValueSetFile:
    try:
        resource = json.loads(text)
        concepts = tuple(_concepts(resource["compose"]["include"]))
        found = ValueSetFile(resource["url"], resource.get("title") or resource["name"], concepts, text)
    except (ValueError, KeyError, TypeError) as error:
        raise TerminologyError(f"{name} is not a FHIR ValueSet that lists its codes: {error!r}") from error
    if not found.concepts:
        raise TerminologyError(f"{name} lists no codes.")
    return found


def _concepts(include: list[dict[str, Any]]) -> Iterator[CodedConcept]:
    for group in include:
        for concept in group["concept"]:
            system, code = canonical_coding(group["system"], concept["code"])
            yield CodedConcept(system, code, concept.get("display", ""), _term_type(concept))


def _term_type(concept: dict[str, Any]) -> str:
    for extension in concept.get("extension", ()):
        if extension.get("url") == _TERM_TYPE:
            return str(extension.get("valueCode", ""))
    return ""
