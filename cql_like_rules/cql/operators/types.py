"""Types at run time: `is`, `as`, `cast` (CQL 1.5.3, Appendix B, Type Operators)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.operators import conversion
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.element import Element

_CLASSES: dict[str, type] = {
    "Boolean": bool,
    "Integer": int,
    "Decimal": Decimal,
    "String": str,
    "Quantity": Quantity,
    "Ratio": Ratio,
    "Date": Date,
    "DateTime": DateTime,
    "Time": Time,
    "Code": Code,
    "Concept": Concept,
    "ValueSet": ValueSet,
    "CodeSystem": CodeSystem,
}


def is_type(value: Any, type_name: str) -> bool:
    """`value is T`. False for null. `FHIR.` types are asked of elements, all others of CQL values."""
    if value is None:
        return False
    model, _, name = type_name.rpartition(".")
    if isinstance(value, Element):
        return model != "System" and FHIR.is_subtype(value.type, name)
    if model == "FHIR":
        return False
    if name == "Any":
        return True
    if name == "Vocabulary":
        return isinstance(value, ValueSet | CodeSystem)
    found = _CLASSES.get(name)
    if found is None:
        return False
    return isinstance(value, found) and not (found is int and isinstance(value, bool))


def as_type(value: Any, type_name: str, *, strict: bool) -> Any:
    """`value as T`: the value when it is one, else null; `cast` (strict) raises EvaluationError instead."""
    if value is None or is_type(value, type_name):
        return value
    if strict:
        raise EvaluationError(f"a {_name_of(value)} is not a {type_name}")
    return None


def convert(value: Any, type_name: str) -> Any:
    """`convert value to T`: null where it cannot be. Raises EvaluationError for types without a conversion."""
    made = conversion.CONVERSIONS.get(type_name.removeprefix("System."))
    if made is None:
        raise EvaluationError(f"nothing is converted to {type_name}")
    return made(value)


def _name_of(value: Any) -> str:
    if isinstance(value, Element):
        return f"FHIR.{value.type}"
    if isinstance(value, bool):
        return "Boolean"
    return next((name for name, kind in _CLASSES.items() if isinstance(value, kind)), type(value).__name__)
