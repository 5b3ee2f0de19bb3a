from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.values.concept import LOINC, Code, Concept
from cql_like_rules.cql.values.quantity import Quantity

Value = Callable[..., Any]
Evaluate = Callable[..., Evaluation]

TOOLS = """library Tools version '1'
codesystem "LOINC": 'http://loinc.org'
code "Height": '8302-2' from "LOINC"
parameter "Factor" Integer default 2
define "Three": 3
define private "Hidden": 1
define "Shown": "Hidden" + "Three"
define function Times(a Integer, b Integer): a * b
define function Scaled(a Integer): Times(a, "Factor")
define fluent function squared(n Integer): n * n
"""


def test_codes_and_concepts_are_the_values_they_declare(value_of: Value) -> None:
    weight = Code("29463-7", LOINC, None, "Body weight")
    assert value_of('"Weight"') == weight
    assert isinstance(value_of('"Melanoma or glioma"'), Concept)
    assert value_of('"Weight".display') == "Body weight"


def test_names_of_an_included_library_are_reached_through_its_name(value_of: Value) -> None:
    libraries = {"Tools": TOOLS}
    assert value_of('Tools."Three"', libraries=libraries) == 3
    assert value_of('Tools."Shown"', libraries=libraries) == 4
    assert value_of('Tools."Factor"', libraries=libraries) == 2
    assert value_of('Tools."Height".code', libraries=libraries) == "8302-2"


def test_functions_are_called_plainly_qualified_and_fluently(evaluate: Evaluate) -> None:
    evaluation = evaluate(
        """
        define function Half(n Decimal): n / 2
        define "Plain": Half(3.0)
        define "Qualified": Tools.Times(2, 5)
        define "Inner": Tools.Scaled(4)
        define "Fluent": (3).squared()
        """,
        libraries={"Tools": TOOLS},
    )
    assert evaluation.value("Plain") == Decimal("1.5")
    assert evaluation.value("Qualified") == 10
    assert evaluation.value("Inner") == 8
    assert evaluation.value("Fluent") == 9


def test_functions_may_call_functions_that_are_declared_later(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define function Outer(n Integer): Inner(n) + 1
        define function Inner(n Integer): (({ n }) N return all N * 2)[0]
        define "It": Outer(5)
    """)
    assert evaluation.value("It") == 11


def test_an_operand_keeps_its_value_through_queries_in_the_function(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define function Above(numbers List<Integer>, limit Integer): numbers N where N > limit
        define "It": Above({ 1, 5 }, 2) union Above({ 3, 0 }, 1)
    """)
    assert evaluation.value("It") == [5, 3]


def test_elements_of_system_values_are_read_by_name(value_of: Value) -> None:
    assert value_of("(5 'mg').unit") == "mg"
    assert value_of("Interval[1, 4).high") == 4
    assert value_of("Interval[1, 4).highClosed") is False
    assert value_of('"Melanoma or glioma".codes[1].code') == "393564001"
    assert value_of("(null as System.Quantity).value") is None
    assert value_of("Tuple { a: 1 }.a") == 1


def test_a_path_through_fhir_reads_elements_and_their_values(value_of: Value, weights: Callable[..., Any]) -> None:
    path = "(First([Observation]).value as FHIR.Quantity)"
    assert value_of(f"{path}.value.value", [weights("w", 70.5)]) == Decimal("70.5")
    assert value_of(f"{path}.comparator.value", [weights("w", 70.5)]) is None
    assert value_of(f"{path}.value.value", []) is None


def test_a_parameter_that_is_not_supplied_has_its_default_and_else_is_null(evaluate: Evaluate) -> None:
    parameters = 'parameter "Days" Integer default 30 parameter "Limit" System.Quantity'
    definitions = 'define "It": "Days" define "Other": "Limit" define "Sum": "Days" + Tools."Factor"'
    libraries = {"Tools": TOOLS}
    bare = evaluate(definitions, parameters=parameters, libraries=libraries)
    supplied = evaluate(
        definitions,
        values={"Days": 7, "Limit": Quantity(Decimal(5), "mg"), "Tools.Factor": 100, "Unknown": 1},
        parameters=parameters,
        libraries=libraries,
    )
    assert (bare.value("It"), bare.value("Other"), bare.value("Sum")) == (30, None, 32)
    assert supplied.value("It") == 7
    assert supplied.value("Other") == Quantity(Decimal(5), "mg")
    assert supplied.value("Sum") == 107


def test_a_parameter_supplied_as_null_is_null_and_not_its_default(evaluate: Evaluate) -> None:
    evaluation = evaluate(
        'define "It": "Days"', values={"Days": None}, parameters='parameter "Days" Integer default 30'
    )
    assert evaluation.value("It") is None


def test_a_parameter_default_may_rest_on_the_time_of_the_evaluation(evaluate: Evaluate) -> None:
    evaluation = evaluate('define "It": "Day"', parameters='parameter "Day" Date default Today()')
    assert str(evaluation.value("It")) == "2026-01-15"


def test_age_is_that_of_the_patient(evaluate: Evaluate) -> None:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1970-06-01"}
    definitions = 'define "At": AgeInYearsAt(@2025-06-01) define "Before": AgeInYearsAt(@2025-05-31)'
    assert [evaluate(definitions, [patient]).value(name) for name in ("At", "Before")] == [55, 54]
    assert evaluate(definitions).value("At") is None


def test_an_element_that_a_value_cannot_have_fails_where_it_stands(evaluate: Evaluate) -> None:
    evaluation = evaluate("define \"It\": First({ 1 } union { 'a' }).unit", [])
    with pytest.raises(DefineFailed, match="a int has no element unit"):
        evaluation.value("It")
