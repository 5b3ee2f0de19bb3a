"""`in`, `contains`, `includes`, `during` and the set operators: which one is meant depends on the operands.

`a during b`, `a included in b` and `a includes b` are written alike for a point and an interval, an element and a
list, a code and a value set; only the values tell.

Source: CQL 1.5.3, Appendix B, Interval Operators, List Operators and Clinical Operators (In Valueset).
"""

from __future__ import annotations

from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import interval_sets, intervals, lists
from cql_like_rules.cql.operators.comparison import described
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet, canonical_system
from cql_like_rules.cql.values.interval import Interval


def in_(element: Any, holder: Any, precision: str | None = None) -> bool | None:
    """`e in x`: of a list, an interval, a value set or a code system.

    False in null. A null element is null in an interval, false in a value set, and looked for in a list.
    """
    if holder is None:
        return False
    kind = type(holder)
    if kind is list:
        return lists.contains(holder, element)
    if kind is Interval:
        return intervals.contains(holder, element, precision)
    if kind is ValueSet or kind is CodeSystem:
        return in_vocabulary(element, holder)
    raise EvaluationError(f"nothing is in {described(holder)}")


def contains(holder: Any, element: Any, precision: str | None = None) -> bool | None:
    """`x contains e`: as `e in x`."""
    return in_(element, holder, precision)


def proper_in(element: Any, holder: Any, precision: str | None = None) -> bool | None:
    """`e properly in x`: in it, and x has more than that; false in null."""
    if holder is None:
        return False
    if type(holder) is list:
        return lists.properly_contains(holder, element)
    if type(holder) is Interval:
        return intervals.properly_contains(holder, element, precision)
    raise EvaluationError(f"nothing is properly in {described(holder)}")


def proper_contains(holder: Any, element: Any, precision: str | None = None) -> bool | None:
    """`x properly contains e`: as `e properly in x`."""
    return proper_in(element, holder, precision)


def includes(a: Any, b: Any, precision: str | None = None) -> bool | None:
    """`a includes b`: of two lists or two intervals, null if either is null; of an element, as `b in a`.

    A null b is taken for a list or an interval.
    """
    if b is None and not isinstance(a, ValueSet | CodeSystem):
        return None
    if type(a) is Interval and type(b) is Interval:
        return intervals.includes(a, b, precision)
    if type(a) is list and type(b) is list:
        return lists.includes(a, b)
    if a is None and isinstance(b, list | Interval):
        return None
    return in_(b, a, precision)


def included_in(a: Any, b: Any, precision: str | None = None) -> bool | None:
    """`a included in b`, `a during b`: as `b includes a`."""
    return includes(b, a, precision)


def proper_includes(a: Any, b: Any, precision: str | None = None) -> bool | None:
    """`a properly includes b`: null if one of two lists or intervals is null; a null b is looked for in a list."""
    if type(a) is Interval and type(b) is Interval:
        return intervals.properly_includes(a, b, precision)
    if type(a) is list and type(b) is list:
        return lists.properly_includes(a, b)
    if a is None and (b is None or isinstance(b, list | Interval)):
        # Two nulls may be two lists or intervals, or a point in nothing, which would be false: null claims less.
        return None
    return proper_in(b, a, precision)


def proper_included_in(a: Any, b: Any, precision: str | None = None) -> bool | None:
    """`a properly included in b`, `a properly during b`: as `b properly includes a`."""
    return proper_includes(b, a, precision)


def in_vocabulary(element: Any, holder: ValueSet | CodeSystem | None) -> bool:
    """Whether a Code, Concept or any of a list of them is in a value set, or of a code system; false for null.

    Raises EvaluationError for anything that has no system to look in, a String above all.
    """
    if element is None or holder is None:
        return False
    if isinstance(element, list):
        return any(in_vocabulary(member, holder) for member in element)
    if not isinstance(element, Code | Concept):
        raise EvaluationError(
            f"{described(element)} is not looked up in {holder.name or holder.id}: a Code or Concept is"
        )
    if isinstance(holder, ValueSet):
        return holder.contains(element)
    codes = (element,) if isinstance(element, Code) else element.codes
    return any(canonical_system(code.system) == canonical_system(holder.id) for code in codes)


def union(a: Any, b: Any) -> Any:
    """`a union b`, `a | b`: of two lists or two intervals."""
    return interval_sets.union(a, b) if _are_intervals("union", a, b) else lists.union(a, b)


def intersect(a: Any, b: Any) -> Any:
    """`a intersect b`: of two lists or two intervals."""
    return interval_sets.intersect(a, b) if _are_intervals("intersect", a, b) else lists.intersect(a, b)


def except_(a: Any, b: Any) -> Any:
    """`a except b`: of two lists or two intervals."""
    return interval_sets.except_(a, b) if _are_intervals("except", a, b) else lists.except_(a, b)


def _are_intervals(name: str, a: Any, b: Any) -> bool:
    """Whether they are two intervals and not two lists. Raises EvaluationError for anything else."""
    kinds = {type(value) for value in (a, b) if value is not None}
    if kinds == {Interval}:
        return True
    if kinds <= {list}:
        return False
    raise EvaluationError(f"{name} is of two lists or two intervals, not of {described(a)} and {described(b)}")
