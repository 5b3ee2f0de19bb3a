"""Lists: membership, inclusion, sets and parts (CQL 1.5.3, Appendix B, List Operators).

Two nulls count as the same element in membership and sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import comparison


def exists(values: list[Any] | None) -> bool:
    """`exists x`: whether there is an element that is not null. False for null."""
    return values is not None and any(value is not None for value in values)


def same(left: Any, right: Any) -> bool:
    """Whether two elements are one in a set: equal, or both null."""
    if left is None or right is None:
        return left is None and right is None
    return comparison.kind_of(left) == comparison.kind_of(right) and comparison.equal(left, right) is True


def _position(values: Iterable[Any], value: Any) -> int:
    return next((index for index, each in enumerate(values) if same(each, value)), -1)


def contains(values: list[Any] | None, value: Any) -> bool | None:
    """`values contains value`. False for a null list."""
    if values is None:
        return False
    if _position(values, value) >= 0:
        return True
    if value is None:
        return False
    unknown = any(each is not None and comparison.equal(each, value) is None for each in values)
    return None if unknown else False


def properly_contains(values: list[Any] | None, value: Any) -> bool | None:
    """It contains the value, and something else too. Null where an element could be either."""
    if values is None:
        return False
    others = [each for each in values if not same(each, value)]
    found = contains(values, value)
    if found is not True:
        return found
    if not others:
        return False
    known = [each for each in others if each is not None]
    return True if known or value is None else None


def includes(left: list[Any] | None, right: list[Any] | None) -> bool | None:
    """Every element of the right list is in the left one. Null if either is null."""
    if left is None or right is None:
        return None
    answers = [contains(left, value) for value in right]
    if False in answers:
        return False
    return None if None in answers else True


def properly_includes(left: list[Any] | None, right: list[Any] | None) -> bool | None:
    """It includes the other, and is larger. Null if either is null."""
    if left is None or right is None:
        return None
    return includes(left, right) and len(distinct(left) or []) > len(distinct(right) or [])


def distinct(values: list[Any] | None) -> list[Any] | None:
    """`distinct x`: each element once, in the order of first appearance."""
    if values is None:
        return None
    seen: list[Any] = []
    hashed: set[Any] = set()
    for value in values:
        if isinstance(value, str):
            if value not in hashed:
                hashed.add(value)
                seen.append(value)
        elif _position(seen, value) < 0:
            seen.append(value)
    return seen


def union(left: list[Any] | None, right: list[Any] | None) -> list[Any]:
    """The elements of both, each once. A null list counts as empty."""
    return distinct([*(left or []), *(right or [])]) or []


def intersect(left: list[Any] | None, right: list[Any] | None) -> list[Any] | None:
    """The elements that both have, each once. Null if either is null."""
    if left is None or right is None:
        return None
    return distinct([value for value in left if _position(right, value) >= 0])


def except_(left: list[Any] | None, right: list[Any] | None) -> list[Any] | None:
    """The elements of the left list that the right one has not, each once."""
    if left is None:
        return None
    return distinct([value for value in left if _position(right or [], value) < 0])


def flatten(values: list[Any] | None) -> list[Any] | None:
    """`flatten x`: the elements of the lists in a list; nulls go."""
    if values is None:
        return None
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list):
            flat.extend(value)
        elif value is not None:
            flat.append(value)
    return flat


def first(values: list[Any] | None) -> Any:
    """`First(x)`. Null when there is none."""
    return values[0] if values else None


def last(values: list[Any] | None) -> Any:
    """`Last(x)`. Null when there is none."""
    return values[-1] if values else None


def singleton_from(values: list[Any] | None) -> Any:
    """`singleton from x`: the only element, null when there is none. Raises EvaluationError when there are several."""
    if not values:
        return None
    if len(values) > 1:
        raise EvaluationError(f"one element was expected, but the list has {len(values)}")
    return values[0]


def indexer(values: list[Any] | str | None, index: int | None) -> Any:
    """`x[i]`, from 0. Null outside the list."""
    if values is None or index is None or not 0 <= index < len(values):
        return None
    return values[index]


def index_of(values: list[Any] | None, value: Any) -> int | None:
    """`IndexOf(x, value)`: the first position, -1 when it is not there. Null if either is null."""
    return None if values is None or value is None else _position(values, value)


def length(values: list[Any] | str | None) -> int | None:
    """`Length(x)`: of a string null for null, of a list 0 for null (as the conformance tests have it)."""
    return None if values is None else len(values)


def skip(values: list[Any] | None, number: int | None) -> list[Any] | None:
    """`Skip(x, n)`: what follows the first n."""
    return None if values is None else values[max(number or 0, 0) :]


def take(values: list[Any] | None, number: int | None) -> list[Any] | None:
    """`Take(x, n)`: the first n; none for null or less than 1."""
    return None if values is None else values[: max(number or 0, 0)]


def tail(values: list[Any] | None) -> list[Any] | None:
    """`Tail(x)`: all but the first."""
    return skip(values, 1)
