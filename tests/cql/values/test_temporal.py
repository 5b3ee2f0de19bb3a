from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.values.temporal import Date, DateTime, Time

MOMENTS = st.datetimes(min_value=datetime.datetime(2, 1, 1), max_value=datetime.datetime(9998, 12, 31))
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: Decimal(quarters) / 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026", DateTime(2026)),
        ("2026-01T", DateTime(2026, 1)),
        ("2026-01-15", DateTime(2026, 1, 15)),
        ("2026-01-15T10", DateTime(2026, 1, 15, 10)),
        ("2026-01-15T10:30:00.5", DateTime(2026, 1, 15, 10, 30, 0, 500)),
        ("2026-01-15T10:30:00Z", DateTime(2026, 1, 15, 10, 30, 0, None, Decimal(0))),
        ("2026-01-15T10:30:00.123456789-05:30", DateTime(2026, 1, 15, 10, 30, 0, 123, Decimal("-5.5"))),
    ],
)
def test_a_moment_is_read_to_the_precision_it_is_written_in(text: str, value: DateTime) -> None:
    assert DateTime.parse(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-1", "2026-02-30", "2026-13", "2026T10", "2026-01-15 10:30", "2026-01-15T24:00", "2026/01/15",
     "2026-01-15T10:30+25:00", "2026-01-15T10:61"],
)  # fmt: skip
def test_a_moment_that_does_not_exist_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        DateTime.parse(text)


def test_dates_and_times_are_read_and_written() -> None:
    assert str(Date.parse("2024-02")) == "2024-02"
    assert str(Time.parse("T09:30:01.003")) == "09:30:01.003"
    assert Time.parse("14") == Time(14)
    with pytest.raises(ValueError, match="not a date"):
        Date.parse("2024-02-01T10:00")
    with pytest.raises(ValueError, match="not a time"):
        Time.parse("9:30")


def test_a_missing_part_leaves_no_room_for_a_finer_one() -> None:
    with pytest.raises(ValueError, match="the month is missing"):
        Date(2026, None, 15)
    with pytest.raises(ValueError, match="the year is missing"):
        DateTime(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (Date(2024, 2), Date(2024, 2, 1), Date(2024, 2, 29)),
        (Date(2023), Date(2023, 1, 1), Date(2023, 12, 31)),
        (DateTime(2023, 2), DateTime(2023, 2, 1, 0, 0, 0, 0), DateTime(2023, 2, 28, 23, 59, 59, 999)),
        (DateTime(2023, 2, 3, 4), DateTime(2023, 2, 3, 4, 0, 0, 0), DateTime(2023, 2, 3, 4, 59, 59, 999)),
        (Time(10), Time(10, 0, 0, 0), Time(10, 59, 59, 999)),
    ],
)
def test_a_partial_value_lies_between_its_first_and_last_possibility(
    value: Date | DateTime | Time, low: object, high: object
) -> None:
    assert (value.low(), value.high()) == (low, high)


def test_components_are_moved_to_utc_and_stay_unknown_where_they_are() -> None:
    late = DateTime(2026, 1, 15, 23, 30, offset=Decimal(-5))
    assert late.components == (2026, 1, 16, 4, 30, None, None)
    assert late.written() == (2026, 1, 15, 23, 30, None, None)


def test_a_precision_is_the_finest_known_part() -> None:
    assert Date(2026, 1).precision == "month"
    assert DateTime(2026, 1, 2, 3).precision == "hour"
    assert Time(1, 2, 3).precision == "second"


@given(MOMENTS, OFFSETS)
def test_what_is_written_is_read_back(moment: datetime.datetime, offset: Decimal) -> None:
    value = DateTime(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond // 1000,
        offset,
    )  # fmt: skip
    assert DateTime.parse(str(value)) == value


@given(MOMENTS, OFFSETS)
def test_utc_is_the_written_time_less_the_offset(moment: datetime.datetime, offset: Decimal) -> None:
    value = DateTime(moment.year, moment.month, moment.day, moment.hour, moment.minute, offset=offset)
    utc = moment.replace(second=0, microsecond=0) - datetime.timedelta(hours=float(offset))
    assert value.components[:5] == (utc.year, utc.month, utc.day, utc.hour, utc.minute)
