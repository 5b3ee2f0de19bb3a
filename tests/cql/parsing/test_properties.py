"""Whatever the text is, the parser answers; and what it answers does not depend on layout or needless brackets."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cql_like_rules.cql.lexer import lex
from cql_like_rules.cql.parser import parse_expression, parse_library
from cql_like_rules.cql.syntax import Malformed

WORDS = r"""
    library using include define function fluent private parameter default context Patient valueset code concept from
    where return all distinct sort by asc with without such that let aggregate starting and or xor not implies is null
    true false in contains between properly during starts ends before after same day days of or before or more within 3
    1.5 'mg' 'x' "A" "B" X Y a.b ( ) [ ] { } < > = != ~ , : . + - * / ^ & | @2026-01-01 @T10 Interval List Tuple Code
    Concept if then else case when end cast as convert to exists flatten collapse expand per minimum Integer singleton
    difference in duration start end year date $this %c 1L -> // /* */ ' " `
"""

soup = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=60).map(" ".join)


@given(st.one_of(st.text(max_size=200), soup))
@settings(max_examples=300, deadline=None)
def test_any_text_is_answered_with_a_tree_or_with_problems(text: str) -> None:
    library, problems = parse_library(text, "test")
    assert library is not None or problems
    lines = text.split("\n")
    for problem in problems:
        assert problem.message
        assert 1 <= problem.position.line <= len(lines)


@given(st.one_of(st.text(max_size=80), soup))
@settings(max_examples=300, deadline=None)
def test_an_expression_is_malformed_only_with_a_problem(text: str) -> None:
    expression, problems = parse_expression(text, "test")
    if any(isinstance(node, Malformed) for node in expression.walk()):
        assert problems


@given(st.text(max_size=200))
def test_tokens_stand_in_the_order_of_the_text(text: str) -> None:
    places = [(token.line, token.column) for token in lex(text, "test").tokens]
    assert places == sorted(places)


ATOMS = ("x", "Y.z", "1", "2.5", "'s'", "5 'mg'", "3 days", "null", "true", "@2026-01-01", "F(x, 1)", "l[0]")
INFIX = "and or xor implies = != ~ < >= + - * / div mod ^ & union intersect in contains before starts during"

atoms = st.sampled_from(ATOMS)
infix = st.sampled_from(INFIX.split())
prefix = st.sampled_from(["not", "exists", "-", "start of", "distinct", "singleton from"])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, infix, inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
        st.tuples(prefix, inner).map(lambda parts: f"{parts[0]} ({parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"if ({parts[0]}) then ({parts[1]}) else null"),
        st.lists(inner, max_size=3).map(lambda parts: "{ " + ", ".join(f"({part})" for part in parts) + " }"),
        inner.map(lambda part: f"({part}) A where (A) return all (A)"),
    )


expressions = st.recursive(atoms, compound, max_leaves=8)


@given(expressions)
@settings(deadline=None)
def test_well_formed_expressions_are_read_without_a_problem(text: str) -> None:
    _, problems = parse_expression(text, "test")
    assert problems == []


@given(expressions)
@settings(deadline=None)
def test_needless_brackets_and_other_layout_change_nothing(text: str) -> None:
    plain, _ = parse_expression(text, "test")
    bracketed, _ = parse_expression(f"(({text}))", "test")
    spread, _ = parse_expression(re.sub(r"(?<=\)) ", " /* c */\n  ", text), "test")
    assert plain == bracketed
    assert plain == spread
