"""Helpers: libraries are written as their defines only; head, terminology and includes are the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cql_like_rules.cql.checker import check_library
from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.syntax import Definition
from cql_like_rules.cql.values.concept import ValueSet

COMMON = """library Common version '1.0.0'
using FHIR version '4.0.1'
context Patient
define "Adults age": 18
define private "Secret": 1
define fluent function codes(c FHIR.CodeableConcept): System.Concept { codes: { }, display: c.text.value }
define function Plus(a Integer, b Integer): a + b
define private function Hidden(a Integer): a
"""

HEAD = """library T version '1.0.0'
using FHIR version '4.0.1'
include Common version '1.0.0' called Common
codesystem "LOINC": 'http://loinc.org'
valueset "Cancer": 'http://x/cancer'
code "Weight": '29463-7' from "LOINC"
concept "Weights": { "Weight" }
parameter "Order" Tuple { id String, dose System.Quantity, date Date, counts List<Integer> }
parameter "Delivered" List<String>
context Patient
"""
HEAD_LINES = HEAD.count("\n")


class Sets:
    """Value sets: one is known."""

    def resolve(self, url: str) -> ValueSet | None:
        return ValueSet(url, "Cancer", frozenset()) if url == "http://x/cancer" else None


@dataclass(frozen=True)
class Checked:
    resolved: ResolvedLibrary
    problems: list[Problem]

    def definition(self, name: str) -> Definition:
        return next(part for part in self.resolved.library.definitions if part.name == name)

    def type_of(self, name: str) -> str:
        return str(self.resolved.type_of(self.definition(name)))


def checked(text: str, strict: bool = True, with_common: bool = True) -> Checked:
    library, syntax_problems = parse_library(text, "test.cql")
    assert syntax_problems == []
    assert library is not None
    includes = {}
    if with_common:
        common, _ = parse_library(COMMON, "Common.cql")
        assert common is not None
        includes["Common"], common_problems = check_library(common, {}, Sets(), strict)
        assert common_problems == []
    return Checked(*check_library(library, includes, Sets(), strict))


@pytest.fixture
def check() -> Callable[..., Checked]:
    """A whole library, checked."""
    return checked


@pytest.fixture
def defines() -> Callable[..., Checked]:
    """The defines of a library with the common head, checked without a problem."""

    def without_problem(text: str, strict: bool = True) -> Checked:
        found = checked(HEAD + text, strict)
        assert [str(problem) for problem in found.problems] == []
        return found

    return without_problem


@pytest.fixture
def problem() -> Callable[..., Problem]:
    """The one problem of an expression, which stands in a define of a library with the common head."""

    def only(expression: str, strict: bool = True) -> Problem:
        found = checked(f'{HEAD}define "X": {expression}', strict).problems
        assert len(found) == 1, [str(each) for each in found]
        assert found[0].position.line > HEAD_LINES
        return found[0]

    return only


@pytest.fixture
def type_of() -> Callable[[str], str]:
    """The static type of an expression without problems."""

    def found(expression: str) -> str:
        result = checked(f'{HEAD}define "X": {expression}', strict=False)
        assert [str(each) for each in result.problems] == []
        return result.type_of("X")

    return found
