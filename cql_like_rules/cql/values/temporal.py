"""Date, DateTime and Time, to whatever precision they are known.

A part that is not known is None, and so is every finer part. A DateTime without an offset is in the offset of the
evaluation, which is UTC. Python's `==` compares the parts as they were written; comparison and arithmetic by the
rules of CQL are in `operators.comparison` and `operators.date_time`.

Source: CQL 1.5.3, Author's Guide, Date, DateTime, and Time Values; ISO 8601; FHIR R4, 2.24.0.1 Primitive Types.
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

PRECISIONS = ("year", "month", "day", "hour", "minute", "second", "millisecond")

Components: TypeAlias = tuple[int | None, ...]
_Moment: TypeAlias = tuple[int, int, int, int, int, int, int]

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_CLOCK = r"(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
_OFFSET = r"(Z|[+-]\d\d:\d\d)?"
_DATE_TIME = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d))?)?(?:T(?:{_CLOCK})?{_OFFSET})?")
_TIME = re.compile(rf"T?{_CLOCK}")

_LEAST = (1, 1, 1, 0, 0, 0, 0)
_GREATEST = (9999, 12, 31, 23, 59, 59, 999)
_GREATEST_OFFSET = Decimal(14)
_MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date known to the year, the month or the day.

    `components` holds all three parts, None where unknown. Raises ValueError for a date that does not exist.
    """

    year: int
    month: int | None = None
    day: int | None = None
    components: Components = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        components = (self.year, self.month, self.day)
        _check_components(components, 0)
        object.__setattr__(self, "components", components)

    @classmethod
    def parse(cls, text: str) -> Date:
        """The date written as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. Raises ValueError for anything else."""
        match = _DATE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a date")
        year, month, day = match.groups()
        return cls(int(year), _integer(month), _integer(day))

    @property
    def precision(self) -> str:
        """The finest part that is known: `year`, `month` or `day`."""
        return PRECISIONS[_known(self.components) - 1]

    def low(self) -> Date:
        """The first day that it can mean."""
        return Date(self.year, self.month or 1, self.day or 1)

    def high(self) -> Date:
        """The last day that it can mean."""
        month = self.month or 12
        return Date(self.year, month, self.day or days_in_month(self.year, month))

    def __str__(self) -> str:
        return _date_text(self.year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A moment known to any part from the year to the millisecond; `offset` is in hours from UTC.

    `components` holds all seven parts moved to UTC, None where unknown: what comparisons look at. Raises ValueError
    for a moment that does not exist.
    """

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None
    offset: Decimal | None = None
    components: Components = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        components = self.written()
        _check_components(components, 0)
        if self.offset and self.hour is not None:
            components = _moved_to_utc(components, self.offset)
        object.__setattr__(self, "components", components)

    @classmethod
    def parse(cls, text: str) -> DateTime:
        """The moment written in ISO 8601 to any precision: `2026`, `2026-01T`, `2026-01-15T10:30:00.5+01:00`, `…Z`.

        A fraction of a second may have any number of digits and is cut to milliseconds. Raises ValueError for
        anything else.
        """
        match = _DATE_TIME.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a date and time")
        year, month, day, hour, minute, second, fraction, offset = match.groups()
        if hour is not None and day is None:
            raise ValueError(f"{text!r} has a time but no day")
        return cls(
            int(year),
            _integer(month),
            _integer(day),
            _integer(hour),
            _integer(minute),
            _integer(second),
            _milliseconds(fraction),
            _offset(offset),
        )

    def written(self) -> Components:
        """The seven parts as they were written, in the offset of the value."""
        return (self.year, self.month, self.day, self.hour, self.minute, self.second, self.millisecond)

    @property
    def precision(self) -> str:
        """The finest part that is known: `year` to `millisecond`."""
        return PRECISIONS[_known(self.written()) - 1]

    def low(self) -> DateTime:
        """The first millisecond that it can mean."""
        return DateTime(*_first(self.written()), offset=self.offset)

    def high(self) -> DateTime:
        """The last millisecond that it can mean."""
        return DateTime(*_last(self.written()), offset=self.offset)

    def __str__(self) -> str:
        text = _date_text(self.year, self.month, self.day)
        if self.hour is None:
            return text
        clock = _clock_text(self.hour, self.minute, self.second, self.millisecond)
        return f"{text}T{clock}{_offset_text(self.offset)}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day known to the hour, minute, second or millisecond.

    `components` holds all four parts, None where unknown. Raises ValueError for a time that does not exist.
    """

    hour: int
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None
    components: Components = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        components = (self.hour, self.minute, self.second, self.millisecond)
        _check_components(components, 3)
        object.__setattr__(self, "components", components)

    @classmethod
    def parse(cls, text: str) -> Time:
        """The time written as `HH`, `HH:MM`, `HH:MM:SS` or with a fraction, after an optional `T`.

        A fraction of a second is cut to milliseconds. Raises ValueError for anything else.
        """
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a time")
        hour, minute, second, fraction = match.groups()
        return cls(int(hour), _integer(minute), _integer(second), _milliseconds(fraction))

    @property
    def precision(self) -> str:
        """The finest part that is known: `hour` to `millisecond`."""
        return PRECISIONS[_known(self.components) + 2]

    def low(self) -> Time:
        """The first millisecond that it can mean."""
        return Time(self.hour, self.minute or 0, self.second or 0, self.millisecond or 0)

    def high(self) -> Time:
        """The last millisecond that it can mean."""
        return Time(
            *(limit if part is None else part for part, limit in zip(self.components, (23, 59, 59, 999), strict=True))
        )

    def __str__(self) -> str:
        return _clock_text(self.hour, self.minute, self.second, self.millisecond)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return calendar.monthrange(year, month)[1]


def _first(written: Components) -> _Moment:
    year, month, day, hour, minute, second, millisecond = (
        least if part is None else part for part, least in zip(written, _LEAST, strict=True)
    )
    return (year, month, day, hour, minute, second, millisecond)


def _last(written: Components) -> _Moment:
    year, month, day, hour, minute, second, millisecond = (
        greatest if part is None else part for part, greatest in zip(written, _GREATEST, strict=True)
    )
    if written[2] is None:
        day = days_in_month(year, month)
    return (year, month, day, hour, minute, second, millisecond)


def _known(components: Components) -> int:
    """How many parts are known."""
    return components.index(None) if None in components else len(components)


def _check_components(components: Components, coarsest: int) -> None:
    known = _known(components)
    if known == 0:
        raise ValueError(f"the {PRECISIONS[coarsest]} is missing")
    if any(part is not None for part in components[known:]):
        raise ValueError(f"the {PRECISIONS[coarsest + known]} is missing, but a finer part is given")
    for index, part in enumerate(components[:known], coarsest):
        least, greatest = _LEAST[index], _GREATEST[index]
        if index == 2 and part is not None and part > 28:
            greatest = days_in_month(components[0], components[1])  # type: ignore[arg-type]  # a day has its month
        if part is None or not least <= part <= greatest:
            raise ValueError(f"the {PRECISIONS[index]} must be {least} to {greatest}, not {part}")


def _moved_to_utc(written: Components, offset: Decimal) -> Components:
    if not -_GREATEST_OFFSET <= offset <= _GREATEST_OFFSET:
        raise ValueError(f"the offset from UTC must be -14 to +14 hours, not {offset}")
    year, month, day, hour, minute, second, millisecond = _first(written)
    moment = datetime.datetime(year, month, day, hour, minute, second, millisecond * 1000)
    try:
        moved = moment - datetime.timedelta(minutes=float(offset * _MINUTES_AN_HOUR))
    except OverflowError:
        # In the first or last hours that a DateTime can hold there is no UTC to move to.
        return written
    parts = (*moved.timetuple()[:6], moved.microsecond // 1000)
    return tuple(None if before is None else after for before, after in zip(written, parts, strict=True))


def _integer(text: str | None) -> int | None:
    return None if text is None else int(text)


def _milliseconds(fraction: str | None) -> int | None:
    return None if fraction is None else int(fraction[:3].ljust(3, "0"))


def _offset(text: str | None) -> Decimal | None:
    if text is None:
        return None
    if text == "Z":
        return Decimal(0)
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes >= _MINUTES_AN_HOUR or hours > _GREATEST_OFFSET:
        raise ValueError(f"{text!r} is not an offset from UTC")
    offset = Decimal(hours) + Decimal(minutes) / _MINUTES_AN_HOUR
    return -offset if text[0] == "-" else offset


def _date_text(year: int, month: int | None, day: int | None) -> str:
    text = f"{year:04}"
    if month is not None:
        text += f"-{month:02}"
    return text if day is None else f"{text}-{day:02}"


def _clock_text(hour: int, minute: int | None, second: int | None, millisecond: int | None) -> str:
    text = f"{hour:02}"
    if minute is not None:
        text += f":{minute:02}"
    if second is not None:
        text += f":{second:02}"
    return text if millisecond is None else f"{text}.{millisecond:03}"


def _offset_text(offset: Decimal | None) -> str:
    if offset is None:
        return ""
    minutes = round(abs(offset) * _MINUTES_AN_HOUR)
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
