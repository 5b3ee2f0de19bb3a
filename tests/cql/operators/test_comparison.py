"""Equality, order and equivalence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import comparison
from cql_like_rules.cql.operators.equivalence import equivalent, not_equivalent
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element

D = Decimal


def mg(value: str) -> Quantity:
    return Quantity(D(value), "mg")


def unit(value: str, name: str) -> Quantity:
    return Quantity(D(value), name)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 1, True),
        (1, D("1.00"), True),
        (D("1.5"), D("1.50"), True),
        (True, True, True),
        (True, 1, False),
        (False, 0, False),
        ("a", "A", False),
        (1, "1", False),
        (None, None, None),
        (1, None, None),
        (mg("1000"), unit("1", "g"), True),
        (mg("1"), unit("1", "mL"), None),
        (unit("5", "1"), 5, True),
        (unit("1", "day"), unit("24", "h"), True),
        (unit("1", "week"), unit("7", "d"), True),
        (unit("1", "year"), unit("12", "month"), True),
        (unit("1", "year"), unit("1", "a"), None),
        (unit("1", "month"), unit("1", "mo"), None),
        (unit("1", "month"), unit("30", "day"), None),
        (unit("1", "Cel"), unit("33.8", "[degF]"), True),
        (Date(2012), Date(2012), True),
        (Date(2012), Date(2012, 1), None),
        (Date(2012), Date(2013, 1), False),
        (Date(2012, 1, 1), DateTime(2012, 1, 1), True),
        (Date(2012, 1, 1), DateTime(2012, 1, 1, 12), None),
        (DateTime(2012, 1, 1, 10, offset=D(1)), DateTime(2012, 1, 1, 9), True),
        ([1, None], [1, None], True),
        ([1, None], [1, 2], None),
        ([1, 2], [1], False),
        ([], [], True),
        (Tuple({"a": None, "b": 1}), Tuple({"a": None, "b": 1}), True),
        (Tuple({"a": 1, "b": None}), Tuple({"a": 2, "b": 1}), False),
        (Tuple({"a": None, "b": 1}), Tuple({"a": 1, "b": 2}), None),
        (Interval(1, 4), Interval(0, 5, False, False), True),
        (Interval(1, None), Interval(1, 2**31 - 1), True),
        (Interval(1, None, True, False), Interval(1, 5), None),
        (Ratio(mg("1"), mg("2")), Ratio(mg("2"), mg("4")), False),
        (Code("a", "s"), Code("a", "s"), True),
        (Code("a", "s"), Code("a", "s", "1"), None),
        (Code("a", "s"), Concept((Code("a", "s"),)), True),
        (Uncertainty(4, 5), Interval(4, 5), True),
        (Uncertainty(4, 5), 4, None),
        (Uncertainty(4, 5), 6, False),
    ],
)
def test_equality(a: Any, b: Any, expected: bool | None) -> None:
    assert comparison.equal(a, b) is expected
    assert comparison.equal(b, a) is expected
    assert comparison.not_equal(a, b) is (None if expected is None else not expected)


@pytest.mark.parametrize(
    ("a", "b", "less", "less_or_equal"),
    [
        (1, 2, True, True),
        (2, 2, False, True),
        (1, D("1.5"), True, True),
        ("Jack", "Jill", True, True),
        (None, 2, None, None),
        (unit("850", "/uL"), unit("1.0", "10*9/L"), True, True),
        (unit("70", "kg"), unit("154", "[lb_av]"), False, False),
        (unit("60", "min"), unit("1", "hour"), False, True),
        (unit("5", "[iU]/L"), unit("3", "/L"), None, None),
        (DateTime(2013), DateTime(2014, 2, 15), True, True),
        (DateTime(2014), DateTime(2014, 2, 15), None, None),
        (Time(10, 0, 0, 0), Time(10, 0, 0, 1), True, True),
        (Uncertainty(12, 29), 12, False, None),
        (Uncertainty(12, 29), 30, True, True),
        (Uncertainty(12, 29), 29, None, True),
        (5, Uncertainty(1, 25), None, None),
    ],
)
def test_order(a: Any, b: Any, less: bool | None, less_or_equal: bool | None) -> None:
    assert comparison.less(a, b) is less
    assert comparison.greater(b, a) is less
    assert comparison.less_or_equal(a, b) is less_or_equal
    assert comparison.greater_or_equal(b, a) is less_or_equal


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (mg("1"), unit("1", "mcg"), "'mcg' is not a UCUM unit"),
        (unit("1", "mcg"), unit("2", "mcg"), "'mcg' is not a UCUM unit"),
        (True, False, "a Boolean and a Boolean have no order"),
        ("a", 1, "a String and an Integer have no order"),
        (Time(10), Date(2012), "a Time and a Date have no order"),
        (Element("dateTime", "2012"), DateTime(2012), "use .value"),
    ],
)
def test_what_has_no_order_is_told(a: Any, b: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        comparison.less(a, b)


def test_a_fhir_element_equals_no_cql_value_by_itself() -> None:
    with pytest.raises(EvaluationError, match=r"use \.value"):
        comparison.equal(Element("code", "active"), "active")


def test_two_fhir_elements_are_compared_by_type_and_json() -> None:
    assert comparison.equal(Element("code", "x"), Element("code", "x")) is True
    assert comparison.equal(Element("code", "x"), Element("string", "x")) is False


def test_tuples_of_different_shape_are_never_compared() -> None:
    with pytest.raises(EvaluationError, match="different elements"):
        comparison.equal(Tuple({"a": 1}), Tuple({"b": 1}))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (None, None, True),
        (None, 1, False),
        ("John Doe", "john\tdoe", True),
        ("a  b", "a b", False),
        (D("1.001"), D("1.000"), True),
        (D("1.5"), D("1.55"), False),
        (1, D("1.4"), True),
        (unit("1", "year"), unit("1", "a"), True),
        (unit("1", "month"), unit("1", "mo"), True),
        (unit("1", "month"), unit("30", "d"), True),
        (unit("1", "year"), unit("365", "day"), True),
        (unit("1", "year"), unit("12", "month"), True),
        (unit("100", "cm"), unit("1", "m"), True),
        (unit("1", "cm"), unit("1", "cm2"), False),
        (Ratio(mg("1"), mg("8")), Ratio(mg("2"), mg("16")), True),
        (Date(2012), Date(2012, 1), False),
        (Interval(1, None), Interval(1, None), True),
        (Interval(1, 4), Interval(1, 5, True, False), True),
        ([1, None], [1, None], True),
        ([1, None], [1], False),
        (Tuple({"a": None}), Tuple({"a": None}), True),
        (Code("C9000", "http://hl7.org/fhir/sid/icd-10-cm"), Code("C90.00", "http://hl7.org/fhir/sid/icd-10-cm"), True),
        (Code("a", "s"), Code("A", "s"), False),
        (Code("a", "s", "1"), Code("a", "s", "2"), True),
        (Concept((Code("a", "s"), Code("b", "s"))), Code("b", "s"), True),
        (Concept((Code("a", "s"),)), Concept((Code("b", "s"),)), False),
        (1, "1", False),
    ],
)
def test_equivalence_is_never_null(a: Any, b: Any, expected: bool) -> None:
    assert equivalent(a, b) is expected
    assert equivalent(b, a) is expected
    assert not_equivalent(a, b) is not expected


AMOUNTS = st.decimals(min_value=-10000, max_value=10000, places=4)
DATES = st.builds(
    Date, st.integers(2000, 2002), st.none() | st.integers(1, 12)
) | st.dates().map(lambda day: Date(day.year, day.month, day.day))  # fmt: skip


@given(AMOUNTS, AMOUNTS, st.sampled_from(["g", "mg", "ug", "kg", "[lb_av]"]), st.sampled_from(["g", "mg", "[oz_av]"]))
def test_exactly_one_of_less_equal_and_greater_holds(a: Decimal, b: Decimal, x: str, y: str) -> None:
    left, right = Quantity(a, x), Quantity(b, y)
    answers = [comparison.less(left, right), comparison.equal(left, right), comparison.greater(left, right)]
    assert sorted(map(bool, answers)) == [False, False, True]
    assert comparison.less(left, right) is comparison.greater(right, left)


@given(DATES, DATES)
def test_a_known_order_of_partial_dates_holds_for_all_that_they_can_mean(a: Date, b: Date) -> None:
    answer = comparison.less(a, b)
    if answer is True:
        assert comparison.less(a.high(), b.low()) is True
    if answer is False:
        assert comparison.less(a.low(), b.high()) in (False, True)
        assert comparison.less(a.high(), b.low()) is False
