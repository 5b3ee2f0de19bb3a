"""Questions about static types: which goes where another is wanted, what several have in common, where FHIR hides.

Source: CQL 1.5.3, Developer's Guide, Type System: subtypes, implicit conversions. FHIR types are never converted
implicitly here.
"""

from __future__ import annotations

from collections.abc import Iterable

from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.types import (
    ANY,
    CODE,
    CONCEPT,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    QUANTITY,
    VALUE_SET,
    ChoiceOf,
    IntervalOf,
    ListOf,
    Named,
    TupleOf,
    Type,
)

_CONVERSIONS: dict[Type, tuple[Type, ...]] = {
    INTEGER: (DECIMAL, QUANTITY),
    DECIMAL: (QUANTITY,),
    DATE: (DATETIME,),
    CODE: (CONCEPT,),
    VALUE_SET: (ListOf(CODE),),
}


def goes_for(actual: Type, wanted: Type) -> bool:
    """True when a value of the type may stand where another type is wanted, also when that is not certain."""
    if ANY in (actual, wanted) or actual == wanted or wanted in _CONVERSIONS.get(actual, ()):
        return True
    match actual, wanted:
        case ChoiceOf(options), _:
            return any(goes_for(option, wanted) for option in options)
        case _, ChoiceOf(options):
            return any(goes_for(actual, option) for option in options)
        case Named("FHIR", name), Named("FHIR", ancestor):
            return FHIR.is_subtype(name, ancestor)
        case (ListOf(one), ListOf(other)) | (IntervalOf(one), IntervalOf(other)):
            return goes_for(one, other)
        case TupleOf(elements), TupleOf():
            names = {name for name, _ in elements} == {name for name, _ in wanted.elements}
            return names and all(goes_for(part, wanted.element(name) or ANY) for name, part in elements)
        case _:
            return False


def comparable(one: Type, other: Type) -> bool:
    """True when values of the two types can be equal or in order."""
    return goes_for(one, other) or goes_for(other, one)


def common(types: Iterable[Type]) -> Type:
    """The type of what is one of these: the widest of them, else a choice; `ANY` beside others is a null."""
    found: list[Type] = []
    for type_ in types:
        for option in type_.options if isinstance(type_, ChoiceOf) else (type_,):
            if option != ANY and option not in found:
                found.append(option)
    if not found:
        return ANY
    widest = next((wide for wide in found if all(_widens(other, wide) for other in found)), None)
    return widest or ChoiceOf(tuple(found))


def _widens(narrow: Type, wide: Type) -> bool:
    if isinstance(narrow, Named) and isinstance(wide, Named):
        return goes_for(narrow, wide)
    match narrow, wide:
        case (ListOf(one), ListOf(other)) | (IntervalOf(one), IntervalOf(other)):
            return other != ANY and (one == ANY or _widens(one, other))
        case _:
            return narrow == wide


def element_of(type_: Type) -> Type:
    """The type of the elements of a list; `ANY` when it is no list."""
    return type_.element if isinstance(type_, ListOf) else ANY


def point_of(type_: Type) -> Type:
    """The type of the points of an interval; `ANY` when it is no interval."""
    return type_.point if isinstance(type_, IntervalOf) else ANY


def fhir_in(type_: Type) -> Named | None:
    """The FHIR type that a value of this type is or holds for certain; None when there is none."""
    match type_:
        case Named("FHIR", _):
            return type_
        case ListOf(inner) | IntervalOf(inner):
            return fhir_in(inner)
        case ChoiceOf(options):
            found = [fhir_in(option) for option in options]
            return found[0] if all(found) else None
        case _:
            return None
