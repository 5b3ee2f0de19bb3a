"""`in`, `contains`, `includes`, `during` and the like: which operator is meant depends on what holds the elements.

Lists, intervals and value sets each have their own; here the right one is chosen by the operands.
Source: CQL 1.5.3, Appendix B, Interval Operators, List Operators, Clinical Operators.
"""

from __future__ import annotations

from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import intervals, lists
from cql_like_rules.cql.values.concept import CodeSystem, ValueSet
from cql_like_rules.cql.values.interval import Interval


def in_(element: Any, holder: Any, precision: str | None = None) -> bool | None:
    """`element in holder`: of a list, an interval or a value set; false in null."""
    if isinstance(holder, ValueSet):
        return False if element is None else _in_value_set(element, holder)
    if isinstance(holder, Interval):
        return intervals.contains(holder, element, precision)
    if holder is None:
        return False
    if isinstance(holder, list):
        return lists.contains(holder, element)
    raise EvaluationError(_not_a_holder(holder))


def _in_value_set(element: Any, valueset: ValueSet) -> bool:
    if isinstance(element, list):
        return any(each is not None and valueset.contains(each) for each in element)
    if not hasattr(element, "canonical") and not hasattr(element, "codes"):
        raise EvaluationError(f"a {type(element).__name__} has no code to look up in {valueset.name or valueset.id}")
    return valueset.contains(element)


def _not_a_holder(holder: Any) -> str:
    if isinstance(holder, CodeSystem):
        return "membership in a whole code system is not in the subset"
    return f"a {type(holder).__name__} holds no elements"


def contains(holder: Any, element: Any, precision: str | None = None) -> bool | None:
    """`holder contains element`."""
    return in_(element, holder, precision)


def proper_in(element: Any, holder: Any, precision: str | None = None) -> bool | None:
    """`element properly included in holder`."""
    if isinstance(holder, Interval):
        return intervals.properly_contains(holder, element, precision)
    return lists.properly_contains(holder, element)


def proper_contains(holder: Any, element: Any, precision: str | None = None) -> bool | None:
    """`holder properly includes element`."""
    return proper_in(element, holder, precision)


def includes(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """`left includes right`: of two lists, two intervals, or a holder and one element."""
    if isinstance(left, list) or (left is None and isinstance(right, list)):
        return lists.includes(left, right) if right is None or isinstance(right, list) else lists.contains(left, right)
    if isinstance(left, ValueSet):
        return in_(right, left)
    return intervals.includes(left, right, precision)


def included_in(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """`left included in right`, `left during right`."""
    return includes(right, left, precision)


def proper_includes(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """`left properly includes right`."""
    if isinstance(left, list) and isinstance(right, list):
        return lists.properly_includes(left, right)
    if isinstance(left, list) or (left is None and not isinstance(right, Interval | list)):
        return lists.properly_contains(left, right)
    if isinstance(left, Interval) and not isinstance(right, Interval):
        return intervals.properly_contains(left, right, precision)
    return None if left is None or right is None else intervals.properly_includes(left, right, precision)


def proper_included_in(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """`left properly included in right`, `left properly during right`."""
    return proper_includes(right, left, precision)


def union(left: Any, right: Any) -> Any:
    """`left union right`, `left | right`: of two lists or two intervals."""
    if isinstance(left, Interval) or isinstance(right, Interval):
        return intervals.union(left, right)
    return lists.union(left, right)


def intersect(left: Any, right: Any) -> Any:
    """`left intersect right`: of two lists or two intervals."""
    if isinstance(left, Interval) or isinstance(right, Interval):
        return intervals.intersect(left, right)
    return lists.intersect(left, right)


def except_(left: Any, right: Any) -> Any:
    """`left except right`: of two lists or two intervals."""
    if isinstance(left, Interval):
        return intervals.except_(left, right)
    return lists.except_(left, right)
