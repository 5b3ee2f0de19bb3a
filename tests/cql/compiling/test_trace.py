from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.trace import Source, Trace
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.structure import Tuple

Evaluate = Callable[..., Evaluation]
Resource = Callable[..., dict[str, Any]]

MELANOMA, ASTHMA = "372244006", "195967001"
ORDER_TYPE = 'parameter "Order" Tuple { perDay System.Quantity, weight Tuple { value System.Quantity } }'


def order(per_day: int | None) -> Tuple:
    weight = Tuple({"value": Quantity(Decimal(70), "kg")}, ("Observation/weight",))
    amount = None if per_day is None else Quantity(Decimal(per_day), "mg/d")
    return Tuple({"perDay": amount, "weight": weight}, ("MedicationRequest/order",))


def references(trace: Trace) -> list[str]:
    return [source.reference for source in trace.sources]


LIMITS = """
define "Maximum": 250 'mg/d'
define "Route ordered": false
define "I.A.6": "Order".perDay <= "Maximum" and "Route ordered"
define "I.A": "I.A.6" or false
"""


def test_a_trace_tells_the_comparison_with_the_names_of_both_operands(evaluate: Evaluate) -> None:
    evaluation = evaluate(LIMITS, values={"Order": order(300)}, parameters=ORDER_TYPE)
    (made,) = evaluation.trace("I.A.6").comparisons
    assert (made.operator, made.left_name, made.right_name) == ("LessOrEqual", "Order.perDay", "Maximum")
    assert (str(made.left), str(made.right), made.result) == ("300 'mg/d'", "250 'mg/d'", False)
    assert evaluation.trace("I.A.6").value is False


def test_both_operands_of_a_logical_operator_are_traced_though_one_decides(evaluate: Evaluate) -> None:
    evaluation = evaluate(LIMITS, values={"Order": order(300)}, parameters=ORDER_TYPE)
    assert [used.define for used in evaluation.trace("I.A.6").uses] == ["Maximum", "Route ordered"]


def test_only_the_branch_that_was_chosen_is_traced(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define "A": true
        define "B": 1
        define "C": 2
        define "If": if "A" then "B" else "C"
        define "Case": case when not "A" then "B" else "C" end
    """)
    assert [used.define for used in evaluation.trace("If").uses] == ["A", "B"]
    assert [used.define for used in evaluation.trace("Case").uses] == ["A", "C"]


def test_a_comparison_with_an_unknown_operand_still_tells_the_limit(evaluate: Evaluate) -> None:
    evaluation = evaluate(LIMITS, values={"Order": order(None)}, parameters=ORDER_TYPE)
    (made,) = evaluation.trace("I.A.6").comparisons
    assert (made.left, str(made.right), made.result) == (None, "250 'mg/d'", None)


def test_the_deciding_comparisons_have_the_value_of_the_define(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define "Two": 1 = 1 and 2 > 3
        define "Rests on it": "Two" or false
    """)
    assert [made.operator for made in evaluation.trace("Two").deciding()] == ["Greater"]
    assert [made.operator for made in evaluation.trace("Rests on it").deciding()] == ["Greater"]


def test_a_trace_never_changes_a_value_by_evaluating_more(evaluate: Evaluate) -> None:
    evaluation = evaluate("""
        define "Broken": singleton from { 1, 2 }
        define "It": false and "Broken" = 1
        define "Implied": false implies "Broken" = 1
    """)
    for name in ("It", "Implied"):
        trace = evaluation.trace(name)
        assert trace.value is evaluation.value(name)
        assert trace.failure is None
        assert [used.failure is not None for used in trace.uses] == [True]


def test_the_trace_of_a_failed_define_tells_the_failure(evaluate: Evaluate) -> None:
    evaluation = evaluate('define "Broken": singleton from { 1, 2 } define "It": "Broken" = 1')
    trace = evaluation.trace("It")
    assert trace.failure == evaluation.outcome("It").failure
    assert trace.failure is not None
    assert trace.failure.define == "Broken"


def test_a_value_that_was_read_names_its_resource_and_path(evaluate: Evaluate, weights: Resource) -> None:
    evaluation = evaluate('define "It": (First([Observation]).value as FHIR.Quantity).value.value', [weights("w", 70)])
    assert evaluation.trace("It").sources == (
        Source("Observation/w", ""),
        Source("Observation/w", "valueQuantity.value"),
    )


def test_rows_that_were_rejected_are_no_sources_and_neither_are_reads_of_a_filter(
    evaluate: Evaluate, conditions: Resource
) -> None:
    record = [conditions("yes", MELANOMA, recordedDate="2026-01-02"), conditions("no", ASTHMA, recordedDate="2020")]
    evaluation = evaluate(
        'define "It": exists ([Condition] C where C.recordedDate.value after @2025-01-01T00:00:00.0Z)', record
    )
    assert evaluation.trace("It").sources == (Source("Condition/yes", ""),)
    assert evaluation.trace("It").comparisons == ()


def test_a_list_alone_is_no_source_until_someone_looks_at_it(evaluate: Evaluate, conditions: Resource) -> None:
    evaluation = evaluate(
        """
        define "All": [Condition]
        define "Some": exists "All"
        define "How many": Count("All")
        define "Newest": Last("All" C sort by id.value)
        """,
        [conditions("b", MELANOMA), conditions("a", ASTHMA)],
    )
    assert evaluation.trace("All").sources == ()
    assert references(evaluation.trace("Some")) == ["Condition/b", "Condition/a"]
    assert references(evaluation.trace("How many")) == ["Condition/b", "Condition/a"]
    assert references(evaluation.trace("Newest")) == ["Condition/b"]


CODES = """
define fluent function concept(c FHIR.CodeableConcept):
  System.Concept { codes: c.coding C return all System.Code { code: C.code.value, system: C.system.value } }
define "Concepts": [Condition] C return all C.code.concept()
define "Has melanoma": exists ("Concepts" K where K in "Cancer")
define "How many": Count("Concepts")
"""


def test_what_was_read_to_make_a_row_counts_only_for_rows_that_matter(evaluate: Evaluate, conditions: Resource) -> None:
    evaluation = evaluate(CODES, [conditions("m", MELANOMA), conditions("a", ASTHMA)])
    assert evaluation.trace("Concepts").sources == ()
    assert set(references(evaluation.trace("Has melanoma"))) == {"Condition/m"}
    assert set(references(evaluation.trace("How many"))) == {"Condition/m", "Condition/a"}


def test_a_define_named_in_a_filter_is_used(evaluate: Evaluate, weights: Resource) -> None:
    evaluation = evaluate(
        """
        define "Limit": 60
        define "It": exists ([Observation] O where (O.value as FHIR.Quantity).value.value > "Limit")
        """,
        [weights("w", 70)],
    )
    assert [used.define for used in evaluation.trace("It").uses] == ["Limit"]


def test_a_parameter_names_the_resources_that_it_was_made_of(evaluate: Evaluate) -> None:
    evaluation = evaluate(
        'define "Heavy": "Order".weight.value > 60 \'kg\' define "Light": not "Heavy"',
        values={"Order": order(1)},
        parameters=ORDER_TYPE,
    )
    trace = evaluation.trace("Heavy")
    assert references(trace) == ["MedicationRequest/order", "Observation/weight"]
    assert trace.comparisons[0].left_name == "Order.weight.value"


def test_operands_from_an_included_library_carry_its_name(evaluate: Evaluate) -> None:
    shared = "library Shared version '1'\ndefine \"Limit\": 3\ndefine fluent function same(n Integer): n\n"
    evaluation = evaluate('define "Mine": 2 define "It": "Mine".same() < Shared."Limit"', libraries={"Shared": shared})
    trace = evaluation.trace("It")
    assert (trace.comparisons[0].left_name, trace.comparisons[0].right_name) == ("Mine", "Shared.Limit")
    assert [(used.library, used.define) for used in trace.uses] == [("Main", "Mine"), ("Shared", "Limit")]


def test_each_define_is_traced_once(evaluate: Evaluate) -> None:
    evaluation = evaluate('define "A": 1 = 1 define "B": "A" and "A" define "C": "A" or "B"')
    first = evaluation.trace("B")
    assert len(first.uses) == 1
    assert evaluation.trace("C").uses[1] is first
    assert evaluation.trace("B") is first


def test_an_age_rests_on_the_birth_date_of_the_patient(evaluate: Evaluate) -> None:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1970-06-01"}
    evaluation = evaluate('define "It": AgeInYearsAt(@2026-01-01) >= 55', [patient])
    trace = evaluation.trace("It")
    assert trace.sources == (Source("Patient/p", "birthDate"),)
    assert (trace.comparisons[0].left, trace.comparisons[0].right) == (55, 55)


def test_what_a_row_rests_on_follows_it_through_further_queries(evaluate: Evaluate, conditions: Resource) -> None:
    record = [conditions("m", MELANOMA, recordedDate="2026-01-02"), conditions("a", ASTHMA, recordedDate="2020-02-02")]
    evaluation = evaluate(
        """
        define "Days": [Condition] C return all C.recordedDate.value
        define "Weeks later": "Days" D return all D + 1 week
        define "Last": Max("Weeks later")
        define "First": First("Weeks later" W where W before @2021-01-01T00:00:00.0Z)
        define "Pairs": exists (from [Condition] A, [Condition] B where A.id.value = 'm' and B.id.value = 'a')
        """,
        record,
    )
    assert set(references(evaluation.trace("Last"))) == {"Condition/m", "Condition/a"}
    assert references(evaluation.trace("First")) == ["Condition/a"]
    assert references(evaluation.trace("Pairs")) == ["Condition/m", "Condition/a"]
