"""Operators and system functions: rows of the operator tables, applied to the values of their operands.

Source: CQL 1.5.3, Appendix B.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cql_like_rules.cql.compiling import logic
from cql_like_rules.cql.compiling.frame import Closure, Frame, Site, located
from cql_like_rules.cql.compiling.names import name_of
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, Operator
from cql_like_rules.cql.syntax import Expression, FunctionRef, Operation, Position

COMPARISONS = frozenset(
    {"Equal", "NotEqual", "Equivalent", "NotEquivalent", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}
    | {"In", "Contains", "IncludedIn", "Includes", "Before", "After", "SameAs", "SameOrBefore", "SameOrAfter"}
    | {"Overlaps"}
)
"""Operators whose operands a trace shows."""

LOOKING = frozenset({"Exists", "SingletonFrom", "Indexer", "First", "Last", "Count", "Min", "Max", "Sum", "Avg"})
"""Operators and functions whose answer depends on which members a list has."""

_KEEPING_ONE = frozenset({"SingletonFrom", "Indexer", "First", "Last"})


def operation(node: Operation, scope: Scope) -> Closure:
    """An operator applied to its operands."""
    if node.operator in logic.OPERATIONS:
        return logic.OPERATIONS[node.operator](node, scope)
    if node.operator == "IsNull":
        return _is_null(scope.closure(node.operands[0]))
    if node.operator in COMPARISONS:
        return _comparison(node, scope)
    function = _with_precision(OPERATORS[node.operator], node.precision)
    operands = [scope.closure(operand) for operand in node.operands]
    applied = _applied(function, operands, node.position, contextual=OPERATORS[node.operator].contextual)
    return _looking(node.operator, applied, operands, node.position, function)


def system_function(node: FunctionRef, scope: Scope, operands: Sequence[Expression]) -> Closure:
    """A function of the language (`Count(x)`, `AgeInYearsAt(d)`), or an operator called by its name (`Exists(x)`)."""
    row = FUNCTIONS.get(node.name) or OPERATORS[node.name]
    closures = [scope.closure(operand) for operand in operands]
    if node.name == "Coalesce" and len(closures) > 1:
        return _coalesce(closures)
    applied = _applied(row.function, closures, node.position, contextual=row.contextual)
    return _looking(node.name, applied, closures, node.position, row.function)


def _with_precision(operator: Operator, precision: str | None) -> Callable[..., Any]:
    function = operator.function
    if precision is None:
        return function

    def at_precision(*operands: Any) -> Any:
        return function(*operands, precision=precision)

    return at_precision


def _is_null(operand: Closure) -> Closure:
    def is_null(frame: Frame) -> bool:
        return operand(frame) is None

    return is_null


def _coalesce(operands: Sequence[Closure]) -> Closure:
    """The first operand that is not null; those after it are not evaluated."""

    def coalesce(frame: Frame) -> Any:
        for operand in operands:
            value = operand(frame)
            if value is not None:
                return value
        return None

    return coalesce


def _applied(
    function: Callable[..., Any], operands: Sequence[Closure], position: Position, *, contextual: bool = False
) -> Closure:
    if contextual:
        return _applied_in_context(function, operands, position)
    if len(operands) == 1:
        return _applied_to_one(function, operands[0], position)
    if len(operands) == 2:
        return _applied_to_two(function, operands[0], operands[1], position)

    def applied(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values)
        except EvaluationError as error:
            raise located(error, position) from error

    return applied


def _applied_to_one(function: Callable[..., Any], operand: Closure, position: Position) -> Closure:
    def applied(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return function(value)
        except EvaluationError as error:
            raise located(error, position) from error

    return applied


def _applied_to_two(function: Callable[..., Any], left: Closure, right: Closure, position: Position) -> Closure:
    def applied(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        try:
            return function(first, second)
        except EvaluationError as error:
            raise located(error, position) from error

    return applied


def _applied_in_context(function: Callable[..., Any], operands: Sequence[Closure], position: Position) -> Closure:
    def applied(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values, context=frame[0])
        except EvaluationError as error:
            raise located(error, position) from error

    return applied


def _comparison(node: Operation, scope: Scope) -> Closure:
    function = _with_precision(OPERATORS[node.operator], node.precision)
    left, right = (scope.closure(operand) for operand in node.operands)
    left_name, right_name = (name_of(operand, scope) for operand in node.operands)
    site = Site(node.operator, left_name, right_name, node.position)

    def comparison(frame: Frame) -> bool | None:
        first, second = left(frame), right(frame)
        try:
            result = function(first, second)
        except EvaluationError as error:
            raise located(error, site.position) from error
        recorder = frame[0].recorder
        if recorder is not None:
            recorder.compared(site, first, second, result)
        return result  # type: ignore[no-any-return]

    return comparison


def _looking(
    name: str, applied: Closure, operands: Sequence[Closure], position: Position, function: Callable[..., Any]
) -> Closure:
    """The same closure for most operators; for those that look at the members of a list, one that records them."""
    if name not in LOOKING:
        return applied
    keeps_one = name in _KEEPING_ONE

    def looking(frame: Frame) -> Any:
        recorder = frame[0].recorder
        if recorder is None:
            return applied(frame)
        values = [operand(frame) for operand in operands]
        try:
            result = function(*values)
        except EvaluationError as error:
            raise located(error, position) from error
        recorder.looked_at(result if keeps_one else values[0])
        return result

    return looking


CLOSURES: dict[type[Expression], Maker] = {Operation: operation}
