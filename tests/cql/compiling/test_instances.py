from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple

Value = Callable[..., Any]


def test_literals_are_the_values_that_are_written(value_of: Value) -> None:
    assert value_of("5 'mg/m2'") == Quantity(Decimal(5), "mg/m2")
    assert value_of("2 years") == Quantity(Decimal(2), "year")
    assert value_of("1 'mg' : 2 'mL'") == Ratio(Quantity(Decimal(1), "mg"), Quantity(Decimal(2), "mL"))
    assert str(value_of("@2026-01-15T10:30+01:00")).startswith("2026-01-15T10:30")
    assert value_of("{ 1, null, 'x' }") == [1, None, "x"]
    assert value_of("Tuple { a: 1, b: null }") == Tuple({"a": 1, "b": None})
    assert value_of("Interval(1, 4]") == Interval(1, 4, low_closed=False)


def test_instances_are_put_together_from_their_elements(value_of: Value) -> None:
    assert value_of("System.Quantity { value: 5, unit: 'mg' }") == Quantity(Decimal(5), "mg")
    assert value_of("System.Quantity { value: 5.5 }") == Quantity(Decimal("5.5"), "1")
    assert value_of("System.Quantity { value: 5.5, unit: 'days' }") == Quantity(Decimal("5.5"), "day")
    assert value_of("System.Code { code: 'x', system: 'urn:s' }") == Code("x", "urn:s")
    codes = "{ System.Code { code: 'x', system: 'urn:s' }, System.Code { display: 'no code' } }"
    assert value_of(f"System.Concept {{ codes: {codes}, display: 'X' }}") == Concept((Code("x", "urn:s"),), "X")


def test_an_instance_without_what_makes_it_one_is_null(value_of: Value) -> None:
    assert value_of("System.Quantity { value: null as Decimal, unit: 'mg' }") is None
    assert value_of("System.Code { code: null as String, system: 'urn:s' }") is None
    assert value_of("System.Ratio { numerator: 1 'mg', denominator: null as System.Quantity }") is None


def test_a_unit_from_the_data_that_is_no_ucum_fails_instead_of_being_guessed(
    evaluate: Callable[..., Evaluation],
) -> None:
    observation = {
        "resourceType": "Observation",
        "id": "k",
        "valueQuantity": {"value": 4, "unit": "K/cumm"},
    }
    evaluation = evaluate(
        """
        define "Raw": First([Observation]).value as FHIR.Quantity
        define "Platelets": System.Quantity { value: "Raw".value.value, unit: "Raw".unit.value }
        """,
        [observation],
    )
    with pytest.raises(DefineFailed, match="'K/cumm' is not a UCUM unit"):
        evaluation.value("Platelets")


def test_an_interval_that_ends_before_it_starts_fails(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate('define "Low": 5 define "It": Interval["Low", 3]')
    with pytest.raises(DefineFailed, match="Interval"):
        evaluation.value("It")
