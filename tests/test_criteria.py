"""How criteria combine, read from CQL text and asked with the values of their names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.library import SourceText, compile_text
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.cql.syntax import Expression, ExpressionDef
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.criteria import (
    AllOf,
    AnyOf,
    Choice,
    Constant,
    Guarded,
    Name,
    Negation,
    Structure,
    applied_criteria,
    blocking_criteria,
    is_ruled_out,
    names_criteria,
    names_of,
    structure_of,
    value_of,
)
from cql_like_rules.criteria import Test as IsKnown
from cql_like_rules.record import Record

CRITERIA = ("A", "B", "C", "D")
CONDITIONS = ("X", "Y")

A, B, C, D = (Name(name, True) for name in CRITERIA)
X, Y = (Name(name, False) for name in CONDITIONS)

Values = dict[str, bool | None]


def expression_of(text: str) -> Expression:
    source = f"library L version '1'\ncontext Patient\ndefine \"It\":\n  {text}\n"
    library, problems = parse_library(source, "policy.cql")
    assert library is not None
    assert problems == []
    return next(each.expression for each in library.definitions if isinstance(each, ExpressionDef))


def structure(text: str) -> Structure:
    return structure_of(expression_of(text), CRITERIA)


def asked(**values: bool | None) -> Any:
    return values.__getitem__


def blocking(text: str, *ways_out: str, **values: bool | None) -> tuple[str, ...]:
    return blocking_criteria(structure(text), asked(**values), ways_out.__contains__)


def applied(text: str, **values: bool | None) -> tuple[str, ...]:
    return applied_criteria(structure(text), asked(**values))


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('"A"', A),
        ('"X"', X),
        ("true", Constant(True)),
        ("null", Constant(None)),
        ('"A" and "B" and "C"', AllOf((A, B, C))),
        ('"A" and ("B" and "C")', AllOf((A, B, C))),
        ('"A" or ("B" or "C")', AnyOf((A, B, C))),
        ('"A" and ("B" or "C")', AllOf((A, AnyOf((B, C))))),
        ('not "A"', Negation(A)),
        ('"A" is true', IsKnown(A, True)),
        ('"A" is false', IsKnown(A, False)),
        ('"A" is null', IsKnown(A, None)),
        ('"A" is not true', Negation(IsKnown(A, True))),
        ('"X" implies "A"', Guarded(X, A)),
        ('if "X" then "A" else "B"', Choice(((X, A),), B)),
        ('case when "X" then "A" when "Y" then "B" else false end', Choice(((X, A), (Y, B)), Constant(False))),
    ],
)
def test_a_structure_is_read_from_what_the_author_wrote(text: str, read: Structure) -> None:
    assert structure(text) == read


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [
        ('"A" and exists [Condition]', 11, "Operation"),
        ('"A" and 5', 11, "Literal"),
        ('"A" xor "B"', 7, "Operation"),
        ('case "X" when true then "A" else "B" end', 3, "Case"),
        ("\"A\" and First({ 'x' })", 11, "FunctionRef"),
    ],
)
def test_what_is_no_name_is_refused_where_it_stands(text: str, column: int, found: str) -> None:
    with pytest.raises(CqlError) as refused:
        structure(text)
    (problem,) = refused.value.problems
    assert (problem.position.file, problem.position.line, problem.position.column) == ("policy.cql", 4, column)
    assert problem.found == found
    assert "names only" in problem.message
    assert problem.hint


def test_a_node_is_an_expression_that_names_criteria() -> None:
    assert names_criteria(expression_of('"X" and "A"'), CRITERIA)
    assert not names_criteria(expression_of('"X" and exists [Condition]'), CRITERIA)


def test_the_criteria_below_a_node_are_those_it_may_come_to_each_once() -> None:
    text = 'if "X" then "B" and not "A" else case when "Y" then ("C" is true) else ("X" implies "B") end'
    assert names_of(structure(text)) == ("B", "A", "C")


# --- applied ---------------------------------------------------------------------------------------------------------


def test_of_a_choice_only_the_chosen_part_applies() -> None:
    text = 'case when "X" then "A" when "Y" then "B" else "C" end'
    assert applied(text, X=True, Y=True) == ("A",)
    assert applied(text, X=False, Y=True) == ("B",)
    assert applied(text, X=None, Y=None) == ("C",)


def test_what_is_guarded_applies_unless_its_condition_is_known_to_be_false() -> None:
    text = '"A" and ("X" implies "B")'
    assert applied(text, X=True) == ("A", "B")
    assert applied(text, X=None) == ("A", "B")
    assert applied(text, X=False) == ("A",)


def test_conditions_are_no_criteria_and_a_criterion_counts_once() -> None:
    assert applied('"X" and ("A" or "B") and not "A" and ("B" is true)') == ("A", "B")


def test_a_choice_that_comes_to_a_plain_false_rules_the_node_out() -> None:
    ruled = structure('if "X" then "A" else false')
    assert is_ruled_out(ruled, asked(X=False))
    assert is_ruled_out(ruled, asked(X=None))
    assert not is_ruled_out(ruled, asked(X=True))
    assert not is_ruled_out(structure('"A" and false'), asked(A=True))


# --- blocking --------------------------------------------------------------------------------------------------------


def test_nothing_blocks_a_node_that_is_met() -> None:
    assert blocking('"A" or "B"', A=True, B=False) == ()


def test_of_all_that_is_required_whatever_is_not_met_or_missing_blocks() -> None:
    assert blocking('"A" and "B" and "C"', A=False, B=True, C=None) == ("A", "C")


def test_of_alternatives_those_that_are_still_open_block() -> None:
    assert blocking('"A" or "B" or "C"', A=False, B=None, C=False) == ("B",)


def test_of_alternatives_one_that_offers_a_way_out_blocks_too() -> None:
    assert blocking('"A" or "B" or "C"', "C", A=False, B=None, C=False) == ("B", "C")


def test_of_alternatives_that_are_all_closed_every_one_blocks() -> None:
    assert blocking('"A" or "B"', A=False, B=False) == ("A", "B")


def test_an_alternative_that_counts_only_once_it_is_there_does_not_block_while_nothing_is_said_of_it() -> None:
    assert blocking('"A" or "B" is true', A=False, B=None) == ("A",)
    assert blocking('"A" or "B" is true', A=False, B=False) == ("A", "B")
    assert blocking('"B" is true', B=None) == ("B",)


def test_a_guarded_criterion_blocks_by_itself_not_by_its_condition() -> None:
    assert blocking('"X" implies "A"', X=True, A=False) == ("A",)
    assert blocking('"X" implies "A"', X=None, A=False) == ("A",)
    assert blocking('"X" implies "A"', X=False, A=False) == ()


def test_a_criterion_that_must_not_hold_blocks_when_it_does() -> None:
    assert blocking('(not "A") and "B"', A=None, B=True) == ("A",)


def test_of_a_choice_only_the_chosen_part_blocks() -> None:
    assert blocking('if "X" then "A" else "B"', X=True, A=False, B=False) == ("A",)


# --- values ----------------------------------------------------------------------------------------------------------

names = st.sampled_from([f'"{name}"' for name in (*CRITERIA, *CONDITIONS)])
trees = st.recursive(
    names | st.sampled_from(["true", "false"]),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("({} implies {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} is {})".format, inner, st.sampled_from(["true", "false", "null", "not true", "not null"])),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("(case when {} then {} when {} then {} else {} end)".format, *[inner] * 5),
    ),
    max_leaves=12,
)
all_values = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in (*CRITERIA, *CONDITIONS)})


class NoOthers:
    """No other libraries and no value sets."""

    def read(self, name: str, version: str | None) -> None:
        return None

    def resolve(self, url: str) -> None:
        return None


def engine_value(text: str, values: Values) -> Any:
    """What the engine itself makes of the expression when its names have these values."""
    parameters = "\n".join(f'parameter "{name}" Boolean' for name in values)
    source = SourceText("it.cql", f"library It version '1'\n{parameters}\ncontext Patient\ndefine \"It\": {text}\n")
    library = compile_text(source, NoOthers(), NoOthers(), strict=False)
    return Evaluation(library, Record([]), values, DateTime.parse("2026-01-01")).value("It")


@given(trees, all_values)
def test_a_structure_comes_to_what_the_engine_makes_of_its_expression(text: str, values: Values) -> None:
    assert value_of(structure(text), values.__getitem__) is engine_value(text, values)


@given(trees, all_values)
def test_what_blocks_a_node_applies_to_the_order_and_nothing_blocks_one_that_is_met(text: str, values: Values) -> None:
    read = structure(text)
    found = blocking_criteria(read, values.__getitem__, lambda name: False)
    assert set(found) <= set(applied_criteria(read, values.__getitem__)) <= set(names_of(read))
    if value_of(read, values.__getitem__) is True:
        assert found == ()
