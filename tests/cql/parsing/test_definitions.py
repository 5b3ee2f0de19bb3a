"""Libraries, their definitions and tags."""

from __future__ import annotations

from collections.abc import Callable

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    ExpressionDef,
    FunctionDef,
    IncludeDef,
    Library,
    ParameterDef,
    Tag,
    UsingDef,
    ValueSetDef,
)

Parse = Callable[[str], Library]


def test_a_library_has_a_name_a_version_and_a_context(library: Parse) -> None:
    found = library("library Doses version '1.0.0'\ncontext Patient\ndefine A: 1")
    assert (found.name, found.version, found.context) == ("Doses", "1.0.0", "Patient")


def test_definitions_of_every_kind_are_read(library: Parse) -> None:
    found = library(
        """library L version '1'
        using FHIR version '4.0.1'
        include a.b.Common version '2' called C
        include Other
        private codesystem "LOINC": 'http://loinc.org' version '2.7'
        valueset "Cancer": 'http://x/cancer'
        code "Weight": '29463-7' from "LOINC" display 'Body weight'
        concept "Weights": { "Weight" } display 'weights'
        parameter "As of" DateTime default @2026-01-01T00:00:00.0Z
        parameter "Days" default 30
        context Patient
        define "One": 1
        define private "Two": 2
        define function Add(a Integer, b List<Integer>) returns Integer: a
        define fluent function code(c FHIR.CodeableConcept): c
        """
    )
    kinds = [type(definition) for definition in found.definitions]
    assert kinds == [
        UsingDef,
        IncludeDef,
        IncludeDef,
        CodeSystemDef,
        ValueSetDef,
        CodeDef,
        ConceptDef,
        ParameterDef,
        ParameterDef,
        ExpressionDef,
        ExpressionDef,
        FunctionDef,
        FunctionDef,
    ]
    by_name = {definition.name: definition for definition in found.definitions}
    common, other = by_name["C"], by_name["Other"]
    assert isinstance(common, IncludeDef)
    assert (common.library, common.version) == ("a.b.Common", "2")
    assert isinstance(other, IncludeDef)
    assert (other.library, other.version) == ("Other", None)
    assert by_name["LOINC"].private
    assert by_name["Two"].private
    weight = by_name["Weight"]
    assert isinstance(weight, CodeDef)
    assert (weight.id, weight.codesystem, weight.display) == ("29463-7", "LOINC", "Body weight")
    fluent = by_name["code"]
    assert isinstance(fluent, FunctionDef)
    assert fluent.fluent
    days = by_name["Days"]
    assert isinstance(days, ParameterDef)
    assert days.type is None


def test_tags_stand_in_the_comment_directly_above(library: Parse) -> None:
    found = library(
        """/* About the library
   @title: Sargramostim, policy CP.1
   @deprecated */
library L version '1'

define "A": 1 // prose only

/* @kind: dose
 * @ask: State the dose: amount, route
   and this line is prose */
define "B": 2

// @kind: age
// @x-y_1: z
define "C": 3
"""
    )
    assert found.tags == (Tag("title", "Sargramostim, policy CP.1"), Tag("deprecated", ""))
    tags = {definition.name: definition.tags for definition in found.definitions}
    assert tags["A"] == ()
    assert tags["B"] == (Tag("kind", "dose"), Tag("ask", "State the dose: amount, route"))
    assert tags["C"] == (Tag("kind", "age"), Tag("x-y_1", "z"))


def test_a_tag_that_belongs_to_no_define_is_reported(problems: Callable[[str], list[Problem]]) -> None:
    found = problems("library L version '1'\n\n/* @kind: dose */\n\ndefine A: 1 // @kind: age\ndefine B: 2")
    assert [(problem.position.line, problem.message) for problem in found] == [
        (3, "the tag @kind belongs to no definition"),
        (5, "the tag @kind belongs to no definition"),
    ]


def test_a_text_without_definitions_is_no_library(problems: Callable[[str], list[Problem]]) -> None:
    assert [problem.message for problem in problems(" // nothing\n")] == ["there is no library here"]


def test_the_head_stands_above_the_defines(problems: Callable[[str], list[Problem]]) -> None:
    (problem,) = problems("library L version '1'\ndefine A: 1\nparameter B Integer")
    assert problem.message == "'parameter' stands too late"
    assert problem.position.line == 3


def test_what_definitions_leave_out_of_the_subset_is_refused_by_name(problems: Callable[[str], list[Problem]]) -> None:
    found = problems(
        """library L version '1'
        valueset V: 'http://v' codesystems { S }
        code C: 'c' from Other.S
        context Unfiltered
        define function F(x Integer): external
        """
    )
    assert [problem.message for problem in found] == [
        "not in the subset: the code systems of a value set",
        "not in the subset: a code system of another library",
        "not in the subset: the context Unfiltered",
        "not in the subset: an external function",
    ]
