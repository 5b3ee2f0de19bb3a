"""The FHIR 4.0.1 type table: which elements a type has, which are lists or choices, and the code path of a retrieve.

Source: FHIR 4.0.1 model info of HL7's CQL project (Apache-2.0), see README.md in this folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

ANY = "System.Any"


@dataclass(frozen=True, slots=True)
class ElementType:
    """What stands at an element of a FHIR type.

    `type` is a type name (`CodeableConcept`, `System.String`) or `choice`; then `choices` names the types allowed.
    """

    type: str
    choices: tuple[str, ...] = ()
    is_list: bool = False


class Model:
    """The types of one version of FHIR, by name without prefix (`Condition`, `Condition.Stage`, `dateTime`)."""

    def __init__(self, version: str, table: Mapping[str, Mapping[str, Any]]) -> None:
        self.version = version
        self._table = table
        self._elements: dict[str, Mapping[str, ElementType]] = {}

    @property
    def types(self) -> tuple[str, ...]:
        """The names of all types in the table, in alphabetical order."""
        return tuple(self._table)

    def is_type(self, name: str) -> bool:
        """True when the table has the type; `FHIR.` must not be part of the name."""
        return name in self._table

    def base(self, name: str) -> str | None:
        """The type that `name` inherits from (`System.Any` at the top); None for an unknown type."""
        row = self._table.get(name)
        return row["base"] if row else None

    def is_subtype(self, name: str, ancestor: str) -> bool:
        """True when `name` is `ancestor` or inherits from it."""
        current: str | None = name
        while current is not None and current != ancestor:
            current = self.base(current)
        return current is not None

    def is_resource(self, name: str) -> bool:
        """True for types that a retrieve can name (`Condition`), false for data types and unknown types."""
        return self.is_type(name) and self.is_subtype(name, "DomainResource") and name != "DomainResource"

    def primary_code_path(self, name: str) -> str | None:
        """The path that `[Type: codes]` filters by; None when the type has none, then the path must be written."""
        row = self._table.get(name)
        return row.get("code") if row else None

    def elements(self, name: str) -> Mapping[str, ElementType]:
        """All elements of the type, inherited ones first; empty for an unknown type."""
        if name not in self._elements:
            self._elements[name] = self._with_inherited(name)
        return self._elements[name]

    def element(self, type_name: str, element_name: str) -> ElementType | None:
        """The type of one element, inherited or own; None when the type is unknown or has no such element."""
        return self.elements(type_name).get(element_name)

    def primitive(self, name: str) -> str | None:
        """The System type of `.value` of a FHIR primitive (`dateTime` -> `System.DateTime`); None for other types."""
        value = self.element(name, "value")
        return value.type if value and value.type.startswith("System.") else None

    def _with_inherited(self, name: str) -> Mapping[str, ElementType]:
        row = self._table.get(name)
        if row is None:
            return {}
        own = {element: _element_type(notation) for element, notation in row["elements"].items()}
        return {**self.elements(row["base"]), **own}


@cache
def _element_type(notation: str) -> ElementType:
    name = notation.removesuffix("*")
    is_list = name != notation
    if "|" in name:
        return ElementType("choice", tuple(name.split("|")), is_list)
    return ElementType(name, (), is_list)


def _load(version: str) -> Model:
    text = resources.files(__name__).joinpath(f"fhir-{version}.json").read_text(encoding="utf-8")
    return Model(version, json.loads(text))


FHIR = _load("4.0.1")
