"""Operators and system functions: rows of the operator tables, applied to the values of their operands.

Source: CQL 1.5.3, Appendix B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cql_like_rules.cql.compiling import logic
from cql_like_rules.cql.compiling.application import applied, function_of
from cql_like_rules.cql.compiling.frame import Closure, Frame, Site, located
from cql_like_rules.cql.compiling.names import name_of
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, Operator, interval_sets, lists
from cql_like_rules.cql.syntax import Expression, FunctionRef, Operation, Position
from cql_like_rules.cql.types import IntervalOf, ListOf

COMPARISONS = frozenset(
    {"Equal", "NotEqual", "Equivalent", "NotEquivalent", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}
    | {"In", "Contains", "IncludedIn", "Includes", "Before", "After", "SameAs", "SameOrBefore", "SameOrAfter"}
    | {"Overlaps"}
)
"""Operators whose operands a trace shows."""

_LENGTH_OF_LIST = replace(FUNCTIONS["Length"], function=lists.length_of_list, nulls=FUNCTIONS["Count"].nulls)
"""A null list has a length (0), a null string has none: which of the two it is, only its static type tells."""

_UNION_OF_INTERVALS = replace(OPERATORS["Union"], function=interval_sets.union)
"""Two null lists have a union (an empty one), two null intervals have none: as above."""

_OF_ALL_MEMBERS = frozenset({"Exists", "Count", "Min", "Max", "Sum", "Avg", "Median"})
_OF_ONE_MEMBER = frozenset({"SingletonFrom", "Indexer", "First", "Last"})


def operation(node: Operation, scope: Scope) -> Closure:
    """An operator applied to its operands."""
    if node.operator in logic.OPERATIONS:
        return logic.OPERATIONS[node.operator](node, scope)
    if node.operator == "IsNull":
        return _is_null(scope.closure(node.operands[0]))
    if node.operator in COMPARISONS:
        return _comparison(node, scope)
    if node.operator == "Union" and any(isinstance(scope.type_of(each), IntervalOf) for each in node.operands):
        return _of_members(_UNION_OF_INTERVALS, node.operands, node.position, scope)
    return _of_members(OPERATORS[node.operator], node.operands, node.position, scope, node.precision)


def system_function(node: FunctionRef, scope: Scope, operands: Sequence[Expression]) -> Closure:
    """A function of the language (`Count(x)`, `AgeInYearsAt(d)`), or an operator called by its name (`Exists(x)`)."""
    if node.name == "Coalesce" and len(operands) > 1:
        return _coalesce([scope.closure(operand) for operand in operands])
    if node.name == "Length" and isinstance(scope.type_of(operands[0]), ListOf):
        return _of_members(_LENGTH_OF_LIST, operands, node.position, scope)
    return _of_members(FUNCTIONS.get(node.name) or OPERATORS[node.name], operands, node.position, scope)


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


def _comparison(node: Operation, scope: Scope) -> Closure:
    function = function_of(OPERATORS[node.operator], node.precision)
    left, right = (scope.closure(operand) for operand in node.operands)
    left_name, right_name = (name_of(operand, scope) for operand in node.operands)
    site = Site(node.operator, left_name, right_name, node.position)

    def comparison(frame: Frame) -> bool | None:
        first, second = left(frame), right(frame)
        try:
            result: bool | None = function(first, second)
        except EvaluationError as error:
            raise located(error, site.position) from error
        recorder = frame[0].recorder
        if recorder is not None:
            recorder.compared(site, first, second, result)
        return result

    return comparison


def _of_members(
    operator: Operator,
    operands: Sequence[Expression],
    position: Position,
    scope: Scope,
    precision: str | None = None,
) -> Closure:
    """An operator; one whose answer depends on which members a list has tells the trace which ones these are."""
    closures = [scope.closure(operand) for operand in operands]
    if operator.name in _OF_ALL_MEMBERS:
        return applied(operator, [_looked_at(closures[0]), *closures[1:]], position, precision)
    answer = applied(operator, closures, position, precision)
    return _looked_at(answer) if operator.name in _OF_ONE_MEMBER else answer


def _looked_at(closure: Closure) -> Closure:
    def looked_at(frame: Frame) -> Any:
        value = closure(frame)
        recorder = frame[0].recorder
        if recorder is not None:
            recorder.looked_at(value)
        return value

    return looked_at


CLOSURES: dict[type[Expression], Maker] = {Operation: operation}
