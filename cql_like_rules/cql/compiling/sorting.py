"""The sort clause: rows in the order of one or several keys.

Null comes first ascending and last descending. Rows with the same keys stay in the order they had. Dates and times of
different precision are ordered by the earliest moment they can mean, so that a sort has one outcome.

Source: CQL 1.5.3, Author's Guide, Sorting; Developer's Guide, Query semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, TypeAlias

from cql_like_rules.cql.compiling.frame import Closure, Frame, located, unrecorded
from cql_like_rules.cql.compiling.references import in_slot
from cql_like_rules.cql.compiling.scope import Scope
from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import comparison
from cql_like_rules.cql.syntax import Position, SortByItem
from cql_like_rules.cql.values.temporal import Date, DateTime

Sorter: TypeAlias = Callable[[Frame, list[Any]], list[Any]]

_PLAIN = (str, int, Decimal)


def sorter(items: Sequence[SortByItem], position: Position, scope: Scope) -> Sorter:
    """What gives a list of rows in the order that the clause asks for."""
    row = scope.new_slot()
    keys = [(_key(item, row, scope), item.descending, _position(item, position)) for item in items]
    keys.reverse()

    def in_order(frame: Frame, rows: list[Any]) -> list[Any]:
        with unrecorded(frame):
            for key, descending, place in keys:
                rows = _by_key(rows, _key_values(frame, rows, row, key), descending, place)
        return rows

    return in_order


def _position(item: SortByItem, position: Position) -> Position:
    return item.expression.position if item.expression is not None else position


def _key(item: SortByItem, row: int, scope: Scope) -> Closure:
    if item.expression is None:
        return in_slot(row)
    outer, scope.row = scope.row, row
    key = scope.closure(item.expression)
    scope.row = outer
    return key


def _key_values(frame: Frame, rows: list[Any], row: int, key: Closure) -> list[Any]:
    values = []
    for each in rows:
        frame[row] = each
        values.append(key(frame))
    return values


def _by_key(rows: list[Any], values: list[Any], descending: bool, position: Position) -> list[Any]:
    """A stable sort, so that keys can be applied from the least to the most important one."""
    known = [index for index, value in enumerate(values) if value is not None]
    unknown = [rows[index] for index, value in enumerate(values) if value is None]
    try:
        known.sort(key=_sort_key([values[index] for index in known], values), reverse=descending)
    except EvaluationError as error:
        raise located(error, position) from error
    ordered = [rows[index] for index in known]
    return ordered + unknown if descending else unknown + ordered


def _sort_key(known: list[Any], values: list[Any]) -> Callable[[int], Any]:
    if known and all(type(value) is type(known[0]) for value in known) and isinstance(known[0], _PLAIN):
        return lambda index: values[index]
    by_order = cmp_to_key(_order)
    return lambda index: by_order(values[index])


def _order(left: Any, right: Any) -> int:
    order = comparison.order(_earliest(left), _earliest(right))
    if order is None:
        raise EvaluationError(f"{left} and {right} have no order")
    return order


def _earliest(value: Any) -> Any:
    return value.low() if isinstance(value, Date | DateTime) else value
