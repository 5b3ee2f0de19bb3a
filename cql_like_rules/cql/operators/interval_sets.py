"""Union, intersection and difference of intervals, and a list of intervals collapsed into as few as possible.

Source: CQL 1.5.3, Appendix B, Interval Operators (Union, Intersect, Except, Collapse).
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, comparison, intervals
from cql_like_rules.cql.operators.comparison import bounds, less
from cql_like_rules.cql.operators.succession import end, predecessor, start, successor
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import PRECISIONS, Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty, between, highest, lowest


def union(a: Interval | None, b: Interval | None) -> Interval | None:
    """The interval of both; null if either is null, or unless they overlap or meet."""
    if a is None or b is None:
        return None
    if intervals.overlaps(a, b) is not True and intervals.meets(a, b) is not True:
        return None
    low, low_closed = _low_of_first(a, b)
    high, high_closed = _high_of_last(a, b)
    return Interval(low, high, low_closed, high_closed)


def intersect(a: Interval | None, b: Interval | None) -> Interval | None:
    """What both share; null if either is null or they share nothing.

    Where an end of one is not known, that end of the result is uncertain between what it can be.
    """
    if a is None or b is None or intervals.overlaps(a, b) is False:
        return None
    (a_start, a_end), (b_start, b_end) = bounds(a, b), bounds(b, a)
    low, high = _later(a_start, b_start), _earlier(a_end, b_end)
    return Interval(low, high, low is not None, high is not None)


def except_(a: Interval | None, b: Interval | None) -> Interval | None:
    """What a has and b has not; null if either is null or what is left is not one interval."""
    if a is None or b is None:
        return None
    if intervals.overlaps(a, b) is False:
        return a
    starts_first, ends_last = less(start(a), start(b)), less(end(b), end(a))
    if starts_first is True and ends_last is False:
        return Interval(a.low, predecessor(start(b)), a.low_closed, True)
    if ends_last is True and starts_first is False:
        return Interval(successor(end(b)), a.high, True, a.high_closed)
    return None


def collapse(members: list[Interval | None] | None, per: Quantity | None = None) -> list[Interval] | None:
    """`collapse x per q`: the fewest intervals that cover the same points, in their order; null for null.

    Intervals that overlap or meet become one; with `per`, also those with no more than that between them. Dates of
    different precision are brought together at the coarsest. Nulls in the list are left out.
    """
    if members is None:
        return None
    known = [member for member in members if member is not None]
    if not all(isinstance(member, Interval) for member in known):
        raise EvaluationError("only intervals are collapsed")
    precision = _coarsest_precision(known)
    collapsed: list[Interval] = []
    for member in sorted(known, key=cmp_to_key(_by_start)):
        joined = _joined(collapsed[-1], member, precision, per) if collapsed else None
        if joined is None:
            collapsed.append(member)
        else:
            collapsed[-1] = joined
    return collapsed


def _low_of_first(a: Interval, b: Interval) -> tuple[Any, bool]:
    """The lower end, as it was written, of the interval that starts first; uncertain when it is not known which."""
    a_start, b_start = start(a), start(b)
    if less(b_start, a_start) is False:
        return a.low, a.low_closed
    if less(a_start, b_start) is False:
        return b.low, b.low_closed
    return _earlier(a_start, b_start), True


def _high_of_last(a: Interval, b: Interval) -> tuple[Any, bool]:
    """The upper end, as it was written, of the interval that ends last; uncertain when it is not known which."""
    a_end, b_end = end(a), end(b)
    if less(a_end, b_end) is False:
        return a.high, a.high_closed
    if less(b_end, a_end) is False:
        return b.high, b.high_closed
    return _later(a_end, b_end), True


def _later(a: Any, b: Any) -> Any:
    """The later of two points, between the least and the greatest that it can be; null when either is not known."""
    return _chosen(a, b, 1)


def _earlier(a: Any, b: Any) -> Any:
    """The earlier of two points, as `_later`."""
    return _chosen(a, b, -1)


def _chosen(a: Any, b: Any, sign: int) -> Any:
    if a is None or b is None:
        return None
    if isinstance(a, Uncertainty) or isinstance(b, Uncertainty):
        return between(lowest(_chosen(lowest(a), lowest(b), sign)), highest(_chosen(highest(a), highest(b), sign)))
    order = comparison.order(a, b)
    if order is not None:
        return a if order * sign >= 0 else b
    if isinstance(a, Date | DateTime | Time):
        return between(_chosen(a.low(), b.low(), sign), _chosen(a.high(), b.high(), sign))
    return None


def _by_start(a: Interval, b: Interval) -> int:
    a_start, b_start = start(a), start(b)
    if a_start is None or b_start is None:
        raise EvaluationError("an interval without a start cannot be collapsed")
    return comparison.order(lowest(a_start), lowest(b_start)) or 0


def _coarsest_precision(members: list[Interval]) -> str | None:
    points = [point for member in members for point in (member.low, member.high)]
    precisions = {point.precision for point in points if isinstance(point, Date | DateTime | Time)}
    return min(precisions, key=PRECISIONS.index) if len(precisions) > 1 else None


def _joined(a: Interval, b: Interval, precision: str | None, per: Quantity | None) -> Interval | None:
    """Both as one, when no gap or none larger than `per` lies between them. `a` starts first."""
    touching = intervals.overlaps(a, b, precision) is True or intervals.meets(a, b, precision) is True
    if not touching and (per is None or not _is_within(per, end(a), start(b))):
        return None
    high, high_closed = _high_of_last(a, b)
    return Interval(a.low, high, a.low_closed, high_closed)


def _is_within(per: Quantity, last: Any, first: Any) -> bool:
    if last is None or first is None:
        return False
    step = per if isinstance(last, Date | DateTime | Time | Quantity) else _plain(per, last)
    return comparison.less_or_equal(first, arithmetic.add(last, step)) is True


def _plain(per: Quantity, point: Any) -> Any:
    """The step of an interval of numbers: a quantity without unit."""
    if per.unit != "1":
        raise EvaluationError(f"an interval of numbers is not collapsed per {per}")
    whole = type(point) is int and per.value == per.value.to_integral_value()
    return int(per.value) if whole else per.value
