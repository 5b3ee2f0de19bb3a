"""Amounts: per administration, per day and per week; as mass, per square metre and per kilogram."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.orders.schedule import DAYS_OF_CYCLE
from cql_like_rules.orders.units import ordered_mass

doses = st.decimals("0.1", "2000", places=1)
areas = st.decimals("0.2", "2.6", places=2)
weights = st.decimals("3", "200", places=1)


def read_one(drafts, value, unit, timing=None, *resources):
    return drafts.read(
        drafts.medication_request(drafts.instruction(value, unit, timing or drafts.daily)), *resources
    ).dosage


@given(value=doses, area=areas, kilograms=weights)
def test_a_dose_per_square_metre_is_a_mass_times_the_surface_area(drafts, value, area, kilograms):
    dosage = read_one(drafts, value, "ug/m2", None, drafts.surface_area(area), drafts.weight(kilograms))
    amounts = dosage.per_administration
    assert amounts.per_m2.value == value
    assert amounts.mass.value == value * area
    assert amounts.per_kg.value == value * area / kilograms
    assert (amounts.mass.unit, amounts.per_m2.unit, amounts.per_kg.unit) == ("ug", "ug/m2", "ug/kg")


@given(value=doses, kilograms=weights)
def test_a_dose_per_kilogram_is_a_mass_times_the_weight(drafts, value, kilograms):
    amounts = read_one(drafts, value, "mg/kg", None, drafts.weight(kilograms)).per_administration
    assert amounts.per_kg.value == value
    assert amounts.mass.value == value * kilograms
    assert amounts.per_m2 is None


@given(value=doses, area=areas)
def test_a_mass_at_the_limit_per_square_metre_is_exactly_the_limit(drafts, value, area):
    amounts = read_one(drafts, value * area, "mg", None, drafts.surface_area(area)).per_administration
    assert amounts.per_m2.value == value


@given(value=doses, times=st.integers(1, 4), area=areas)
def test_twice_the_dose_is_twice_every_amount(drafts, value, times, area):
    timing = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
    once = read_one(drafts, value, "mg/m2", timing, drafts.surface_area(area))
    twice = read_one(drafts, value * 2, "mg/m2", timing, drafts.surface_area(area))
    for one, two in zip(_all_amounts(once), _all_amounts(twice), strict=True):
        assert two.value == one.value * 2
        assert two.unit == one.unit


def _all_amounts(dosage):
    amounts = (dosage.per_administration, dosage.per_day, dosage.per_week)
    return [quantity for one in amounts for quantity in (one.mass, one.per_m2)]


@given(value=doses)
def test_the_unit_that_a_dose_is_written_in_changes_no_amount(drafts, value):
    written = [(value, "mg"), (value / 1000, "g"), (value * 1000, "ug"), (value * 1000, "mcg"), (value * 10**6, "ng")]
    masses = set()
    for number, unit in written:
        mass = read_one(drafts, number, unit).per_week.mass
        masses.add(ordered_mass(mass.value, mass.unit.removesuffix("/wk")))
    assert {value if unit == "mg" else value / 1000 for value, unit in masses} == {value * 7}


@given(value=doses, times=st.integers(1, 3), period=st.integers(1, 28))
def test_the_fullest_week_is_at_least_the_average_week(drafts, value, times, period):
    timing = {"repeat": {"frequency": times, "period": period, "periodUnit": "d"}}
    week = read_one(drafts, value, "mg", timing).per_week.mass
    if week is not None:
        assert week.value >= value * times * 7 / period


def test_the_amounts_of_a_day_and_a_week_carry_their_units(drafts):
    dosage = read_one(drafts, 250, "ug/m2", None, drafts.surface_area(2), drafts.weight(80))
    assert [quantity.unit for quantity in (dosage.per_day.mass, dosage.per_day.per_m2, dosage.per_day.per_kg)] == [
        "ug/d",
        "ug/m2/d",
        "ug/kg/d",
    ]
    assert dosage.per_week.per_m2.unit == "ug/m2/wk"
    assert dosage.per_week.mass.value == 3500


def test_a_weekly_amount_is_the_fullest_week_and_not_the_average(drafts):
    timing = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "wk"}}
    assert read_one(drafts, 30, "mg", timing).per_week.mass.value == 30


def test_without_a_frequency_only_the_administration_is_known(drafts):
    dosage = read_one(drafts, 30, "mg", {"code": {"text": "weekly"}})
    assert dosage.per_administration.mass.value == 30
    assert dosage.per_day.mass is None
    assert dosage.per_week.mass is None


def test_the_dose_of_a_day_is_shared_by_its_administrations(drafts):
    timing = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}
    dosage = read_one(drafts, 250, "ug/m2/d", timing)
    assert dosage.per_administration.per_m2.value == 125
    assert dosage.per_day.per_m2.value == 250


def two_instructions(drafts, first, second):
    return drafts.read(drafts.medication_request(first, second)).dosage


def masses(dosage):
    return tuple(
        amounts.mass and amounts.mass.value for amounts in (dosage.per_administration, dosage.per_day, dosage.per_week)
    )


def test_instructions_for_the_same_time_add_up(drafts):
    dosage = two_instructions(
        drafts, drafts.instruction(10, "mg", drafts.weekly), drafts.instruction(2.5, "mg", drafts.weekly)
    )
    assert masses(dosage) == (Decimal("12.5"),) * 3
    assert (dosage.schedule.per_day, dosage.schedule.per_week) == (1, 1)
    assert dosage.as_ordered is None
    assert len(dosage.parts) > 1


def test_instructions_for_different_hours_add_up_in_the_day(drafts):
    at = lambda hour: {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": [hour]}}  # noqa: E731
    dosage = two_instructions(
        drafts, drafts.instruction(10, "mg", at("08:00:00")), drafts.instruction(5, "mg", at("20:00:00"))
    )
    assert masses(dosage) == (10, 15, 105)
    assert (dosage.schedule.per_day, dosage.schedule.per_week) == (2, 14)


def test_instructions_for_different_weekdays_add_up_in_the_week(drafts):
    on = lambda day: {"repeat": {"dayOfWeek": [day]}}  # noqa: E731
    dosage = two_instructions(drafts, drafts.instruction(10, "mg", on("mon")), drafts.instruction(5, "mg", on("thu")))
    assert masses(dosage) == (10, 10, 15)
    assert dosage.schedule.text == "on Monday; on Thursday"


def test_instructions_in_different_mass_units_add_up(drafts):
    dosage = two_instructions(drafts, drafts.instruction(1, "mg"), drafts.instruction(500, "ug"))
    assert dosage.per_day.mass.value == Decimal("1.5")
    assert dosage.per_day.mass.unit == "mg/d"


def test_phases_that_follow_one_another_do_not_add_up(drafts):
    five_days = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "count": 5}}
    dosage = two_instructions(
        drafts,
        drafts.instruction(500, "ug", five_days, sequence=1),
        drafts.instruction(250, "ug", drafts.daily, sequence=2),
    )
    assert masses(dosage) == (500, 500, 2500)


def on_days(*days, length=28):
    extension = {"url": DAYS_OF_CYCLE, "extension": [{"url": "day", "valueInteger": day} for day in days]}
    return {"extension": [extension], "repeat": {"frequency": len(days), "period": length, "periodUnit": "d"}}


def test_instructions_for_different_days_of_one_cycle_are_one_schedule(drafts):
    first = drafts.instruction(20, "mg/m2", on_days(2, 1))
    dosage = two_instructions(drafts, first, drafts.instruction(56, "mg/m2", on_days(8, 9, 15, 16)))
    schedule = dosage.schedule
    assert (schedule.cycle_days, schedule.cycle_length) == ((1, 2, 8, 9, 15, 16), 28)
    assert (schedule.per_day, schedule.per_week) == (1, 2)
    assert dosage.per_administration.per_m2.value == 56


def test_instructions_for_cycles_of_different_length_have_no_one_cycle(drafts):
    first = drafts.instruction(20, "mg/m2", on_days(1, 2))
    for second in (on_days(8, 9, length=21), drafts.daily):
        schedule = two_instructions(drafts, first, drafts.instruction(56, "mg/m2", second)).schedule
        assert (schedule.cycle_days, schedule.cycle_length) == ((), None)


def until(start, end):
    bounds = {"start": start, "end": end}
    return {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}}


@pytest.mark.parametrize(
    ("first", "second", "in_a_day"),
    [
        (until("2026-04-15", "2026-04-19"), until("2026-04-20", "2026-04-30"), 500),
        (until("2026-04-15", "2026-04-30"), until("2026-04-15", "2026-04-30"), 750),
        (until("2026-04-15", "2026-04-30"), until("2026-04-20", "2026-04-30"), 750),
        (until(None, "2026-04-19"), until(None, "2026-04-30"), 500),
        (until(None, "2026-04-30"), until(None, "2026-04-30"), 750),
    ],
)
def test_numbered_phases_that_overlap_add_up(drafts, first, second, in_a_day):
    dosage = two_instructions(
        drafts, drafts.instruction(500, "ug", first, sequence=1), drafts.instruction(250, "ug", second, sequence=2)
    )
    assert dosage.per_day.mass.value == in_a_day


def test_numbered_lines_that_do_not_say_when_they_end_add_up(drafts):
    dosage = two_instructions(
        drafts, drafts.instruction(10, "mg", sequence=1), drafts.instruction(10, "mg", sequence=2)
    )
    assert masses(dosage) == (20, 20, 140)


def test_the_steps_of_an_infusion_rate_are_not_doses(drafts):
    start = drafts.instruction(1120, "mg", drafts.weekly, sequence=1)
    start["doseAndRate"][0]["rateQuantity"] = drafts.quantity(50, "mL/h")
    steps = [
        {"sequence": number, "text": "increase", "doseAndRate": [{"rateQuantity": drafts.quantity(rate, "mL/h")}]}
        for number, rate in ((2, 100), (3, 150))
    ]
    order = drafts.read(drafts.medication_request(start, *steps))
    assert masses(order.dosage) == (1120, 1120, 1120)
    assert order.problems == ()


def test_one_dose_that_cannot_be_computed_leaves_the_sum_unknown(drafts):
    dosage = two_instructions(drafts, drafts.instruction(10, "mg"), drafts.instruction(1, "mL"))
    assert masses(dosage) == (None, None, None)


@pytest.mark.parametrize("unit", ["mg/m2", "mg/kg"])
def test_without_a_body_size_a_mass_is_unknown_and_the_ordered_amount_is_known(drafts, unit):
    amounts = read_one(drafts, 5, unit).per_week
    assert amounts.mass is None
    assert (amounts.per_m2 or amounts.per_kg).value == 35


@pytest.mark.parametrize("value", [None, "seventy", {}])
def test_a_dose_that_cannot_be_read_leaves_the_amount_open_whatever_the_other_instructions_say(drafts, value):
    order = drafts.read(drafts.medication_request(drafts.instruction(100), drafts.instruction(value)))
    assert order.dosage.per_administration.mass is None
    assert order.dosage.per_day.mass is None
    assert "The dose has no value that can be read." in order.problems
