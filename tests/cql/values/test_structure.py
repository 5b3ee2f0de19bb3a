from __future__ import annotations

from decimal import Decimal

import pytest

from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.uncertainty import Uncertainty, between, highest, lowest


def test_an_element_that_a_tuple_does_not_have_is_null() -> None:
    assert Tuple({"a": 1}).get("b") is None


def test_tuples_are_equal_by_their_elements_and_not_by_their_sources() -> None:
    assert Tuple({"a": 1}, ("Observation/1",)) == Tuple({"a": 1})
    assert Tuple({"a": 1}) != Tuple({"a": 2})
    assert hash(Tuple({"a": [1]})) == hash(Tuple({"a": [2]}))


def test_a_tuple_does_not_change_with_the_mapping_it_was_made_from() -> None:
    elements = {"a": 1}
    made = Tuple(elements)
    elements["a"] = 2
    assert dict(made) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Quantity(Decimal("5.50"), "mg/m2"), "5.50 'mg/m2'"),
        (Quantity(Decimal("1E+3"), "ug"), "1000 'ug'"),
        (Quantity(Decimal(4), "day"), "4 days"),
        (Quantity(Decimal(1), "year"), "1 year"),
        (Ratio(Quantity(Decimal(1), "mg"), Quantity(Decimal(2), "mL")), "1 'mg':2 'mL'"),
        (Interval(1, None, True, False), "Interval[1, null)"),
        (Uncertainty(4, 5), "4 to 5"),
    ],
)
def test_a_value_is_written_as_its_literal(value: object, text: str) -> None:
    assert str(value) == text


def test_an_uncertainty_between_equal_ends_is_the_value_itself() -> None:
    assert between(3, 3) == 3
    assert between(3, 4) == Uncertainty(3, 4)


def test_the_ends_of_a_certain_value_are_the_value() -> None:
    assert (lowest(3), highest(3)) == (3, 3)
    assert (lowest(Uncertainty(3, 4)), highest(Uncertainty(3, 4))) == (3, 4)
