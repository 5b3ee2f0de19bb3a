"""Types at run time: `is`, `as`, `cast … as`, `convert … to`.

Source: CQL 1.5.3, Appendix B, Type Operators; section Types.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.operators.comparison import described
from cql_like_rules.cql.operators.conversion import CONVERSIONS
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.element import Element

_MODELS = ("System", "FHIR")

_CLASSES: dict[str, tuple[type, ...]] = {
    "Boolean": (bool,),
    "Integer": (int,),
    "Decimal": (Decimal,),
    "String": (str,),
    "Quantity": (Quantity,),
    "Ratio": (Ratio,),
    "Date": (Date,),
    "DateTime": (DateTime,),
    "Time": (Time,),
    "Code": (Code,),
    "Concept": (Concept,),
    "ValueSet": (ValueSet,),
    "CodeSystem": (CodeSystem,),
    "Vocabulary": (ValueSet, CodeSystem),
}


def is_type(value: Any, type_name: str) -> bool:
    """`x is T`: of FHIR elements for `FHIR.` types, of CQL values for all others; false for null.

    Raises EvaluationError for a name that is no type.
    """
    if value is None:
        return False
    model, _, name = type_name.partition(".")
    if model not in _MODELS:
        model, name = ("FHIR" if FHIR.is_type(type_name) and type_name not in _CLASSES else "System"), type_name
    if model == "FHIR":
        return isinstance(value, Element) and FHIR.is_subtype(value.type, name)
    if name == "Any":
        return True
    if name not in _CLASSES:
        raise EvaluationError(f"{type_name} is not a type")
    return type(value) in _CLASSES[name]


def as_type(value: Any, type_name: str, *, strict: bool) -> Any:
    """`x as T`: the value when it is one, otherwise null; `cast x as T` (strict) raises EvaluationError instead."""
    if value is None or is_type(value, type_name):
        return value
    if strict:
        raise EvaluationError(f"{described(value)} is not of type {type_name}")
    return None


def convert(value: Any, type_name: str) -> Any:
    """`convert x to T`: null where it cannot be. Raises EvaluationError for a type that has no conversion."""
    make = CONVERSIONS.get(type_name.removeprefix("System."))
    if make is None:
        raise EvaluationError(f"nothing is converted to {type_name}")
    return make(value)
