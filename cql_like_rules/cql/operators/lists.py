"""Lists: what they contain, as sets, and their parts.

In sets and in membership two nulls are the same element. Where an element may or may not be the one looked for (a
date that is not precise enough), membership is null.

Source: CQL 1.5.3, Appendix B, List Operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators.comparison import equal
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.concept import Code
from cql_like_rules.cql.values.temporal import Date, Time
from cql_like_rules.element import Element

_NULL = type(None)

# Types of which two values are equal in CQL exactly when they are equal in Python, each alone or with nulls.
_EQUAL_AS_IN_PYTHON = (
    {str, _NULL},
    {int, Decimal, _NULL},
    {Element, _NULL},
    {Date, _NULL},
    {Time, _NULL},
    {Code, _NULL},
)


def exists(members: list[Any] | None) -> bool:
    """`exists x`: whether there is an element that is not null; false for null."""
    if not members:
        return False
    return members[0] is not None or any(member is not None for member in members)


def contains(members: list[Any] | None, element: Any) -> bool | None:
    """`x contains e`, `e in x`: false for a null list; a null element is looked for as any other."""
    return False if members is None else logic.any_of(_is_same(member, element) for member in members)


def properly_contains(members: list[Any] | None, element: Any) -> bool | None:
    """Whether the list contains the element and something else; false for a null list."""
    if members is None:
        return False
    same = [_is_same(member, element) for member in members]
    # A null beside a value may stand for that value.
    others = [
        None if is_same is False and member is None else is_same for member, is_same in zip(members, same, strict=True)
    ]
    return logic.and_(logic.any_of(same), logic.not_(logic.all_of(others)))


def includes(a: list[Any] | None, b: list[Any] | None) -> bool | None:
    """Whether every element of b is in a; null if either is null."""
    if a is None or b is None:
        return None
    return logic.all_of(contains(a, element) for element in b)


def properly_includes(a: list[Any] | None, b: list[Any] | None) -> bool | None:
    """Whether every element of b is in a, and a has another one; null if either is null."""
    if a is None or b is None:
        return None
    return logic.and_(includes(a, b), logic.not_(includes(b, a)))


def distinct(members: list[Any] | None) -> list[Any] | None:
    """`distinct x`: each element once, where it first appeared; null for null."""
    if members is None:
        return None
    kinds = {type(member) for member in members}
    if any(kinds <= alike for alike in _EQUAL_AS_IN_PYTHON):
        return list(dict.fromkeys(members))
    found: list[Any] = []
    for member in members:
        if not _has(found, member):
            found.append(member)
    return found


def union(a: list[Any] | None, b: list[Any] | None) -> list[Any]:
    """`a union b`: the elements of both, each once; a null list counts as empty."""
    return distinct([*(a or ()), *(b or ())]) or []


def intersect(a: list[Any] | None, b: list[Any] | None) -> list[Any] | None:
    """`a intersect b`: the elements of a that are in b, each once; null if either is null."""
    return None if a is None or b is None else distinct([member for member in a if _has(b, member)])


def except_(a: list[Any] | None, b: list[Any] | None) -> list[Any] | None:
    """`a except b`: the elements of a that are not in b, each once; null when a is null."""
    return None if a is None else distinct([member for member in a if not _has(b or (), member)])


def flatten(members: list[Any] | None) -> list[Any] | None:
    """`flatten x`: the elements of the lists in a list; null for null, null lists are left out."""
    if members is None:
        return None
    flat: list[Any] = []
    for member in members:
        if isinstance(member, list):
            flat.extend(member)
        elif member is not None:
            flat.append(member)
    return flat


def first(members: list[Any] | None) -> Any:
    """`First(x)`: null for null and for an empty list."""
    return members[0] if members else None


def last(members: list[Any] | None) -> Any:
    """`Last(x)`: null for null and for an empty list."""
    return members[-1] if members else None


def singleton_from(members: list[Any] | None) -> Any:
    """`singleton from x`: null for null and for an empty list. Raises EvaluationError when there are several."""
    if not members:
        return None
    if len(members) > 1:
        raise EvaluationError(f"one element is expected, but the list has {len(members)}")
    return members[0]


def indexer(members: list[Any] | str | None, index: int | None) -> Any:
    """`x[i]`, from 0, of a list or a string; null for null and outside."""
    if members is None or index is None or not 0 <= index < len(members):
        return None
    return members[index]


def index_of(members: list[Any] | None, element: Any) -> int | None:
    """`IndexOf(x, e)`: the first place, -1 when it is not there; null if either is null."""
    if members is None or element is None:
        return None
    return next((index for index, member in enumerate(members) if _is_same(member, element) is True), -1)


def length(members: list[Any] | str | None) -> int | None:
    """`Length(x)` of a string or a list; null for null.

    The specification gives 0 for a null list and null for a null string. A null has no type at run time: whoever
    knows that it is a list uses `length_of_list`.
    """
    return None if members is None else len(members)


def length_of_list(members: list[Any] | None) -> int:
    """`Length(x)` of what is known to be a list: 0 for null."""
    return 0 if members is None else len(members)


def skip(members: list[Any] | None, number: int | None) -> list[Any] | None:
    """`Skip(x, n)`: what follows the first n; null for null, all of it for a null n, nothing for a negative one."""
    if members is None:
        return None
    return [] if number is not None and number < 0 else members[number or 0 :]


def take(members: list[Any] | None, number: int | None) -> list[Any] | None:
    """`Take(x, n)`: the first n; null for null, nothing for an n that is null or less than 1."""
    return None if members is None else members[: max(number or 0, 0)]


def tail(members: list[Any] | None) -> list[Any] | None:
    """`Tail(x)`: all but the first; null for null."""
    return None if members is None else members[1:]


def _is_same(a: Any, b: Any) -> bool | None:
    """Whether two elements are equal, or both null."""
    if a is None or b is None:
        return a is b
    return equal(a, b)


def _has(members: Iterable[Any], element: Any) -> bool:
    return any(_is_same(member, element) is True for member in members)
