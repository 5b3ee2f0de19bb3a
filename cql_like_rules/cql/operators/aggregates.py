"""Aggregates over a list. Nulls in it are left out.

Source: CQL 1.5.3, Appendix B, Aggregate Functions.
"""

from __future__ import annotations

from functools import cmp_to_key, reduce
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, comparison


def count(members: list[Any] | None) -> int:
    """`Count(x)`: how many are not null; 0 for null."""
    return len(_known(members))


def sum_(members: list[Any] | None) -> Any:
    """`Sum(x)`: null where there is none, and where quantities do not go together."""
    known = _known(members)
    return reduce(arithmetic.add, known) if known else None


def avg(members: list[Any] | None) -> Any:
    """`Avg(x)`: a Decimal or a Quantity; null as for `Sum`."""
    known = _known(members)
    return arithmetic.divide(sum_(known), len(known)) if known else None


def min_(members: list[Any] | None) -> Any:
    """`Min(x)`: null where there is none, and where it is not known which is the least."""
    return _extreme(members, -1)


def max_(members: list[Any] | None) -> Any:
    """`Max(x)`: null where there is none, and where it is not known which is the greatest."""
    return _extreme(members, 1)


def median(members: list[Any] | None) -> Any:
    """`Median(x)`: the middle one, or the mean of the two in the middle; null where there is none.

    Raises EvaluationError where the members have no order among them.
    """
    known = sorted(_known(members), key=cmp_to_key(_order))
    middle = len(known) // 2
    if not known:
        return None
    if len(known) % 2:
        return known[middle]
    return arithmetic.divide(arithmetic.add(known[middle - 1], known[middle]), 2)


def all_true(members: list[bool | None] | None) -> bool:
    """`AllTrue(x)`: whether none is false; true for null."""
    return False not in _known(members)


def any_true(members: list[bool | None] | None) -> bool:
    """`AnyTrue(x)`: whether one is true; false for null."""
    return True in _known(members)


def _known(members: list[Any] | None) -> list[Any]:
    return [member for member in members or () if member is not None]


def _extreme(members: list[Any] | None, sign: int) -> Any:
    known = _known(members)
    if not known:
        return None
    best = known[0]
    for member in known[1:]:
        if comparison.order(member, best) == sign:
            best = member
    # Two of which it is not known which is the greater do not matter beside one that is greater than both.
    known_best = all(member is best or comparison.order(best, member) in (0, sign) for member in known)
    return best if known_best else None


def _order(a: Any, b: Any) -> int:
    order = comparison.order(a, b)
    if order is None:
        raise EvaluationError(f"{a} and {b} have no order")
    return order
