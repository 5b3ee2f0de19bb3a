"""Intervals: ends, membership, inclusion, overlap, and the sets they make (CQL 1.5.3, Appendix B, Interval Operators).

A closed end that is null is the minimum or maximum of the point type; an open end that is null is unknown. A point on
either side of an operator stands for the interval of that point alone. `precision` compares dates to that component.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, comparison
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity


def start(interval: Interval | None) -> Any:
    """`start of x`: the first point. Null for null and where it is unknown."""
    if interval is None:
        return None
    if interval.low is None:
        return arithmetic.end_of_type(interval.high, first=True) if interval.low_closed else None
    return interval.low if interval.low_closed else arithmetic.successor(interval.low)


def end(interval: Interval | None) -> Any:
    """`end of x`: the last point. Null for null and where it is unknown."""
    if interval is None:
        return None
    if interval.high is None:
        return arithmetic.end_of_type(interval.low, first=False) if interval.high_closed else None
    return interval.high if interval.high_closed else arithmetic.predecessor(interval.high)


def checked(interval: Interval) -> Interval:
    """The interval itself. Raises EvaluationError when it ends before it starts."""
    low, high = interval.low, interval.high
    if low is not None and high is not None and comparison.greater(low, high) is True:
        raise EvaluationError(f"the interval ends before it starts: {interval}")
    return interval


def as_interval(value: Any) -> Interval:
    """An interval as it is, a point as the interval of that point."""
    return value if isinstance(value, Interval) else Interval(value, value)


def width(interval: Interval | None) -> Any:
    """`width of x`: end minus start; null where an end is unknown. Raises EvaluationError for dates."""
    if interval is None:
        return None
    if type(interval.low).__name__ in ("Date", "DateTime", "Time"):
        raise EvaluationError("the width of an interval of dates is not defined: use a duration")
    return arithmetic.subtract(end(interval), start(interval))


def point_from(interval: Interval | None) -> Any:
    """`point from x`: the only point. Raises EvaluationError when there are several."""
    if interval is None:
        return None
    if comparison.equal(start(interval), end(interval)) is not True:
        raise EvaluationError(f"{interval} has more than one point")
    return start(interval)


def equal(left: Interval, right: Interval) -> bool | None:
    """Same start and same end."""
    return logic.and_(comparison.equal(start(left), start(right)), comparison.equal(end(left), end(right)))


def equivalent(left: Interval, right: Interval) -> bool:
    """Equivalent starts and ends."""
    return comparison.equivalent(start(left), start(right)) and comparison.equivalent(end(left), end(right))


def _compare(left: Any, right: Any, precision: str | None) -> int | None:
    if left is None or right is None:
        return None
    return comparison.order(left, right, precision)


def _le(left: Any, right: Any, precision: str | None) -> bool | None:
    order = _compare(left, right, precision)
    return None if order is None else order <= 0


def _lt(left: Any, right: Any, precision: str | None) -> bool | None:
    order = _compare(left, right, precision)
    return None if order is None else order < 0


def _eq(left: Any, right: Any, precision: str | None) -> bool | None:
    order = _compare(left, right, precision)
    return None if order is None else order == 0


# --- membership and inclusion ----------------------------------------------------------------------------------------


def contains(interval: Interval | None, point: Any, precision: str | None = None) -> bool | None:
    """The point is neither before the start nor after the end. Null for a null point; false in a null interval."""
    if interval is None:
        return False
    if point is None:
        return None
    return logic.and_(_le(start(interval), point, precision), _le(point, end(interval), precision))


def properly_contains(interval: Interval | None, point: Any, precision: str | None = None) -> bool | None:
    """The point lies between start and end, and is neither."""
    if interval is None:
        return False
    if point is None:
        return None
    return logic.and_(_lt(start(interval), point, precision), _lt(point, end(interval), precision))


def includes(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """Every point of the right interval is in the left one. Null if either is null."""
    if left is None or right is None:
        return None
    a, b = as_interval(left), as_interval(right)
    return logic.and_(_le(start(a), start(b), precision), _le(end(b), end(a), precision))


def properly_includes(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """Includes it, and is larger."""
    if left is None or right is None:
        return None
    a, b = as_interval(left), as_interval(right)
    same = logic.and_(_eq(start(a), start(b), precision), _eq(end(a), end(b), precision))
    return logic.and_(includes(a, b, precision), logic.not_(same))


# --- before, after, same ---------------------------------------------------------------------------------------------


def before(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """The left one ends before the right one starts. Null if either is null."""
    if left is None or right is None:
        return None
    return _lt(end(as_interval(left)), start(as_interval(right)), precision)


def after(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """The left one starts after the right one ends. Null if either is null."""
    return before(right, left, precision)


def same_as(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """Starts and ends are the same, to the precision. Null if either is null."""
    if left is None or right is None:
        return None
    a, b = as_interval(left), as_interval(right)
    return logic.and_(_eq(start(a), start(b), precision), _eq(end(a), end(b), precision))


def same_or_before(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """The left one ends before the right one starts, or where it starts. Null if either is null."""
    if left is None or right is None:
        return None
    return _le(end(as_interval(left)), start(as_interval(right)), precision)


def same_or_after(left: Any, right: Any, precision: str | None = None) -> bool | None:
    """The left one starts after the right one ends, or where it ends. Null if either is null."""
    return same_or_before(right, left, precision)


# --- overlap and touch -----------------------------------------------------------------------------------------------


def overlaps(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They share a point. Null if either is null."""
    if left is None or right is None:
        return None
    return logic.and_(_le(start(left), end(right), precision), _le(start(right), end(left), precision))


def overlaps_before(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They overlap, and the left one starts first."""
    if left is None or right is None:
        return None
    return logic.and_(_lt(start(left), start(right), precision), _le(start(right), end(left), precision))


def overlaps_after(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They overlap, and the left one ends last."""
    if left is None or right is None:
        return None
    return logic.and_(_lt(end(right), end(left), precision), _le(start(left), end(right), precision))


def meets_before(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """The left one ends just before the right one starts. Null if either is null."""
    if left is None or right is None:
        return None
    last, first = end(left), start(right)
    touching = _eq(arithmetic.successor(last), first, precision) if _has_successor(last) else None
    return False if _le(first, last, precision) is True else touching


def _has_successor(point: Any) -> bool:
    return point is not None and comparison.equal(point, arithmetic.end_of_type(point, first=False)) is not True


def meets_after(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """The left one starts just after the right one ends. Null if either is null."""
    return meets_before(right, left, precision)


def meets(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They touch without sharing a point. Null if either is null."""
    return logic.or_(meets_before(left, right, precision), meets_after(left, right, precision))


def starts(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They start together, and the left one ends no later. Null if either is null."""
    if left is None or right is None:
        return None
    return logic.and_(_eq(start(left), start(right), precision), _le(end(left), end(right), precision))


def ends(left: Interval | None, right: Interval | None, precision: str | None = None) -> bool | None:
    """They end together, and the left one starts no earlier. Null if either is null."""
    if left is None or right is None:
        return None
    return logic.and_(_eq(end(left), end(right), precision), _le(start(right), start(left), precision))


# --- sets ------------------------------------------------------------------------------------------------------------


def union(left: Interval | None, right: Interval | None) -> Interval | None:
    """The interval of both; null if either is null or a gap lies between them."""
    if left is None or right is None or logic.or_(overlaps(left, right), meets(left, right)) is not True:
        return None
    low = left if _le(start(left), start(right), None) else right
    high = left if _le(end(right), end(left), None) else right
    return Interval(low.low, high.high, low.low_closed, high.high_closed)


def intersect(left: Interval | None, right: Interval | None) -> Interval | None:
    """What both share; null if either is null or they share nothing."""
    if left is None or right is None or overlaps(left, right) is False:
        return None
    low, low_closed = _later_low(left, right)
    high, high_closed = _earlier_high(left, right)
    return Interval(low, high, low_closed, high_closed)


def _later_low(left: Interval, right: Interval) -> tuple[Any, bool]:
    order = _le(start(left), start(right), None)
    if order is None:
        return None, False
    later = right if order else left
    return later.low, later.low_closed


def _earlier_high(left: Interval, right: Interval) -> tuple[Any, bool]:
    order = _le(end(left), end(right), None)
    if order is None:
        return None, False
    earlier = left if order else right
    return earlier.high, earlier.high_closed


def except_(left: Interval | None, right: Interval | None) -> Interval | None:
    """What the left one has and the right one has not; null if either is null or the rest is not one interval."""
    if left is None or right is None:
        return None
    if overlaps(left, right) is False:
        return left
    starts_before, ends_after = _lt(start(left), start(right), None), _lt(end(right), end(left), None)
    if starts_before is True and ends_after is False:
        return Interval(left.low, arithmetic.predecessor(start(right)), left.low_closed, True)
    if ends_after is True and starts_before is False:
        return Interval(arithmetic.successor(end(right)), left.high, True, left.high_closed)
    return None


def collapse(intervals: list[Interval | None] | None, per: Quantity | None = None) -> list[Interval] | None:
    """`collapse x per q`: the fewest intervals that cover the same points; `per` bridges gaps of up to that much."""
    if intervals is None:
        return None
    known = [interval for interval in intervals if interval is not None and start(interval) is not None]
    known.sort(key=cmp_to_key(lambda a, b: comparison.order(start(a), start(b)) or 0))
    merged: list[Interval] = []
    for interval in known:
        joined = _joined(merged[-1], interval, per) if merged else None
        if joined is None:
            merged.append(interval)
        else:
            merged[-1] = joined
    return merged


def _joined(left: Interval, right: Interval, per: Quantity | None) -> Interval | None:
    """Both as one, when nothing or no more than `per` lies between them."""
    whole = union(left, right)
    if whole is not None or per is None:
        return whole
    step: Any = per if type(left.high).__name__ in ("Date", "DateTime", "Time", "Quantity") else per.value
    reach = arithmetic.add(end(left), step)
    if reach is None or _le(start(right), reach, None) is not True:
        return None
    last = left if _le(end(right), end(left), None) else right
    return Interval(left.low, last.high, left.low_closed, last.high_closed)
