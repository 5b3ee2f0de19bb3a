"""Operator: one row of the tables of operators and system functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator or system function.

    `function` is called with as many operands as one of `arities` (empty: any number); with the keyword `precision`
    when it takes one, and with the keyword `context` when it is `contextual`. `section` is where the specification
    (CQL 1.5.3, Appendix B) has it, `nulls` what it makes of null operands.
    """

    name: str
    arities: frozenset[int]
    function: Callable[..., Any]
    section: str
    nulls: str
    precision: bool = False
    contextual: bool = False


Row: TypeAlias = tuple[str, int | tuple[int, ...], Callable[..., Any], str]
"""Name, how many operands, function, what it makes of nulls."""

NULL_IF_ANY = "null if an operand is null"
NULL_OR_UNKNOWN = "null if an operand is null, and where the answer is not known"
NEVER_NULL = "never null"


def rows(
    section: str, rows_: Iterable[Row], *, precision: bool = False, contextual: bool = False
) -> dict[str, Operator]:
    """The rows of a section as operators, by name."""
    return {
        name: Operator(
            name,
            frozenset({arity} if isinstance(arity, int) else arity),
            function,
            section,
            nulls,
            precision,
            contextual,
        )
        for name, arity, function, nulls in rows_
    }
