"""Age, and the time of the evaluation.

The time is that of the evaluation, never that of a clock. An age is a duration: where birth date or day are not known
to the part that is counted, it is an Uncertainty.

Source: CQL 1.5.3, Appendix B, Clinical Operators; Date and Time Operators (Now, Today, TimeOfDay).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from cql_like_rules.cql.operators import date_time, durations
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

Age: TypeAlias = Callable[..., Any]

PERIODS = {
    "Years": "year",
    "Months": "month",
    "Weeks": "week",
    "Days": "day",
    "Hours": "hour",
    "Minutes": "minute",
    "Seconds": "second",
}
"""What the names of the age functions end with, and the period they count."""

_OF_A_DAY = ("hour", "minute", "second")


class Context(Protocol):
    """What these functions need of an evaluation."""

    as_of: DateTime

    @property
    def birth_date(self) -> Date | DateTime | None: ...


def now(*, context: Context) -> DateTime:
    """`Now()`: the moment of the evaluation."""
    return context.as_of


def today(*, context: Context) -> Date | None:
    """`Today()`: the day of the evaluation."""
    return date_time.date_from(context.as_of)


def time_of_day(*, context: Context) -> Time | None:
    """`TimeOfDay()`: the time of day of the evaluation."""
    return date_time.time_from(context.as_of)


def calculate_age_at(precision: str) -> Age:
    """`CalculateAgeInYearsAt(birth date, date)` and its kin: whole periods; null for null."""
    by_day = precision not in _OF_A_DAY

    def calculated(birth: Date | DateTime | None, at: Date | DateTime | None) -> Any:
        if by_day and isinstance(birth, Date):
            at = date_time.date_from(at)
        return durations.duration_between(birth, at, precision)

    return calculated


def age_at(precision: str) -> Age:
    """`AgeInYearsAt(date)` and its kin, of the patient; null without a birth date."""
    calculate = calculate_age_at(precision)

    def age(at: Date | DateTime | None, *, context: Context) -> Any:
        return calculate(context.birth_date, at)

    return age


def age_now(precision: str) -> Age:
    """`AgeInYears()` and its kin, of the patient at the time of the evaluation; null without a birth date."""
    calculate = calculate_age_at(precision)

    def age(*, context: Context) -> Any:
        return calculate(context.birth_date, context.as_of)

    return age


def calculate_age(precision: str) -> Age:
    """`CalculateAgeInYears(birth date)` and its kin, at the time of the evaluation; null for null."""
    calculate = calculate_age_at(precision)

    def age(birth: Date | DateTime | None, *, context: Context) -> Any:
        return calculate(birth, context.as_of)

    return age
