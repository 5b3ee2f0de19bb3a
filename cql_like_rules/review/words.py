"""An expression of a policy in words, for a reader who does not write CQL; what takes a program to say is `…`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cql_like_rules.cql import syntax
from cql_like_rules.review.rule_numbers import RELATIONS, is_number, text_of

OMITTED = "…"
_BETWEEN = {
    **RELATIONS,
    "And": "and",
    "Or": "or",
    "Implies": "implies",
    "Add": "+",
    "Subtract": "−",
    "Multiply": "×",
    "Divide": "÷",
    "Equivalent": "is",
    "NotEquivalent": "is not",
    "In": "in",
    "Contains": "contains",
}
_BEFORE = {"Not": "not", "Negate": "−", "Exists": "any"}
_BEHIND = {"IsTrue": "is true", "IsFalse": "is false", "IsNull": "is not known"}
_NEGATED = {"IsTrue": "is not true", "IsFalse": "is not false", "IsNull": "is known"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision: the result where all conditions hold, and those of no row above it."""

    result: str
    conditions: tuple[str, ...]


def in_words(expression: syntax.Expression) -> str:
    """The expression in one line of words."""
    if is_number(expression):
        return text_of(expression)
    match expression:
        case syntax.Null():
            return "not known"
        case syntax.Literal(value=bool() as value):
            return "yes" if value else "no"
        case syntax.Literal(value=value):
            return f"'{value}'"
        case syntax.IdentifierRef(name=name):
            return _name(name)
        case syntax.Property(source=source, path=path):
            return f"{in_words(source)}.{_name(path)}"
        case syntax.FunctionRef(name="Coalesce", operands=operands):
            return ", else ".join(map(in_words, operands))
        case syntax.FunctionRef(name=name, operands=operands, target=target):
            called = name if target is None else f"{in_words(target)}.{name}"
            return f"{called}({', '.join(map(in_words, operands))})"
        case syntax.List(elements=elements):
            return "{" + ", ".join(map(in_words, elements)) + "}"
        case syntax.Tuple(elements=named):
            return ", ".join(f"{element.name} {in_words(element.value)}" for element in named)
        case syntax.If() | syntax.Case():
            return "; ".join(_row(row) for row in rows(expression))
        case syntax.Operation():
            return _operation(expression)
    return OMITTED


def rows(expression: syntax.Expression) -> tuple[Row, ...]:
    """The rows of a decision, `if` and `case` within each other laid flat; a single row for anything else."""
    return tuple(Row(in_words(result), conditions) for result, conditions in _rows(expression, ()))


def _rows(expression: syntax.Expression, above: tuple[str, ...]) -> Iterator[tuple[syntax.Expression, tuple[str, ...]]]:
    match expression:
        case syntax.If(condition=condition, then=then, otherwise=otherwise):
            yield from _rows(then, (*above, in_words(condition)))
            yield from _rows(otherwise, above)
        case syntax.Case(comparand=comparand, items=items, otherwise=otherwise):
            for item in items:
                when = in_words(item.when)
                told = when if comparand is None else f"{in_words(comparand)} = {when}"
                yield from _rows(item.then, (*above, told))
            yield from _rows(otherwise, above)
        case _:
            yield expression, above


def _row(row: Row) -> str:
    return f"{row.result} if {' and '.join(row.conditions)}" if row.conditions else f"else {row.result}"


def _operation(expression: syntax.Operation) -> str:
    operator, operands = expression.operator, expression.operands
    if operator in _BETWEEN and len(operands) == 2:
        left, right = (_part(operand, operator) for operand in operands)
        return f"{left} {_BETWEEN[operator]} {right}"
    if operator in _BEHIND:
        return f"{_part(operands[0], operator)} {_BEHIND[operator]}"
    if operator == "Not" and isinstance(operands[0], syntax.Operation) and operands[0].operator in _NEGATED:
        return f"{_part(operands[0].operands[0], operator)} {_NEGATED[operands[0].operator]}"
    if operator in _BEFORE:
        return f"{_BEFORE[operator]} {_part(operands[0], operator)}"
    return OMITTED


def _part(operand: syntax.Expression, operator: str) -> str:
    """An operand, in brackets where it could be misread."""
    words = in_words(operand)
    match operand:
        case syntax.If() | syntax.Case() | syntax.FunctionRef(name="Coalesce"):
            return f"({words})"
        case syntax.Operation(operator="And" | "Or" | "Implies" as inner) if inner != operator:
            return f"({words})"
        case syntax.Operation(operator="Add" | "Subtract") if operator in ("Subtract", "Multiply", "Divide", "Negate"):
            return f"({words})"
    return words


def _name(name: str) -> str:
    """A name, in quotes where it has several words: `"Weight is current" is not known`."""
    return f'"{name}"' if " " in name else name
