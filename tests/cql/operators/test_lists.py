"""Lists, membership and aggregates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import aggregates, lists, membership
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.element import Element

D = Decimal
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def mg(value: str) -> Quantity:
    return Quantity(D(value), "mg")


@pytest.mark.parametrize(
    ("members", "element", "contains", "properly"),
    [
        (["a", "b"], "a", True, True),
        (["a"], "a", True, False),
        (["a", "a"], "a", True, False),
        (["a", None], "a", True, None),
        (["a", "b", None], "a", True, True),
        ([None, "b"], "a", False, False),
        ([None], None, True, False),
        (["a", None], None, True, True),
        (["a"], None, False, False),
        ([], "a", False, False),
        (None, "a", False, False),
        ([1, 2], D("2.0"), True, True),
        ([True], 1, False, False),
        ([mg("1000")], Quantity(D(1), "g"), True, False),
        ([Date(2012, 1)], Date(2012, 1, 15), None, None),
        ([Time(15, 59, 59, 999), Time(20)], Time(15, 59, 59), None, None),
    ],
)
def test_membership_of_a_list(members: Any, element: Any, contains: Any, properly: Any) -> None:
    assert membership.in_(element, members) is contains
    assert membership.contains(members, element) is contains
    assert membership.proper_in(element, members) is properly
    assert membership.proper_contains(members, element) is properly


@pytest.mark.parametrize(
    ("a", "b", "includes", "properly"),
    [
        ([1, 2, 3], [2, 3], True, True),
        ([1, 2], [1, 2], True, False),
        ([1], [1, 2], False, False),
        ([], [], True, False),
        ([None], [None], True, False),
        (None, [2], None, None),
        ([2], None, None, False),
        ([2, None], None, None, True),
        ([1, 2], 2, True, True),
        (None, "a", False, False),
        (Interval(1, 10), Interval(4, 10), True, True),
        (Interval(1, 10), 4, True, True),
        (None, Interval(1, 10), None, None),
        (Interval(1, 10), None, None, None),
        (None, None, None, None),
    ],
)
def test_inclusion_is_of_lists_intervals_and_their_elements(a: Any, b: Any, includes: Any, properly: Any) -> None:
    assert membership.includes(a, b) is includes
    assert membership.included_in(b, a) is includes
    assert membership.proper_includes(a, b) is properly
    assert membership.proper_included_in(b, a) is properly


VALUE_SET = ValueSet("http://example.org/vs", "Example", frozenset({(RXNORM, "1")}))


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (Code("1", RXNORM), True),
        (Code("1", "urn:oid:2.16.840.1.113883.6.88"), True),
        (Code("2", RXNORM), False),
        (Code("1"), False),
        (Concept((Code("2", RXNORM), Code("1", RXNORM))), True),
        ([Code("2", RXNORM), None, Code("1", RXNORM)], True),
        ([], False),
        (None, False),
    ],
)
def test_membership_of_a_value_set(element: Any, expected: bool) -> None:
    assert membership.in_(element, VALUE_SET) is expected
    assert membership.included_in(element, VALUE_SET) is expected


def test_a_code_is_of_a_code_system_by_its_system() -> None:
    system = CodeSystem("http://snomed.info/sct", "SNOMED CT")
    assert membership.in_(Code("1", "http://snomed.info/sct/731000124108"), system) is True
    assert membership.in_(Code("1", RXNORM), system) is False
    assert membership.in_(None, system) is False


@pytest.mark.parametrize("element", ["1", 1, Element("CodeableConcept", {})])
def test_what_has_no_system_is_never_looked_up_in_a_value_set(element: Any) -> None:
    with pytest.raises(EvaluationError, match="is not looked up in Example"):
        membership.in_(element, VALUE_SET)


def test_nothing_is_in_what_holds_nothing() -> None:
    with pytest.raises(EvaluationError, match="nothing is in an Integer"):
        membership.in_(1, 1)
    with pytest.raises(EvaluationError, match="nothing is properly in a value set"):
        membership.proper_in(Code("1"), VALUE_SET)
    with pytest.raises(EvaluationError, match="two lists or two intervals"):
        membership.union([1], Interval(1, 2))


@pytest.mark.parametrize(
    ("operator", "a", "b", "expected"),
    [
        (membership.union, [1, 2], [2, 3], [1, 2, 3]),
        (membership.union, None, [1, 1], [1]),
        (membership.union, [None], [None], [None]),
        (membership.union, None, None, []),
        (membership.intersect, [1, 2, None], [None, 2], [2, None]),
        (membership.intersect, [1], None, None),
        (membership.except_, [1, 2, 2, 4], [1], [2, 4]),
        (membership.except_, [1, 4], None, [1, 4]),
        (membership.except_, None, [1], None),
        (membership.union, Interval(1, 3), Interval(3, 5), Interval(1, 5)),
        (membership.intersect, Interval(1, 3), Interval(3, 5), Interval(3, 3)),
        (membership.except_, Interval(1, 3), Interval(3, 5), Interval(1, 2)),
        (membership.except_, Interval(1, 3), None, None),
    ],
)
def test_sets(operator: Any, a: Any, b: Any, expected: Any) -> None:
    assert operator(a, b) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (["a", None, "a", None], ["a", None]),
        ([1, D("1.0"), 2], [1, 2]),
        ([True, 1], [True, 1]),
        ([mg("1000"), Quantity(D(1), "g")], [mg("1000")]),
        ([DateTime(2012, 1, 1, 9), DateTime(2012, 1, 1, 10, offset=D(1))], [DateTime(2012, 1, 1, 9)]),
        ([Date(2012), Date(2012, 1)], [Date(2012), Date(2012, 1)]),
        ([Element("code", "x"), Element("code", "x")], [Element("code", "x")]),
        ([[1], [1], []], [[1], []]),
        (None, None),
    ],
)
def test_distinct_keeps_the_first_of_equal_elements(members: Any, expected: Any) -> None:
    found = lists.distinct(members)
    assert found == expected
    assert found is None or list(map(type, found)) == list(map(type, expected))


def test_parts_of_a_list() -> None:
    members = [1, 2, 3, 4]
    assert (lists.first(members), lists.last(members), lists.tail(members)) == (1, 4, [2, 3, 4])
    assert (lists.first([]), lists.last(None), lists.tail(None)) == (None, None, None)
    assert lists.skip(members, 3) == [4]
    assert lists.skip(members, None) == members
    assert lists.skip(members, -1) == []
    assert lists.take(members, 2) == [1, 2]
    assert lists.take(members, None) == []
    assert (lists.skip(None, 1), lists.take(None, 1)) == (None, None)
    assert (lists.indexer(members, 1), lists.indexer(members, 4), lists.indexer("abc", 2)) == (2, None, "c")
    assert (lists.indexer(members, -1), lists.indexer(None, 0), lists.indexer(members, None)) == (None, None, None)
    assert (lists.index_of(members, 3), lists.index_of(members, 9), lists.index_of(None, 1)) == (2, -1, None)
    assert (lists.length(members), lists.length(""), lists.length(None)) == (4, 0, None)
    assert (lists.length_of_list([None]), lists.length_of_list(None)) == (1, 0)


def test_exists_wants_an_element_that_is_not_null() -> None:
    assert [lists.exists(x) for x in ([1], [None], [], None)] == [True, False, False, False]


def test_flattening_leaves_null_lists_out() -> None:
    assert lists.flatten([[1, None], None, [2]]) == [1, None, 2]
    assert lists.flatten(None) is None


def test_a_singleton_is_taken_only_from_one() -> None:
    assert [lists.singleton_from(x) for x in ([1], [], None, [None])] == [1, None, None, None]
    with pytest.raises(EvaluationError, match="the list has 2"):
        lists.singleton_from([1, 2])


@pytest.mark.parametrize(
    ("function", "members", "expected"),
    [
        (aggregates.count, [1, None], 1),
        (aggregates.count, None, 0),
        (aggregates.sum_, [1, None, 2], 3),
        (aggregates.sum_, [mg("1"), Quantity(D(1), "g")], mg("1001")),
        (aggregates.sum_, [None], None),
        (aggregates.sum_, None, None),
        (aggregates.avg, [1, 2], D("1.5")),
        (aggregates.avg, [mg("1"), mg("2")], mg("1.5")),
        (aggregates.avg, [], None),
        (aggregates.min_, [3, 1, None, 2], 1),
        (aggregates.max_, ["hi", "bye", "zebra"], "zebra"),
        (aggregates.max_, [mg("999"), Quantity(D(1), "g")], Quantity(D(1), "g")),
        (aggregates.max_, [Date(2012, 1), Date(2012, 1, 5)], None),
        (aggregates.max_, [Date(2012, 1), Date(2012, 1, 5), Date(2014)], Date(2014)),
        (aggregates.min_, [Date(2012, 1), Date(2012, 1, 5), Date(2014)], None),
        (aggregates.min_, [None], None),
        (aggregates.median, [D(6), D(5), D(4), D(3), D(2), D(1)], D("3.5")),
        (aggregates.median, [3, 1, 2], 2),
        (aggregates.median, [None], None),
        (aggregates.all_true, [True, None], True),
        (aggregates.all_true, [True, False], False),
        (aggregates.all_true, None, True),
        (aggregates.any_true, [None, False], False),
        (aggregates.any_true, [True, None], True),
        (aggregates.any_true, None, False),
    ],
)
def test_aggregates_leave_nulls_out(function: Any, members: Any, expected: Any) -> None:
    assert function(members) == expected


def test_a_median_needs_an_order() -> None:
    with pytest.raises(EvaluationError, match="have no order"):
        aggregates.median([Date(2012, 1), Date(2012, 1, 5)])


NUMBERS = st.lists(st.integers(0, 5) | st.none(), max_size=6)


@given(NUMBERS, NUMBERS)
def test_set_operators_are_those_of_sets(a: list[int | None], b: list[int | None]) -> None:
    assert set(lists.union(a, b)) == set(a) | set(b)
    assert set(lists.intersect(a, b) or []) == set(a) & set(b)
    assert set(lists.except_(a, b) or []) == set(a) - set(b)
    assert lists.includes(a, b) is (set(a) >= set(b))
    assert lists.properly_includes(a, b) is (set(a) > set(b))


@given(st.lists(st.integers(-100, 100), min_size=1))
def test_least_middle_and_greatest_stand_in_order(members: list[int]) -> None:
    least, middle, greatest = aggregates.min_(members), aggregates.median(members), aggregates.max_(members)
    assert least <= middle <= greatest
