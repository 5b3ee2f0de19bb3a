"""Dates and times: comparison to a precision, durations, differences, arithmetic, components.

Values of partial precision make answers unknown, or a whole number uncertain between two ends.
Source: CQL 1.5.3, Appendix B, Date and Time Operators; Appendix H (timing calculations).
"""

from __future__ import annotations

import datetime
from decimal import ROUND_DOWN, Decimal
from typing import TypeAlias

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import PRECISIONS, Date, DateTime, Time, days_in_month
from cql_like_rules.cql.values.uncertainty import Uncertainty

Temporal: TypeAlias = Date | DateTime | Time

TIME_PRECISIONS = PRECISIONS[3:]

UTC = Decimal(0)
"""The offset that a DateTime without one is taken to have."""

_MILLISECONDS = {"hour": 3_600_000, "minute": 60_000, "second": 1000, "millisecond": 1}
_DAY = 86_400_000
_UNITS = {
    "a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second",
    "ms": "millisecond",
}  # fmt: skip


# --- comparison ------------------------------------------------------------------------------------------------------


def compare(left: Temporal, right: Temporal, precision: str | None = None) -> int | None:
    """-1, 0 or 1, to the precision or as far as both are known; None when what is missing would decide.

    Seconds and milliseconds are one number. Offsets are brought together first.
    """
    left_parts, right_parts, names = _aligned(left, right)
    for name, a, b in zip(names, left_parts, right_parts, strict=True):
        if a is None and b is None:
            return 0 if precision is None else None
        if a is None or b is None:
            return None
        if a != b:
            return -1 if a < b else 1
        if name == precision:
            return 0
    return 0


def _aligned(left: Temporal, right: Temporal) -> tuple[tuple[int | None, ...], tuple[int | None, ...], tuple[str, ...]]:
    if isinstance(left, Time) and isinstance(right, Time):
        return _whole_seconds(left.components), _whole_seconds(right.components), TIME_PRECISIONS
    if isinstance(left, Time) or isinstance(right, Time):
        raise EvaluationError("a time of day cannot be compared with a date")
    a, b = as_datetime(left), as_datetime(right)
    return _whole_seconds(a.components), _whole_seconds(b.components), PRECISIONS


def _whole_seconds(components: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """A known second without milliseconds is that second exactly."""
    if components[-1] is None and components[-2] is not None:
        return (*components[:-1], 0)
    return components


def as_datetime(value: Date | DateTime) -> DateTime:
    """A date as the DateTime of unknown time."""
    return value if isinstance(value, DateTime) else DateTime(value.year, value.month, value.day)


# --- durations and differences ---------------------------------------------------------------------------------------


def duration_between(left: Temporal | None, right: Temporal | None, precision: str | None) -> int | Uncertainty | None:
    """Whole periods from left to right; uncertain when the dates are not precise enough. Null for null."""
    return _between(left, right, precision or "", _duration)


def difference_between(
    left: Temporal | None, right: Temporal | None, precision: str | None
) -> int | Uncertainty | None:
    """Boundaries of the period crossed from left to right; uncertain when not precise enough. Null for null."""
    return _between(left, right, precision or "", _difference)


def _between(left: Temporal | None, right: Temporal | None, precision: str, measure) -> int | Uncertainty | None:  # type: ignore[no-untyped-def]
    if left is None or right is None:
        return None
    if isinstance(left, Time) != isinstance(right, Time):
        raise EvaluationError("a time of day and a date have no time between them")
    low = measure(left.high(), right.low(), precision)
    high = measure(left.low(), right.high(), precision)
    return low if low == high else Uncertainty(low, high)


def _duration(left: Temporal, right: Temporal, precision: str) -> int:
    a, b = _instants(left, right)
    if a > b:
        return -_duration(right, left, precision)
    if precision in ("year", "month"):
        months = (b.year - a.year) * 12 + b.month - a.month
        if (b.day, b.time()) < (a.day, a.time()):
            months -= 1
        return months // 12 if precision == "year" else months
    milliseconds = (b - a) // datetime.timedelta(milliseconds=1)
    return milliseconds // _length_of(precision)


def _difference(left: Temporal, right: Temporal, precision: str) -> int:
    a, b = _instants(left, right)
    if precision == "year":
        return b.year - a.year
    if precision == "month":
        return (b.year - a.year) * 12 + b.month - a.month
    if precision == "week":
        return (_sunday(b) - _sunday(a)).days // 7
    if precision == "day":
        return (b.date() - a.date()).days
    unit = datetime.timedelta(milliseconds=_length_of(precision))
    start = datetime.datetime.min
    return (b - start) // unit - (a - start) // unit


def _length_of(precision: str) -> int:
    if precision in _MILLISECONDS:
        return _MILLISECONDS[precision]
    if precision in ("day", "week"):
        return _DAY * (7 if precision == "week" else 1)
    raise EvaluationError(f"time cannot be counted in '{precision}'")


def _sunday(moment: datetime.datetime) -> datetime.date:
    return moment.date() - datetime.timedelta(days=(moment.weekday() + 1) % 7)


def _instants(left: Temporal, right: Temporal) -> tuple[datetime.datetime, datetime.datetime]:
    """Two values of full precision as points on one scale, in the offset of the left one."""
    moved = _python(right)
    if isinstance(left, DateTime) and isinstance(right, DateTime):
        moved += datetime.timedelta(minutes=float(((left.offset or UTC) - (right.offset or UTC)) * 60))
    return _python(left), moved


def _python(value: Temporal) -> datetime.datetime:
    if isinstance(value, Time):
        return datetime.datetime(
            1, 1, 1, value.hour, value.minute or 0, value.second or 0, (value.millisecond or 0) * 1000
        )
    full = as_datetime(value).low()  # in its own offset
    return datetime.datetime(
        full.year, full.month or 1, full.day or 1,
        full.hour or 0, full.minute or 0, full.second or 0, (full.millisecond or 0) * 1000,
    )  # fmt: skip


# --- arithmetic ------------------------------------------------------------------------------------------------------


def shifted(value: Temporal, quantity: Quantity, sign: int) -> Temporal | None:
    """The value a duration later (sign 1) or earlier (-1), in its own precision; None beyond the year 1 or 9999.

    Fractions of a period are cut off. Raises EvaluationError for a unit that is no duration.
    """
    unit = _UNITS.get(quantity.unit, quantity.unit)
    if unit not in PRECISIONS and unit != "week":
        raise EvaluationError(f"'{quantity.unit}' is not a duration")
    if unit == "second" and quantity.value != quantity.value.to_integral_value():
        amount, unit = _cut(quantity.value * 1000), "millisecond"
    else:
        amount = _cut(quantity.value)
    if unit == "week":
        amount, unit = amount * 7, "day"
    if isinstance(value, Time):
        return _shifted_time(value, sign * amount, unit)
    amount, unit = _in_precision_of(value.precision, sign * amount, unit)
    return _shifted_date(value, amount, unit)


def _cut(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_DOWN))


def _in_precision_of(precision: str, amount: int, unit: str) -> tuple[int, str]:
    """The amount in the value's own precision when it is given in a finer one (24 hours a day, 30 days a month)."""
    ladder = [("millisecond", 1000), ("second", 60), ("minute", 60), ("hour", 24), ("day", 30), ("month", 12)]
    names = [name for name, _ in ladder] + ["year"]
    while names.index(unit) < names.index(precision):
        step = dict(ladder)[unit]
        amount = abs(amount) // step * (1 if amount >= 0 else -1)
        unit = names[names.index(unit) + 1]
    return amount, unit


def _shifted_date(value: Date | DateTime, amount: int, unit: str) -> Date | DateTime | None:
    parts = list(value.written() if isinstance(value, DateTime) else value.components)
    if unit in ("year", "month"):
        months = value.year * 12 + (value.month or 1) - 1 + amount * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            return None
        parts[0] = year
        if value.month is not None:
            parts[1] = month + 1
        if value.day is not None:
            parts[2] = min(value.day, days_in_month(year, month + 1))
    else:
        try:
            moved = _python(value) + datetime.timedelta(milliseconds=amount * _length_of(unit))
        except OverflowError:
            return None
        moved_parts = [
            moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond // 1000,
        ]  # fmt: skip
        parts = [new if old is not None else None for old, new in zip(parts, moved_parts, strict=False)]
    if isinstance(value, DateTime):
        return DateTime(*parts, value.offset)  # type: ignore[arg-type]
    return Date(*parts)  # type: ignore[arg-type]


def _shifted_time(value: Time, amount: int, unit: str) -> Time:
    """A time of day runs on past midnight."""
    if unit not in TIME_PRECISIONS:
        raise EvaluationError(f"a time of day cannot be moved by a {unit}")
    amount, unit = _in_precision_of(value.precision, amount, unit)
    total = (_python(value) - datetime.datetime(1, 1, 1)) // datetime.timedelta(milliseconds=1)
    total = (total + amount * _MILLISECONDS[unit]) % _DAY
    parts = (total // 3_600_000, total // 60_000 % 60, total // 1000 % 60, total % 1000)
    return Time(*(new for old, new in zip(value.components, parts, strict=True) if old is not None))


# --- components ------------------------------------------------------------------------------------------------------


def component_from(value: Temporal | None, precision: str | None) -> int | None:
    """`year from x` and so on. Null for null, and for a component that is not known."""
    if value is None:
        return None
    names = TIME_PRECISIONS if isinstance(value, Time) else PRECISIONS
    written = value.written() if isinstance(value, DateTime) else value.components
    parts = dict(zip(names, written, strict=False))
    if precision not in parts and not (isinstance(value, Date) and precision in PRECISIONS):
        raise EvaluationError(f"there is no {precision} in {value}")
    return parts.get(precision)


def date_from(value: Date | DateTime | None) -> Date | None:
    """`date from x`. Null for null."""
    return Date(value.year, value.month, value.day) if isinstance(value, DateTime) else value


def time_from(value: DateTime | None) -> Time | None:
    """`time from x`. Null for null, and where the time is not known."""
    if value is None or value.hour is None:
        return None
    return Time(value.hour, value.minute, value.second, value.millisecond)


def timezone_offset_from(value: DateTime | None) -> Decimal | None:
    """`timezoneoffset from x` in hours. Null for null, and where no offset was given."""
    return None if value is None else value.offset
