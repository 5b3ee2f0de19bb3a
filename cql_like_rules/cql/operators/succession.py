"""The value after and before a value, the ends of a type, and what an interval starts and ends with.

The step of a Decimal is 0.00000001, of a date its finest known part.

Source: CQL 1.5.3, Appendix B, Arithmetic Operators (Minimum, Maximum, Predecessor, Successor) and Interval Operators
(Start, End).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, numbers
from cql_like_rules.cql.operators.numbers import EXACT, MAX_DECIMAL, MAX_INTEGER, MIN_DECIMAL, MIN_INTEGER, STEP
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty, between, highest, lowest

_LEAST: dict[type, Any] = {
    int: MIN_INTEGER,
    Decimal: MIN_DECIMAL,
    Date: Date(1, 1, 1),
    DateTime: DateTime(1, 1, 1, 0, 0, 0, 0, date_time.UTC),
    Time: Time(0, 0, 0, 0),
}
_GREATEST: dict[type, Any] = {
    int: MAX_INTEGER,
    Decimal: MAX_DECIMAL,
    Date: Date(9999, 12, 31),
    DateTime: DateTime(9999, 12, 31, 23, 59, 59, 999, date_time.UTC),
    Time: Time(23, 59, 59, 999),
}
_TYPES: dict[str, type] = {"Integer": int, "Decimal": Decimal, "Date": Date, "DateTime": DateTime, "Time": Time}
_ONE = Decimal(1)


def successor(value: Any) -> Any:
    """`successor of x`: the next value; null for null. Raises EvaluationError for the last one of the type."""
    return _neighbour(value, 1)


def predecessor(value: Any) -> Any:
    """`predecessor of x`: the value before; null for null. Raises EvaluationError for the first one of the type."""
    return _neighbour(value, -1)


def minimum_of(type_name: str) -> Any:
    """`minimum T`. Raises EvaluationError for a type that has none."""
    return _end_of(type_name, _LEAST)


def maximum_of(type_name: str) -> Any:
    """`maximum T`. Raises EvaluationError for a type that has none."""
    return _end_of(type_name, _GREATEST)


def least_like(example: Any) -> Any:
    """The least value of the type (and unit) of the example; null when that cannot be told."""
    return _end_like(example, _LEAST)


def greatest_like(example: Any) -> Any:
    """The greatest value of the type (and unit) of the example; null when that cannot be told."""
    return _end_like(example, _GREATEST)


def start(interval: Interval | None) -> Any:
    """`start of x`: the first point.

    Null for null and where both ends are null, because the type is not known then. An open null end can be anything
    up to the end of the interval: an Uncertainty.
    """
    if interval is None:
        return None
    low = interval.low
    if low is not None:
        return low if interval.low_closed else successor(low)
    last = end(interval) if interval.high is not None else None
    least = least_like(last)
    return least if interval.low_closed or least is None else between(least, highest(last))


def end(interval: Interval | None) -> Any:
    """`end of x`: the last point; null and Uncertainty as for `start of x`."""
    if interval is None:
        return None
    high = interval.high
    if high is not None:
        return high if interval.high_closed else predecessor(high)
    first = start(interval) if interval.low is not None else None
    greatest = greatest_like(first)
    return greatest if interval.high_closed or greatest is None else between(lowest(first), greatest)


def _neighbour(value: Any, sign: int) -> Any:
    match value:
        case None:
            return None
        case Date() | DateTime() | Time():
            return _temporal_neighbour(value, sign)
        case Quantity():
            return Quantity(_decimal_neighbour(value.value, sign), value.unit)
        case Decimal():
            return _decimal_neighbour(value, sign)
        case Uncertainty():
            return Uncertainty(_neighbour(value.low, sign), _neighbour(value.high, sign))
    if type(value) is not int:
        raise EvaluationError(f"a {type(value).__name__} has no successor and no predecessor")
    following = numbers.integer_or_null(value + sign)
    if following is None:
        raise _beyond(value, sign)
    return following


def _decimal_neighbour(value: Decimal, sign: int) -> Decimal:
    following = EXACT.add(value, STEP if sign > 0 else -STEP)
    if not MIN_DECIMAL <= following <= MAX_DECIMAL:
        raise _beyond(value, sign)
    return following


def _temporal_neighbour(value: Date | DateTime | Time, sign: int) -> Any:
    moved = date_time.shifted(value, Quantity(_ONE, value.precision), sign)
    # A time of day runs on past midnight; its successor does not.
    if isinstance(value, Time) and date_time.order(moved, value) != sign:
        raise _beyond(value, sign)
    return moved


def _beyond(value: Any, sign: int) -> EvaluationError:
    return EvaluationError(f"nothing comes {'after' if sign > 0 else 'before'} {value}")


def _end_of(type_name: str, ends: dict[type, Any]) -> Any:
    name = type_name.removeprefix("System.")
    if name == "Quantity":
        return Quantity(ends[Decimal])
    if name not in _TYPES:
        raise EvaluationError(f"{type_name} has no minimum and no maximum")
    return ends[_TYPES[name]]


def _end_like(example: Any, ends: dict[type, Any]) -> Any:
    known = lowest(example)
    if type(known) is Quantity:
        return Quantity(ends[Decimal], known.unit)
    return ends.get(type(known))
