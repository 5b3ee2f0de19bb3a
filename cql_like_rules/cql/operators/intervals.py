"""Intervals: their ends, what they contain, and how two of them stand to each other.

A closed end that is null reaches to the end of the type, an open one is unknown. In the relations a point counts as
the interval of that point alone; `precision` compares dates to that part. Null when an operand is null, unless it
says otherwise, and when it is not known.

Source: CQL 1.5.3, Appendix B, Interval Operators; Date and Time Operators for points.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, comparison
from cql_like_rules.cql.operators.comparison import bounds, less_or_equal, less_to, same_to
from cql_like_rules.cql.operators.numbers import STEP, is_number
from cql_like_rules.cql.operators.succession import end, start, successor
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

Truth = logic.Truth


def checked(interval: Interval) -> Interval:
    """The interval with both ends of one type. Raises EvaluationError when it ends before it starts."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return interval
    if type(low) is not type(high):
        interval = Interval(*_one_type(low, high), interval.low_closed, interval.high_closed)
    if _is_empty(interval):
        raise EvaluationError(f"the interval ends before it starts: {interval}")
    return interval


def _one_type(low: Any, high: Any) -> tuple[Any, Any]:
    if is_number(low) and is_number(high):
        return Decimal(low), Decimal(high)
    return comparison.alike(low, high)


def _is_empty(interval: Interval) -> bool:
    if comparison.less(interval.high, interval.low) is True:
        return True
    if interval.low_closed and interval.high_closed:
        return False
    return comparison.less(end(interval), start(interval)) is True


def width(interval: Interval | None) -> Any:
    """`width of x`: end minus start; null where an end is not known. Raises EvaluationError for dates."""
    if interval is None:
        return None
    first, last = _measurable_ends("width", interval)
    return None if first is None or last is None else arithmetic.subtract(last, first)


def size(interval: Interval | None) -> Any:
    """`Size(x)`: the width and one step more; null where an end is not known. Raises EvaluationError for dates."""
    wide = width(interval)
    if wide is None:
        return None
    if type(wide) is Quantity:
        return arithmetic.add(wide, Quantity(STEP, wide.unit))
    return arithmetic.add(wide, 1 if type(wide) is int else STEP)


def _measurable_ends(name: str, interval: Interval) -> tuple[Any, Any]:
    if any(isinstance(point, Date | DateTime | Time) for point in (interval.low, interval.high)):
        raise EvaluationError(f"the {name} of an interval of dates is not defined: use a duration or difference")
    known = interval.low is not None or interval.low_closed, interval.high is not None or interval.high_closed
    return (start(interval), end(interval)) if all(known) else (None, None)


def point_from(interval: Interval | None) -> Any:
    """`point from x`: the only point. Raises EvaluationError when there are several."""
    if interval is None:
        return None
    first = start(interval)
    if comparison.equal(first, end(interval)) is not True:
        raise EvaluationError(f"{interval} is not a single point")
    return first


def between(value: Any, low: Any, high: Any) -> Truth:
    """`x between low and high`: both ends included; of an interval, whether it lies within them."""
    if isinstance(value, Interval):
        return includes(checked(Interval(low, high)), value)
    return logic.and_(less_or_equal(low, value), less_or_equal(value, high))


# --- containing ------------------------------------------------------------------------------------------------------


def contains(interval: Interval | None, point: Any, precision: str | None = None) -> Truth:
    """Whether the point lies between start and end; false in null, null for a null point."""
    if interval is None:
        return False
    if point is None:
        return None
    unbounded = interval.low is None and interval.low_closed
    on_or_after = True if unbounded else logic.not_(less_to(point, start(interval), precision))
    if on_or_after is False or (interval.high is None and interval.high_closed):
        return on_or_after
    return logic.and_(on_or_after, logic.not_(less_to(end(interval), point, precision)))


def properly_contains(interval: Interval | None, point: Any, precision: str | None = None) -> Truth:
    """Whether the point lies after the start and before the end; false in null, null for a null point."""
    if interval is None:
        return False
    if point is None:
        return None
    first, last = bounds(interval, Interval(point, point))
    return logic.and_(less_to(first, point, precision), less_to(point, last, precision))


def includes(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether every point of b is in a."""
    if a is None or b is None:
        return None
    (a_start, a_end), (b_start, b_end) = bounds(a, b), bounds(b, a)
    return logic.and_(logic.not_(less_to(b_start, a_start, precision)), logic.not_(less_to(a_end, b_end, precision)))


def properly_includes(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether every point of b is in a, and a is larger."""
    if a is None or b is None:
        return None
    (a_start, a_end), (b_start, b_end) = bounds(a, b), bounds(b, a)
    larger = logic.or_(less_to(a_start, b_start, precision), less_to(b_end, a_end, precision))
    return logic.and_(includes(a, b, precision), larger)


# --- before, after, same ---------------------------------------------------------------------------------------------


def before(a: Any, b: Any, precision: str | None = None) -> Truth:
    """Whether a ends before b starts."""
    return less_to(_last(a), _first(b), precision)


def after(a: Any, b: Any, precision: str | None = None) -> Truth:
    """Whether a starts after b ends."""
    return less_to(_last(b), _first(a), precision)


def same_or_before(a: Any, b: Any, precision: str | None = None) -> Truth:
    """Whether a ends before b starts or where it starts."""
    return logic.not_(less_to(_first(b), _last(a), precision))


def same_or_after(a: Any, b: Any, precision: str | None = None) -> Truth:
    """Whether a starts after b ends or where it ends."""
    return logic.not_(less_to(_first(a), _last(b), precision))


def same_as(a: Any, b: Any, precision: str | None = None) -> Truth:
    """Whether a and b start and end together."""
    starting = same_to(_first(a), _first(b), precision)
    if not (isinstance(a, Interval) or isinstance(b, Interval)):
        return starting
    return logic.and_(starting, same_to(_last(a), _last(b), precision))


def _first(value: Any) -> Any:
    return start(value) if type(value) is Interval else value


def _last(value: Any) -> Any:
    return end(value) if type(value) is Interval else value


# --- touching --------------------------------------------------------------------------------------------------------


def overlaps(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b share a point."""
    return logic.and_(
        logic.not_(less_to(end(b), start(a), precision)), logic.not_(less_to(end(a), start(b), precision))
    )


def overlaps_before(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b share a point, and a starts first."""
    return logic.and_(less_to(start(a), start(b), precision), overlaps(a, b, precision))


def overlaps_after(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b share a point, and a ends last."""
    return logic.and_(less_to(end(b), end(a), precision), overlaps(a, b, precision))


def meets(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b follow each other without a gap and without a common point."""
    return logic.or_(meets_before(a, b, precision), meets_after(a, b, precision))


def meets_before(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether b starts right after a ends."""
    last, first = end(a), start(b)
    if less_to(last, first, None) is False:
        return False
    if last is None or first is None or type(last) is Uncertainty or type(first) is Uncertainty:
        return None
    return same_to(successor(last), first, precision)


def meets_after(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a starts right after b ends."""
    return meets_before(b, a, precision)


def starts(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b start together, and a ends no later."""
    return logic.and_(same_to(start(a), start(b), precision), logic.not_(less_to(end(b), end(a), precision)))


def ends(a: Interval | None, b: Interval | None, precision: str | None = None) -> Truth:
    """Whether a and b end together, and a starts no earlier."""
    return logic.and_(same_to(end(a), end(b), precision), logic.not_(less_to(start(a), start(b), precision)))
