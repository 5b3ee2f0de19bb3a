"""Literals and selectors: values that are written down, and values put together from others.

Source: CQL 1.5.3, Author's Guide, Values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cql_like_rules.cql.compiling.frame import Closure, Frame, located
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import CqlError, EvaluationError, Problem
from cql_like_rules.cql.operators.intervals import checked
from cql_like_rules.cql.syntax import (
    CodeSelector,
    ConceptSelector,
    DateTimeLiteral,
    Expression,
    Interval,
    List,
    Literal,
    Null,
    QuantityLiteral,
    RatioLiteral,
    Tuple,
)
from cql_like_rules.cql.values import interval, structure
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

_TEMPORAL: dict[str, Callable[[str], Any]] = {"Date": Date.parse, "DateTime": DateTime.parse, "Time": Time.parse}


def constant(value: Any) -> Closure:
    """The closure that always gives this value."""

    def written(frame: Frame) -> Any:
        return value

    return written


_WRITTEN = constant(None).__code__


def is_constant(closure: Closure) -> bool:
    """Whether it always gives the same value, which it gives without a frame too."""
    return getattr(closure, "__code__", None) is _WRITTEN


def _null(node: Null, scope: Scope) -> Closure:
    return constant(None)


def _literal(node: Literal, scope: Scope) -> Closure:
    return constant(node.value)


def _quantity(node: QuantityLiteral, scope: Scope) -> Closure:
    return constant(quantity_of(node))


def quantity_of(node: QuantityLiteral) -> Quantity:
    """The quantity that is written down."""
    return Quantity(node.value, node.unit)


def _ratio(node: RatioLiteral, scope: Scope) -> Closure:
    return constant(Ratio(quantity_of(node.numerator), quantity_of(node.denominator)))


def _date_time(node: DateTimeLiteral, scope: Scope) -> Closure:
    try:
        return constant(_TEMPORAL[node.kind](node.text))
    except ValueError as error:
        raise CqlError([Problem(node.position, f"there is no such {node.kind}", found=f"@{node.text}")]) from error


def _code(node: CodeSelector, scope: Scope) -> Closure:
    return constant(code_of(node, scope))


def code_of(node: CodeSelector, scope: Scope) -> Code:
    """The code that is written down with its code system."""
    reference = scope.reference(node.system)
    system = scope.symbols.constants[id(reference.declaration)] if reference else None
    return Code(node.code, system.id if system else None, system.version if system else None, node.display)


def _concept(node: ConceptSelector, scope: Scope) -> Closure:
    return constant(Concept(tuple(code_of(code, scope) for code in node.codes), node.display))


def _list(node: List, scope: Scope) -> Closure:
    elements = [scope.closure(element) for element in node.elements]
    if all(map(is_constant, elements)):
        return constant([element([]) for element in elements])

    def members(frame: Frame) -> list[Any]:
        return [element(frame) for element in elements]

    return members


def _tuple(node: Tuple, scope: Scope) -> Closure:
    elements = [(element.name, scope.closure(element.value)) for element in node.elements]

    def named(frame: Frame) -> structure.Tuple:
        return structure.Tuple({name: value(frame) for name, value in elements})

    return named


def _interval(node: Interval, scope: Scope) -> Closure:
    low, high = scope.closure(node.low), scope.closure(node.high)
    low_closed, high_closed, position = node.low_closed, node.high_closed, node.position

    def ends(frame: Frame) -> Any:
        first, last = low(frame), high(frame)
        try:
            return checked(interval.Interval(first, last, low_closed, high_closed))
        except EvaluationError as error:
            raise located(error, position) from error

    return ends


CLOSURES: dict[type[Expression], Maker] = {
    Null: _null,
    Literal: _literal,
    QuantityLiteral: _quantity,
    RatioLiteral: _ratio,
    DateTimeLiteral: _date_time,
    CodeSelector: _code,
    ConceptSelector: _concept,
    List: _list,
    Tuple: _tuple,
    Interval: _interval,
}
