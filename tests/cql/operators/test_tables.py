"""The tables: every row can be called as it says, and no operand makes an operator fail in any other way."""

from __future__ import annotations

import itertools
from contextlib import suppress
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, REFUSED, Operator
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element

D = Decimal
MG = Quantity(D(5), "mg")
CONTEXT = SimpleNamespace(as_of=DateTime(2026, 1, 15, 9, 30, 0, 0, D(0)), birth_date=Date(1990, 2))
ROWS = [*OPERATORS.values(), *FUNCTIONS.values()]

VALUES: list[Any] = [
    None,
    True,
    7,
    -(2**31),
    D("1.5"),
    D("1e30"),
    "",
    "[",
    "5 'mg'",
    MG,
    Quantity(D(1), "year"),
    Quantity(D(3), "not a unit"),
    Quantity(D(37), "Cel"),
    Ratio(MG, MG),
    Date(2014, 2),
    DateTime(2014, 2, 3, 4, offset=D(2)),
    DateTime(9999, 12, 31, 23, 59, 59, 999),
    Time(10, 30),
    Interval(1, 10),
    Interval(None, None),
    Interval(Date(2014, 1, 1), None, True, False),
    Interval("a", True),
    [1, None],
    [],
    ["a", D(2)],
    [Interval(1, 2), Interval(2, 5)],
    Tuple({"a": 1}),
    Code("x", "s"),
    Concept((Code("x", "s"),)),
    ValueSet("v"),
    CodeSystem("c"),
    Uncertainty(1, 5),
    Uncertainty(Date(2014), Date(2015)),
    Element("code", "x"),
]


def options(row: Operator, precision: str | None = None) -> dict[str, Any]:
    named: dict[str, Any] = {"precision": precision} if row.precision else {}
    return named | {"context": CONTEXT} if row.contextual else named


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_itself_its_section_and_what_it_makes_of_nulls(row: Operator) -> None:
    table = OPERATORS if OPERATORS.get(row.name) is row else FUNCTIONS
    assert table[row.name] is row
    assert row.section
    assert row.nulls


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_any_operands_give_a_value_or_an_evaluation_error(row: Operator) -> None:
    precisions = (None, "day", "hour", "fortnight") if row.precision and row.arities == {1} else (None, "day")
    for count in (row.arities or {1, 2}) & {0, 1, 2}:
        for operands in itertools.product(VALUES, repeat=count):
            for precision in precisions if row.precision else (None,):
                with suppress(EvaluationError):
                    row.function(*operands, **options(row, precision))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nulls_alone_are_no_error(row: Operator) -> None:
    for count in row.arities:
        row.function(*[None] * count, **options(row, "day"))


@pytest.mark.parametrize(
    ("name", "operand", "message"),
    [
        ("First", "abc", "First is not defined for a String"),
        ("Exists", Interval(1, 2), "Exists is not defined for an Interval"),
        ("Upper", 5, "Upper is not defined for an Integer"),
        ("Start", [1], "Start is not defined for a List"),
        ("IsTrue", "true", "IsTrue is not defined for a String"),
        ("Count", Tuple({"a": 1}), "Count is not defined for a Tuple"),
        ("Lower", Element("string", "x"), "Lower is not defined for a FHIR string"),
    ],
)
def test_an_operand_of_the_wrong_type_is_told(name: str, operand: Any, message: str) -> None:
    row = FUNCTIONS.get(name) or OPERATORS[name]
    with pytest.raises(EvaluationError, match=message):
        row.function(operand)


def test_what_is_refused_is_in_no_table() -> None:
    assert not REFUSED.keys() & (OPERATORS.keys() | FUNCTIONS.keys())
    assert all(REFUSED.values())


def test_optional_operands_may_be_left_out() -> None:
    assert FUNCTIONS["Round"].arities == {1, 2}
    assert FUNCTIONS["DateTime"].arities == set(range(1, 9))
    assert FUNCTIONS["Coalesce"].arities == frozenset()
    assert OPERATORS["Between"].arities == {3}
