"""The parameters that a policy is given, and whether it declares them as they are.

An element that a policy declares by another name or type would be null for every order, and its rules would wait for it
without a word; so it is refused when the policy is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cql_like_rules.cql import syntax
from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.orders.parameter import ORDER_TYPE_CQL
from cql_like_rules.plans import HEALTH_PLAN, HEALTH_PLAN_TYPE_CQL

TYPES = {"Order": ORDER_TYPE_CQL, "Delivered": "List<String>", HEALTH_PLAN: HEALTH_PLAN_TYPE_CQL}
"""The CQL types of the parameters, by name."""


def problems_of_parameters(library: CompiledLibrary) -> Iterator[Problem]:
    """What is declared otherwise than it is supplied, in the order of the library."""
    for name, parameter in library.parameters.items():
        declared = parameter.syntax.type
        if name in TYPES and declared is not None:
            yield from _differences(f'"{name}"', declared, _type(name))


@lru_cache
def _type(name: str) -> syntax.TypeSpecifier:
    library, _ = parse_library(f'library Supplied parameter "{name}" {TYPES[name]}', "")
    assert library is not None
    (parameter,) = (each for each in library.definitions if isinstance(each, syntax.ParameterDef))
    assert parameter.type is not None
    return parameter.type


def _differences(place: str, declared: syntax.TypeSpecifier, known: syntax.TypeSpecifier) -> Iterator[Problem]:
    match declared, known:
        case syntax.TupleTypeSpecifier(), syntax.TupleTypeSpecifier():
            elements = {element.name: element.type for element in known.elements}
            for element in declared.elements:
                if element.name in elements:
                    yield from _differences(f"{place}.{element.name}", element.type, elements[element.name])
                else:
                    yield Problem(
                        element.position,
                        f"{place} has no such element",
                        found=element.name,
                        expected=", ".join(elements),
                    )
        case syntax.ListTypeSpecifier(), syntax.ListTypeSpecifier():
            yield from _differences(place, declared.element, known.element)
        case _ if _words(declared) != _words(known):
            yield Problem(
                declared.position, f"{place} is of another type", found=_words(declared), expected=_words(known)
            )


def _words(type_: syntax.TypeSpecifier) -> str:
    match type_:
        case syntax.NamedTypeSpecifier(name=name, model=model):
            return f"{model or 'System'}.{name}"
        case syntax.ListTypeSpecifier(element=element):
            return f"List<{_words(element)}>"
        case syntax.TupleTypeSpecifier():
            return "Tuple"
    return type(type_).__name__.removesuffix("TypeSpecifier")
