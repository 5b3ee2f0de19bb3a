"""Literals, selectors, names and calls."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.syntax import (
    CodeSelector,
    ConceptSelector,
    DateTimeLiteral,
    Expression,
    FunctionRef,
    IdentifierRef,
    Instance,
    Interval,
    List,
    ListTypeSpecifier,
    Literal,
    NamedTypeSpecifier,
    Null,
    Operation,
    Property,
    QuantityLiteral,
    RatioLiteral,
    Tuple,
    TypeOperation,
)

Parse = Callable[[str], Expression]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1.50", Decimal("1.50")), ("true", True), ("false", False), ("'a'", "a"), ("''", "")],
)
def test_a_literal_has_its_python_value(expression: Parse, text: str, value: object) -> None:
    literal = expression(text)
    assert isinstance(literal, Literal)
    assert literal.value == value
    assert type(literal.value) is type(value)


def test_null_is_a_node_of_its_own(expression: Parse) -> None:
    assert isinstance(expression("null"), Null)


@pytest.mark.parametrize(
    ("text", "value", "unit", "calendar"),
    [
        ("5 'mg/m2'", "5", "mg/m2", False),
        ("1 day", "1", "day", True),
        ("2.5 weeks", "2.5", "week", True),
        ("3 milliseconds", "3", "millisecond", True),
    ],
)
def test_a_quantity_has_a_ucum_unit_or_a_singular_calendar_word(
    expression: Parse, text: str, value: str, unit: str, calendar: bool
) -> None:
    quantity = expression(text)
    assert isinstance(quantity, QuantityLiteral)
    assert (quantity.value, quantity.unit, quantity.calendar) == (Decimal(value), unit, calendar)


def test_a_ratio_has_two_quantities(expression: Parse) -> None:
    ratio = expression("1 'mg' : 2")
    assert isinstance(ratio, RatioLiteral)
    assert (ratio.numerator.unit, ratio.denominator.value, ratio.denominator.unit) == ("mg", 2, "1")


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("@2026-01", "Date", "2026-01"),
        ("@2026-01T", "DateTime", "2026-01T"),
        ("@2026-01-15T10:00Z", "DateTime", "2026-01-15T10:00Z"),
        ("@T10:30:00.000", "Time", "T10:30:00.000"),
    ],
)
def test_dates_and_times_keep_their_text(expression: Parse, text: str, kind: str, rest: str) -> None:
    literal = expression(text)
    assert isinstance(literal, DateTimeLiteral)
    assert (literal.kind, literal.text) == (kind, rest)


@pytest.mark.parametrize(
    ("text", "low_closed", "high_closed"),
    [
        ("Interval[1, 2]", True, True),
        ("Interval(1, 2)", False, False),
        ("Interval[1, 2)", True, False),
        ("Interval(1, 2]", False, True),
    ],
)
def test_the_brackets_of_an_interval_say_which_ends_belong_to_it(
    expression: Parse, text: str, low_closed: bool, high_closed: bool
) -> None:
    interval = expression(text)
    assert isinstance(interval, Interval)
    assert (interval.low_closed, interval.high_closed) == (low_closed, high_closed)


def test_braces_are_a_tuple_when_names_stand_in_them_and_a_list_otherwise(expression: Parse) -> None:
    assert isinstance(expression("{ a: 1, b: 2 }"), Tuple)
    assert isinstance(expression("Tuple { code: 1 }"), Tuple)
    assert isinstance(expression("{ : }"), Tuple)
    assert isinstance(expression("{ }"), List)
    assert isinstance(expression("{ 1:2 }"), List)


def test_a_list_may_say_what_it_holds(expression: Parse) -> None:
    found = expression("List<System.Integer>{ 1 }")
    assert isinstance(found, List)
    assert isinstance(found.element_type, NamedTypeSpecifier)
    assert (found.element_type.model, found.element_type.name) == ("System", "Integer")


@pytest.mark.parametrize(
    ("text", "model", "name"),
    [
        ("System.Quantity { value: 1, unit: 'mg' }", "System", "Quantity"),
        ("Code { code: 'x' }", None, "Code"),
        ("Concept { codes: { } }", None, "Concept"),
        ("FHIR.Condition.Stage { : }", "FHIR", "Condition.Stage"),
    ],
)
def test_an_instance_names_its_type(expression: Parse, text: str, model: str | None, name: str) -> None:
    instance = expression(text)
    assert isinstance(instance, Instance)
    assert (instance.type.model, instance.type.name) == (model, name)


def test_code_and_concept_selectors_name_their_code_system(expression: Parse) -> None:
    code = expression("Code 'x' from \"LOINC\" display 'y'")
    assert isinstance(code, CodeSelector)
    assert (code.code, code.system.name, code.display) == ("x", "LOINC", "y")
    concept = expression("Concept { Code 'x' from L, Code 'y' from L } display 'z'")
    assert isinstance(concept, ConceptSelector)
    assert ([each.code for each in concept.codes], concept.display) == (["x", "y"], "z")


def test_a_path_and_a_qualified_name_look_the_same(expression: Parse) -> None:
    found = expression('Plan."Line of business".value')
    assert isinstance(found, Property)
    assert found.path == "value"
    assert isinstance(found.source, Property)
    assert isinstance(found.source.source, IdentifierRef)


def test_keywords_that_may_be_names_are_names(shape: Callable[[str], str]) -> None:
    assert shape("code.version.display") == "code.version.display"
    assert shape("x.start + x.end") == "Add(x.start, x.end)"
    assert shape("contains and date") == "And(contains, date)"


def test_a_call_may_be_plain_or_fluent(expression: Parse) -> None:
    plain = expression("Coalesce(a, b)")
    assert isinstance(plain, FunctionRef)
    assert (plain.name, len(plain.operands), plain.target) == ("Coalesce", 2, None)
    fluent = expression("x.y.exists(1)")
    assert isinstance(fluent, FunctionRef)
    assert isinstance(fluent.target, Property)


def test_types_nest(expression: Parse) -> None:
    found = expression("x as List<Tuple { a Integer, b Interval<System.Date>, c Choice<Integer, String> }>")
    assert isinstance(found, TypeOperation)
    assert isinstance(found.type, ListTypeSpecifier)
    assert type(found.type.element).__name__ == "TupleTypeSpecifier"


@pytest.mark.parametrize(
    ("text", "operator"),
    [("x is Integer", "Is"), ("cast x as Integer", "Cast"), ("convert x to Integer", "Convert")],
)
def test_type_operations_carry_the_type(expression: Parse, text: str, operator: str) -> None:
    found = expression(text)
    assert isinstance(found, TypeOperation)
    assert (found.operator, found.type) == (operator, NamedTypeSpecifier(found.position, "Integer"))


def test_extents_have_no_operand(expression: Parse) -> None:
    found = expression("maximum System.DateTime")
    assert isinstance(found, TypeOperation)
    assert (found.operator, found.operand) == ("MaxValue", None)


def test_an_infix_operation_stands_where_its_operator_stands(expression: Parse) -> None:
    found = expression("a\n  and b")
    assert isinstance(found, Operation)
    assert (found.position.line, found.position.column) == (2, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1L", "not in the subset: the Long literal 1L"),
        ("%today", "not in the subset: the external constant %today"),
        ("[X -> Condition]", "not in the subset: a retrieve in a related context"),
        ("[Condition: code = c]", "not in the subset: a retrieve that compares codes with '='"),
        ("Code 'x' from Other.System", "not in the subset: a code system of another library"),
    ],
)
def test_what_the_subset_leaves_out_is_refused_by_name(
    refusal: Callable[[str], Problem], text: str, message: str
) -> None:
    assert refusal(text).message == message
