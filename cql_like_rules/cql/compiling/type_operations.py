"""is, as, cast, convert, minimum and maximum: what kind of value something is, or is made into.

Source: CQL 1.5.3, Appendix B, section Type Operators; Author's Guide, Type Operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cql_like_rules.cql.compiling.constants import constant
from cql_like_rules.cql.compiling.frame import Closure, ExpressionFailed, Frame, located
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import CqlError, EvaluationError, Problem
from cql_like_rules.cql.operators import quantities, succession, types
from cql_like_rules.cql.syntax import ConvertQuantity, Expression, Position, TypeOperation
from cql_like_rules.cql.types import ANY, ChoiceOf, IntervalOf, ListOf, Named, TupleOf, Type
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.structure import Tuple

Test: TypeAlias = Callable[[Any], bool]


def type_operation(node: TypeOperation, scope: Scope) -> Closure:
    """One of the type operators, applied to its operand."""
    type_ = scope.type_of(node.type)
    if node.operand is None:
        return _end_of_type(node, type_)
    operand = scope.closure(node.operand)
    if node.operator == "Is":
        return _is(operand, test_for(type_))
    if node.operator == "Convert":
        return _converted(operand, str(type_), node.position)
    return _as(operand, type_, node.position, strict=node.operator == "Cast")


def test_for(type_: Type) -> Test:
    """Whether a value that is not null is of the type. A list is when all its members are or are null."""
    match type_:
        case ListOf(element):
            return _list_test(test_for(element))
        case IntervalOf(point):
            return _interval_test(test_for(point))
        case ChoiceOf(options):
            return _choice_test([test_for(option) for option in options])
        case TupleOf(elements):
            return _tuple_test({name: test_for(of_element) for name, of_element in elements})
    if type_ == ANY:
        return lambda value: True
    return _named_test(type_)


def _named_test(type_: Named) -> Test:
    name = str(type_)
    return lambda value: types.is_type(value, name)


def _list_test(member: Test) -> Test:
    return lambda value: isinstance(value, list) and all(each is None or member(each) for each in value)


def _interval_test(point: Test) -> Test:
    return lambda value: (
        isinstance(value, Interval) and all(end is None or point(end) for end in (value.low, value.high))
    )


def _choice_test(options: list[Test]) -> Test:
    return lambda value: any(option(value) for option in options)


def _tuple_test(elements: dict[str, Test]) -> Test:
    return lambda value: (
        isinstance(value, Tuple)
        and set(value) == set(elements)
        and all(value[name] is None or test(value[name]) for name, test in elements.items())
    )


def _is(operand: Closure, test: Test) -> Closure:
    def is_(frame: Frame) -> bool:
        value = operand(frame)
        return value is not None and test(value)

    return is_


def _as(operand: Closure, type_: Type, position: Position, *, strict: bool) -> Closure:
    """The value when it is of the type. Any other is null for `as`, and a failure for `cast … as`."""
    test = test_for(type_)

    def as_(frame: Frame) -> Any:
        value = operand(frame)
        if value is None or test(value):
            return value
        if strict:
            raise ExpressionFailed(position, f"{value!r} is not a {type_}")
        return None

    return as_


def _converted(operand: Closure, type_name: str, position: Position) -> Closure:
    def converted(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return types.convert(value, type_name)
        except EvaluationError as error:
            raise located(error, position) from error

    return converted


def _end_of_type(node: TypeOperation, type_: Type) -> Closure:
    """`minimum T` and `maximum T`."""
    end = succession.minimum_of if node.operator == "MinValue" else succession.maximum_of
    try:
        return constant(end(str(type_)))
    except EvaluationError as error:
        raise CqlError([Problem(node.position, str(error))]) from error


def convert_quantity(node: ConvertQuantity, scope: Scope) -> Closure:
    """`convert q to 'mg'`: null when the units cannot be converted."""
    operand, unit, position = scope.closure(node.operand), node.unit, node.position

    def converted(frame: Frame) -> Quantity | None:
        value = operand(frame)
        if value is None:
            return None
        if not isinstance(value, Quantity):
            raise ExpressionFailed(position, f"only a Quantity is converted to a unit, not {value!r}")
        try:
            return quantities.converted(value, unit)
        except EvaluationError as error:
            raise located(error, position) from error

    return converted


CLOSURES: dict[type[Expression], Maker] = {TypeOperation: type_operation, ConvertQuantity: convert_quantity}
