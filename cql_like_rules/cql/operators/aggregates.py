"""Aggregates over lists (CQL 1.5.3, Appendix B, Aggregate Functions). Nulls in the list are left out."""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any

from cql_like_rules.cql.operators import arithmetic, comparison


def _known(values: list[Any] | None) -> list[Any]:
    return [value for value in values or () if value is not None]


def count(values: list[Any] | None) -> int:
    """`Count(x)`: 0 for null."""
    return len(_known(values))


def sum_(values: list[Any] | None) -> Any:
    """`Sum(x)`: null without an element; quantities in the unit of the first."""
    known = _known(values)
    return reduce(arithmetic.add, known) if known else None


def avg(values: list[Any] | None) -> Any:
    """`Avg(x)`: null without an element."""
    known = _known(values)
    return arithmetic.divide(sum_(known), len(known)) if known else None


def min_(values: list[Any] | None) -> Any:
    """`Min(x)`: null without an element, or where the order is unknown."""
    return _extreme(values, -1)


def max_(values: list[Any] | None) -> Any:
    """`Max(x)`: null without an element, or where the order is unknown."""
    return _extreme(values, 1)


def _extreme(values: list[Any] | None, sign: int) -> Any:
    best: Any = None
    for index, value in enumerate(_known(values)):
        if index == 0:
            best = value
            continue
        order = comparison.order(value, best)
        if order is None:
            return None
        if order == sign:
            best = value
    return best


def median(values: list[Any] | None) -> Any:
    """`Median(x)`: the middle value, or the mean of the two in the middle; null without an element."""
    known = sorted(_known(values), key=cmp_to_key(lambda a, b: comparison.order(a, b) or 0))
    if not known:
        return None
    middle = len(known) // 2
    if len(known) % 2:
        return known[middle]
    return arithmetic.divide(arithmetic.add(known[middle - 1], known[middle]), Decimal(2))


def all_true(values: list[bool | None] | None) -> bool:
    """`AllTrue(x)`: true for null and without an element."""
    return all(_known(values))


def any_true(values: list[bool | None] | None) -> bool:
    """`AnyTrue(x)`: false for null and without an element."""
    return any(_known(values))
