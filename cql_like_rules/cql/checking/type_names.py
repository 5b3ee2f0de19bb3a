"""Type specifiers -> types.

A name without a model means the FHIR type where the library uses FHIR and FHIR has one, as in the reference translator.
"""

from __future__ import annotations

from cql_like_rules.cql.checking.elements import SYSTEM_ELEMENTS
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.syntax import (
    ChoiceTypeSpecifier,
    IntervalTypeSpecifier,
    ListTypeSpecifier,
    NamedTypeSpecifier,
    TupleTypeSpecifier,
    TypeSpecifier,
)
from cql_like_rules.cql.types import ANY, ChoiceOf, IntervalOf, ListOf, TupleOf, Type, fhir, system

SYSTEM_TYPES = frozenset(
    {"Any", "Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", *SYSTEM_ELEMENTS}
)
REFUSED_TYPES = {"Long": "write Integer or Decimal", "Vocabulary": "write ValueSet or CodeSystem"}


class TypeNames:
    def __init__(self, findings: Findings, uses_fhir: bool, strict: bool) -> None:
        self._findings = findings
        self._uses_fhir = uses_fhir
        self._strict = strict

    def resolved(self, specifier: TypeSpecifier) -> Type:
        """The type that is written, kept for the specifier; `ANY`, and a problem, when there is no such type."""
        type_ = self._resolved(specifier)
        self._findings.types[id(specifier)] = type_
        return type_

    def _resolved(self, specifier: TypeSpecifier) -> Type:
        match specifier:
            case NamedTypeSpecifier():
                return self._named(specifier)
            case ListTypeSpecifier(element=element):
                return ListOf(self.resolved(element))
            case IntervalTypeSpecifier(point=point):
                return IntervalOf(self.resolved(point))
            case ChoiceTypeSpecifier(choices=choices):
                return ChoiceOf(tuple(self.resolved(choice) for choice in choices))
            case TupleTypeSpecifier(elements=elements):
                return TupleOf(tuple((element.name, self.resolved(element.type)) for element in elements))

    def _named(self, specifier: NamedTypeSpecifier) -> Type:
        name = specifier.name
        if specifier.model == "FHIR":
            return self._fhir(specifier)
        if specifier.model == "System":
            return self._system(specifier)
        is_fhir = self._uses_fhir and FHIR.is_type(name)
        if is_fhir and name in SYSTEM_TYPES and self._strict:
            self._findings.report(
                specifier, f"{name} is a System type and a FHIR type", f"write System.{name} or FHIR.{name}"
            )
        return fhir(name) if is_fhir else self._system(specifier)

    def _system(self, specifier: NamedTypeSpecifier) -> Type:
        name = specifier.name
        if name in SYSTEM_TYPES:
            return system(name)
        if name in REFUSED_TYPES:
            self._findings.refuse(specifier, f"the type {name}", REFUSED_TYPES[name])
        elif FHIR.is_type(name) and specifier.model is None:
            self._findings.report(specifier, f"there is no type {name} here", "add: using FHIR version '4.0.1'")
        else:
            known = [*SYSTEM_TYPES, *(FHIR.types if self._uses_fhir and specifier.model is None else ())]
            self._findings.report(specifier, f"there is no type {name}", did_you_mean(name, known))
        return ANY

    def _fhir(self, specifier: NamedTypeSpecifier) -> Type:
        name = specifier.name
        if not self._uses_fhir:
            self._findings.report(specifier, "this library does not use FHIR", "add: using FHIR version '4.0.1'")
            return ANY
        if not FHIR.is_type(name):
            hint = did_you_mean(name, FHIR.types)
            self._findings.report(specifier, f"there is no type FHIR.{name} in the type table", hint)
            return ANY
        return fhir(name)
