"""Paths: which elements a type has, and what type they are of.

Source: FHIR 4.0.1 (model table); CQL 1.5.3, Appendix B, for the elements of System types.
"""

from __future__ import annotations

from collections.abc import Iterator

from cql_like_rules.cql.checking.algebra import common
from cql_like_rules.cql.checking.findings import did_you_mean
from cql_like_rules.cql.model import FHIR, ElementType
from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    CODE,
    DECIMAL,
    QUANTITY,
    STRING,
    ChoiceOf,
    IntervalOf,
    ListOf,
    Named,
    TupleOf,
    Type,
    fhir,
    system,
)

SYSTEM_ELEMENTS: dict[str, dict[str, Type]] = {
    "Quantity": {"value": DECIMAL, "unit": STRING},
    "Ratio": {"numerator": QUANTITY, "denominator": QUANTITY},
    "Code": {"code": STRING, "system": STRING, "version": STRING, "display": STRING},
    "Concept": {"codes": ListOf(CODE), "display": STRING},
    "ValueSet": {"id": STRING, "version": STRING, "name": STRING},
    "CodeSystem": {"id": STRING, "version": STRING, "name": STRING},
}
"""The System types that have elements; all others have none."""


def element_type(source: Type, name: str) -> Type | None:
    """The type of an element; None when a value of the source type cannot have it, `ANY` when that is not known."""
    match source:
        case Named("System", "Any"):
            return ANY
        case Named("System", type_name):
            return SYSTEM_ELEMENTS.get(type_name, {}).get(name)
        case Named("FHIR", type_name):
            element = FHIR.element(type_name, name)
            return _from_model(element) if element else None
        case TupleOf():
            return source.element(name)
        case IntervalOf(point):
            return {"low": point, "high": point, "lowClosed": BOOLEAN, "highClosed": BOOLEAN}.get(name)
        case ChoiceOf(options):
            found = [type_ for option in options if (type_ := element_type(option, name)) is not None]
            return common(found) if found else None
        case _:
            return None


def element_names(source: Type) -> Iterator[str]:
    """All names of elements that a value of the type may have."""
    match source:
        case Named("System", type_name):
            yield from SYSTEM_ELEMENTS.get(type_name, {})
        case Named("FHIR", type_name):
            yield from FHIR.elements(type_name)
        case TupleOf(elements):
            yield from (name for name, _ in elements)
        case IntervalOf():
            yield from ("low", "high", "lowClosed", "highClosed")
        case ChoiceOf(options):
            for option in options:
                yield from element_names(option)


def hint_for(source: Type, name: str) -> str:
    """What to write instead of an element that does not exist."""
    match source:
        case ListOf():
            return "take one element with [0], First(…) or singleton from, or write a query over the list"
        case Named("FHIR", type_name) if choice := _choice_hint(type_name, name):
            return choice
        case Named("FHIR", type_name) if FHIR.primitive(type_name):
            return did_you_mean(name, element_names(source)) or f"{source} holds its value in .value"
        case _:
            return did_you_mean(name, element_names(source)) or _all_names(source)


def _choice_hint(type_name: str, name: str) -> str:
    """FHIR's own name of a choice element (`onsetDateTime`) is written `onset as FHIR.dateTime`."""
    for element_name, element in FHIR.elements(type_name).items():
        for choice in element.choices:
            if name.casefold() == f"{element_name}{choice}".casefold():
                return f"write ({element_name} as FHIR.{choice})"
    return ""


def _all_names(source: Type) -> str:
    names = list(dict.fromkeys(element_names(source)))
    return f"it has: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _from_model(element: ElementType) -> Type:
    one = ChoiceOf(tuple(map(_named, element.choices))) if element.choices else _named(element.type)
    return ListOf(one) if element.is_list else one


def _named(name: str) -> Named:
    return system(name.removeprefix("System.")) if name.startswith("System.") else fhir(name)
