"""Applying a row of the operator tables to the values of its operands, and telling where and why that failed.

What an operator is given at run time may be of a kind that it is not defined for: the static types let a choice or an
element of unknown type through. Operators answer such a value as Python functions do. Here it becomes the failure of
one expression like any other, so that it never takes more than the defines that rest on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cql_like_rules.cql.compiling.frame import Closure, ExpressionFailed, Frame
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import Operator
from cql_like_rules.cql.operators.comparison import name_of
from cql_like_rules.cql.syntax import Position

FAILURES = (EvaluationError, TypeError, AttributeError, LookupError, ArithmeticError)
"""How an operator says that it has no answer: with its cause, or as Python does for a value of a wrong kind."""


def failed(error: Exception, operator: str, operands: Sequence[Any], position: Position) -> ExpressionFailed:
    """The failure of an operator for these operands, at the place where it stands."""
    if isinstance(error, EvaluationError):
        return ExpressionFailed(position, str(error))
    kinds = " and ".join(name_of(operand) for operand in operands)
    return ExpressionFailed(position, f"{operator} is not defined for {kinds}")


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
        return _in_context(operator.name, function, operands, position)
    if len(operands) == 1:
        return _to_one(operator.name, function, operands[0], position)
    if len(operands) == 2:
        return _to_two(operator.name, function, operands[0], operands[1], position)
    return _to_several(operator.name, function, operands, position)


def _to_one(name: str, function: Callable[..., Any], operand: Closure, position: Position) -> Closure:
    def to_one(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return function(value)
        except FAILURES as error:
            raise failed(error, name, (value,), position) from error

    return to_one


def _to_two(name: str, function: Callable[..., Any], left: Closure, right: Closure, position: Position) -> Closure:
    def to_two(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        try:
            return function(first, second)
        except FAILURES as error:
            raise failed(error, name, (first, second), position) from error

    return to_two


def _to_several(name: str, function: Callable[..., Any], operands: Sequence[Closure], position: Position) -> Closure:
    def to_several(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values)
        except FAILURES as error:
            raise failed(error, name, values, position) from error

    return to_several


def _in_context(name: str, function: Callable[..., Any], operands: Sequence[Closure], position: Position) -> Closure:
    def in_context(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        try:
            return function(*values, context=frame[0])
        except FAILURES as error:
            raise failed(error, name, values, position) from error

    return in_context
