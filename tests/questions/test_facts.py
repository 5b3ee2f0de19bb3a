"""What the record alone may answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.questions.facts import Facts

Defines = Callable[..., str]


@pytest.fixture
def define_for(asking: Any) -> Callable[[str, str, str], str]:
    """The define that answers a question (its number and type) in a policy with these defines."""
    return lambda defines, number, type_: Facts(asking(defines)).define_for(number, type_)


SILENT = "Coalesce(exists [Condition], Attestations.YesNo('T.1/I#fact'))"


def test_a_criterion_that_stands_on_the_record_answers_for_itself(define_for: Any, criterion_define: Defines) -> None:
    assert define_for(criterion_define("I", SILENT), "I", "boolean") == "I"


@pytest.mark.parametrize(
    "expression",
    [
        '"Order".date is not null',
        "'Condition' in \"Delivered\"",
        '"Other"',
    ],
)
def test_what_rests_on_a_parameter_that_nobody_else_supplies_answers_nothing(
    define_for: Any, criterion_define: Defines, expression: str
) -> None:
    others = criterion_define("II", '"Order".date is not null') + 'define "Other": "II" is true\n'
    assert define_for(others + criterion_define("I", expression), "I", "boolean") == ""


def test_a_parameter_with_a_default_is_no_obstacle(define_for: Any, criterion_define: Defines) -> None:
    assert define_for(criterion_define("I", '"Days" > 1'), "I", "boolean") == "I"


def test_a_define_that_falls_back_on_the_answer_tells_the_fact(define_for: Any, criterion_define: Defines) -> None:
    assert define_for(f'define "Fact": {SILENT}', "I#fact", "boolean") == "Fact"


def test_the_operands_may_stand_in_a_list(define_for: Any) -> None:
    listed = "Coalesce({ exists [Condition], exists [Procedure], Attestations.YesNo('T.1/I#fact') })"
    assert define_for(f'define "Fact": {listed}', "I#fact", "boolean") == "Fact"


@pytest.mark.parametrize(
    "expression",
    [
        "Attestations.YesNo('T.1/I#fact')",
        "Coalesce(Attestations.YesNo('T.1/I#fact'), exists [Condition])",
        "Coalesce(Attestations.YesNo('T.1/I#other'), Attestations.YesNo('T.1/I#fact'))",
        "Coalesce(exists [Condition], not Attestations.YesNo('T.1/I#fact'))",
        "Coalesce(exists [Condition], Attestations.YesNo('U.2/I#fact'))",
        "Coalesce(exists [Condition], AnyTrue({ true }))",
    ],
)
def test_any_other_define_is_not_the_fact(define_for: Any, expression: str) -> None:
    assert define_for(f'define "Fact": {expression}', "I#fact", "boolean") == ""


def test_a_define_of_another_type_answers_nothing(define_for: Any, criterion_define: Defines) -> None:
    number = "define \"Lines\": Coalesce(Count([Condition]), Attestations.WholeNumber('T.1/I#lines'))"
    assert define_for(number, "I#lines", "integer") == "Lines"
    assert define_for(number, "I#lines", "date") == ""
    assert define_for(number, "I#lines", "choice") == ""
