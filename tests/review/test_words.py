"""Expressions of a policy in words."""

from __future__ import annotations

import pytest

from cql_like_rules.cql import syntax
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.review.words import in_words, rows


def expression(text: str) -> syntax.Expression:
    library, problems = parse_library(f'library A\ndefine "X":\n  {text}', "a.cql")
    assert library is not None
    assert problems == []
    (definition,) = library.definitions
    assert isinstance(definition, syntax.ExpressionDef)
    return definition.expression


@pytest.mark.parametrize(
    ("cql", "words"),
    [
        ("\"Order\".perDay <= 250 'ug/d'", "Order.perDay ≤ 250 ug/d"),
        ('"Weight is current" is null', '"Weight is current" is not known'),
        ('"Use" = \'AML\' and not "Late"', "Use = 'AML' and not Late"),
        ("A or (B and C)", "A or (B and C)"),
        ("A and B and C", "A and B and C"),
        ("A is not null", "A is known"),
        ('"Order".date - 6 months <= D', "Order.date − 6 months ≤ D"),
        ("A - (B - 1)", "A − (B − 1)"),
        ("Coalesce(A, false) and B", "(A, else no) and B"),
        ("Plan.\"State\" in { 'FL', 'GA' }", "Plan.State in {'FL', 'GA'}"),
        ('product in "Zarxio"', "product in Zarxio"),
        ("Ages.InYearsOn(D) >= 55", "Ages.InYearsOn(D) ≥ 55"),
        ("@2026-01-01", "2026-01-01"),
        ("null", "not known"),
        ("Tuple { product: A, dose: 5 'mg' }", "product A, dose 5 mg"),
        ("if A then 1 else 2", "1 if A; else 2"),
        ("exists ([Condition] C where C.id = '1')", "any …"),
    ],
)
def test_an_expression_is_told_in_words(cql: str, words: str) -> None:
    assert in_words(expression(cql)) == words


def test_a_decision_is_laid_flat() -> None:
    cql = "if A then case U when 'x' then 1 else null end else if B then 2 else 3"
    assert [(row.result, row.conditions) for row in rows(expression(cql))] == [
        ("1", ("A", "U = 'x'")),
        ("not known", ("A",)),
        ("2", ("B",)),
        ("3", ()),
    ]


def test_what_is_no_decision_is_one_row() -> None:
    assert [(row.result, row.conditions) for row in rows(expression("6"))] == [("6", ())]
