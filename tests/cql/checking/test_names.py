"""What names refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.resolution import Kind
from cql_like_rules.cql.syntax import FunctionRef, IdentifierRef, Node, Property

Defines = Callable[..., Any]


def kinds(checked: Any, define: str, of: type[Node] = IdentifierRef) -> list[tuple[str, Kind, str]]:
    references = [
        checked.resolved.reference(node) for node in checked.definition(define).walk() if isinstance(node, of)
    ]
    return [(found.name, found.kind, found.library) for found in references if found]


def test_every_kind_of_name_is_settled(defines: Defines) -> None:
    found = defines(
        """define "A": 1
        define "B": { a: "A", b: "Weight", c: "Weights", d: "Cancer", e: "LOINC", f: "Order", g: Patient }"""
    )
    assert kinds(found, "B") == [
        ("A", Kind.DEFINE, ""),
        ("Weight", Kind.CODE, ""),
        ("Weights", Kind.CONCEPT, ""),
        ("Cancer", Kind.VALUE_SET, ""),
        ("LOINC", Kind.CODE_SYSTEM, ""),
        ("Order", Kind.PARAMETER, ""),
        ("Patient", Kind.CONTEXT, ""),
    ]


def test_names_in_a_query_are_aliases_lets_and_elements_of_the_row(defines: Defines) -> None:
    found = defines(
        """define "A": [Condition] C let onDay: C.recordedDate.value where onDay is not null
             sort by recordedDate.value, id.value"""
    )
    assert kinds(found, "A") == [
        ("C", Kind.ALIAS, ""),
        ("onDay", Kind.LET, ""),
        ("recordedDate", Kind.ELEMENT, ""),
        ("id", Kind.ELEMENT, ""),
    ]


def test_operands_and_accumulators_are_known_where_they_are_declared(defines: Defines) -> None:
    found = defines("define function F(n Integer): ({ 1, 2 }) X aggregate sum starting (n): sum + X")
    assert kinds(found, "F") == [
        ("sum", Kind.ACCUMULATOR, ""),
        ("X", Kind.ALIAS, ""),
        ("n", Kind.OPERAND, ""),
    ]


def test_members_of_included_libraries_are_properties_with_a_reference(defines: Defines) -> None:
    found = defines("""define "A": Common."Adults age" + Common.Plus(1, 2)""")
    assert kinds(found, "A", Property) == [("Adults age", Kind.DEFINE, "Common")]
    assert kinds(found, "A", FunctionRef) == [("Plus", Kind.FUNCTION, "Common")]
    assert kinds(found, "A") == []


def test_a_path_has_no_reference(defines: Defines) -> None:
    found = defines("""define "A": "Order".dose.value""")
    assert kinds(found, "A", Property) == []


def test_a_fluent_call_takes_its_target_as_first_operand(defines: Defines) -> None:
    found = defines('define "A": [Condition] C where C.code.codes() in "Cancer"')
    (call,) = [node for node in found.definition("A").walk() if isinstance(node, FunctionRef)]
    reference = found.resolved.reference(call)
    assert (reference.kind, reference.library, reference.fluent) == (Kind.FUNCTION, "Common", True)
    assert [type(operand).__name__ for operand in found.resolved.operands(call)] == ["Property"]


def test_a_call_without_target_in_a_sort_clause_is_one_on_the_row(defines: Defines) -> None:
    found = defines(
        """define fluent function recorded(c FHIR.Condition): c.recordedDate.value
        define "A": [Condition] C sort by recorded() desc, id.value"""
    )
    (call,) = [node for node in found.definition("A").walk() if isinstance(node, FunctionRef)]
    assert found.resolved.reference(call).fluent
    assert call.target is None


def test_an_own_function_goes_before_one_of_the_language(defines: Defines) -> None:
    found = defines(
        """define function ToConcept(c FHIR.CodeableConcept): c.text.value
        define "A": [Condition] C return all ToConcept(C.code)"""
    )
    assert kinds(found, "A", FunctionRef) == [("ToConcept", Kind.FUNCTION, "")]


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ('"Ordr".dose', 'there is no "Ordr" here', "did you mean Order?"),
        ("order", 'there is no "order" here', "did you mean Order?"),
        ("Common", "Common is a library", 'name what is meant in it: Common."…"'),
        ('Common."Adult age"', 'the library Common has no "Adult age"', "did you mean Adults age?"),
        ('Common."Secret"', 'Common."Secret" is private', ""),
        ("Common.Hidden(1)", "Common.Hidden is private", ""),
        ("Common.Pls(1, 2)", "there is no function Common.Pls", "did you mean Plus?"),
        ("Common.Plus(1)", "Common.Plus takes 2 operands, not 1", ""),
        ("Coalece(1, 2)", "there is no function Coalece", "did you mean Coalesce?"),
        ("Abs(1, 2)", "Abs takes 1 operand, not 2", ""),
        ("(1).toString()", "there is no fluent function toString", "write ToString(x)"),
        ("[Condition] C where C.code.code() is null", "there is no fluent function code", "did you mean codes?"),
        ("[Condition] C where C.code.codes(1) is null", "codes takes 0 operands, not 1",
         "what it is called on does not count"),
        ("$this", "$this is known in a sort clause only", "use the alias of the source"),
        ("$total", "not in the subset: $total", "use an aggregate clause"),
        ('Code \'x\' from "Cancer"', '"Cancer" is no code system', ""),
    ],
)  # fmt: skip
def test_a_name_that_means_nothing_is_reported_with_what_was_meant(
    problem: Callable[..., Problem], expression: str, message: str, hint: str
) -> None:
    found = problem(expression)
    assert (found.message, found.hint) == (message, hint)


def test_functions_that_the_subset_leaves_out_are_refused_by_name(problem: Callable[..., Problem]) -> None:
    assert problem("Log(1, 2)").message.startswith("not in the subset: Log (")


def test_a_name_is_declared_once(check: Defines) -> None:
    found = check("library T version '1'\ncontext Patient\ndefine A: 1\ndefine A: 2", with_common=False)
    assert [(each.position.line, each.message) for each in found.problems] == [(4, 'the name "A" is declared twice')]


def test_overloads_are_refused(check: Defines) -> None:
    found = check(
        "library T version '1'\ncontext Patient\ndefine function F(a Integer): a\ndefine function F(a String): a",
        with_common=False,
    )
    assert [each.message for each in found.problems] == ["not in the subset: two functions F with 1 operands"]


def test_a_define_must_not_rest_on_itself(check: Defines) -> None:
    found = check(
        """library T version '1'
        context Patient
        define A: B + 1
        define B: C
        define C: A
        define function F(a Integer): F(a)""",
        with_common=False,
    )
    messages = [each.message for each in found.problems]
    assert len(messages) == 2
    assert "rests on itself" in messages[0]
    assert messages[1] == '"F" rests on itself: "F" -> "F"'


def test_a_local_name_must_not_hide_another(problem: Callable[..., Problem], defines: Defines) -> None:
    text = "[Condition] Order where Order.id is not null"
    assert problem(text).message == 'the name "Order" hides another of the same name'
    defines(f'define "X": {text}', strict=False)


def test_terms_must_exist(check: Defines) -> None:
    found = check(
        """library T version '1'
        codesystem "LOINC": 'http://loinc.org'
        valueset "Unknown": 'http://x/unknown'
        code "A": 'a' from "LOINK"
        concept "C": { "B" }
        """,
        with_common=False,
    )
    assert [(each.message, each.hint) for each in found.problems] == [
        ("there is no value set http://x/unknown", "an unknown set is never empty"),
        ('there is no code system "LOINK" here', "did you mean LOINC?"),
        ('there is no code "B" here', ""),
    ]


def test_value_sets_are_handed_on(defines: Defines) -> None:
    assert set(defines('define "A": 1').resolved.value_sets) == {"Cancer"}


def test_a_missing_library_is_reported_once(check: Defines) -> None:
    text = "library T version '1'\ninclude Common version '1.0.0'\ncontext Patient\ndefine A: Common.B + Common.F(1)"
    found = check(text, with_common=False)
    assert [each.message for each in found.problems] == ["the library Common could not be loaded"]


def test_an_include_asks_for_the_version_that_is_there(check: Defines) -> None:
    found = check("library T version '1'\ninclude Common version '2'")
    assert [each.message for each in found.problems] == ["Common has the version 1.0.0, not 2"]


def test_a_long_chain_of_defines_is_no_difficulty(check: Defines) -> None:
    chain = "\n".join(f"define A{number}: A{number + 1} + 1" for number in range(400))
    found = check(f"library T version '1'\ncontext Patient\n{chain}\ndefine A400: 1", with_common=False)
    assert found.problems == []
    assert found.type_of("A0") == "System.Integer"
