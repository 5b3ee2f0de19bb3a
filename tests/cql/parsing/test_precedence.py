"""How operators group. The expected shapes were compared with the ELM of the reference translator."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cql_like_rules.cql.parser import parse_expression
from cql_like_rules.cql.syntax import Literal, QuantityLiteral


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b and c", "Or(a, And(b, c))"),
        ("a implies b or c implies d", "Implies(Implies(a, Or(b, c)), d)"),
        ("a xor b or c", "Or(Xor(a, b), c)"),
        ("not a and b", "And(Not(a), b)"),
        ("not a is null", "Not(IsNull(a))"),
        ("not a = b", "Equal(Not(a), b)"),
        ("exists l and a", "And(Exists(l), a)"),
        ("exists l union m", "Union(Exists(l), m)"),
        ("i in l union m", "In(i, Union(l, m))"),
        ("l = m union n", "Equal(l, Union(m, n))"),
        ("l union m intersect n", "Intersect(Union(l, m), n)"),
        ("a = b = c", "Equal(Equal(a, b), c)"),
        ("a = i < j", "Equal(a, Less(i, j))"),
        ("a and b = c", "And(a, Equal(b, c))"),
        ("a = i in l", "In(Equal(a, i), l)"),
        ("i + j * i ^ j ^ i", "Add(i, Multiply(j, Power(Power(i, j), i)))"),
        ("i - j - k", "Subtract(Subtract(i, j), k)"),
        ("i div j mod k", "Modulo(TruncatedDivide(i, j), k)"),
        ("-i ^ j", "Power(Negate(i), j)"),
        ("-i.value", "Negate(i.value)"),
        ("a & b + c", "Add(Concatenate(a, b), c)"),
        ("i between j and k and b", "And(Between(i, j, k), b)"),
        ("i properly between j and k", "And(Greater(i, j), Less(i, k))"),
        ("start of v < end of w", "Less(Start(v), End(w))"),
        ("start of v + 1 day", "Add(Start(v), 1 day)"),
        ("d before e = b", "Equal(Before(d, e), b)"),
        ("a = d before e", "Equal(a, Before(d, e))"),
        ("d before e and a", "And(Before(d, e), a)"),
        ("d + 3 days before e", "Before(Add(d, 3 day), e)"),
        ("a is true and b is not false", "And(IsTrue(a), Not(IsFalse(b)))"),
        ("distinct l union m", "Distinct(Union(l, m))"),
        ("flatten l and a", "Flatten(And(l, a))"),
        ("days between d and e > 5", "Greater(DurationBetween<day>(d, e), 5)"),
        ("difference in days between d and e + 5 = 3", "Equal(DifferenceBetween<day>(d, Add(e, 5)), 3)"),
        ("duration in days of v + 1", "Add(DurationBetween<day>(Start(v), End(v)), 1)"),
        ("if a then i else j + k", "If(a, i, Add(j, k))"),
        ("case when a then i else j end + k", "Add(Case(-, CaseItem(a, i), j), k)"),
        ("width of v + 1", "Add(Width(v), 1)"),
        ("year from d + 1", "Add(DateTimeComponentFrom<year>(d), 1)"),
        ("date from d = e", "Equal(DateFrom(d), e)"),
        ("timezoneoffset from d", "TimezoneOffsetFrom(d)"),
        ("successor of i + 1", "Add(Successor(i), 1)"),
        ("singleton from l[0]", "SingletonFrom(Indexer(l, 0))"),
        ("d in day of v", "In<day>(d, v)"),
        ("v contains month of d", "Contains<month>(v, d)"),
        ("a | b", "Union(a, b)"),
        ("a != b", "NotEqual(a, b)"),
        ("a !~ b", "NotEquivalent(a, b)"),
        ("collapse l", "Collapse(l, null)"),
        ("collapse l per day", "Collapse(l, 1 day)"),
        ("expand l per 2 days", "Expand(l, 2 day)"),
        ("convert x to 'kg'.value", "ConvertQuantity(x, kg).value"),
        ("x as Integer is null", "IsNull(TypeOperation(As, x, NamedTypeSpecifier(Integer, -)))"),
    ],
)
def test_operators_group_as_in_the_official_grammar(shape: Callable[[str], str], text: str, expected: str) -> None:
    assert shape(text) == expected


def test_a_sign_is_part_of_the_number() -> None:
    assert parse_expression("-5", "test")[0] == Literal(parse_expression("x", "test")[0].position, -5)
    quantity, _ = parse_expression("-5 'mg'", "test")
    assert isinstance(quantity, QuantityLiteral)
    assert quantity.value == -5


@pytest.mark.parametrize(
    "text",
    [
        "1 + [Condition]",
        "1 + not a",
        "start of [Condition]",
        "[Condition].code",
        "1 + exists l",
        "1 + days between a and b",
    ],
)
def test_what_is_no_term_needs_brackets(text: str) -> None:
    _, problems = parse_expression(text, "test")
    assert len(problems) == 1


@pytest.mark.parametrize(("text", "hint"), [("1 + [Condition]", "put the retrieve in brackets: ([Condition])")])
def test_the_hint_says_where_brackets_are_missing(text: str, hint: str) -> None:
    assert parse_expression(text, "test")[1][0].hint == hint
