"""Values from JSON, by their declared types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.json_values import NotOfType, from_json
from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    CODE,
    CONCEPT,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    QUANTITY,
    RATIO,
    STRING,
    TIME,
    ChoiceOf,
    IntervalOf,
    ListOf,
    TupleOf,
    Type,
    fhir,
)
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time


@pytest.mark.parametrize(
    ("json", "type_", "value"),
    [
        (None, INTEGER, None),
        (True, BOOLEAN, True),
        (3, INTEGER, 3),
        (3, DECIMAL, Decimal(3)),
        (Decimal("2.5"), DECIMAL, Decimal("2.5")),
        ("x", STRING, "x"),
        ("2026-01", DATE, Date(2026, 1)),
        ("2026-01-15T10:30Z", DATETIME, DateTime(2026, 1, 15, 10, 30, offset=Decimal(0))),
        ("10:30", TIME, Time(10, 30)),
        ({"value": 5, "unit": "mg"}, QUANTITY, Quantity(Decimal(5), "mg")),
        ({"value": 5}, QUANTITY, Quantity(Decimal(5))),
        (
            {"numerator": {"value": 1}, "denominator": {"value": 2}},
            RATIO,
            Ratio(Quantity(Decimal(1)), Quantity(Decimal(2))),
        ),
        ({"code": "1", "system": "urn:s"}, CODE, Code("1", "urn:s")),
        ({"codes": [{"code": "1"}], "display": "One"}, CONCEPT, Concept((Code("1"),), "One")),
        ([1, None], ListOf(INTEGER), [1, None]),
        ({"low": 1, "highClosed": False}, IntervalOf(INTEGER), Interval(1, None, True, False)),
        ({"a": 1}, TupleOf((("a", INTEGER), ("b", STRING))), Tuple({"a": 1, "b": None})),
        ("x", ChoiceOf((INTEGER, STRING)), "x"),
    ],
)
def test_json_is_the_value_of_its_type(json: Any, type_: Type, value: Any) -> None:
    read = from_json(json, type_)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("json", "type_", "told"),
    [
        ("x", INTEGER, "Integer cannot be given as a string"),
        (True, INTEGER, "Integer cannot be given as true or false"),
        (1, BOOLEAN, "Boolean cannot be given as a number"),
        ([], STRING, "String cannot be given as a list"),
        ({}, DATE, "Date cannot be given as an object"),
        ("soon", DATE, "'soon' is not a date"),
        ("x", QUANTITY, "Quantity is an object with value, unit"),
        ({"unit": "mg"}, QUANTITY, "Quantity is an object with value, unit"),
        ({"value": 5, "code": "mg"}, QUANTITY, "Quantity is an object with value, unit"),
        (1, ListOf(INTEGER), "List<System.Integer> cannot be given as a number"),
        (1, IntervalOf(INTEGER), "Interval<System.Integer> cannot be given as a number"),
        ({"z": 1}, TupleOf((("a", INTEGER),)), "there is no element z, but a"),
        ([], ChoiceOf((INTEGER, STRING)), "a list is none of System.Integer, System.String"),
        ({}, fhir("Condition"), "FHIR.Condition cannot be given as an object"),
        (1, ANY, "System.Any cannot be given as a number"),
    ],
)
def test_json_of_another_type_is_refused(json: Any, type_: Type, told: str) -> None:
    with pytest.raises(NotOfType) as refused:
        from_json(json, type_)
    assert told in str(refused.value)
