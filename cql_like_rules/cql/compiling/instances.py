"""Instances of System types: `System.Quantity { value: 5.0, unit: 'mg' }`, and of Ratio, Code and Concept.

An instance without the element that makes it one is null: there is no quantity without a value and no code without a
code. An element that is not written is null.

Source: CQL 1.5.3, Author's Guide, Structured Values; Appendix B, section Types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from cql_like_rules.cql.compiling.frame import Closure, Frame, located
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import CqlError, EvaluationError, Problem
from cql_like_rules.cql.syntax import Expression, Instance
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, Quantity, Ratio

_Of = TypeVar("_Of")

_CALENDAR_WORDS = {word: unit for unit in CALENDAR_UNITS for word in (unit, unit + "s")}


def instance(node: Instance, scope: Scope) -> Closure:
    """The value of a System type, put together from its elements."""
    elements = [(element.name, scope.closure(element.value)) for element in node.elements]
    make, position = _MAKERS.get(node.type.name), node.position
    if make is None:
        raise CqlError([Problem(position, f"not in the subset: an instance of {node.type.name}")])

    def made(frame: Frame) -> Any:
        values = {name: value(frame) for name, value in elements}
        recorder = frame[0].recorder
        if recorder is not None:
            recorder.looked_at(list(values.values()))
        try:
            return make(values)
        except EvaluationError as error:
            raise located(error, position) from error

    return made


def _quantity(values: Mapping[str, Any]) -> Quantity | None:
    value = values.get("value")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise EvaluationError(f"the value of a Quantity is a number, not {value!r}")
    written = _only(str, values.get("unit"), "the unit of a Quantity") or "1"
    unit = _CALENDAR_WORDS.get(written, written)
    if unit not in CALENDAR_UNITS and not ucum.is_valid(unit):
        raise EvaluationError(f"{written!r} is not a UCUM unit")
    return Quantity(Decimal(value), unit)


def _ratio(values: Mapping[str, Any]) -> Ratio | None:
    numerator = _only(Quantity, values.get("numerator"), "the numerator of a Ratio")
    denominator = _only(Quantity, values.get("denominator"), "the denominator of a Ratio")
    return Ratio(numerator, denominator) if numerator is not None and denominator is not None else None


def _code(values: Mapping[str, Any]) -> Code | None:
    code = _only(str, values.get("code"), "the code of a Code")
    if code is None:
        return None
    system, version, display = (_only(str, values.get(name), name) for name in ("system", "version", "display"))
    return Code(code, system, version, display)


def _concept(values: Mapping[str, Any]) -> Concept:
    written = values.get("codes")
    codes = [written] if isinstance(written, Code) else _only(list, written, "the codes of a Concept") or []
    known = (_only(Code, code, "a code of a Concept") for code in codes)
    display = _only(str, values.get("display"), "the display of a Concept")
    return Concept(tuple(code for code in known if code is not None), display)


def _only(type_: type[_Of], value: Any, what: str) -> _Of | None:
    if value is None or isinstance(value, type_):
        return value
    raise EvaluationError(f"{what} cannot be {value!r}")


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "Quantity": _quantity,
    "Ratio": _ratio,
    "Code": _code,
    "Concept": _concept,
}

CLOSURES: dict[type[Expression], Maker] = {Instance: instance}
