from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation, Outcome
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.element import Element
from cql_like_rules.record import Record

Evaluate = Callable[..., Evaluation]


class CountingRecord(Record):
    """A record that counts what is asked of it."""

    def __init__(self, resources: Any) -> None:
        super().__init__(resources)
        self.asked: list[str] = []

    def retrieve(self, type_name: str, code_path: str | None = None, codes: Any = None) -> list[Element]:
        self.asked.append(type_name)
        return super().retrieve(type_name, code_path, codes)


def test_each_define_is_evaluated_once_and_only_when_it_is_asked_for(compile_defines: Callable[..., Any]) -> None:
    library = compile_defines("""
        define "Conditions": [Condition]
        define "Procedures": [Procedure]
        define "Count": Count("Conditions") + Count("Conditions")
    """)
    record = CountingRecord([])
    evaluation = Evaluation(library, record, {}, DateTime(2026))
    assert evaluation.value("Count") == 0
    assert evaluation.value("Count") == 0
    assert record.asked == ["Condition"]


def test_null_is_a_value_that_is_known(evaluate: Evaluate) -> None:
    evaluation = evaluate('define "Nothing": null define "It": "Nothing" is null')
    assert evaluation.outcome("Nothing") == Outcome(None, None)
    assert evaluation.value("It") is True


BROKEN = """
define "Fine": 1
define "Broken":
  1 + singleton from { 1, 2 }
define "Rests on it": "Broken" > 5
define "Rests on that": "Rests on it" is null
define "Beside it": "Fine" + 1
define "Does not need it": false and "Broken" > 1
"""


def test_a_define_that_fails_does_not_take_others_with_it(evaluate: Evaluate) -> None:
    evaluation = evaluate(BROKEN)
    assert evaluation.outcome("Broken").failure is not None
    assert evaluation.value("Beside it") == 2
    assert evaluation.value("Does not need it") is False


def test_a_failure_is_neither_null_nor_false_for_what_rests_on_it(evaluate: Evaluate) -> None:
    evaluation = evaluate(BROKEN)
    for name in ("Rests on it", "Rests on that"):
        with pytest.raises(DefineFailed):
            evaluation.value(name)


def test_a_failure_names_library_define_place_and_cause_once(evaluate: Evaluate) -> None:
    evaluation = evaluate(BROKEN)
    first = evaluation.outcome("Rests on that").failure
    assert first is not None
    assert (first.library, first.define) == ("Main", "Broken")
    line = evaluation._library.syntax.source.splitlines()[first.position.line - 1]
    assert line[first.position.column - 1 :].startswith("singleton from")
    assert evaluation.outcome("Broken").failure is first
    assert evaluation.outcome("Rests on that").failure is first


def test_a_failure_in_a_function_is_told_for_the_define_that_called_it(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define function Only(numbers List<Integer>): singleton from numbers
        define "It": Only({ 1, 2 })
    """)
    failure = evaluation.outcome("It").failure
    assert failure is not None
    assert failure.define == "It"
    line = evaluation._library.syntax.source.splitlines()[failure.position.line - 1]
    assert "define function Only" in line


def test_a_failure_in_an_included_library_names_that_library(evaluate: Evaluate) -> None:
    shared = "library Shared version '1'\ndefine \"Broken\": singleton from { 1, 2 }\n"
    evaluation = evaluate('define "It": Shared."Broken" + 1', libraries={"Shared": shared})
    failure = evaluation.outcome("It").failure
    assert failure is not None
    assert (failure.library, failure.define, failure.position.file) == ("Shared", "Broken", "Shared.cql")


def test_fhir_values_are_not_compared_with_system_values(evaluate: Evaluate) -> None:
    patient = {"resourceType": "Patient", "id": "p", "gender": "female"}
    evaluation = evaluate("define \"It\": First({ Patient.gender } union { 'x' }) = 'female'", [patient])
    failure = evaluation.outcome("It").failure
    assert failure is not None
    assert ".value" in failure.cause


def test_an_unknown_define_is_a_key_error(evaluate: Evaluate) -> None:
    with pytest.raises(KeyError):
        evaluate("define A: 1").value("B")


def test_evaluating_twice_gives_the_same(compile_defines: Callable[..., Any], conditions: Callable[..., Any]) -> None:
    library = compile_defines('define "It": [Condition] C return all Tuple { c: C, now: Now() }')
    record = Record([conditions("x", "1"), conditions("y", "2")])
    first, second = (Evaluation(library, record, {}, DateTime(2026, 1, 15)).value("It") for _ in range(2))
    assert first == second


def test_a_chain_of_many_operators_and_defines_stays_within_pythons_recursion_limit(evaluate: Evaluate) -> None:
    sums = " + ".join(["1"] * 90)
    ors = " or ".join(["false"] * 90 + ["true"])
    chain = "\n".join(f'define "D{n}": "D{n - 1}" + 1' for n in range(1, 100))
    evaluation = evaluate(f'define "Sum": {sums}\ndefine "Or": {ors}\ndefine "D0": 0\n{chain}')
    assert evaluation.value("Sum") == 90
    assert evaluation.value("Or") is True
    assert evaluation.value("D99") == 99
