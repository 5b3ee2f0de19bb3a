"""Dates of FHIR JSON, and the calendar days that ages and intervals are counted in."""

from __future__ import annotations

import calendar
import datetime
from decimal import Decimal
from typing import Any

from cql_like_rules import lenient
from cql_like_rules.cql.values.temporal import Date, DateTime


def read_time(json: Any) -> DateTime | None:
    """A FHIR date, dateTime or instant as a DateTime of the same precision; None when it cannot be read."""
    written = lenient.text(json)
    if not written:
        return None
    try:
        return DateTime.parse(written)
    except ValueError:
        return None


def day_of(time: DateTime | Date | None) -> datetime.date | None:
    """The calendar day as it was written, whatever the offset; None when there is no full date."""
    if time is None or time.month is None or time.day is None:
        return None
    return datetime.date(time.year, time.month, time.day)


def earliest_day(time: DateTime | Date) -> datetime.date:
    """The first day that a date can mean: its own, or the first of its month or year."""
    return datetime.date(time.year, time.month or 1, time.day or 1)


def date_value(day: datetime.date) -> Date:
    """The System date of a calendar day."""
    return Date(day.year, day.month, day.day)


def plus(day: datetime.date, value: Decimal, unit: str) -> datetime.date | None:
    """The day after a number of UCUM days, weeks, months or years; None for other units and parts of a month.

    Months and years are those of the calendar; a day that the month does not have becomes its last one. None too for a
    day beyond the years that dates can have.
    """
    if unit in ("d", "wk"):
        ordinal = day.toordinal() + int(value * (7 if unit == "wk" else 1))
        return datetime.date.fromordinal(ordinal) if 1 <= ordinal <= datetime.date.max.toordinal() else None
    if unit not in ("mo", "a") or value != value.to_integral_value():
        return None
    months = day.year * 12 + day.month - 1 + int(value) * (12 if unit == "a" else 1)
    year, month = divmod(months, 12)
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        return None
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
