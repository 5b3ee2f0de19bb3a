"""Age, and the evaluation's own time (CQL 1.5.3, Appendix B, Clinical Operators; Date and Time Operators).

The time is that of the evaluation, never a clock's.
"""

from __future__ import annotations

from typing import Any, Protocol

from cql_like_rules.cql.operators import date_time
from cql_like_rules.cql.values.temporal import Date, DateTime, Time


class Context(Protocol):
    """What these operators need of an evaluation."""

    as_of: DateTime

    @property
    def birth_date(self) -> Date | DateTime | None: ...


def now(*, context: Context) -> DateTime:
    """`Now()`."""
    return context.as_of


def today(*, context: Context) -> Date | None:
    """`Today()`."""
    return date_time.date_from(context.as_of)


def time_of_day(*, context: Context) -> Time | None:
    """`TimeOfDay()`."""
    return date_time.time_from(context.as_of)


def calculate_age_at(precision: str) -> Any:
    """`CalculateAgeInYearsAt(birth date, date)` and the like: whole periods; null for null."""

    def calculate(birth: Date | DateTime | None, at: Date | DateTime | None) -> Any:
        if isinstance(birth, Date) and isinstance(at, DateTime) and precision in ("year", "month", "week", "day"):
            at = date_time.date_from(at)
        return date_time.duration_between(birth, at, precision)

    return calculate


def age_at(precision: str) -> Any:
    """`AgeInYearsAt(date)` and the like, of the patient; null without a birth date."""
    calculate = calculate_age_at(precision)

    def age(at: Date | DateTime | None, *, context: Context) -> Any:
        return calculate(context.birth_date, at)

    return age


def age(precision: str) -> Any:
    """`AgeInYears()` and the like, of the patient on the day of the evaluation; null without a birth date."""
    calculate = calculate_age_at(precision)

    def age_now(*, context: Context) -> Any:
        return calculate(context.birth_date, context.as_of)

    return age_now


def calculate_age(precision: str) -> Any:
    """`CalculateAgeInYears(birth date)` and the like, on the day of the evaluation."""
    calculate = calculate_age_at(precision)

    def age_of(birth: Date | DateTime | None, *, context: Context) -> Any:
        return calculate(birth, context.as_of)

    return age_of
