"""Amounts: what the instructions of an order add up to, per administration, per day and per week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.orders.calendar import largest_together
from cql_like_rules.orders.dates import day_of
from cql_like_rules.orders.dose import Dose
from cql_like_rules.orders.order import Amounts, BodySize, Schedule
from cql_like_rules.orders.schedule import Timing


@dataclass(frozen=True, slots=True)
class Instruction:
    """A dosage instruction that states a dose: the dose, when it is given, and its place in the sequence."""

    dose: Dose
    timing: Timing
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """An instruction with its amount per administration, in one of the three ways of stating it."""

    amount: Decimal
    timing: Timing


_Total = Callable[[Sequence[_Given]], Decimal | None]


def total_amounts(instructions: Sequence[Instruction], body_size: BodySize) -> tuple[Amounts, Amounts, Amounts]:
    """The largest amounts per administration, per calendar day and in any seven consecutive days.

    Instructions that hold at the same time add up; phases that follow one another do not, the largest counts. An
    amount is None as soon as one instruction does not tell its part, or the body size that it needs is not known.
    """
    phases = _phases(instructions)
    unit = next((i.dose.mass_unit for i in instructions if i.dose.mass_unit), "mg")
    return (
        _amounts(phases, body_size, unit, "", _per_administration),
        _amounts(phases, body_size, unit, "/d", _per_day),
        _amounts(phases, body_size, unit, "/wk", _per_week),
    )


def total_schedule(timings: Sequence[Timing]) -> Schedule:
    """The schedule of several instructions together.

    Instructions with the same days and hours are one administration. When they differ there is no one interval; days
    of a cycle of the same length are days of one cycle.
    """
    distinct = list({_moment(timing): timing for timing in timings}.values())
    if len(distinct) == 1:
        return distinct[0].schedule
    given = [_Given(Decimal(1), timing) for timing in distinct]
    per_day, per_week = _per_day(given), _per_week(given)
    schedules = [timing.schedule for timing in distinct]
    doses = [schedule.doses for schedule in schedules if schedule.doses is not None]
    cycles = {schedule.cycle_length for schedule in schedules if schedule.cycle_days}
    one_cycle = len(cycles) == 1 and all(schedule.cycle_days for schedule in schedules)
    return Schedule(
        None if per_day is None else int(per_day),
        None if per_week is None else int(per_week),
        doses=sum(doses) if len(doses) == len(schedules) else None,
        cycle_days=tuple(sorted({day for each in schedules for day in each.cycle_days})) if one_cycle else (),
        cycle_length=cycles.pop() if one_cycle else None,
        text="; ".join(schedule.text for schedule in schedules if schedule.text),
    )


def _phases(instructions: Sequence[Instruction]) -> list[list[Instruction]]:
    """The instructions that hold together.

    Different sequence numbers mean one after the other (FHIR R4, Dosage.sequence), but systems also number mere lines;
    so they are taken for phases only when each says when it ends, before the next one starts.
    """
    by_sequence: dict[int | None, list[Instruction]] = {}
    for instruction in instructions:
        by_sequence.setdefault(instruction.sequence, []).append(instruction)
    if None in by_sequence or len(by_sequence) == 1:
        return [list(instructions)]
    phases = [by_sequence[number] for number in sorted(number for number in by_sequence if number is not None)]
    neighbours = [(one.timing, other.timing) for a, b in pairwise(phases) for one in a for other in b]
    return phases if all(_ends_before(one, other) for one, other in neighbours) else [list(instructions)]


def _ends_before(one: Timing, other: Timing) -> bool:
    end = day_of(one.bounds.end)
    if end is None:
        return one.schedule.doses is not None or one.bounds.duration is not None
    start, other_end = day_of(other.bounds.start), day_of(other.bounds.end)
    return end < start if start is not None else other_end is None or end < other_end


def _amounts(
    phases: Sequence[Sequence[Instruction]], body_size: BodySize, unit: str, per: str, total: _Total
) -> Amounts:
    def largest(size: str) -> Quantity | None:
        totals = [_phase_total(phase, body_size, unit, size, total) for phase in phases]
        known = [one for one in totals if one is not None]
        if not known or len(known) < len(totals):
            return None
        return Quantity(max(known), f"{unit}/{size}{per}" if size else f"{unit}{per}")

    return Amounts(largest(""), largest("m2"), largest("kg"))


def _phase_total(
    phase: Sequence[Instruction], body_size: BodySize, unit: str, size: str, total: _Total
) -> Decimal | None:
    given = []
    for instruction in phase:
        amount = _per_administration_of(instruction, body_size, unit, size)
        if amount is None:
            return None
        given.append(_Given(amount, instruction.timing))
    return total(given)


def _per_administration_of(instruction: Instruction, body_size: BodySize, unit: str, size: str) -> Decimal | None:
    """The amount of one administration in a mass unit, per body size when `size` is `m2` or `kg`."""
    dose, schedule = instruction.dose, instruction.timing.schedule
    if dose.value is None:
        return None
    value = dose.value if dose.mass_unit == unit else ucum.convert(dose.value, dose.mass_unit, unit)
    if dose.per_time:
        times = schedule.per_day if dose.per_time == "d" else schedule.per_week
        value = None if value is None or not times else value / times
    if value is None or dose.per_size == size:
        return value
    mass = value if not dose.per_size else _times(value, _size(body_size, dose.per_size))
    return mass if not size else _divided(mass, _size(body_size, size))


def _per_administration(given: Sequence[_Given]) -> Decimal | None:
    """Doses for the same hour add up; doses for different hours or days do not."""
    amounts: dict[object, Decimal] = {}
    for one in given:
        calendar = one.timing.calendar
        moment = (one.timing.times_of_day, None if calendar is None else frozenset(calendar.counts))
        amounts[moment] = amounts.get(moment, Decimal(0)) + one.amount
    return max(amounts.values())


def _moment(timing: Timing) -> object:
    days = None if timing.calendar is None else frozenset(timing.calendar.counts.items())
    return timing.times_of_day, days, timing.schedule


def _per_day(given: Sequence[_Given]) -> Decimal | None:
    return _largest(given, 1, lambda schedule: schedule.per_day)


def _per_week(given: Sequence[_Given]) -> Decimal | None:
    return _largest(given, 7, lambda schedule: schedule.per_week)


def _largest(given: Sequence[_Given], window: int, count: Callable[[Schedule], int | None]) -> Decimal | None:
    """The sum of each instruction's own largest, or less when their days are known not to coincide."""
    total = Decimal(0)
    for one in given:
        times = count(one.timing.schedule)
        if times is None:
            return None
        total += one.amount * times
    calendars = [(one.timing.calendar, one.amount) for one in given if one.timing.calendar is not None]
    axes = {(calendar.axis, calendar.length) for calendar, _ in calendars}
    if len(given) > 1 and len(calendars) == len(given) and len(axes) == 1:
        return min(total, largest_together(calendars, window))
    return total


def _size(body_size: BodySize, size: str) -> Decimal | None:
    measurement = body_size.surface_area if size == "m2" else body_size.weight
    return None if measurement is None else measurement.value.value


def _times(value: Decimal, factor: Decimal | None) -> Decimal | None:
    return None if factor is None else value * factor


def _divided(value: Decimal | None, divisor: Decimal | None) -> Decimal | None:
    return None if value is None or divisor is None else value / divisor
