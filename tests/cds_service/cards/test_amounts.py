from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards.amounts import (
    DoseUnit,
    apart,
    exact,
    iso_day,
    number,
    quantity,
    quantity_at_most,
    rounded_down,
    surface_area,
    unit_words,
)
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime

amounts = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(10) ** 20, places=8)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("250", "250"),
        ("250.00", "250"),
        ("437.5", "437.5"),
        ("133.333333", "133.3"),
        ("0.50", "0.5"),
        ("0.12345678", "0.1235"),
        ("12345", "12345"),
        ("1E+3", "1000"),
        ("0", "0"),
    ],
)
def test_numbers_have_four_digits_and_no_trailing_zeros(value: str, shown: str) -> None:
    assert number(Decimal(value)) == shown


@given(amounts, amounts)
def test_two_numbers_look_alike_only_when_they_are_equal_and_never_change_places(one: Decimal, other: Decimal) -> None:
    first, second = apart(one, other)
    assert (first == second) == (one == other)
    assert (Decimal(first) > Decimal(second)) == (one > other)


def test_digits_are_added_until_ordered_and_limit_differ() -> None:
    assert apart(Decimal("250.00004"), Decimal(250)) == ("250.00004", "250")
    assert apart(Decimal("300"), Decimal(250)) == ("300", "250")


@given(amounts, st.sampled_from(["ug", "mg", "g", "ug/m2", "mg/kg", "mL"]))
def test_rounding_down_never_goes_above_and_loses_less_than_a_tenth(value: Decimal, unit: str) -> None:
    rounded = rounded_down(value, unit)
    assert rounded <= value
    assert rounded >= value * Decimal("0.9")


@pytest.mark.parametrize(
    ("value", "unit", "rounded"),
    [
        ("450", "ug", "450"),
        ("437.5", "ug", "437"),
        ("49.41", "mg", "49"),
        ("8.3333", "mg", "8.33"),
        ("0.4375", "mg", "0.437"),
        ("1.2345", "g", "1.23"),
        ("0.8999", "mL", "0.899"),
        ("12345.6", "ug", "12345"),
    ],
)
def test_doses_are_rounded_down_to_what_can_be_measured(value: str, unit: str, rounded: str) -> None:
    assert rounded_down(Decimal(value), unit) == Decimal(rounded)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("ug/m2/d", "mcg/m² daily"),
        ("ug/kg/d", "mcg/kg daily"),
        ("mg/wk", "mg weekly"),
        ("mg", "mg"),
        ("kg", "kg"),
        ("m2", "m²"),
        ("1", ""),
        ("10*9/L", "10⁹/L"),
        ("{vial}", "vial"),
        ("mmol/L", "mmol/L"),
    ],
)
def test_units_are_written_as_prescribers_write_them(unit: str, words: str) -> None:
    assert unit_words(unit) == words


def test_a_unit_that_is_not_one_of_dose_is_left_whole() -> None:
    assert DoseUnit.of("mmol/L") == DoseUnit("mmol/L")
    assert DoseUnit.of("ug/m2/d") == DoseUnit("ug", "m2", "d")
    assert DoseUnit.of("mg/d").per_administration == "mg"


def test_quantities_are_said_with_their_units() -> None:
    assert quantity(Quantity(Decimal("250.0"), "ug/m2/d")) == "250 mcg/m² daily"
    assert quantity(Quantity(Decimal(2), "{vial}")) == "2 vials"
    assert quantity(Quantity(Decimal(1), "{vial}")) == "1 vial"
    assert quantity(Quantity(Decimal(90), "%")) == "90%"


def test_a_maximum_is_said_rounded_down() -> None:
    assert quantity_at_most(Quantity(Decimal("447.9"), "ug/d")) == "447 mcg daily"


def test_a_body_surface_area_has_two_decimals() -> None:
    assert surface_area(Quantity(Decimal("1.8"), "m2")) == "1.80 m²"
    assert surface_area(Quantity(Decimal("1.78885438"), "m2")) == "1.79 m²"


def test_dates_are_iso_and_as_precise_as_they_are_known() -> None:
    assert iso_day(Date(2026, 11, 2)) == "2026-11-02"
    assert iso_day(Date(2026, 11)) == "2026-11"
    assert iso_day(DateTime(2026, 11, 2, 8, 30)) == "2026-11-02"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("9999", "9999 mg"),
        ("10000", "10,000 mg"),
        ("1500000", "1,500,000 mg"),
        ("55555.56", "55,555.56 mg"),
        ("0.5", "0.5 mg"),
    ],
)
def test_thousands_are_grouped_where_zeros_would_be_miscounted(value: str, words: str) -> None:
    assert exact(Quantity(Decimal(value), "mg")) == words
