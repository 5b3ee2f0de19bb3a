"""Static types: what is known of an expression, and what is refused because it cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.errors import Problem


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2", "System.Integer"),
        ("1 + 2.0", "System.Decimal"),
        ("1 / 2", "System.Decimal"),
        ("2 * 5 'mg'", "System.Quantity"),
        ("@2026-01-01 + 3 days", "System.Date"),
        ("'a' + 'b'", "System.String"),
        ("1 < 2 and true", "System.Boolean"),
        ("null", "System.Any"),
        ("{ 1, 2.0 }", "List<System.Decimal>"),
        ("{ 1, 'a' }", "List<Choice<System.Integer, System.String>>"),
        ("{ }", "List<System.Any>"),
        ("Interval[1, null)", "Interval<System.Integer>"),
        ("start of Interval[@2026-01-01, @2026-02-01]", "System.Date"),
        ("{ a: 1, b: 'x' }", "Tuple { a System.Integer, b System.String }"),
        ("{ a: 1 }.a", "System.Integer"),
        ('"Order".dose.value', "System.Decimal"),
        ('"Order".counts[0]', "System.Integer"),
        ("if true then 1 else null", "System.Integer"),
        ("case when true then 1 else 'a' end", "Choice<System.Integer, System.String>"),
        ("First({ 1 })", "System.Integer"),
        ("Coalesce(null, 1)", "System.Integer"),
        ("Flatten({ { 1 } })", "List<System.Integer>"),
        ("flatten { { 1 }, { 2 } }", "List<System.Integer>"),
        ("1 as Decimal", "System.Decimal"),
        ("convert 1 to String", "System.String"),
        ("days between @2026-01-01 and @2026-02-01", "System.Integer"),
        ("Code 'x' from LOINC", "System.Code"),
        ("System.Quantity { value: 1.0, unit: 'mg' }", "System.Quantity"),
        ("[Condition]", "List<FHIR.Condition>"),
        ("[Condition] C return all C.code.coding", "List<List<FHIR.Coding>>"),
        ("[Condition] C return all C.recordedDate.value", "List<System.DateTime>"),
        ("[Observation] O return all (O.value as FHIR.Quantity).value.value", "List<System.Decimal>"),
        ("First([Condition]).onset", "Choice<FHIR.dateTime, FHIR.Age, FHIR.Period, FHIR.Range, FHIR.string>"),
        ("First([Observation]).id.value", "System.String"),
        ("from [Condition] A, [Condition] B", "List<Tuple { A FHIR.Condition, B FHIR.Condition }>"),
        ("(4) x return all x + 1", "System.Integer"),
        ("({ 1 }) n aggregate sum starting 0: sum + n", "System.Integer"),
        ("Patient.birthDate.value", "System.Date"),
        ("Common.Plus(1, 2)", "System.Integer"),
        ('Common."Adults age"', "System.Integer"),
    ],
)
def test_the_type_of_an_expression_is_known(type_of: Callable[[str], str], expression: str, expected: str) -> None:
    assert type_of(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("[Condition] C where C.onsetDateTime is null", "FHIR.Condition has no element onsetDateTime",
         "write (onset as FHIR.dateTime)"),
        ("[Condition] C where C.clinicalstatus is null", "FHIR.Condition has no element clinicalstatus",
         "did you mean clinicalStatus?"),
        ("[Condition] C where C.code.coding.code is null", "List<FHIR.Coding> has no element code",
         "take one element with [0], First(…) or singleton from, or write a query over the list"),
        ("{ a: 1, b: 2 }.c", "Tuple { a System.Integer, b System.Integer } has no element c", "it has: a, b"),
        ('"Order".dose.code', "System.Quantity has no element code", "it has: value, unit"),
        ("[Condition] C where C.onset.nonsense is null", "none of these types has the element nonsense",
         "it has: id, extension, value, comparator, unit, system, code, start, end, low, high"),
        ("(1).value", "System.Integer has no element value", ""),
    ],
)  # fmt: skip
def test_a_path_that_does_not_exist_is_refused(
    problem: Callable[..., Problem], expression: str, message: str, hint: str
) -> None:
    found = problem(expression)
    assert (found.message, found.hint) == (message, hint)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("[Observation] O where O.status = 'final'", "add .value"),
        ("[Observation] O where O.status in { 'final' }", "add .value"),
        ("[Condition] C where C.code in \"Cancer\"", "convert it: x.codes() or FHIRHelpers.ToConcept(x)"),
        ("[Condition] C where C.code ~ \"Weight\"", "convert it: x.codes() or FHIRHelpers.ToConcept(x)"),
        ("[Observation] O where O.value > 5 'mg'", "say which type it is: (x as FHIR.Quantity), then convert that"),
        ("[Observation] O where (O.value as FHIR.Quantity) > 5 'mg'",
         "convert it: x.amount() or FHIRHelpers.ToQuantity(x)"),
        ("[Patient] P where P.active", "add .value"),
        ("[Patient] P where P.active and true", "add .value"),
        ("[Condition] C return all Lower(C.code.text)", "add .value"),
        ("[Condition] C sort by recordedDate, id.value", "add .value"),
        ("[Condition] C return all start of C.onset", "say which type it is: (x as FHIR.dateTime), then convert that"),
        ("[Condition] C return all Interval[C.recordedDate, null)", "add .value"),
        ("[Condition] C return all convert C.recordedDate to String", "add .value first"),
    ],
)  # fmt: skip
def test_fhir_values_are_never_taken_for_cql_values(
    problem: Callable[..., Problem], expression: str, hint: str
) -> None:
    assert problem(expression).hint == hint


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 and true", "'and' needs a Boolean, not System.Integer"),
        ("not 'a'", "'not' needs a Boolean, not System.String"),
        ("if 1 then 2 else 3", "a condition is a Boolean, not System.Integer"),
        ("({ 1 }) n where n", "a condition is a Boolean, not System.Integer"),
        ("true < false", "'<' needs values that have an order, not System.Boolean"),
        ("'a' before 'b'", "'before' needs a point or an interval, not System.String"),
        ("1 * 'a'", "'*' needs a number or a quantity, not System.String"),
        ("1 + 'a'", "'+' needs two texts, or none, not System.Integer and System.String"),
        ("@2014 -1", "'-' needs a quantity to move System.Date by"),
        ("year from 2014", "'year from' needs a date or time, not System.Integer"),
        ("Lower(1)", "Lower takes System.String here, not System.Integer"),
        ("First(1)", "First takes List<System.Any> here, not System.Integer"),
        ("AllTrue({ 1 })", "AllTrue takes List<System.Boolean> here, not List<System.Integer>"),
        ("true union false", "'union' needs lists or intervals, not System.Boolean"),
        ("1 during 2", "'during' needs a list or an interval that includes, not System.Integer"),
        ("(1)[0]", "'[…]' needs a list, not System.Integer"),
        ("{ 1 }['a']", "'[…]' needs an Integer, not System.String"),
        ("null.value", "null has no elements"),
        ("exists 1", "'exists' needs a list, not System.Integer"),
        ("start of @2026-01-01", "'start of' needs an interval, not System.Date"),
        ("1 in 2", "'in' needs a list, an interval or a value set, not System.Integer"),
        ("1 in { 'a' }", "'in' looks for System.Integer in List<System.String>: it is never there"),
        ("1 = 'a'", "'=' compares System.Integer with System.String: they are never equal or in order"),
        ("{ a: 1 } ~ { a: 1, b: 2 }", "'~' compares Tuple { a System.Integer } with Tuple { a System.Integer, "
         "b System.Integer }: they have different elements"),
        ("1 in \"Cancer\"", "'in' looks for a Code or a Concept, not System.Integer, in System.ValueSet"),
        ("Interval[1, 2] + 3", "'+' needs numbers, quantities, texts or dates, not Interval<System.Integer>"),
        ("Interval[1, 'a']", "the ends of the interval differ in type: System.Integer and System.String"),
        ("List<Integer>{ 'a' }", "the list holds System.Integer, not System.String"),
        ("{ a: 1, a: 2 }", "the element a stands twice in the tuple"),
        ("'5' is Integer", "System.String is never System.Integer"),
        ("convert 'a' to 'mg'", "only a Quantity is converted to a unit, not System.String"),
        ("case 1 when 'a' then 2 else 3 end", "System.String is never equal to System.Integer"),
        ("Common.Plus(1, 'a')", "Plus takes System.Integer as b, not System.String"),
        ("System.Quantity { valu: 1.0 }", "System.Quantity has no element valu"),
        ("System.Quantity { value: 'a' }", "value of System.Quantity is System.Decimal, not System.String"),
        ("FHIR.Period { : }", "not in the subset: building FHIR.Period"),
        ("1 is Long", "not in the subset: the type Long"),
        ("1 is Intger", "there is no type Intger"),
        ("null as FHIR.Nonsense", "there is no type FHIR.Nonsense in the type table"),
        ("Interval[1, 5] starts 2 days or less before @2026-01-01", "'in' looks for System.Integer in "
         "Interval<System.Date>: it is never there"),
        ("@2026-01-01 3 days or less before Interval[@2026-01-01, @2026-02-01]",
         "'-' needs numbers, quantities, texts or dates, not Interval<System.Date>"),
    ],
)  # fmt: skip
def test_what_can_never_be_right_is_refused(problem: Callable[..., Problem], expression: str, message: str) -> None:
    assert problem(expression).message == message


@pytest.mark.parametrize(
    "expression",
    [
        "1 = null",
        "@2026-01-01 before @2026-01-01T10:00:00Z",
        "1 < 2.0",
        "5 'mg' > 1",
        '"Weight" ~ "Weights"',
        '"Weight" in "Cancer"',
        "{ \"Weight\" } union [Condition] C return all C.code.codes()",
        "1 in { 1.0, 2.0 }",
        "@2026-01-01 during Interval[@2026-01-01, @2026-02-01]",
        "'Condition' in \"Delivered\"",
        "Coalesce({ null, 1 })",
        "exists (null as List<Integer>)",
        "[Condition: severity in \"Cancer\"]",
        "[MedicationRequest: \"Cancer\"]",
        "[Condition: \"Weight\"]",
        "[Condition: code ~ \"Weights\"]",
        "First([Condition] C where C.id is null sort by id.value).subject.reference.value",
        "[Observation] O where O.value is FHIR.CodeableConcept",
    ],
)  # fmt: skip
def test_what_may_be_right_is_let_through(defines: Callable[..., Any], expression: str) -> None:
    defines(f'define "X": {expression}')


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('[Conditon: "Cancer"]', "there is no type Conditon"),
        ("[Quantity]", "FHIR.Quantity is no resource that can be retrieved"),
        ('[Patient: "Cancer"]', "FHIR.Patient has no code path of its own"),
        ('[Condition: severety in "Cancer"]', "FHIR.Condition has no element severety"),
        ('[Condition: subject in "Cancer"]', "subject of FHIR.Condition holds no codes, but FHIR.Reference"),
        ('[Condition: code.coding in "Cancer"]', "not in the subset: the code path code.coding"),
        ("[Condition: 'C34']", "a retrieve filters by a value set, a code or a concept, not by System.String"),
        ('[Condition: code in "Weight"]', "'in' wants a value set, not System.Code"),
        ('[Condition: code ~ "Cancer"]', "'~' wants a code or a concept, not a value set"),
    ],
)
def test_a_retrieve_filters_codes_of_a_resource(problem: Callable[..., Problem], expression: str, message: str) -> None:
    assert problem(expression, strict=False).message == message


@pytest.mark.parametrize(
    "expression",
    [
        "[Condition] C return all Coalesce(C.id, 'x')",
        "[Condition] C return all { C.id, 'x' }",
        "[Condition] C return all (if C.id is null then 'x' else C.id)",
        "[Condition] C return all (case when C.id is null then C.onset else 'x' end)",
    ],
)
def test_one_value_is_never_fhir_in_one_case_and_cql_in_another(
    problem: Callable[..., Problem], expression: str
) -> None:
    assert problem(expression).message.startswith("this is FHIR.")


def test_operators_that_the_subset_leaves_out_are_refused_by_name(problem: Callable[..., Problem]) -> None:
    assert problem("expand { Interval[1, 2] } per 1").message.startswith("not in the subset: Expand (")


def test_a_function_returns_what_it_declares(check: Callable[..., Any]) -> None:
    found = check(
        "library T version '1'\ncontext Patient\ndefine function F(a Integer) returns String: a", with_common=False
    )
    assert [each.message for each in found.problems] == ["F returns System.Integer, not System.String as declared"]


def test_a_parameter_has_a_type_and_its_default_has_it_too(check: Callable[..., Any]) -> None:
    found = check("library T version '1'\nparameter A\nparameter B Integer default 'x'", with_common=False)
    assert [each.message for each in found.problems] == [
        'not in the subset: the parameter "A" without a type',
        "the default is System.String, the parameter System.Integer",
    ]


def test_fhir_types_need_the_model(check: Callable[..., Any]) -> None:
    found = check("library T version '1'\ncontext Patient\ndefine A: [Condition]", with_common=False)
    assert [(each.message, each.hint) for each in found.problems] == [
        ("there is no type Condition here", "add: using FHIR version '4.0.1'")
    ]


@pytest.mark.parametrize("using", ["using QDM version '5.6'", "using FHIR version '3.0.0'"])
def test_other_models_are_refused(check: Callable[..., Any], using: str) -> None:
    (found,) = check(f"library T version '1'\n{using}", with_common=False).problems
    assert found.message.startswith("not in the subset: ")
