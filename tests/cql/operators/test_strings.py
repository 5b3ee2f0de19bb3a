"""Strings, conversions and types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import conversion, messages, nullological, strings, types
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.element import Element

D = Decimal
MG = Quantity(D("5.5"), "mg")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (strings.ampersand("a", None), "a"),
        (strings.concatenate("a", "b"), "ab"),
        (strings.concatenate("a", None), None),
        (strings.combine(["a", None, "b"], "-"), "a-b"),
        (strings.combine(["a", "b"]), "ab"),
        (strings.combine(["a", "b"], None), "ab"),
        (strings.combine([]), None),
        (strings.combine(None), None),
        (strings.split("a,b", ","), ["a", "b"]),
        (strings.split("a,b", None), ["a,b"]),
        (strings.split(None, ","), None),
        (strings.split_on_matches("a1b22c", r"\d+"), ["a", "b", "c"]),
        (strings.split_on_matches("a1b", r"(\d)"), ["a", "b"]),
        (strings.split_on_matches("ab", None), ["ab"]),
        (strings.split_on_matches(None, "x"), None),
        (strings.substring("abc", 1), "bc"),
        (strings.substring("abc", 1, 1), "b"),
        (strings.substring("ab", 0, 3), "ab"),
        (strings.substring("ab", 2), None),
        (strings.substring("ab", -1), None),
        (strings.position_of("b", "abcb"), 1),
        (strings.last_position_of("b", "abcb"), 3),
        (strings.last_position_of("x", "abcb"), -1),
        (strings.matches("1,2three", r"\d,\d\w+"), True),
        (strings.matches("abc", "b"), False),
        (strings.matches("a\nb", "a.b"), True),
        (strings.matches(None, "b"), None),
        (strings.replace_matches("a b", r"\s", r"\$"), "a$b"),
        (strings.replace_matches("2026-01", r"(\d+)-(\d+)", "$2/$1"), "01/2026"),
        (strings.replace_matches("abc", "(x)?b", "[$1]"), "a[]c"),
        (strings.replace_matches("abc", None, "x"), None),
        (strings.lower("Ab"), "ab"),
        (strings.upper(None), None),
        (strings.starts_with("abc", ""), True),
        (strings.ends_with("abc", None), None),
    ],
)
def test_string_functions(result: Any, expected: Any) -> None:
    assert result == expected


def test_a_faulty_pattern_is_told() -> None:
    with pytest.raises(EvaluationError, match="not a regular expression"):
        strings.matches("a", "[")
    with pytest.raises(EvaluationError, match="has no group 2"):
        strings.replace_matches("a", "(a)", "$2")
    with pytest.raises(EvaluationError, match="only strings"):
        strings.combine([1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("make", "value", "expected"),
    [
        (conversion.to_boolean, "NO", False),
        (conversion.to_boolean, "Y", True),
        (conversion.to_boolean, "falsetto", None),
        (conversion.to_boolean, D("1.0"), True),
        (conversion.to_boolean, 2, None),
        (conversion.to_integer, "-12", -12),
        (conversion.to_integer, "2147483648", None),
        (conversion.to_integer, "1.0", None),
        (conversion.to_integer, True, 1),
        (conversion.to_decimal, "+25.5", D("25.5")),
        (conversion.to_decimal, ".5", None),
        (conversion.to_decimal, 5, D(5)),
        (conversion.to_string, True, "true"),
        (conversion.to_string, D("18.55"), "18.55"),
        (conversion.to_string, D(5), "5.0"),
        (conversion.to_string, MG, "5.5 'mg'"),
        (conversion.to_string, Quantity(D(4), "day"), "4 days"),
        (conversion.to_string, DateTime(2014, 1, 1, 12, 5, 5, 955, D(0)), "2014-01-01T12:05:05.955+00:00"),
        (conversion.to_string, Time(9, 30, 1, 3), "09:30:01.003"),
        (conversion.to_quantity, "5.5 'mg'", MG),
        (conversion.to_quantity, "4 days", Quantity(D(4), "day")),
        (conversion.to_quantity, "4", Quantity(D(4))),
        (conversion.to_quantity, "4 'mcg'", None),
        (conversion.to_quantity, "4 sols", None),
        (conversion.to_quantity, "444 'cm", None),
        (conversion.to_quantity, Ratio(MG, Quantity(D(2), "mL")), Quantity(D("2.75"), "mg/mL")),
        (conversion.to_ratio, "5.5 'mg':2 'mL'", Ratio(MG, Quantity(D(2), "mL"))),
        (conversion.to_ratio, "5.5 'mg';2 'mL'", None),
        (conversion.to_ratio, "5.5 'mg':2 'x'", None),
        (conversion.to_date, "2014-01-01T12:30:00", Date(2014, 1, 1)),
        (conversion.to_date, DateTime(2014, 1), Date(2014, 1)),
        (conversion.to_date_time, "2014-01", DateTime(2014, 1)),
        (conversion.to_date_time, "2014/01/01T12:05:05.955Z", None),
        (conversion.to_date_time, Date(2014), DateTime(2014)),
        (conversion.to_time, "T14:30:00.0-05:45", Time(14, 30, 0, 0)),
        (conversion.to_time, "25:00", None),
        (conversion.to_concept, Code("a", "s", None, "A"), Concept((Code("a", "s", None, "A"),), "A")),
        (conversion.to_concept, [Code("a"), None, Code("b")], Concept((Code("a"), Code("b")))),
    ],
)
def test_conversions(make: Any, value: Any, expected: Any) -> None:
    made = make(value)
    assert made == expected
    assert type(made) is type(expected)
    assert make(None) is None
    assert expected is None or make(expected) == expected
    assert conversion.converts(make)(value) is (expected is not None)


@pytest.mark.parametrize("make", conversion.CONVERSIONS.values())
def test_what_has_no_conversion_is_told(make: Any) -> None:
    with pytest.raises(EvaluationError, match="is not converted to"):
        make(ValueSet("v"))
    assert conversion.converts(make)(ValueSet("v")) is False
    assert conversion.converts(make)(None) is None


AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=5)


@given(AMOUNTS, st.sampled_from(["mg", "ug/kg/d", "1", "day", "month", "10*9/L"]))
def test_a_quantity_is_read_back_from_its_text(value: Decimal, unit: str) -> None:
    quantity = Quantity(value, unit)
    assert conversion.to_quantity(conversion.to_string(quantity)) == quantity


PATIENT = Element("Patient", {"resourceType": "Patient"})


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        (5, "Integer", True),
        (5, "System.Integer", True),
        (5, "Decimal", False),
        (True, "Integer", False),
        ("5", "Integer", False),
        (None, "Integer", False),
        (5, "System.Any", True),
        (ValueSet("1"), "Vocabulary", True),
        (CodeSystem("1"), "System.Vocabulary", True),
        (MG, "System.Quantity", True),
        (PATIENT, "FHIR.Patient", True),
        (PATIENT, "Patient", True),
        (PATIENT, "FHIR.DomainResource", True),
        (PATIENT, "FHIR.Condition", False),
        (Element("Quantity", {}), "System.Quantity", False),
        (MG, "FHIR.Quantity", False),
    ],
)
def test_types_at_run_time(value: Any, type_name: str, expected: bool) -> None:
    assert types.is_type(value, type_name) is expected
    assert types.as_type(value, type_name, strict=False) is (value if expected else None)


def test_a_cast_to_another_type_fails_and_null_is_of_every_type() -> None:
    with pytest.raises(EvaluationError, match="a String is not of type Integer"):
        types.as_type("5", "Integer", strict=True)
    assert types.as_type(None, "Integer", strict=True) is None
    with pytest.raises(EvaluationError, match="Unicorn is not a type"):
        types.is_type(1, "Unicorn")


def test_convert_finds_the_conversion_by_its_type() -> None:
    assert types.convert("5", "System.Integer") == 5
    with pytest.raises(EvaluationError, match=r"nothing is converted to System\.ValueSet"):
        types.convert("5", "System.ValueSet")


def test_coalesce_takes_the_first_that_is_known() -> None:
    assert nullological.coalesce(None, 2, 3) == 2
    assert nullological.coalesce([None, "a"]) == "a"
    assert nullological.coalesce(None, None, ["a"]) == ["a"]
    assert nullological.coalesce([]) is None
    assert (nullological.is_null(None), nullological.is_null("")) == (True, False)


def test_a_message_passes_its_source_on_unless_it_is_an_error() -> None:
    assert messages.message(1, True, "100", "Warning", "careful") == 1
    assert messages.message(1, False, "400", "Error", "no") == 1
    assert messages.message(1, None, "400", "Error", "no") == 1
    with pytest.raises(EvaluationError, match=r"no \(400\)"):
        messages.message(1, True, "400", "Error", "no")
