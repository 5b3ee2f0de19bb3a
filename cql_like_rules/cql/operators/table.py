"""Operator: one row of the tables of operators and system functions, with the types of its operands.

An operator that takes values of any type says itself what it is not defined for. For all others a row names the types
of the operands, and they are looked at before the function is called: a String has no `First`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators.comparison import described
from cql_like_rules.cql.values.concept import CodeSystem, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

Kind: TypeAlias = frozenset[type] | None

ANY: Kind = None
BOOLEAN: Kind = frozenset({bool})
INTEGER: Kind = frozenset({int})
NUMBER: Kind = frozenset({int, Decimal})
STRING: Kind = frozenset({str})
QUANTITY: Kind = frozenset({Quantity})
DATE: Kind = frozenset({Date, DateTime})
DATE_TIME: Kind = frozenset({DateTime})
TEMPORAL: Kind = frozenset({Date, DateTime, Time})
INTERVAL: Kind = frozenset({Interval})
LIST: Kind = frozenset({list})
LIST_OR_STRING: Kind = frozenset({list, str})
VALUE_SET: Kind = frozenset({ValueSet})
CODE_SYSTEM: Kind = frozenset({CodeSystem})

NULL_IF_ANY = "null if an operand is null"
NULL_OR_UNKNOWN = "null if an operand is null, and where the answer is not known"
NEVER_NULL = "never null"


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator or system function.

    `function` is called with as many operands as one of `arities` (empty: any number); with the keyword `precision`
    when it takes one, and with the keyword `context` when it is `contextual`. It raises EvaluationError for operands
    that it is not defined for. `section` is where the specification (CQL 1.5.3, Appendix B) has it, `nulls` what it
    makes of null operands.
    """

    name: str
    arities: frozenset[int]
    function: Callable[..., Any]
    section: str
    nulls: str
    precision: bool = False
    contextual: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says of an operator; the section is that of the table."""

    name: str
    function: Callable[..., Any]
    nulls: str
    operands: tuple[Kind, ...]
    least: int
    any_number: bool


def row(
    name: str,
    function: Callable[..., Any],
    nulls: str,
    *operands: Kind,
    optional: int = 0,
    any_number: bool = False,
) -> Row:
    """A row: the types of the operands, of which the last `optional` ones may be left out."""
    return Row(name, function, nulls, operands, len(operands) - optional, any_number)


def section(
    name: str, rows: Iterable[Row], *, precision: bool = False, contextual: bool = False
) -> dict[str, Operator]:
    """The rows of a section of the specification as operators, by name."""
    return {each.name: _operator(each, name, precision, contextual) for each in rows}


def _operator(each: Row, section_: str, precision: bool, contextual: bool) -> Operator:
    arities = frozenset() if each.any_number else frozenset(range(each.least, len(each.operands) + 1))
    return Operator(
        each.name,
        arities,
        _guarded(each, has_options=precision or contextual),
        section_,
        each.nulls,
        precision,
        contextual,
    )


def _guarded(each: Row, *, has_options: bool) -> Callable[..., Any]:
    """The function of a row, with its operands looked at first where the row names their types."""
    name, function, kinds = each.name, each.function, each.operands
    if all(kind is ANY for kind in kinds):
        return function

    def guarded(*operands: Any, **options: Any) -> Any:
        for operand, kind in zip(operands, kinds, strict=False):
            if kind is not None and operand is not None and type(operand) not in kind:
                raise EvaluationError(f"{name} is not defined for {_listed(operands)}")
        return function(*operands, **options)

    only = kinds[0]
    if len(kinds) > 1 or only is None or has_options:
        return guarded

    def guarded_one(operand: Any) -> Any:
        if operand is not None and type(operand) not in only:
            raise EvaluationError(f"{name} is not defined for {_listed((operand,))}")
        return function(operand)

    return guarded_one


def _listed(operands: Iterable[Any]) -> str:
    return " and ".join(map(described, operands))
