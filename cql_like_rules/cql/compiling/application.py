"""Applying a row of the operator tables to the values of its operands, and telling where that failed.

One and two operands have closures of their own, so that no list is made for the operators that run most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cql_like_rules.cql.compiling.frame import Closure, Frame, located
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import Operator
from cql_like_rules.cql.syntax import Position


def function_of(operator: Operator, precision: str | None = None) -> Callable[..., Any]:
    """The function of an operator, to the precision that is asked for (`same day as`)."""
    function = operator.function
    if precision is None:
        return function

    def at_precision(*operands: Any) -> Any:
        return function(*operands, precision=precision)

    return at_precision


def applied(
    operator: Operator, operands: Sequence[Closure], position: Position, precision: str | None = None
) -> Closure:
    """The closure that gives what the operator makes of the values of its operands."""
    function = function_of(operator, precision)
    if operator.contextual:
        return _in_context(function, operands, position)
    if len(operands) == 1:
        return _to_one(function, operands[0], position)
    if len(operands) == 2:
        return _to_two(function, operands[0], operands[1], position)
    return _to_several(function, operands, position)


def _to_one(function: Callable[..., Any], operand: Closure, position: Position) -> Closure:
    def to_one(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return function(value)
        except EvaluationError as error:
            raise located(error, position) from error

    return to_one


def _to_two(function: Callable[..., Any], left: Closure, right: Closure, position: Position) -> Closure:
    def to_two(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        try:
            return function(first, second)
        except EvaluationError as error:
            raise located(error, position) from error

    return to_two


def _to_several(function: Callable[..., Any], operands: Sequence[Closure], position: Position) -> Closure:
    def to_several(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values)
        except EvaluationError as error:
            raise located(error, position) from error

    return to_several


def _in_context(function: Callable[..., Any], operands: Sequence[Closure], position: Position) -> Closure:
    def in_context(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values, context=frame[0])
        except EvaluationError as error:
            raise located(error, position) from error

    return in_context
