"""What a reader is told when a text is broken: the place, what stands there, what belongs there, what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.cql.syntax import ExpressionDef, Malformed

Problems = Callable[[str], list[Problem]]


def test_a_missing_closing_bracket_is_reported_where_the_list_started(problems: Problems) -> None:
    (problem,) = problems("library L version '1'\ndefine A: exists { 1, 2\n\ndefine B: 3")
    assert (problem.position.line, problem.position.column) == (2, 18)
    assert problem.message == "this list is never closed"
    assert problem.expected == "'}'"
    assert problem.hint == "add the '}' before line 4"


def test_all_errors_of_a_file_come_at_once(problems: Problems) -> None:
    found = problems(
        """library L version '1'
        define "A": 1 +
        define "B": [Condition] C where C.x = and C.y return all (1 2)
        define "C" 3
        define "D": { 1, , 2 } and ( 3 4 )
        define "E": 5
        """
    )
    assert [problem.position.line for problem in found] == [3, 3, 3, 4, 5, 5]


def test_a_broken_clause_leaves_the_other_clauses_readable(problems: Problems) -> None:
    found = problems("library L version '1'\ndefine A: [C] X where X. return all X. sort by id")
    assert [problem.position.column for problem in found] == [26, 40]


def test_a_broken_define_stays_known_by_name() -> None:
    library, problems = parse_library("library L version '1'\ndefine A: )\ndefine B: 1", "test")
    assert library is not None
    first, second = library.definitions
    assert isinstance(first, ExpressionDef)
    assert isinstance(first.expression, Malformed)
    assert second.name == "B"
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[Condition] C whre C.x", "did you mean 'where' by 'whre'?"),
        ("a adn b", "did you mean 'and' by 'adn'?"),
        ("x.year", 'year is a word of the language: as a name it is written "year"'),
        ("if a then b", "every 'if' has an 'else'; write 'else null' when there is nothing to say"),
        ("case when a then b end", "every 'case' has an 'else'; write 'else null' when nothing is left"),
        ("[A] X with [B] Y such  that Y.x", "one blank between 'such' and 'that'"),
        ("x is not Integer", "write: not (x is T)"),
        ("[A] X return all X where X.a", "the clauses of a query stand in this order: let, with, where, return, sort"),
    ],
)
def test_the_hint_says_what_to_do(problems: Problems, text: str, hint: str) -> None:
    (problem,) = problems(f"library L version '1'\ndefine A: {text}\n")
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("text", "expected", "hint"),
    [
        ('code C: "x" from S', "an identifier as a string", "strings stand in single quotes"),
        ("valueset 'V': 'x'", "a name for the value set", "names stand in double quotes"),
        (
            "define where: 1",
            "a name for the define",
            'where is a word of the language: as a name it is written "where"',
        ),
        ("parameter P List", "a type", "say what it is made of: List<Integer>"),
    ],
)
def test_definitions_say_what_belongs_there(problems: Problems, text: str, expected: str, hint: str) -> None:
    (problem,) = problems(f"library L version '1'\n{text}")
    assert (problem.expected, problem.hint) == (expected, hint)


def test_a_problem_prints_with_file_line_and_column(problems: Problems) -> None:
    (problem,) = problems("library L version '1'\ndefine A: 1 +")
    assert str(problem) == (
        "test.cql:2:14: this does not belong here; found the end of the file; expected an expression"
    )


def test_nesting_without_end_is_refused_and_does_not_end_the_program(problems: Problems) -> None:
    (problem,) = problems(f"library L version '1'\ndefine A: {'(' * 5000}1{')' * 5000}")
    assert problem.expected == "fewer parts inside each other"
    (problem,) = problems(f"library L version '1'\ndefine A: {' and '.join(['x'] * 500)}")
    assert problem.expected == "fewer operators in one expression"


def test_errors_in_many_defines_are_all_found(problems: Problems) -> None:
    text = "library L version '1'\n" + "\n".join(f"define A{number}: (((1 + *" for number in range(200))
    found = problems(text)
    assert [problem.position.line for problem in found] == list(range(2, 202))
    assert {problem.found for problem in found} == {"'*'"}
