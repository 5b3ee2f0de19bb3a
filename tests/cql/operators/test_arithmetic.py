"""Arithmetic on numbers, quantities and uncertain values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, numbers, quantities, succession
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

D = Decimal
MAX, MIN = 2**31 - 1, -(2**31)


def u(value: str, unit: str = "1") -> Quantity:
    return Quantity(D(value), unit)


@pytest.mark.parametrize(
    ("function", "a", "b", "expected"),
    [
        (arithmetic.add, 1, 2, 3),
        (arithmetic.add, 1, D("2.5"), D("3.5")),
        (arithmetic.add, MAX, 1, None),
        (arithmetic.add, "a", "b", "ab"),
        (arithmetic.add, "a", None, None),
        (arithmetic.subtract, MIN, 1, None),
        (arithmetic.subtract, 2, D("1.1"), D("0.9")),
        (arithmetic.multiply, MAX, 2, None),
        (arithmetic.multiply, D("1.5"), 2, D("3.0")),
        (arithmetic.divide, 1, 3, D("0.33333333")),
        (arithmetic.divide, 2, 3, D("0.66666667")),
        (arithmetic.divide, 1, 0, None),
        (arithmetic.divide, 1, D("0.0"), None),
        (arithmetic.truncated_divide, -10, 3, -3),
        (arithmetic.truncated_divide, MIN, -1, None),
        (arithmetic.truncated_divide, 1, 0, None),
        (arithmetic.truncated_divide, D("10.1"), D("-3.1"), D(-3)),
        (arithmetic.modulo, -5, 3, -2),
        (arithmetic.modulo, D("10.0"), D("3.0"), D("1.0")),
        (arithmetic.modulo, 5, 0, None),
        (arithmetic.power, 2, 10, 1024),
        (arithmetic.power, 2, -2, D("0.25")),
        (arithmetic.power, 10, -8, D("0.00000001")),
        (arithmetic.power, 2, MAX, None),
        (arithmetic.power, -1, MAX, -1),
        (arithmetic.power, 1, MAX, 1),
        (arithmetic.power, D("2.25"), D("0.5"), D("1.5")),
        (arithmetic.power, D(-1), D("0.5"), None),
        (arithmetic.power, 0, -1, None),
    ],
)
def test_numbers(function: Any, a: Any, b: Any, expected: Any) -> None:
    result = function(a, b)
    assert result == expected
    assert type(result) is type(expected)
    assert function(None, b) is None
    assert function(a, None) is None


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [("0.5", None, "1"), ("-0.5", None, "-1"), ("-0.4", None, "0"), ("3.14159", 2, "3.14"), ("2.5", 0, "3"),
     ("1250", -2, "1300"), ("1.5", 400, "1.5"), ("1.5", -400, "0")],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero(value: str, places: int | None, expected: str) -> None:
    assert arithmetic.round_(D(value), places) == D(expected)


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (arithmetic.ceiling, D("1.1"), 2),
        (arithmetic.ceiling, D("-0.1"), 0),
        (arithmetic.ceiling, D("2147483647.2"), None),
        (arithmetic.floor, D("-0.1"), -1),
        (arithmetic.truncate, D("-1.9"), -1),
        (arithmetic.absolute, -3, 3),
        (arithmetic.absolute, MIN, None),
        (arithmetic.absolute, u("-3", "mg"), u("3", "mg")),
        (arithmetic.negate, MIN, None),
        (arithmetic.negate, D("1.5"), D("-1.5")),
        (arithmetic.negate, u("5", "mg"), u("-5", "mg")),
        (arithmetic.negate, None, None),
        (arithmetic.floor, None, None),
        (arithmetic.round_, None, None),
    ],
)
def test_functions_of_one_number(function: Any, value: Any, expected: Any) -> None:
    assert function(value) == expected


@pytest.mark.parametrize(
    ("function", "a", "b", "expected"),
    [
        (arithmetic.add, u("1", "mg"), u("1", "g"), u("1001", "mg")),
        (arithmetic.add, u("1", "g"), u("1", "mg"), u("1001", "mg")),
        (arithmetic.subtract, u("1", "day"), u("1", "h"), u("23", "h")),
        (arithmetic.add, u("1", "year"), u("1", "month"), u("13", "month")),
        (arithmetic.add, u("1", "mg"), u("1", "mL"), None),
        (arithmetic.add, u("1", "year"), u("1", "day"), None),
        (arithmetic.add, u("1", "Cel"), u("1", "Cel"), None),
        (arithmetic.multiply, u("60", "mg/m2"), u("1.77", "m2"), u("106.20", "mg")),
        (arithmetic.multiply, 2, u("3", "month"), u("6", "month")),
        (arithmetic.multiply, u("5", "mg/d"), u("3", "day"), u("15", "mg")),
        (arithmetic.multiply, u("5", "Cel"), u("3", "d"), None),
        (arithmetic.divide, u("10", "g"), u("5", "mg"), u("2", "g/mg")),
        (arithmetic.divide, u("10", "mg"), u("4", "kg"), u("2.5", "mg/kg")),
        (arithmetic.divide, u("10", "mg"), u("4", "mg"), u("2.5", "1")),
        (arithmetic.divide, u("10", "mg"), 4, u("2.5", "mg")),
        (arithmetic.divide, u("10", "mg"), u("0", "kg"), None),
        (arithmetic.divide, u("6", "month"), u("1", "year"), u("0.5", "1")),
        (arithmetic.truncated_divide, u("4.14", "m"), u("2.06", "m"), u("2", "m")),
        (arithmetic.truncated_divide, u("5", "m"), u("2", "cm"), None),
        (arithmetic.modulo, u("1", "g"), u("300", "mg"), u("0.1", "g")),
        (arithmetic.modulo, u("1", "year"), u("1", "month"), u("0", "year")),
        (arithmetic.modulo, u("1", "g"), u("0", "g"), None),
        (arithmetic.multiply, u("0.000000005", "g"), 3, u("0.000000015", "g")),
    ],
)
def test_quantities(function: Any, a: Any, b: Any, expected: Quantity | None) -> None:
    assert function(a, b) == expected


@pytest.mark.parametrize(
    ("function", "a", "b", "message"),
    [
        (arithmetic.add, 1, "a", r"\+ is not defined for an Integer and a String"),
        (arithmetic.add, True, 1, "Boolean"),
        (arithmetic.multiply, u("1", "mg"), u("1", "mcg"), "'mcg' is not a UCUM unit"),
        (arithmetic.multiply, u("1", "mg"), u("1", "month"), "no definite length"),
        (arithmetic.truncated_divide, Uncertainty(1, 2), 2, "div is not defined"),
        (arithmetic.power, u("1", "mg"), 2, "not defined"),
        (arithmetic.add, Date(2012), 1, "not defined"),
    ],
)
def test_what_cannot_be_calculated_is_told(function: Any, a: Any, b: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        function(a, b)


def test_uncertain_results_stay_uncertain() -> None:
    days, months = Uncertainty(16, 44), Uncertainty(4, 16)
    assert arithmetic.add(days, days) == Uncertainty(32, 88)
    assert arithmetic.subtract(days, months) == Uncertainty(0, 40)
    assert arithmetic.add(days, 1) == Uncertainty(17, 45)
    assert arithmetic.multiply(days, days) == Uncertainty(256, 1936)
    assert arithmetic.multiply(Uncertainty(-2, 3), -4) == Uncertainty(-12, 8)
    with pytest.raises(EvaluationError, match=r"\* is not defined"):
        arithmetic.multiply(Uncertainty(Date(2012), Date(2013)), 2)


def test_a_conversion_keeps_small_amounts() -> None:
    assert quantities.converted(u("5", "ng"), "g") == u("5E-9", "g")
    assert quantities.converted(u("5", "mg"), "mL") is None
    assert quantities.converted(None, "mL") is None
    assert quantities.can_convert(u("5", "mg"), "g") is True
    assert quantities.can_convert(u("5", "mg"), "L") is False


@pytest.mark.parametrize(
    ("value", "after"),
    [
        (1, 2),
        (D("1.01"), D("1.01000001")),
        (u("1", "cm"), u("1.00000001", "cm")),
        (Date(2012, 12, 31), Date(2013, 1, 1)),
        (Date(2012, 12), Date(2013, 1)),
        (DateTime(2000, 1, 1), DateTime(2000, 1, 2)),
        (Time(11, 59, 59, 999), Time(12, 0, 0, 0)),
    ],
)
def test_predecessor_undoes_successor(value: Any, after: Any) -> None:
    assert succession.successor(value) == after
    assert succession.predecessor(after) == value


@pytest.mark.parametrize("type_name", ["Integer", "System.Decimal", "Quantity", "Date", "DateTime", "Time"])
def test_nothing_lies_beyond_the_ends_of_a_type(type_name: str) -> None:
    with pytest.raises(EvaluationError):
        succession.successor(succession.maximum_of(type_name))
    with pytest.raises(EvaluationError):
        succession.predecessor(succession.minimum_of(type_name))


def test_a_boolean_has_neither_ends_nor_successor() -> None:
    with pytest.raises(EvaluationError, match="no minimum"):
        succession.minimum_of("Boolean")
    with pytest.raises(EvaluationError, match="no successor"):
        succession.successor(True)


@given(st.integers(MIN, MAX), st.integers(MIN, MAX).filter(bool))
def test_a_quotient_and_its_rest_make_the_dividend(a: int, b: int) -> None:
    quotient = arithmetic.truncated_divide(a, b)
    if quotient is not None:
        assert quotient * b + arithmetic.modulo(a, b) == a


@given(st.decimals(min_value=-(10**19), max_value=10**19, places=8))
def test_a_decimal_that_can_be_held_is_kept_as_it_is(value: Decimal) -> None:
    assert numbers.decimal_or_null(value) is value


@given(st.decimals(min_value=1, max_value=1000, places=3), st.sampled_from(["mg", "ug", "g"]))
def test_multiplying_by_a_body_size_and_dividing_by_it_is_the_same_dose(value: Decimal, unit: str) -> None:
    dose, size = Quantity(value, f"{unit}/m2"), Quantity(D("1.77"), "m2")
    total = arithmetic.multiply(dose, size)
    back = arithmetic.divide(total, size)
    assert back.unit == f"{unit}/m2"
    assert abs(back.value - value) < D("0.00000001")
