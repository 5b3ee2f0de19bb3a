"""and, or, implies, if and case: what need not be evaluated is not.

While a define is being traced both operands of a logical operator are evaluated all the same, because a reader of the
trace wants to see every comparison that was at stake. The value is never changed by that: an operand that fails where
the other one has already decided is left out of the trace and nothing else.

Source: CQL 1.5.3, Appendix B, section Logical Operators; Author's Guide, Conditional Expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cql_like_rules.cql.compiling.frame import Closure, DefineFailed, ExpressionFailed, Frame, located
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators.comparison import equal
from cql_like_rules.cql.syntax import Case, Expression, If, Operation
from cql_like_rules.cql.types import BOOLEAN
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.logic import Truth


def conjunction(node: Operation, scope: Scope) -> Closure:
    """`a and b and …`: false as soon as one is, otherwise null when one is."""
    return _chain(node, scope, decides=False)


def disjunction(node: Operation, scope: Scope) -> Closure:
    """`a or b or …`: true as soon as one is, otherwise null when one is."""
    return _chain(node, scope, decides=True)


def _chain(node: Operation, scope: Scope, *, decides: bool) -> Closure:
    closures = tuple(condition(operand, scope) for operand in _flattened(node, node.operator))
    undecided = not decides

    def chain(frame: Frame) -> Truth:
        result: Truth = undecided
        for index, closure in enumerate(closures):
            value = closure(frame)
            if value is decides:
                if frame[0].recorder is not None:
                    _evaluate_for_the_trace(closures[index + 1 :], frame)
                return not undecided
            if value is None:
                result = None
        return result

    return chain


def _flattened(node: Expression, operator: str) -> list[Expression]:
    """The operands of a chain of one operator, left to right: a long chain must not nest as many closures."""
    operands: list[Expression] = []
    pending: list[Expression] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Operation) and current.operator == operator:
            pending.extend(reversed(current.operands))
        else:
            operands.append(current)
    return operands


def implication(node: Operation, scope: Scope) -> Closure:
    """`a implies b`: true when a is false, whatever b is."""
    premise, consequence = (condition(operand, scope) for operand in node.operands)

    def implies(frame: Frame) -> Truth:
        given = premise(frame)
        if given is False:
            if frame[0].recorder is not None:
                _evaluate_for_the_trace((consequence,), frame)
            return True
        return logic.implies(given, consequence(frame))

    return implies


def negation(node: Operation, scope: Scope) -> Closure:
    """`not a`."""
    operand = condition(node.operands[0], scope)

    def not_(frame: Frame) -> Truth:
        return logic.not_(operand(frame))

    return not_


def condition(node: Expression, scope: Scope) -> Closure:
    """The closure of a condition. Where the static type does not promise a Boolean, anything else fails."""
    closure = scope.closure(node)
    if scope.type_of(node) == BOOLEAN:
        return closure

    def checked(frame: Frame) -> Truth:
        value = closure(frame)
        if value is None or value is True or value is False:
            return value
        raise ExpressionFailed(node.position, f"true, false or null is needed here, not {value!r}")

    return checked


def _evaluate_for_the_trace(closures: Sequence[Closure], frame: Frame) -> None:
    for closure in closures:
        with suppress(ExpressionFailed, DefineFailed):
            closure(frame)


def if_then_else(node: If, scope: Scope) -> Closure:
    """`if c then a else b`: a when c is true, b when it is false or null."""
    test, then, otherwise = condition(node.condition, scope), scope.closure(node.then), scope.closure(node.otherwise)

    def if_(frame: Frame) -> object:
        return then(frame) if test(frame) is True else otherwise(frame)

    return if_


def case(node: Case, scope: Scope) -> Closure:
    """`case when c then a … else b end`, or with a comparand that each `when` is equal to."""
    otherwise = scope.closure(node.otherwise)
    if node.comparand is not None:
        return _selected(node, scope.closure(node.comparand), otherwise, scope)
    items = tuple((condition(item.when, scope), scope.closure(item.then)) for item in node.items)

    def standard(frame: Frame) -> object:
        for when, then in items:
            if when(frame) is True:
                return then(frame)
        return otherwise(frame)

    return standard


def _selected(node: Case, comparand: Closure, otherwise: Closure, scope: Scope) -> Closure:
    items = tuple((scope.closure(item.when), scope.closure(item.then)) for item in node.items)
    position = node.position

    def selected(frame: Frame) -> object:
        wanted = comparand(frame)
        for when, then in items:
            try:
                matches = equal(wanted, when(frame))
            except EvaluationError as error:
                raise located(error, position) from error
            if matches is True:
                return then(frame)
        return otherwise(frame)

    return selected


OPERATIONS: dict[str, Maker] = {"And": conjunction, "Or": disjunction, "Implies": implication, "Not": negation}
CLOSURES: dict[type[Expression], Maker] = {If: if_then_else, Case: case}
