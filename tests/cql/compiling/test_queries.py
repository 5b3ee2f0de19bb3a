from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.values.structure import Tuple


def test_a_query_over_a_list_keeps_the_rows_that_are_known_to_pass(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 1, 2, null, 3 }) N where N > 1") == [2, 3]


def test_a_query_over_one_value_gives_one_value(value_of: Callable[..., Any]) -> None:
    assert value_of("(4) N return N + 1") == 5
    assert value_of("(4) N where N > 5") is None


def test_a_query_over_null_gives_null(value_of: Callable[..., Any]) -> None:
    assert value_of("(null as List<Integer>) N return N + 1") is None


def test_return_is_distinct_unless_all_is_written(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 1, 2, 1 }) N return N") == [1, 2]
    assert value_of("({ 1, 2, 1 }) N return all N") == [1, 2, 1]
    assert value_of("({ 1, 2, 1 }) N where true") == [1, 2, 1]


def test_several_sources_give_their_combinations_as_tuples(value_of: Callable[..., Any]) -> None:
    assert value_of("from ({ 1, 2 }) A, ({ 'x' }) B") == [Tuple({"A": 1, "B": "x"}), Tuple({"A": 2, "B": "x"})]
    assert value_of("from ({ 1, 2, 3 }) A, ({ 2, 3 }) B where A = B return all A * B") == [4, 9]


def test_let_is_evaluated_for_each_row_and_may_rest_on_an_earlier_one(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 1, 2, 3 }) N let D: N * 2, Q: D * D where Q > 4 return all Q") == [16, 36]


def test_with_keeps_rows_that_have_a_match_and_without_those_that_have_none(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 1, 2, 3 }) A with ({ 2, 3, 4 }) B such that A = B") == [2, 3]
    assert value_of("({ 1, 2, 3 }) A without ({ 2, 3, 4 }) B such that A = B") == [1]
    assert value_of("({ 1, 2 }) A with (null as List<Integer>) B such that A = B") == []


def test_the_source_of_with_may_rest_on_the_row(value_of: Callable[..., Any]) -> None:
    assert value_of("({ { 1, 2 }, { 3 } }) L with L N such that N = 3") == [[3]]


def test_aggregate_carries_a_value_from_row_to_row(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 1, 2, 3 }) N aggregate T starting 10: T + N") == 16
    assert value_of("({ 1, 1, 3 }) N aggregate distinct T starting 0: T + N") == 4
    assert value_of("from ({ 1, 2 }) A, ({ 3, 4 }) B where A = 1 aggregate T starting 0: T + A * B") == 7
    assert value_of("(null as List<Integer>) N aggregate T starting 10: T + N") is None
    assert value_of("(List<Integer> { }) N aggregate T starting 10: T + N") == 10


def test_queries_nest_without_disturbing_each_other(value_of: Callable[..., Any]) -> None:
    expression = "({ 1, 2 }) A return all Sum(({ 10, 20 }) B return all A * B)"
    assert value_of(expression) == [30, 60]


def test_a_define_that_is_used_twice_is_evaluated_in_its_own_frame(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate("""
        define "Doubled": ({ 1, 2 }) A return all A * 2
        define "It": ("Doubled") A return all A + Count("Doubled")
    """)
    assert evaluation.value("It") == [4, 6]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("sort asc", [None, 1, 2, 3]),
        ("sort desc", [3, 2, 1, None]),
    ],
)
def test_null_sorts_first_ascending_and_last_descending(
    value_of: Callable[..., Any], clause: str, expected: list[Any]
) -> None:
    assert value_of(f"({{ 2, null, 3, 1 }}) N {clause}") == expected


def test_rows_are_sorted_by_several_keys_each_in_its_own_direction(value_of: Callable[..., Any]) -> None:
    rows = "{ Tuple { n: 1, s: 'b' }, Tuple { n: 2, s: 'a' }, Tuple { n: 1, s: 'a' }, Tuple { n: 2, s: 'b' } }"
    found = value_of(f"({rows}) R sort by n desc, s asc")
    assert [(row["n"], row["s"]) for row in found] == [(2, "a"), (2, "b"), (1, "a"), (1, "b")]


def test_a_sort_key_may_be_an_expression_over_the_row(value_of: Callable[..., Any]) -> None:
    assert value_of("({ 'ccc', 'a', 'bb' }) S sort by Length($this) desc") == ["ccc", "bb", "a"]


def test_a_sort_key_may_call_a_fluent_function_of_the_row(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate("""
        define fluent function size(text String): Length(text)
        define "It": ({ 'ccc', 'a', 'bb' }) S sort by size()
    """)
    assert evaluation.value("It") == ["a", "bb", "ccc"]


def test_quantities_sort_by_what_they_amount_to(value_of: Callable[..., Any]) -> None:
    found = value_of("({ 1 'g', 5 'mg', 0.1 'kg' }) Q sort asc")
    assert [str(quantity) for quantity in found] == ["5 'mg'", "1 'g'", "0.1 'kg'"]


def test_dates_of_different_precision_sort_by_the_earliest_day_they_can_mean(value_of: Callable[..., Any]) -> None:
    found = value_of("({ @2024-03, @2024-02-28, @2024, @2024-03-02 }) D sort asc")
    assert [str(date) for date in found] == ["2024", "2024-02-28", "2024-03", "2024-03-02"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_rows_with_the_same_key_stay_in_their_order(value_of: Callable[..., Any], rows: list[tuple[int, int]]) -> None:
    tuples = ", ".join(f"Tuple {{ k: {key}, n: {number} }}" for key, number in rows)
    ascending = value_of(f"({{ {tuples} }}) R sort by k")
    descending = value_of(f"({{ {tuples} }}) R sort by k desc")
    assert [(row["k"], row["n"]) for row in ascending] == sorted(rows, key=lambda row: row[0])
    assert [(row["k"], row["n"]) for row in descending] == sorted(rows, key=lambda row: -row[0])


def test_a_filter_that_is_no_boolean_fails_and_rejects_nothing_silently(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate("""
        define "Rows": ({ 1, 2 }) N where First({ 'yes' } union { true })
        define "If": if First({ 'yes' } union { true }) then 1 else 2
    """)
    for name in ("Rows", "If"):
        failure = evaluation.outcome(name).failure
        assert failure is not None
        assert "true, false or null is needed here, not 'yes'" in failure.cause
