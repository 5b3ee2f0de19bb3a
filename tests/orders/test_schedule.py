"""Schedules: what `timing` comes to per day, per week and in all."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.orders.schedule import DAYS_OF_CYCLE, read_timing

ABBREVIATIONS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def days_of_cycle(*days):
    return [{"url": DAYS_OF_CYCLE, "extension": [{"url": "day", "valueInteger": day} for day in days]}]


def schedule_of(timing, **instruction):
    problems = []
    return read_timing({"timing": timing, **instruction}, problems).schedule, problems


def counts(schedule):
    return schedule.per_day, schedule.per_week, schedule.interval_days, schedule.doses


@pytest.mark.parametrize(
    ("repeat", "expected", "text"),
    [
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, (1, 7, 1, None), "daily"),
        ({"period": 1, "periodUnit": "d"}, (1, 7, 1, None), "daily"),
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, (2, 14, 0.5, None), "2 times a day"),
        ({"frequency": 1, "period": 12, "periodUnit": "h"}, (2, 14, 0.5, None), "every 12 hours"),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, (3, 21, 1 / 3, None), "every 8 hours"),
        ({"frequency": 1, "period": 10, "periodUnit": "h"}, (3, 17, 10 / 24, None), "every 10 hours"),
        ({"frequency": 1, "period": 36, "periodUnit": "h"}, (1, 5, 1.5, None), "every 1.5 days"),
        ({"frequency": 1, "period": 7, "periodUnit": "d"}, (1, 1, 7, None), "weekly"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, (1, 1, 7, None), "weekly"),
        ({"frequency": 14, "period": 14, "periodUnit": "d"}, (1, 7, 1, None), "14 times in 14 days"),
        ({"frequency": 2, "period": 1, "periodUnit": "wk"}, (1, 2, 3.5, None), "2 times a week"),
        ({"frequency": 4, "period": 1, "periodUnit": "wk"}, (1, 4, 1.75, None), "4 times a week"),
        ({"frequency": 1, "period": 2, "periodUnit": "wk"}, (1, 1, 14, None), "every 2 weeks"),
        ({"frequency": 1, "period": 21, "periodUnit": "d"}, (1, 1, 21, None), "every 3 weeks"),
        ({"frequency": 1, "period": 10, "periodUnit": "d"}, (1, 1, 10, None), "every 10 days"),
        ({"frequency": 1, "period": 1, "periodUnit": "mo"}, (1, 1, 30.4375, None), "monthly"),
        ({"frequency": 1, "period": 3, "periodUnit": "d"}, (1, 3, 3, None), "every 3 days"),
        ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, (2, 14, 0.5, None), "2 times a day"),
        ({"frequency": 1, "period": 6, "periodMax": 8, "periodUnit": "h"}, (4, 28, 0.25, None), "every 6 hours"),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "count": 5}, (1, 5, 1, 5), "daily, 5 doses"),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "count": 14}, (1, 7, 1, 14), "daily, 14 doses"),
        (
            {"frequency": 1, "period": 1, "periodUnit": "d", "count": 3, "countMax": 5},
            (1, 5, 1, 5),
            "daily, 5 doses",
        ),
        (
            {"frequency": 1, "period": 8, "periodUnit": "h", "boundsDuration": {"value": 5, "code": "d"}},
            (3, 15, 1 / 3, 15),
            "every 8 hours",
        ),
        (
            {
                "frequency": 1,
                "period": 1,
                "periodUnit": "d",
                "boundsPeriod": {"start": "2026-04-15", "end": "2026-04-19"},
            },
            (1, 5, 1, 5),
            "daily",
        ),
        (
            {
                "frequency": 1,
                "period": 1,
                "periodUnit": "wk",
                "boundsRange": {"low": {"value": 2, "code": "wk"}, "high": {"value": 4, "code": "wk"}},
            },
            (1, 1, 7, 4),
            "weekly",
        ),
        ({"count": 1}, (1, 1, None, 1), "once"),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["tue"]}, (1, 1, 7, None), "on Tuesday"),
        ({"dayOfWeek": "tue"}, (1, 1, 7, None), "on Tuesday"),
        (
            {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"]},
            (1, 2, None, None),
            "on Monday and Thursday",
        ),
        (
            {"frequency": 2, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "thu"]},
            (2, 4, None, None),
            "2 times on Monday and Thursday",
        ),
        (
            {"frequency": 1, "period": 2, "periodUnit": "wk", "dayOfWeek": ["tue"]},
            (1, 1, 14, None),
            "on Tuesday, every 2 weeks",
        ),
        (
            {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]},
            (2, 14, 0.5, None),
            "2 times a day",
        ),
        (
            {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"], "dayOfWeek": ["tue"]},
            (2, 2, None, None),
            "2 times on Tuesday",
        ),
        ({"frequency": "1", "period": "1", "periodUnit": "wk"}, (1, 1, 7, None), "weekly"),
    ],
)
def test_a_repeat_is_counted_at_its_fullest(repeat, expected, text):
    schedule, problems = schedule_of({"repeat": repeat})
    assert counts(schedule) == expected
    assert schedule.text == text
    assert problems == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("QD", (1, 7, 1, None)),
        ("BID", (2, 14, 0.5, None)),
        ("TID", (3, 21, 1 / 3, None)),
        ("QID", (4, 28, 0.25, None)),
        ("QOD", (1, 4, 2, None)),
        ("Q4H", (6, 42, 1 / 6, None)),
        ("Q6H", (4, 28, 0.25, None)),
        ("Q8H", (3, 21, 1 / 3, None)),
        ("WK", (1, 1, 7, None)),
    ],
)
def test_a_coded_abbreviation_is_a_frequency(code, expected):
    schedule, problems = schedule_of({"code": {"coding": [{"system": ABBREVIATIONS, "code": code}]}})
    assert counts(schedule) == expected
    assert problems == []


def test_a_code_that_contradicts_the_frequency_leaves_it_unknown():
    schedule, problems = schedule_of(
        {
            "code": {"coding": [{"system": ABBREVIATIONS, "code": "QD"}]},
            "repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"},
        }
    )
    assert counts(schedule) == (None, None, None, None)
    assert problems == ["The code of the schedule and its frequency do not say the same."]


def test_a_code_that_says_the_same_as_the_frequency_changes_nothing():
    schedule, problems = schedule_of(
        {
            "code": {"coding": [{"code": "BID"}]},
            "repeat": {"frequency": 1, "period": 12, "periodUnit": "h"},
        }
    )
    assert schedule.per_day == 2
    assert problems == []


@pytest.mark.parametrize(
    ("days", "length", "expected", "text"),
    [
        ((1, 8, 15), 28, (1, 1, None), "days 1, 8 and 15 of 28"),
        ((1, 2, 8, 9, 15, 16), 28, (1, 2, None), "days 1, 2, 8, 9, 15 and 16 of 28"),
        ((1, 3, 5, 8, 10, 12, 15, 17, 19), 28, (1, 3, None), "days 1, 3, 5, 8, 10, 12, 15, 17 and 19 of 28"),
        ((1, 2, 3, 4, 5), 28, (1, 5, None), "days 1, 2, 3, 4 and 5 of 28"),
        ((1,), 21, (1, 1, 21), "day 1 of 21"),
        ((1, 15), 28, (1, 1, 14), "days 1 and 15 of 28"),
        ((1, 6), 7, (1, 2, None), "days 1 and 6 of 7"),
        ((1, 10), 12, (1, 2, None), "days 1 and 10 of 12"),
    ],
)
def test_days_of_a_cycle_are_counted_across_its_end(days, length, expected, text):
    schedule, problems = schedule_of(
        {
            "extension": days_of_cycle(*days),
            "repeat": {"frequency": len(days), "period": length, "periodUnit": "d"},
        }
    )
    assert (schedule.per_day, schedule.per_week, schedule.interval_days) == expected
    assert (schedule.cycle_days, schedule.cycle_length) == (days, length)
    assert schedule.text == text
    assert problems == []


def test_twice_as_many_doses_as_days_of_the_cycle_are_two_a_day():
    schedule, _ = schedule_of(
        {"extension": days_of_cycle(1, 2), "repeat": {"frequency": 4, "period": 3, "periodUnit": "wk"}}
    )
    assert (schedule.per_day, schedule.per_week) == (2, 4)


def test_a_rate_beside_the_days_of_a_cycle_is_not_taken_for_its_length():
    schedule, problems = schedule_of(
        {"extension": days_of_cycle(1, 2, 8, 9), "repeat": {"frequency": 2, "period": 1, "periodUnit": "wk"}}
    )
    assert (schedule.per_week, schedule.cycle_length) == (2, None)
    assert problems == []


def test_days_of_a_cycle_without_its_length_leave_the_week_unknown():
    schedule, problems = schedule_of({"extension": days_of_cycle(1, 8, 15)})
    assert (schedule.per_day, schedule.per_week, schedule.cycle_days) == (1, None, (1, 8, 15))
    assert problems == ["The days of the cycle are coded, but not how long the cycle is."]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["2026-04-15"], (1, 1, None, 1)),
        (["2026-04-15", "2026-04-16", "2026-04-23"], (1, 2, None, 3)),
        (["2026-04-15T08:00:00Z", "2026-04-15T20:00:00Z"], (2, 2, None, 2)),
        (["2026-04-01", "2026-04-15", "2026-04-29"], (1, 1, 14, 3)),
    ],
)
def test_stated_dates_are_counted(events, expected):
    schedule, problems = schedule_of({"event": events})
    assert counts(schedule) == expected
    assert problems == []


@pytest.mark.parametrize(
    "timing",
    [
        {},
        {"code": {"text": "weekly"}},
        {"repeat": {"frequency": 1}},
        {"repeat": {"count": 5}},
        {"repeat": {"timeOfDay": ["08:00:00"]}},
        {"code": {"coding": [{"system": "http://hospital.example/sig", "code": "QD"}]}},
    ],
)
def test_what_is_not_coded_is_unknown_and_said(timing):
    schedule, problems = schedule_of(timing)
    assert counts(schedule)[:3] == (None, None, None)
    assert problems == ["How often the drug is to be given is not coded."]


@pytest.mark.parametrize(
    "repeat", [{"period": 1}, {"period": 0, "periodUnit": "d"}, {"period": "x", "periodUnit": "d"}]
)
def test_a_period_that_cannot_be_used_is_said(repeat):
    schedule, problems = schedule_of({"repeat": repeat})
    assert schedule.per_day is None
    assert problems[0] == "The period of the schedule has no usable length or unit."


def test_several_doses_in_weeks_without_their_days_leave_the_week_unknown():
    schedule, problems = schedule_of({"repeat": {"frequency": 5, "period": 28, "periodUnit": "d"}})
    assert (schedule.per_day, schedule.per_week) == (1, None)
    assert problems == ["On which of the 28 days the 5 doses fall is not coded."]


def test_as_needed_is_said():
    timing = {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}}
    schedule, _ = schedule_of(timing, asNeededBoolean=True)
    assert schedule.text == "every 6 hours as needed"


def test_an_unreadable_date_is_said():
    _, problems = schedule_of({"event": ["2026-04-15", "tomorrow"]})
    assert problems == ["A date on which the drug is to be given cannot be read."]


@given(
    times=st.integers(1, 6),
    period=st.integers(1, 60),
    unit=st.sampled_from(["h", "d", "wk"]),
)
def test_the_fullest_week_holds_at_least_the_average(times, period, unit):
    schedule, _ = schedule_of({"repeat": {"frequency": times, "period": period, "periodUnit": unit}})
    days = period * {"h": Fraction(1, 24), "d": 1, "wk": 7}[unit]
    if schedule.per_week is not None:
        assert schedule.per_week >= 7 * times / days
        assert schedule.per_week <= 7 * schedule.per_day


@given(st.sets(st.integers(1, 28), min_size=1))
def test_a_week_of_a_cycle_holds_at_least_the_average_and_at_most_all(days):
    schedule, _ = schedule_of(
        {"extension": days_of_cycle(*days), "repeat": {"frequency": len(days), "period": 28, "periodUnit": "d"}}
    )
    assert Fraction(len(days), 4) <= schedule.per_week <= min(7, len(days))


def test_doses_that_follow_one_another_within_no_time_are_not_counted():
    repeat = {"frequency": 10**9, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 5, "code": "d"}}
    schedule, _ = schedule_of({"repeat": repeat})
    assert schedule.doses is None
    assert schedule.per_day == 10**9
