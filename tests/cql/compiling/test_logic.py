from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.values import logic

TRUTHS = {"true": True, "false": False, "null": None}


@pytest.mark.parametrize(
    ("operator", "function"),
    [("and", logic.and_), ("or", logic.or_), ("xor", logic.xor), ("implies", logic.implies)],
)
def test_logical_operators_have_the_truth_tables_of_three_valued_logic(
    value_of: Callable[..., Any], operator: str, function: Callable[[Any, Any], Any]
) -> None:
    for left, a in TRUTHS.items():
        for right, b in TRUTHS.items():
            assert value_of(f"{left} {operator} {right}") is function(a, b), f"{left} {operator} {right}"


def test_a_long_chain_is_false_as_soon_as_one_is_and_null_only_otherwise(value_of: Callable[..., Any]) -> None:
    assert value_of("true and null and true and false and true") is False
    assert value_of("true and null and true and (true and true)") is None
    assert value_of("false or null or (false or true) or null") is True


def test_an_operand_that_cannot_matter_is_not_evaluated(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate("""
        define "Broken": singleton from { 1, 2 } = 1
        define "And": false and "Broken"
        define "Or": true or "Broken"
        define "Implies": false implies "Broken"
        define "If": if true then 1 else (singleton from { 1, 2 })
        define "Coalesce": Coalesce(3, singleton from { 1, 2 })
    """)
    assert evaluation.value("And") is False
    assert evaluation.value("Or") is True
    assert evaluation.value("Implies") is True
    assert evaluation.value("If") == 1
    assert evaluation.value("Coalesce") == 3


def test_something_else_than_a_boolean_in_a_logical_operator_fails_where_it_stands(
    evaluate: Callable[..., Evaluation],
) -> None:
    evaluation = evaluate("""define "It": true and First({ 'yes' } union { true })""")
    with pytest.raises(DefineFailed) as caught:
        evaluation.value("It")
    assert "true, false or null is needed here, not 'yes'" in str(caught.value)


def test_a_condition_that_is_null_is_not_true(value_of: Callable[..., Any]) -> None:
    assert value_of("if null then 'yes' else 'no'") == "no"
    assert value_of("case when null then 'yes' when true then 'second' else 'no' end") == "second"


def test_a_case_with_a_comparand_takes_the_first_item_that_is_equal(value_of: Callable[..., Any]) -> None:
    assert value_of("case 1 + 1 when 1 then 'one' when 2 then 'two' when 2 then 'again' else 'more' end") == "two"
    assert value_of("case (null as Integer) when 1 then 'one' else 'more' end") == "more"
