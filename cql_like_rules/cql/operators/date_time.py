"""Dates and times: their order, their components, and moving them by a duration.

Values of partial precision make answers unknown. Offsets are brought together for comparisons to the hour or finer;
to the day or coarser, the calendar as written counts.

Source: CQL 1.5.3, Appendix B, section Date and Time Operators.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeAlias, TypeVar

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, UCUM_OF_CALENDAR, Quantity
from cql_like_rules.cql.values.temporal import PRECISIONS, Components, Date, DateTime, Time, days_in_month

Temporal: TypeAlias = Date | DateTime | Time
_Made = TypeVar("_Made", Date, DateTime, Time)

UTC = Decimal(0)
"""The offset that a DateTime without one is in."""

MILLISECONDS_OF = {"week": 604_800_000, "day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
MILLISECONDS_OF["millisecond"] = 1

_CALENDAR_OF_UCUM = {unit: word for word, unit in UCUM_OF_CALENDAR.items()}
_DAYS_OF = {"year": 365, "month": 30}
_FIRST_OF_TIME = 3


# --- order -----------------------------------------------------------------------------------------------------------


def order(a: Temporal, b: Temporal, precision: str | None = None) -> int | None:
    """-1, 0 or 1, compared part by part to the precision or as far as both are known.

    Null when a part that would decide is known on one side only; with a precision, also when both lack it. A Date is
    a DateTime of unknown time. Raises EvaluationError for a Time beside a date.
    """
    if (type(a) is Time) is not (type(b) is Time):
        raise EvaluationError("a time of day cannot be compared with a date")
    if precision is None:
        left, right = a.components, b.components
        limit = 0
    else:
        limit = _depth(precision, a)
        written = limit <= _FIRST_OF_TIME and type(a) is not Time
        left, right = (_written(a), _written(b)) if written else (a.components, b.components)
        left, right = left[:limit], right[:limit]
    for x, y in zip(left, right, strict=False):
        if x != y:
            if x is None or y is None:
                return None
            return -1 if x < y else 1
        if x is None:
            return 0 if precision is None else None
    return 0 if _as_precise(left, right, limit) else None


def _as_precise(left: Components, right: Components, limit: int) -> bool:
    """Whether nothing follows the parts that were compared: a Date has no parts where a DateTime may have some."""
    shared = min(len(left), len(right))
    if limit:
        return shared >= limit
    return len(left) == len(right) or (left[shared:] or right[shared:])[0] is None


def _depth(precision: str, value: Temporal) -> int:
    if precision not in PRECISIONS:
        raise EvaluationError(f"dates are not compared to the {precision}")
    depth = PRECISIONS.index(precision) + 1
    if type(value) is not Time:
        return depth
    if depth <= _FIRST_OF_TIME:
        raise EvaluationError(f"a time of day has no {precision}")
    return depth - _FIRST_OF_TIME


def _written(value: Temporal) -> Components:
    return value.written() if isinstance(value, DateTime) else value.components


# --- components and constructors -------------------------------------------------------------------------------------


def component_from(value: Temporal | None, precision: str | None) -> int | None:
    """`month from x`: null for null and for a component that is not known."""
    if value is None:
        return None
    names = PRECISIONS[_FIRST_OF_TIME:] if isinstance(value, Time) else PRECISIONS
    if precision not in names:
        raise EvaluationError(f"a {type(value).__name__} has no {precision}")
    return dict(zip(names, _written(value), strict=False)).get(precision)


def date_from(value: DateTime | Date | None) -> Date | None:
    """`date from x`: the calendar date as written; null for null."""
    return value if value is None or isinstance(value, Date) else Date(value.year, value.month, value.day)


def time_from(value: DateTime | None) -> Time | None:
    """`time from x`: the time of day as written; null for null and where the hour is not known."""
    if value is None or value.hour is None:
        return None
    return Time(value.hour, value.minute, value.second, value.millisecond)


def timezone_offset_from(value: DateTime | None) -> Decimal | None:
    """`timezoneoffset from x`: hours from UTC, 0 where none was given; null for null."""
    if value is None:
        return None
    return UTC if value.offset is None else value.offset


def as_datetime(value: Date | DateTime) -> DateTime:
    """A date as the DateTime of unknown time."""
    return value if isinstance(value, DateTime) else DateTime(value.year, value.month, value.day)


def date(*parts: int | None) -> Date | None:
    """`Date(year, month, day)`: null for nulls alone. Raises EvaluationError for a date that does not exist.

    A part that is null makes the date less precise; a finer one must not follow it.
    """
    return _made_or_null(Date, parts)


def date_time(*parts: Any) -> DateTime | None:
    """`DateTime(year, …, millisecond, offset)`: null and errors as for `Date`."""
    if len(parts) <= len(PRECISIONS):
        return _made_or_null(DateTime, parts)
    offset = parts[-1]
    return _made_or_null(DateTime, (*parts[:-1], None if offset is None else Decimal(offset)))


def time(*parts: int | None) -> Time | None:
    """`Time(hour, minute, second, millisecond)`: null and errors as for `Date`."""
    return _made_or_null(Time, parts)


def _made_or_null(make: Callable[..., _Made], parts: tuple[Any, ...]) -> _Made | None:
    return None if all(part is None for part in parts) else _made(make, *parts)


def _made(make: Callable[..., _Made], *parts: Any, **offset: Any) -> _Made:
    try:
        return make(*parts, **offset)
    except ValueError as error:
        raise EvaluationError(str(error)) from error


# --- arithmetic ------------------------------------------------------------------------------------------------------


def shifted(value: Temporal, duration: Quantity, sign: int) -> Temporal:
    """The value a duration later (sign 1) or earlier (-1), to the precision it has.

    A duration finer than the value is turned into whole parts of it (24 hours a day, 30 days a month, 365 a year);
    fractions are cut off, except those of a second. A day that the month does not have becomes its last one. A time
    of day runs on past midnight. Raises EvaluationError for a unit that is no duration of the calendar and for a date
    before the year 1 or after 9999.
    """
    unit = _duration_unit(duration.unit, value)
    amount = duration.value * sign
    if unit == "second":
        amount, unit = amount * MILLISECONDS_OF["second"], "millisecond"
    count, unit = _in_parts_of(value, int(amount.to_integral_value(ROUND_DOWN)), unit)
    if isinstance(value, Time):
        return _time_later(value, count * MILLISECONDS_OF[unit])
    parts = _months_later(value, count * 12 if unit == "year" else count) if unit in _DAYS_OF else None
    if parts is None:
        parts = _milliseconds_later(value, count * MILLISECONDS_OF[unit])
    known = [None if before is None else after for before, after in zip(_written(value), parts, strict=False)]
    return _made(DateTime, *known, offset=value.offset) if isinstance(value, DateTime) else _made(Date, *known)


def _duration_unit(unit: str, value: Temporal) -> str:
    word = _CALENDAR_OF_UCUM.get(unit, unit)
    if word not in CALENDAR_UNITS:
        hint = "; write years or months" if unit in ("a", "mo") else ""
        raise EvaluationError(f"'{unit}' is not a calendar duration{hint}")
    of_day = word in PRECISIONS[_FIRST_OF_TIME:]
    if (isinstance(value, Time) and not of_day) or (isinstance(value, Date) and of_day):
        raise EvaluationError(f"a {type(value).__name__} cannot be moved by {word}s")
    return word


def _in_parts_of(value: Temporal, count: int, unit: str) -> tuple[int, str]:
    precision = value.precision
    if unit == "week":
        count, unit = count * 7, "day"
    if PRECISIONS.index(unit) <= PRECISIONS.index(precision):
        return count, unit
    if precision in _DAYS_OF:
        if unit == "month":
            return _cut(count, 12), precision
        days = _cut(count * MILLISECONDS_OF[unit], MILLISECONDS_OF["day"])
        return _cut(days, _DAYS_OF[precision]), precision
    return _cut(count * MILLISECONDS_OF[unit], MILLISECONDS_OF[precision]), precision


def _cut(count: int, by: int) -> int:
    whole = abs(count) // by
    return whole if count >= 0 else -whole


def _months_later(value: Date | DateTime, months: int) -> tuple[int, ...]:
    year, month = divmod(value.year * 12 + (value.month or 1) - 1 + months, 12)
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        raise _out_of_range(value)
    _, _, day, *clock = first_moment(_written(value))
    return (year, month + 1, min(day, days_in_month(year, month + 1)), *clock)


def _milliseconds_later(value: Date | DateTime, milliseconds: int) -> tuple[int, ...]:
    try:
        moved = as_python(first_moment(_written(value))) + datetime.timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise _out_of_range(value) from error
    return (moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond // 1000)


def _out_of_range(value: Temporal) -> EvaluationError:
    return EvaluationError(f"{value} cannot be moved beyond the years 1 to 9999")


def _time_later(value: Time, milliseconds: int) -> Time:
    lengths = (MILLISECONDS_OF["hour"], MILLISECONDS_OF["minute"], MILLISECONDS_OF["second"], 1)
    start = sum((part or 0) * length for part, length in zip(value.components, lengths, strict=True))
    rest = (start + milliseconds) % MILLISECONDS_OF["day"]
    parts: list[int | None] = []
    for part, length in zip(value.components, lengths, strict=True):
        count, rest = divmod(rest, length)
        parts.append(None if part is None else count)
    return _made(Time, *parts)


def first_moment(components: Components) -> tuple[int, int, int, int, int, int, int]:
    """All seven parts of a date, the unknown ones as early as they can be."""
    year, month, day, hour, minute, second, millisecond = (*components, None, None, None, None)[: len(PRECISIONS)]
    return (year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, millisecond or 0)


def as_python(moment: tuple[int, int, int, int, int, int, int]) -> datetime.datetime:
    """The seven parts as a datetime without offset."""
    year, month, day, hour, minute, second, millisecond = moment
    return datetime.datetime(year, month, day, hour, minute, second, millisecond * 1000)
