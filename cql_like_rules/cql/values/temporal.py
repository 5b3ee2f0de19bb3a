"""Date, DateTime and Time with partial precision (CQL 1.5.3, Author's Guide, Date, DateTime, and Time).

A component that is not known is None, and so is everything after it. A value of partial precision stands for a range:
`low()` and `high()` are its ends. All three parse ISO 8601 text as CQL literals and FHIR elements write it.
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

DATE_PRECISIONS = ("year", "month", "day")
TIME_PRECISIONS = ("hour", "minute", "second", "millisecond")
DATETIME_PRECISIONS = DATE_PRECISIONS + TIME_PRECISIONS

_TIME_TEXT = r"(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_DATETIME = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d))?)?(?:T(?:{_TIME_TEXT})?(Z|[+-]\d\d:\d\d)?)?")
_TIME = re.compile(rf"T?{_TIME_TEXT}")

_CEILINGS = {"hour": 23, "minute": 59, "second": 59, "millisecond": 999}


def days_in_month(year: int, month: int) -> int:
    """The number of days of a month of the proleptic Gregorian calendar."""
    return calendar.monthrange(year, month)[1]


def _check(values: tuple[int | None, ...], ceilings: tuple[tuple[int, int], ...]) -> None:
    missing = False
    for value, (low, high) in zip(values, ceilings, strict=True):
        if value is None:
            missing = True
        elif missing or not low <= value <= high:
            raise ValueError(f"not a valid date or time: {values}")


def _milliseconds(fraction: str | None) -> int | None:
    """Milliseconds of a fraction of a second, cut off, never rounded up into the next second."""
    return None if fraction is None else int(fraction[:3].ljust(3, "0"))


def _offset(text: str | None) -> Decimal | None:
    if text is None:
        return None
    if text == "Z":
        return Decimal(0)
    hours = Decimal(text[1:3]) + Decimal(text[4:6]) / 60
    if hours > 14:
        raise ValueError(f"not a timezone offset: {text}")
    return -hours if text[0] == "-" else hours


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date, perhaps only its month or year. Raises ValueError for a day that does not exist."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        _check((self.year, self.month, self.day), ((1, 9999), (1, 12), (1, 31)))
        if self.day is not None and self.month is not None and self.day > days_in_month(self.year, self.month):
            raise ValueError(f"not a valid date: {self.year}-{self.month}-{self.day}")

    @classmethod
    def parse(cls, text: str) -> Date:
        """The date that an ISO 8601 text (`2026`, `2026-01`, `2026-01-15`) writes. Raises ValueError when it is none."""
        return _parsed_date(text)

    @property
    def components(self) -> tuple[int | None, ...]:
        return (self.year, self.month, self.day)

    @property
    def precision(self) -> str:
        """The last component that is known: `year`, `month` or `day`."""
        return DATE_PRECISIONS[sum(part is not None for part in self.components) - 1]

    def low(self) -> Date:
        """The first day of the range that the date stands for."""
        return Date(self.year, self.month or 1, self.day or 1)

    def high(self) -> Date:
        """The last day of the range that the date stands for."""
        month = self.month or 12
        return Date(self.year, month, self.day or days_in_month(self.year, month))

    def to(self, precision: str) -> Date:
        """The date cut off after a component."""
        kept = DATE_PRECISIONS.index(precision) + 1
        return Date(*(part for part in self.components[:kept] if part is not None))

    def __str__(self) -> str:
        return _date_text(self.year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A point in time, perhaps only its day, month or year.

    `offset` is the difference from UTC in hours; without one, the evaluation's own offset (UTC) is meant.
    Raises ValueError for a day or hour that does not exist.
    """

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None
    offset: Decimal | None = None

    def __post_init__(self) -> None:
        _check(
            self.components,
            ((1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59), (0, 999)),
        )
        if self.day is not None and self.month is not None and self.day > days_in_month(self.year, self.month):
            raise ValueError(f"not a valid date: {self.year}-{self.month}-{self.day}")

    @classmethod
    def parse(cls, text: str) -> DateTime:
        """The point in time that a text writes (`2026-01-15T09:30:00.5+01:00`, any part of it, FHIR's `instant`).

        Raises ValueError when it writes none.
        """
        return _parsed_datetime(text)

    @property
    def components(self) -> tuple[int | None, ...]:
        return (self.year, self.month, self.day, self.hour, self.minute, self.second, self.millisecond)

    @property
    def precision(self) -> str:
        """The last component that is known, `year` to `millisecond`."""
        return DATETIME_PRECISIONS[sum(part is not None for part in self.components) - 1]

    def low(self) -> DateTime:
        """The first millisecond of the range that it stands for."""
        return DateTime(
            self.year, self.month or 1, self.day or 1,
            self.hour or 0, self.minute or 0, self.second or 0, self.millisecond or 0, self.offset,
        )  # fmt: skip

    def high(self) -> DateTime:
        """The last millisecond of the range that it stands for."""
        month = self.month or 12
        rest = [
            _CEILINGS[name] if part is None else part
            for name, part in zip(TIME_PRECISIONS, self.components[3:], strict=True)
        ]
        return DateTime(self.year, month, self.day or days_in_month(self.year, month), *rest, self.offset)

    def to(self, precision: str) -> DateTime:
        """The same point in time cut off after a component."""
        kept = DATETIME_PRECISIONS.index(precision) + 1
        return DateTime(*self.components[:kept], *([None] * (7 - kept)), self.offset)  # type: ignore[arg-type]

    def date(self) -> Date:
        """Its calendar date, in its own offset."""
        return Date(self.year, self.month, self.day)

    def at_offset(self, offset: Decimal) -> DateTime:
        """The same point in time in another offset; components below the hour's precision stay unknown."""
        own = self.offset if self.offset is not None else Decimal(0)
        if self.hour is None or own == offset:
            return replace(self, offset=offset)
        shifted = _python(self) + datetime.timedelta(minutes=float((offset - own) * 60))
        kept = DATETIME_PRECISIONS.index(self.precision) + 1
        parts: list[int | None] = [
            shifted.year, shifted.month, shifted.day,
            shifted.hour, shifted.minute, shifted.second, shifted.microsecond // 1000,
        ]  # fmt: skip
        return DateTime(*parts[:kept], *([None] * (7 - kept)), offset)  # type: ignore[arg-type]

    def __str__(self) -> str:
        text = _date_text(self.year, self.month, self.day)
        if self.hour is not None:
            text += "T" + _time_text(self.hour, self.minute, self.second, self.millisecond)
        elif self.day is None or self.offset is not None:
            text += "T"
        return text if self.offset is None or self.hour is None else text + _offset_text(self.offset)


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day, perhaps only its hour. Raises ValueError for one that does not exist."""

    hour: int
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None

    def __post_init__(self) -> None:
        _check(self.components, ((0, 23), (0, 59), (0, 59), (0, 999)))

    @classmethod
    def parse(cls, text: str) -> Time:
        """The time that a text (`10:30`, `T10:30:00.000`) writes. Raises ValueError when it writes none."""
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueError(f"not a time: {text}")
        hour, minute, second, fraction = match.groups()
        return cls(int(hour), _whole(minute), _whole(second), _milliseconds(fraction))

    @property
    def components(self) -> tuple[int | None, ...]:
        return (self.hour, self.minute, self.second, self.millisecond)

    @property
    def precision(self) -> str:
        """The last component that is known, `hour` to `millisecond`."""
        return TIME_PRECISIONS[sum(part is not None for part in self.components) - 1]

    def low(self) -> Time:
        """The first millisecond of the range that it stands for."""
        return Time(self.hour, self.minute or 0, self.second or 0, self.millisecond or 0)

    def high(self) -> Time:
        """The last millisecond of the range that it stands for."""
        return Time(
            *(
                _CEILINGS[name] if part is None else part
                for name, part in zip(TIME_PRECISIONS, self.components, strict=True)
            )
        )

    def to(self, precision: str) -> Time:
        """The time cut off after a component."""
        kept = TIME_PRECISIONS.index(precision) + 1
        return Time(*(part for part in self.components[:kept] if part is not None))

    def __str__(self) -> str:
        return _time_text(self.hour, self.minute, self.second, self.millisecond)


def _python(value: DateTime) -> datetime.datetime:
    low = value.low()
    assert low.month is not None
    assert low.day is not None
    return datetime.datetime(
        low.year, low.month, low.day, low.hour or 0, low.minute or 0, low.second or 0, (low.millisecond or 0) * 1000
    )


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


@lru_cache(maxsize=4096)
def _parsed_date(text: str) -> Date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date: {text}")
    year, month, day = match.groups()
    return Date(int(year), _whole(month), _whole(day))


@lru_cache(maxsize=4096)
def _parsed_datetime(text: str) -> DateTime:
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date and time: {text}")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    return DateTime(
        int(year), _whole(month), _whole(day),
        _whole(hour), _whole(minute), _whole(second), _milliseconds(fraction), _offset(offset),
    )  # fmt: skip


def _date_text(year: int, month: int | None, day: int | None) -> str:
    text = f"{year:04d}"
    if month is not None:
        text += f"-{month:02d}"
    if day is not None:
        text += f"-{day:02d}"
    return text


def _time_text(hour: int, minute: int | None, second: int | None, millisecond: int | None) -> str:
    text = f"{hour:02d}"
    if minute is not None:
        text += f":{minute:02d}"
    if second is not None:
        text += f":{second:02d}"
    if millisecond is not None:
        text += f".{millisecond:03d}"
    return text


def _offset_text(offset: Decimal) -> str:
    minutes = int(abs(offset) * 60)
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
