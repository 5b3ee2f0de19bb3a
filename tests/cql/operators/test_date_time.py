"""Dates and times: precision, components, arithmetic, durations and ages."""

from __future__ import annotations

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import FUNCTIONS, arithmetic, date_time, durations, intervals
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

D = Decimal


def later(value: Any, number: str, unit: str) -> Any:
    return arithmetic.add(value, Quantity(D(number), unit))


def earlier(value: Any, number: str, unit: str) -> Any:
    return arithmetic.subtract(value, Quantity(D(number), unit))


@pytest.mark.parametrize(
    ("value", "number", "unit", "expected"),
    [
        (Date(2012, 1, 31), "1", "month", Date(2012, 2, 29)),
        (Date(2012, 2, 29), "1", "year", Date(2013, 2, 28)),
        (Date(2014), "25", "month", Date(2016)),
        (Date(2014, 6), "33", "day", Date(2014, 7)),
        (Date(2014, 6, 1), "1.9", "week", Date(2014, 6, 8)),
        (DateTime(2014), "735", "day", DateTime(2016)),
        (DateTime(2005, 5, 10), "5", "hour", DateTime(2005, 5, 10)),
        (DateTime(2005, 5, 10), "25", "h", DateTime(2005, 5, 11)),
        (DateTime(2016, 6, 10, 5, 5, 5, 5), "995", "ms", DateTime(2016, 6, 10, 5, 5, 6, 0)),
        (DateTime(2016, 6, 10, 5, 5, 5, 0), "1.5", "second", DateTime(2016, 6, 10, 5, 5, 6, 500)),
        (DateTime(2016, 6, 10, 23, offset=D(-5)), "2", "hour", DateTime(2016, 6, 11, 1, offset=D(-5))),
        (Time(23, 30), "1", "hour", Time(0, 30)),
        (Time(15, 59, 59, 999), "1", "s", Time(16, 0, 0, 999)),
    ],
)
def test_a_date_moves_in_the_precision_it_has(value: Any, number: str, unit: str, expected: Any) -> None:
    assert later(value, number, unit) == expected


def test_a_partial_date_is_moved_back_as_well() -> None:
    assert earlier(DateTime(2016, 5), "31535999", "second") == DateTime(2015, 5)
    assert earlier(Time(0, 30), "1", "hour") == Time(23, 30)


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (Date(2012, 1, 1), "a", "write years or months"),
        (Date(2012, 1, 1), "mo", "write years or months"),
        (Date(2012, 1, 1), "mg", "not a calendar duration"),
        (Date(2012, 1, 1), "hour", "a Date cannot be moved by hours"),
        (Time(10), "day", "a Time cannot be moved by days"),
    ],
)
def test_only_durations_of_the_calendar_move_a_date(value: Any, unit: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        later(value, "1", unit)


@pytest.mark.parametrize("unit", ["year", "month", "day", "week"])
def test_a_date_does_not_move_beyond_the_calendar(unit: str) -> None:
    with pytest.raises(EvaluationError, match="years 1 to 9999"):
        earlier(Date(2005, 10, 10), "200500000", unit)


@pytest.mark.parametrize(
    ("a", "b", "precision", "expected"),
    [
        (Date(2012, 3, 10), Date(2013, 3, 10), "year", 1),
        (Date(2012, 3, 10), Date(2013, 3, 9), "year", 0),
        (Date(2012, 2, 29), Date(2013, 2, 28), "year", 1),
        (Date(2014, 1, 31), Date(2014, 2, 1), "month", 0),
        (Date(2014, 1, 31), Date(2014, 2, 28), "month", 1),
        (Date(2014, 2, 1), Date(2014, 1, 1), "month", -1),
        (Date(2014, 1, 1), Date(2014, 1, 15), "week", 2),
        (Date(1972, 2), Date(2027, 2, 15), "year", Uncertainty(54, 55)),
        (Date(1972, 1), Date(2027, 2, 15), "year", 55),
        (DateTime(2005), DateTime(2010), "year", Uncertainty(4, 5)),
        (DateTime(2005, 5), DateTime(2010, 4), "year", 4),
        (DateTime(2014, 1, 15), DateTime(2014, 2), "day", Uncertainty(16, 44)),
        (DateTime(2012, 3, 10, 22, 5, 9), DateTime(2012, 3, 24, 7, 19, 33), "week", 1),
        (DateTime(2017, 3, 12, 1, 0, 0, offset=D(-7)), DateTime(2017, 3, 12, 3, 0, 0, offset=D(-6)), "hour", 1),
        (Time(6), Time(7, 0, 0), "hour", 1),
        (None, Date(2012), "year", None),
        (Uncertainty(Date(2012, 1, 1), Date(2012, 1, 3)), Date(2012, 1, 5), "day", Uncertainty(2, 4)),
    ],
)
def test_a_duration_counts_whole_periods(a: Any, b: Any, precision: str, expected: Any) -> None:
    assert durations.duration_between(a, b, precision) == expected


@pytest.mark.parametrize(
    ("a", "b", "precision", "expected"),
    [
        (Date(2012, 12, 31), Date(2013, 1, 1), "year", 1),
        (DateTime(2000, 10, 15), DateTime(2000, 10, 28), "week", 1),
        (DateTime(2000, 10, 15), DateTime(2000, 10, 29), "week", 2),
        (DateTime(2000, 10, 15, 10, 59), DateTime(2000, 10, 15, 11, 0), "hour", 1),
        (DateTime(2000, 10, 15, 23, offset=D(-5)), DateTime(2000, 10, 16, 1, offset=D(-5)), "day", 1),
        (Date(2012, 1, 2), Date(2012), "month", Uncertainty(0, 11)),
        (Time(20, 20, 15, 555), Time(20, 25, 15, 555), "minute", 5),
    ],
)
def test_a_difference_counts_boundaries(a: Any, b: Any, precision: str, expected: Any) -> None:
    assert durations.difference_between(a, b, precision) == expected


@pytest.mark.parametrize(
    ("a", "b", "precision"),
    [(Time(1), Date(2012), "hour"), (Time(1), Time(2), "day"), (Date(2012), Date(2013), "fortnight"), (1, 2, "day")],
)
def test_time_lies_only_between_values_that_go_together(a: Any, b: Any, precision: str) -> None:
    with pytest.raises(EvaluationError):
        durations.duration_between(a, b, precision)


@pytest.mark.parametrize(
    ("a", "b", "precision", "same", "before"),
    [
        (DateTime(2014, 12, 10), DateTime(2014, 12, 31), "month", True, False),
        (DateTime(2014, 10), DateTime(2014, 10, 12), "day", None, None),
        (DateTime(2014, 10), DateTime(2014, 10), "day", None, None),
        (DateTime(2013), DateTime(2014, 10), "month", False, True),
        (DateTime(2012, 3, 10, 10, offset=D(7)), DateTime(2012, 3, 10, 9, offset=D(6)), "hour", True, False),
        (DateTime(2014, 1, 15, 23, offset=D(-5)), DateTime(2014, 1, 15, 12, offset=D(0)), "day", True, False),
        (Date(2014, 1, 15), DateTime(2014, 1, 15, 23), "day", True, False),
        (Date(2014, 1, 15), DateTime(2014, 1, 15, 23), "hour", None, None),
        (Time(23, 55, 22), Time(23, 55, 25), "minute", True, False),
    ],
)
def test_dates_are_compared_to_a_precision(a: Any, b: Any, precision: str, same: Any, before: Any) -> None:
    assert intervals.same_as(a, b, precision) is same
    assert intervals.before(a, b, precision) is before
    assert intervals.after(b, a, precision) is before


def test_components_are_as_written() -> None:
    value = DateTime(2003, 10, 29, 20, 50, 33, offset=D(1))
    assert [date_time.component_from(value, part) for part in ("year", "hour", "millisecond")] == [2003, 20, None]
    assert date_time.date_from(value) == Date(2003, 10, 29)
    assert date_time.time_from(value) == Time(20, 50, 33)
    assert date_time.timezone_offset_from(value) == 1
    assert date_time.timezone_offset_from(DateTime(2003)) == 0
    assert date_time.time_from(DateTime(2003)) is None
    with pytest.raises(EvaluationError, match="a Time has no year"):
        date_time.component_from(Time(10), "year")


def test_dates_are_made_from_their_parts() -> None:
    assert date_time.date_time(2012, 1, 1, 12, 30, 0, 0, -7) == DateTime(2012, 1, 1, 12, 30, 0, 0, D(-7))
    assert date_time.date_time(2001, 1, 1, None, None) == DateTime(2001, 1, 1)
    assert date_time.date(2012) == Date(2012)
    assert date_time.time(12, 30) == Time(12, 30)
    assert date_time.date(None, None) is None
    with pytest.raises(EvaluationError, match="the year must be 1 to 9999"):
        date_time.date_time(10000)
    with pytest.raises(EvaluationError, match="the month is missing"):
        date_time.date(2012, None, 1)


@pytest.fixture
def patient() -> SimpleNamespace:
    return SimpleNamespace(as_of=DateTime(2026, 1, 15, 9, 30, 0, 0, D(0)), birth_date=Date(1990, 1, 16))


def test_ages_are_counted_on_the_day_of_the_evaluation(patient: SimpleNamespace) -> None:
    assert FUNCTIONS["AgeInYears"].function(context=patient) == 35
    assert FUNCTIONS["AgeInYearsAt"].function(Date(2026, 1, 16), context=patient) == 36
    assert FUNCTIONS["CalculateAgeInMonths"].function(Date(2025, 12, 15), context=patient) == 1
    assert FUNCTIONS["CalculateAgeInYearsAt"].function(Date(2000, 1, 1), DateTime(2015, 1, 1, 12)) == 15
    assert FUNCTIONS["AgeInHours"].function(context=patient) == Uncertainty(315537, 315561)


def test_without_a_birth_date_there_is_no_age(patient: SimpleNamespace) -> None:
    patient.birth_date = None
    assert FUNCTIONS["AgeInYears"].function(context=patient) is None


def test_the_time_is_that_of_the_evaluation(patient: SimpleNamespace) -> None:
    assert FUNCTIONS["Now"].function(context=patient) == patient.as_of
    assert FUNCTIONS["Today"].function(context=patient) == Date(2026, 1, 15)
    assert FUNCTIONS["TimeOfDay"].function(context=patient) == Time(9, 30, 0, 0)


DAYS = st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2100, 12, 31))


def day(value: datetime.date) -> Date:
    return Date(value.year, value.month, value.day)


@given(DAYS, st.integers(-10000, 10000), st.sampled_from(["day", "week", "d", "wk"]))
def test_subtracting_undoes_adding_days_and_weeks(start: datetime.date, count: int, unit: str) -> None:
    assert earlier(later(day(start), str(count), unit), str(count), unit) == day(start)


@given(DAYS, st.integers(0, 1200), st.sampled_from(["month", "year"]))
def test_as_many_periods_lie_between_a_date_and_itself_moved(start: datetime.date, count: int, unit: str) -> None:
    count = count if unit == "month" else count // 12
    assert durations.duration_between(day(start), later(day(start), str(count), unit), unit) == count


@given(DAYS, DAYS)
def test_days_between_are_those_of_the_calendar(a: datetime.date, b: datetime.date) -> None:
    assert durations.duration_between(day(a), day(b), "day") == (b - a).days
    assert durations.difference_between(day(a), day(b), "day") == (b - a).days


@given(DAYS, DAYS, st.sampled_from(["year", "month", "week", "day"]))
def test_durations_turn_around(a: datetime.date, b: datetime.date, precision: str) -> None:
    there = durations.duration_between(day(a), day(b), precision)
    assert durations.duration_between(day(b), day(a), precision) == -there


@given(
    st.integers(1990, 1999),
    st.integers(1, 12),
    DAYS.filter(lambda d: d.year > 2000),
    st.sampled_from(["year", "month", "day"]),
)
def test_an_uncertain_duration_holds_what_every_day_of_the_month_gives(
    year: int, month: int, end: datetime.date, precision: str
) -> None:
    born = Date(year, month)
    possible = {durations.duration_between(one, day(end), precision) for one in (born.low(), born.high())}
    found = durations.duration_between(born, day(end), precision)
    expected = possible.pop() if len(possible) == 1 else Uncertainty(min(possible), max(possible))
    assert found == expected
