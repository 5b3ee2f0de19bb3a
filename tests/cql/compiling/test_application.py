from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from cql_like_rules.cql.compiling.application import applied
from cql_like_rules.cql.compiling.frame import Closure, ExpressionFailed, Frame
from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, Operator
from cql_like_rules.cql.syntax import Position
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element

HERE = Position("rules.cql", 3, 7)

MILLIGRAM = Quantity(Decimal(5), "mg")
VALUES: list[Any] = [
    None,
    True,
    0,
    2**31 - 1,
    Decimal("1.5"),
    "abc",
    "(",
    Date(2024),
    Date(1, 1, 1),
    DateTime(9999, 12, 31, 23, 59, 59, 999),
    Time(12),
    MILLIGRAM,
    Quantity(Decimal("1E20"), "year"),
    Quantity(Decimal(3), "furlong"),
    Ratio(MILLIGRAM, Quantity(Decimal(0), "mL")),
    Interval(1, 5),
    Interval(None, None),
    Interval(Date(2024), Date(2025), low_closed=False, high_closed=False),
    [],
    [None],
    ["a", 1],
    [[1], [2]],
    [Interval(1, 2), Interval(2, 3)],
    Code("x", "s"),
    Concept(()),
    ValueSet("u"),
    CodeSystem("s"),
    Tuple({"a": 1}),
    Uncertainty(1, 3),
    Element("Condition", {"id": "x"}),
    Element("string", "x"),
]


def always(value: Any) -> Closure:
    def given(frame: Frame) -> Any:
        return value

    return given


def arities(operator: Operator) -> Sequence[int]:
    return sorted(arity for arity in operator.arities or {1, 2} if arity <= 2)


@pytest.mark.parametrize("operator", [*OPERATORS.values(), *FUNCTIONS.values()], ids=lambda operator: operator.name)
def test_an_operator_gives_a_value_or_fails_in_its_place_whatever_its_operands_are(operator: Operator) -> None:
    frame = [SimpleNamespace(as_of=DateTime(2026, 1, 1), birth_date=Date(1970))]
    precision = "day" if operator.precision else None
    for arity in arities(operator):
        for operands in product(VALUES, repeat=arity):
            with suppress(ExpressionFailed):
                applied(operator, [always(value) for value in operands], HERE, precision)(frame)


def test_operands_of_a_wrong_kind_are_told_by_their_kinds() -> None:
    with pytest.raises(ExpressionFailed) as caught:
        applied(FUNCTIONS["StartsWith"], [always(5), always("a")], HERE)([None])
    assert "StartsWith is not defined for" in str(caught.value)
    assert "Integer" in str(caught.value)
    assert caught.value.position == HERE


def test_the_cause_that_an_operator_gives_is_kept() -> None:
    with pytest.raises(ExpressionFailed, match="a Quantity and a String have no order"):
        applied(OPERATORS["Less"], [always(MILLIGRAM), always("a")], HERE)([None])
