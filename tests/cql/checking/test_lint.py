"""The strict subset. Each rule is silent when it is switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.errors import Problem

RULES = [
    ("[Condition] C return C.code", "return removes duplicates without saying so"),
    ("@2026-01-15T10:00:00", "@2026-01-15T10:00:00 has no offset"),
    ("Now()", "Now() reads the clock"),
    ("Today() - 3 days", "Today() reads the clock"),
    ("AgeInYears() >= 18", "AgeInYears() is the age today"),
    ("First([Condition])", "First of a list without order"),
    ("Last([Condition] C where C.id is not null)", "Last of a list without order"),
    ("Last(([Condition] C where C.id is not null) D return all D.id)", "Last of a list without order"),
    ("[Condition] C sort by recordedDate.value", "rows of the same time have no order"),
    ("1 'a' > 12 'wk'", "'a' is never equal to a calendar unit"),
    ("6 'mo'", "'mo' is never equal to a calendar unit"),
    ("Interval[null, 5]", "a closed end that is null means without limit"),
    ("Interval(1, null]", "a closed end that is null means without limit"),
    ("Code { code: 'x' }", "say whose Code it is"),
    ("Exists({ 1 })", "Exists is an operator"),
    ("[Condition] C", "nothing is asked of C"),
]


@pytest.mark.parametrize(("expression", "message"), RULES)
def test_what_the_strict_subset_leaves_out_is_reported(
    problem: Callable[..., Problem], expression: str, message: str
) -> None:
    assert problem(expression).message == message


@pytest.mark.parametrize("expression", [expression for expression, _ in RULES])
def test_the_lint_can_be_switched_off(defines: Callable[..., Any], expression: str) -> None:
    defines(f'define "X": {expression}', strict=False)


def test_a_type_of_two_models_says_which_is_meant(problem: Callable[..., Problem]) -> None:
    found = problem("null as Quantity")
    assert (found.message, found.hint) == (
        "Quantity is a System type and a FHIR type",
        "write System.Quantity or FHIR.Quantity",
    )


@pytest.mark.parametrize(
    "expression",
    [
        "[Condition] C return all C.code",
        "[Condition] C return distinct C.id.value",
        "@2026-01-15T10:00:00Z",
        "@2026-01-15T10:00:00.000-05:00",
        "@2026-01-15",
        'AgeInYearsAt("Order".date)',
        "First([Condition] C sort by recordedDate.value, id.value)",
        "[Condition] C sort by id.value",
        "({ @2026-01-02, @2026-01-01 }) D sort desc",
        "12 months",
        "5 'mg/mo'",
        "Interval(null, 5]",
        "System.Code { code: 'x' }",
        "Last({ 1, 2 })",
    ],
)
def test_what_the_strict_subset_holds_is_let_through(defines: Callable[..., Any], expression: str) -> None:
    defines(f'define "X": {expression}')


def test_a_define_that_is_not_sorted_gives_no_first_row(check: Callable[..., Any], problem: Any) -> None:
    text = """library T version '1'
    using FHIR version '4.0.1'
    context Patient
    define "All": [Condition] C where C.id is not null
    define "Sorted": "All" C sort by id.value
    define "Good": First("Sorted" S where S.code is not null)
    define "Bad": First("All")"""
    found = check(text, with_common=False).problems
    assert [(each.position.line, each.message) for each in found] == [(7, "First of a list without order")]


def test_the_clock_may_be_the_default_of_a_parameter(check: Callable[..., Any]) -> None:
    text = "library T version '1'\nparameter \"As of\" DateTime default Now()"
    assert check(text, with_common=False).problems == []


def test_the_head_is_complete(check: Callable[..., Any]) -> None:
    found = check("using FHIR\ninclude Common\ndefine A: 1").problems
    assert {each.message for each in found} == {
        "the library has no name",
        "using FHIR has no version",
        "include Common has no version",
        "the context is not set",
    }
