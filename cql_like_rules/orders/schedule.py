"""The schedule of a dosage instruction: how often a drug is given, from what is coded in `timing`.

Text is never read: a schedule that stands only in words is not known. FHIR R4, Timing and Dosage; the days of a cycle
are the HL7 extension `timing-daysOfCycle`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cql_like_rules import lenient
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.lenient import Json
from cql_like_rules.orders import schedule_words as words
from cql_like_rules.orders.bounds import DAYS, Bounds, read_bounds
from cql_like_rules.orders.calendar import Calendar
from cql_like_rules.orders.dates import earliest_day, read_time
from cql_like_rules.orders.order import Schedule
from cql_like_rules.orders.units import spelled

DAYS_OF_CYCLE = "http://hl7.org/fhir/StructureDefinition/timing-daysOfCycle"

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ABBREVIATIONS = frozenset({"", "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"})
# HL7 v3 GTSAbbreviation as times in a period of days, and Q12H, which is sent though it is not in there.
# Its codes for office hours, weekends and holidays are no frequencies.
_CODES = {
    "AM": (1, Fraction(1)),
    "BED": (1, Fraction(1)),
    "BID": (2, Fraction(1)),
    "MO": (1, DAYS["mo"]),
    "PM": (1, Fraction(1)),
    "Q12H": (1, Fraction(1, 2)),
    "Q1H": (1, Fraction(1, 24)),
    "Q2H": (1, Fraction(1, 12)),
    "Q3H": (1, Fraction(1, 8)),
    "Q4H": (1, Fraction(1, 6)),
    "Q6H": (1, Fraction(1, 4)),
    "Q8H": (1, Fraction(1, 3)),
    "QD": (1, Fraction(1)),
    "QID": (4, Fraction(1)),
    "QOD": (1, Fraction(2)),
    "TID": (3, Fraction(1)),
    "WK": (1, Fraction(7)),
}


@dataclass(frozen=True, slots=True)
class Timing:
    """When one instruction is followed: its schedule, the calendar where days are named, and its bounds.

    `first` is the first administration that is stated; `times_of_day` tell apart instructions for the same days.
    """

    schedule: Schedule
    calendar: Calendar | None
    bounds: Bounds
    first: DateTime | None
    times_of_day: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Repeat:
    """The coded part of `timing.repeat`, the high end of every range; None and empty where it does not tell."""

    times: int | None
    period: Fraction | None
    weekdays: tuple[int, ...]
    times_of_day: frozenset[str]
    count: int | None

    @property
    def times_a_day(self) -> int:
        """How often at least on a day on which it is given: once, or as often as times of day are named."""
        return max(1, len(self.times_of_day))


def read_timing(instruction: Json, problems: list[str]) -> Timing:
    """The timing of a dosage instruction. What it does not tell is None in the schedule, and `problems` say so.

    Counts are the largest that the instruction allows: the high end of ranges, the fullest day and the fullest seven
    days, and not more than the number of doses ordered.
    """
    timing = lenient.first_object(instruction.get("timing"))
    repeat = _repeat(lenient.first_object(timing.get("repeat")), problems)
    bounds = read_bounds(lenient.first_object(timing.get("repeat")), problems)
    events = _events(timing, problems)
    schedule, calendar = _schedule(timing, repeat, events, problems)
    schedule = _limited(schedule, _doses(repeat, bounds, schedule, calendar))
    if repeat.count is not None and schedule.text not in ("", "once"):
        schedule = replace(schedule, text=f"{schedule.text}, {words.doses(repeat.count)}")
    if instruction.get("asNeededBoolean") or instruction.get("asNeededCodeableConcept"):
        schedule = replace(schedule, text=f"{schedule.text} as needed".lstrip())
    first = bounds.start or (min(events, key=earliest_day) if events else None)
    return Timing(schedule, calendar, bounds, first, repeat.times_of_day)


def _schedule(
    timing: Json, repeat: _Repeat, events: Sequence[DateTime], problems: list[str]
) -> tuple[Schedule, Calendar | None]:
    days = _cycle_days(timing)
    if days:
        return _by_days_of_cycle(days, repeat, problems)
    if repeat.weekdays:
        return _by_weekdays(repeat)
    coded = _coded(timing)
    if repeat.period is not None:
        times = repeat.times or 1
        if coded and coded[1] / coded[0] != repeat.period / times:
            problems.append("The code of the schedule and its frequency do not say the same.")
            return Schedule(), None
        return _by_rate(max(times, len(repeat.times_of_day)), repeat.period, problems), None
    if events:
        return _by_dates(events)
    if coded:
        return _by_rate(*coded, problems), None
    if repeat.count == 1 and repeat.times in (None, 1):
        return Schedule(per_day=1, per_week=1, doses=1, text="once"), None
    problems.append("How often the drug is to be given is not coded.")
    return Schedule(), None


def _by_rate(times: int, period: Fraction, problems: list[str]) -> Schedule:
    text = words.rate(times, period)
    interval = period / times
    if interval < 1:
        return Schedule(math.ceil(1 / interval), math.ceil(7 / interval), float(interval), text=text)
    # Not more doses than days: one on a day at most.
    if times > 1 and period > 7 and interval > 1:
        # Five doses in 28 days may be five days in a row; spreading them evenly would hide that week.
        problems.append(f"On which of the {words.number(period)} days the {times} doses fall is not coded.")
        return Schedule(per_day=1, text=text)
    return Schedule(1, math.ceil(7 / interval), float(interval), text=text)


def _by_weekdays(repeat: _Repeat) -> tuple[Schedule, Calendar]:
    period = repeat.period or Fraction(1)
    weeks = max(1, math.floor(period / 7))
    on_one_day = (repeat.times or 1) / period if period < 7 else Fraction(repeat.times or 1, len(repeat.weekdays))
    a_day = max(repeat.times_a_day, math.ceil(on_one_day))
    calendar = Calendar("weekday", 7 * weeks, dict.fromkeys(repeat.weekdays, a_day))
    return _from_calendar(calendar, words.weekdays([_WEEKDAYS[day] for day in repeat.weekdays], a_day, weeks)), calendar


def _by_days_of_cycle(days: tuple[int, ...], repeat: _Repeat, problems: list[str]) -> tuple[Schedule, Calendar | None]:
    period = repeat.period
    if period is None or period.denominator != 1 or period < max(days):
        return _by_days_of_unknown_cycle(days, repeat, problems), None
    length = int(period)
    a_day = max(repeat.times_a_day, math.ceil(Fraction(repeat.times or 1, len(days))))
    calendar = Calendar("day of cycle", length, dict.fromkeys(days, a_day))
    schedule = _from_calendar(calendar, words.cycle(days, length, a_day))
    return replace(schedule, cycle_days=days, cycle_length=length), calendar


def _by_days_of_unknown_cycle(days: tuple[int, ...], repeat: _Repeat, problems: list[str]) -> Schedule:
    """The period, if any, is not the cycle: `2 times a week` beside days 1, 2, 8 and 9."""
    in_one_cycle = Calendar("day of cycle", None, dict.fromkeys(days, repeat.times_a_day))
    text = words.cycle(days, None, repeat.times_a_day)
    schedule = Schedule(repeat.times_a_day, cycle_days=days, text=text)
    if repeat.period is None:
        problems.append("The days of the cycle are coded, but not how long the cycle is.")
        return schedule
    per_week = _by_rate(repeat.times or 1, repeat.period, problems).per_week
    return schedule if per_week is None else replace(schedule, per_week=max(per_week, in_one_cycle.per_week))


def _by_dates(events: Sequence[DateTime]) -> tuple[Schedule, Calendar]:
    counts: dict[int, int] = {}
    for event in events:
        day = earliest_day(event).toordinal()
        counts[day] = counts.get(day, 0) + 1
    calendar = Calendar("date", None, counts)
    return replace(_from_calendar(calendar, words.dates(len(events))), doses=len(events)), calendar


def _from_calendar(calendar: Calendar, text: str) -> Schedule:
    spacing = calendar.spacing
    return Schedule(calendar.per_day, calendar.per_week, None if spacing is None else float(spacing), text=text)


def _limited(schedule: Schedule, doses: int | None) -> Schedule:
    """The schedule with its number of doses: fewer doses than a week would hold are fewer in any week."""
    if doses is None:
        return schedule
    per_day, per_week = schedule.per_day, schedule.per_week
    return replace(
        schedule,
        per_day=None if per_day is None else min(per_day, doses),
        per_week=None if per_week is None else min(per_week, doses),
        doses=doses,
    )


def _doses(repeat: _Repeat, bounds: Bounds, schedule: Schedule, calendar: Calendar | None) -> int | None:
    """How many administrations are ordered: the coded count, or as many as the bounds hold."""
    days = bounds.days
    if repeat.count is not None:
        return repeat.count
    if days is None:
        return schedule.doses
    if calendar is not None:
        return schedule.doses if calendar.length is None else calendar.total_in(math.ceil(days))
    if schedule.interval_days is None:
        return None
    # A third of a day is no exact float; without this, five days of every eight hours would be sixteen doses.
    interval = Fraction(schedule.interval_days).limit_denominator(86400)
    # Less than half a second is no interval that anybody gives a drug at.
    return math.ceil(days / interval) if interval else None


def _repeat(repeat: Json, problems: list[str]) -> _Repeat:
    weekdays = {lenient.text(day).casefold()[:3] for day in lenient.items(repeat.get("dayOfWeek"))}
    times_of_day = (*lenient.items(repeat.get("timeOfDay")), *lenient.items(repeat.get("when")))
    return _Repeat(
        _positive(repeat.get("frequencyMax")) or _positive(repeat.get("frequency")),
        _period(repeat, problems),
        tuple(day for day, name in enumerate(_WEEKDAYS) if name in weekdays),
        frozenset(map(str, times_of_day)),
        _positive(repeat.get("countMax")) or _positive(repeat.get("count")),
    )


def _period(repeat: Json, problems: list[str]) -> Fraction | None:
    if repeat.get("period") is None:
        return None
    value = lenient.number(repeat["period"])
    unit = DAYS.get(spelled(lenient.text(repeat.get("periodUnit"))))
    if value is None or value <= 0 or unit is None:
        problems.append("The period of the schedule has no usable length or unit.")
        return None
    return Fraction(value) * unit


def _positive(json: object) -> int | None:
    value = lenient.whole_number(json)
    return value if value is not None and value > 0 else None


def _cycle_days(timing: Json) -> tuple[int, ...]:
    found = {
        lenient.whole_number(day.get("valueInteger"))
        for holder in (timing, lenient.first_object(timing.get("repeat")))
        for extension in lenient.extensions(holder, DAYS_OF_CYCLE)
        for day in lenient.extensions(extension, "day")
    }
    return tuple(sorted(day for day in found if day is not None))


def _events(timing: Json, problems: list[str]) -> list[DateTime]:
    times = [read_time(json) for json in lenient.items(timing.get("event"))]
    known = [time for time in times if time is not None and time.day is not None]
    if len(known) < len(times):
        problems.append("A date on which the drug is to be given cannot be read.")
    return known


def _coded(timing: Json) -> tuple[int, Fraction] | None:
    for coding in lenient.codings(timing.get("code")):
        if lenient.text(coding.get("system")) in _ABBREVIATIONS:
            found = _CODES.get(lenient.text(coding.get("code")).upper())
            if found:
                return found
    return None
