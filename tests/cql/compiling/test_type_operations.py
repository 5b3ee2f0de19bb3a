from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.values.quantity import Quantity

Value = Callable[..., Any]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("First({ 1 } union { 'a' }) is Integer", True),
        ("First({ 1 } union { 'a' }) is String", False),
        ("null is Integer", False),
        ("{ 1, null } is List<Integer>", True),
        ("({ 1 } union { 'a' }) is List<Integer>", False),
        ("Interval[1, 2] is Interval<Integer>", True),
        ("(First({ 1 } union { 'a' })) is Choice<Integer, String>", True),
        ("Tuple { a: 1 } is Tuple { a Integer }", True),
    ],
)
def test_is_asks_what_kind_of_value_there_is_at_run_time(value_of: Value, expression: str, expected: bool) -> None:
    assert value_of(expression) is expected


def test_as_gives_null_for_another_type_and_cast_fails(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate("""
        define "Some": First({ 1 } union { 'a' })
        define "As": "Some" as String
        define "Same": "Some" as Integer
        define "Cast": cast "Some" as String
    """)
    assert evaluation.value("As") is None
    assert evaluation.value("Same") == 1
    with pytest.raises(DefineFailed, match=r"1 is not a System\.String"):
        evaluation.value("Cast")


def test_a_choice_element_is_taken_as_the_type_it_has(value_of: Value, weights: Callable[..., Any]) -> None:
    assert value_of("First([Observation]).value is FHIR.Quantity", [weights("w", 70)]) is True
    assert value_of("First([Observation]).value as FHIR.CodeableConcept", [weights("w", 70)]) is None


def test_convert_changes_type_or_unit(value_of: Value) -> None:
    assert value_of("convert '5' to Integer") == 5
    assert value_of("convert 'x' to Integer") is None
    assert value_of("convert 5 'g' to 'mg'") == Quantity(Decimal(5000), "mg")
    assert value_of("convert 5 'g' to 'mL'") is None
    assert value_of("convert (null as System.Quantity) to 'mg'") is None


def test_minimum_and_maximum_are_the_ends_of_a_type(value_of: Value) -> None:
    assert value_of("maximum Integer") == 2**31 - 1
    assert value_of("minimum Integer") == -(2**31)


def test_a_null_list_has_no_elements_and_a_null_string_no_length(value_of: Any) -> None:
    assert value_of("Length(null as List<Integer>)") == 0
    assert value_of("Length(null as String)") is None
    assert value_of("(null as List<Integer>) union (null as List<Integer>)") == []
    assert value_of("(null as Interval<Integer>) union (null as Interval<Integer>)") is None
