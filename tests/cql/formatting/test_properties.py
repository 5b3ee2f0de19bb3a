"""Whatever the text: formatting it twice is formatting it once, and what it means stays."""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cql_like_rules.cql.conformance import read_tests
from cql_like_rules.cql.formatting import WIDTH, formatted
from cql_like_rules.cql.lexer import lexemes
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.policy import LIBRARY, POLICIES

HL7_TESTS = Path(os.environ.get("HL7_CQL_TESTS", Path(__file__).parents[4] / "shared" / "hl7-cql-tests"))
FILES = [*sorted(LIBRARY.glob("*.cql")), *sorted(POLICIES.glob("*/policy.cql"))]
DEFINITIONS = [
    definition
    for file in FILES
    for definition in re.split(r"\n\n(?=/[*/]|define)", file.read_text(encoding="utf-8"))
    if len(definition) < 3000
]

INFIX = ["and", "or", "xor", "implies", "=", "<", "+", "-", "*", "&", "union", "in", "contains", "before", "starts"]
PREFIX = ["not", "exists", "-", "start of", "distinct", "singleton from", "date from"]

names = st.sampled_from(["x", "Y.z", '"A name with blanks in it"', "F(x, 1)", "l[0]", "code", '"X".code'])
values = st.sampled_from(
    ["1", "2.5", "'s'", "5 'mg'", "3 days", "null", "true", "@2026-01-01", "1:2", "{}", '[A: "B"]']
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(INFIX), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        st.tuples(st.sampled_from(PREFIX), inner).map(lambda p: f"{p[0]} ({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"if {p[0]} then {p[1]} else {p[2]}"),
        st.tuples(inner, inner, inner).map(lambda p: f"case when {p[0]} then {p[1]} else {p[2]} end"),
        st.lists(inner, max_size=4).map(lambda p: f"{{ {', '.join(f'({part})' for part in p)} }}"),
        st.tuples(inner, inner, inner).map(
            lambda p: f"(({p[0]}) A let b: {p[1]}, c: 1 where {p[2]} return all A sort by x)"
        ),
        st.tuples(inner, inner).map(lambda p: f"(from ({p[0]}) A, [B] B with C D such that {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"Tuple {{ a: {p[0]}, code: {p[1]} }}"),
    )


expressions = st.recursive(st.one_of(names, values), compound, max_leaves=12)


def stays_itself(text: str) -> None:
    """Formatted text has the tree of the text, which `formatted` holds too, and is formatted."""
    library, problems = parse_library(text, "t")
    assert problems == []
    once = formatted(text, "t")
    assert parse_library(once, "t") == (library, [])
    assert formatted(once, "t") == once


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_file_of_rules_stays_itself(file: Path) -> None:
    stays_itself(file.read_text(encoding="utf-8"))


@pytest.mark.skipif(not HL7_TESTS.is_dir(), reason=f"HL7's CQL tests are not in {HL7_TESTS}")
def test_every_expression_of_hl7s_tests_stays_itself() -> None:
    texts = {text for test in read_tests(HL7_TESTS) for text in (test.expression, test.output)}
    read = {f"library T version '1'\ndefine X:\n{text}" for text in texts}
    sound = [text for text in read if not parse_library(text, "t")[1]]
    assert len(sound) > 1000
    for text in sound:
        stays_itself(text)


@given(expressions)
@settings(deadline=None, max_examples=150)
def test_random_expressions_stay_themselves(expression: str) -> None:
    text = f"library T version '1'\ndefine X: {expression}"
    if not parse_library(text, "t")[1]:
        stays_itself(text)


def disordered(text: str, random: Random) -> str:
    """The text with blanks, line breaks and comments in other places."""
    chances = [" ", " ", "\n", "\n      ", "\n\n", " // why\n", " /* what */ "]
    return "".join(
        random.choice(chances) if group == "space" and random.random() < 0.4 and raw.count("\n") < 2 else raw
        for group, raw in lexemes(text)
    )


@given(st.sampled_from(DEFINITIONS), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_definitions_in_disorder_stay_themselves(definition: str, random: Random) -> None:
    text = disordered(definition, random)
    if not parse_library(text, "t")[1]:
        stays_itself(text)


def joined(text: str) -> str:
    """The text with its lines joined where no comment ends them."""
    pieces: list[str] = []
    before = ""
    for group, raw in lexemes(text):
        pieces.append(" " if group == "space" and before not in ("line", "block") else raw)
        before = group
    return "".join(pieces)


@given(st.sampled_from(DEFINITIONS))
@settings(deadline=None, max_examples=150)
def test_definitions_on_one_line_are_broken_until_they_fit(definition: str) -> None:
    text = joined(definition)
    if not parse_library(text, "t")[1]:
        stays_itself(text)
        code = "".join(raw for group, raw in lexemes(formatted(text, "t")) if group not in ("line", "block"))
        assert all(len(line) <= WIDTH for line in code.splitlines() if "'" not in line)


@given(expressions)
@settings(deadline=None, max_examples=100)
def test_how_an_expression_was_laid_out_is_no_part_of_its_meaning(expression: str) -> None:
    text = f"library T version '1'\ndefine X: {expression}"
    library, problems = parse_library(text, "t")
    if not problems:
        spread = text.replace("(", "(\n").replace(") ", ")\n")
        assert parse_library(formatted(spread, "t"), "t") == (library, [])
